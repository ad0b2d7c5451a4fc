"""Lines: a scene wider than a page is cut where only straight wires pass, and its parts stand under each other.

A wire that is cut ends in a dart and begins again on the next line.  Linear in the primitives, but for sorting them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from ncd_cat.draw.scene import Path, Primitive, Scene

GAP, EDGE = 26.0, 14.0


def wrapped(scene: Scene, width: float | None) -> Scene:
    """The scene in lines at most about `width` wide; as it is where it fits, or where it cannot be cut."""
    if width is None or scene.width <= 1.15 * width:
        return scene
    cuts = [0.0, *_cuts(scene, width), scene.width]
    made: list[Primitive] = []
    top, widest = 0.0, 0.0
    for k, (left, right) in enumerate(pairwise(cuts)):
        line = [piece for p in scene.primitives for piece in _piece(p, left, right, first=k == 0, last=k == len(cuts) - 2)]
        solid = [p.box for p in line if p.layer != "regions"]
        low, high = min((b[1] for b in solid), default=0), max((b[3] for b in solid), default=0)
        low, high = low - 8, high + 8
        made += [_clipped(p, low, high).moved(EDGE - left, top - low + EDGE) for p in line]
        top += high - low + GAP
        widest = max(widest, right - left + 2 * EDGE)
    order = {id(p): k for k, p in enumerate(made)}
    layers = {p.layer: k for k, p in reversed(list(enumerate(scene.primitives)))}
    made.sort(key=lambda p: (layers.get(p.layer, 0), order[id(p)]))
    return Scene(tuple(made), widest, top - GAP + 2 * EDGE, scene.title)


def _straight(p: Primitive) -> bool:
    """Whether a primitive can be cut: a horizontal line, or a backdrop."""
    return p.layer == "regions" or (isinstance(p, Path) and not p.closed and len(p.points) == 2 and p.points[0][1] == p.points[1][1])


def _cuts(scene: Scene, width: float) -> Iterator[float]:
    """Where to cut: as far right as fits, where no glyph, curve or word is."""
    spans = sorted((p.box[0] - 3, p.box[2] + 3) for p in scene.primitives if not (_straight(p) or p.layer == "dashes"))
    free: list[float] = []
    reach = 0.0
    for left, right in spans:
        if left > reach:
            free.append((reach + left) / 2)
        reach = max(reach, right)
    wires = [p.box for p in scene.primitives if p.layer == "wires" and _straight(p)]
    cost = _counts(free, [(b[0], b[2]) for b in wires])
    start, k = 0.0, 0
    while scene.width - start > 1.15 * width:
        inside = []
        while k < len(free) and free[k] - start <= width:
            inside.append(k)
            k += 1
        fit = [j for j in inside if free[j] - start > 0.4 * width and scene.width - free[j] > 0.2 * width]
        best = min(fit or inside or [k], key=lambda j: (cost[j], -j) if j < len(free) else (0, 0))
        if best >= len(free) or free[best] <= start:
            return
        start, k = free[best], best + 1
        yield start


def _counts(points: list[float], spans: list[tuple[float, float]]) -> list[int]:
    """How many spans each point is in."""
    begins, ends = sorted(a for a, _ in spans), sorted(b for _, b in spans)
    return [bisect_left(begins, x) - bisect_left(ends, x) for x in points]


def _piece(p: Primitive, left: float, right: float, first: bool, last: bool) -> Iterator[Primitive]:
    """What of a primitive stands between two cuts."""
    x0, y0, x1, y1 = p.box
    if x1 < left or x0 >= right:
        return
    if x0 >= left and x1 <= right:
        yield p
        return
    assert isinstance(p, Path)
    if p.layer == "regions":
        a, b = max(x0, left), min(x1, right)
        if b - a > 10:
            yield replace(p, points=((a, y0), (b, y0), (b, y1), (a, y1)))
        return
    inside = [(min(max(x, left), right), y) for x, y in _cut(p, left, right)]
    if len(inside) > 1 and inside[0] != inside[-1]:
        yield replace(p, points=tuple(inside))
        if p.style == "wire" and not last and inside[-1][0] == right:
            (x, y) = inside[-1]
            yield Path("glyphs", "ink", "", p.source, ((x, y - 3), (x + 6, y), (x, y + 3)), closed=True)


def _cut(p: Path, left: float, right: float) -> list[tuple[float, float]]:
    """The points of a line between two cuts, with those on the cuts."""
    found: list[tuple[float, float]] = []
    for (x0, y0), (x1, y1) in pairwise(p.points):
        for x in (x0, *[c for c in (left, right) if min(x0, x1) < c < max(x0, x1)], x1):
            if left <= x <= right:
                found.append((x, y0 if x1 == x0 else y0 + (y1 - y0) * (x - x0) / (x1 - x0)))
    return list(dict.fromkeys(found))


def _clipped(p: Primitive, low: float, high: float) -> Primitive:
    """A backdrop no higher than the line it stands in."""
    if p.layer != "regions" or not isinstance(p, Path):
        return p
    return replace(p, points=tuple([(x, min(max(y, low), high)) for x, y in p.points]))
