"""One run of the order of attack: levels of normal forms, sweeps, parts, and a refutation where the first normal forms differ."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from math import prod

from ncd_cat.graph import Node, Value, topological
from ncd_cat.ops.contraction import view
from ncd_cat.sizes import Size
from proofs.certificate import Certificate
from proofs.claim import Claim
from proofs.kernel import ProofError, check
from proofs.kinks import KINKS, PROVED, REFUTED, agree_generically, have_kinks
from proofs.part import parted, parting
from proofs.refute import refute
from proofs.sweep import Ends, Sweep
from proofs.verdict import Verdict
from rewrites.chain import Step
from rewrites.normal_form import Normaliser, OutOfTime
from rewrites.points import Cuts, ascending, sources
from rewrites.polynomial_form import multiplied, polynomials
from rewrites.strategy import LEVELS, Strategy

PATIENCE = 20.0  # seconds for each level above the first, where the caller sets no limit
LARGE = 600  # nodes of normal forms that are not looked at part by part
DEEP = 150  # nodes of two models from which on they are swept before anything else
STRATEGIES = (*LEVELS, *KINKS)
SWEEP, MULTIPLY = -1, -2  # in the place of a level
MOST_PARTS = 128  # of an output
REJECTED = "the kernel rejected the proof that was found, which is a mistake of ours"
Progress = Callable[[str, float], None]


class Search:
    """One run of the order of attack."""

    def __init__(self, given: Claim, deadline: float, tell: Progress, names: tuple[str, str]) -> None:
        self.claim, self.deadline, self.tell, self.names = given, deadline, tell, names
        self.lhs, self.rhs = given.lhs, given.rhs
        self.where = ""
        self.plain = Normaliser(LEVELS[0])
        self.total = max(1, len(self.lhs.nodes()) + len(self.rhs.nodes()))

    def run(self, start: float, levels: Sequence[int] | None = None) -> Verdict:
        late = ""
        order = [*range(len(LEVELS))]
        order.insert(1 if self.total > DEEP else len(LEVELS), SWEEP)
        order = [MULTIPLY, *order] if polynomials([*self.lhs.nodes(), *self.rhs.nodes()]) else order
        almost = [*range(len(LEVELS), len(STRATEGIES))] if have_kinks(self.lhs, self.rhs) else []
        refuted: Verdict | None = None
        for level in [*order, *almost] if levels is None else levels:
            if refuted is not None and level not in almost:
                continue
            try:
                certificate = self._multiplied() if level == MULTIPLY else self.swept() if level == SWEEP else self.attempt(level)
            except OutOfTime:
                certificate, late = None, "out of time; give it longer with timeout"
            if certificate is not None:
                notes = (*self.claim.notes, *[PROVED] * (level in almost))
                return Verdict("proved", self.lhs, self.rhs, time.perf_counter() - start, certificate.assumptions, certificate,
                               notes=notes, names=self.names, level=level)  # fmt: skip
            if level == 0:
                refuted = self._refuted(start)
                if refuted is not None and not (almost and agree_generically(self.lhs, self.rhs)):
                    return refuted
        if refuted is not None:
            return replace(refuted, reason="; ".join(filter(None, [refuted.reason, REFUTED])))
        reason = "; ".join(filter(None, [late, self.where])) or "the two normal forms differ"
        return Verdict("unknown", self.lhs, self.rhs, time.perf_counter() - start, reason=reason, notes=self.claim.notes, names=self.names)

    def _until(self, level: int) -> float:
        """When a level must end: each stronger one has half of what time is left, the last more; `PATIENCE` seconds without a limit."""
        now, share = time.perf_counter(), 3 / 4 if level == len(LEVELS) - 1 else 1 / 2
        return now + min(PATIENCE, (self.deadline - now) * share) if level else self.deadline

    def attempt(self, level: int) -> Certificate | None:
        """The certificate, if both sides have one normal form at this level."""
        done = 0

        def tick() -> None:
            nonlocal done
            done += 1
            if done % 64 == 0:
                self.tell(f"normal forms, level {level}", min(1.0, done / (4 * self.total)))

        strategy = STRATEGIES[level]
        cuts = self._cuts(strategy) if strategy.parts else None
        if strategy.parts and cuts is None and not strategy.cases:
            return None
        nf = Normaliser(strategy, self._until(level), tick, cuts)
        self.plain = nf if level == 0 else self.plain
        ends: Ends = []
        for left, right in zip(self.lhs.outputs, self.rhs.outputs, strict=True):
            a, b = view(left), view(right)
            grid = self._grid(a, b, cuts)
            ends.append((nf.by_parts(a, grid), nf.by_parts(b, grid)))
            if _result(a, ends[-1][0]) != _result(b, ends[-1][1]):
                differ = None if any(grid) else nf.by_difference(a, b)
                if differ is not None and differ.result == _result(b, ends[-1][1]):
                    ends[-1] = (differ, ends[-1][1])
                    continue
                self.where = self.where or parting(self.lhs, self.rhs, nf, self.names)
                return None
        return self._checked(ends)

    def _multiplied(self) -> Certificate | None:
        """The certificate, if both sides are one sum of monomials."""
        ends: Ends = []
        for left, right in zip(self.lhs.outputs, self.rhs.outputs, strict=True):
            one, other = multiplied(view(left), self.plain), multiplied(view(right), self.plain)
            if one is None or other is None or one.result != other.result:
                return None
            ends.append((one, other))
        return self._checked(ends)

    def swept(self) -> Certificate | None:
        """The certificate, if the two can be joined value by value."""
        if not self.claim.evaluable:
            return None
        sweep = Sweep(self.lhs, self.rhs, self._until(1), lambda done: self.tell("sweeping", done))
        try:
            ends = sweep.run()
        finally:
            if sweep.open:
                self.where = parted(*sweep.open[0], self.lhs, self.rhs, self.names)
        return self._checked(ends) if ends is not None else None

    def _checked(self, ends: Ends) -> Certificate | None:
        certificate = Certificate(self.lhs, self.rhs, ends)
        self.tell("checking the certificate", 0.9)
        try:
            check(certificate.data)  # "proved" is the kernel's word, not the search's
        except ProofError as problem:
            self.where = f"{REJECTED}: {problem}"
            return None
        return certificate

    def _cuts(self, strategy: Strategy) -> Cuts | None:
        """Where the plain normal forms treat one part of an axis otherwise than the next; None if nowhere, or if they are large."""
        nodes = topological([self.plain.value(view(v)).node for v in (*self.lhs.outputs, *self.rhs.outputs)])
        if len(nodes) > LARGE:
            return None
        cuts = Cuts(sources(nodes, strategy.points), strategy.points)
        return cuts if any(any(cuts.own(n)) for n in nodes) else None

    def _grid(self, a: Node, b: Node, cuts: Cuts | None) -> tuple[tuple[Size, ...], ...]:
        """The cut points of two outputs that are compared, a bounded number of parts."""
        if cuts is None:
            return ()
        found: list[tuple[Size, ...]] = []
        both = [(v.node, v.access) for v in (self.plain.value(a), self.plain.value(b))]
        axes = cuts.domain(a.sizes, both, ())
        for k in range(len(a.sizes)):
            points = ascending(frozenset(axes.get(k, ())))
            room = prod(len(p) + 1 for p in found) * (len(points) + 1) <= MOST_PARTS
            found.append(points if room else ())
        return tuple(found)

    def _refuted(self, start: float) -> Verdict | None:
        self.tell("looking for a counterexample", 0.0)
        left = None if self.deadline == float("inf") else max(0.1, self.deadline - time.perf_counter())
        found = refute(self.lhs, self.rhs, timeout=left) if self.claim.evaluable else None
        if found is None:
            return None
        self.claim.check_names()
        return Verdict("refuted", self.lhs, self.rhs, time.perf_counter() - start, counterexample=found, notes=self.claim.notes,
                       reason=self.where, names=self.names)  # fmt: skip


def _result(n: Node, step: Step | None) -> Value:
    """What a node has been shown equal to."""
    return Value.of(n) if step is None else step.result
