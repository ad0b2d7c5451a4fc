"""Seams: where a picture can be pulled apart so that a block in it becomes as large as its inside.

Every block has a seam across it; blocks in one column share theirs, and so do blocks in one row, so that several that are open
take the room of the largest.  Seams go where fewest glyphs stand.  This is piercing of intervals, greedily by their right ends,
which takes the fewest points; source: Gavril, Algorithms for minimum coloring, maximum clique, minimum covering by cliques, 1972.

>>> seams([(0, 40), (10, 50), (60, 90)], [(12, 30)])
([35.0, 75.0], [0, 0, 1])
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

Span = tuple[float, float]
INSET = 2.0


def seams(spans: Sequence[Span], others: Sequence[Span]) -> tuple[list[float], list[int]]:
    """Points, and for each span the number of a point in it; a point is in as few others, and as many spans, as can be."""
    points: list[float] = []
    chosen = [0] * len(spans)
    for k in sorted(range(len(spans)), key=lambda k: spans[k][1]):
        low, high = spans[k]
        found = next((j for j, x in enumerate(points) if low + INSET <= x <= high - INSET), None)
        if found is None:
            points.append(_best(low, high, spans, others))
            found = len(points) - 1
        chosen[k] = found
    order = sorted(range(len(points)), key=points.__getitem__)
    place = {j: k for k, j in enumerate(order)}
    return [points[j] for j in order], [place[j] for j in chosen]


def _best(low: float, high: float, spans: Sequence[Span], others: Sequence[Span]) -> float:
    """The point of a span to pull apart."""
    near = [(a, b) for a, b in (*spans, *others) if a < high and b > low]
    ends = sorted({low, high, *[x for span in near for x in span if low < x < high]})
    middles = [(a + b) / 2 for a, b in pairwise(ends) if b - a > INSET] or [(low + high) / 2]
    return min(middles, key=lambda x: (_hits(x, others), -_hits(x, spans), -x))


def _hits(x: float, spans: Sequence[Span]) -> int:
    return sum(a < x < b for a, b in spans)


def edges(heights: Sequence[float], near: float = 6.0) -> tuple[list[float], list[int]]:
    """Heights, those that are near each other taken as one, and for each the number of its one.

    >>> edges([10, 90, 12])
    ([10, 90], [0, 1, 0])
    """
    points: list[float] = []
    for y in sorted(heights):
        if not points or y > points[-1] + near:
            points.append(y)
    return points, [max(k for k, point in enumerate(points) if point <= y) for y in heights]
