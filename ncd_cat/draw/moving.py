"""Strands that change their height: crossings, swoops down to the rest of a tensor, and tensors that rise to the top again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from ncd_cat.draw.page import Page, Row
from ncd_cat.draw.story import Tensor

APART = 40.0  # how much room between the axes of a tensor is too much


class Moving(Page):
    """A page whose rows can be brought into another order, or to another height."""

    def permute(self, low: int, order: Sequence[Row]) -> None:
        """Let the rows from a place on cross into another order, in which they swap tracks."""
        old = self.rows[low : low + len(order)]
        moved = [k for k, row in enumerate(order) if row is not old[k]]
        if not moved:
            return
        first, last = moved[0], moved[-1]
        x0 = self.start([low + first, low + last])
        by = max(abs(old.index(row) - k) for k, row in enumerate(order))
        x1 = x0 + min(30 + 10 * (by - 1), 110)
        tracks, free = [r.track for r in old], [r.free for r in old]
        for k, row in enumerate(order):
            if row is not old[k]:
                self.bend(row, tracks[k], x0, x1)
                row.track = tracks[k]
            if first <= k <= last:
                row.front = x1
            row.free = free[k]
        self.rows[low : low + len(order)] = order
        for k in range(low, low + len(order)):
            self.link(k)
        self.dashes(x0)

    def gather(self, strands: Sequence[int], ordered: bool = False, past: bool = False) -> list[int]:
        """Bring strands together, the lower ones up to the first, past others that stay where they are if these must not move."""
        places = self.at(strands)
        if not places:
            return []
        low, high = places[0], places[-1]
        if (past and high - low >= len(places)) or self.distant(low, high, len(places)):
            for k, place in enumerate(places[1:], 1):
                to = strands.index(self.rows[place].strand)
                before = [row.strand for row in self.rows[low : low + k]]
                self.carry(place, place, low + (sum(strands.index(s) < to for s in before) if ordered else k))
            high = low + len(places) - 1
            places = list(range(low, high + 1))
        taken = [self.rows[k] for k in places]
        if ordered:
            taken.sort(key=lambda row: strands.index(row.strand))
        rest = [row for row in self.rows[low : high + 1] if row not in taken]
        self.permute(low, [*taken, *rest])
        return list(range(low, low + len(taken)))

    def distant(self, low: int, high: int, count: int) -> bool:
        """Whether some rows are too far apart to swap tracks: others would have to move much."""
        span = self.rows[low : high + 1]
        return len(span) > count and (len(span) - count > 3 or any(self.spare(k) > APART for k in range(low + 1, high + 1)))

    def together(self, tensors: Sequence[Tensor], host: int) -> None:
        """Bring whole tensors together at one of them."""
        numbers = {t.number for t in tensors}
        inside = groupby(range(len(self.rows)), key=lambda k: self.rows[k].segment.number in numbers)
        wanted = [list(run) for chosen, run in inside if chosen]
        if len(wanted) < 2:
            return
        at = max(range(len(wanted)), key=lambda k: sum(self.rows[p].segment.number == host for p in wanted[k]))
        low, high = wanted[at][0], wanted[at][-1]
        for run in wanted[at + 1 :]:
            self.carry(run[0], run[-1], high + 1)
            high += len(run)
        for run in reversed(wanted[:at]):
            self.carry(run[0], run[-1], low)
            low -= len(run)

    def carry(self, low: int, high: int, to: int) -> None:
        """Move rows into another gap, over or under all of them; what they pass runs straight on."""
        rows = self.rows[low : high + 1]
        if low <= to <= high + 1:
            return
        up = to < low
        passed = self.rows[to:low] if up else self.rows[high + 1 : to]
        x0 = max(self.start([min(low, to), max(high, to - 1)]), self.free(to))
        x1 = x0 + min(30 + 8 * len(passed), 110)
        for row in passed:
            row.front = max(row.front, x1)
            row.free = max(row.free, x1)
        for segment in dict.fromkeys(row.segment for row in rows):
            self.close(segment, x0)
        del self.rows[low : high + 1]
        self.vacate(low, x1)
        place = to if up else to - len(rows)
        free = max(self.free(place), x1)
        for row in rows if up else reversed(rows):
            track = self.vacant(place, low=not up)
            self.bend(row, track, x0, x1)
            row.track, row.front, row.free = track, x1, free
            self.rows.insert(place, row)
            self.link(place)
            place += up
        self.link(place)
        self.dashes(x1)

    def pull(self, tensor: Tensor, apart: float = APART) -> None:
        """Bring the axes of one tensor together again where they have parted: the upper ones swoop down."""
        places = self.at(tensor.strands)
        for k in places[:0:-1]:
            if self.spare(k) > apart:
                self.swoop(places[0], k)
                return

    def swoop(self, low: int, place: int) -> None:
        """Move the rows from `low` up to before `place` down to it."""
        moving, below = self.rows[low:place], self.rows[place]
        wide = min(60 + 0.6 * self.spare(place), 150)
        flat = min(0.3 * wide, 36 * wide / self.spare(place))  # where it has not come down much yet
        x0 = max(*[row.front for row in moving], below.free - flat, *[row.free for row in moving[1:]], 0)
        x1 = x0 + wide
        lower = below.track
        for row in reversed(moving):
            lower = self.tracks.over(lower)
            self.bend(row, lower, x0, x1)
            row.track, row.front = lower, x1
            row.free = max(row.free, x0 + 0.7 * wide)
        below.free = x0 + 0.7 * wide
        for k in range(low, place + 1):
            self.link(k)
        self.dashes(x1)

    def lift(self, tensor: Tensor) -> None:
        """Bring the axes of one tensor together again where they have parted: the lower ones rise."""
        places = self.at(tensor.strands)
        for k in places[1:]:
            if self.spare(k) > APART:
                self._raise(k, places[-1])
                return

    def rise(self, tensor: Tensor) -> None:
        """Bring a tensor that has sunk back to the top of the page, if it stands over all others."""
        places = self.at(tensor.strands)
        if places and places[0] == 0 and self.spare(0) > 2 * APART:
            self._raise(0, places[-1])

    def _raise(self, low: int, high: int) -> None:
        """Move some rows to new tracks right under the row over them."""
        rows = self.rows[low : high + 1]
        x0 = max(max(row.front, row.free) for row in rows)
        x1 = x0 + 90
        above = self.rows[low - 1].track if low else None
        for row in rows:
            above = self.tracks.new(above)
            self.bend(row, above, x0, x1)
            row.track, row.front, row.free = above, x1, x1
        self.vacate(high + 1, x0 + 60)
        for k in range(low, high + 1):
            self.link(k)
        self.dashes(x0)
