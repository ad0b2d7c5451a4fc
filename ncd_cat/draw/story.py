"""What happens to each axis: a diagram as strands, one an axis, and the steps that end, join, carry on or begin strands.

A tensor is a list of strands; a strand that a step lets pass stays the same strand, so a broadcast axis is one line through the
picture.  Source: neural circuit diagrams, arXiv 2402.05424.
"""

from __future__ import annotations

from dataclasses import dataclass, field

Strands = tuple[int, ...]  # strands have numbers


@dataclass(frozen=True)
class Element:
    """A glyph: the strands that it takes and those that it gives; a strand that is in both passes through it."""

    kind: str
    ins: Strands = ()
    outs: Strands = ()
    text: str = ""
    sup: str = ""
    sub: str = ""
    bold: bool = False  # it has learned parameters


@dataclass(frozen=True)
class Tensor:
    """A segment of the picture: its strands, in the order of its axes, and what the axes are called from here on ("": as before)."""

    number: int
    strands: Strands
    names: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """An operation: tensors taken, glyphs one after another, tensors given."""

    takes: tuple[Tensor, ...]
    elements: tuple[Element, ...]
    gives: tuple[Tensor, ...]
    title: str
    path: tuple[int, ...]  # the blocks around it
    box: object = field(default=None, compare=False)  # of the diagram, which the step tells
    constants: tuple[object, ...] = field(default=(), compare=False)  # for each input of a block: the constant it is, or None


@dataclass(frozen=True)
class Fork:
    """A copy of a tensor: the first copy keeps the strands.

    A strand that is `cut` is not copied but ends at a bar, and each tensor has a piece of it in its place, in order.
    """

    takes: Tensor
    gives: tuple[Tensor, ...]
    path: tuple[int, ...]
    cut: int = -1


@dataclass(frozen=True)
class Enter:
    """The beginning of a block: its number, its name and the tensors that go into it.

    `tint` names its backdrop; a loop has brackets, with what is written below the left one and above the right one.
    """

    block: int
    title: str
    takes: tuple[Tensor, ...]
    path: tuple[int, ...]
    tint: str = ""
    bracket: tuple[str, str] | None = None
    box: object = field(default=None, compare=False)  # of the diagram, whose loop it is


@dataclass(frozen=True)
class Leave:
    """The end of a block, and the tensors that come out of it."""

    block: int
    gives: tuple[Tensor, ...]


Event = Step | Fork | Enter | Leave


@dataclass(frozen=True)
class Story:
    """The strands of a diagram, by number, each with its first name and its size, and the events in an order in which they can be done."""

    names: tuple[str, ...]
    sizes: tuple[str, ...]
    ins: tuple[Tensor, ...]
    events: tuple[Event, ...]
    outs: tuple[Tensor, ...]
    double: frozenset[int] = frozenset()  # the strands that stand for several axes
    legend: tuple[tuple[str, str, bool], ...] = ()  # names with an index, what each stands for, and whether it is a bundle

    @property
    def elements(self) -> list[Element]:
        """All glyphs, in order."""
        return [e for event in self.events if isinstance(event, Step) for e in event.elements]
