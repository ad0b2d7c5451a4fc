"""Glyphs of norms: a circle on what is normalised, bold where something is learned, in it a V for the root mean square.

The batch enters the circle of a batch norm from below, and leaves it again.  Source: figure 26 of arXiv 2402.05424; arXiv 2604.07242.
"""

from __future__ import annotations

from ncd_cat.draw.images import BATCH_NORM
from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.scene import Disc, Point
from ncd_cat.draw.shapes import Form, Shape
from ncd_cat.draw.story import Element

RADIUS, SIDES = 11.0, 8
WIDE = 34.0  # what the two bends of a batch add


class Circle(Shape):
    """Wider where a batch bends into it and out of it."""

    def width(self, element: Element) -> float:
        return super().width(element) + (WIDE if _bent(element) else 0)


def _bent(e: Element) -> bool:
    return e.text == BATCH_NORM and len(e.ins) > 1


def _norm(p: Painter, g: Glyph, ys: list[float]) -> None:
    batch = ys[1:] if _bent(g.element) else []
    own = ys[:1] if batch else ys
    middle, x = (min(own) + max(own)) / 2, (g.x0 + g.x1) / 2
    radius = max(RADIUS, (max(own) - min(own)) / 2 + 6) if len(own) > 1 else RADIUS
    for y in own:
        p.path("wires", "wire", ((g.x0, y), (x - radius + 1, y)))
        p.path("wires", "wire", ((x + radius - 1, y), (g.x1, y)))
    for y in batch:
        for far, side in ((g.x0, -1), (g.x1, 1)):
            tip = (x + 0.6 * side * radius, middle + (0.8 if y > middle else -0.8) * radius)
            p.path("wires", "wire", _rising((far, y), tip), g.title, "batch")
    p.made.append(Disc("glyphs", "learnedpaper" if g.element.bold else "paper", g.title, "norm", x, middle, radius))
    p.words(x, middle + 5, "V" if g.element.text == "rmsnorm" else "", 13, "sans")


def _rising(start: Point, tip: Point) -> list[Point]:
    """A curve that leaves a point horizontally and comes to another at the slope between the point under it and the other."""
    (x0, y0), (x1, y1) = start, tip
    bend = x1 - 0.45 * (x1 - x0)
    steps = [k / SIDES for k in range(SIDES + 1)]
    return [((1 - t) ** 2 * x0 + 2 * t * (1 - t) * bend + t * t * x1, y0 + t * t * (y1 - y0)) for t in steps]


FORMS = {"norm": Form(Circle("through", 26, 0, 14, 14), _norm)}
