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
from typing import Any, Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.levels import shown
from ncd_cat.draw.composing import scene
from ncd_cat.draw.scene import Scene
from ncd_cat.draw.svg import svg
from ncd_cat.draw.text import text
from ncd_cat.draw.tikz import tikz
from ncd_cat.draw.view import Options, View, viewed
from ncd_cat.errors import InputError, NcdError
from ncd_cat.exporters.files import Together

PAGE, MANY = 1200.0, 400  # pixels of a notebook, boxes that it shows
FITTED = 'style="max-width:100%;height:auto"'  # no wider than the cell that it stands in
KINDS = ("svg", "tex", "pdf", "png", "txt", "html")


def kind_of(path: str | Path) -> str:
    """The kind of a drawing's file.  Raises InputError where its name has the ending of none."""
    kind = Path(path).suffix.lower().removeprefix(".")
    if kind not in KINDS:
        raise InputError(f"{path} names no kind of drawing: it is to end in {', '.join(f'.{k}' for k in KINDS[:-1])} or .{KINDS[-1]}")
    return kind


def write(diagram: Diagram, path: str | Path, seen: View | None = None, **options: Unpack[Options]) -> None:
    """Write a drawing to a file: .svg, .tex, .pdf, .png, .html to explore or, in characters, .txt.

    The options are those of `draw`: a theme that is auto is light but in an SVG, a width is in characters for .txt; a
    PDF or PNG that is wide has lines that make a page of it.  Raises InputError, FileError.
    """
    data = drawn(diagram, kind_of(path), seen, **options)
    with Together() as files:
        files.write(path, lambda stream: stream.write(data))


def drawn(diagram: Diagram, kind: str, seen: View | None = None, **options: Unpack[Options]) -> bytes:
    """The bytes of a drawing of a kind.  Raises InputError on options that there are not."""
    as_seen = viewed(seen, **options)
    if kind == "txt":
        return (text(diagram, 100 if as_seen.width in (None, "page") else int(as_seen.width or 100), as_seen) + "\n").encode()
    if kind == "html":
        from ncd_cat.draw.web import explorer

        return explorer(diagram, as_seen).encode()
    return of_scene(scene(diagram, as_seen, width=as_seen.width or ("page" if kind in ("pdf", "png") else None)), kind, as_seen.theme)


def of_scene(page: Scene, kind: str, theme: str = "auto") -> bytes:
    """The bytes of a scene as svg, tex, pdf or png."""
    if kind == "svg":
        return svg(page, theme).encode()
    if kind == "tex":
        return tikz(page, theme).encode()
    from ncd_cat.draw.canvas import rendered

    return rendered(page, kind, theme)


def mimebundle(diagram: Diagram) -> dict[str, Any]:
    """What a notebook shows: the SVG, in lines that fit a page, and the characters where there are no pictures.

    Of a large diagram the outermost blocks only; the expression itself where the notation has no drawing of it.
    """
    seen = viewed(depth=None if shown(diagram) <= MANY else 1, width=PAGE)
    try:
        picture = svg(scene(diagram, seen), seen.theme)
        return {"image/svg+xml": picture.replace("<svg ", f"<svg {FITTED} ", 1), "text/plain": text(diagram, seen=seen)}
    except NcdError:
        return {"text/plain": str(diagram)}


__all__ = ["KINDS", "drawn", "kind_of", "mimebundle", "of_scene", "write"]
