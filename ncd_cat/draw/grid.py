"""A page of characters: lines that grow to the right, a mark where strands end or join, bars down from line to line.

A line is where one strand after another lies; between two lines stands a dashed one wherever their tensors differ.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

WIRE, DASH, BAR = "─", "╌", "│"
LONGEST = 32  # places of a name


def clean(text: str) -> str:
    """A name in one line and at most LONGEST places; what cannot be printed, or turns the line around, is written by its number."""
    known = "".join(c if plain(c) else f"<U+{ord(c):04X}>" for c in unicodedata.normalize("NFC", text))
    found = places(known)
    return "".join(found if len(found) <= LONGEST else [*found[: LONGEST - 1], "…"])


def plain(c: str) -> bool:
    """Whether a character stands in a line as any other does."""
    return c.isprintable() and unicodedata.category(c)[0] != "C" and unicodedata.bidirectional(c) not in ("R", "AL", "AN")


def places(text: str) -> list[str]:
    """What stands in each place of a text: a character with the marks over it; nothing after one that takes two places."""
    found: list[str] = []
    for c in text:
        if unicodedata.category(c)[0] == "M":
            at = max([k for k, cell in enumerate(found) if cell], default=-1)
            found[at:] = [found[at] + c, *found[at + 1 :]] if found else ["◌" + c]
        else:
            found += [c, ""] if unicodedata.east_asian_width(c) in "WF" else [c]
    return found


@dataclass(eq=False)
class Line:
    """One line: what stands in each place, and which tensor (0: none) lies there."""

    cells: list[str] = field(default_factory=list)
    tensors: list[int] = field(default_factory=list)
    bars: set[int] = field(default_factory=set)  # places with a bar down to the next line
    names: list[tuple[int, str]] = field(default_factory=list)  # what the strand is called from where on
    tensor: int = 0
    strand: int = -1

    def called(self, x: int) -> str:
        """What the strand that passes x is called."""
        alive = x < len(self.cells) and self.tensors[x] and self.tensors[x - 1]
        return next((name for at, name in reversed(self.names) if at < x), "") if alive else ""

    def reach(self, x: int) -> None:
        """Fill the line up to x, with a wire if there is one."""
        more = x - len(self.cells)
        self.cells += [WIRE if self.tensor else " "] * more
        self.tensors += [self.tensor] * more

    def put(self, x: int, text: str) -> None:
        """Write at x."""
        self.reach(x)
        for c in places(text):
            self.cells.append(c)
            self.tensors.append(self.tensor)


@dataclass
class Grid:
    """The lines, and a title for each block: how deep it is, from where to where."""

    lines: list[Line] = field(default_factory=list)
    titles: list[tuple[int, int, int, str]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=lambda: [0])  # where the page may be cut

    @property
    def width(self) -> int:
        """The length of the longest line."""
        return max([len(line.cells) for line in self.lines], default=0)

    def rows(self) -> Iterator[tuple[Line | None, list[str]]]:
        """Titles, lines and dashed lines from top to bottom, each as long as the page, and the line that each is, if it is one."""
        width = self.width
        for depth in range(max([t[0] for t in self.titles], default=-1) + 1):
            row = [" "] * width
            for _, x0, x1, title in [t for t in self.titles if t[0] == depth]:
                shown = places(title)[: max(x1 - x0 - 2, 0)]
                row[x0:x1] = ["┌", *shown, *[WIRE] * (x1 - x0 - 2 - len(shown)), "┐"][: x1 - x0]
            yield None, row
        for k, line in enumerate(self.lines):
            yield line, line.cells + [" "] * (width - len(line.cells))
            yield None, self._between(k, width)

    def _between(self, k: int, width: int) -> list[str]:
        """The row under a line: bars, and dashes where the next line that is alive there is of another tensor."""
        line, row = self.lines[k], [" "] * width
        for x in range(len(line.cells)):
            if x in line.bars:
                row[x] = BAR
            elif line.tensors[x]:
                below = next((b.tensors[x] for b in self.lines[k + 1 :] if x < len(b.cells) and b.tensors[x]), 0)
                row[x] = DASH if below not in (0, line.tensors[x]) else " "
        return row

    def wrapped(self, width: int) -> str:
        """The page cut into pieces no wider than `width`, one under another."""
        rows = [*self.rows()]
        return "\n\n".join([self._piece(rows, a, b) for a, b in self._spans(width)])

    def _spans(self, width: int) -> list[tuple[int, int]]:
        """From where to where each piece goes: cut between glyphs where that is possible."""
        end, start, found = self.width, 0, []
        heads = max([len(places(name)) for line in self.lines for _, name in line.names], default=0)
        room = width
        while end - start > room:
            stop = max([x for x in self.cuts if start < x <= start + room], default=start + room)
            found.append((start, stop))
            start, room = stop, max(width - heads, 10)
        return [*found, (start, end)]

    @staticmethod
    def _piece(rows: Sequence[tuple[Line | None, list[str]]], start: int, stop: int) -> str:
        """Some places of all rows in which something stands; in a later piece, each wire is called by its name again."""
        heads = [line.called(start) if line is not None and start else "" for line, _ in rows]
        wide = max([len(places(head)) for head in heads], default=0)
        found = []
        for head, (_, row) in zip(heads, rows, strict=True):
            shown = row[start:stop]
            if {*shown} - {" ", BAR, "┼"}:
                fill = WIRE if head else " "
                found.append((head + fill * (wide - len(places(head))) + "".join(shown)).rstrip())
        return "\n".join(found)
