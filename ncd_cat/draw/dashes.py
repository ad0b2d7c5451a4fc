"""Dashed lines that keep clear of glyphs and words: a piece of one that would cross something is left out.

Only what shares a column of the page is compared, so it is linear in the primitives of a picture without crowded columns.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from ncd_cat.draw.scene import Box, Path, Point, Primitive, Scene

COLUMN, CLEAR, LEAST = 64.0, 3.0, 12.0  # of what width columns are, what is kept free, and the least length of a piece
DOTS = ("merge", "join", "plus", "copy")


def cleared(scene: Scene) -> Scene:
    """The scene with dashed lines that cross no glyph and no word."""
    columns: dict[int, list[Box]] = defaultdict(list)
    for p in scene.primitives:
        if p.layer == "words" or (p.layer == "glyphs" and p.style not in ("hit", "bracket") and p.source not in DOTS):
            for c in range(int(p.box[0] // COLUMN), int(p.box[2] // COLUMN) + 1):
                columns[c].append(p.box)
    made: list[Primitive] = []
    for p in scene.primitives:
        made += _pieces(p, columns) if p.layer == "dashes" and isinstance(p, Path) else [p]
    return replace(scene, primitives=tuple(made))


def _pieces(path: Path, columns: dict[int, list[Box]]) -> Iterator[Path]:
    """What is left of a dashed line, in one piece where nothing is in its way."""
    left = [list(_free(a, b, columns)) for a, b in pairwise(path.points)]
    if all(found == [segment] for found, segment in zip(left, pairwise(path.points), strict=True)):
        yield path
        return
    for a, b in [piece for found in left for piece in found]:
        if b[0] - a[0] >= LEAST:
            yield replace(path, points=(a, b))


def _free(a: Point, b: Point, columns: dict[int, list[Box]]) -> Iterator[tuple[Point, Point]]:
    """The pieces of a straight line that keep clear of boxes: all of it or nothing where it is slanted."""
    (x0, y0), (x1, y1) = a, b
    low, high = min(y0, y1) - CLEAR, max(y0, y1) + CLEAR
    near = {box for c in range(int(x0 // COLUMN), int(x1 // COLUMN) + 1) for box in columns[c]} if x1 > x0 else set[Box]()
    taken = sorted((box[0] - CLEAR, box[2] + CLEAR) for box in near if box[1] < high and low < box[3])
    taken = [(left, right) for left, right in taken if left < x1 and x0 < right]
    if not taken or y0 != y1:
        yield from [] if taken else [(a, b)]
        return
    yield from _between(x0, x1, y0, taken)


def _between(x0: float, x1: float, y: float, taken: Sequence[tuple[float, float]]) -> Iterator[tuple[Point, Point]]:
    for left, right in taken:
        if left > x0:
            yield (x0, y), (left, y)
        x0 = max(x0, right)
    if x1 > x0:
        yield (x0, y), (x1, y)


__all__ = ["cleared"]
