"""How high everything stands: the tracks, with room for the titles of blocks and for what is under their backdrops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ncd_cat.draw.marks import Picture, Region
from ncd_cat.draw.tracks import Tracks

TITLE, UNDER, BRACKET = 20.0, 18.0, 14.0  # what a title takes, what is under the last track, and what is written under a loop


def settle(picture: Picture, tracks: Tracks) -> None:
    """Give a picture the heights of its tracks; backdrops are measured twice, as room for them moves tracks."""
    over = dict(tracks.above)
    for _ in range(2 if picture.regions else 0):
        heights = tracks.heights()
        for region in picture.regions:
            region.top = min(region.tracks, key=lambda t: heights[t], default=region.top)
        _levels(picture.regions)
        _rooms(picture.regions, tracks, heights, over)
    picture.heights, picture.below = tracks.heights(), tracks.below


def _levels(regions: Sequence[Region]) -> None:
    """How many titles are over the first track of each block: its own, and those of blocks in it that begin there too."""
    tops = {region.block: region.top for region in regions}
    inner: dict[int, int] = {}
    for region in reversed(regions):
        region.level = bool(region.title or region.bracket) + inner.get(region.block, 0)
        for block in region.path:
            if tops.get(block) == region.top:
                inner[block] = max(inner.get(block, 0), region.level)


def bottoms(regions: Sequence[Region], heights: Mapping[int, float]) -> dict[int, float]:
    """Where the backdrop of each block ends: under its tracks, the blocks in it, and what is written under a loop."""
    found: dict[int, float] = {}
    for region in reversed(regions):
        lowest = max([heights[t] for t in region.tracks], default=0) + UNDER
        found[region.block] = bottom = max(lowest, found.get(region.block, lowest)) + (BRACKET if region.bracket else 0)
        for block in region.path[-1:]:
            found[block] = max(found.get(block, bottom), bottom + 4)
    return found


def _rooms(regions: Sequence[Region], tracks: Tracks, heights: Mapping[int, float], over: Mapping[int, float]) -> None:
    tops: dict[int, float] = {}
    ends = bottoms(regions, heights)
    for region in reversed(regions):
        if not region.tracks:
            continue
        region.over = max(over.get(region.top, 0), TITLE)
        own = heights[region.top] - region.over - TITLE * region.level
        top = min(own, tops.get(region.block, own))
        for block in region.path[-1:]:
            tops[block] = min(tops.get(block, top), top - TITLE)
        tracks.room(region.top, region.x0, above=heights[region.top] - top + 4)
        low = max(region.tracks, key=lambda t: heights[t])
        tracks.room(low, region.x0, below=ends[region.block] - heights[low])


__all__ = ["bottoms", "settle"]
