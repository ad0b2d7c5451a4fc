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
    """A trapezoid whose lower edge slants down to the wire of the kernel, under a line that ends between the two wires."""
    x0, x1, image, seen = g.x0, g.x1, ys[0], ys[min(1, len(ys) - 1)]
    top, left, right = image - 20, image + 10, max(seen + 8, image + 20)
    p.path("glyphs", "window", ((x0, top), (x1, top), (x1, right), (x0, left)), g.title, "window", closed=True)
    p.path("glyphs", "wire", ((x0, left), (x1, (image + right) / 2 - 2)))
    p.star(x0 + 11, image - 8)
    p.words(x1 - 6, image - 6, g.element.sup, 11, "math")
    p.words(x1 - 8, right - 5, g.element.sub, 12, "math")


FORMS = {
    "conv": Form(Shape("through", 36, 14, 15, 15), _conv),
    "window": Form(Shape("through", 30, 0, 22, 12), _window),
}
