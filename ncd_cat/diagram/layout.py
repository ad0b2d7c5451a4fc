"""A graph laid out as a diagram: one box a node, one Block a module, and the structure of a cartesian category between them.

A wire is copied where it is used and needed again, the wires of a box are brought together by one permutation, and what
nothing uses is discarded at the end.  `lay_out(graph).graph` is the graph; the time is linear in boxes times wires at hand.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ncd_cat.axes import Sizes
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Block, Operation, Permutation, Reindex
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.random import Sample
from ncd_cat.diagram.structure import Copy, Discard
from ncd_cat.diagram.wires import Layer, Ty
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
        self.copies: dict[tuple[Array, int], Box] = {}

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
        uses: Counter[Wire] = Counter([*outs, *dead])
        for need in needs:
            uses.update(need)
        wires, layers = _Wires(self, list(ins), uses), []
        layers += [layer for w in ins if not uses[w] for layer in wires.discard(w)]
        for item, need in zip(items, needs, strict=True):
            layers += wires.gather(need)
            layers.append(wires.apply(self.box(item, need), need, self.gives(item)))
        layers += wires.gather([*outs, *dead])
        layers += [layer for w in dead for layer in wires.discard(w)]
        return Diagram(layers, self.ty(ins), self.ty(outs), _scan=False)

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

    def copy(self, wire: Wire, n: int) -> Box:
        """The box that copies a wire; one object for equal ones."""
        key = (self.type(wire), n)
        found = self.copies.get(key)
        if found is None:
            found = self.copies[key] = Copy(Ty(key[0]), n)
        return found


class _Wires:
    """The wires at hand, from left to right, and how often each is still to be used."""

    def __init__(self, page: _Page, row: list[Wire], uses: Counter[Wire]) -> None:
        self.page, self.row, self.uses = page, row, uses
        self.end = 0  # where the wires end that `gather` brought together

    def layer(self, start: int, box: Box, stop: int) -> Layer:
        return Layer(self.page.ty(self.row[:start]), box, self.page.ty(self.row[stop:]))

    def discard(self, wire: Wire) -> list[Layer]:
        """End the last wire of this name."""
        at = len(self.row) - 1 - self.row[::-1].index(wire)
        found = self.layer(at, Discard(self.page.ty([wire])), at + 1)
        del self.row[at]
        return [found]

    def gather(self, need: Sequence[Wire]) -> list[Layer]:
        """Copy what is used again, and bring the wires `need` together, in order, behind those between them."""
        layers = []
        for wire, count in Counter(need).items():
            self.uses[wire] -= count
            copies = count + (self.uses[wire] > 0)
            if copies > 1:
                at = self.row.index(wire)
                layers.append(self.layer(at, self.page.copy(wire, copies), at + 1))
                self.row[at : at + 1] = [wire] * copies
        taken = self.places(need)
        if not taken:
            return layers
        low, high = min(taken), max(taken) + 1
        chosen = set(taken)
        order = [k for k in range(low, high) if k not in chosen] + taken
        if order != list(range(low, high)):
            box = Permutation([k - low for k in order], self.page.ty(self.row[low:high]))
            layers.append(self.layer(low, box, high))
            self.row[low:high] = [self.row[k] for k in order]
        self.end = high
        return layers

    def places(self, need: Sequence[Wire]) -> list[int]:
        """Where the wires are, the last ones of each name first taken last."""
        found: list[int] = []
        after: dict[Wire, int] = {}
        for wire in need:
            at = self.row.index(wire, after.get(wire, 0))
            after[wire] = at + 1
            found.append(at)
        return found

    def apply(self, box: Box, need: Sequence[Wire], gives: Sequence[Wire]) -> Layer:
        """The layer of a box on the wires that `gather` brought together, or at the right end."""
        stop = self.end if need else len(self.row)
        start = stop - len(need)
        found = self.layer(start, box, stop)
        self.row[start:stop] = gives
        return found


