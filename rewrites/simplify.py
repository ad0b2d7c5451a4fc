"""Simplification: from a diagram to an equal one that is cheaper and easier to read, stage by stage.

Stages share equal nodes and drop dead ones, fold definitions back, join products and sums, drop what a function cannot see, and
take out common factors; one is kept only if the diagram that it makes is no dearer.  What a stage makes is a proposal: it is the
prover that says that it is equal (`proofs.simplified`).  The order in which a product of many is contracted is chosen by cost
(opt_einsum), where it is counted and where it is evaluated.  Source: the order of work of `docs/explanation/gradients.md`.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass, replace

from ncd_cat.axes import NotAffine
from ncd_cat.costs.node import Tally
from ncd_cat.costs.paths import sample
from ncd_cat.graph import Graph, Node, Value, node
from ncd_cat.nesting import Path
from ncd_cat.ops.contraction import view
from ncd_cat.types import Array
from ncd_cat.wiring import is_bare, read
from rewrites.factor import factored
from rewrites.fold import folded
from rewrites.hoist import Parameters, hoisted
from rewrites.normal_form import OutOfTime, undisturbed
from rewrites.redundant import unburdened
from rewrites.tidy import Tidier, uses

ROUNDS = 3
TIDY = ("share", "join")  # stages whose steps are a proof
LARGE, LEAST = 40, 0.02  # nodes of a diagram of which a stage that is to be proved must save this part
COSTS = ("work", "boxes", "memory")
Cost = str | Mapping[str, float] | Callable[[Node], float] | None


@dataclass(frozen=True)
class Price:
    """What a node costs: numbers that are compared in order, the first that differ decide."""

    cost: Cost
    tally: Tally
    free: Callable[[Node], bool] = lambda n: False  # what is done once, when weights are bound

    def __call__(self, n: Node) -> tuple[float, ...]:
        found = self._of(n)
        return tuple([0.0 for _ in found]) if self.free(n) else found

    def _of(self, n: Node) -> tuple[float, ...]:
        if callable(self.cost):
            return (float(self.cost(n)),)
        found = {"work": lambda: float(sample(self.tally.work(n))), "boxes": lambda: float(self.tally.operations(n)),
                 "memory": lambda: float(sample(self.tally.entries(n)))}  # fmt: skip
        if isinstance(self.cost, Mapping):
            return (sum(weight * found[name]() for name, weight in self.cost.items()),)
        first = self.cost or "work"
        return tuple([found[name]() for name in (first, *(c for c in ("boxes", "work") if c != first))])

    def of(self, graph: Graph) -> tuple[float, ...]:
        """The cost of all nodes of a graph that are used."""
        return tuple([sum(column) for column in zip(*(self(n) for n in graph.live().nodes()), strict=True)]) or (0.0,)


@dataclass(frozen=True)
class Stage:
    """One stage that made a difference: its name, what it made of the diagram, and what that costs."""

    name: str
    graph: Graph
    cost: tuple[float, ...]


Change = Callable[[Graph, Price, float], Graph]


def stages(graph: Graph, cost: Cost = None, deadline: float = float("inf"), more: Mapping[str, Change] | None = None,
           without: Container[str] = (), once: bool = False) -> list[Stage]:  # fmt: skip
    """The diagrams on the way from a graph to a simpler one, none dearer than the one before; the first is the graph itself.

    `more` are stages that come after those here, in each round; those `without` are left out.
    With `once`, what depends on weights only costs nothing.
    """
    fixed = Parameters()
    price = Price(cost, Tally(), fixed) if once else Price(cost, Tally())
    last = {"hoist": _hoisted(fixed)} if once else {}
    changes = {name: change for name, change in {**STAGES, **last, **(more or {})}.items() if name not in without}
    found = [Stage("given", graph, price.of(graph))]
    with undisturbed():
        for _ in range(ROUNDS):
            before = found[-1].cost
            for name, change in changes.items():
                try:
                    new = change(found[-1].graph, price, deadline)
                except OutOfTime:
                    return found
                except NotAffine:  # readings that do not compose
                    continue
                if new.outputs != found[-1].graph.outputs and _no_dearer(dear := price.of(new), found):
                    if name in TIDY or _worth_a_proof(dear, found[-1]):
                        found.append(Stage(name, new, dear))
                if time.perf_counter() > deadline:
                    return found
            if found[-1].cost == before:
                break
    return found


def _no_dearer(cost: tuple[float, ...], found: Sequence[Stage]) -> bool:
    """Whether a cost is at most that of the last stage, as numbers in order, and nowhere above what was given."""
    return cost <= found[-1].cost and all(a <= b for a, b in zip(cost, found[0].cost, strict=True))


def _worth_a_proof(cost: tuple[float, ...], last: Stage) -> bool:
    """Whether a stage without steps of its own saves enough: of a large diagram, a fiftieth of some cost."""
    large = len(last.graph.nodes()) > LARGE
    return not large or any(a <= b * (1 - LEAST) and b for a, b in zip(cost, last.cost, strict=True))


# ---- stages -------------------------------------------------------------------------------------------------------


def tidier(name: str, graph: Graph, deadline: float = float("inf")) -> Tidier:
    """The search for tidy forms that the stage "share" or "join" is."""
    return Tidier({n for n, count in uses(graph).items() if count == 1} if name == "join" else None, deadline)


def _shared(graph: Graph, price: Price, deadline: float) -> Graph:
    tidy = tidier("share", graph, deadline)
    return made(graph, tidy.value, [tidy.value(view(v)) for v in graph.outputs])


def _joined(graph: Graph, price: Price, deadline: float) -> Graph:
    tidy = tidier("join", graph, deadline)
    return made(graph, tidy.value, [tidy.value(view(v)) for v in graph.outputs])


def _folded(graph: Graph, price: Price, deadline: float) -> Graph:
    found = folded(graph, price, deadline)
    return made(graph, Remade(lambda n: found.get(n) or Value.of(n))) if found else graph


def _unburdened(graph: Graph, price: Price, deadline: float) -> Graph:
    return made(graph, Remade(lambda n: unburdened(n.op, n)))


def _factored(graph: Graph, price: Price, deadline: float) -> Graph:
    return made(graph, Remade(lambda n: Value.of(factored(n, price))))


def _hoisted(fixed: Parameters) -> Change:
    def hoist(graph: Graph, price: Price, deadline: float) -> Graph:
        found = hoisted(graph, fixed, price)
        return made(graph, Remade(lambda n: found.get(n) or Value.of(n))) if found else graph

    return hoist


STAGES: dict[str, Change] = {
    "share": _shared, "fold": _folded, "drop": _unburdened, "join": _joined, "factor": _factored,
}  # fmt: skip


class Remade:
    """The nodes of a graph made again, each first changed into a value over nodes that were there before, operands first."""

    def __init__(self, change: Callable[[Node], Value]) -> None:
        self.change = change
        self.found: dict[Node, Value] = {}

    def __call__(self, n: Node) -> Value:
        """What a node has become."""
        targets: dict[Node, Value] = {}
        stack = [n]
        while stack:
            x = stack[-1]
            if x in self.found:
                stack.pop()
                continue
            target = targets.get(x) or targets.setdefault(x, self.change(x))
            missing = [y for y, _ in target.node.operands if y not in self.found]
            if missing:
                stack += missing
            else:
                stack.pop()
                self.found[x] = read(Value.of(self._again(target.node)), target.access, target.sizes)
        return self.found[n]

    def _again(self, m: Node) -> Node:
        if all(self.found[x] == Value.of(x) for x, _ in m.operands):
            return m
        operands = [read(self.found[x], access, m.domain(k)) for k, (x, access) in enumerate(m.operands)]
        return node(m.op, [(v.node, v.access) for v in operands], m.sizes)


def made(graph: Graph, value: Callable[[Node], Value], outputs: Sequence[Value] | None = None) -> Graph:
    """The graph of what its nodes have become, with the blocks and names that they had."""
    if outputs is None:
        outputs = [value(v.node).at(v.access, v.sizes) for v in graph.outputs]
    new = Graph(graph.dom, graph.cod, tuple(outputs))
    given, names = dict(graph.blocks), dict(graph.labels)
    paths: dict[Node, Path] = {}
    labels: dict[Node, Array] = {}
    for n in graph.live().nodes():
        v = value(n)
        paths.setdefault(v.node, given.get(n, ()))
        if n in names and is_bare(v):
            labels.setdefault(v.node, names[n])
    nodes = new.nodes()
    for n in reversed(nodes):  # what is new belongs where it is used
        for x, _ in n.operands:
            if x.operands:
                paths.setdefault(x, paths.get(n, ()))
    blocks = tuple([(n, paths[n]) for n in nodes if paths.get(n)])
    return replace(new, blocks=blocks, labels=tuple([(n, labels[n]) for n in nodes if n in labels]))
