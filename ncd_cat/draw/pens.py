"""How the styles of a scene look, read from the rules that `svg` writes, and its outlines as straight lines and cubic curves.

So every back end draws the same geometry.  A quarter of an ellipse is a cubic curve to within 0.03 %: its inner points are
at 4(√2 − 1)/3 of the radii.  Source: A. Riškus, Approximation of a cubic Bézier curve by circular arcs and vice versa, 2006.

>>> look("dash"), look("boldbox").fill
(Look(fill='', stroke='#000000', width=2.0, dashes=(7.5, 6.0)), '#ffffff')
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from math import sqrt
from typing import Any

from ncd_cat.draw.scene import Arc, Curve, Disc, Path, Point, Primitive
from ncd_cat.draw.svg import PALETTE, RULES

BEND = 4 * (sqrt(2) - 1) / 3
Segment = tuple[Point, ...]  # one point: a line to it; three: a curve through two inner points to the last
Outline = tuple[Point, tuple[Segment, ...], bool]  # where it begins, its segments, whether it is closed


@dataclass(frozen=True)
class Look:
    """The colours, width and dashes of a style; "" is none."""

    fill: str = ""
    stroke: str = ""
    width: float = 1.0
    dashes: tuple[float, ...] = ()


@cache
def look(style: str, theme: str = "light") -> Look:
    """How a style looks; a theme that follows the reader's setting is light here, for paper does."""
    said = _said(style)
    clear = said.get("fill-opacity") == "0"
    dashes = tuple([float(n) for n in said.get("stroke-dasharray", "").split()])
    fill = "" if clear else _colour(said.get("fill", "none"), theme)
    return Look(fill, _colour(said.get("stroke", "none"), theme), float(said.get("stroke-width", 1)), dashes)


def colour(name: str, theme: str = "light") -> str:
    """A colour of the palette."""
    return PALETTE[name][theme == "dark"]


@cache
def _said(style: str) -> dict[str, str]:
    found = re.search(rf"^\.{re.escape(style)}\{{\{{(.*?)\}}\}}$", RULES, re.MULTILINE)
    assert found is not None, style
    rules = [rule.partition(":") for rule in found[1].split(";")]
    return {name: value for name, _, value in rules}


def _colour(text: str, theme: str) -> str:
    if text == "none":
        return ""
    return colour(text[1:-1], theme) if text.startswith("{") else text


# ---- outlines -----------------------------------------------------------------------------------------------------


def outline(p: Primitive) -> Outline:
    """The outline of a primitive that is no text."""
    return OUTLINES[type(p)](p)


def _path(p: Path) -> Outline:
    return p.points[0], tuple([(point,) for point in p.points[1:]]), p.closed


def _curve(p: Curve) -> Outline:
    (x0, y0), (x1, y1) = p.start, p.stop
    middle = (x0 + x1) / 2 + p.lean
    return p.start, (((middle, y0), (middle, y1), p.stop),), False


def _quarter(a: Point, corner: Point, b: Point) -> Segment:
    """A quarter of an ellipse from a to b whose tangents meet in a corner."""
    inner = [(x + BEND * (corner[0] - x), y + BEND * (corner[1] - y)) for x, y in (a, b)]
    return inner[0], inner[1], b


def _arc(p: Arc) -> Outline:
    out, middle = p.x + p.reach, (p.top + p.bottom) / 2
    start, tip, stop = (p.x, p.top), (out, middle), (p.x, p.bottom)
    return start, (_quarter(start, (out, p.top), tip), _quarter(tip, (out, p.bottom), stop)), False


def _disc(p: Disc) -> Outline:
    left, top, right, bottom = p.box
    around = [(right, p.y), (p.x, bottom), (left, p.y), (p.x, top), (right, p.y)]
    corners = [(right, bottom), (left, bottom), (left, top), (right, top)]
    return around[0], tuple([_quarter(around[k], corners[k], around[k + 1]) for k in range(4)]), True


OUTLINES: dict[type[Primitive], Callable[[Any], Outline]] = {Path: _path, Curve: _curve, Arc: _arc, Disc: _disc}
