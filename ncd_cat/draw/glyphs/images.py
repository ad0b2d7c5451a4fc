"""Glyphs of maps of images: starred boxes and windows.

The measures are on a grid of 5 pixels; the colours are names of the palette in `svg`.  Source: the figures of arXiv 2402.05424.
"""

from __future__ import annotations

from ncd_cat.draw.glyphs.outline import outline
from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.shapes import Form, Shape


def _conv(p: Painter, g: Glyph, ys: list[float]) -> None:
    e = g.element
    top, bottom = outline(p, g, ys, "conv", 13)
    text = e.text + (f" {e.sup}" if e.sup else "")
    p.star(g.x0 + 12, (top + bottom) / 2)
    p.words((g.x0 + 12 + g.x1) / 2, (top + bottom) / 2 + 5, text, 14, "serif", sub=f"/{e.sub}" if e.sub else "")


def _window(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom, middle = min(ys) - 14, max(ys) + 12, (min(ys) + max(ys)) / 2
    x0, x1 = g.x0, g.x1
    p.path("glyphs", "window", ((x0, top), (x1, top), (x1, bottom), (x0, middle + 2)), g.title, "window", closed=True)
    p.path("glyphs", "wire", ((x0, middle + 2), (x1, (top + bottom) / 2 - 6)))
    p.star((x0 + x1) / 2 - 2, top + 9)
    p.words(x1 - 7, bottom - 6, g.element.sub, 11, "math")


FORMS = {
    "conv": Form(Shape("through", 36, 14, 15, 15), _conv),
    "window": Form(Shape("through", 32, 0, 16, 14), _window),
}
