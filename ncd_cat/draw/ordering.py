"""Where copies go and which of the tensors that meet moves: the choice that crosses fewer wires, looking some events ahead.

Each event is played with whole tensors, from top to bottom, a crossing counted for each pair of axes.  A choice is judged by
itself and by the events that follow, in which copies go right below and tensors meet where that is cheapest; a second round
looks ahead with the choices of the first.  Source: rollouts, Tesauro and Galperin, On-line policy improvement using Monte-Carlo
search, 1996; crossings of lines that live for a time: storylines, Tanahashi and Ma 2012.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ncd_cat.draw.copies import taken, uses
from ncd_cat.draw.story import Fork, Step, Story, Tensor

AHEAD, WORK, ROUNDS = 40, 1500, 2  # how many events are played, how many tensors at most are looked at for it, and how often


@dataclass(frozen=True)
class Choice:
    """Where something goes: next to a host, over it or under it.

    Of a fork it is the last copy that goes there, or the first one if `first`; tensors that meet do so at the host.
    """

    host: int
    over: bool = False
    first: bool = False


Order = list[tuple[int, int]]  # the tensors from top to bottom: number, axes


def planned(story: Story) -> dict[int, Choice]:
    """The choices at forks, and at steps whose tensors are apart, by the number of the event; found twice, to look ahead with the first."""
    found: dict[int, Choice] = {}
    for _ in range(ROUNDS):
        found = _chosen(story, _Plan(story, found))
    return found


def _chosen(story: Story, plan: _Plan) -> dict[int, Choice]:
    order = [_sized(t) for t in story.ins]
    found: dict[int, Choice] = {}
    for k in range(len(story.events)):
        choices = list(plan.choices(order, k))
        if len(choices) > 1:
            found[k] = min(choices, key=lambda c: plan.ahead(order, k, c) + 0.5 * (c is not choices[0]) - c.first)
        elif choices:
            found[k] = choices[0]
        plan.play(order, k, found.get(k))
    return found


def _sized(t: Tensor) -> tuple[int, int]:
    return t.number, len(t.strands)


class _Plan:
    """The events, and when each tensor is used."""

    def __init__(self, story: Story, before: dict[int, Choice]) -> None:
        self.events, self.before = story.events, before
        self.used = uses(story)
        self.never = len(story.events) + 1
        self.makers: dict[int, int] = {}  # of a tensor, the first one that it is made of
        self.meets: dict[int, list[int]] = {}  # what each tensor meets first
        for event in story.events:
            if not isinstance(event, Fork | Step) or not taken(event):
                continue
            sources = [t.number for t in taken(event)]
            self.makers |= {t.number: sources[0] for t in event.gives if t.number != sources[0]}
            if len(sources) > 1:
                self.meets |= {n: sources for n in sources if n not in self.meets}

    def use(self, number: int) -> int:
        """When a tensor is used first."""
        return self.used.get(number, self.never)

    # ---- choices --------------------------------------------------------------------------------------------------

    def choices(self, order: Order, k: int) -> Iterator[Choice]:
        """What can be done at an event; the first is done where nothing is better."""
        event = self.events[k]
        if isinstance(event, Fork):
            yield from self._places(order, event)
        elif isinstance(event, Step) and len(event.takes) > 1:
            places = _places(order, event.takes)
            if places and places[-1] - places[0] >= len(places):
                yield from [Choice(order[p][0]) for p in places]
        elif isinstance(event, Step) and not event.takes and len(event.gives) == 1 and order:
            yield Choice(order[-1][0])
            yield from self._met(order, len(order), event.gives[0])

    def _places(self, order: Order, fork: Fork) -> Iterator[Choice]:
        """Under the others, over them, or past all that is used sooner; or the first one to what it meets next."""
        at = _index(order, fork.takes.number)
        yield Choice(fork.takes.number)
        if at is None or len(order) == 1:
            return
        last = self.use(fork.gives[-1].number)
        low = self._sunk(order, at, last)
        if low != at:
            yield Choice(order[low][0])
        high = at
        while high > 0 and self.use(order[high - 1][0]) < last:
            high -= 1
        yield Choice(order[high][0], over=True)
        if high != at:
            yield Choice(fork.takes.number, over=True)
        if len(fork.gives) == 2:
            yield from self._met(order, at, fork.gives[0])

    def _sunk(self, order: Order, at: int, use: int) -> int:
        """The lowest of the tensors under another one that are used before something is."""
        while at + 1 < len(order) and self.use(order[at + 1][0]) < use:
            at += 1
        return at

    def _met(self, order: Order, at: int, tensor: Tensor) -> Iterator[Choice]:
        """What another tensor meets next, or what that comes from, if it stands elsewhere on the page."""
        met = self.meets.get(tensor.number, ())
        places = [p for t in met if t != tensor.number and (p := self._origin(order, t)) is not None and p != at]
        near = min(places, key=lambda p: abs(p - at), default=at)
        if abs(near - at) > 1:
            yield Choice(order[near][0], over=near > at, first=True)

    def _origin(self, order: Order, number: int) -> int | None:
        """The place of a tensor, or of what it will be made of."""
        for _ in range(AHEAD):
            found = _index(order, number)
            if found is not None or number not in self.makers:
                return found
            number = self.makers[number]
        return None

    # ---- playing --------------------------------------------------------------------------------------------------

    def ahead(self, order: Order, k: int, choice: Choice) -> float:
        """What a choice costs, with all that follows for a while."""
        here = list(order)
        cost = self.play(here, k, choice)
        left = WORK
        for later in range(k + 1, min(k + AHEAD, len(self.events))):
            cost += self.play(here, later, self.before.get(later))
            left -= len(here)
            if left < 0 or len(here) == 1:
                break
        return cost

    def play(self, order: Order, k: int, choice: Choice | None) -> int:
        """Change the order as an event does; the pairs of axes that cross."""
        event = self.events[k]
        if isinstance(event, Fork):
            return self._forked(order, event, choice)
        return self._stepped(order, event, choice) if isinstance(event, Step) and event.gives != event.takes else 0

    def _forked(self, order: Order, fork: Fork, choice: Choice | None) -> int:
        at = _index(order, fork.takes.number)
        if at is None:
            return 0
        copies = [_sized(t) for t in fork.gives]
        to = _index(order, choice.host) if choice is not None else at
        if choice is None or to is None:
            choice, to = Choice(fork.takes.number), at
        goes = copies.pop(0 if choice.first else -1)
        passed = order[to + (not choice.over) : at] if to < at else order[at + 1 : to + (not choice.over)]
        place = to + (not choice.over)
        order.insert(place, goes)
        at += place <= at
        order[at : at + 1] = copies
        return goes[1] * _weight(passed)

    def _stepped(self, order: Order, step: Step, choice: Choice | None) -> int:
        places = _places(order, step.takes)
        given = [_sized(t) for t in step.gives]
        if not places:
            host = None if choice is None else _index(order, choice.host)
            at = len(order) if host is None or choice is None else host + (not choice.over)
            order[at:at] = given
            return 0
        cost, host = 0, places[0]
        if places[-1] - places[0] >= len(places):
            chosen = [p for p in places if choice is not None and order[p][0] == choice.host]
            cost, host = min((_meeting(order, places, p), p) for p in chosen or places)
        else:
            cost = 0
        for p in reversed(places):
            if p != host:
                del order[p]
        at = host - sum(p < host for p in places)
        order[at : at + 1] = given
        return cost


def _index(order: Order, number: int) -> int | None:
    return next((k for k, (n, _) in enumerate(order) if n == number), None)


def _places(order: Order, tensors: Sequence[Tensor]) -> list[int]:
    wanted = {t.number for t in tensors}
    return [k for k, (n, _) in enumerate(order) if n in wanted]


def _weight(tensors: Order) -> int:
    return sum(w for _, w in tensors)


def _meeting(order: Order, places: Sequence[int], host: int) -> int:
    """What tensors cross that move to one of them."""
    chosen = {*places}
    cost = 0
    for p in places:
        low, high = min(p, host), max(p, host)
        cost += order[p][1] * sum(order[k][1] for k in range(low + 1, high) if k not in chosen)
    return cost


__all__ = ["Choice", "planned"]
