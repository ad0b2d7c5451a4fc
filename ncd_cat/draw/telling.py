"""The story of a diagram: a walk through its boxes in order, with the strands that every wire carries.

Copies are made where a wire is used first; weights and tables are drawn by what uses them; a view says which blocks are
boxes.  The walk is linear in the number of boxes and axes.

>>> from ncd_cat import architectures
>>> story = tell(architectures.diagram("attention"))
>>> [e.kind for e in story.elements]
['cup', 'softmax', 'cup']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import zip_longest

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Block, Broadcast, Operation, Reindex
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.net import Net
from ncd_cat.diagram.net import Step as Wiring
from ncd_cat.diagram.repeats import Repeat
from ncd_cat.draw.arranging import arranged
from ncd_cat.draw.bundles import bundled
from ncd_cat.draw.loops import bracketed, loop, range_of
from ncd_cat.draw.operations import read
from ncd_cat.draw.reading import Reading
from ncd_cat.draw.scales import scaled
from ncd_cat.draw.splitting import divide_forks
from ncd_cat.draw.story import Element, Enter, Fork, Leave, Step, Story, Tensor
from ncd_cat.draw.teller import Sheet, Source, known
from ncd_cat.draw.tints import tint
from ncd_cat.draw.view import View, is_layer
from ncd_cat.nesting import Path
from ncd_cat.ops.contraction import Contraction, Spec
from ncd_cat.scalars import ONE
from ncd_cat.types import Array

Held = Tensor | Source
AT_ONCE = 4  # copies that fan out from one dot; of more, one is split off at a time


def tell(diagram: Diagram, seen: View | int | None = None, given: Sequence[object] = ()) -> Story:
    """The story of a diagram as it is seen; a number is a depth, blocks nested deeper are boxes.

    `given`: for each input the constant that it is, from the step that tells the block, or None.
    """
    view = (seen if isinstance(seen, View) else View(depth=seen)).of(diagram)
    diagram = bracketed(diagram, view.fold)
    sheet = Sheet()
    held: list[Held] = [x if isinstance(x, Source) else sheet.fresh(a, named=True) for a, x in zip_longest(diagram.dom.inside, given)]
    ins = [x for x in held if isinstance(x, Tensor)]
    made = _Walk(sheet, Net.of(diagram), held, (), (), view).run()
    outs = [_drawn(sheet, x, a, ()) for x, a in zip(made, diagram.cod.inside, strict=True)]
    divide_forks(sheet)
    story = Story(sheet.called(), tuple(map(str, sheet.sizes)), tuple(ins), tuple(sheet.events), tuple(outs))
    story = arranged(bundled(story), sheet.sizes)
    return scaled(story, sheet.sizes) if view.scales else story


class _Walk:
    """One level of a diagram: what its wires carry, and how often each is still to be used."""

    def __init__(self, sheet: Sheet, net: Net, ins: list[Held], path: tuple[int, ...], names: Path, view: View) -> None:
        self.sheet, self.net, self.path, self.names, self.view = sheet, net, path, names, view
        self.held: dict[int, list[Held]] = {wire: [held] for wire, held in zip(net.ins, ins, strict=True)}
        self.left = {wire: len(places) for wire, places in net.users().items()}

    def run(self) -> list[Held]:
        """Tell every box; what the outputs carry."""
        for wire in self.net.ins:
            self._drop(wire)
        for step in self.net.steps:
            taken = [self._take(wire) for wire in step.ins]
            for wire, held in zip(step.outs, self._told(step, taken), strict=True):
                self.held[wire] = [held]
                self._drop(wire)
        return [self._take(wire) for wire in self.net.outs]

    # ---- wires ----------------------------------------------------------------------------------------------------

    def _take(self, wire: int) -> Held:
        """One copy of what a wire carries."""
        row = self.held[wire]
        if isinstance(row[0], Source):
            return row[0]
        left = self.left[wire]
        self.left[wire] -= 1
        if len(row) == 1 and left > 1:
            self.held[wire] = row = self._forked(row[0], left if left <= AT_ONCE else 2)
        return row.pop(0)

    def _forked(self, tensor: Tensor, count: int) -> list[Held]:
        sheet = self.sheet
        copies = [sheet.tensor(tensor.strands)]
        for _ in range(count - 1):
            copies.append(sheet.tensor(tuple([sheet.copy(s) for s in tensor.strands])))
        sheet.events.append(Fork(tensor, tuple(copies), self.path))
        return list(copies)

    def _drop(self, wire: int) -> None:
        """End what nothing uses."""
        (held,) = self.held[wire]
        if not self.left[wire] and isinstance(held, Tensor):
            ends = tuple([Element("end", (s,)) for s in held.strands])
            self.sheet.events.append(Step((held,), ends, (), "discard", self.path))

    # ---- boxes ----------------------------------------------------------------------------------------------------

    def _opens(self, box: Block | Repeat, small: bool = False) -> bool:
        """Whether a block is drawn with what is in it."""
        return self.view.opens((*self.names, *box.names[:1]), small, box.closed)

    def _told(self, step: Wiring, taken: list[Held]) -> Sequence[Held]:
        box = step.box
        if isinstance(box, Operation):
            return self._operation(box, taken)
        if isinstance(box, Reindex):
            copied = Contraction((Spec(ONE, (), 1, ()),))
            return self._operation(Operation.of((copied,), (box.data,), box.dom, box.cod), taken)
        if isinstance(box, Broadcast):
            return _Walk(self.sheet, Net.of(Diagram.from_graph(box.graph)), taken, self.path, self.names, self.view).run()
        if isinstance(box, Block | Repeat) and self._opens(box, is_layer(box)):
            return self._block(box, taken)
        return self._closed(box, taken)

    def _operation(self, box: Operation, taken: list[Held]) -> list[Held]:
        op = box.data[0][0]
        constants = [x for x in taken if isinstance(x, Source)]
        if len(constants) == len(taken) and (taken or op.glyph in ("weight", "literal")) and len(box.cod) == 1:
            named = next((c.op for c in constants if c.learned), constants[0].op if len(taken) == 1 else op)
            return [Source(named, any(c.learned for c in constants) or op.glyph == "weight")]
        if op.glyph == "loop":
            return loop(self.sheet, box, taken, self.path, self._inside)
        if self.view.layers == "operations":
            taken = [_drawn(self.sheet, x, a, self.path) if _is_weight(x) else x for x, a in zip(taken, box.dom.inside, strict=True)]
        if len(box.cod) != 1:
            return self._closed(box, taken)
        reading = Reading.of(self.sheet, box, list(taken), 0)
        given = read(reading)
        drawn = [x for x in reading.operands if isinstance(x, Tensor)]
        over = {*given.strands, *(s for e in reading.elements for s in e.ins)}
        reading.elements += [Element("end", (s,)) for x in drawn for s in x.strands if s not in over]
        if not reading.elements and len(drawn) == 1 and drawn[0].number in self.sheet.makers:
            self.sheet.makers[given.number] = self.sheet.makers[drawn[0].number]
        elif reading.elements:
            glyphs = [k for k, e in enumerate(reading.elements) if e.kind not in ("repeat", "end")]
            self.sheet.makers[given.number] = (len(self.sheet.events), (glyphs or [0])[-1])
        self.sheet.events.append(Step(tuple(drawn), tuple(reading.elements), (given,), f"{op} : {box.dom} → {box.cod}", self.path, box))
        return [given]

    def _inside(self, diagram: Diagram, taken: list[Held], path: tuple[int, ...]) -> list[Held]:
        """What a diagram gives, told in some blocks."""
        return _Walk(self.sheet, Net.of(diagram), taken, path, self.names, self.view).run()

    def _closed(self, box: Box, taken: list[Held]) -> list[Held]:
        """A box across all axes."""
        name, dom, cod = box.name, box.dom.inside, box.cod.inside
        drawn = [x for x in taken if isinstance(x, Tensor)]
        given = [self.sheet.fresh(a) for a in cod]
        ins, outs = (tuple([s for t in tensors for s in t.strands]) for tensors in (drawn, given))
        types = " → ".join(" × ".join(map(str, x)) or "1" for x in (dom, cod))
        glyph = Element("block", ins, outs, name)
        constants = tuple([x if isinstance(x, Source) else None for x in taken])
        self.sheet.events.append(Step(tuple(drawn), (glyph,), tuple(given), f"{name} : {types}", self.path, box, constants))
        return list(given)

    def _block(self, box: Block | Repeat, taken: list[Held]) -> list[Held]:
        self.sheet.blocks += 1
        block, start = self.sheet.blocks, len(self.sheet.events)
        path = (*self.path, block)
        times = range_of(box)
        title = box.name.rpartition(" ×")[0] if times else box.name
        entered = Enter(block, title, tuple([x for x in taken if isinstance(x, Tensor)]), self.path, bracket=times)
        self.sheet.events.append(entered)
        given = _Walk(self.sheet, Net.of(box.arg), taken, path, (*self.names, *box.names[:1]), self.view).run()
        made = [e for e in self.sheet.events[start + 1 :] if not isinstance(e, Step) or e.elements]
        if self._opens(box) and sum(sum(x.kind != "bar" for x in e.elements) if isinstance(e, Step) else 2 for e in made) > 1:
            self.sheet.events[start] = replace(entered, tint=tint(self.sheet.events[start + 1 :], block, path))
            self.sheet.events.append(Leave(block, tuple([x for x in given if isinstance(x, Tensor)])))
        else:
            self.sheet.events[start] = Step((), (), (), box.name, self.path)
        return [_named(held, a) for held, a in zip(given, box.cod.inside, strict=True)]


def _is_weight(held: Held) -> bool:
    return isinstance(held, Source) and held.learned


def _named(held: Held, a: Array) -> Held:
    """What a wire carries, with the names that the type of the wire gives its axes."""
    names = known(a)
    return replace(held, names=names) if isinstance(held, Tensor) and any(names) else held


def _drawn(sheet: Sheet, held: Held, a: Array, path: tuple[int, ...]) -> Tensor:
    """The tensor itself, or a glyph for a constant that is an output."""
    if isinstance(held, Tensor):
        return held
    found = sheet.fresh(a)
    element = Element("state", (), found.strands, held.name, bold=held.learned)
    sheet.events.append(Step((), (element,), (found,), f"{held.op} : {a}", path))
    return found
