"""Patterns name the axes of arrays: "b t (h d) -> b h t d" is a reindexing, "q d, k d -> q k" a contraction.

A side of a pattern is a list of axes; an axis is a name, a group (h d) of names merged in row-major order, () or 1 for one
of size 1, or "...", which stands for leading axes.  An axis named twice on one operand is its diagonal, a name on the right
alone is a repeat, a name on the left alone is summed.  Sources: the notation of arXiv 2402.05424 and Einstein's summation
convention.

>>> p = Pattern.read("rearrange", "t (h d) -> h t d")
>>> p.measure([(5, 12)], {"h": 4})
{'h': 4, 't': 5, 'd': 3}
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ncd_cat.axes import Access, Index, Sizes, add, scale, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.ops.layout import digits
from ncd_cat.sizes import Size, divide, product

Group = tuple[str, ...]  # the names merged in one axis
Side = tuple[Group, ...]

LONGEST, MOST = 4096, 64  # characters of a pattern, axes of an array: those of numpy
NAME = r"[^\W\d][\w']*(?:\.[0-9]+)?"
BUNDLE = re.compile(r"(?<![\w'])([^\W\d][\w']*)(?:\.\.\.|̄)([0-9])?")
ITEM = re.compile(rf"\s*(?:(\.\.\.)|\(([\w\s'.]*)\)|({NAME}|1)(?![\w']))")


@dataclass(frozen=True)
class Pattern:
    """The sides of a pattern; `text` and `verb` are for messages."""

    verb: str
    text: str
    left: tuple[Side, ...]
    right: Side

    @staticmethod
    def read(verb: str, text: str) -> Pattern:
        """The pattern that a text says.  Raises TypeMismatch where it is malformed."""
        if not isinstance(text, str):
            raise TypeMismatch(f"{verb} takes a pattern first, such as 'b t (h d) -> b h t d', not {text!r}")
        if len(text) > LONGEST:
            raise TypeMismatch(f"{verb} {brief(text)!r}: a pattern has at most {LONGEST} characters, this has {len(text)}")
        if text.count("->") != 1:
            raise TypeMismatch(f"{verb} {brief(text)!r}: write the axes of the operands, one '->', and the axes of the result")
        left, right = text.split("->")
        if left.count(",") >= MOST:
            raise TypeMismatch(f"{verb} {brief(text)!r}: {left.count(',') + 1} operands; a pattern has at most {MOST}")
        result = _side(verb, text, right)
        names = [a for group in result for a in group]
        for a in names:
            if names.count(a) > 1:
                raise TypeMismatch(f"{verb} {brief(text)!r}: axis {a} appears twice in the result")
        return Pattern(verb, text, tuple([_side(verb, text, part) for part in left.split(",")]), result)

    def measure(self, shapes: Sequence[Sizes], given: Mapping[str, Size]) -> dict[str, Size]:
        """The size of every name, from the sizes of the operands and those given.  "..." gives names .0, .1, …

        Raises TypeMismatch, naming the axis and both sizes, where they do not fit.
        """
        if len(shapes) != len(self.left):
            raise TypeMismatch(f"{self.verb} {self.text!r} has {len(self.left)} operands, {len(shapes)} were given")
        leading = {len(sizes) - len(side) + 1 for side, sizes in zip(self.left, shapes, strict=True) if ("...",) in side}
        if len(leading) > 1:
            low, high = min(leading), max(leading)
            raise TypeMismatch(f"{self.verb} {self.text!r}: '...' stands for {low} axes on one operand and {high} on another")
        found = self._known(given)
        for k, (side, sizes) in enumerate(zip(self.left, shapes, strict=True)):
            for group, size in zip(self.spelt(side, len(sizes), f"operand {k}"), sizes, strict=True):
                self._fit(group, size, found)
        return found

    def spelt(self, side: Side, rank: int, what: str) -> Side:
        """The side with "..." spelt out as leading axes .0, .1, … so that there are `rank` axes."""
        missing = rank - len(side) + (("...",) in side)
        if missing < 0 or (missing and ("...",) not in side):
            raise TypeMismatch(f"{self.verb} {self.text!r}: {what} has {rank} axes, the pattern names {len(side)}")
        dots = tuple([(f".{k}",) for k in range(missing)])
        return tuple([g for group in side for g in (dots if group == ("...",) else (group,))])

    def result(self, found: Mapping[str, Size]) -> Side:
        """The right side spelt out.  Raises TypeMismatch where the size of one of its names is not known."""
        dots = sum(a.startswith(".") for a in found)
        side = self.spelt(self.right, len(self.right) + (dots - 1 if ("...",) in self.right else 0), "the result")
        for a in names(side):
            if a not in found:
                raise TypeMismatch(f"{self.verb} {self.text!r}: axis {a} of the result is on no operand: give its size, {a}=...")
        return side

    def fit(self, group: Group, size: Size, given: Mapping[str, Size]) -> dict[str, Size]:
        """The sizes of the names merged in an axis.  Raises TypeMismatch, naming the axis and both sizes, where they do not fit."""
        found = self._known(given)
        self._fit(group, size, found)
        return found

    def _known(self, given: Mapping[str, Size]) -> dict[str, Size]:
        named = {a for side in (*self.left, self.right) for a in names(side)}
        for a in given:
            if a not in named:
                raise TypeMismatch(f"{self.verb} {self.text!r}: the size {a} = {given[a]} is given, but the pattern has no axis {a}")
        return dict(given)

    def _fit(self, group: Group, size: Size, found: dict[str, Size]) -> None:
        unknown = [a for a in group if a not in found]
        known = product([found[a] for a in group if a in found])
        if len(unknown) > 1:
            name = " ".join(group)
            raise TypeMismatch(f"{self.verb} {self.text!r}: an axis of size {size} splits into ({name}): give the size of {unknown[0]}")
        rest = divide(size, known)
        if unknown and rest is not None:
            found[unknown[0]] = rest
        elif rest != 1:
            sizes = " · ".join([f"{a} = {found[a]}" for a in group if a in found])
            raise TypeMismatch(f"{self.verb} {self.text!r}: an axis of size {size} is not ({' '.join(group)}) with {sizes}")


def indices(side: Side, place: Mapping[str, int], found: Mapping[str, Size]) -> Access:
    """How the axes of a side are read in terms of single names, each an axis at its place."""
    return tuple([_index(group, place, found) for group in side])


def names(side: Side) -> list[str]:
    """The names of a side, in order."""
    return [a for group in side for a in group]


def merge(side: Side, found: Mapping[str, Size]) -> tuple[Access, Sizes]:
    """How single names are read in terms of the axes of a side, and the sizes of these."""
    parts = [tuple([found[a] for a in group]) for group in side]
    return tuple([e for k, part in enumerate(parts) for e in digits(k, part)]), tuple([product(part) for part in parts])


def _index(group: Group, place: Mapping[str, int], found: Mapping[str, Size]) -> Index:
    sizes = [found[a] for a in group]
    return add(*[scale(whole(place[a], n), product(sizes[k + 1 :])) for k, (a, n) in enumerate(zip(group, sizes, strict=True))])


def is_name(text: str) -> bool:
    """Whether this names an axis: an identifier, dashes, and the number of a member of a bundle."""
    return re.fullmatch(NAME, text) is not None and text.replace("'", "_").replace(".", "_").isidentifier()


def brief(text: str) -> str:
    """The text, without its middle if it is long: for messages."""
    return text if len(text) <= 200 else f"{text[:97]}…{text[-97:]}"


def _side(verb: str, text: str, part: str) -> Side:
    groups: list[Group] = []
    part, at = part.rstrip(), 0
    while at < len(part):
        item = ITEM.match(part, at)
        if item is None or not all(is_name(a) for a in (item[2] or item[3] or "").split() if a != "1"):
            raise TypeMismatch(f"{verb} {brief(text)!r}: {brief(part[at:].strip())!r} is no list of axes, such as 'b t (h d)'")
        dots, group, name = item.groups()
        groups.append(("...",) if dots else tuple([a for a in (group or name or "").split() if a != "1"]))
        at = item.end()
    if groups.count(("...",)) > 1:
        raise TypeMismatch(f"{verb} {brief(text)!r}: '...' appears twice in {brief(part.strip())!r}")
    if len(groups) > MOST:
        raise TypeMismatch(f"{verb} {brief(text)!r}: {len(groups)} axes; an array has at most {MOST}")
    return tuple(groups)
