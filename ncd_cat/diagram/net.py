"""A net: boxes joined by wires that have names, which is a diagram up to the laws of a symmetric monoidal category with copies.

`Net.of` forgets where copies, crossings and discards stand; `route` draws them anew: a wire is copied where it is used and
needed again, the wires of a box are brought together by one permutation, and what nothing uses is discarded at the end.
Source: hypergraphs with interfaces of Bonchi, Gadducci, Kissinger, Sobociński and Zanasi 2022.

>>> from ncd_cat.diagram.structure import Copy, Swap
>>> from ncd_cat.types import Array
>>> x = Ty(Array.of((2,)))
>>> f, g = Box("f", x, x), Box("g", x @ x, x)
>>> net = Net.of(Copy(x) >> Swap(x, x) >> f @ x >> g)
>>> [(step.box.name, step.ins, step.outs) for step in net.steps], net.outs
([('f', (0,), (1,)), ('g', (1, 0), (2,))], (2,))
>>> print(net.diagram())
Copy(float32[a:2]) >> f @ float32[a:2] >> g
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Permutation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.structure import Copy, Discard
from ncd_cat.diagram.wires import Layer, Ty
from ncd_cat.types import Array

Wire = Any  # anything that can be hashed: the name of a wire


@dataclass(frozen=True, eq=False)
class Step:
    """A box, the wires that it takes and the wires that it makes."""

    box: Box
    ins: tuple[Wire, ...]
    outs: tuple[Wire, ...]


@dataclass(frozen=True, eq=False)
class Net:
    """Boxes in an order in which they can be done; the wires are numbered, `types` gives their types, by number.

    `ended` lists wires that are discarded, in order; some are used elsewhere.
    """

    ins: tuple[int, ...]
    steps: tuple[Step, ...]
    outs: tuple[int, ...]
    types: tuple[Array, ...]
    ended: tuple[int, ...] = ()

    @staticmethod
    def of(diagram: Diagram) -> Net:
        """The net of a diagram, of its outermost level: what is inside of a box stays there."""
        types, steps, ended = list(diagram.dom.inside), list[Step](), list[int]()
        row = list(range(len(types)))
        ins = tuple(row)
        for layer in diagram.inside:
            start = 0
            for k, part in enumerate(layer.boxes_or_types):
                if k % 2 == 0:
                    start += len(part)
                    continue
                taken = row[start : start + len(part.dom)]
                if part.legs is not None:
                    made = [taken[k] for k in part.legs]
                    ended += [wire for k, wire in enumerate(taken) if k not in part.legs]
                else:
                    made = list(range(len(types), len(types) + len(part.cod)))
                    types += part.cod.inside
                    steps.append(Step(part, tuple(taken), tuple(made)))
                row[start : start + len(taken)] = made
                start += len(made)
        return Net(ins, tuple(steps), tuple(row), tuple(types), tuple(ended))

    def users(self) -> dict[int, list[tuple[int, int]]]:
        """For each wire, the places where it is used: (step, input), and (number of steps, output)."""
        found: dict[int, list[tuple[int, int]]] = {wire: [] for wire in self.ins}
        for k, step in enumerate(self.steps):
            for j, wire in enumerate(step.ins):
                found[wire].append((k, j))
            found |= {wire: [] for wire in step.outs}
        for j, wire in enumerate(self.outs):
            found[wire].append((len(self.steps), j))
        return found

    def diagram(self) -> Diagram:
        """The net drawn as a diagram."""
        made = [wire for step in self.steps for wire in step.outs]
        used = {*self.outs, *(wire for step in self.steps for wire in step.ins)}
        present = {*made} - used
        dead = [wire for wire in dict.fromkeys([*self.ended, *made]) if wire in present]
        return route(self.steps, self.ins, self.outs, dead, self.types.__getitem__)


def route(
    steps: Sequence[Step], ins: Sequence[Wire], outs: Sequence[Wire], dead: Sequence[Wire], type_of: Callable[[Wire], Array]
) -> Diagram:
    """The diagram of boxes in order, from the wires `ins` to the wires `outs`; the wires `dead` are discarded at the end."""
    uses: Counter[Wire] = Counter([*outs, *dead])
    for step in steps:
        uses.update(step.ins)
    wires, layers = _Wires(type_of, list(ins), uses), []
    layers += [layer for w in ins if not uses[w] for layer in wires.discard(w)]
    for step in steps:
        layers += wires.gather(step.ins)
        layers.append(wires.apply(step))
    layers += wires.gather([*outs, *dead])
    layers += [layer for w in dead for layer in wires.discard(w)]
    return Diagram(layers, wires.ty(ins), wires.ty(outs), _scan=False)


class _Wires:
    """The wires at hand, from left to right, and how often each is still to be used."""

    def __init__(self, type_of: Callable[[Wire], Array], row: list[Wire], uses: Counter[Wire]) -> None:
        self.type_of, self.row, self.uses = type_of, row, uses
        self.copies: dict[tuple[Array, int], Box] = {}
        self.end = 0  # where the wires end that `gather` brought together

    def ty(self, wires: Sequence[Wire]) -> Ty:
        return Ty(*[self.type_of(w) for w in wires])

    def layer(self, start: int, box: Box, stop: int) -> Layer:
        return Layer(self.ty(self.row[:start]), box, self.ty(self.row[stop:]))

    def discard(self, wire: Wire) -> list[Layer]:
        """End the last wire of this name."""
        at = len(self.row) - 1 - self.row[::-1].index(wire)
        found = self.layer(at, Discard(self.ty([wire])), at + 1)
        del self.row[at]
        return [found]

    def gather(self, need: Sequence[Wire]) -> list[Layer]:
        """Copy what is used again, and bring the wires `need` together, in order, behind those between them."""
        layers = []
        for wire, count in Counter(need).items():
            self.uses[wire] -= count
            copies = count + (self.uses[wire] > 0)
            if copies > 1:
                at = self.row.index(wire)
                layers.append(self.layer(at, self.copy(wire, copies), at + 1))
                self.row[at : at + 1] = [wire] * copies
        taken = self.places(need)
        if not taken:
            return layers
        low, high = min(taken), max(taken) + 1
        chosen = set(taken)
        order = [k for k in range(low, high) if k not in chosen] + taken
        if order != list(range(low, high)):
            box = Permutation([k - low for k in order], self.ty(self.row[low:high]))
            layers.append(self.layer(low, box, high))
            self.row[low:high] = [self.row[k] for k in order]
        self.end = high
        return layers

    def copy(self, wire: Wire, n: int) -> Box:
        """The box that copies a wire; one object for equal ones."""
        key = (self.type_of(wire), n)
        found = self.copies.get(key)
        if found is None:
            found = self.copies[key] = Copy(Ty(key[0]), n)
        return found

    def places(self, need: Sequence[Wire]) -> list[int]:
        """Where the wires are, the last ones of each name first taken last."""
        found: list[int] = []
        after: dict[Wire, int] = {}
        for wire in need:
            at = self.row.index(wire, after.get(wire, 0))
            after[wire] = at + 1
            found.append(at)
        return found

    def apply(self, step: Step) -> Layer:
        """The layer of a box on the wires that `gather` brought together, or at the right end."""
        stop = self.end if step.ins else len(self.row)
        start = stop - len(step.ins)
        found = self.layer(start, step.box, stop)
        self.row[start:stop] = step.outs
        return found
