"""Glyphs of loops: a pentagon that points left begins the axis along which all steps are stacked.

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


FORMS = {"stack": Form(Shape("after", 24, 14, 14, 12), _stack)}
