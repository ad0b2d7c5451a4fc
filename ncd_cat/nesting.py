"""Nesting: how a term graph is laid out as nested groups of boxes, one for each module, each convex in the graph.

`plan` orders the nodes of a graph so that those of one module stand together wherever that is possible, which is where the
set of them is convex (no path leaves it and comes back); a module that is not convex is split.  Source: Bonchi, Gadducci,
Kissinger, Sobociński and Zanasi 2022 (convex subgraphs).

>>> from ncd_cat.graph import source
>>> from ncd_cat.ops.pointwise import Exp
>>> from ncd_cat.types import Array
>>> x = source(Input(0), (3,))
>>> y = Exp()(x)
>>> [group] = plan(Graph((Array.of((3,)),), (Array.of((3,)),), (y,), (), ((y.node, ("layer",)),)))
>>> print(group.name, boxes(group)[0].nodes[0].op)
layer exp
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from heapq import heapify, heappop, heappush
from itertools import takewhile

from ncd_cat.graph import Graph, Input, Node
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.scan import Scan

Path = tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Leaf:
    """One box: a node, or the ports of an opaque box, or of a loop, with several outputs."""

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


def housed(graph: Graph) -> Graph:
    """The graph with each weight and literal that stands in no block put into the innermost one that holds all its uses."""
    paths = dict(graph.blocks)
    homes: dict[Node, Path] = dict.fromkeys([*(v.node for v in graph.outputs), *graph.dead], ())
    for n in graph.nodes():
        path = paths.get(n, ())
        for x, _ in n.operands:
            if not x.operands and not isinstance(x.op, Input):
                homes[x] = _common(homes.get(x, path), path)
    found = homes | paths
    return replace(graph, blocks=tuple([(n, found[n]) for n in graph.nodes() if found.get(n)]))


def _common(path: Path, other: Path) -> Path:
    return tuple([a for a, _ in takewhile(lambda pair: pair[0] == pair[1], zip(path, other, strict=False))])


def boxes(item: Leaf | Group) -> list[Leaf]:
    """The boxes of an item, in order."""
    return [item] if isinstance(item, Leaf) else [leaf for inner in item.items for leaf in boxes(inner)]


def _leaves(graph: Graph, paths: dict[Node, Path]) -> list[Leaf]:
    """One leaf for each node, or for all ports of an opaque box, or of a loop, that the graph has."""
    found: dict[object, list[Node]] = {}
    for n in graph.nodes():
        key: object = n
        if isinstance(n.op, Opaque | Scan):
            degree = n.sizes[: len(n.sizes) - len(n.op.out)]
            key = (n.op.joint, n.operands, degree, paths.get(n, ()))
        found.setdefault(key, []).append(n)
    return [Leaf(tuple(sorted(ports, key=_port))) for ports in found.values()]


def _port(n: Node) -> int:
    return n.op.port if isinstance(n.op, Opaque | Scan) else 0


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
    """The leaves as runs of one name each (None: a run for each leaf), in topological order, a run as long as it can be."""
    front = _Front(leaves, [k if name is None else name for k, name in enumerate(names)])
    runs: list[tuple[str | None, list[Leaf]]] = []
    while run := front.run():
        runs.append((names[run[0]], [leaves[k] for k in run]))
    return runs


class _Front:
    """The leaves that are still to come: which of them, and which whole sets of one key, wait for nothing."""

    def __init__(self, leaves: Sequence[Leaf], key: Sequence[int | str]) -> None:
        place = {n: k for k, leaf in enumerate(leaves) for n in leaf.nodes}
        below = [sorted({place[x] for x in leaf.operands if x in place}) for leaf in leaves]
        self.key = key
        self.above: list[list[int]] = [[] for _ in leaves]
        self.members: dict[int | str, list[int]] = {}
        self.waits = [len(b) for b in below]
        self.missing = dict.fromkeys(key, 0)
        self.done = [False] * len(leaves)
        for k, b in enumerate(below):
            self.members.setdefault(key[k], []).append(k)
            for j in b:
                self.above[j].append(k)
                self.missing[key[k]] += key[j] != key[k]
        self.whole = [(self.members[g][0], g) for g, count in self.missing.items() if count == 0]
        self.ready = [k for k, count in enumerate(self.waits) if count == 0]
        heapify(self.whole)

    def run(self) -> list[int]:
        """The next leaves, all of one key; none at the end.

        A set is taken whole when nothing that it waits for is missing.  Where each set waits for another, the first leaf
        that waits for nothing starts a part of its set.
        """
        while self.ready or self.whole:
            found = self._left(heappop(self.whole)[1]) if self.whole else self._part(self._left(self.key[self.ready[0]]))
            for k in found:
                self._take(k)
            while self.ready and self.done[self.ready[0]]:
                heappop(self.ready)
            if found:
                return found
        return []

    def _left(self, key: int | str) -> list[int]:
        return [k for k in self.members[key] if not self.done[k]]

    def _take(self, k: int) -> None:
        self.done[k] = True
        for j in self.above[k]:
            self.waits[j] -= 1
            if self.waits[j] == 0:
                heappush(self.ready, j)
            if self.key[j] != self.key[k]:
                self.missing[self.key[j]] -= 1
                if self.missing[self.key[j]] == 0:
                    heappush(self.whole, (self.members[self.key[j]][0], self.key[j]))

    def _part(self, members: Sequence[int]) -> list[int]:
        """All of the given leaves of one set that can be had from what is done, without leaving the set."""
        left = {k: self.waits[k] for k in members}
        found, queue = [], [k for k, count in left.items() if count == 0]
        while queue:
            found.append(heappop(queue))
            for j in [j for j in self.above[found[-1]] if j in left]:
                left[j] -= 1
                if left[j] == 0:
                    heappush(queue, j)
        return found
