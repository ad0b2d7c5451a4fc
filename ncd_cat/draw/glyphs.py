"""The glyphs as the author draws them: cups, dots, triangles, circles, bold boxes, windows, bars, pentagons.

The measures are on a grid of 5 pixels; the colours are names of the palette in `svg`.  Source: the figures of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable

from ncd_cat.draw.marks import Glyph
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.scene import Arc, Disc


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


def _reduce(p: Painter, g: Glyph, ys: list[float]) -> None:
    _outline(p, g, ys, "", 8)
    middle = (min(ys) + max(ys)) / 2
    p.words((g.x0 + g.x1) / 2 - 8, middle + 5, g.element.text, 15, "serif")
    p.arrow(g.x1 - 16, g.x1, middle)


def _dots(p: Painter, g: Glyph, ys: list[float]) -> None:
    x = g.x1
    p.made.append(Disc("glyphs", "ink", g.title, g.element.kind, x, ys[0], 3.35))
    if g.element.kind == "plus":
        p.words(x, ys[0] - 7, g.element.text, 15, "bold")


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


def _norm(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom = min(ys), max(ys)
    middle, x = (top + bottom) / 2, (g.x0 + g.x1) / 2
    style, radius = "learnedpaper" if g.element.bold else "paper", max(11, (bottom - top) / 2 + 6)
    for y in ys:
        p.path("wires", "wire", ((g.x0, y), (x - radius + 1, y)))
        p.path("wires", "wire", ((x + radius - 1, y), (g.x1, y)))
    p.made.append(Disc("glyphs", style, g.title, "norm", x, middle, radius))


def _outline(p: Painter, g: Glyph, ys: list[float], style: str, pad: float) -> tuple[float, float]:
    top, bottom = min(ys) - pad, max(ys) + pad
    if style:
        p.rect(style, (g.x0, top, g.x1, bottom), g.title, g.element.kind)
    return top, bottom


def _learned(p: Painter, g: Glyph, ys: list[float]) -> None:
    e = g.element
    top, bottom = min(ys) - 17, max(ys) + 15
    points = ((g.x0, top), (g.x1, top), (g.x1, bottom), (g.x0 + 10, bottom), (g.x0, bottom - 10))
    p.path("glyphs", "learned", points, f"{e.sup or 'L'} · {g.title}", "learned", closed=True)
    p.words((g.x0 + g.x1) / 2, (top + bottom) / 2 + 10, e.text, 26, "bold", sup=e.sup, sub=e.sub)


def _box(p: Painter, g: Glyph, ys: list[float]) -> None:
    style = "boldbox" if g.element.bold else "paper"
    top, bottom = _outline(p, g, ys, style, 13)
    p.words((g.x0 + g.x1) / 2, (top + bottom) / 2 + 5, g.element.text, 14, "bold" if g.element.bold else "math")


def _conv(p: Painter, g: Glyph, ys: list[float]) -> None:
    e = g.element
    top, bottom = _outline(p, g, ys, "conv", 13)
    text = e.text + (f" {e.sup}" if e.sup else "")
    p.star(g.x0 + 12, (top + bottom) / 2)
    p.words((g.x0 + 12 + g.x1) / 2, (top + bottom) / 2 + 5, text, 14, "serif", sub=f"/{e.sub}" if e.sub else "")


def _block(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom = min(ys) - 14, max(ys) + 12
    x0, x1 = g.x0, g.x1 - 8
    p.rect("block", (x0, top, x1, bottom), g.title, "block")
    p.path("glyphs", "side", ((x0, top), (x0 + 8, top - 8), (g.x1, top - 8), (x1, top)), closed=True)
    p.path("glyphs", "side", ((x1, top), (g.x1, top - 8), (g.x1, bottom - 8), (x1, bottom)), closed=True)
    p.words((x0 + x1) / 2, (top + bottom) / 2 + 5, g.element.text, 14, "sans")


def _bar(p: Painter, g: Glyph, ys: list[float]) -> None:
    x = (g.x0 + g.x1) / 2
    p.rect("ink", (x - 3, min(ys) - 12, x + 3, max(ys) + 12), g.title, "bar")
    p.words(x, min(ys) - 15, g.element.text, 12, "bold" if g.element.bold else "math")


def _window(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom, middle = min(ys) - 14, max(ys) + 12, (min(ys) + max(ys)) / 2
    x0, x1 = g.x0, g.x1
    p.path("glyphs", "window", ((x0, top), (x1, top), (x1, bottom), (x0, middle + 2)), g.title, "window", closed=True)
    p.path("glyphs", "wire", ((x0, middle + 2), (x1, (top + bottom) / 2 - 6)))
    p.star((x0 + x1) / 2 - 2, top + 9)
    p.words(x1 - 7, bottom - 6, g.element.sub, 11, "math")


def _hexagon(p: Painter, g: Glyph, ys: list[float]) -> None:
    top, bottom, x0, x1 = min(ys) - 11, max(ys) + 11, g.x0, g.x1
    middle = (top + bottom) / 2
    points = ((x0, middle), (x0 + 8, top), (x1 - 8, top), (x1, middle), (x1 - 8, bottom), (x0 + 8, bottom))
    p.path("glyphs", "paper", points, g.title, "hexagon", closed=True)
    p.words((x0 + x1) / 2, middle + 4, g.element.text, 12, "math")


def _state(p: Painter, g: Glyph, ys: list[float]) -> None:
    middle = (min(ys) + max(ys)) / 2
    p.words((g.x0 + g.x1) / 2, middle + 6, g.element.text, 20, "bold" if g.element.bold else "math")


def _mask(p: Painter, g: Glyph, ys: list[float]) -> None:
    x0, x1, y0, y1 = g.x0 + 4, g.x0 + 30, (min(ys) + max(ys)) / 2 - 13, (min(ys) + max(ys)) / 2 + 13
    p.rect("masked", (x0, y0, x1, y1), g.title, "mask")
    p.path("glyphs", "masking", ((x0, y0), (x1, y0), (x1, y1)), closed=True)
    for y in ys:
        p.path("wires", "wire", ((x1, y), (g.x1, y)))


GLYPHS: dict[str, Callable[[Painter, Glyph, list[float]], None]] = {
    "cup": _cup, "cap": _cap, "end": _end, "repeat": _repeat, "index": _index, "reduce": _reduce, "merge": _dots, "join": _dots,
    "plus": _dots, "copy": _dots, "darts": _darts, "softmax": _softmax, "norm": _norm, "learned": _learned, "box": _box, "conv": _conv,
    "block": _block, "bar": _bar, "window": _window, "hexagon": _hexagon, "state": _state, "mask": _mask,
}  # fmt: skip
