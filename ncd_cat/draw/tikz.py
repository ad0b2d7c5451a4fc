r"""A scene as TikZ: a document that compiles by itself, in which a pixel is 3/4 of a PostScript point, as in print.

Lines, curves and colours are those of the SVG; what is written is set by TeX.  Source: T. Tantau, The TikZ and PGF Packages.

>>> from ncd_cat import architectures
>>> from ncd_cat.draw import scene
>>> text = tikz(scene(architectures.diagram("attention")))
>>> text.startswith(r"\documentclass"), r"{\(q\)}" in text
(True, True)
"""

from __future__ import annotations

from ncd_cat.draw.pens import Look, colour, look, outline
from ncd_cat.draw.scene import LAYERS, Point, Primitive, Scene, Words
from ncd_cat.draw.tex import mathematics, prose
from ncd_cat.errors import InputError

PIXEL = 0.75  # of a PostScript point
LARGEST = 20_000.0  # pixels: TeX has no longer length than 16383 points
HEAD = r"""\documentclass[border=0pt]{standalone}
\usepackage{fix-cm}
\usepackage{amssymb}
\usepackage{tikz}
"""


def tikz(scene: Scene, theme: str = "light") -> str:
    """The text of a TeX file, for pdflatex, lualatex and xelatex.  Raises InputError where the scene is larger than TeX's lengths."""
    if max(scene.width, scene.height) > LARGEST:
        raise InputError(f"a drawing of {scene.width:.0f} by {scene.height:.0f} is larger than TeX can: give a width, or a depth")
    styles = sorted({p.style for p in scene.primitives if not isinstance(p, Words)})
    parts = [HEAD, *[_style(name, look(name, theme)) for name in styles]]
    parts += [*[_colour(name, colour(name, theme)) for name in ("ink", "page")], r"\begin{document}"]
    parts.append(rf"\begin{{tikzpicture}}[x={PIXEL}bp,y=-{PIXEL}bp,every node/.style={{inner sep=0pt,outer sep=0pt,anchor=base}}]")
    parts.append(rf"\path[fill=ncdpage,use as bounding box] (0,0) rectangle ({_number(scene.width)},{_number(scene.height)});")
    for name in LAYERS:
        parts += [_drawn(p) for p in scene.layer(name)]
    return "\n".join([p for p in parts if p]) + "\n\\end{tikzpicture}\n\\end{document}\n"


def _colour(name: str, value: str) -> str:
    return rf"\definecolor{{ncd{name}}}{{HTML}}{{{value.removeprefix('#').upper()}}}"


def _style(name: str, pen: Look) -> str:
    """The colours of a style, and the style."""
    lines, keys = [], []
    for part, value in (("fill", pen.fill), ("draw", pen.stroke)):
        if value:
            lines.append(_colour(f"{name}{part}", value))
            keys.append(f"{part}=ncd{name}{part}")
    if pen.stroke:
        keys.append(f"line width={PIXEL * pen.width:.2f}bp")
    if pen.dashes:
        keys.append("dash pattern=" + " ".join(f"{w} {PIXEL * n:.2f}bp" for w, n in zip(("on", "off"), pen.dashes, strict=False)))
    return "\n".join([*lines, rf"\tikzset{{ncd{name}/.style={{{','.join(keys)}}}}}"])


def _number(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _point(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _drawn(p: Primitive) -> str:
    if isinstance(p, Words):
        return _words(p)
    if look(p.style) == Look():
        return ""  # only there for a pointer to hit
    start, segments, closed = outline(p)
    path = _point(start)
    for segment in segments:
        *inner, stop = [_point(x) for x in segment]
        path += f" .. controls {' and '.join(inner)} .. {stop}" if inner else f" -- {stop}"
    return rf"\path[ncd{p.style}] {path}{' -- cycle' if closed else ''};"


def _words(p: Words) -> str:
    body, _, raised = p.text.partition("^")
    before, kind, after = FACES[p.style]
    base = before + (mathematics(body) if kind == "formula" else prose(body)) + after
    up, low = mathematics(raised + p.sup), mathematics(p.sub)
    text = rf"\({{{base}}}^{{{up}}}_{{{low}}}\)" if up or low else rf"\({base}\)"
    size = PIXEL * p.size
    ink = "white" if p.style == "light" else "ncdink"
    font = rf"\fontsize{{{size:.1f}bp}}{{{1.2 * size:.1f}bp}}\selectfont"
    return rf"\node[text={ink},font={font}] at ({_number(p.x)},{_number(p.y)}) {{{text}}};"


FACES = {
    "math": ("", "formula", ""), "light": ("", "formula", ""), "bundle": (r"\mbox{\bfseries\boldmath ", "text", "}"),
    "serif": (r"\mbox{", "text", "}"), "bold": (r"\mbox{\bfseries\boldmath ", "text", "}"), "sans": (r"\mbox{\sffamily ", "text", "}"),
}  # fmt: skip
