"""Wiring: how a term graph is laid out as nested blocks of boxes, and how axes are added to all of a graph at once.

`plan` orders the nodes of a graph so that those of one module stand together wherever that is possible, which is where the
set of them is convex (no path leaves it and comes back); a module that is not convex is split.  `broadcast` is the power
functor (−)^n on values: it preserves composition, products and copies, so it acts on each node by adding axes to its degree.
Sources: Bonchi, Gadducci, Kissinger, Sobociński and Zanasi 2022 (convex subgraphs); Br of arXiv 2604.07242.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from typing import Any

from ncd_cat.axes import Access, Sizes, identity, renumber
from ncd_cat.graph import Graph, Input, Node, Value, node, topological
from ncd_cat.ops.opaque import Opaque
from ncd_cat.signature import Op
from ncd_cat.types import Array

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Leaf:
    """One box: a node, or the ports of an opaque box with several outputs."""

    nodes: tuple[Node, ...]

    @property
    def operands(self) -> tuple[Node, ...]:
        """The nodes that the box reads, in order."""
        return tuple([x for x, _ in self.nodes[0].operands])


@dataclass(frozen=True, eq=False)
class Group:
    """The boxes of one module, convex in the graph."""

    name: str
    items: tuple[Leaf | Group, ...]


# ---- from a graph to nested groups --------------------------------------------------------------------------------


def plan(graph: Graph) -> tuple[Leaf | Group, ...]:
    """The boxes of a graph, operands first, grouped by module path; sources without a path stand before their first use."""
    paths = dict(graph.blocks)
    roots = {*(v.node for v in graph.outputs), *graph.dead}
    leaves = [leaf for leaf in _leaves(graph, paths) if not isinstance(leaf.nodes[0].op, Input)]
    free = {leaf.nodes[0]: leaf for leaf in leaves if not leaf.operands and not paths.get(leaf.nodes[0]) and not roots & {*leaf.nodes}}
    free = {n: leaf for n, leaf in free.items() if len(leaf.nodes) == 1}
    items: list[Leaf | Group] = []
    for item in _grouped([leaf for leaf in leaves if leaf.nodes[0] not in free], paths, 0):
        for leaf in boxes(item):
            items += [free.pop(x) for x in leaf.operands if x in free]
        items.append(item)
    return tuple(items)


def boxes(item: Leaf | Group) -> list[Leaf]:
    """The boxes of an item, in order."""
    return [item] if isinstance(item, Leaf) else [leaf for inner in item.items for leaf in boxes(inner)]


def _leaves(graph: Graph, paths: dict[Node, Path]) -> list[Leaf]:
    """One leaf for each node, or for all ports of an opaque box that the graph has."""
    found: dict[object, list[Node]] = {}
    for n in graph.nodes():
        key: object = n
        if isinstance(n.op, Opaque):
            degree = n.sizes[: len(n.sizes) - len(n.op.out)]
            key = (replace(n.op, output=(), port=0, type="real"), n.operands, degree, paths.get(n, ()))
        found.setdefault(key, []).append(n)
    return [Leaf(tuple(sorted(ports, key=_port))) for ports in found.values()]


def _port(n: Node) -> int:
    return n.op.port if isinstance(n.op, Opaque) else 0


def _grouped(leaves: Sequence[Leaf], paths: dict[Node, Path], depth: int) -> list[Leaf | Group]:
    """The leaves in an order that keeps the modules at this depth together, each module grouped in turn."""
    found: list[Leaf | Group] = []
    for name, run in _runs(leaves, [_component(leaf, paths, depth) for leaf in leaves]):
        found += [Group(name, tuple(_grouped(run, paths, depth + 1)))] if name is not None else run
    return found


def _component(leaf: Leaf, paths: dict[Node, Path], depth: int) -> str | None:
    path = paths.get(leaf.nodes[0], ())
    return path[depth] if len(path) > depth else None


def _runs(leaves: Sequence[Leaf], names: Sequence[str | None]) -> list[tuple[str | None, list[Leaf]]]:
    """The leaves as runs of one name each (None: a run for each leaf), in topological order, a run as long as it can be.

    A set of leaves of one name is taken whole when nothing that it waits for is missing.  Where each set waits for
    another, the first leaf that waits for nothing starts a part of its set.
    """
    place = {n: k for k, leaf in enumerate(leaves) for n in leaf.nodes}
    key = [k if name is None else name for k, name in enumerate(names)]
    below = [sorted({place[x] for x in leaf.operands if x in place}) for leaf in leaves]
    above: list[list[int]] = [[] for _ in leaves]
    members: dict[int | str, list[int]] = {}
    missing: dict[int | str, int] = {}
    waits = [len(b) for b in below]
    for k, b in enumerate(below):
        members.setdefault(key[k], []).append(k)
        missing[key[k]] = missing.get(key[k], 0) + sum(key[j] != key[k] for j in b)
        for j in b:
            above[j].append(k)
    whole = [(members[g][0], g) for g, count in missing.items() if count == 0]
    ready = [k for k, count in enumerate(waits) if count == 0]
    heapify(whole)
    runs: list[tuple[str | None, list[Leaf]]] = []
    done = [False] * len(leaves)
    while ready or whole:
        if whole:
            run = [k for k in members[heappop(whole)[1]] if not done[k]]
        else:
            group = [k for k in members[key[ready[0]]] if not done[k]]
            run = _part(ready[0], group, key, above, waits)
        for k in run:
            done[k] = True
            for j in above[k]:
                waits[j] -= 1
                missing[key[j]] -= key[j] != key[k]
                if missing[key[j]] == 0 and key[j] != key[k]:
                    heappush(whole, (members[key[j]][0], key[j]))
                if waits[j] == 0:
                    heappush(ready, j)
        if run:
            runs.append((names[run[0]], [leaves[k] for k in run]))
        while ready and done[ready[0]]:
            heappop(ready)
    return runs


def _part(start: int, members: Sequence[int], key: Sequence[int | str], above: Sequence[Sequence[int]], waits: Sequence[int]) -> list[int]:
    """All of the given leaves of one set that can be had from what is done, without leaving the set."""
    left = {k: waits[k] for k in members}
    found, queue = [], [k for k, count in left.items() if count == 0]
    heapify(queue)
    while queue:
        k = heappop(queue)
        found.append(k)
        for j in above[k]:
            if key[j] == key[start]:
                left[j] -= 1
                if left[j] == 0:
                    heappush(queue, j)
    return found


# ---- what boxes do to values --------------------------------------------------------------------------------------


def is_bare(v: Value) -> bool:
    """Whether the value is its node, read as it is."""
    return v.sizes == v.node.sizes and v.access == identity(v.sizes)


def read(v: Value, access: Access, sizes: Sizes) -> Value:
    """The value read through an access; a bare node takes the access as it stands, guarded indices included."""
    return Value(v.node, access, sizes) if is_bare(v) else v.at(access, sizes)


class Run:
    """A walk of values through a diagram, which remembers what was made in which block, and what was discarded."""

    def __init__(self, path: Path = (), made: dict[Node, Path] | None = None, discarded: list[Node] | None = None) -> None:
        self.path = path
        self.made: dict[Node, Path] = {} if made is None else made
        self.discarded: list[Node] = [] if discarded is None else discarded

    def within(self, name: str) -> Run:
        """The walk inside a block."""
        return Run((*self.path, name), self.made, self.discarded)

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
        """The node of an op on operands that have its domain's sizes."""
        n = node(op, [(v.node, v.access) for v in operands], sizes)
        self.made.setdefault(n, self.path)
        return Value.of(n)

    def over(self, axes: Sizes, graph: Graph, inputs: Sequence[Value]) -> list[Value]:
        """The outputs of a graph with `axes` before the axes of all that depends on an input."""
        lifted = lift(graph, inputs, axes)
        paths = dict(graph.blocks)
        for n, v in lifted.items():
            if not isinstance(n.op, Input):
                self.made.setdefault(v.node, (*self.path, *paths.get(n, ())))
        self.discarded += [lifted[n].node for n in graph.dead]
        return [_over(v, lifted[v.node], axes) for v in graph.outputs]

    def graph(self, dom: tuple[Array, ...], cod: tuple[Array, ...], outputs: Sequence[Value]) -> Graph:
        """The graph of the walk: its blocks are those of the nodes that it keeps, its dead nodes those that nothing uses."""
        live = dict.fromkeys(topological([v.node for v in outputs]))
        dead = [n for n in dict.fromkeys(self.discarded) if n not in live and not isinstance(n.op, Input)]
        below = dict.fromkeys(topological([x for n in dead for x, _ in n.operands]))
        graph = Graph(dom, cod, tuple(outputs), tuple([n for n in dead if n not in below]))
        blocks = tuple([(n, self.made[n]) for n in graph.nodes() if self.made.get(n)])
        return replace(graph, blocks=blocks)


def opaque(name: str, dom: Sequence[Array], cod: Sequence[Array], values: Sequence[Value], run: Run) -> list[Value]:
    """The outputs of a box without a meaning: one port each."""
    inputs = tuple([a.sizes for a in dom])
    shape = f"{' @ '.join(map(str, dom))} -> {' @ '.join(map(str, cod))}"
    return [run.make(Opaque(name, shape, inputs, a.sizes, port, a.kind), values, a.sizes) for port, a in enumerate(cod)]


def lift(graph: Graph, inputs: Sequence[Value], axes: Sizes) -> dict[Node, Value]:
    """The nodes with `axes` before their own, given inputs that have them; what depends on no input stays as it is."""
    lifted: dict[Node, Value] = {}
    for n in graph.nodes():
        if isinstance(n.op, Input):
            lifted[n] = inputs[n.op.position]
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
