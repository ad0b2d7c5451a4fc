"""Refutation: a point where two diagrams differ by more than rounding shows that they are not equal.

Both sides are evaluated in float64 at random and adversarial points (normal, whole, positive, negative, tied, tiny, large
and zero numbers; fully masked rows), symbolic sizes at distinct small numbers and at 1.  A difference counts if it is far
above what moving the point by a few units in the last place does to either side; random agreement counts for nothing.
Random diagrams must differ in law besides (`proofs.laws`): which draw is called which is no part of what they mean.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluate import compile
from ncd_cat.evaluation.drawing import Random
from ncd_cat.evaluation.lowering import instance
from ncd_cat.graph import Graph
from proofs.absorption import ROUNDING, greatest, watched
from proofs.draws import STYLES, Point, Style, draw, perturbed, ports_of, shortened, small_sizes
from proofs.laws import differ_in_law
from proofs.shrink import shrunk
from proofs.snap import snapped

LEAST = 1e-7  # a smaller difference, relative to 1 + the greatest value, is not looked at
NOISE = 1e3  # a difference must be this many times what rounding does
SHORTER = 2.0**-29  # the rounding of float64 against that of float32
CLEAR = 0.05  # a relative difference that needs no better one
SHOWN, KEPT = 1e-3, 0.3  # a shrunk point keeps a gap of the first, or of this part of what it was
SHRINKING = 0.5  # seconds
READABLE = 1e4  # a shrunk point has no larger values
LARGE = 1 << 20  # numbers in a point from which on few points are tried, and the first that separates will do


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

    def replay(self, lhs: Graph, rhs: Graph) -> float:
        """The largest difference of the two sides here, evaluated afresh."""
        pair = _Pair(instance(lhs, self.sizes), instance(rhs, self.sizes))
        found = pair.gap(Point(tuple(self.inputs), self.weights, self.draws))
        return 0.0 if found is None else found.largest


@dataclass(frozen=True)
class Gap:
    """How far two sides are apart at a point: where, with which values, by how much, and relative to 1 + the greatest value."""

    where: tuple[int, tuple[int, ...]]
    values: tuple[float, float]
    largest: float
    relative: float


def refute(lhs: Graph, rhs: Graph, *, seed: int = 0, timeout: float | None = None, positive: tuple[str, ...] = ()) -> Counterexample | None:
    """A point where the two graphs differ, or None if none was found (which proves nothing), or if an op has no meaning.

    positive: names of inputs and weights that the claim takes to be positive.  Deterministic for a seed, given the time.
    """
    deadline = time.perf_counter() + timeout if timeout is not None else float("inf")
    for sizes in small_sizes(lhs, rhs):
        try:
            pair = _Pair(instance(lhs, sizes), instance(rhs, sizes), positive)
        except UnsupportedOp:
            return None
        best = _widest(pair, seed, deadline)
        if best is not None:
            point = _shrunk(pair, best, deadline)
            gap = pair.gap(point)
            assert gap is not None
            if point.draws and not differ_in_law(*pair.graphs, point, gap.where, seed, deadline):
                return None
            return Counterexample(list(point.inputs), dict(point.weights), gap.largest, sizes, gap.where, dict(point.draws))
        if time.perf_counter() > deadline:
            return None
    return None


def _widest(pair: _Pair, seed: int, deadline: float) -> tuple[Point, float] | None:
    """The point with the largest relative gap among those tried, and that gap."""
    best: tuple[Point, float] | None = None
    for point, gap in pair.tries(seed):
        if gap.relative > (best[1] if best else LEAST) and pair.separates(point, gap):
            best = point, gap.relative
        if time.perf_counter() > deadline or (best is not None and (best[1] > CLEAR or pair.large)):
            break
        del point  # a large one must go before the next is drawn
    return best


def _shrunk(pair: _Pair, best: tuple[Point, float], deadline: float) -> Point:
    if pair.large:
        return best[0]
    return shrunk(best[0], min(SHOWN, KEPT * best[1]), pair.clear_gap, min(deadline, time.perf_counter() + SHRINKING))


def float32_difference(lhs: Graph, rhs: Graph, seed: int = 0) -> float:
    """The largest |lhs − rhs| / max(1, |lhs|) when both are evaluated in float32 at one random point."""
    sizes = next(small_sizes(lhs, rhs))
    pair = _Pair(instance(lhs, sizes), instance(rhs, sizes))
    for style in (Style("normal", "normal"), Style("normal", "positive")):
        both = pair.values(draw(pair.ports, style, seed, np.float32))
        if both is None:
            continue
        gaps = [np.abs(x - y) / np.maximum(1, np.abs(x)) for x, y in both]
        finite = [g[np.isfinite(g)] for g in gaps]
        if any(g.size for g in finite):
            return max(float(g.max()) for g in finite if g.size)
    return float("nan")


class _Pair:
    """Both sides at concrete sizes, compiled, with what they take."""

    def __init__(self, lhs: Graph, rhs: Graph, positive: tuple[str, ...] = ()) -> None:
        self.ports = ports_of((lhs, rhs), positive)
        self.large = self.ports.entries > LARGE
        self.graphs = lhs, rhs
        self._sides = compile(lhs), compile(rhs)

    def tries(self, seed: int) -> Iterator[tuple[Point, Gap]]:
        """Points of all styles, with their gaps; weights are positive where the sides are nowhere finite otherwise."""
        for k, style in enumerate(STYLES[:3] if self.large else STYLES):
            for tried in (style, style._replace(weights="positive")):
                point = self._fitting(tried, seed + k)
                gap = self.gap(point)
                if gap is not None:
                    yield point, gap
                    del point
                    break

    def _fitting(self, style: Style, seed: int) -> Point:
        """A point whose integers index within their arrays, as far as smaller ones do."""
        point = draw(self.ports, style, seed)
        while self.values(point) is None and max(self.ports.ranges, default=1) > 1:
            self.ports = replace(self.ports, ranges=tuple((n + 1) // 2 for n in self.ports.ranges))
            point = draw(self.ports, style, seed)
        return point

    def values(self, point: Point) -> list[tuple[Any, Any]] | None:
        """The outputs of both sides, paired; None where an index is out of range."""
        try:
            with np.errstate(all="ignore"):
                left, right = [_at(side, point) for side in self._sides]
        except InputError:
            return None
        return [(_numbers(x), _numbers(y)) for x, y in zip(left, right, strict=True)]

    def gap(self, point: Point) -> Gap | None:
        """How far the sides are apart; None where an entry of either is not a real number: the claim says nothing there."""
        both = self.values(point)
        if both is None:
            return None
        found = None
        for k, (x, y) in enumerate(both):
            if not (np.isfinite(x).all() and np.isfinite(y).all()):
                return None
            scale = 1 + max(float(np.abs(x).max()), float(np.abs(y).max()))
            apart = np.abs(x - y)
            place = np.unravel_index(int(apart.argmax()), apart.shape)
            largest = float(apart[place])
            if found is None or largest / scale > found.relative:
                found = Gap((k, tuple(int(i) for i in place)), (float(x[place]), float(y[place])), largest, largest / scale)
        return found

    def separates(self, point: Point, gap: Gap) -> bool:
        """Whether the gap is far above what rounding the point does to either side, at the entry that differs most."""
        k, place = gap.where
        moved = self.values(perturbed(point, 1))
        if moved is None:
            return False
        values = [float(x[place]) for x in moved[k]]
        noise = max(abs(a - b) for a, b in zip(gap.values, values, strict=True))
        clear = gap.largest > NOISE * max(noise, self._lost(point, gap)) and abs(values[0] - values[1]) > gap.largest / 2
        if not clear or gap.largest <= NOISE * ROUNDING * self._greatest(point):
            return False
        return self._ties.apart(point, gap) if self._ties else True

    def _greatest(self, point: Point) -> float:
        """The greatest number on the way to the outputs; 0 for large points, where that is not looked at."""
        if self.large:
            return 0.0
        with np.errstate(all="ignore"):
            return max([greatest(_at(side, point)) for side in self._watched], default=0.0)

    @cached_property
    def _watched(self) -> list[Any]:
        return [compile(graph) for graph in map(watched, self.graphs) if graph.outputs]

    def _lost(self, point: Point, gap: Gap) -> float:
        """What rounding costs by itself: a part of what it costs in float32, which cancellation shows too."""
        both = None if self.large else self.values(shortened(point))
        if both is None:
            return 0.0
        k, place = gap.where
        lost = max(abs(float(x[place]) - value) for x, value in zip(both[k], gap.values, strict=True))
        return lost * SHORTER if np.isfinite(lost) else 0.0

    def apart(self, point: Point, gap: Gap) -> bool:
        """Whether these two sides are as far apart at the place of a gap of two others."""
        k, place = gap.where
        both = self.values(point)
        return both is not None and abs(float(both[k][0][place]) - float(both[k][1][place])) > gap.largest / 2

    @cached_property
    def _ties(self) -> _Pair | None:
        """The two sides with near ties read as ties, where they can differ from the sides."""
        graphs = [snapped(g) for g in self.graphs]
        return None if all(a is b for a, b in zip(graphs, self.graphs, strict=True)) else _Pair(graphs[0], graphs[1])

    def clear_gap(self, point: Point) -> float:
        """The relative gap at a point; 0 where it does not separate the sides, or only by numbers that nobody reads."""
        gap = self.gap(point)
        if gap is None or gap.relative <= LEAST or max(map(abs, gap.values)) > READABLE:
            return 0.0
        return gap.relative if self.separates(point, gap) else 0.0


def _at(side: Any, point: Point) -> tuple[Any, ...]:
    """The outputs of a compiled side at a point."""
    drawn = {"draws": point.draws} if isinstance(side, Random) else {}
    found: tuple[Any, ...] = side(*point.inputs, weights=point.weights, **drawn)
    return found


def _numbers(x: Any) -> Any:
    return x if x.dtype.kind == "f" else x.astype(np.float64)
