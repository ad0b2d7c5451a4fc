"""Levels of abstraction: a block is its inside, a box, or a frame around its inside, and means the same in each way.

A block has a dotted path, the names of the blocks around it and its own, such as `transformer.h.0.attn`; patterns are those
of a shell: `*` stands for any text, dots included.  In a `Repeat` the inside is addressed by the name of the first step.

>>> from ncd_cat.diagram.box import Box
>>> from ncd_cat.types import Array
>>> x = Array.of((2,))
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> d = ((f >> g).block("mlp") >> g).block("h.0") >> f
>>> print(expand(d, depth=1))
mlp >> g >> f
>>> print(expand(d, "h.0.mlp") == (f >> g >> g).block("h.0") >> f)
True
>>> opened(collapse(d, "*.mlp")) == d
True
"""

from __future__ import annotations

from collections.abc import Callable
from fnmatch import fnmatchcase

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Block, Inner
from ncd_cat.diagram.renaming import each_box
from ncd_cat.diagram.repeats import Repeat
from ncd_cat.nesting import Path

Change = Callable[[Box, Path], Diagram]


def each_level(diagram: Diagram, change: Change, path: Path = ()) -> Diagram:
    """The diagram with `change(box, path)` in the place of each box with a diagram inside, the inner ones first."""

    def level(box: Box) -> Diagram:
        if not isinstance(box, Inner):
            return box
        below = (*path, *box.names[:1])
        return change(box.around(each_level(box.arg, change, below)), below)

    return each_box(diagram, level)


def expand(diagram: Diagram, pattern: str = "*", depth: int | None = None) -> Diagram:
    """The diagram with the inside in the place of each block whose path matches, of those nested at most `depth` deep.

    A `Repeat` becomes its blocks where one of them matches.
    """

    def hit(path: Path) -> bool:
        return fnmatchcase(".".join(path), pattern) and (depth is None or len(path) <= depth)

    def change(box: Box, path: Path) -> Diagram:
        if isinstance(box, Repeat) and any(hit((*path[:-1], name)) for name in box.names):
            return each_box(box.unfolded(), lambda b: b.arg if isinstance(b, Block) and hit((*path[:-1], b.name)) else b)
        return box.arg if isinstance(box, Block) and hit(path) else box

    return each_level(diagram, change)


def collapse(diagram: Diagram, which: str | int = 1) -> Diagram:
    """The diagram with some blocks drawn as boxes: those nested `which` deep (1: the outermost), or whose path matches `which`."""

    def change(box: Box, path: Path) -> Diagram:
        hit = len(path) == which if isinstance(which, int) else fnmatchcase(".".join(path), which)
        return box.shut(True) if hit and isinstance(box, Block | Repeat) else box

    return each_level(diagram, change)


def opened(diagram: Diagram, pattern: str = "*") -> Diagram:
    """The diagram with the inside of blocks shown again whose path matches: the inverse of `collapse`."""

    def change(box: Box, path: Path) -> Diagram:
        return box.shut(False) if isinstance(box, Block | Repeat) and fnmatchcase(".".join(path), pattern) else box

    return each_level(diagram, change)


def shown(diagram: Diagram) -> int:
    """How many boxes a drawing of the diagram has: those inside of closed blocks are not counted, a frame counts as one."""
    found = 0
    stack = [diagram]
    while stack:
        for box in stack.pop().boxes:
            found += 1
            if isinstance(box, Inner) and not getattr(box, "closed", False):
                stack.append(box.arg)
    return found


def depth_of(diagram: Diagram) -> int:
    """How deep blocks are nested in the diagram, as far as they are open."""
    below = [((*box.names[:1],), box.arg) for box in diagram.boxes if isinstance(box, Inner) and not getattr(box, "closed", False)]
    return max((len(names) + depth_of(arg) for names, arg in below), default=0)


def fitted(diagram: Diagram, most: int) -> Diagram:
    """The diagram with its deepest blocks collapsed, level by level, until at most `most` boxes are shown or none is open."""
    found = diagram
    for depth in range(depth_of(diagram), 0, -1):
        if shown(found) <= most:
            break
        found = collapse(found, depth)
    return found
