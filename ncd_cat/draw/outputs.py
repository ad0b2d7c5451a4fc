"""A drawing as a file of any kind: its name says which, and nothing is written unless all of it is.

>>> import pathlib, tempfile
>>> from ncd_cat import architectures
>>> path = pathlib.Path(tempfile.mkdtemp()) / "attention.txt"
>>> write(architectures.diagram("attention"), path)
>>> path.read_text("utf-8").splitlines()[0]
'q────────────q'
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.levels import shown
from ncd_cat.draw import draw, scene
from ncd_cat.draw.svg import THEMES
from ncd_cat.draw.text import text
from ncd_cat.draw.tikz import tikz
from ncd_cat.errors import InputError, NcdError
from ncd_cat.exporters.files import Together

PAGE, MANY = 1200.0, 400  # pixels of a notebook, boxes that it shows
KINDS = ("svg", "tex", "pdf", "png", "txt")


def kind_of(path: str | Path) -> str:
    """The kind of a drawing's file.  Raises InputError where its name has the ending of none."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InputError(f"{path} names no kind of drawing: it is to end in {', '.join(f'.{k}' for k in KINDS[:-1])} or .{KINDS[-1]}")
    return kind


def write(
    diagram: Diagram,
    path: str | Path,
    *,
    depth: int | None = None,
    names: str = "names",
    theme: str = "auto",
    width: float | None = None,
) -> None:
    """Write a drawing to a file: .svg, .tex, .pdf, .png or, in characters, .txt.

    depth: blocks nested deeper are boxes; names: label axes by names, sizes or both; theme: light, dark, or auto, which is light
    but in an SVG; width: break lines that are wider, in pixels, or in characters for .txt.  Raises InputError, FileError.
    """
    data = drawn(diagram, kind_of(path), depth=depth, names=names, theme=theme, width=width)
    with Together() as files:
        files.write(path, lambda stream: stream.write(data))


def drawn(diagram: Diagram, kind: str, *, depth: int | None, names: str, theme: str, width: float | None) -> bytes:
    """The bytes of a drawing of a kind."""
    if theme not in THEMES:
        raise InputError(f"a drawing is {', '.join(THEMES)}, not {theme!r}")
    if kind == "txt":
        return (text(diagram, int(width or 100), depth, names) + "\n").encode()
    if kind == "svg":
        return draw(diagram, depth=depth, names=names, theme=theme, width=width).encode()
    page = scene(diagram, depth, names, width)
    if kind == "tex":
        return tikz(page, theme).encode()
    from ncd_cat.draw.canvas import rendered

    return rendered(page, kind, theme)


def mimebundle(diagram: Diagram) -> dict[str, Any]:
    """What a notebook shows: the SVG, in lines that fit a page, and the characters where there are no pictures.

    Of a large diagram the outermost blocks only; the expression itself where the notation has no drawing of it.
    """
    depth = None if shown(diagram) <= MANY else 1
    try:
        return {"image/svg+xml": draw(diagram, depth=depth, width=PAGE), "text/plain": text(diagram, depth=depth)}
    except NcdError:
        return {"text/plain": str(diagram)}


__all__ = ["KINDS", "drawn", "kind_of", "mimebundle", "write"]
