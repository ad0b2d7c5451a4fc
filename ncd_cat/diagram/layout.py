"""A graph laid out as a diagram: one box a node, one Block a module, and the structure of a cartesian category between them.

`net.route` draws the wires.  `lay_out(graph).graph` is the graph; the time is linear in boxes times wires at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ncd_cat.axes import Sizes
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Block, Operation, Reindex
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.net import Step, route
from ncd_cat.diagram.random import Sample
from ncd_cat.diagram.wires import Ty
from ncd_cat.graph import Graph, Input, Node, Value
from ncd_cat.nesting import Group, Leaf, boxes, plan
from ncd_cat.ops.random import Draw
from ncd_cat.types import KINDS, Array
from ncd_cat.wiring import is_bare

Wire = Node | int  # the output of a node; or the number of an output that is a reading of one


def lay_out(graph: Graph) -> Diagram:
    """The diagram of a graph."""
    items = plan(graph)
    page = _Page(graph, items)
    inputs = {n.op.position: n for n in graph.nodes() if isinstance(n.op, Input)}
    ins: list[Wire] = [inputs.get(k, -1 - k) for k in range(len(graph.dom))]
    page.types |= {wire: graph.dom[k] for k, wire in enumerate(ins)}
    outs: list[Wire] = []
    for k, (v, a) in enumerate(zip(graph.outputs, graph.cod, strict=True)):
        outs.append(v.node if is_bare(v) and page.type(v.node) == a else k)
    readings = [_Reading(graph.outputs[k], k) for k in outs if isinstance(k, int)]
    page.types |= {r.wire: graph.cod[r.wire] for r in readings}
    found = page.row([*items, *readings], ins, outs, list(graph.dead))
    return Diagram(found.inside, Ty(*graph.dom), Ty(*graph.cod), _scan=False)  # with the names of the wires


@dataclass(frozen=True)
class _Reading:
    """An output that is a node read through an access, or under another type."""

    value: Value
    wire: int


class _Page:
    """What the layout of one graph shares: the types of wires, and which nodes are used after which box."""

    def __init__(self, graph: Graph, items: Sequence[Leaf | Group]) -> None:
        self.graph, self.items = graph, items
        self.types: dict[Wire, Array] = dict(graph.labels)
        self.types |= {v.node: a for v, a in zip(graph.outputs, graph.cod, strict=True) if is_bare(v)}
        self.plain: dict[tuple[Sizes, str], Array] = {}

    @cached_property
    def dtypes(self) -> dict[str, str]:
        """The dtype of a wire inside, by kind: for reals, that of the first real input or output."""
        found = {"int": "int64", "bool": "bool", "real": "float32"}
        for a in (*self.graph.cod, *self.graph.dom):
            if KINDS[a.dtype] == "real":
                found["real"] = a.dtype
        return found

    @cached_property
    def users(self) -> Counter[Node]:
        """How many boxes and outputs of the graph use a node."""
        found: Counter[Node] = Counter()
        for item in self.items:
            for leaf in boxes(item):
                found.update(set(leaf.operands))
        found.update(self.graph.dead)
        found.update(v.node for v in self.graph.outputs)
        return found

    def type(self, wire: Wire) -> Array:
        """The type of a wire; inside, its axes are called a, b, c, …"""
        found = self.types.get(wire)
        if found is None:
            assert not isinstance(wire, int)
            key = (wire.sizes, self.dtypes[wire.kind])
            found = self.plain.get(key)
            if found is None:
                found = self.plain[key] = Array.of(*key)
            self.types[wire] = found
        return found

    def ty(self, wires: Sequence[Wire]) -> Ty:
        return Ty(*[self.type(w) for w in wires])

    # ---- one level ------------------------------------------------------------------------------------------------

    def row(self, items: Sequence[Leaf | Group | _Reading], ins: list[Wire], outs: list[Wire], dead: Sequence[Wire] = ()) -> Diagram:
        """The diagram of some items from the wires `ins` to the wires `outs`; the wires `dead` are discarded at the end."""
        needs = [self.needs(item) for item in items]
        steps = [Step(self.box(item, need), tuple(need), tuple(self.gives(item))) for item, need in zip(items, needs, strict=True)]
        return route(steps, ins, outs, dead, self.type)

    def needs(self, item: Leaf | Group | _Reading) -> list[Wire]:
        """The wires that an item takes."""
        if isinstance(item, _Reading):
            return [item.value.node]
        if isinstance(item, Leaf):
            return list(item.operands)
        made = {n for leaf in boxes(item) for n in leaf.nodes}
        return list(dict.fromkeys(x for leaf in boxes(item) for x in leaf.operands if x not in made))

    def gives(self, item: Leaf | Group | _Reading) -> list[Wire]:
        """The wires that an item makes: of a group, those that are used outside."""
        if isinstance(item, _Reading):
            return [item.wire]
        if isinstance(item, Leaf):
            return list(item.nodes)
        inner: Counter[Node] = Counter()
        for leaf in boxes(item):
            inner.update(set(leaf.operands))
        return [n for leaf in boxes(item) for n in leaf.nodes if self.users[n] > inner[n]]

    def box(self, item: Leaf | Group | _Reading, need: list[Wire]) -> Box:
        """The box of an item."""
        if isinstance(item, _Reading):
            return Reindex(self.type(need[0]), self.type(item.wire), item.value.access)
        if isinstance(item, Leaf):
            drawn = item.nodes[0].op
            if isinstance(drawn, Draw) and drawn.flagged:
                return Sample(self.type(item.nodes[0]), drawn.law)
            accesses = tuple([access for _, access in item.nodes[0].operands])
            return Operation.of(tuple([n.op for n in item.nodes]), accesses, self.ty(need), self.ty(list(item.nodes)))
        return Block(item.name, self.row(item.items, need, self.gives(item)))
