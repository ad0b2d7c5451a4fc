"""Diagrams drawn as the paper draws them: a wire for each axis, glyphs for operations, a backdrop for each block.

`telling` says what happens to each axis, `layout` where everything stands, `painting` makes a scene of it, `svg` a file.
Source: the notation of arXiv 2402.05424.

>>> from ncd_cat import architectures
>>> text = draw(architectures.diagram("attention"))
>>> text.startswith("<svg"), "softmax" in text
(True, True)
"""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.composing import scene
from ncd_cat.draw.svg import svg
from ncd_cat.draw.view import Options, View, viewed
from ncd_cat.exporters.files import Together


def draw(diagram: Diagram, path: str | Path | None = None, seen: View | None = None, **options: Unpack[Options]) -> str:
    """A diagram as SVG, written to a file if a path is given.

    detail: what a newcomer, a practitioner or a mathematician wants to see; depth: blocks nested deeper are boxes; expand, collapse:
    patterns of the dotted paths of blocks that are open, or boxes, whatever their depth; names: label axes by their names, their
    sizes, or both; layers: draw them as boxes, glyphs or operations; theme: light, dark or auto; width: break lines that are wider,
    in pixels; heading: over the figure the whole as one box, called by its title or what is given, and the sizes of the axes.
    Raises InputError on other options, FileError where it cannot be written.
    """
    as_seen = viewed(seen, **options)
    text = svg(scene(diagram, as_seen), as_seen.theme)
    if path is not None:
        with Together() as files:
            files.write(path, lambda stream: stream.write(text.encode()))
    return text


__all__ = ["Options", "View", "draw", "scene", "viewed"]
