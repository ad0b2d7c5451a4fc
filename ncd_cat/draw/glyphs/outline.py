"""A box around what a glyph stands on."""

from __future__ import annotations

from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter


def outline(p: Painter, g: Glyph, ys: list[float], style: str, pad: float) -> tuple[float, float]:
    """The top and bottom of a glyph, a rectangle between them if it has a style."""
    top, bottom = min(ys) - pad, max(ys) + pad
    if style:
        p.rect(style, (g.x0, top, g.x1, bottom), g.title, g.element.kind)
    return top, bottom
