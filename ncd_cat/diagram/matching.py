"""Where a pattern occurs in a net: box for box, joined in the same way, and convex, so that one box may take its place.

What makes a wire is one box, so a match of the pattern's last box decides all that is above it; what is not above it is
found among the users of wires that are matched.  Boxes are compared up to the names of axes, the values of the pattern's
size symbols, and the prefix of weights.  Source: Bonchi, Gadducci, Kissinger, Sobociński and Zanasi, String diagram rewrite
theory II, arXiv 2104.14686.

>>> from ncd_cat.types import Array
>>> x = Ty(Array.of((2,)))
>>> f, g = Box("f", x, x), Box("g", x, x)
>>> net, pattern = Net.of(g >> f >> g), Pattern(f >> g)
>>> [list(match.steps.items()) for k in range(3) for match in Target(net, pattern).matches(k)]
[[(1, 2), (0, 1)]]
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Operation, Reindex
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Block, Inner
from ncd_cat.diagram.net import Net, Step
from ncd_cat.diagram.renaming import op_form, prefixes
from ncd_cat.diagram.wires import Ty, label
from ncd_cat.errors import InputError
from ncd_cat.sizes import Size, substitute, symbol, symbols
from ncd_cat.substitution import put
from ncd_cat.types import Array


class Pattern:
    """A definition that is looked for."""

    def __init__(self, body: Diagram) -> None:
        self.body, self.net = body, Net.of(body)
        self.steps, self.users = self.net.steps, self.net.users()
        self.maker = {wire: (k, j) for k, step in enumerate(self.steps) for j, wire in enumerate(step.outs)}
        self.outs = {*self.net.outs}
        self.coarse = [_coarse(step.box) for step in self.steps]
        if not self.steps:
            raise InputError(f"{label(body)} has no box that could be found in a diagram")
        for k, wire in enumerate(self.net.ins):
            if not any(place < len(self.steps) for place, _ in self.users[wire]):
                raise InputError(f"{label(body)} does not use its input {k}: what it is in an occurrence would be open")
        self._connected()

    def _connected(self) -> None:
        met, wires = {0}, {*self.steps[0].ins, *self.steps[0].outs}
        while new := [k for k, step in enumerate(self.steps) if k not in met and wires & {*step.ins, *step.outs}]:
            met.update(new)
            wires.update(wire for k in new for wire in (*self.steps[k].ins, *self.steps[k].outs))
        if len(met) < len(self.steps):
            apart = next(step.box for k, step in enumerate(self.steps) if k not in met)
            raise InputError(f"{label(self.body)} is in parts, {apart} shares no wire with {self.steps[0].box}: fold them one by one")

    def __len__(self) -> int:
        return len(self.steps)


@dataclass(frozen=True)
class Match:
    """Steps and wires of a net for those of a pattern."""

    steps: dict[int, int]
    wires: dict[int, int]

    @property
    def places(self) -> list[int]:
        """The steps of the net, in the order of the pattern's."""
        return [self.steps[k] for k in sorted(self.steps)]


class Target:
    """A net in which a pattern is looked for."""

    def __init__(self, net: Net, pattern: Pattern) -> None:
        self.net, self.pattern, self.users = net, pattern, net.users()
        self.maker = {wire: (k, j) for k, step in enumerate(net.steps) for j, wire in enumerate(step.outs)}
        self.coarse = [_coarse(step.box) for step in net.steps]

    def matches(self, last: int) -> Iterator[Match]:
        """The occurrences whose step `last` is the last one of the pattern."""
        start = self.paired(Match({}, {}), len(self.pattern) - 1, last)
        return (found for found in self.completed(start) if self.holds(found)) if start else iter(())

    def paired(self, given: Match, k: int, place: int) -> Match | None:
        """The match with a step for the pattern's step k, and with all that is above them."""
        found, stack = Match(dict(given.steps), dict(given.wires)), [(k, place)]
        taken = {*found.steps.values()}
        while stack:
            k, place = stack.pop()
            if found.steps.get(k) == place:
                continue
            if k in found.steps or place in taken or self.coarse[place] != self.pattern.coarse[k]:
                return None
            found.steps[k] = place
            taken.add(place)
            above = self.joined(found, self.pattern.steps[k], self.net.steps[place])
            if above is None:
                return None
            stack += above
        return found

    def joined(self, found: Match, step: Step, other: Step) -> list[tuple[int, int]] | None:
        """Pair the wires of two steps, and say which steps have to be paired with them; None where they do not fit."""
        above = []
        for a, b in zip(step.outs + step.ins, other.outs + other.ins, strict=True):
            if found.wires.setdefault(a, b) != b:
                return None
            if a in self.pattern.maker:
                (k, port), (place, other_port) = self.pattern.maker[a], self.maker.get(b, (-1, -1))
                if port != other_port:
                    return None
                above.append((k, place))
        return above

    def completed(self, found: Match) -> Iterator[Match]:
        """The matches of the whole pattern that begin as this one does."""
        rest = [k for k in range(len(self.pattern)) if k not in found.steps]
        if not rest:
            yield found
            return
        k, wire = next((k, wire) for k in rest for wire in self.pattern.steps[k].ins if wire in found.wires)
        for place in dict.fromkeys(place for place, _ in self.users[found.wires[wire]] if place < len(self.net.steps)):
            more = self.paired(found, k, place)
            if more is not None:
                yield from self.completed(more)

    def holds(self, found: Match) -> bool:
        """Whether the parts are equal, and nothing but the inputs and outputs of the pattern joins this one to the rest."""
        inside, steps = {*found.places}, self.pattern.steps
        for wire in self.pattern.net.ins:
            if self.maker.get(found.wires[wire], (-1, 0))[0] in inside:
                return False
        for wire in self.pattern.maker:
            if wire not in self.pattern.outs and any(place not in inside for place, _ in self.users[found.wires[wire]]):
                return False
        return self.split(found) is not None and self.alike([step.box for step in steps], found)

    def alike(self, boxes: Sequence[Box], found: Match) -> bool:
        """Whether the boxes are those of the pattern, for some values of its size symbols and another prefix of weights."""
        values: dict[str, Size] = {}
        for wire, other in found.wires.items():
            if not _bind(self.pattern.net.types[wire], self.net.types[other], values):
                return False
        keys: dict[str, int] = {}
        others: dict[str, int] = {}
        for box, place in zip(boxes, found.places, strict=True):
            if put(_loose(box, keys), values) != _loose(self.net.steps[place].box, others):
                return False
        return prefixes(tuple(keys), tuple(others)) is not None

    def split(self, found: Match) -> tuple[list[Step], list[Step]] | None:
        """The other steps, those that can come before the match and those that can come after it; None if it is not convex."""
        places = {*found.places}
        low, high = min(places), max(places)
        before, after = list(self.net.steps[:low]), []
        below: set[int] = set()
        outside: set[int] = set()  # the wires on which a path from the match has left it
        for k in range(low, high + 1):
            step = self.net.steps[k]
            if k in places:
                if not outside.isdisjoint(step.ins):
                    return None
                below.update(step.outs)
            elif below.isdisjoint(step.ins):
                before.append(step)
            else:
                after.append(step)
                below.update(step.outs)
                outside.update(step.outs)
        return before, after + list(self.net.steps[high + 1 :])

    def replaced(self, found: Match, name: str) -> Net:
        """The net with a block in the place of the match."""
        split, types, outs = self.split(found), list(self.net.types), list[int]()
        assert split is not None
        for wire in self.pattern.net.outs:
            made = found.wires[wire] if wire in self.pattern.maker else -1
            if made < 0 or made in outs:  # a wire that passes the pattern, or that it copies: what uses it stays where it is
                made = len(types)
                types.append(types[found.wires[wire]])
            outs.append(made)
        ins = tuple([found.wires[wire] for wire in self.pattern.net.ins])
        block = Step(Block(name, self.inside(found)), ins, tuple(outs))
        return replace(self.net, steps=(*split[0], block, *split[1]), types=tuple(types))

    def inside(self, found: Match) -> Diagram:
        """The boxes of the match, arranged as in the pattern."""
        boxes = [self.net.steps[place].box for place in found.places]
        net, body = self.pattern.net, self.pattern.body
        types = tuple([self.net.types[found.wires[wire]] for wire in range(len(net.types))])
        if boxes == [step.box for step in net.steps] and types == net.types:
            return body
        return replace(net, steps=tuple([replace(s, box=box) for s, box in zip(net.steps, boxes, strict=True)]), types=types).diagram()


# ---- boxes up to names of axes, sizes and keys ----------------------------------------------------------------------


def _coarse(box: Box) -> Hashable:
    """What boxes that are alike share, at a glance."""
    if isinstance(box, Operation):
        return Operation, len(box.dom), tuple([type(op) for op in box.data[0]])
    return type(box), len(box.dom), len(box.cod), box.names if isinstance(box, Inner) else "" if isinstance(box, Reindex) else box.name


def _loose(box: Box, keys: dict[str, int]) -> tuple[Any, ...]:
    """The box without names of axes; keys of weights are numbered in the order of first occurrence."""
    types = _plain(box.dom), _plain(box.cod)
    if isinstance(box, Operation):
        ops, accesses = box.data
        return (*types, tuple([op_form(op, keys) for op in ops]), accesses)
    if not isinstance(box, Inner):
        return (*types, box.data)
    own: dict[str, int] = {}
    parts = [layer.boxes_or_types for layer in box.arg.inside]
    inside = tuple([tuple([_loose(x, own) if k % 2 else len(x) for k, x in enumerate(row)]) for row in parts])
    return (*types, inside, tuple([tuple([keys.setdefault(rename(key), len(keys)) for key in own]) for rename in box.renamings]))


def _plain(x: Ty) -> tuple[Any, ...]:
    return tuple([(a.kind, a.sizes) for a in x.inside])


def _bind(a: Array, b: Array, values: dict[str, Size]) -> bool:
    """Give the symbols in the sizes of an array their values in another; False where the types do not fit."""
    if a.kind != b.kind or len(a.axes) != len(b.axes):
        return False
    for m, n in zip(a.sizes, b.sizes, strict=True):
        names = symbols(m)
        if len(names) == 1 and m == symbol(names[0]) and values.setdefault(names[0], n) != n:
            return False
    return all(substitute(m, values) == n for m, n in zip(a.sizes, b.sizes, strict=True) if {*symbols(m)} <= {*values})
