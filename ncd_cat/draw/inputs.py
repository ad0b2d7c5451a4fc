"""What comes in from the left: the name that a person gave to a tensor, and the mark of one whose entries are no real numbers.

A name stands before the wires of its tensor, as a state does; whole numbers (N) and truth values (B) are told by an arrow under
its axes, real numbers by nothing.  Source: arXiv 2402.05424; for the arrow V. Abbott and others, arXiv 2604.07242.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from types import MappingProxyType

from ncd_cat.draw.heights import settle
from ncd_cat.draw.labels import brief, width
from ncd_cat.draw.marks import Glyph, Picture
from ncd_cat.draw.painting import Painter
from ncd_cat.draw.shapes import Form, Shape
from ncd_cat.draw.story import Element, Story
from ncd_cat.types import Array

LETTERS = MappingProxyType({"int": "N", "bool": "B"})
MOST, GAP, UNDER = 16, 8.0, 20.0  # letters of a name, what is between it and the wires, and the room under wires for an arrow


def entered(picture: Picture, arrays: Sequence[Array], story: Story) -> Picture:
    """The picture, with a glyph before each tensor that has a name and one under each whose entries are not real."""
    tracks = dict(picture.ins)
    for array, tensor in zip(arrays, story.ins, strict=True):
        own = tuple([tracks[s] for s in tensor.strands if s in tracks])
        if not own:
            continue
        if array.name:
            text = brief(array.name, MOST)
            picture.glyphs.append(Glyph(Element("input", text=text), -GAP - width(text, size(text)), -GAP, own, ""))
        if array.kind in LETTERS:
            picture.glyphs.append(Glyph(Element("datatype", text=LETTERS[array.kind]), 0, 22, own, ""))
            picture.tracks.room(max(own, key=lambda t: picture.heights[t]), 0, below=UNDER)
    settle(picture, deepcopy(picture.tracks))
    return picture


def size(name: str) -> float:
    """The size of the letters of a name: a single letter is large."""
    return 22 if len(name) < 3 else 16


def _input(p: Painter, g: Glyph, ys: list[float]) -> None:
    text = g.element.text
    p.words((g.x0 + g.x1) / 2, (min(ys) + max(ys)) / 2 + size(text) / 4, text, size(text), "math", "input")


def _datatype(p: Painter, g: Glyph, ys: list[float]) -> None:
    y = max(ys) + 12
    p.arrow(g.x0, g.x0 + 11, y)
    p.words(g.x0 + 18, y + 4.5, g.element.text, 13, "math", "datatype")


FORMS = {"input": Form(Shape("begin", 0, 20), _input), "datatype": Form(Shape("begin", 22), _datatype)}

__all__ = ["FORMS", "entered", "size"]
