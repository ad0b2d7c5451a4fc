"""Folding: the occurrences of a definition in a diagram become blocks that have its name, the inverse of expanding them.

An occurrence is a convex part of one level, box for box that of the definition: up to the order of boxes and the place of
copies and crossings, up to the names of axes, the values of the size symbols of the definition, and the prefix of its
weights' keys.  The block holds the boxes that were there, so its meaning is not touched.  Source: convex matching, Bonchi,
Gadducci, Kissinger, Sobociński and Zanasi, String diagram rewrite theory II, arXiv 2104.14686.

>>> from ncd_cat.diagram.box import Box
>>> from ncd_cat.types import Array
>>> x = Array.of((2,))
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> d = g >> f >> g >> f >> g
>>> print(fold(d, (f >> g).block("step")))
g >> step >> step
>>> print(fold(d, f >> g, "step.{}"))
g >> step.0 >> step.1
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Block, Inner
from ncd_cat.diagram.matching import Match, Pattern, Target
from ncd_cat.diagram.net import Net, Step
from ncd_cat.diagram.renaming import each_box
from ncd_cat.diagram.wires import label
from ncd_cat.errors import InputError


def fold(diagram: Diagram, definition: Diagram, name: str = "") -> Diagram:
    """The diagram with a block in the place of each occurrence of the definition, at all levels.

    definition: a block, or a diagram and the `name` that its blocks get; "{}" in it stands for their number.  Raises
    InputError where the definition has no name, or no box, where it is not connected, or where it does not use an input.
    """
    body = definition.arg if isinstance(definition, Block) else definition
    name = name or (definition.name if isinstance(definition, Block) else "")
    if not name:
        raise InputError(f"{label(definition)} has no name: fold takes a block, or a name for the blocks that it makes")
    return _Folding(Pattern(body), name, count()).level(diagram, "")


@dataclass(frozen=True)
class _Folding:
    """A pattern, the name of its blocks, and their numbers."""

    pattern: Pattern
    name: str
    numbers: Iterator[int]

    def level(self, diagram: Diagram, owner: str) -> Diagram:
        """The diagram folded, its inner levels first; `owner` is the name of the block that it is the inside of."""
        inner = each_box(diagram, lambda b: b.around(self.level(b.arg, "".join(b.names[:1]))) if isinstance(b, Inner) else b)
        net, tried, found = Net.of(inner), set[Step](), False
        folded = re.fullmatch(re.escape(self.name).replace(r"\{\}", r"\d+"), owner) and len(net.steps) == len(self.pattern)
        while not folded and (match := self.next(Target(net, self.pattern), tried)):
            target, where = match
            net, found = target.replaced(where, self.name.replace("{}", str(next(self.numbers)))), True
        return net.diagram() if found else inner

    def next(self, target: Target, tried: set[Step]) -> tuple[Target, Match] | None:
        """The next occurrence; the steps that end none are remembered."""
        for k, step in enumerate(target.net.steps):
            if step in tried:
                continue
            match = next(target.matches(k), None)
            if match is not None:
                return target, match
            tried.add(step)
        return None


__all__ = ["fold"]
