"""Glyphs of linear maps: cups, caps, dots, bold boxes, bars, hexagons and pentagons.

The measures are on a grid of 5 pixels; the colours are names of the palette in `svg`.  Source: the figures of arXiv 2402.05424.
"""

from __future__ import annotations

from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.scene import Arc, Disc
from ncd_cat.draw.shapes import Form, Shape


def _cup(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom = min(ys), max(ys)
    middle, reach = (top + bottom) / 2, min((bottom - top) / 2, 20)
    for dy in p.lines(g.element.ins[0]):
        p.made.append(Arc("wires", "wire", g.title, "cup", g.x0, top + dy, bottom - dy, reach - dy))
    if g.element.text:
        p.arrow(g.x0 + reach, g.x1 + 2, middle)
        p.words((g.x0 + reach + g.x1) / 2, middle - 5, g.element.text, 12, "math")
    else:
        p.arrow(g.x0 + reach, g.x0 + reach + 14, middle)


def _cap(p: Painter, g: Glyph, ys: list[float]) -> None:
    p.made.append(Arc("wires", "wire", g.title, "cap", g.x1, min(ys), max(ys), -min((max(ys) - min(ys)) / 2, 18)))


def _end(p: Painter, g: Glyph, ys: list[float]) -> None:
    for y in ys:
        p.arrow(g.x0 - 1, g.x0 + 12, y)


def _repeat(p: Painter, g: Glyph, ys: list[float]) -> None:
    for y in ys:
        p.dart(g.x1 + 2, y)


def _index(p: Painter, g: Glyph, ys: list[float]) -> None:
    for y in ys:
        points = ((g.x0, y - 10), (g.x1 - 9, y - 10), (g.x1, y), (g.x1 - 9, y + 10), (g.x0, y + 10))
        p.path("glyphs", "index", points, g.title, "index", closed=True)
        p.words((g.x0 + g.x1 - 6) / 2, y + 5, g.element.text, 14, "light")


def _dots(p: Painter, g: Glyph, ys: list[float]) -> None:
    x = g.x1
    p.made.append(Disc("glyphs", "ink", g.title, g.element.kind, x, ys[0], 3.35))
    if g.element.kind == "plus":
        p.words(x, ys[0] - 7, g.element.text, 15, "bold")


def _outer(p: Painter, g: Glyph, ys: list[float]) -> None:
    y = ys[0] + max(10, p.picture.below.get(g.tracks[0], 0) + 4)  # of the dashed line
    p.made.append(Disc("glyphs", "ink", g.title, "plus", g.x0 + 4, y, 3.35))
    p.words((g.x0 + 10 + g.x1) / 2, y + 5, g.element.text, 15, "bold" if g.element.text in "+−" else "math")


def _learned(p: Painter, g: Glyph, ys: list[float]) -> None:
    e = g.element
    top, bottom = min(ys) - 17, max(ys) + 15
    points = ((g.x0, top), (g.x1, top), (g.x1, bottom), (g.x0 + 10, bottom), (g.x0, bottom - 10))
    p.path("glyphs", "learned", points, f"{e.sup or 'L'} · {g.title}", "learned", closed=True)
    p.words((g.x0 + g.x1) / 2, (top + bottom) / 2 + 10, e.text, 26, "bold", sup=e.sup, sub=e.sub)


def _bar(p: Painter, g: Glyph, ys: list[float]) -> None:
    x = (g.x0 + g.x1) / 2
    p.rect("ink", (x - 3, min(ys) - 12, x + 3, max(ys) + 12), g.title, "bar")
    p.words(x, min(ys) - 15, g.element.text, 12, "bold" if g.element.bold else "math")


def _split(p: Painter, g: Glyph, ys: list[float]) -> None:
    p.rect("ink", (g.x0 - 3, ys[0] - float(g.element.sup) - 10, g.x0 + 3, ys[0] + float(g.element.sub) + 10), g.title, "bar")


def _hexagon(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom, x0, x1 = min(ys) - 11, max(ys) + 11, g.x0, g.x1
    middle = (top + bottom) / 2
    points = ((x0, middle), (x0 + 8, top), (x1 - 8, top), (x1, middle), (x1 - 8, bottom), (x0 + 8, bottom))
    p.path("glyphs", "paper", points, g.title, "hexagon", closed=True)
    p.words((x0 + x1) / 2, middle + 4, g.element.text, 12, "math")


def _state(p: Painter, g: Glyph, ys: list[float]) -> None:
    middle = (min(ys) + max(ys)) / 2
    p.words((g.x0 + g.x1) / 2, middle + 6, g.element.text, 20, "bold" if g.element.bold else "math")


FORMS = {
    "cup": Form(Shape("end", 44, 12), _cup),
    "cap": Form(Shape("begin", 18), _cap),
    "end": Form(Shape("end", 16), _end),
    "repeat": Form(Shape("begin", 12), _repeat),
    "index": Form(Shape("end", 24, 14, 14, 12), _index),
    "merge": Form(Shape("join", 0), _dots),
    "join": Form(Shape("join", 0), _dots),
    "plus": Form(Shape("join", 0), _dots),
    "outer": Form(Shape("between", 14, 15, 14, 8, lead=16), _outer),
    "copy": Form(Shape("join", 0), _dots),
    "learned": Form(Shape("through", 30, 26, 19, 17), _learned),
    "bar": Form(Shape("through", 8, 8, 14, 14, True), _bar),
    "split": Form(Shape("join", 0), _split),
    "hexagon": Form(Shape("through", 30, 12, 13, 13), _hexagon),
    "state": Form(Shape("begin", 12, 20, 16, 12), _state),
}
