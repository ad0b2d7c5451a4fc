"""Sweeping: two deep models are proved equal value by value, from the inputs up, and what is proved becomes one variable.

Values with equal fingerprints are candidates.  Each pair of them is an obligation over the nearest values below that are joined
already: these are held (`rewrites.rules.names`), so what is to be proved is as large as a block, not as the model, and the
stronger levels of the strategy can be tried on it.  A pair that is proved is one held value for all that reads it.  Blocks that
are alike up to the names of their variables go straight to the level that served the first of them, or are left at once.
Source: Kuehlmann and Krohm, Equivalence checking using cuts and heaps (1997).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import Any

from ncd_cat.graph import Graph, Input, Node, Weight
from ncd_cat.ops.contraction import view
from proofs.fingerprint import classes
from rewrites.chain import Chain, Step
from rewrites.normal_form import Normaliser, OutOfTime
from rewrites.rules.names import hold
from rewrites.strategy import LEVELS

Rung = tuple[int, int, bool]  # a level, how many held values on a path are looked into, and whether the two themselves are
LADDER: tuple[Rung, ...] = tuple(
    (level, skipped, inside) for level in range(1, len(LEVELS)) if not LEVELS[level].parts for skipped in (0, 1) for inside in (False, True)
)
PATIENCE = 2.0  # seconds for one obligation at one rung
Ends = list[tuple[Step | None, Step | None]]
Pairs = list[tuple[Node, Node]]


class Sweep:
    """One sweep over two graphs, by a normaliser of level 0 in which values that are proved equal by other means are held."""

    def __init__(self, lhs: Graph, rhs: Graph, deadline: float = float("inf"), tick: Callable[[float], None] = lambda done: None) -> None:
        self.lhs, self.rhs, self.deadline, self.tick = lhs, rhs, deadline, tick
        self.base = Normaliser(LEVELS[0], deadline)
        self.joined: set[Node] = set()
        self.open: Pairs = []  # what could not be joined, inputs first
        self._served: dict[Any, Rung | None] = {}
        self._holding: dict[tuple[Node, Step | None], Step | None] = {}
        self._varying: set[Node] = set()
        for n in [*lhs.live().nodes(), *rhs.live().nodes()]:
            if isinstance(n.op, Input) or any(x in self._varying for x, _ in n.operands):
                self._varying.add(n)

    def run(self) -> Ends | None:
        """A step from each output of each side, both to one value; None where some could not be joined.  Raises OutOfTime."""
        outputs = [(view(a), view(b)) for a, b in zip(self.lhs.outputs, self.rhs.outputs, strict=True)]
        pairs = [*self.candidates(), *outputs]
        for k, (a, b) in enumerate(pairs):
            self.tick(k / len(pairs))
            if not self.join(a, b):
                self.open.append((a, b))
        if any(self.base.value(a) != self.base.value(b) for a, b in outputs):
            return None
        return [(self.base.step(a), self.base.step(b)) for a, b in outputs]

    def candidates(self) -> Pairs:
        """Pairs of values with equal fingerprints, each after those below it: the first of each side, then others with the first."""
        sides = [set(g.live().nodes()) for g in (self.lhs, self.rhs)]
        depth = _depths([*self.lhs.live().nodes(), *self.rhs.live().nodes()])
        found: list[tuple[int, Node, Node]] = []
        for members in classes(self.lhs, self.rhs):
            here, there = (sorted([n for n in members if n in side], key=depth.__getitem__) for side in sides)
            if here and there:
                first = max(depth[here[0]], depth[there[0]])
                found += [(max(first, depth[n]), here[0], n) for n in [there[0], *here[1:], *there[1:]]]
        return [(a, b) for _, a, b in sorted(found, key=lambda pair: pair[0])]

    def join(self, a: Node, b: Node) -> bool:
        """Whether the two are one node, read in some way; if only a stronger level shows it, both are held."""
        if self.base.value(a).node is not self.base.value(b).node and not self._proved(a, b):
            return False
        self.joined |= {a, b}
        return True

    def _proved(self, a: Node, b: Node) -> bool:
        shape = self._shape(a, b)
        rungs: Sequence[Rung] = [rung for rung in LADDER if not rung[2] or self.joined & {a, b}]
        if shape in self._served:
            rungs = [rung] if (rung := self._served[shape]) is not None else []
        for rung in rungs:
            if self._settled(a, b, rung):
                self._served[shape] = rung
                return True
        self._served.setdefault(shape, None)
        return False

    def _settled(self, a: Node, b: Node, rung: Rung) -> bool:
        """Whether a level joins the two over values that are held."""
        if time.perf_counter() > self.deadline:
            raise OutOfTime
        nf = Normaliser(LEVELS[rung[0]], min(self.deadline, time.perf_counter() + PATIENCE))
        _give(nf, [self._hold(n, self.base.step(n)) for n in self._frontier((a, b), rung)])
        with suppress(OutOfTime):
            if nf.value(a).node is nf.value(b).node:
                _give(self.base, [self._hold(n, nf.step(n)) for n in (a, b)])
                return True
        return False

    def _hold(self, n: Node, step: Step | None) -> Step | None:
        """The judgement that a node is a held value, by way of a step about it; the step itself where that cannot be held."""
        if (n, step) not in self._holding:
            chain = Chain(n)
            chain.by(step)
            chain.tried(hold)
            self._holding[n, step] = chain.step()
        return self._holding[n, step]

    def _frontier(self, roots: tuple[Node, Node], rung: Rung) -> dict[Node, None]:
        """The joined values nearest below two nodes that depend on an input, without those that are looked into."""
        _, skipped, inside = rung
        found = dict.fromkeys([n for n in roots if n in self.joined and not inside])
        seen: set[tuple[Node, int]] = set()
        stack = [(x, skipped) for n in roots if n not in found for x, _ in n.operands]
        while stack:
            n, left = stack.pop()
            if (n, left) in seen or not n.operands:
                continue
            seen.add((n, left))
            joined = n in self.joined and n in self._varying
            if joined and not left:
                found[n] = None
            else:
                stack += [(x, left - joined) for x, _ in n.operands]
        return found

    def _shape(self, a: Node, b: Node) -> Any:
        """The obligation without the names of its variables: what is above the nearest joined values, each node as a number."""
        numbers: dict[Node, int] = {}
        lines: list[Any] = []
        frontier = self._frontier((a, b), LADDER[0])
        for n in _above((a, b), frontier):
            numbers[n] = len(numbers)
            if n in frontier or isinstance(n.op, Input | Weight):
                lines.append((n in self._varying, n.positive, n.kind, n.sizes))
            else:
                lines.append((n.op, tuple([(numbers[x], access) for x, access in n.operands]), n.sizes))
        return tuple(lines), numbers[a], numbers[b]


def _give(nf: Normaliser, steps: Sequence[Step | None]) -> None:
    for step in steps:
        if step is not None:
            nf.given(step)


def _above(roots: tuple[Node, Node], frontier: Mapping[Node, None]) -> Iterator[Node]:
    """The nodes below the roots, operands first, down to the frontier and with it."""
    done: dict[Node, None] = {}
    stack = list(reversed(roots))
    while stack:
        n = stack[-1]
        waiting = [x for x, _ in n.operands if x not in done] if n not in frontier else []
        if waiting:
            stack += reversed(waiting)
        elif n not in done:
            done[n] = None
            yield stack.pop()
        else:
            stack.pop()


def _depths(nodes: Sequence[Node]) -> dict[Node, int]:
    """How many nodes there are on the longest path below each; operands come first among the nodes."""
    found: dict[Node, int] = {}
    for n in nodes:
        found[n] = 1 + max([found[x] for x, _ in n.operands], default=0)
    return found
