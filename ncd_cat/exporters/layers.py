"""Diagrams as data: the free category on boxes, written as a table of boxes and diagrams, each over earlier ones.

An entry of the table is `["Diagram", dom, cod, layers]` or `[box, …]`, the name of a box class and its arguments.  A layer is
`[w, b, w, b, …]`: w wires pass, then the box of entry b stands, and so on; the wires after the last box are not written.  Types
are numbers of a table of arrays; what the boxes hold is written as `ncd_cat.codec` writes it.  A layer ends with `[wire, type, …]`
where wires pass it under other names.  Nothing in a table is ever executed: it names box classes of the list here.

>>> from ncd_cat.diagram import Array, Copy, Diagram, Ty
>>> x = Array.of((3,))
>>> sheet = Sheet()
>>> sheet.add(Diagram.copy(Ty(x)) >> Diagram.id(Ty(x)) @ Copy(Ty(x)))
1
>>> sheet.parts
[['Copy', [0], 2], ['Diagram', [0], [0, 0, 0], [[0, 0], [1, 0]]]]
"""

from __future__ import annotations

import json
import reprlib
from typing import Any

from ncd_cat.codec import MALFORMED, Reader, Table, decode_array, encode_array
from ncd_cat.diagram import Box, Diagram, Layer, Ty
from ncd_cat.diagram.inner import Inner
from ncd_cat.errors import NcdError
from ncd_cat.exporters.bounds import Bounds, inhabited
from ncd_cat.exporters.boxes import read_box, write_box
from ncd_cat.fields import as_list, natural
from ncd_cat.types import Array

REFUSED = (*MALFORMED, NcdError)


# ---- writing ------------------------------------------------------------------------------------------------------


class Sheet:
    """The tables of some diagrams as they are written: arrays, nodes inside of ops, boxes and diagrams."""

    def __init__(self) -> None:
        self.table = Table()
        self.types: list[Any] = []
        self.parts: list[Any] = []
        self.bounds = Bounds()
        self._arrays: dict[tuple[Array, str], int] = {}
        self._known: dict[str, int] = {}
        self._ids: dict[int, int] = {}
        self._kept: list[Any] = []  # what has a number is not freed: its id stands for it

    def add(self, diagram: Diagram) -> int:
        """The number of the diagram; what it is made of is added before it.  Raises UnsupportedOp, and ValueError by size."""
        stack = [(diagram, False)]
        while stack:
            part, ready = stack.pop()
            if id(part) in self._ids:
                continue
            if ready:
                self._ids[id(part)] = self._put(part)
                self._kept.append(part)
            else:
                stack.append((part, True))
                stack += [(x, False) for x in reversed(_below(part))]
        return self._ids[id(diagram)]

    def number(self, part: Diagram) -> int:
        """The number of a diagram that has been added."""
        return self._ids[id(part)]

    def array(self, a: Array) -> int:
        """The number of an array type, with its name."""
        found = self._ids.get(id(a))
        if found is None:
            found = self._arrays.setdefault((a, a.name), len(self.types))
            if found == len(self.types):
                inhabited(a.axes)
                self.types.append(encode_array(a))
            self._ids[id(a)] = found
            self._kept.append(a)
        return found

    def wires(self, x: Ty) -> list[int]:
        """The numbers of the wires of a type."""
        return [self.array(a) for a in x.inside]

    def _put(self, part: Diagram) -> int:
        entry = write_box(self, part) if isinstance(part, Box) else self._diagram(part)
        text = json.dumps(entry)
        found = self._known.setdefault(text, len(self.parts))
        if found == len(self.parts):
            self.bounds.close([self.number(x) for x in _below(part)], isinstance(part, Box), _times(part))
            self.parts.append(entry)
        return found

    def _diagram(self, d: Diagram) -> list[Any]:
        row, layers = list(d.dom.inside), []
        for layer in d.inside:
            self.bounds.wires(len(row) + 1)
            data, row = self._layer(layer, row)
            layers.append(data)
        return ["Diagram", self.wires(d.dom), self.wires(d.cod), layers]

    def _layer(self, layer: Layer, row: list[Array]) -> tuple[list[Any], list[Array]]:
        """The layer as data, and the wires below it; `row` are those above."""
        data: list[Any] = []
        named: list[int] = []
        after: list[Array] = []
        at = 0
        for k, part in enumerate(layer.boxes_or_types):
            if k % 2:
                data.append(self.number(part))
                at, after = at + len(part.dom), after + list(part.cod.inside)
                continue
            data.append(len(part))
            for a in part.inside:
                if a is not row[at] and a.name != row[at].name:
                    named += [at, self.array(a)]
                at += 1
            after += part.inside
        return [*data[:-1], named] if named else data[:-1], after


def _below(part: Diagram) -> list[Diagram]:
    """The diagrams and boxes that one is made of, each as often as it is."""
    if isinstance(part, Box):
        return [part.arg] * max(len(part.names), 1) if isinstance(part, Inner) else []
    return list(part.boxes)


def _times(part: Diagram) -> int:
    """How often a box is walked through its inside."""
    return len(part.renamings) if isinstance(part, Inner) else 1


# ---- reading ------------------------------------------------------------------------------------------------------


class Pages:
    """Reads the tables of some diagrams; an entry names only earlier ones."""

    def __init__(self, reader: Reader, types: Any) -> None:
        self.reader = reader
        self.bounds = Bounds()
        self.parts: list[Diagram] = []
        self.below: list[int] = []
        self.types: list[Array] = []
        for k, data in enumerate(as_list(types)):
            try:
                a = decode_array(data)
                inhabited(a.axes)
                self.types.append(a)
            except REFUSED as problem:
                raise ValueError(f"type {k}: {problem}") from None

    def extend(self, entries: Any) -> list[Diagram]:
        """Read entries and return all diagrams and boxes so far.  Raises ValueError, naming the entry, unless they are well typed."""
        for data in as_list(entries):
            try:
                found = self._part(as_list(data))
                self.bounds.close(self.below, isinstance(found, Box), _times(found))
            except REFUSED as problem:
                name = reprlib.repr(data[0] if type(data) is list and data else data)
                raise ValueError(f"part {len(self.parts)} ({name}): {problem}") from None
            self.parts.append(found)
        return self.parts

    def part(self, index: Any) -> Diagram:
        """An earlier entry.  Raises ValueError."""
        if natural(index) >= len(self.parts):
            raise ValueError(f"there is no part {index} before this one")
        self.below.append(index)
        found: Diagram = self.parts[index]
        return found

    def array(self, index: Any) -> Array:
        """The array type of this number.  Raises ValueError."""
        if natural(index) >= len(self.types):
            raise ValueError(f"there is no type {index}")
        found: Array = self.types[index]
        return found

    def wires(self, data: Any) -> Ty:
        """The type whose wires have these numbers.  Raises ValueError."""
        self.bounds.wires(len(as_list(data)))
        return Ty(*[self.array(k) for k in data])

    def _part(self, data: list[Any]) -> Diagram:
        self.below = []
        if not data or type(data[0]) is not str:
            raise ValueError("it starts with no name")
        if data[0] != "Diagram":
            return read_box(self, data)
        if len(data) != 4:
            raise ValueError("due are dom, cod and layers")
        return self._diagram(*data[1:])

    def _diagram(self, dom: Any, cod: Any, layers: Any) -> Diagram:
        x, y, found = self.wires(dom), self.wires(cod), []
        row = list(x.inside)
        for k, data in enumerate(as_list(layers)):
            self.bounds.wires(len(row) + 1)
            try:
                layer = self._layer(as_list(data), row)
            except ValueError as problem:
                raise ValueError(f"layer {k}: {problem}") from None
            found.append(layer)
            row = list(layer.cod.inside)
        _same(row, y, "the diagram", "gives")
        return Diagram(found, x, y, _scan=False)

    def _layer(self, data: list[Any], row: list[Array]) -> Layer:
        """The layer below the wires of `row`.  Raises ValueError unless its boxes take what is there."""
        if len(data) % 2:
            row, data = self._named(as_list(data[-1]), row), data[:-1]
        if not data:
            raise ValueError("there is no box in it")
        parts: list[Any] = []
        at = 0
        for count, index in zip(data[::2], data[1::2], strict=True):
            box = self.part(index)
            if not isinstance(box, Box):
                raise ValueError(f"part {index} is no box")
            start = at + natural(count)
            at = start + len(box.dom)
            parts += [Ty(*row[start - count : start]), box]
            if at > len(row):
                raise ValueError(f"part {index} takes wires up to {at}, there are {len(row)}")
            _same(row[start:at], box.dom, f"part {index}", "takes")
        return Layer(*parts, Ty(*row[at:]))

    def _named(self, data: list[Any], row: list[Array]) -> list[Array]:
        """The row with other names for some of its wires."""
        row = list(row)
        for wire, index in zip(data[::2], data[1::2], strict=True):
            a = self.array(index)
            if natural(wire) >= len(row) or row[wire] != a:
                raise ValueError(f"there is no wire {wire} of type {a}")
            row[wire] = a
        return row


def _same(row: list[Array], x: Ty, what: str, does: str) -> None:
    if row == list(x.inside):
        return
    if len(row) != len(x):
        raise ValueError(f"{what} {does} {len(x)} wires, there are {len(row)}")
    k = next(k for k, (a, b) in enumerate(zip(row, x.inside, strict=True)) if a != b)
    raise ValueError(f"{what} {does} {x.inside[k]} as wire {k}, there is {row[k]}")
