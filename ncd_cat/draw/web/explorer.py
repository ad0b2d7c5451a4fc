"""A page to walk about in a diagram: every block opens and closes, and says its type, size, cost and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Inner
from ncd_cat.draw.heading import sizes
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import Options, View, is_layer, viewed
from ncd_cat.draw.web.facts import facts_of
from ncd_cat.draw.web.levels import Book
from ncd_cat.draw.web.page import page
from ncd_cat.draw.web.pieces import said
from ncd_cat.exporters.files import write_text

SHOWN = 4  # boxes that a page which says no depth begins with, at least


def explore(
    diagram: Diagram, path: str | Path, *, title: str = "", sources: Mapping[str, str] | None = None, **options: Unpack[Options]
) -> None:
    """Write the page of a diagram to a file.  Raises InputError on other options than those of `explorer`, FileError."""
    write_text(path, explorer(diagram, title=title or diagram.title or Path(path).stem, sources=sources, **options))


def explorer(
    diagram: Diagram, seen: View | None = None, *, title: str = "", sources: Mapping[str, str] | None = None, **options: Unpack[Options]
) -> str:
    """The text of a page of a diagram.

    `sources` says of dotted paths of blocks where they are written, such as {"h.0": "model.py:12 Block"}; the options are those of
    `draw`: depth, expand and collapse say which blocks are open at first; equal blocks are not folded.  Raises InputError on other options.
    """
    as_seen = replace(viewed(seen, **options), fold=0, scales=False)
    if as_seen.depth is None and not as_seen.least:
        as_seen = replace(as_seen, least=SHOWN)
    as_seen = as_seen.of(diagram)
    title = title if title or not isinstance(as_seen.heading, str) else as_seen.heading
    book = Book(as_seen)
    first = book.add(diagram)
    data = {
        "title": said(title or diagram.title or "diagram"),
        "levels": book.levels,
        "first": first,
        "open": list(opened(book, first, as_seen, diagram)),
        "theme": as_seen.theme,
        "facts": facts_of(diagram),
        "sizes": legend(diagram, as_seen),
        "sources": {said(path): said(text) for path, text in (sources or {}).items()},
    }
    return page(title or diagram.title, data, "explorer")


def legend(diagram: Diagram, seen: View) -> dict[str, str]:
    """What a page with a heading tells of the axes of a diagram: the size of each name."""
    if not seen.heading:
        return {}
    found = sizes(tell(diagram, replace(seen, depth=0, expand=(), collapse=(), least=0)))
    return {said(name): said(size) for name, (size, _) in found.items()}


def opened(book: Book, number: int, seen: View, diagram: Diagram) -> Iterator[str]:
    """The keys of the blocks that are open at first: the numbers of their glyphs, from the outermost block."""
    shut = {path for path, box in _blocks(diagram, ()) if box.closed}
    stack: list[tuple[int, str, tuple[str, ...]]] = [(number, "", ())]
    while stack:
        level, key, path = stack.pop()
        for k, glyph in enumerate(book.levels[level]["glyphs"]):
            below = (*path, glyph.get("module", ""))
            if "child" in glyph and seen.opens(below, closed=below in shut):
                yield f"{key}/{k}"
                stack.append((glyph["child"], f"{key}/{k}", below))


def _blocks(diagram: Diagram, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The blocks of a diagram that are no layers, with their paths."""
    for box in diagram.boxes:
        if isinstance(box, Inner) and not is_layer(box):
            below = (*path, *box.names[:1])
            if box.names:
                yield below, box
            yield from _blocks(box.arg, below)
