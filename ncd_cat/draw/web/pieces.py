"""Primitives of a scene as short lists of numbers and words, which the page draws wherever a block that opens pushes them.

A line is [style, closed, numbers], numbers being the coordinates of its points; one with curves is [style, closed, start,
segments] with two numbers for a line and six for a cubic curve; a circle is [style, "o", x, y, radius]; a text is [style, x, y,
text, size, above, below, half its width, the width of its first part].

>>> from ncd_cat.draw.scene import Disc, Path
>>> piece(Path("wires", "wire", "", "", ((0, 1), (2.25, 1))))
['wire', 0, [0, 1, 2.2, 1]]
>>> piece(Disc("glyphs", "ink", "", "", 0, 0, 3.35))
['ink', 'o', 0, 0, 3.4]
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ncd_cat.draw.labels import width
from ncd_cat.draw.pens import outline
from ncd_cat.draw.scene import LAYERS, Box, Disc, Point, Primitive, Words

Piece = list[Any]
LONGEST = 400  # characters of a name in the page


def number(x: float) -> float:
    """A coordinate to a tenth of a pixel."""
    found = round(x, 1)
    return int(found) if found == int(found) else found


def said(text: str) -> str:
    """A name as the page holds it: without control characters and half letters, and cut where it is endless."""
    plain = "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else " " for c in text)
    return plain if len(plain) <= LONGEST else plain[: LONGEST - 1] + "…"


def piece(p: Primitive) -> Piece:
    """One primitive."""
    if isinstance(p, Words):
        body = p.text.partition("^")
        where = [number(p.wide / 2), number(width(body[0], p.size) + 1)]
        return [p.style, number(p.x), number(p.y), said(body[0]), number(p.size), said(body[2] + p.sup), said(p.sub), *where]
    if isinstance(p, Disc):
        return [p.style, "o", number(p.x), number(p.y), number(p.radius)]
    start, segments, closed = outline(p)
    if all(len(s) == 1 for s in segments):
        return [p.style, int(closed), _flat([start, *(s[0] for s in segments)])]
    return [p.style, int(closed), _flat([start]), [_flat(s) for s in segments]]


def layered(primitives: Iterable[Primitive]) -> list[Primitive]:
    """Primitives in the order in which they lie over each other."""
    return sorted(primitives, key=lambda p: LAYERS.index(p.layer))


def around(primitives: Iterable[Primitive]) -> Box:
    """The least box around some primitives; a point where there are none."""
    boxes = [p.box for p in primitives] or [(0.0, 0.0, 0.0, 0.0)]
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _flat(points: Iterable[Point]) -> list[float]:
    return [number(v) for point in points for v in point]
