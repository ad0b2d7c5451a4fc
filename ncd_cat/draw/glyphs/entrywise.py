"""Glyphs of maps that are not linear: darts, triangles, folds, masks and boxes.

The measures are on a grid of 5 pixels; the colours are names of the palette in `svg`.  Source: the figures of arXiv 2402.05424.
"""

from __future__ import annotations

from ncd_cat.draw.glyphs.outline import outline
from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.shapes import Form, Shape


def _darts(p: Painter, g: Glyph, ys: list[float]) -> None:
    y = ys[0] - 25
    p.dart(g.x0 + 10, y)
    p.dart(g.x1 - 1, y)
    p.rect("hit", (g.x0, y - 8, g.x1, y + 8), g.title, "darts")
    p.words((g.x0 + g.x1) / 2, y + 5, g.element.text, 15, "bold" if g.element.bold else "math")


def _softmax(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom = min(ys), max(ys)
    middle = (top + bottom) / 2
    x0, x1 = g.x0, g.x0 + 20
    p.path("glyphs", "paper", ((x0, middle), (x1, top - 14), (x1, bottom + 14)), g.title, "softmax", closed=True)
    for y in ys:
        p.path("wires", "wire", ((x1, y), (g.x1, y)))
    p.words((x0 + x1) / 2, top - 17, g.element.text, 12, "sans")


def _reduce(p: Painter, g: Glyph, ys: list[float]) -> None:
    outline(p, g, ys, "", 8)
    middle = (min(ys) + max(ys)) / 2
    p.words((g.x0 + g.x1) / 2 - 8, middle + 5, "𝔼" if g.element.text == "E" else g.element.text, 15, "serif")
    p.arrow(g.x1 - 16, g.x1, middle)


def _mask(p: Painter, g: Glyph, ys: list[float]) -> None:
    x0, x1, y0, y1 = g.x0 + 4, g.x0 + 30, (min(ys) + max(ys)) / 2 - 13, (min(ys) + max(ys)) / 2 + 13
    p.rect("masked", (x0, y0, x1, y1), g.title, "mask")
    p.path("glyphs", "masking", ((x0, y0), (x1, y0), (x1, y1)), closed=True)
    for y in ys:
        p.path("wires", "wire", ((x1, y), (g.x1, y)))


def _causal(p: Painter, g: Glyph, ys: list[float]) -> None:
    x0, x1, y0, y1 = g.x0, g.x1, min(ys) - 13, max(ys) + 13
    p.rect("masked", (x0, y0, x1, y1), g.title, "mask")
    p.path("glyphs", "masking", ((x0, y0), (x1, y0), (x1, y1)), closed=True)


def _box(p: Painter, g: Glyph, ys: list[float]) -> None:
    style = "boldbox" if g.element.bold else "paper"
    top, bottom = outline(p, g, ys, style, 13)
    p.words((g.x0 + g.x1) / 2, (top + bottom) / 2 + 5, g.element.text, 14, "bold" if g.element.bold else "math")


def _block(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom = min(ys) - 14, max(ys) + 12
    x0, x1 = g.x0, g.x1 - 8
    p.rect("block", (x0, top, x1, bottom), g.title, "block")
    p.path("glyphs", "side", ((x0, top), (x0 + 8, top - 8), (g.x1, top - 8), (x1, top)), closed=True)
    p.path("glyphs", "side", ((x1, top), (g.x1, top - 8), (g.x1, bottom - 8), (x1, bottom)), closed=True)
    p.words((x0 + x1) / 2, (top + bottom) / 2 + 5, g.element.text, 14, "sans")


FORMS = {
    "darts": Form(Shape("float", 34, 15), _darts),
    "softmax": Form(Shape("through", 26, 12, 16, 16), _softmax),
    "reduce": Form(Shape("end", 34, 15, 14, 10), _reduce),
    "mask": Form(Shape("begin", 34, 0, 15, 15), _mask),
    "causal": Form(Shape("through", 36, 0, 15, 15), _causal),
    "box": Form(Shape("through", 24, 14, 15, 15), _box),
    "block": Form(Shape("through", 34, 14, 24, 14, True), _block),
}
