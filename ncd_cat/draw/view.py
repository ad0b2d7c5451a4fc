"""How a diagram is looked at: which blocks are open, what is written, in which colours and how wide; every output takes the same.

How much to show is an open question of the notation (arXiv 2402.05424): three presets answer it, for a newcomer, who sees boxes
with names and numbers, for a practitioner, who sees layers, and for a mathematician, who sees every single operation.

>>> viewed(detail="newcomer", names="both") == View(names="both", layers="boxes", least=4)
True
>>> closed = viewed(depth=2, collapse="h.*.attn", expand="h.0.attn")
>>> [closed.opens(path) for path in (("h.0",), ("h.0", "attn"), ("h.1", "attn"), ("h.0", "mlp", "act"))]
[True, True, False, False]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import TypedDict, Unpack

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Block, Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Inner
from ncd_cat.diagram.levels import depth_of
from ncd_cat.draw.labels import KINDS
from ncd_cat.draw.svg import THEMES
from ncd_cat.errors import InputError

DETAILS = ("newcomer", "practitioner", "mathematician")
LAYERS = ("boxes", "glyphs", "operations")
Patterns = str | Sequence[str]


class Options(TypedDict, total=False):
    """The options of a drawing; one that is None is as if it were not given."""

    depth: int | None
    expand: Patterns | None
    collapse: Patterns | None
    names: str | None
    theme: str | None
    width: float | str | None
    layers: str | None
    fold: int | None
    heading: bool | str | None
    scales: bool | None
    detail: str | None


@dataclass(frozen=True)
class View:
    """How a diagram is looked at.

    depth: blocks nested deeper are boxes; expand, collapse: patterns of the dotted paths of blocks that are open, or boxes,
    whatever their depth (of two that match, the one with more letters outside of wildcards decides); names: axes are labelled by
    names, sizes or both; layers: a layer and its weights is a box, a glyph, or drawn as single operations; least: without a depth,
    it is the least one that shows so many boxes; width: lines are broken that are wider, or where that makes a page ("page");
    fold: so many blocks in a row that are equal but for their weights, or more, are one in brackets (0: none are); heading: over the
    figure the whole as one box, called by the title or otherwise, and the sizes of the axes; scales: steps that are equal but for
    sizes, such as those of a U-Net down and up, are one in brackets whose sizes depend on λ.
    """

    depth: int | None = None
    expand: tuple[str, ...] = ()
    collapse: tuple[str, ...] = ()
    names: str = "names"
    theme: str = "auto"
    width: float | str | None = None
    layers: str = "glyphs"
    least: int = 0
    fold: int = 3
    heading: bool | str = False
    scales: bool = False

    def opens(self, path: Sequence[str], small: bool = False, closed: bool = False) -> bool:
        """Whether the block at a path is drawn with what is in it; small: it is a layer; closed: it was drawn as a box so far."""
        opened, shut = (max((_weight(p) for p in _matching(patterns, path)), default=-1) for patterns in (self.expand, self.collapse))
        if opened != shut:
            return opened > shut
        if small and shut < 0:
            return self.layers != "boxes"
        if closed or shut >= 0:
            return False
        named = any(fnmatchcase(".".join(path), start) for p in self.expand for start in _starts(p))
        return named or self.depth is None or len(path) <= self.depth

    def of(self, diagram: Diagram) -> View:
        """The view with a depth of its own, where it asks for the least that shows enough."""
        if not self.least or self.depth is not None:
            return self
        deepest = depth_of(diagram)
        depth = next((k for k in range(deepest) if _count(diagram, k) >= self.least), deepest)
        return replace(self, depth=depth, least=0)


PRESETS = {
    "newcomer": View(names="sizes", layers="boxes", least=4),
    "practitioner": View(depth=2),
    "mathematician": View(names="both", layers="operations", fold=0),
}


def viewed(base: View | None = None, **options: Unpack[Options]) -> View:
    """A view with options, which change those of its preset or of another view.  Raises InputError where there is no such option."""
    given = {key: value for key, value in options.items() if value is not None}
    detail = given.pop("detail", None)
    _among("the detail of a drawing is for a", str(detail or "newcomer"), DETAILS)
    unknown = given.keys() - {f.name for f in fields(View)}
    if unknown:
        raise InputError(f"a drawing has no option {min(unknown)!r}: it has {', '.join(f.name for f in fields(View))} and detail")
    for key in ("expand", "collapse"):
        if key in given:
            given[key] = _patterns(key, given[key])
    for key in ("depth", "fold"):
        if not isinstance(given.get(key, 0), int):
            raise InputError(f"{key} is a whole number, not {given[key]!r}")
    made = replace(PRESETS[str(detail)] if detail else base or View(), **given)  # type: ignore[arg-type]
    _among("axes are labelled by", made.names, KINDS)
    _among("a drawing is", made.theme, THEMES)
    _among("layers are drawn as", made.layers, LAYERS)
    if not (made.width in (None, "page") or (isinstance(made.width, int | float) and made.width > 0)):
        raise InputError(f"the width of a line is a number of pixels, or page, not {made.width!r}")
    if made.depth is not None and made.depth < 0:
        raise InputError(f"the depth of a drawing is at least 0, not {made.depth}")
    if not isinstance(made.heading, bool | str):
        raise InputError(f"a heading is there or not, or what it says, not {made.heading!r}")
    if made.fold < 0 or made.fold == 1:
        raise InputError(f"blocks are folded where 2 or more are equal, or never (0), not where {made.fold} are")
    return made


def is_layer(box: Inner) -> bool:
    """Whether a block is a layer and its weights, which has a glyph of its own."""
    boxes = box.arg.boxes
    drawn = [b for b in boxes if isinstance(b, Operation | Inner) and not (isinstance(b, Operation) and b.data[0][0].arity == 0)]
    opaque = sum(type(b) is Box for b in boxes)
    return isinstance(box, Block) and len(drawn) + opaque <= 2 and all(isinstance(b, Operation) for b in drawn)


def _patterns(option: str, given: object) -> tuple[str, ...]:
    """One pattern, or several."""
    found = [given] if isinstance(given, str) else list(given) if isinstance(given, Iterable) else [given]
    if not all(isinstance(p, str) for p in found):
        raise InputError(f"{option} is a pattern of the names of blocks, or several, not {given!r}")
    return tuple(found)


def _among(words: str, found: str, kinds: Sequence[str]) -> None:
    if found not in kinds:
        raise InputError(f"{words} {', '.join(kinds)}, not {found!r}")


def _matching(patterns: Sequence[str], path: Sequence[str]) -> list[str]:
    return [p for p in patterns if fnmatchcase(".".join(path), p)]


def _weight(pattern: str) -> int:
    """How much a pattern says: its letters outside of wildcards."""
    return sum(c not in "*?[]" for c in pattern)


def _starts(pattern: str) -> Iterator[str]:
    """What comes before a dot in a pattern, where it says something: the blocks around those that match."""
    parts = pattern.split(".")
    yield from [start for k in range(1, len(parts)) if _weight(start := ".".join(parts[:k])) > 0]


def _count(diagram: Diagram, depth: int) -> int:
    """How many boxes, without weights, a drawing of that depth shows."""
    found = 0
    stack = [(diagram, 0)]
    while stack:
        level, k = stack.pop()
        for box in level.boxes:
            if isinstance(box, Inner) and (not box.names or (k < depth and not is_layer(box))):
                stack.append((box.arg, k + bool(box.names)))
            else:
                found += isinstance(box, Inner) or (isinstance(box, Operation) and box.data[0][0].arity != 0)
    return found


__all__ = ["DETAILS", "LAYERS", "Options", "View", "is_layer", "viewed"]
