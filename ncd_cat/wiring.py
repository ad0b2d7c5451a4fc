"""Wiring: what diagrams and their boxes do to values, and how axes are added to all of a graph at once.

A `Run` carries values through a diagram, layer by layer: that is the functor from diagrams to term graphs.  `lift` is the
power functor (−)^n on values: it preserves composition, products and copies, so it acts on each node by adding axes to its
degree.  Source: Br of arXiv 2604.07242.

>>> from ncd_cat.graph import source
>>> from ncd_cat.ops.pointwise import Exp
>>> y = Exp()(source(Input(0), (3,)))
>>> print(lift(Graph((), (), (y,)), [source(Input(0), (2, 3))], (2,))[y.node])
exp[i0, i1] : 2 3
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import copy
from dataclasses import replace
from typing import Any

from ncd_cat.axes import Access, Axis, Sizes, identity, renumber
from ncd_cat.graph import Graph, Input, Node, Value, node, topological
from ncd_cat.nesting import Path
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.random import Draw, fresh, numbered
from ncd_cat.signature import Op
from ncd_cat.types import Array


def is_bare(v: Value) -> bool:
    """Whether the value is its node, read as it is."""
    return v.sizes == v.node.sizes and v.access == identity(v.sizes)


def read(v: Value, access: Access, sizes: Sizes) -> Value:
    """The value read through an access; a bare node takes the access as it stands, guarded indices included."""
    return Value(v.node, access, sizes) if is_bare(v) else v.at(access, sizes)


class Run:
    """A walk of values through a diagram, which remembers what was made in which block, and what was discarded."""

    def __init__(self, path: Path = ()) -> None:
        self.path = path
        self.made: dict[Node, Path] = {}
        self.discarded: list[Node] = []
        self.labels: dict[Node, Array] = {}

    def within(self, name: str) -> Run:
        """The walk inside a block."""
        inner = copy(self)
        inner.path = (*self.path, name)
        return inner

    def claim(self, made: Sequence[Node], given: Sequence[Node]) -> None:
        """Put what was made of given nodes, and is in no block yet, into this block; what is in its parts stays there."""
        depth, seen, stack = len(self.path), set(given), list(made)
        while stack:
            n = stack.pop()
            if n not in seen and self.made.get(n, self.path)[:depth] == self.path:
                seen.add(n)
                self.made.setdefault(n, self.path)
                stack += [x for x, _ in n.operands]

    def through(self, diagram: Any, values: list[Value]) -> list[Value]:
        """The outputs of a diagram."""
        row = values
        for layer in diagram.inside:
            start = 0
            for k, part in enumerate(layer.boxes_or_types):
                if k % 2:
                    found = part.act(row[start : start + len(part.dom)], self)
                    row = row[:start] + found + row[start + len(part.dom) :]
                    start += len(found)
                else:
                    start += len(part)
        return row

    def make(self, op: Op, operands: Sequence[Value], sizes: Sizes) -> Value:
        """The node of an op on operands that have its domain's sizes; each call makes another one of a flagged draw."""
        n = node(fresh(op), [(v.node, v.access) for v in operands], sizes)
        self.made.setdefault(n, self.path)
        return Value.of(n)

    def over(self, axes: Sizes, graph: Graph, inputs: Sequence[Value], named: Sequence[Axis] = ()) -> list[Value]:
        """The outputs of a graph with `axes` before the axes of all that depends on an input; `named` says what they are called."""
        lifted = lift(graph, inputs, axes)
        paths = dict(graph.blocks)
        for n, v in lifted.items():
            if not isinstance(n.op, Input):
                self.made.setdefault(v.node, (*self.path, *paths.get(n, ())))
        for n, label in graph.labels if len(named) == len(axes) else ():
            own = tuple(named) if len(lifted[n].sizes) > len(n.sizes) else ()
            if is_bare(lifted[n]) and not {a.name for a in own} & {a.name for a in label.axes}:
                self.labels.setdefault(lifted[n].node, replace(label, axes=(*own, *label.axes)))
        self.discarded += [lifted[n].node for n in graph.dead]
        return [_over(v, lifted[v.node], axes) for v in graph.outputs]

    def graph(self, dom: tuple[Array, ...], cod: tuple[Array, ...], outputs: Sequence[Value]) -> Graph:
        """The graph of the walk: its blocks are those of the nodes that it keeps, its dead nodes those that nothing uses."""
        live = dict.fromkeys(topological([v.node for v in outputs]))
        dead = [n for n in dict.fromkeys(self.discarded) if n not in live and not isinstance(n.op, Input)]
        below = dict.fromkeys(topological([x for n in dead for x, _ in n.operands]))
        graph = Graph(dom, cod, tuple(outputs), tuple([n for n in dead if n not in below]))
        nodes = graph.nodes()
        blocks = tuple([(n, self.made[n]) for n in nodes if self.made.get(n)])
        return numbered(replace(graph, blocks=blocks, labels=tuple([(n, self.labels[n]) for n in nodes if n in self.labels])))


def opaque(name: str, dom: Sequence[Array], cod: Sequence[Array], values: Sequence[Value], run: Run) -> list[Value]:
    """The outputs of a box without a meaning: one port each."""
    inputs = tuple([a.sizes for a in dom])
    shape = f"{' @ '.join(map(str, dom))} -> {' @ '.join(map(str, cod))}"
    return [run.make(Opaque(name, shape, inputs, a.sizes, port, a.kind), values, a.sizes) for port, a in enumerate(cod)]


def lift(graph: Graph, inputs: Sequence[Value], axes: Sizes) -> dict[Node, Value]:
    """The nodes with `axes` before their own, given inputs that have them; what depends on no input stays as it is.

    A draw gets the axes: broadcast over them is independent at each index.
    """
    lifted: dict[Node, Value] = {}
    for n in graph.nodes():
        if isinstance(n.op, Input):
            lifted[n] = inputs[n.op.position]
        elif isinstance(n.op, Draw):
            lifted[n] = Value.of(node(fresh(n.op), (), axes + n.sizes))
        elif any(len(lifted[x].sizes) > len(x.sizes) for x, _ in n.operands):
            lifted[n] = _lift(n, lifted, axes)
        else:
            lifted[n] = Value.of(n)
    return lifted


def _lift(n: Node, lifted: dict[Node, Value], axes: Sizes) -> Value:
    degree = n.sizes[: len(n.sizes) - len(n.op.out)]
    op = n.op.reindexed(identity(degree, len(axes)), degree, axes + degree)
    operands = [_over(Value(x, access, n.domain(k)), lifted[x], axes) for k, (x, access) in enumerate(n.operands)]
    return Value.of(node(op, [(v.node, v.access) for v in operands], axes + n.sizes))


def _over(v: Value, found: Value, axes: Sizes) -> Value:
    """The value v with `axes` in front, where `found` is its node, with them or without."""
    access = tuple([renumber(e, len(axes)) for e in v.access])
    lifted = len(found.sizes) > len(v.node.sizes)
    return read(found, identity(axes) + access if lifted else access, axes + v.sizes)


def depth(graph: Graph) -> int:
    """The greatest number of ops on a path from an input, a weight or a literal."""
    found: dict[Node, int] = {}
    for n in graph.nodes():
        found[n] = max((1 + found[x] for x, _ in n.operands), default=0)
    return max(found.values(), default=0)
