"""The strands of a page of characters, each on its line: where they begin and end, what they are called, what joins them.

A line on which nothing lies any more is used again where that keeps the order of the strands.

>>> from ncd_cat.draw.labels import Naming
>>> page = Lines(Naming(("q", "d"), ("5", "3")))
>>> for k, line in enumerate(page.room(None, 2, 0)):
...     page.begin(line, k, 1, 0)
>>> page.joined(page.alive(), page.level(page.alive()))
>>> page.label(1), sorted(page.grid.lines[0].bars)
('d', [2])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ncd_cat.draw.grid import BAR, WIRE, Grid, Line, clean
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.story import Tensor


@dataclass
class Lines:
    """The lines of a page, and what their strands are called."""

    naming: Naming
    grid: Grid = field(default_factory=Grid)
    names: dict[int, str] = field(default_factory=dict)

    def alive(self) -> list[Line]:
        """The lines on which a strand lies."""
        return [line for line in self.grid.lines if line.tensor]

    def of(self, strands: Sequence[int]) -> list[Line]:
        """The lines of strands, in their order."""
        found = {line.strand: line for line in self.alive()}
        return [found[s] for s in strands if s in found]

    def aligned(self) -> int:
        """Bring all strands to the same place."""
        x = max([len(line.cells) for line in self.alive()], default=self.grid.width)
        for line in self.alive():
            line.reach(x)
        return x

    def label(self, strand: int) -> str:
        """What an axis is called."""
        return clean(self.naming(strand, self.names.get(strand, ""))) or "·"

    def begin(self, line: Line, strand: int, tensor: int, x: int, mark: str = "") -> None:
        """Let a strand begin on a line."""
        line.reach(x)
        line.strand, line.tensor = strand, tensor
        line.names.append((x, self.label(strand)))
        line.put(x, mark + self.label(strand) + WIRE)

    def end(self, line: Line) -> None:
        """End the strand of a line."""
        line.strand, line.tensor = -1, 0

    def rename(self, tensors: Sequence[Tensor]) -> None:
        """Write the new names of axes that are called otherwise from here on."""
        for tensor in tensors:
            for strand, name in zip(tensor.strands, tensor.names, strict=False):
                if name and self.naming.changed(strand, self.names.get(strand, ""), name):
                    self.names[strand] = name
                    for line in self.of((strand,)):
                        line.names.append((len(line.cells), self.label(strand)))
                        line.put(len(line.cells), self.label(strand) + WIRE)

    def room(self, after: Line | None, count: int, x: int) -> list[Line]:
        """Lines under a line on which nothing lies from x on: free ones, or new ones."""
        at = self.grid.lines.index(after) + 1 if after is not None else len(self.grid.lines)
        found: list[Line] = []
        while len(found) < count:
            if at < len(self.grid.lines) and not self.grid.lines[at].tensor and len(self.grid.lines[at].cells) <= x:
                found.append(self.grid.lines[at])
            else:
                self.grid.lines.insert(at, self._between(at))
                found.append(self.grid.lines[at])
            at += 1
        return found

    def _between(self, at: int) -> Line:
        """A new line between two others, which the bars from the upper one to the lower one cross."""
        new = Line(bars=set(self.grid.lines[at - 1].bars) if at else set())
        for x in sorted(new.bars):
            new.put(x, BAR)
        return new

    def span(self, lines: Sequence[Line]) -> list[Line]:
        """All lines from the first to the last of some."""
        at = [self.grid.lines.index(line) for line in lines]
        return self.grid.lines[min(at) : max(at) + 1] if at else []

    def start(self, lines: Sequence[Line]) -> int:
        """From where on all lines between some are free."""
        return max([len(line.cells) for line in self.span(lines)], default=0)

    def joined(self, lines: Sequence[Line], x: int) -> None:
        """Bars at x from the first of some lines to the last, across those between."""
        span = self.span(lines)
        for line in span[:-1]:
            line.bars.add(x)
        for line in span:
            if line not in lines:
                line.put(x, "┼" if line.tensor else BAR)

    def level(self, lines: Sequence[Line]) -> int:
        """Bring lines to the same place."""
        x = max([len(line.cells) for line in lines], default=0)
        for line in lines:
            line.reach(x)
        return x

    def given(self, tensors: Sequence[Tensor]) -> None:
        """The strands of tensors, as theirs from here on."""
        for tensor in tensors:
            for line in self.of(tensor.strands):
                line.tensor = tensor.number
