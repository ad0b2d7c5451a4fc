"""The memory of a diagram: the greatest number of entries that are live at once, in the order in which nodes are evaluated.

Inputs and weights are held all along; what no input touches is computed first and held where it is read later; every other
array lives from the node that makes it to the last that reads it; a plain reading is a view and holds what it reads.  Arrays
that an op needs for itself are not counted, and none is written over.  Source: register pressure of a straight-line program
(Sethi 1975).

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.pointwise import Exp
>>> from ncd_cat.types import Array
>>> x = source(Input(0), (5,))
>>> y = Exp()(Exp()(Exp()(x)))
>>> peak(Graph((Array.of((5,)),), (Array.of((5,)),), (y,)))
(15,)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ncd_cat.costs.node import entries, is_reading
from ncd_cat.graph import Graph, Input, Node, Weight
from ncd_cat.nesting import Path
from ncd_cat.sizes import Size, provably_nonnegative

MIRROR = "∂"  # what begins the name of the mirror image of a block, as `gradient` names it


def peak(graph: Graph) -> tuple[Size, ...]:
    """The greatest number of live entries: the maximum of these, of which none is seen to be below another."""
    order = _order(graph)
    ends = _ends(graph, order)
    live: Size = 0
    found: list[Size] = []
    for k, n in enumerate(order):
        live = live + entries(n)
        freed = ends[k]
        if freed or k == len(order) - 1:  # between these memory only grows
            _note(found, live)
        for x in freed:
            live = live - entries(x)
    return tuple(found) or (0,)


def tape(graph: Graph) -> list[Node]:
    """The nodes, computed outside the mirror images of blocks, that are read inside them: what a gradient keeps of its primal."""
    paths = dict(graph.blocks)
    found: dict[Node, None] = {}
    for n in graph.nodes():
        if not is_mirror(paths.get(n, ())):
            continue
        for x in (held(x) for x, _ in n.operands):
            if not is_mirror(paths.get(x, ())) and x.operands:
                found[x] = None
    return list(found)


def is_mirror(path: Path) -> bool:
    """Whether a block is, or is in, the mirror image of one."""
    return any(part.startswith(MIRROR) for part in path)


def held(n: Node) -> Node:
    """The node whose array a node's is: that which it reads, where it only reads."""
    while is_reading(n):
        n = n.operands[0][0]
    return n


def _order(graph: Graph) -> list[Node]:
    """Inputs and weights, then what no input touches, then the rest."""
    nodes = graph.nodes()
    given = [n for n in nodes if isinstance(n.op, Input | Weight)]
    varying: set[Node] = set()
    for n in nodes:
        if isinstance(n.op, Input) or any(x in varying for x, _ in n.operands):
            varying.add(n)
    computed = [n for n in nodes if not isinstance(n.op, Input | Weight)]
    return [*given, *[n for n in computed if n not in varying], *[n for n in computed if n in varying]]


def _ends(graph: Graph, order: Sequence[Node]) -> Mapping[int, Sequence[Node]]:
    """For each place in the order, the nodes whose arrays nothing reads after it."""
    fixed = {held(v.node) for v in graph.outputs} | {n for n in order if isinstance(n.op, Input | Weight)}
    varying = {n for n in order if isinstance(n.op, Input)}
    last: dict[Node, int] = {}
    for k, n in enumerate(order):
        last[held(n)] = k
        below = [held(x) for x, _ in n.operands]
        if any(x in varying for x in below):
            varying.add(n)
            fixed.update([x for x in below if x not in varying])  # made once, and kept for the next call
        for x in below:
            last[x] = k
    found: dict[int, list[Node]] = {k: [] for k in range(len(order))}
    for x, k in last.items():
        if x not in fixed:
            found[k].append(x)
    return found


def _note(found: list[Size], value: Size) -> None:
    """Add a value to a list of greatest ones."""
    if any(provably_nonnegative(other - value) for other in found):
        return
    found[:] = [other for other in found if not provably_nonnegative(value - other)]
    found.append(value)
