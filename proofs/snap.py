"""Snapping: a comparison of reals that rounding may decide is decided as the tie that it may be.

[a < b], [a <= b], [a = b] and ⌊a⌋ jump.  Where a float is within rounding of the jump, what is computed may be the wrong
side of it: (x·0.1)·3 = x·0.3 is true and computed to be false.  Here [a < b] reads [a + δ < b], [a <= b] reads
[a <= b + δ] and ⌊a⌋ reads ⌊a + δ⌋ for a small relative δ, so that ties are ties.  Two programs that differ at a point differ
in both readings, unless only rounding tells them apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ncd_cat.graph import Graph, Node, Value, node, topological
from ncd_cat.ops.activation import Absolute
from ncd_cat.ops.contraction import add, linear_combination, multiply, number, view
from ncd_cat.ops.pointwise import Compare, Equal, Floor, Less, LessEqual
from ncd_cat.ops.rounding import Ceil, FloorDivide, Remainder, Round, Sign, Trunc
from ncd_cat.scalars import Scalar

TOLERANCE = Scalar.read(1e-9)
JUMPS = (Compare, Floor, Ceil, Trunc, Round, Sign, FloorDivide, Remainder)


def snapped(graph: Graph) -> Graph:
    """The graph with near ties read as ties; the graph itself where nothing in it jumps at a real number."""
    if not any(_jumps(n) for n in graph.nodes()):
        return graph
    moved: dict[Node, Node] = {}
    _snap([v.node for v in graph.outputs], moved)
    outputs = tuple([Value(moved[v.node], v.access, v.sizes) for v in graph.outputs])
    return replace(graph, outputs=outputs, dead=(), blocks=())


def _jumps(n: Node) -> bool:
    return isinstance(n.op, JUMPS) and any(x.kind == "real" for x, _ in n.operands)


def _snap(roots: Sequence[Node], moved: dict[Node, Node]) -> None:
    for n in topological(roots, moved):
        values = [Value(moved[x], access, n.domain(k)) for k, (x, access) in enumerate(n.operands)]
        found = _tied(n, values) if _jumps(n) else None
        if found is None:
            moved[n] = node(n.op, [(v.node, v.access) for v in values], n.sizes)
        elif isinstance(n.op, (Compare, Floor)):
            moved[n] = view(found)
        else:
            below = {x: x for v in values for x in [v.node]}
            _snap([found.node], inner := {**moved, **below})
            moved[n] = view(Value(inner[found.node], found.access, found.sizes))


def _tied(n: Node, values: Sequence[Value]) -> Value | None:
    """The jump of n with room for rounding; of a derived jump, its definition."""
    room = linear_combination([(TOLERANCE, v) for v in [number(1, n.sizes), *(Absolute()(v) for v in values)]])
    if isinstance(n.op, Less):
        return Less()(add(values[0], room), values[1])
    if isinstance(n.op, LessEqual):
        return LessEqual()(values[0], add(values[1], room))
    if isinstance(n.op, Equal):
        a, b = values
        return multiply(LessEqual()(a, add(b, room)), LessEqual()(b, add(a, room)))
    if isinstance(n.op, Floor):
        return Floor()(add(values[0], room))
    return n.op.definition(*values)
