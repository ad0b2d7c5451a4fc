"""A pair of sides at a point: how far apart they are there, and whether rounding could be the reason.

Moving the point by a few units in the last place, computing in float32, and the greatest number on the way show what rounding
does; the entry that differs most, computed again with hundreds of digits, decides wherever that can be done.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from ncd_cat.errors import InputError
from ncd_cat.evaluate import compile
from ncd_cat.evaluation.drawing import Random
from ncd_cat.graph import Graph
from proofs.absorption import ROUNDING, greatest, watched
from proofs.draws import STYLES, Point, Style, draw, perturbed, ports_of, shortened
from proofs.entries import Entries, TooMuch, Undefined, Unknown
from proofs.snap import snapped

LEAST = 1e-7  # a smaller difference, relative to 1 + the greatest value, counts only if digits confirm it
SMALLEST = 1e-11  # and one smaller than this is not looked at
BITS = (200, 1000)  # of the numbers in which a difference is computed again
NOISE = 1e3  # a difference must be this many times what rounding does
SHORTER = 2.0**-29  # the rounding of float64 against that of float32
READABLE = 1e4  # a shrunk point has no larger values
LARGE = 1 << 20  # numbers in a point from which on few points are tried, and the first that separates will do


@dataclass(frozen=True)
class Gap:
    """How far two sides are apart at a point: where, with which values, by how much, and relative to 1 + the greatest value."""

    where: tuple[int, tuple[int, ...]]
    values: tuple[float, float]
    largest: float
    relative: float


Outputs = list[tuple[Any, Any]] | None


class Pair:
    """Both sides at concrete sizes, compiled, with what they take."""

    def __init__(self, lhs: Graph, rhs: Graph, positive: tuple[str, ...] = ()) -> None:
        self.ports = ports_of((lhs, rhs), positive)
        self.large = self.ports.entries > LARGE
        self.short = not self.large  # an entry takes little work, as far as is known
        self.graphs = lhs, rhs
        self._last: tuple[Point | None, Outputs] = None, None
        self._sides = compile(lhs), compile(rhs)

    def tries(self, seed: int) -> Iterator[tuple[Point, Gap]]:
        """Points of all styles, with their gaps; weights are positive where the sides are nowhere finite otherwise."""
        for k, style in enumerate(STYLES[:3] if self.large else STYLES):
            for tried in (style, style._replace(weights="positive")):
                point = self.fitting(tried, seed + k)
                gap = self.gap(point)
                if gap is not None:
                    yield point, gap
                    del point
                    break

    def fitting(self, style: Style, seed: int) -> Point:
        """A point whose integers index within their arrays, as far as smaller ones do."""
        point = draw(self.ports, style, seed)
        while self.values(point) is None and max(self.ports.ranges, default=1) > 1:
            self.ports = replace(self.ports, ranges=tuple((n + 1) // 2 for n in self.ports.ranges))
            point = draw(self.ports, style, seed)
        return point

    def values(self, point: Point) -> Outputs:
        """The outputs of both sides, paired; None where an index is out of range.  The last ones are kept."""
        if self._last[0] is not point:
            self._last = None, None
            self._last = point, self._computed(point)
        return self._last[1]

    def _computed(self, point: Point) -> Outputs:
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
        """Whether the sides differ at the point, at the entry that differs most, by more than rounding and near ties explain."""
        if gap.relative <= SMALLEST or (gap.relative > LEAST and not self._clear(point, gap)):
            return False
        settled = self._settled(point, gap) if self.short else None
        if settled is None:
            return gap.relative > LEAST and self._beyond_ties(point, gap)
        return settled and self._beyond_ties(point, gap)

    def _clear(self, point: Point, gap: Gap) -> bool:
        """Whether the gap is far above what rounding the point does to either side, at the entry that differs most."""
        k, place = gap.where
        moved = self.values(perturbed(point, 1))
        if moved is None:
            return False
        values = [float(x[place]) for x in moved[k]]
        noise = max(abs(a - b) for a, b in zip(gap.values, values, strict=True))
        clear = gap.largest > NOISE * max(noise, self._lost(point, gap)) and abs(values[0] - values[1]) > gap.largest / 2
        return clear and gap.largest > NOISE * ROUNDING * self._greatest(point)

    def _settled(self, point: Point, gap: Gap) -> bool | None:
        """Whether the entry differs as much when it is computed with more digits; None where that is not known."""
        k, place = gap.where
        apart = []
        try:
            for bits in BITS:
                entries = Entries(point, bits)
                x, y = (entries.numbers.real(entries.at(graph.outputs[k], place)) for graph in self.graphs)
                apart.append(abs(float(x - y)))
        except TooMuch:
            self.short = False
            return None
        except Undefined:  # only rounding gives it a value
            return False
        except (Unknown, OverflowError, RecursionError):
            return None
        agree = abs(apart[0] - apart[1]) <= gap.largest / 8
        return agree and gap.largest / 2 < apart[1] < gap.largest * 2

    def _beyond_ties(self, point: Point, gap: Gap) -> bool:
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
    def _ties(self) -> Pair | None:
        """The two sides with near ties read as ties, where they can differ from the sides."""
        graphs = [snapped(g) for g in self.graphs]
        return None if all(a is b for a, b in zip(graphs, self.graphs, strict=True)) else Pair(graphs[0], graphs[1])

    def clear_gap(self, point: Point) -> float:
        """The relative gap at a point; 0 where it does not separate the sides, or only by numbers that nobody reads."""
        gap = self.gap(point)
        if gap is None or max(map(abs, gap.values)) > READABLE:
            return 0.0
        looked = gap.relative <= LEAST and self.separates(point, gap)
        return gap.relative if looked or (gap.relative > LEAST and self._clear(point, gap) and self._beyond_ties(point, gap)) else 0.0


def _at(side: Any, point: Point) -> tuple[Any, ...]:
    """The outputs of a compiled side at a point."""
    drawn = {"draws": point.draws} if isinstance(side, Random) else {}
    found: tuple[Any, ...] = side(*point.inputs, weights=point.weights, **drawn)
    return found


def _numbers(x: Any) -> Any:
    return x if x.dtype.kind == "f" else x.astype(np.float64)
