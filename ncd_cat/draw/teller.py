"""What a reader of one operation shares with all others: the strands so far, the events so far, and who made which tensor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from ncd_cat.draw.story import Element, Event, Step, Strands, Tensor
from ncd_cat.graph import Weight
from ncd_cat.ops.literal import Literal, entries
from ncd_cat.signature import Op
from ncd_cat.sizes import Size
from ncd_cat.types import Array

LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Source:
    """A constant that is not drawn until something needs it: a weight, a table, or what is made of such."""

    op: Op
    learned: bool

    @property
    def name(self) -> str:
        """A short name: the module of a weight, the number that a literal is, or what the op is called."""
        if isinstance(self.op, Literal) and entries(self.op) == 1:
            return f"{self.op.numpy((-1,))[0]:g}"
        if isinstance(self.op, Weight):
            parts = [p for p in self.op.key.split(".") if p]
            return parts[-2] if len(parts) > 1 else (parts or [""])[-1]
        return plain(self.op)


@dataclass
class Sheet:
    """The strands and events of a story while it is told."""

    names: list[str] = field(default_factory=list)
    sizes: list[Size] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    makers: dict[int, tuple[int, int]] = field(default_factory=dict)  # of a tensor that nothing has touched: its event and glyph
    copies: dict[int, int] = field(default_factory=dict)  # of a strand that is a copy: the other
    tensors: int = 0
    blocks: int = 0

    def strand(self, size: Size, name: str = "") -> int:
        """A new strand."""
        self.names.append(name)
        self.sizes.append(size)
        return len(self.sizes) - 1

    def copy(self, strand: int) -> int:
        """A copy of a strand, which is called as it is."""
        found = self.strand(self.sizes[strand], self.names[strand])
        self.copies[found] = strand
        return found

    def called(self) -> tuple[str, ...]:
        """The names of all strands; a copy without one has that of the other."""
        for strand, other in self.copies.items():
            self.names[strand] = self.names[strand] or self.names[other]
        return tuple(self.names)

    def tensor(self, strands: Strands, names: Sequence[str] = ()) -> Tensor:
        """A new tensor; names that strands did not have yet are theirs from their beginning."""
        for strand, name in zip(strands, names, strict=False):
            self.names[strand] = self.names[strand] or name
        self.tensors += 1
        return Tensor(self.tensors, strands, tuple(names))

    def fresh(self, a: Array, named: bool = False) -> Tensor:
        """A tensor of new strands, one for each axis of an array; of a number, one of size 1.

        An array that is `named` has its names from a person, be they a, b, c.
        """
        if not a.axes:
            return self.tensor((self.strand(1),))
        names = tuple([axis.name for axis in a.axes]) if named else known(a)
        return self.tensor(tuple(self.strand(axis.size, name) for axis, name in zip(a.axes, names, strict=True)), names)

    def maker(self, tensor: Tensor) -> Element | None:
        """The glyph that made a tensor which nothing has touched since."""
        event, glyph = self.makers.get(tensor.number, (-1, -1))
        step = self.events[event] if event >= 0 else None
        return step.elements[glyph] if isinstance(step, Step) else None

    def remake(self, tensor: Tensor, element: Element, strands: Strands) -> None:
        """Put another glyph in the place of the one that made the tensor, which then has these strands there."""
        event, glyph = self.makers[tensor.number]
        step = self.events[event]
        assert isinstance(step, Step)
        elements = (*step.elements[:glyph], element, *step.elements[glyph + 1 :])
        old = {t.number: t for t in step.gives}
        (given,) = old.values()
        self.events[event] = replace(step, elements=elements, gives=(Tensor(given.number, strands),))


def unbarred(sheet: Sheet, tensor: Tensor, strand: int, sizes: Sequence[Size]) -> Strands | None:
    """The strands that a bar joined into one for a softmax, where the softmax can be over all of them instead: they are split again."""
    event, glyph = sheet.makers.get(tensor.number, (-1, -1))
    step = sheet.events[event] if event >= 0 else None
    if not isinstance(step, Step) or glyph < 1 or step.elements[glyph].kind != "softmax" or step.elements[glyph].ins != (strand,):
        return None
    bar = step.elements[glyph - 1]
    if bar.kind != "bar" or bar.outs != (strand,) or [sheet.sizes[s] for s in bar.ins] != list(sizes):
        return None
    triangle = replace(step.elements[glyph], ins=bar.ins, outs=bar.ins)
    (given,) = step.gives
    at = given.strands.index(strand)
    gives = (Tensor(given.number, (*given.strands[:at], *bar.ins, *given.strands[at + 1 :])),)
    sheet.events[event] = replace(step, elements=(*step.elements[: glyph - 1], triangle, *step.elements[glyph + 1 :]), gives=gives)
    del sheet.makers[tensor.number]
    return bar.ins


def known(a: Array) -> tuple[str, ...]:
    """The names of an array's axes, "" for each where they are the a, b, c, … of one that was given no names."""
    names = tuple([axis.name for axis in a.axes])
    return ("",) * len(names) if names == LETTERS[: len(names)] else names


def plain(op: Op) -> str:
    """The name of an op without its fields."""
    return str(op).split("(")[0].split("<")[0]
