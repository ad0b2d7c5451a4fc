"""Glyphs of loops: a pentagon that points left begins the axis along which all steps are stacked; arrows to and from a memory.

Source: figures 26 and 27 of arXiv 2402.05424; the elements of arXiv 2604.07242.
"""

from __future__ import annotations

from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.shapes import Form, Shape


def _stack(p: Painter, g: Glyph, ys: list[float]) -> None:
    for y in ys:
        points = ((g.x1, y - 10), (g.x0 + 9, y - 10), (g.x0, y), (g.x0 + 9, y + 10), (g.x1, y + 10))
        p.path("glyphs", "index", points, g.title, "stack", closed=True)
        p.words((g.x0 + 6 + g.x1) / 2, y + 5, g.element.text, 14, "light")


def _save(p: Painter, g: Glyph, ys: list[float]) -> None:
    middle = (min(ys) + max(ys)) / 2
    p.arrow(g.x0 + 6, g.x0 + 24, middle)
    p.words((g.x0 + 26 + g.x1) / 2, middle + 7, g.element.text, 22, "math", sub=g.element.sub)


def _load(p: Painter, g: Glyph, ys: list[float]) -> None:
    middle = (min(ys) + max(ys)) / 2
    p.words((g.x0 + g.x1 - 26) / 2, middle + 7, g.element.text, 22, "math", sub=g.element.sub)
    p.arrow(g.x1 - 24, g.x1 - 6, middle)


FORMS = {
    "stack": Form(Shape("after", 24, 14, 14, 12), _stack),
    "save": Form(Shape("end", 36, 22, 16, 12), _save),
    "load": Form(Shape("begin", 36, 22, 16, 12), _load),
}
