"""Repeated blocks: f₀ ⨾ f₁ ⨾ … ⨾ fₙ₋₁, equal up to the prefix of their weights' keys, as one box f ×n.

A run of blocks is a path in the net of a level: all that one makes is what the next one carries on, and what else they take
is the same for all of them, such as a mask.  Finding runs takes time linear in boxes: each block is compared by its form.

>>> from ncd_cat.diagram.boxes import Operation
>>> from ncd_cat.diagram.wires import EMPTY, Ty
>>> from ncd_cat.graph import Weight
>>> from ncd_cat.ops.contraction import add
>>> from ncd_cat.types import Array
>>> x = Ty(Array.of((2,)))
>>> plus = Diagram.from_callable(x @ x, x)(add)
>>> layers = [(Operation(Weight(f"h.{k}.bias"), EMPTY, x) @ x >> plus).block(f"h.{k}") for k in range(12)]
>>> d = Diagram.id(x).then(*layers)
>>> print(folded(d))
h ×12
>>> unfolded(folded(d)) == d, folded(d).graph == d.graph
(True, True)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from ncd_cat import wiring
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.functor import Functor
from ncd_cat.diagram.inner import Block, Inner
from ncd_cat.diagram.net import Net, Step
from ncd_cat.diagram.renaming import Rename, Skeleton, changed, each_box, prefixes, renamed, skeleton
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value


class Repeat(Inner):
    """The composition of blocks names[0], names[1], …; block k is `arg` with prefixes[k] for prefixes[0] in its weights' keys.

    Output j of a step is input carried[j] of the next one (input j, without `carried`); the other inputs are the same for
    all steps.  Without `prefixes` the steps share all weights.  Raises TypeMismatch unless the steps compose.
    """

    def __init__(
        self,
        arg: Diagram,
        names: Sequence[str],
        prefixes: Sequence[str] | None = None,
        carried: Sequence[int] | None = None,
        closed: bool = False,
    ) -> None:
        self.arg, self.names, self.closed = arg, tuple(names), closed
        self.prefixes = tuple(prefixes or [""] * len(self.names))
        self.carried = tuple(range(len(arg.cod)) if carried is None else carried)
        stems = list(dict.fromkeys(re.sub(r"[._]?\d+$", "", name) for name in self.names))
        Box.__init__(self, f"{''.join(stems if len(stems) == 1 else self.names[:1])} ×{len(self.names)}", arg.dom, arg.cod, arg)
        if len(self.prefixes) != len(self.names) or not self.names:
            raise TypeMismatch(f"{self.name} has {len(self.names)} steps and {len(self.prefixes)} prefixes of weights")
        if len({*self.carried}) != len(arg.cod) or not {*self.carried} <= {*range(len(arg.dom))}:
            raise TypeMismatch(f"{self.name} has {len(arg.cod)} outputs, they are not inputs {self.carried} of the next step")
        for j, (x, k) in enumerate(zip(arg.cod.inside, self.carried, strict=True)):
            if x != arg.dom.inside[k]:
                raise TypeMismatch(f"{self.name} gives {x} as output {j}, but input {k} of the next step is {arg.dom.inside[k]}")

    def around(self, arg: Diagram) -> Repeat:
        return self if arg is self.arg else Repeat(arg, self.names, self.prefixes, self.carried, self.closed)

    def shut(self, closed: bool) -> Repeat:
        """The box with its inside hidden, or shown."""
        return self if closed == self.closed else Repeat(self.arg, self.names, self.prefixes, self.carried, closed)

    @property
    def frame(self) -> tuple[Any, ...]:
        return self.names, self.carried, self.closed

    @property
    def renamings(self) -> tuple[Rename, ...]:
        return tuple([changed(self.prefixes[0], new) for new in self.prefixes])

    @cached_property
    def key(self) -> tuple[Any, ...]:
        return type(self).__name__, self.dom, self.cod, self.data, self.prefixes, *self.frame

    @cached_property
    def steps(self) -> tuple[Block, ...]:
        """The blocks, each with its own weights."""
        args = [self.arg, *(renamed(self.arg, rename) for rename in self.renamings[1:])]
        return tuple([Block(name, arg, self.closed) for name, arg in zip(self.names, args, strict=True)])

    def unfolded(self) -> Diagram:
        """The composition of the steps."""
        return _composed(self, self.steps)

    def mapped(self, change: Callable[[Diagram], Diagram]) -> Diagram:
        """The steps with `change` made in each, as one box again if they still differ by their weights' prefix only."""
        return fold_level(_composed(self, [block.around(change(block.arg)) for block in self.steps]))

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        row = list(values)
        for block in self.steps:
            found = block.act(row, run)
            for k, v in zip(self.carried, found, strict=True):
                row[k] = v
        return found

    def image(self, functor: Functor) -> Any:
        found = functor(self.unfolded())
        return fold_level(found) if isinstance(found, Diagram) else found

    def dagger(self) -> Diagram:
        return fold_level(self.unfolded()[::-1])

    def to_drawing(self, functor_factory: Any = None) -> Any:
        return Box.to_drawing(self) if self.closed else super().to_drawing()

    def __repr__(self) -> str:
        return f"Repeat({self.arg!r}, {self.names!r}, {self.prefixes!r}, {self.carried!r}{', closed=True' * self.closed})"


def _composed(repeat: Repeat, blocks: Sequence[Block]) -> Diagram:
    n, m = len(repeat.dom), len(repeat.cod)
    types = repeat.dom.inside + repeat.cod.inside * len(blocks)
    outs = tuple(range(n + m * (len(blocks) - 1), n + m * len(blocks)))
    step = Step(repeat, tuple(range(n)), outs)
    return Net(step.ins, tuple(_chain(step, repeat.carried, blocks, iter(range(n, len(types))))), outs, types).diagram()


def _chain(step: Step, carried: Sequence[int], blocks: Sequence[Block], fresh: Iterator[int]) -> list[Step]:
    """A step as a chain of blocks, which makes new wires between them."""
    found, row = [], list(step.ins)
    for k, block in enumerate(blocks):
        outs = step.outs if k == len(blocks) - 1 else tuple([next(fresh) for _ in step.outs])
        found.append(Step(block, tuple(row), outs))
        for j, wire in zip(carried, outs, strict=True):
            row[j] = wire
    return found


# ---- all levels ---------------------------------------------------------------------------------------------------


def unfolded(diagram: Diagram, least: int | None = None) -> Diagram:
    """The diagram with the blocks in the place of each `Repeat`, or of those of fewer blocks than `least`, at all levels."""
    inner = each_box(diagram, lambda box: box.around(unfolded(box.arg, least)) if isinstance(box, Inner) else box)

    def short(box: Any) -> bool:
        return isinstance(box, Repeat) and (least is None or len(box.names) < least)

    if not any(short(box) for box in inner.boxes):
        return inner
    net = Net.of(inner)
    types, steps = list(net.types), []
    for step in net.steps:
        if short(step.box):
            between = step.box.cod.inside * (len(step.box.names) - 1)
            steps += _chain(step, step.box.carried, step.box.steps, iter(range(len(types), len(types) + len(between))))
            types += between
        else:
            steps.append(step)
    return replace(net, steps=tuple(steps), types=tuple(types)).diagram()


def folded(diagram: Diagram) -> Diagram:
    """The diagram with one `Repeat` in the place of each maximal run of blocks that are equal up to their weights' prefix.

    Runs are found at all levels, the inner ones first.  `unfolded` undoes it: the graph is the same, and so is the diagram
    where its copies and crossings stand as `simplify` puts them.
    """
    inner = each_box(diagram, lambda box: box.around(folded(box.arg)) if isinstance(box, Inner) else box)
    return fold_level(inner)


def find_repeats(diagram: Diagram) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The runs that `folded` finds, outermost first: for each the dotted path of the block it is in, and the blocks' names."""
    found: list[tuple[str, tuple[str, ...]]] = []

    def walk(d: Diagram, path: tuple[str, ...]) -> None:
        for box in d.boxes:
            if isinstance(box, Repeat):
                found.append((".".join(path), box.names))
            if isinstance(box, Inner):
                walk(box.arg, (*path, *box.names[:1]))

    walk(folded(diagram), ())
    return tuple(found)


# ---- one level ----------------------------------------------------------------------------------------------------


@dataclass
class _Run:
    """Steps of a net that are blocks of one form, each carried on by the next."""

    places: list[int]
    prefixes: list[str]
    carried: tuple[int, ...] = ()


def fold_level(diagram: Diagram) -> Diagram:
    """The diagram with the runs of its outermost level folded."""
    if sum(type(box) is Block for box in diagram.boxes) < 2:
        return diagram
    net = Net.of(diagram)
    runs = {run.places[0]: run for run in _runs(net)}
    inner = {k for run in runs.values() for k in run.places[1:]}
    steps = [_folded(net, runs[k]) if k in runs else step for k, step in enumerate(net.steps) if k not in inner]
    return replace(net, steps=tuple(steps)).diagram() if runs else diagram


def _folded(net: Net, run: _Run) -> Step:
    blocks = [net.steps[k].box for k in run.places]
    first, last = net.steps[run.places[0]], net.steps[run.places[-1]]
    box = Repeat(blocks[0].arg, [b.name for b in blocks], run.prefixes, run.carried, blocks[0].closed)
    return Step(box, first.ins, last.outs)


def _runs(net: Net) -> list[_Run]:
    """The maximal runs of at least two blocks."""
    users = net.users()
    forms = {k: skeleton(step.box.arg) for k, step in enumerate(net.steps) if type(step.box) is Block}
    found: list[_Run] = []
    taken: set[int] = set()
    for k in forms:
        if k in taken:
            continue
        run = _Run([k], [""])
        while _extend(run, net, users, forms):
            taken.add(run.places[-1])
        if len(run.places) > 1:
            found.append(run)
    return found


def _extend(run: _Run, net: Net, users: dict[int, list[tuple[int, int]]], forms: dict[int, Skeleton]) -> bool:
    """Add the next block to a run, if there is one."""
    step = net.steps[run.places[-1]]
    uses = [users[wire] for wire in step.outs]
    if not uses or any(len(u) != 1 for u in uses) or len({u[0][0] for u in uses}) != 1:
        return False
    place, carried = uses[0][0][0], tuple([u[0][1] for u in uses])
    first = forms[run.places[0]]
    if place not in forms or forms[place].form != first.form or (run.carried and carried != run.carried):
        return False
    others = [k for k in range(len(step.ins)) if k not in carried]
    box, start = net.steps[place].box, net.steps[run.places[0]].box
    if box.closed != start.closed or any(net.steps[place].ins[k] != step.ins[k] for k in others):
        return False
    pair = prefixes(first.keys, forms[place].keys)
    if pair is None or (len(run.places) > 1 and pair[0] != run.prefixes[0]):
        return False
    run.places.append(place)
    run.prefixes[0] = pair[0]
    run.prefixes.append(pair[1])
    run.carried = carried
    return True


__all__ = ["Repeat", "find_repeats", "fold_level", "folded", "unfolded"]
