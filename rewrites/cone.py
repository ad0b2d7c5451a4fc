"""What a replacement saves: the nodes that only the replaced one needs, less the nodes that are new.

The nodes that die with a node are its fanout-free cone; what the replacement reads stays alive.
Source: rewriting of circuits that knows what is shared, Mishchenko, Chatterjee and Brayton, DAC 2006.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from ncd_cat.graph import Graph, Node, Value, topological

Price = Callable[[Node], tuple[float, ...]]


def uses(graph: Graph) -> dict[Node, int]:
    """How often each node is read, by nodes and as an output."""
    found = dict.fromkeys(graph.nodes(), 0)
    for n in [*(x for m in found for x, _ in m.operands), *(v.node for v in graph.outputs)]:
        found[n] += 1
    return found


def chosen(graph: Graph, candidates: Mapping[Node, Sequence[Value]], price: Price) -> dict[Node, Value]:
    """For each node the candidate that saves most, if one saves anything; the last nodes choose first.

    A candidate is made of nodes that come before the one that it replaces, and of new ones; others are left out, so that
    replacements do not run in circles.
    """
    cones = Cones(graph, price)
    found: dict[Node, Value] = {}
    for n in reversed(list(cones.place)):
        if not cones.count[n] or n not in candidates:
            continue
        best, saved = None, tuple([0.0 for _ in price(n)])
        for v in candidates[n]:
            if cones.precedes(v, n) and (more := cones.saved(n, v)) > saved:
                best, saved = v, more
        if best is not None:
            cones.replace(n, best)
            found[n] = best
    return found


class Cones:
    """How often each node of a graph is read, as replacements are made."""

    def __init__(self, graph: Graph, price: Price) -> None:
        self.price = price
        self.count = uses(graph.live())
        self.place = {n: k for k, n in enumerate(self.count)}

    def precedes(self, v: Value, n: Node) -> bool:
        """Whether what a value reads of the graph comes before a node."""
        return all(self.place[x] < self.place[n] for x in self._read(v))

    def saved(self, n: Node, v: Value) -> tuple[float, ...]:
        """What it saves to have a value in place of a node."""
        _, dead = self._counted(n, v)
        lost, made = ([sum(column) for column in zip(*map(self.price, nodes), strict=True)] for nodes in (dead, self._new(v)))
        return tuple([a - b for a, b in zip(lost, made or [0.0] * len(lost), strict=True)])

    def replace(self, n: Node, v: Value) -> None:
        """Count as if the value stood in place of the node."""
        self.count |= self._counted(n, v)[0]

    def _new(self, v: Value) -> list[Node]:
        return topological([v.node], known=self.place)

    def _read(self, v: Value) -> list[Node]:
        return [x for m in self._new(v) for x, _ in m.operands if x in self.place] or ([v.node] if v.node in self.place else [])

    def _counted(self, n: Node, v: Value) -> tuple[dict[Node, int], list[Node]]:
        """The counts that change with the replacement, and the nodes that die."""
        counts = {n: 0}
        for x in self._read(v):
            counts[x] = counts.get(x, self.count[x]) + self.count[n] * (x is v.node) + (x is not v.node)
        dead, stack = [n], [n]
        while stack:
            for x, _ in stack.pop().operands:
                counts[x] = counts.get(x, self.count[x]) - 1
                if not counts[x]:
                    dead.append(x)
                    stack.append(x)
        return counts, dead
