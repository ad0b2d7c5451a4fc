"""Two models side by side: the inner values that were proved equal, those that only agree at random points, and where the two part.

The cut points are those of the sweep (`proofs.sweep`): values with equal fingerprints, from the inputs up, each pair proved over
the nearest pairs below it.  Two models part at the first values that have no equal on the other side and that an output depends on
otherwise than through a value that has.  Source: Kuehlmann and Krohm, Equivalence checking using cuts and heaps (1997).

>>> from ncd_cat.architectures import find
>>> found = compared(find("attention"), find("attention-unscaled"))
>>> found.verdict.status, [[str(n.op) for n, mark in side.items() if mark.kind == "apart"] for side in found.marks]
('refuted', [['contraction'], ['softmax(7)']])
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Unpack

from ncd_cat.draw.beside import Mark, Marks, beside
from ncd_cat.draw.scene import Scene
from ncd_cat.draw.view import Options
from ncd_cat.draw.web import pair
from ncd_cat.graph import Graph, Node
from proofs.fingerprint import classes
from proofs.prove import prove
from proofs.sweep import Sweep
from proofs.verdict import Verdict
from rewrites.normal_form import OutOfTime, undisturbed

LOOKING = 10.0  # seconds for the inner values, where the caller sets no limit
WORDS = {"proved": "proved equal", "refuted": "refuted: not equal", "unknown": "unknown: neither proved nor refuted"}


@dataclass(frozen=True)
class Comparison:
    """A verdict, and what is known of the inner values of either side; `left` says what was not compared for want of time."""

    verdict: Verdict
    marks: tuple[Marks, Marks]
    left: str = ""

    def scene(self, **options: Unpack[Options]) -> Scene:
        """The two diagrams over each other, their cut points numbered.  The options are those of a drawing."""
        v = self.verdict
        return beside((v.lhs, v.rhs), self.marks, v.names, self.heading, **options)

    def page(self, sources: tuple[Mapping[str, str], Mapping[str, str]] = ({}, {}), **options: Unpack[Options]) -> str:
        """The text of a page to walk about in both diagrams, the cut points linked; `sources` are those of `explorer`, for each side."""
        v = self.verdict
        return pair((v.lhs, v.rhs), self.marks, v.names, self.heading, sources, **options)

    @property
    def heading(self) -> tuple[str, ...]:
        """The verdict in words, and what was not compared."""
        return (WORDS[self.verdict.status], *filter(None, [self.left]))


def compared(lhs: Any, rhs: Any, inputs: Any = None, *, params: Mapping[str, str] | str | None = None,
             timeout: float | None = None, assume: Sequence[str] | str = (), progress: Callable[[str, float], None] | None = None,
             names: tuple[str, str] = ("lhs", "rhs")) -> Comparison:  # fmt: skip
    """Prove or refute that two programs are equal, and compare their inner values.

    The arguments are those of `prove`; `timeout` is for both, and an inner value that is not reached in time is not compared.
    Raises an NcdError for what cannot be compared.
    """
    share = timeout if timeout is None else 0.6 * timeout
    start = time.perf_counter()
    verdict = prove(lhs, rhs, inputs, params=params, timeout=share, assume=assume, progress=progress, names=names)
    deadline = time.perf_counter() + LOOKING if timeout is None else start + timeout
    with undisturbed():
        return _marked(verdict, deadline)


def _marked(verdict: Verdict, deadline: float) -> Comparison:
    sides = verdict.lhs.live(), verdict.rhs.live()
    sweep = Sweep(*sides, deadline)
    left = _swept(sweep)
    keys: dict[Node, Node] = {}
    try:
        keys.update((n, sweep.base.value(n).node) for g in sides for n in g.nodes() if n.operands and n not in keys)
    except OutOfTime:
        left = left or "out of time: some inner values were not compared"
    if verdict.status == "proved":
        keys.update((b.node, keys.get(a.node, a.node)) for a, b in zip(sides[0].outputs, sides[1].outputs, strict=True))
        keys.update((a.node, keys.get(a.node, a.node)) for a in sides[0].outputs)
    both = set.intersection(*[{keys[n] for n in g.nodes() if n in keys} for g in sides])
    shared = set.intersection(*[set(g.nodes()) for g in sides])
    agreeing = _agreeing(sides, keys, both)
    kinds = [{n: kind for n in g.nodes() if n.operands and (kind := _kind(n, keys, both, shared, agreeing))} for g in sides]
    apart = [_apart(g, found) if verdict.status != "proved" else [] for g, found in zip(sides, kinds, strict=True)]
    if verdict.status == "refuted" and not any(apart):
        apart = [list(dict.fromkeys([v.node for v in g.outputs])) for g in sides]
    numbers: dict[Node, int] = {}
    marks = []
    for g, known, parting in zip(sides, kinds, apart, strict=True):
        ends = _ends(g, known)
        first = {n: keys.get(n) if kind == "equal" else agreeing[n] for n, kind in known.items()}
        found = {n: Mark(kind, numbers.setdefault(one, len(numbers) + 1) if (one := first[n]) else 0, kind == "agree" or n in ends)
                 for n, kind in known.items()}  # fmt: skip
        marks.append(found | {n: Mark("apart") for n in parting})
    return Comparison(verdict, (marks[0], marks[1]), left)


def _swept(sweep: Sweep) -> str:
    """Join what can be joined; what was not tried, in words, where time ran out."""
    pairs = sweep.candidates()
    for k, (a, b) in enumerate(pairs):
        try:
            sweep.join(a, b)
        except OutOfTime:
            return f"out of time: {len(pairs) - k} of {len(pairs)} pairs of inner values were not compared"
    return ""


def _agreeing(sides: Sequence[Graph], keys: Mapping[Node, Node], both: set[Node]) -> dict[Node, Node]:
    """The values that agree with one of the other side at a random point, and were not proved equal to any: each with the first of them."""
    nodes = [set(g.nodes()) for g in sides]
    found = [members for members in classes(sides[0], sides[1]) if all(any(n in side for n in members) for side in nodes)]
    return {n: members[0] for members in found for n in members if keys.get(n) not in both}


def _kind(n: Node, keys: Mapping[Node, Node], both: set[Node], shared: set[Node], agreeing: Mapping[Node, Node]) -> str:
    if n in shared or keys.get(n) in both:
        return "equal"
    return "agree" if n in agreeing else ""


def _apart(graph: Graph, known: Iterable[Node]) -> list[Node]:
    """The first values without an equal that reach an output through such values only."""
    matched, wrong = set(known), dict.fromkeys(v.node for v in graph.outputs)
    for n in reversed(graph.nodes()):
        if n in wrong and n not in matched:
            wrong.update(dict.fromkeys(x for x, _ in n.operands if x.operands))
    wrong = {n: None for n in wrong if n not in matched and n.operands}
    return [n for n in graph.nodes() if n in wrong and not any(x in wrong for x, _ in n.operands)]


def _ends(graph: Graph, known: Mapping[Node, str]) -> set[Node]:
    """Where what is common ends and begins again: the outputs, what reads something without an equal, and what that or such a one reads."""
    other = {n for n in graph.nodes() if n.operands and known.get(n) != "equal"}
    again = {n for n in graph.nodes() if known.get(n) == "equal" and any(x in other for x, _ in n.operands)}
    return again.union([v.node for v in graph.outputs], *[[x for x, _ in n.operands] for n in other | again])


__all__ = ["Comparison", "compared"]
