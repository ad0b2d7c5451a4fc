"""Strands that change their height: crossings, swoops down to the rest of a tensor, and tensors that rise to the top again."""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.draw.page import Page, Row
from ncd_cat.draw.story import Tensor


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
        tracks, free, dead = [r.track for r in old], [r.free for r in old], [r.dead for r in old]
        for k, row in enumerate(order):
            if row is not old[k]:
                self.bend(row, tracks[k], x0, x1)
                row.track = tracks[k]
            if first <= k <= last:
                row.front = x1
            row.free, row.dead = free[k], dead[k]
        self.rows[low : low + len(order)] = order
        for k in range(low, low + len(order)):
            self.link(k)
        self.dashes(x0)

    def gather(self, strands: Sequence[int], ordered: bool = False) -> list[int]:
        """Bring strands together, the lower ones up to the first."""
        places = self.at(strands)
        if not places:
            return []
        low, high = places[0], places[-1]
        taken = [self.rows[k] for k in places]
        if ordered:
            taken.sort(key=lambda row: strands.index(row.strand))
        rest = [row for row in self.rows[low : high + 1] if row not in taken]
        self.permute(low, [*taken, *rest])
        return list(range(low, low + len(taken)))

    def together(self, tensors: Sequence[Tensor]) -> None:
        """Bring whole tensors together, the lower ones up to the first."""
        places = self.of(tensors)
        if not places or places[-1] - places[0] + 1 == len(places):
            return
        low, high = places[0], places[-1]
        chosen = {*places}
        self.permute(low, [self.rows[k] for k in places] + [self.rows[k] for k in range(low, high + 1) if k not in chosen])

    def pull(self, tensor: Tensor) -> None:
        """Bring the axes of one tensor together again where they have parted: the upper ones swoop down."""
        places = self.at(tensor.strands)
        for k in places[:0:-1]:
            if self.rows[k].dead >= 2:
                self.swoop(places[0], k)
                return

    def swoop(self, low: int, place: int) -> None:
        """Move the rows from `low` up to before `place` down to it."""
        moving, below = self.rows[low:place], self.rows[place]
        wide = min(60 + 18 * below.dead, 150)
        x0 = max(*[row.front for row in moving], below.free - 0.3 * wide, *[row.free for row in moving[1:]], 0)
        x1 = x0 + wide
        above = self.rows[low - 1].track if low else None
        for old in moving:
            above = old.track if above is None else above
        last = moving[-1].track
        for row in moving:
            track = self.tracks.new(last, falls=True)
            self.bend(row, track, x0, x1)
            row.track, row.front, last = track, x1, track
            row.free = max(row.free, x0 + 0.7 * wide)
        dead, below.dead, below.free = below.dead, 0, x0 + 0.7 * wide
        moving[0].dead += dead + len(moving)
        for k in range(low, place + 1):
            self.link(k)
        self.dashes(x1)

    def lift(self, tensor: Tensor) -> None:
        """Bring the axes of one tensor together again where they have parted: the lower ones rise."""
        places = self.at(tensor.strands)
        for k in places[1:]:
            if self.rows[k].dead >= 2:
                self._raise(k, places[-1])
                return

    def rise(self, tensor: Tensor) -> None:
        """Bring a tensor that has sunk back to the top of the page, if it stands over all others."""
        places = self.at(tensor.strands)
        if places and places[0] == 0 and self.rows[0].dead >= 4:
            self._raise(0, places[-1])

    def _raise(self, low: int, high: int) -> None:
        """Move some rows to new tracks right under the row over them."""
        rows = self.rows[low : high + 1]
        x0 = max(max(row.front, row.free) for row in rows)
        x1 = x0 + 90
        last = self.rows[low - 1].track if low else None
        dead = sum(row.dead for row in rows) + len(rows)
        for row in rows:
            track = self.tracks.new(last)
            self.bend(row, track, x0, x1)
            row.track, row.front, row.free, row.dead, last = track, x1, x1, 0, track
        if high + 1 < len(self.rows):
            below = self.rows[high + 1]
            below.free, below.dead = max(below.free, x0 + 60), below.dead + dead
        else:
            self.end_free, self.end_dead = max(self.end_free, x0 + 60), self.end_dead + dead
        for k in range(low, high + 1):
            self.link(k)
        self.dashes(x0)
