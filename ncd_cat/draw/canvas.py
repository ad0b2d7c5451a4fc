"""A scene as PDF or PNG, without a browser or a display: the same outlines, on a page of Matplotlib's.

A pixel is 1/96 of an inch, as in CSS.  Names are set as formulas where every letter of theirs is known to TeX, and as they
are otherwise.  Source: CSS Values and Units Module Level 3, absolute lengths; J. Hunter, Matplotlib, 2007.

>>> from ncd_cat import architectures
>>> from ncd_cat.draw import scene
>>> picture = scene(architectures.diagram("attention"))
>>> rendered(picture, "pdf")[:5], rendered(picture, "png")[1:4]
(b'%PDF-', b'PNG')
"""

from __future__ import annotations

import warnings
from io import BytesIO
from itertools import groupby
from typing import Any

from matplotlib import rc_context
from matplotlib.collections import PathCollection
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.path import Path as Outline

from ncd_cat.draw.labels import width
from ncd_cat.draw.pens import Look, colour, look, outline
from ncd_cat.draw.scene import LAYERS, Primitive, Scene, Words
from ncd_cat.draw.tex import mathematics, simple
from ncd_cat.errors import InputError

KINDS: dict[str, dict[str, Any]] = {"pdf": {"CreationDate": None}, "png": {"Software": None}}
INCH, POINT = 96, 0.75  # pixels an inch, points a pixel
FINEST, MOST, LARGEST = 2.0, 4e7, 60_000.0  # dots a pixel, dots in all, dots in a row
FACES: dict[str, dict[str, Any]] = {
    "math": {"family": "serif", "style": "italic"}, "light": {"family": "serif", "style": "italic"},
    "bundle": {"family": "serif", "weight": "bold"}, "serif": {"family": "serif"}, "bold": {"family": "serif", "weight": "bold"},
    "sans": {"family": "sans-serif"},
}  # fmt: skip


def rendered(scene: Scene, kind: str, theme: str = "light") -> bytes:
    """The bytes of a file of a kind, pdf or png.  Raises InputError where a picture of so many dots would be too large."""
    fine = FINEST
    if kind == "png":
        fine = min(FINEST, (MOST / max(scene.width * scene.height, 1)) ** 0.5, LARGEST / max(scene.width, scene.height))
        if fine < 0.5:
            raise InputError(f"a picture of {scene.width:.0f} by {scene.height:.0f} dots is too large: write .svg or .pdf, or give a depth")
    with rc_context({"figure.max_open_warning": 0, "path.simplify": False}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)  # a box stands for a letter that the font has not
        figure = _figure(scene, theme)
        stream = BytesIO()
        figure.savefig(stream, format=kind, metadata=KINDS[kind], dpi=INCH * fine)
    return stream.getvalue()


def _figure(scene: Scene, theme: str) -> Figure:
    figure = Figure(figsize=(scene.width / INCH, scene.height / INCH))
    page: Any = figure.add_axes((0, 0, 1, 1))
    page.set_xlim(0, scene.width)
    page.set_ylim(scene.height, 0)
    page.axis("off")
    page.add_patch(Rectangle((0, 0), scene.width, scene.height, facecolor=colour("page", theme), edgecolor="none"))
    for layer, name in enumerate(LAYERS):
        for style, found in groupby(scene.layer(name), key=lambda p: p.style):
            _put(page, list(found), style, theme, layer + 2)
    return figure


def _put(page: Any, found: list[Primitive], style: str, theme: str, level: int) -> None:
    """Put primitives of one style on the page."""
    for p in found:
        if isinstance(p, Words):
            _write(page, p, "#ffffff" if style == "light" else colour("ink", theme), level)
    shapes = [_outline(p) for p in found if not isinstance(p, Words)]
    pen = look(style, theme) if shapes else Look()
    if pen == Look():
        return
    dashes = (0, tuple([n / pen.width for n in pen.dashes])) if pen.dashes else "solid"
    page.add_collection(
        PathCollection(
            shapes, facecolors=pen.fill or "none", edgecolors=pen.stroke or "none", linewidths=POINT * pen.width, linestyles=[dashes],
            zorder=level,
        ),
        autolim=False,
    )  # fmt: skip


def _outline(p: Primitive) -> Outline:
    start, segments, closed = outline(p)
    points, codes = [start], [Outline.MOVETO]
    for segment in segments:
        points += segment
        codes += [Outline.LINETO] if len(segment) == 1 else [Outline.CURVE4] * 3
    return Outline([*points, start] if closed else points, [*codes, Outline.CLOSEPOLY] if closed else codes)


def _write(page: Any, p: Words, ink: str, level: int) -> None:
    """A text, and what stands raised and lowered after it, where the SVG has them."""
    body, _, raised = p.text.partition("^")
    up, small = raised + p.sup, 0.65 * p.size
    if not (up or p.sub):
        _text(page, (p.x, p.y), body, p.size, p.style, ink, level, "center")
        return
    left = p.x - p.wide / 2
    after = left + width(body, p.size) + 1
    _text(page, (left, p.y), body, p.size, p.style, ink, level, "left")
    _text(page, (after, p.y - 0.4 * p.size), up, small, "math", ink, level, "left")
    _text(page, (after, p.y + 0.2 * p.size), p.sub, small, p.style, ink, level, "left")


def _text(page: Any, at: tuple[float, float], text: str, size: float, style: str, ink: str, level: int, side: str) -> None:
    shown = "".join(c if c.isprintable() else " " for c in text)
    formula = shown.strip() != "" and style in ("math", "light", "bundle") and simple(shown)
    if formula:
        found = mathematics(shown)
        shown = rf"$\mathbf{{{found}}}$" if style == "bundle" else f"${found}$"
    page.text(*at, shown, size=POINT * size, color=ink, ha=side, va="baseline", zorder=level, parse_math=formula, math_fontfamily="cm",
              clip_on=False, **FACES[style])  # fmt: skip
