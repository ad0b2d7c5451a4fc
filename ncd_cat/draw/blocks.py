"""Blocks on the page: where the backdrop of each begins and ends, and what must stand right of it."""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.draw.labels import width
from ncd_cat.draw.marks import Region
from ncd_cat.draw.placing import Placing
from ncd_cat.draw.story import Enter, Leave

PAD = 8.0


class Blocks(Placing):
    """A page with backdrops."""

    def enter(self, event: Enter) -> None:
        """Begin the region of a block, in one column."""
        if len(event.takes) == 1:
            self.pull(event.takes[0])
        places = self.of(event.takes)
        x = (self.start(places, edges=False) if places else self.end_free) + PAD
        region = Region(event.block, event.title, x, event.path, event.tint, event.bracket)
        self.regions[event.block] = region
        self.picture.regions.append(region)
        if places:
            region.cover(x, [self.rows[k].track for k in places])
            for row in self.rows[places[0] : places[-1] + 1]:
                row.front = x + PAD
        self.rename(event.takes, event.bracket is not None)

    def leave(self, event: Leave) -> None:
        """End the region of a block, right of all that is in it."""
        region = self.regions[event.block]
        places = self.of(event.gives)
        x = max(self.start(places) if places else 0, region.x1)
        region.cover(x, [self.rows[k].track for k in places])
        region.x1 = max(x + PAD, region.x0 + width(region.title + "".join(region.bracket or ()), 13) + 24)
        region.tracks = list(dict.fromkeys(region.tracks))
        for block in region.path:
            if block in self.regions:
                self.regions[block].cover(region.x1, region.tracks)
        low, high = self._covered(region, places)
        for row in self.rows[low : high + 1]:
            row.front = max(row.front, region.x1 + (PAD if region.bracket else 2))
            row.free = max(row.free, region.x1 + 2)
        self.rename(event.gives, region.bracket is not None)

    def _covered(self, region: Region, places: Sequence[int]) -> tuple[int, int]:
        tracks = {*region.tracks}
        found = [k for k, row in enumerate(self.rows) if row.track in tracks] + list(places)
        return (min(found), max(found)) if found else (0, -1)
