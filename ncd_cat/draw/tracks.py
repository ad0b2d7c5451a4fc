"""Tracks: horizontal lines that strands run on; a crossing swaps tracks, so heights are one number a track.

Tracks stand in one order from top to bottom, those that have ended too; neighbours in time are kept apart.  The heights are
longest paths in the acyclic graph of these demands, in linear time; a track that falls takes the lowest height that they allow.
Source: longest-path layering, as in Sugiyama, Tagawa and Toda 1981.

>>> tracks = Tracks()
>>> a = tracks.new(None)
>>> c = tracks.new(a)
>>> b = tracks.new(a, falls=True)
>>> for upper, lower in ((a, b), (b, c), (a, c)):
...     tracks.apart(upper, lower, 30 if (upper, lower) == (a, c) else 0)
>>> tracks.heights()
{0: 14.0, 2: 44.0, 1: 64.0}
"""

from __future__ import annotations

from dataclasses import dataclass, field

HEAD = -1
OVER, UNDER = 14.0, 6.0  # what a label takes over a wire, and what a wire takes under it


@dataclass
class Tracks:
    """The tracks of a picture, in order, and how far apart they are to be."""

    after: dict[int, int | None] = field(default_factory=lambda: dict[int, int | None]({HEAD: None}))
    gaps: dict[tuple[int, int], float] = field(default_factory=dict)
    above: dict[int, float] = field(default_factory=dict)  # room over a track for what stands on it
    below: dict[int, float] = field(default_factory=dict)
    falling: set[int] = field(default_factory=set)
    before: dict[int, int] = field(default_factory=dict[int, int])
    rooms: list[tuple[float, int, float, float]] = field(default_factory=list[tuple[float, int, float, float]])
    rough: dict[int, float] = field(default_factory=dict[int, float])  # about how low a track is, so far

    def over(self, lower: int) -> int:
        """A track right over another one, where it stays."""
        place = self.before[lower]
        found = self.new(None if place == HEAD else place, falls=True)
        self.rough[found] = max(self.rough[found], self.rough[lower] - OVER - UNDER)
        return found

    def new(self, above: int | None, falls: bool = False) -> int:
        """A track right after another one, or before all."""
        found = len(self.after) - 1
        place = HEAD if above is None else above
        below = self.after[place]
        self.after[found], self.after[place], self.before[found] = below, found, place
        if below is not None:
            self.before[below] = found
        self.rough[found] = 0 if above is None else self.rough[above] + OVER + UNDER
        if falls:
            self.falling.add(found)
        return found

    def apart(self, upper: int, lower: int, gap: float) -> None:
        """Demand a distance of two neighbours."""
        self.gaps[upper, lower] = max(gap, self.gaps.get((upper, lower), 0))

    def need(self, upper: int, lower: int) -> float:
        """How far apart two tracks are to be."""
        return self.gaps.get((upper, lower), 0) + max(self.above.get(lower, 0), OVER) + max(self.below.get(upper, 0), UNDER)

    def room(self, track: int, x: float, above: float = 0, below: float = 0) -> None:
        """Demand room over and under a track for what stands on it at x, whatever its neighbours are."""
        self.rooms.append((x, track, above, below))
        self.above[track] = max(above, self.above.get(track, 0))
        self.below[track] = max(below, self.below.get(track, 0))

    def order(self) -> list[int]:
        """All tracks from top to bottom."""
        found, at = [], self.after[HEAD]
        while at is not None:
            found.append(at)
            at = self.after[at]
        return found

    def heights(self) -> dict[int, float]:
        """The height of each track, downwards; the lower of two neighbours is lower by what was demanded."""
        order = self.order()
        lower: dict[int, list[tuple[int, float]]] = {t: [] for t in order}
        for a, b in self.gaps:
            lower[a].append((b, self.need(a, b)))
        y = {t: max(self.above.get(t, 0), OVER) for t in order}
        for a in order:
            for b, gap in lower[a]:
                y[b] = max(y[b], y[a] + gap)
        for a in reversed(order):
            if a in self.falling and lower[a]:
                y[a] = max(y[a], min(y[b] - gap for b, gap in lower[a]))
        return y
