"""Refutation: a point where two diagrams differ by more than rounding shows that they are not equal.

Both sides are evaluated in float64 at random and adversarial points (normal, whole, positive, negative, tied, one-hot, tiny,
large and zero numbers; fully masked rows), symbolic sizes at distinct small numbers and at 1.  A difference counts if it is
far above what rounding does, and if more digits confirm it (`proofs.pair`); random agreement counts for nothing.  Random
diagrams must differ in law besides (`proofs.laws`): which draw is called which is no part of what they mean.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ncd_cat.errors import UnsupportedOp
from ncd_cat.evaluation.lowering import instance
from ncd_cat.graph import Graph
from proofs.draws import Point, Style, draw, small_sizes
from proofs.laws import differ_in_law
from proofs.pair import Gap, Pair
from proofs.shrink import shrunk

CLEAR = 0.05  # a relative difference that needs no better one
SHOWN, KEPT = 1e-3, 0.3  # a shrunk point keeps a gap of the first, or of this part of what it was
SHRINKING = 0.5  # seconds
SMALL = (1, 2, 3)  # sizes that all symbols take in a counterexample, if one of these will do


@dataclass(frozen=True, eq=False)
class Counterexample:
    """A point where the two sides differ: float64 arrays for real inputs and weights, integers and truth values as such.

    `sizes` are the values given to symbols; `where` is the output and the entry that differ most; `draws` are the arrays of
    the draws, by key, where a side is random.
    """

    inputs: list[Any]
    weights: dict[str, Any]
    max_abs_diff: float
    sizes: dict[str, int]
    where: tuple[int, tuple[int, ...]]
    draws: dict[str, Any] = field(default_factory=dict)
    relative: float = 0.0  # the difference, relative to 1 + the greatest value of the output

    def replay(self, lhs: Graph, rhs: Graph) -> float:
        """The largest difference of the two sides here, evaluated afresh."""
        pair = Pair(instance(lhs, self.sizes), instance(rhs, self.sizes))
        found = pair.gap(Point(tuple(self.inputs), self.weights, self.draws))
        return 0.0 if found is None else found.largest


def refute(lhs: Graph, rhs: Graph, *, seed: int = 0, timeout: float | None = None, positive: tuple[str, ...] = ()) -> Counterexample | None:
    """A point where the two graphs differ, or None if none was found (which proves nothing), or if an op has no meaning.

    positive: names of inputs and weights that the claim takes to be positive.  Deterministic for a seed, given the time.
    """
    deadline = time.perf_counter() + timeout if timeout is not None else float("inf")
    try:
        for sizes, pair, best in _found(lhs, rhs, positive, seed, deadline):
            point, gap = _shrunk(pair, best, deadline)
            if point.draws and not differ_in_law(*pair.graphs, point, gap.where, seed, deadline):
                return None
            inputs, weights, drawn = list(point.inputs), dict(point.weights), dict(point.draws)
            return Counterexample(inputs, weights, gap.largest, dict(sizes), gap.where, drawn, gap.relative)
    except UnsupportedOp:
        pass
    return None


Best = tuple[Point, Gap]
Found = tuple[Mapping[str, int], Pair, Best]


def _found(lhs: Graph, rhs: Graph, positive: tuple[str, ...], seed: int, deadline: float) -> Iterator[Found]:
    """The sizes, the pair and the point where the sides differ, at small equal sizes if they differ there; at most one."""
    for sizes in small_sizes(lhs, rhs):
        found = _at_sizes(lhs, rhs, sizes, positive, seed, deadline)
        if found is not None:
            smaller = [dict.fromkeys(sizes, n) for n in SMALL] if max(sizes.values(), default=1) > 1 else []
            tried = (_at_sizes(lhs, rhs, s, positive, seed, min(deadline, time.perf_counter() + SHRINKING)) for s in smaller)
            yield next(filter(None, tried), found)
            return
        if time.perf_counter() > deadline:
            return


def _at_sizes(lhs: Graph, rhs: Graph, sizes: Mapping[str, int], positive: tuple[str, ...], seed: int, deadline: float) -> Found | None:
    pair = Pair(instance(lhs, sizes), instance(rhs, sizes), positive)
    best = _widest(pair, seed, deadline)
    return None if best is None else (sizes, pair, best)


def _widest(pair: Pair, seed: int, deadline: float) -> Best | None:
    """The point with the largest relative gap among those tried, and that gap."""
    best: Best | None = None
    for point, gap in pair.tries(seed):
        if (best is None or gap.relative > best[1].relative) and pair.separates(point, gap):
            best = point, gap
        if time.perf_counter() > deadline or (best is not None and (best[1].relative > CLEAR or pair.large)):
            break
        del point  # a large one must go before the next is drawn
    return best


def _shrunk(pair: Pair, best: Best, deadline: float) -> Best:
    """A simpler point that separates the sides as well; the same one where shrinking finds none."""
    if pair.large:
        return best
    point = shrunk(best[0], min(SHOWN, KEPT * best[1].relative), pair.clear_gap, min(deadline, time.perf_counter() + SHRINKING))
    gap = pair.gap(point)
    return (point, gap) if gap is not None and pair.separates(point, gap) else best


def float32_difference(lhs: Graph, rhs: Graph, seed: int = 0) -> float:
    """The largest |lhs − rhs| / max(1, |lhs|) when both are evaluated in float32 at one random point."""
    sizes = next(small_sizes(lhs, rhs))
    pair = Pair(instance(lhs, sizes), instance(rhs, sizes))
    for style in (Style("normal", "normal"), Style("normal", "positive")):
        both = pair.values(draw(pair.ports, style, seed, np.float32))
        if both is None:
            continue
        gaps = [np.abs(x - y) / np.maximum(1, np.abs(x)) for x, y in both]
        finite = [g[np.isfinite(g)] for g in gaps]
        if any(g.size for g in finite):
            return max(float(g.max()) for g in finite if g.size)
    return float("nan")
