"""Blocks on the page: where the backdrop of each begins and ends, and the room that its title and its brackets take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ncd_cat.draw.labels import width
from ncd_cat.draw.marks import Region
from ncd_cat.draw.placing import Placing
from ncd_cat.draw.story import Enter, Leave

PAD = 8.0
TITLE, UNDER, BRACKET = 20.0, 18.0, 14.0  # what a title takes, what is under the last track, and what is written under a loop


class Blocks(Placing):
    """A page with backdrops."""

    def enter(self, event: Enter) -> None:
        """Begin the region of a block, in one column."""
        self.rename(event.takes)
        places = self.of(event.takes)
        x = (self.start(places, edges=False) if places else self.end_free) + PAD
        region = Region(event.block, event.title, x, event.path, event.tint, event.bracket)
        self.regions[event.block] = region
        self.picture.regions.append(region)
        if places:
            region.cover(x, [self.rows[k].track for k in places])
            for row in self.rows[places[0] : places[-1] + 1]:
                row.front = x + PAD

    def leave(self, event: Leave) -> None:
        """End the region of a block, right of all that is in it."""
        self.rename(event.gives)
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

    def _covered(self, region: Region, places: Sequence[int]) -> tuple[int, int]:
        tracks = {*region.tracks}
        found = [k for k, row in enumerate(self.rows) if row.track in tracks] + list(places)
        return (min(found), max(found)) if found else (0, -1)

    def titles(self) -> None:
        """Room over every block for its title and those of the blocks in it, and under it; measured twice, as room moves tracks."""
        over = dict(self.tracks.above)
        for _ in range(2):
            heights = self.tracks.heights()
            for region in self.picture.regions:
                region.top = min(region.tracks, key=lambda t: heights[t], default=region.top)
            self._levels()
            self._rooms(heights, over)

    def _levels(self) -> None:
        """How many titles are over the first track of each block: its own, and those of blocks in it that begin there too."""
        inner: dict[int, int] = {}
        for region in reversed(self.picture.regions):
            region.level = 1 + inner.get(region.block, 0)
            for block in region.path:
                if block in self.regions and self.regions[block].top == region.top:
                    inner[block] = max(inner.get(block, 0), region.level)

    def _rooms(self, heights: Mapping[int, float], over: Mapping[int, float]) -> None:
        tops: dict[int, float] = {}
        for region in reversed(self.picture.regions):
            if not region.tracks:
                continue
            region.over = max(over.get(region.top, 0), TITLE)
            own = heights[region.top] - region.over - TITLE * region.level
            top = min(own, tops.get(region.block, own))
            for block in region.path[-1:]:
                tops[block] = min(tops.get(block, top), top - TITLE)
            self.tracks.room(region.top, above=heights[region.top] - top + 4)
            low = max(region.tracks, key=lambda t: heights[t])
            self.tracks.room(low, below=UNDER + 4 * (region.level - 1) + (BRACKET if region.bracket else 0))
