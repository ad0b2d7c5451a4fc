"""Bounds on what a small file can name: the boxes of a diagram walked through, boxes inside of boxes, wires side by side.

>>> bounds = Bounds()
>>> bounds.close((), inner=True)
>>> bounds.close((0, 0, 0), inner=False)
>>> bounds.sizes
[Size(boxes=1, depth=1), Size(boxes=4, depth=1)]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ncd_cat.axes import Axis
from ncd_cat.sizes import provably_nonnegative

LARGEST_COUNT = 1 << 20  # boxes of a diagram, those inside of a box that stands twice counted twice
LARGEST_DEPTH = 64  # boxes inside of boxes
LARGEST_AREA = 1 << 25  # wires beside all boxes


def inhabited(axes: Sequence[Axis]) -> None:
    """Raise ValueError unless arrays with these axes have entries, whatever the symbols in their sizes are."""
    for axis in axes:
        if not provably_nonnegative(axis.size - 1):
            raise ValueError(f"axis {axis.name} has size {axis.size}: a size is at least 1")


class Size(NamedTuple):
    """How large a diagram is once it is walked through: a small file can name a large one."""

    boxes: int
    depth: int


class Bounds:
    """Bounds on the work that a table of diagrams can make, the same when it is written and when it is read."""

    def __init__(self) -> None:
        self.room = LARGEST_AREA
        self.sizes: list[Size] = []

    def wires(self, count: int) -> None:
        """Take room for wires.  Raises ValueError."""
        self.room -= count
        if self.room < 0:
            raise ValueError("there are more wires beside boxes than the limit")

    def close(self, below: Sequence[int], inner: bool, times: int = 1) -> None:
        """Note the size of the next entry, which is walked through the entries that it names so many times.  Raises ValueError."""
        found = [self.sizes[k] for k in below]
        size = Size(1 + times * sum(s.boxes for s in found), inner + max((s.depth for s in found), default=0))
        if size.boxes > LARGEST_COUNT:
            raise ValueError(f"the diagram has more than {LARGEST_COUNT} boxes")
        if size.depth > LARGEST_DEPTH:
            raise ValueError(f"the diagram has boxes inside of boxes to a depth of more than {LARGEST_DEPTH}")
        self.sizes.append(size)
