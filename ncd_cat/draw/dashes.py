"""Dashed lines that keep clear of glyphs and words: a piece of one that would cross something is left out.

Only what shares a cell of the page is compared, so it is linear in the primitives of a picture without crowded cells.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise, product

from ncd_cat.draw.scene import Box, Path, Point, Primitive, Scene

CELL, CLEAR, LEAST = 64.0, 3.0, 12.0  # of what size the cells of the page are, what is kept free, and the least length of a piece
DOTS = ("merge", "join", "plus", "copy")


def cleared(scene: Scene) -> Scene:
    """The scene with dashed lines that cross no glyph and no word."""
    cells: dict[tuple[int, int], list[Box]] = defaultdict(list)
    for p in scene.primitives:
        if p.layer == "words" or (p.layer == "glyphs" and p.style not in ("hit", "bracket") and p.source not in DOTS):
            for cell in _cells(p.box):
                cells[cell].append(p.box)
    made: list[Primitive] = []
    for p in scene.primitives:
        made += _pieces(p, cells) if p.layer == "dashes" and isinstance(p, Path) else [p]
    return replace(scene, primitives=tuple(made))


def _cells(box: Box) -> Iterator[tuple[int, int]]:
    """The cells of the page that a box meets."""
    x0, y0, x1, y1 = [int(x // CELL) for x in box]
    return product(range(x0, x1 + 1), range(y0, y1 + 1))


def _pieces(path: Path, cells: Mapping[tuple[int, int], Sequence[Box]]) -> Iterator[Path]:
    """What is left of a dashed line, in one piece where nothing is in its way."""
    left = [list(_free(a, b, cells)) for a, b in pairwise(path.points)]
    if all(found == [segment] for found, segment in zip(left, pairwise(path.points), strict=True)):
        yield path
        return
    for a, b in [piece for found in left for piece in found]:
        if b[0] - a[0] >= LEAST:
            yield replace(path, points=(a, b))


def _free(a: Point, b: Point, cells: Mapping[tuple[int, int], Sequence[Box]]) -> Iterator[tuple[Point, Point]]:
    """The pieces of a straight line that keep clear of boxes: all of it or nothing where it is slanted."""
    (x0, y0), (x1, y1) = a, b
    low, high = min(y0, y1) - CLEAR, max(y0, y1) + CLEAR
    near = {box for cell in _cells((x0, low, x1, high)) for box in cells.get(cell, ())} if x1 > x0 else set[Box]()
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
