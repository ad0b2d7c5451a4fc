"""A scene as SVG: deterministic text, everything that a person named escaped, a title on what a reader may ask about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from ncd_cat.draw.labels import TOLD, brief, width
from ncd_cat.draw.scene import LAYERS, Arc, Curve, Disc, Path, Primitive, Scene, Words

THEMES = ("auto", "light", "dark")
PALETTE: dict[str, tuple[str, str]] = {  # name: light, dark
    "page": ("#ffffff", "#16181c"),
    "ink": ("#000000", "#e8e8e8"),
    "index": ("#1346fe", "#5b7cff"),
    "learned": ("#e8eeeb", "#33403a"),
    "conv": ("#e5f2f9", "#22394a"),
    "window": ("#a9e3ff", "#1f5a78"),
    "outer": ("#f3f3f4", "#222428"),
    "inner": ("#dbdfef", "#2d3145"),
    "attention": ("#c5bedf", "#3d3757"),
    "residual": ("#f1f4c1", "#3b3d22"),
    "active": ("#fce0e1", "#4a2c2e"),
    "image": ("#d3ecf9", "#1c3a4c"),
    "normal": ("#cce7cf", "#2c4531"),
    "joined": ("#ffd797", "#55401d"),
    "block": ("#b8e986", "#46612a"),
    "model": ("#e3cefa", "#4a3763"),
    "modelside": ("#cbaef0", "#5f487d"),
    "side": ("#a0d36c", "#577838"),
    "pink": ("#f9cbdf", "#6b3550"),
    "grey": ("#808080", "#808080"),
    "equal": ("#c9eec6", "#1f4a2a"),
    "agree": ("#fff0b8", "#54470f"),
    "apart": ("#ffd2d2", "#6a2020"),
    "red": ("#c00000", "#ff8080"),
    "flag": ("#1b7f3b", "#2f9a55"),
}

RULES = """.page{{fill:{page};stroke:none}}
.wire{{fill:none;stroke:{ink};stroke-width:1.1}}
.dash{{fill:none;stroke:{ink};stroke-width:2;stroke-dasharray:7.5 6}}
.ink{{fill:{ink};stroke:none}}
.hit{{fill:{page};fill-opacity:0;stroke:none}}
.paper{{fill:{page};stroke:{ink};stroke-width:1.2}}
.learnedpaper{{fill:{page};stroke:{ink};stroke-width:2.6}}
.boldbox{{fill:{page};stroke:{ink};stroke-width:2.4}}
.learned{{fill:{learned};stroke:none}}
.conv{{fill:{conv};stroke:{ink};stroke-width:2.4}}
.window{{fill:{window};stroke:{ink};stroke-width:1.2}}
.index{{fill:{index};stroke:{ink};stroke-width:1}}
.block{{fill:{block};stroke:{ink};stroke-width:1}}
.side{{fill:{side};stroke:{ink};stroke-width:1}}
.model{{fill:{model};stroke:{ink};stroke-width:1}}
.modelside{{fill:{modelside};stroke:{ink};stroke-width:1}}
.masked{{fill:{pink};stroke:{ink};stroke-width:1}}
.masking{{fill:{grey};stroke:none}}
.outer{{fill:{outer};stroke:none}}
.inner{{fill:{inner};stroke:none}}
.attention{{fill:{attention};stroke:none}}
.residual{{fill:{residual};stroke:none}}
.active{{fill:{active};stroke:none}}
.image{{fill:{image};stroke:none}}
.normal{{fill:{normal};stroke:none}}
.joined{{fill:{joined};stroke:none}}
.equal{{fill:{equal};stroke:none}}
.agree{{fill:{agree};stroke:{grey};stroke-width:1;stroke-dasharray:3 3}}
.apart{{fill:{apart};stroke:{red};stroke-width:2}}
.flag{{fill:{flag};stroke:none}}
.tape{{fill:none;stroke:{index};stroke-width:1.1}}
.bracket{{fill:none;stroke:{ink};stroke-width:3}}
text{{fill:{ink};stroke:none}}
.math{{font-family:serif;font-style:italic;font-weight:normal}}
.bundle{{font-family:serif;font-weight:bold}}
.serif{{font-family:serif}}
.bold{{font-family:serif;font-weight:bold}}
.sans{{font-family:sans-serif}}
.light{{font-family:serif;font-style:italic;fill:#ffffff}}
"""


def svg(scene: Scene, theme: str = "auto") -> str:
    """The text of an SVG file; theme: light, dark, or auto, which follows the reader's setting."""
    w, h = _number(scene.width), _number(scene.height)
    head = f'<svg xmlns="http://www.w3.org/2000/svg" text-anchor="middle" width="{w}" height="{h}" viewBox="0 0 {w} {h}" role="img">'
    parts = [head, f"<title>{_text(scene.title)}</title>" if scene.title else "", f"<style>{_style(theme)}</style>"]
    parts.append(f'<path class="page" d="M0 0H{w}V{h}H0Z"/>')
    for name in LAYERS:
        found = [_shape(p) for p in scene.layer(name)]
        if found:
            parts += [f'<g id="{name}">', *found, "</g>"]
    return "\n".join([p for p in parts if p]) + "\n</svg>\n"


def _style(theme: str) -> str:
    """The rules of a theme; of auto the light ones, and the dark where the reader asks, without variables, which not all programs know."""
    light, dark = (RULES.format(**{name: pair[k] for name, pair in PALETTE.items()}) for k in (0, 1))
    return {"light": light, "dark": dark}.get(theme, f"{light}@media (prefers-color-scheme:dark){{\n{dark}}}\n")


def _number(x: float) -> str:
    return f"{x:.1f}".removesuffix(".0")


def _text(text: str) -> str:
    """Escaped, without the control characters that XML has not."""
    return escape("".join(c if c.isprintable() else " " for c in brief(text, TOLD)), {'"': "&quot;"})


def _shape(p: Primitive) -> str:
    return SHAPES[type(p)](p, f"<title>{_text(p.title)}</title>" if p.title else "")


def _tag(name: str, p: Primitive, attributes: str, inside: str) -> str:
    body = f'<{name} class="{p.style}" {attributes}'
    return f"{body}>{inside}</{name}>" if inside else f"{body}/>"


def _path(p: Path, title: str) -> str:
    n = _number
    if len(p.points) == 2 and p.points[0][1] == p.points[1][1]:
        d = f"M{n(p.points[0][0])} {n(p.points[0][1])}H{n(p.points[1][0])}"
    else:
        d = "M" + "L".join(f"{n(x)} {n(y)}" for x, y in p.points) + ("Z" if p.closed else "")
    return _tag("path", p, f'd="{d}"', title)


def _curve(p: Curve, title: str) -> str:
    n = _number
    (x0, y0), (x1, y1) = p.start, p.stop
    middle = (x0 + x1) / 2 + p.lean
    return _tag("path", p, f'd="M{n(x0)} {n(y0)}C{n(middle)} {n(y0)} {n(middle)} {n(y1)} {n(x1)} {n(y1)}"', title)


def _arc(p: Arc, title: str) -> str:
    n = _number
    radius = (p.bottom - p.top) / 2
    flat = f"A{n(abs(p.reach))} {n(radius)} 0 0 {int(p.reach > 0)} {n(p.x)} {n(p.bottom)}"
    return _tag("path", p, f'd="M{n(p.x)} {n(p.top)}{flat}"', title)


def _disc(p: Disc, title: str) -> str:
    return _tag("circle", p, f'cx="{_number(p.x)}" cy="{_number(p.y)}" r="{_number(p.radius)}"', title)


def _words(p: Words, title: str) -> str:
    n = _number
    body, _, raised = p.text.partition("^")
    inside, small, up = _text(body), _number(0.65 * p.size), raised + p.sup
    x = p.x
    anchor = ""
    if up or p.sub:
        x, anchor = p.x - p.wide / 2, ' text-anchor="start"'
        after = n(x + width(body, p.size) + 1)
        inside += f'<tspan x="{after}" y="{n(p.y - 0.4 * p.size)}" font-size="{small}" class="math">{_text(up)}</tspan>' if up else ""
        inside += f'<tspan x="{after}" y="{n(p.y + 0.2 * p.size)}" font-size="{small}">{_text(p.sub)}</tspan>' if p.sub else ""
    return _tag("text", p, f'x="{n(x)}" y="{n(p.y)}" font-size="{n(p.size)}"{anchor}', inside + title)


SHAPES: dict[type[Primitive], Callable[[Any, str], str]] = {Path: _path, Curve: _curve, Arc: _arc, Disc: _disc, Words: _words}
