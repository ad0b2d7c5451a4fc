"""Copies born as late as possible: a dot whose copies are used far apart is split into one dot for each time of use.

A wire that is not there yet crosses nothing.  Copies that are used one after another, with one join between them at most, still
fan out from one dot: so do the three projections of self-attention, as in its figure.  Linear in the events.

>>> from ncd_cat.draw.story import Fork, Step, Story, Tensor
>>> x, a, b, c, p, q, r = (Tensor(k, (k,)) for k in range(7))
>>> joins = [Step((copy, other), (), (other,), "", ()) for copy, other in ((a, p), (b, q), (c, r))]
>>> for event in late(Story((), (), (x, p, q, r), (Fork(x, (a, b, c), ()), *joins), ())).events:
...     print(type(event).__name__, [t.number for t in event.gives])
Fork [7, 3]
Fork [1, 2]
Step [4]
Step [5]
Step [6]
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import count

from ncd_cat.draw.story import Enter, Event, Fork, Leave, Step, Story, Tensor

NEAR = 1  # joins between uses of copies that are made together


def taken(event: Event) -> tuple[Tensor, ...]:
    """The tensors that an event takes."""
    return (event.takes,) if isinstance(event, Fork) else () if isinstance(event, Leave) else event.takes


def uses(story: Story) -> dict[int, int]:
    """The event that uses each tensor first; outputs are used after all."""
    found = {t.number: len(story.events) for t in story.outs}
    for k in range(len(story.events) - 1, -1, -1):
        found |= {t.number: k for t in taken(story.events[k])}
    return found


def late(story: Story) -> Story:
    """The same story with copies made as late as possible."""
    used = uses(story)
    joins = [0]
    for event in story.events:
        joins.append(joins[-1] + (isinstance(event, Step) and len(event.takes) > 1))
    numbers = count(max([*used, *(t.number for e in story.events if not isinstance(e, Enter) for t in _given(e))], default=0) + 1)
    waiting: dict[int, list[Event]] = defaultdict(list)
    events: list[Event] = []
    for k, event in enumerate(story.events):
        events += waiting.pop(k, [])
        if isinstance(event, Fork) and len(event.gives) > 2 and event.cut < 0:
            for when, fork in _split(event, used, joins, numbers):
                (events if fork.takes is event.takes else waiting[when]).append(fork)
        else:
            events.append(event)
    for k in sorted(waiting):
        events += waiting[k]
    return replace(story, events=tuple(events))


def _given(event: Event) -> tuple[Tensor, ...]:
    return event.gives if not isinstance(event, Enter) else ()


def _split(fork: Fork, used: dict[int, int], joins: Sequence[int], numbers: Iterator[int]) -> Iterator[tuple[int, Fork]]:
    """One fork for each stretch of uses that are near each other, and the event before which it is made."""
    last = len(joins) - 1
    gives = sorted(fork.gives, key=lambda t: (t.strands != fork.takes.strands, used.get(t.number, last)))
    source = fork.takes
    while gives:
        when = min(used.get(t.number, last) for t in gives)
        reach = joins[used.get(gives[0].number, last)]
        here = [t for t in gives if joins[used.get(t.number, last)] - reach <= NEAR]
        rest = gives[len(here) :]
        later = rest if len(rest) < 2 else [Tensor(next(numbers), rest[0].strands, source.names)]
        if later and len(here) > 1:
            now = Tensor(next(numbers), source.strands, source.names)
            yield when, Fork(source, (now, *later), fork.path)
            yield when, Fork(now, tuple(here), fork.path)
        else:
            yield when, Fork(source, (*here, *later), fork.path)
        if len(rest) < 2:
            return
        source, gives = later[0], rest


__all__ = ["late", "taken", "uses"]
