"""Runs of steps of a story that are alike but for sizes: the same glyphs on the same wires, one after another.

A step is a stretch of events outside of all blocks, or of whole blocks.  It takes one tensor, which the step before it gave; one
more may be given to a later run, and one loaded from an earlier one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import pairwise

from ncd_cat.draw.story import Enter, Event, Fork, Leave, Step, Story, Tensor

LEAST, MOST = 3, 16  # steps of a run, and events or blocks of a step
Shape = tuple[object, ...]


@dataclass(frozen=True)
class Pass:
    """One step of a run: what it takes, gives, saves and loads, and its strands as they occur."""

    taken: Tensor
    given: Tensor
    saved: Tensor | None
    loaded: Tensor | None
    strands: tuple[int, ...]


@dataclass(frozen=True)
class Run:
    """Steps of `period` events each, from event `start` on."""

    start: int
    period: int
    steps: tuple[Pass, ...]

    @property
    def stop(self) -> int:
        """The event after the run."""
        return self.start + self.period * len(self.steps)

    @property
    def renamed(self) -> dict[int, int]:
        """For the strands that the last step gives, those that the first one gives."""
        return dict(zip(self.steps[-1].given.strands, self.steps[0].given.strands, strict=True))


def tensors_of(event: Event) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """What an event takes, and what it gives."""
    takes = () if isinstance(event, Leave) else (event.takes,) if isinstance(event, Fork) else event.takes
    return takes, () if isinstance(event, Enter) else event.gives


def found(events: Sequence[Event], story: Story) -> list[Run]:
    """The runs of events that do not overlap, the longest first, in their order."""
    outside = [k for k, depth in enumerate(_depths(events)) if not depth]
    last = {t.number: k for k, e in enumerate(events) for t in tensors_of(e)[0]} | {t.number: len(events) for t in story.outs}
    tried = sorted(_repeats([_shape(e) for e in events], outside), key=lambda r: (r[1] * (r[2] - 1), r[0]), reverse=True)
    runs: list[Run] = []
    for start, period, count in tried:
        free = all(start + period * count <= run.start or run.stop <= start for run in runs)
        run = _run(events, last, start, period, count) if free else None
        runs += [run] if run is not None else []
    return sorted(runs, key=lambda run: run.start)


def _depths(events: Sequence[Event]) -> list[int]:
    """How many blocks are open before each event."""
    made = [0]
    for event in events:
        made.append(made[-1] + isinstance(event, Enter) - isinstance(event, Leave))
    return made[:-1]


def _repeats(shapes: Sequence[Shape], outside: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    """Where a stretch of events is followed by equal ones: start, length and how many times."""
    units = [tuple(shapes[a:b]) for a, b in pairwise([*outside, len(shapes)])]
    for apart in range(1, min(MOST, len(units) // LEAST) + 1):
        alike = 0
        for k in reversed(range(len(units) - apart)):
            alike = alike + 1 if units[k] == units[k + apart] else 0
            if alike // apart + 1 >= LEAST:
                yield outside[k], outside[k + apart] - outside[k], alike // apart + 1


def _shape(event: Event) -> Shape:
    """An event but for its sizes and the numbers in its name."""
    counts = tuple(tuple(len(t.strands) for t in side) for side in tensors_of(event))
    if isinstance(event, Step):
        drawn = [(e.kind, len(e.ins), len(e.outs), _said(e.kind, e.text), e.sup, e.sub, e.bold) for e in event.elements]
        return ("step", counts, tuple(drawn))
    return (type(event).__name__, counts, re.sub(r"\d+", "#", event.title) if isinstance(event, Enter) else "")


def _said(kind: str, text: str) -> str:
    """What a glyph says, if that is not of its sizes; of a block without the numbers in it."""
    return "" if kind in ("window", "hexagon") else re.sub(r"\d+", "#", text) if kind == "block" else text


def _run(events: Sequence[Event], last: Mapping[int, int], start: int, period: int, count: int) -> Run | None:
    """The run, if its steps are wired alike and each takes what the one before it gives."""
    steps: list[Pass] = []
    for k in range(count):
        low = start + k * period
        inside = events[low : low + period]
        used = {t.number for e in inside for t in tensors_of(e)[1] if last.get(t.number, -1) >= low + period}
        step = _pass(inside, used, steps[-1] if steps else None)
        if step is None or (steps and (step.taken.number != steps[-1].given.number or not _alike(step, steps[0]))):
            return None
        steps.append(step)
    return Run(start, period, tuple(steps))


def _alike(a: Pass, b: Pass) -> bool:
    """Whether two steps have their strands in the same places."""
    places = [{s: k for k, s in reversed(list(enumerate(step.strands)))} for step in (a, b)]
    return [places[0][s] for s in a.strands] == [places[1][s] for s in b.strands]


def _pass(inside: Sequence[Event], used: Set[int], before: Pass | None) -> Pass | None:
    """One step, if it takes one tensor and at most a loaded one, and gives one and at most a saved one, both used later."""
    pairs = [tensors_of(e) for e in inside]
    made = {t.number: t for takes, gives in pairs for t in gives}
    taken = {t.number: t for takes, _ in pairs for t in takes if t.number not in made}
    given = [t for t in made.values() if t.number in used]
    carried = [t for t in taken.values() if before is None or t.number == before.given.number][:1]
    last = [t for t in given if t.number in {t.number for t in pairs[-1][1]}]
    saved, loaded = [t for t in given if t not in last], [t for t in taken.values() if t not in carried]
    if len(carried) != 1 or len(last) != 1 or len(saved) > 1 or len(loaded) > 1:
        return None
    strands = tuple([s for takes, gives in pairs for t in (*takes, *gives) for s in t.strands])
    elements = tuple([s for e in inside if isinstance(e, Step) for x in e.elements for s in (*x.ins, *x.outs)])
    return Pass(carried[0], last[0], next(iter(saved), None), next(iter(loaded), None), strands + elements)


__all__ = ["Pass", "Run", "found", "tensors_of"]
