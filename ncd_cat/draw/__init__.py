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

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.labels import KINDS, Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.painting import paint
from ncd_cat.draw.scene import Scene
from ncd_cat.draw.svg import THEMES, svg
from ncd_cat.draw.telling import tell
from ncd_cat.draw.wrapping import wrapped
from ncd_cat.errors import InputError
from ncd_cat.exporters.files import Together


def scene(diagram: Diagram, depth: int | None = None, names: str = "names", width: float | None = None) -> Scene:
    """The scene of a diagram.  Raises InputError where `names` is not names, sizes or both."""
    if names not in KINDS:
        raise InputError(f"axes are labelled by {', '.join(KINDS)}, not by {names!r}")
    story = tell(diagram, depth)
    naming = Naming(story.names, story.sizes, names, story.double)
    return wrapped(paint(Layout(story, naming).done(), naming, FORMS, diagram.title), width)


def draw(
    diagram: Diagram,
    path: str | Path | None = None,
    *,
    depth: int | None = None,
    names: str = "names",
    theme: str = "auto",
    width: float | None = None,
) -> str:
    """A diagram as SVG, written to a file if a path is given.

    depth: blocks nested deeper are boxes; names: label axes by their names, their sizes, or both; theme: light, dark or auto;
    width: break lines that are wider, in pixels.  Raises InputError on other options, FileError where it cannot be written.
    """
    if theme not in THEMES:
        raise InputError(f"a drawing is {', '.join(THEMES)}, not {theme!r}")
    text = svg(scene(diagram, depth, names, width), theme)
    if path is not None:
        with Together() as files:
            files.write(path, lambda stream: stream.write(text.encode()))
    return text


__all__ = ["draw", "scene"]
