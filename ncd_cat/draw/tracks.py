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

    def between(self, upper: int | None, lower: int | None, low: bool = False) -> int:
        """A track between two neighbours: one that has ended there, the first or the last of them, or else a new one."""
        top = HEAD if upper is None else upper
        found = self.before.get(lower, HEAD) if low and lower is not None else self.after[top]
        return self.new(upper) if not low or found is None or found in (top, lower) else self.new(found if found != HEAD else None)

    def new(self, above: int | None, falls: bool = False) -> int:
        """A track right after another one, or before all."""
        found = len(self.after) - 1
        place = HEAD if above is None else above
        below = self.after[place]
        self.after[found], self.after[place], self.before[found] = below, found, place
        if below is not None:
            self.before[below] = found
        if falls:
            self.falling.add(found)
        return found

    def apart(self, upper: int, lower: int, gap: float) -> None:
        """Demand a distance of two neighbours."""
        self.gaps[upper, lower] = max(gap, self.gaps.get((upper, lower), 0))

    def room(self, track: int, above: float = 0, below: float = 0) -> None:
        """Demand room over and under a track, whatever its neighbours are."""
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
        for (a, b), gap in self.gaps.items():
            lower[a].append((b, gap + max(self.above.get(b, 0), OVER) + max(self.below.get(a, 0), UNDER)))
        y = {t: max(self.above.get(t, 0), OVER) for t in order}
        for a in order:
            for b, gap in lower[a]:
                y[b] = max(y[b], y[a] + gap)
        for a in reversed(order):
            if a in self.falling and lower[a]:
                y[a] = max(y[a], min(y[b] - gap for b, gap in lower[a]))
        return y
