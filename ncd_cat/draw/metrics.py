"""How hard a picture is to read: crossings, bends, the length of wires, and what lies over what.

Curves are followed as polygons of eleven sides; only what shares a cell of the page is compared.  Crossings and bends are the
criteria that readers were found to depend on most: H. C. Purchase, Which aesthetic has the greatest effect?, 1997.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise, product
from math import hypot
from typing import TypeVar

from ncd_cat.draw.scene import Arc, Box, Curve, Disc, Path, Point, Primitive, Scene, Words

CELL = 48.0
SIDES = 11  # odd, so that no corner is in the middle, where curves meet
SLACK = 1.5
T = TypeVar("T", bound=Primitive)
Piece = tuple[Point, Point, int]  # a straight piece, and the number of its wire


@dataclass(frozen=True)
class Reading:
    """What is counted: the first four say how much there is to follow, the others are faults."""

    crossings: int
    bends: int
    length: float
    words: int
    words_on_words: tuple[tuple[str, str], ...]
    words_on_wires: tuple[str, ...]
    wires_through_glyphs: tuple[str, ...]
    dashes_on_words: tuple[str, ...]

    @property
    def clean(self) -> bool:
        """Whether nothing lies over anything else."""
        return not (self.words_on_words or self.words_on_wires or self.wires_through_glyphs or self.dashes_on_words)


def measure(scene: Scene) -> Reading:
    """The measures of a scene."""
    wires = scene.layer("wires")
    pieces = [(a, b, k) for k, p in enumerate(wires) for a, b in pairwise(_followed(p))]
    dashes = [(a, b, k) for k, p in enumerate(scene.layer("dashes")) for a, b in pairwise(_followed(p))]
    words = [p for p in scene.layer("words") if isinstance(p, Words)]
    glyphs = [p for p in scene.layer("glyphs") if p.title and p.style != "hit" and p.source not in ("merge", "join", "plus", "copy")]
    return Reading(
        crossings=len({frozenset((k, m)) for (a, b, k), (c, d, m) in _near_pieces(pieces) if k != m and _cross(a, b, c, d)}),
        bends=sum(isinstance(p, Curve) for p in wires),
        length=sum(hypot(b[0] - a[0], b[1] - a[1]) for a, b, _ in pieces),
        words=len(words),
        words_on_words=tuple(sorted({(p.text, q.text) for p, q in _near_boxes(words) if _overlap(p.box, q.box)})),
        words_on_wires=tuple(sorted({w.text for w, piece in _beside(words, pieces) if _hits(_shrunk(w.box, SLACK), piece)})),
        dashes_on_words=tuple(sorted({w.text for w, piece in _beside(words, dashes) if _hits(_shrunk(w.box, SLACK), piece)})),
        wires_through_glyphs=tuple(sorted({g.source for g, piece in _beside(glyphs, pieces) if _hits(_shrunk(g.box, _inset(g)), piece)})),
    )


def _followed(p: Primitive) -> list[Point]:
    """The points of a wire."""
    if isinstance(p, Curve):
        (x0, y0), (x1, y1) = p.start, p.stop
        return [
            (x0 + (x1 - x0) * _bezier(t / SIDES, 0, 0.5, 0.5, 1), y0 + (y1 - y0) * _bezier(t / SIDES, 0, 0, 1, 1)) for t in range(SIDES + 1)
        ]
    if isinstance(p, Arc):
        return [(p.x, p.top), (p.x + p.reach, (p.top + p.bottom) / 2), (p.x, p.bottom)]
    return list(p.points) if isinstance(p, Path) else []


def _bezier(t: float, a: float, b: float, c: float, d: float) -> float:
    return a * (1 - t) ** 3 + 3 * b * t * (1 - t) ** 2 + 3 * c * t * t * (1 - t) + d * t**3


def _inset(g: Primitive) -> float:
    """How far into a glyph a wire may reach: to the slanted sides of a triangle, a window or a hexagon, or to a circle."""
    x0, y0, x1, y1 = g.box
    return 0.35 * min(x1 - x0, y1 - y0) if isinstance(g, Disc) or g.source in ("softmax", "window", "hexagon", "bar") else 2.5


# ---- neighbours -----------------------------------------------------------------------------------------------------


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    """The cells of the page that a box touches."""
    columns = range(int(box[0] // CELL), int(box[2] // CELL) + 1)
    return product(columns, range(int(box[1] // CELL), int(box[3] // CELL) + 1))


def _around(piece: Piece) -> Box:
    (x0, y0), (x1, y1), _ = piece
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def _near_pieces(pieces: Sequence[Piece]) -> Iterator[tuple[Piece, Piece]]:
    """Pairs of pieces that share a cell, one of which at least is not horizontal."""
    flat: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    steep: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    for piece in pieces:
        for c in _cells(_around(piece)):
            (flat if piece[0][1] == piece[1][1] else steep)[c].append(piece)
    for c, here in steep.items():
        yield from combinations(here, 2)
        yield from ((p, q) for p in here for q in flat[c])


def _near_boxes(words: Sequence[Words]) -> Iterator[tuple[Words, Words]]:
    found: dict[tuple[int, int], list[Words]] = defaultdict(list)
    for w in words:
        for c in _cells(w.box):
            found[c].append(w)
    for here in found.values():
        yield from combinations(here, 2)


def _beside(boxes: Sequence[T], pieces: Sequence[Piece]) -> Iterator[tuple[T, Piece]]:
    """Boxes with the pieces that share a cell."""
    found: dict[tuple[int, int], list[Piece]] = defaultdict(list)
    for piece in pieces:
        for c in _cells(_around(piece)):
            found[c].append(piece)
    for p in boxes:
        yield from ((p, piece) for c in _cells(p.box) for piece in found[c])


def _overlap(a: Box, b: Box) -> bool:
    return a[0] < b[2] - SLACK and b[0] < a[2] - SLACK and a[1] < b[3] - SLACK and b[1] < a[3] - SLACK


def _shrunk(box: Box, by: float) -> Box:
    return box[0] + by, box[1] + by, box[2] - by, box[3] - by


def _hits(box: Box, piece: Piece) -> bool:
    """Whether a straight piece has a point inside of a box.  Source: Y.-D. Liang and B. A. Barsky, 1984."""
    (x0, y0), (x1, y1), _ = piece
    low, high = 0.0, 1.0
    for start, step, least, most in ((x0, x1 - x0, box[0], box[2]), (y0, y1 - y0, box[1], box[3])):
        if step == 0:
            if not least < start < most:
                return False
            continue
        a, b = sorted(((least - start) / step, (most - start) / step))
        low, high = max(low, a), min(high, b)
    return low < high


def _cross(a: Point, b: Point, c: Point, d: Point) -> bool:
    """Whether two straight pieces cross in their inside."""

    def side(p: Point, q: Point, r: Point) -> float:
        return (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0])

    return side(a, b, c) * side(a, b, d) < -1e-6 and side(c, d, a) * side(c, d, b) < -1e-6


__all__ = ["Reading", "measure"]
