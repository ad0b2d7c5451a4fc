"""Equal maps of tensors that stand at hand begin in one column, as the L of queries, keys and values do.

A projection is a step, or a block, that takes one tensor and has a learned map in it; two are equal if they have the same glyphs.
Copies are made before the projections beside them, so that all are there when the first is drawn.  Source: figures 21 and 28 of
arXiv 2402.05424.

>>> from ncd_cat.draw.story import Element, Step, Story, Tensor
>>> x, q, k = (Tensor(n, (n,)) for n in range(3))
>>> steps = [Step((t,), (Element("learned", t.strands, t.strands),), (t,), "", ()) for t in (q, k)]
>>> projections(Story((), (), (x,), tuple(steps), ()))
{1: 'learned', 2: 'learned'}
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ncd_cat.draw.story import Enter, Event, Fork, Leave, Step, Story

MOST, REACH = 6, 120.0  # glyphs of a projection, and how far one waits for another


def projections(story: Story) -> dict[int, str]:
    """What each tensor that goes into a projection first meets there: the kinds of its glyphs."""
    found: dict[int, str] = {}
    for number, kinds, _ in _units(story.events):
        found.setdefault(number, kinds)
    used: dict[int, bool] = {}
    starts = {start: number for number, _, (start, _) in _units(story.events)}
    for k, event in enumerate(story.events):
        for t in () if isinstance(event, Leave) else (event.takes,) if isinstance(event, Fork) else event.takes:
            used.setdefault(t.number, starts.get(k) == t.number)
    return {number: kinds for number, kinds in found.items() if used[number]}


def forked(story: Story) -> Story:
    """The story with copies made before the projections beside them."""
    last = {stop: start for _, _, (start, stop) in _units(story.events)}
    events: list[Event] = []
    ends: dict[int, int] = {}  # for a place in `events` after a projection: where that began
    begun: dict[int, int] = {}
    for k, event in enumerate(story.events):
        begun[k] = len(events)
        if isinstance(event, Fork):
            events.insert(_place(events, ends, event), event)
            ends = {stop: start for stop, start in ends.items() if stop < len(events) - 1}
            continue
        events.append(event)
        if k in last:
            ends[len(events)] = begun[last[k]]
        elif _idle(event):
            ends[len(events)] = len(events) - 1
    return replace(story, events=tuple(events))


def _place(events: Sequence[Event], ends: dict[int, int], fork: Fork) -> int:
    """Before the projections at the end of some events that do not make what is copied."""
    at = len(events)
    while at in ends and not _makes(events[ends[at] : at], fork.takes.number):
        at = ends[at]
    return at


def _makes(events: Sequence[Event], number: int) -> bool:
    return any(t.number == number for e in events if not isinstance(e, Enter) for t in e.gives)


def _idle(event: Event) -> bool:
    return isinstance(event, Step) and not event.takes and not event.elements


def _units(events: Sequence[Event]) -> list[tuple[int, str, tuple[int, int]]]:
    """The projections: what each takes, the kinds of its glyphs, and its first and last event."""
    found = []
    inner: list[tuple[int, int]] = []  # blocks that are open: their first event, and the tensor that goes in
    for k, event in enumerate(events):
        if isinstance(event, Enter):
            inner.append((k, event.takes[0].number if len(event.takes) == 1 else -1))
        elif isinstance(event, Leave):
            start, number = inner.pop()
            kinds = _kinds(events[start + 1 : k]) if number >= 0 and k - start < 2 * MOST else ""
            found += [(number, kinds, (start, k))] if kinds else []
        elif isinstance(event, Step) and len(event.takes) == 1 and _kinds([event]):
            found.append((event.takes[0].number, _kinds([event]), (k, k)))
    return found


def _kinds(events: Sequence[Event]) -> str:
    """The kinds of the glyphs of events, "" if they are no projection."""
    if not all(isinstance(e, Step) and len(e.takes) < 2 for e in events):
        return ""
    kinds = [x.kind for e in events if isinstance(e, Step) for x in e.elements]
    return " ".join(kinds) if "learned" in kinds and len(kinds) <= MOST else ""


__all__ = ["REACH", "forked", "projections"]
