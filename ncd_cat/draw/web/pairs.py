"""A page of two diagrams over each other: what is equal on both sides is linked, and where they part is marked.

Its data are a drawing of each side, which opens and closes as in `explorer`, the mark of every glyph, and by number the glyphs
of either side that stand for equal values.

>>> from ncd_cat.architectures import find
>>> from ncd_cat.draw.beside import Mark
>>> mlp = find("mlp")
>>> marks = {n: Mark("equal", k, True) for k, n in enumerate(mlp.nodes(), 1)}
>>> text = pair((mlp, mlp), (marks, marks), ("one", "other"), ("proved equal",))
>>> "<title>one and other: proved equal</title>" in text
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.beside import SAID, Mark, Marks
from ncd_cat.draw.view import Options, viewed
from ncd_cat.draw.watching import Watch
from ncd_cat.draw.web.explorer import SHOWN, legend, opened
from ncd_cat.draw.web.facts import facts_of
from ncd_cat.draw.web.levels import Book, Data
from ncd_cat.draw.web.page import page
from ncd_cat.draw.web.pieces import said
from ncd_cat.graph import Graph

Sources = Mapping[str, str]


def pair(
    graphs: tuple[Graph, Graph], marks: tuple[Marks, Marks], titles: tuple[str, str], lines: Sequence[str],
    sources: tuple[Sources, Sources] = ({}, {}), **options: Unpack[Options],
) -> str:  # fmt: skip
    """The text of a page of two graphs with marks on their values.

    `lines`: what is said of the two, the verdict first; `sources`: for each side, where its blocks are written, as in `explorer`.
    The options are those of a drawing; what parts is open at first, whatever they say.  Raises InputError on other options.
    """
    seen = replace(viewed(**options), fold=0)
    if seen.depth is None and not seen.least:
        seen = replace(seen, least=SHOWN)
    book = Book(seen)
    sides = [_Side.of(book, graph, found) for graph, found in zip(graphs, marks, strict=True)]
    shared = [number for number in sorted(sides[0].ends) if number in sides[1].ends]
    shown = {mark.number for found in marks for mark in found.values() if mark.end}
    data = {
        "title": said(f"{titles[0]} and {titles[1]}"),
        "said": [said(line) for line in lines],
        "levels": book.levels,
        "theme": seen.theme,
        "kinds": SAID,
        "sides": [side.data(title, where) for side, title, where in zip(sides, titles, sources, strict=True)],
        "values": {number: [side.ends[number] for side in sides] for number in shared},
        "cuts": [number for number in shared if number in shown],
    }
    return page(f"{titles[0]} and {titles[1]}: {lines[0]}", data, "pair")


@dataclass(frozen=True)
class _Side:
    """A diagram in a book, the mark of each glyph by its key, blocks too, and by number the glyphs, no blocks, of equal values."""

    book: Book
    diagram: Diagram
    first: int
    marks: dict[str, Mark]
    ends: dict[int, list[str]]
    apart: list[str]

    @staticmethod
    def of(book: Book, graph: Graph, marks: Marks) -> _Side:
        """The side of a graph: a block is apart if a value in it is, else as the last value in it."""
        diagram = Diagram.from_graph(graph)
        first = book.add(diagram)
        keys = {id(box): key for key, box, leaf in book.keyed(diagram, first) if leaf}
        owners = Watch.of(diagram).owners(keys, graph)
        known = [(keys[owners[n]], marks[n]) for n in graph.nodes() if n in owners and n in marks]
        found: dict[str, Mark] = {}
        ends: dict[int, dict[str, None]] = {}
        for key, mark in sorted(known, key=lambda pair: pair[1].kind == "apart"):
            found |= dict.fromkeys([key, *around(key)], mark)
            if mark.number and mark.kind == "equal":
                ends.setdefault(mark.number, {})[key] = None
        apart = list(dict.fromkeys([key for key, mark in known if mark.kind == "apart"]))
        return _Side(book, diagram, first, found, {number: [*own] for number, own in ends.items()}, apart)

    def data(self, title: str, sources: Sources) -> Data:
        """The side as data; the blocks around what parts are open."""
        seen = self.book.seen.of(self.diagram)
        begun = [*opened(self.book, self.first, seen, self.diagram), *[block for key in self.apart for block in around(key)]]
        return {
            "title": said(title),
            "first": self.first,
            "open": list(dict.fromkeys(begun)),
            "facts": facts_of(self.diagram),
            "sizes": legend(self.diagram, seen),
            "sources": {said(path): said(text) for path, text in sources.items()},
            "marks": {key: [mark.kind, mark.number] for key, mark in self.marks.items()},
            "apart": self.apart,
        }


def around(key: str) -> list[str]:
    """The keys of the blocks around a glyph.

    >>> around("/2/0/5")
    ['/2', '/2/0']
    """
    return [key[:k] for k, c in enumerate(key) if c == "/" and k]


__all__ = ["pair"]
