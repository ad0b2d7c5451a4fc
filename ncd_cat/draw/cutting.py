"""A picture cut into lines: where to cut it, and what of it stands between two cuts.

A cut is where no glyph, curve or word is; of such places, one that few wires pass, outside of blocks if there is one.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import ceil, inf

from ncd_cat.draw.labels import width as measured
from ncd_cat.draw.marks import Dash, Picture, Region, Run
from ncd_cat.draw.tracks import HEAD, Tracks

EDGE, TAIL = 44.0, 8.0  # how far wires reach before a line, and after it
SLIVER = 40.0  # less of a backdrop is not carried into another line
NARROW, LAST = 0.6, 0.25  # the least width of a line, and of the last one, of what is asked for
WITHIN, EVEN, EACH = 25, 15, 5  # in wires, the cost of a torn block that fits in a line, of lines not alike by their width, of a line
Spans = Sequence[tuple[float, float]]


@dataclass
class Line:
    """A line: its picture, and the wires that come into it and leave it (strand, track, x)."""

    picture: Picture = field(default_factory=Picture)
    coming: list[tuple[int, int, float]] = field(default_factory=list)
    leaving: list[tuple[int, int, float]] = field(default_factory=list)

    @property
    def used(self) -> set[int]:
        """The tracks that something stands on."""
        pic = self.picture
        bent = [t for b in pic.bends for t in (b.upper, b.lower)]
        return {*bent, *[r.track for r in pic.runs], *[t for g in pic.glyphs for t in g.tracks], *[label.track for label in pic.labels]}


# ---- where to cut ---------------------------------------------------------------------------------------------------


def cuts(picture: Picture, width: float) -> list[float]:
    """Where to cut a picture into lines about so wide, which are about alike: few wires pass, and few blocks are torn that fit in one.

    The cheapest cuts of all, one place after another from the left.  Source: Knuth and Plass, Breaking paragraphs into lines, 1981.
    """
    free = [x for x in ((left + right) / 2 for left, right in gaps(picture)) if 0 < x < picture.width - LAST * width]
    spans = [(r.x0 - 4, r.x1 + 4) for r in picture.regions]
    fit = [(left, right) for left, right in spans if right - left < width]
    counted = (_counts(free, found) for found in ([(r.x0, r.x1) for r in picture.runs], spans, fit))
    passing = [a + 2 * b + WITHIN * c for a, b, c in zip(*counted, strict=True)]
    goal = picture.width / ceil(picture.width / (1.08 * width))
    places, costs, before = [0.0, *free, picture.width], [0.0], [0]
    for k in range(1, len(places)):
        least = bisect_left(places, places[k] - (1.15 if k > len(free) else 1.08) * width, 0, k - 1)
        lines = [(costs[j] + EVEN * abs(places[k] - places[j] - goal) / width, j) for j in range(least, k)]
        wide = [line for line in lines if places[k] - places[line[1]] > (LAST if k > len(free) else NARROW) * width]
        cost, j = min(wide or lines)
        costs.append(cost + EACH + (passing[k - 1] if k <= len(free) else 0) + (0 if wide else 100))
        before.append(j)
    found, k = list[float](), before[-1]
    while k:
        found.append(places[k])
        k = before[k]
    return found[::-1]


def gaps(picture: Picture) -> Iterator[tuple[float, float]]:
    """The columns in which no glyph, curve or word is."""
    spans = [(b.x0, b.x1) for b in picture.bends] + [(g.x0 - 2, g.x1 + 2) for g in picture.glyphs]
    spans += [(label.x, label.x + measured(label.text, 14) + 3) for label in picture.labels]
    spans += [(r.x0 - 1, r.x0 + 12 + measured(r.title, 13)) for r in picture.regions] + [(r.x1 - 6, r.x1 + 1) for r in picture.regions]
    reach = 0.0
    for left, right in sorted(spans):
        if left > reach + 1:
            yield reach, left
        reach = max(reach, right)


def _counts(points: Sequence[float], spans: Spans) -> list[int]:
    """How many spans each point is in."""
    begins, ends = sorted(a for a, _ in spans), sorted(b for _, b in spans)
    return [bisect_left(begins, x) - bisect_left(ends, x) for x in points]


# ---- what is between cuts -------------------------------------------------------------------------------------------


def cut(picture: Picture, places: Sequence[float]) -> list[Line]:
    """The lines of a picture between some places."""
    lines = [Line() for _ in range(len(places) + 1)]
    for run in picture.runs:
        _run(lines, places, run)
    for bend in picture.bends:
        lines[bisect_right(places, bend.x0)].picture.bends.append(bend)
    for glyph in picture.glyphs:
        lines[bisect_right(places, glyph.x0)].picture.glyphs.append(glyph)
    for label in picture.labels:
        lines[bisect_right(places, label.x)].picture.labels.append(label)
    _tracks(lines, places, picture.tracks)
    for dash in picture.dashes:
        _dash(lines, places, dash)
    for region in picture.regions:
        _region(lines, places, region)
    return lines


def _run(lines: Sequence[Line], places: Sequence[float], run: Run) -> None:
    first, last = bisect_right(places, run.x0), bisect_left(places, run.x1)
    for k in range(first, last + 1):
        x0 = run.x0 if k == first else places[k - 1] - EDGE
        x1 = run.x1 if k == last else places[k] + TAIL
        lines[k].picture.runs.append(replace(run, x0=x0, x1=x1))
        if k > first:
            lines[k].coming.append((run.strand, run.track, x0))
        if k < last:
            lines[k].leaving.append((run.strand, run.track, x1))


def _tracks(lines: Sequence[Line], places: Sequence[float], tracks: Tracks) -> None:
    """Give each line the tracks that it uses, with the distances and the room that its marks demand."""
    position = {t: k for k, t in enumerate(tracks.order())}
    lower: dict[int, list[int]] = defaultdict(list)
    for a, b in tracks.gaps:
        lower[a].append(b)
    rooms: dict[int, list[tuple[float, int, float, float]]] = defaultdict(list)
    for room in tracks.rooms:
        rooms[bisect_right(places, room[0])].append(room)
    for k, line in enumerate(lines):
        used = sorted(line.used, key=position.__getitem__)
        kept = {*used}
        gaps = {(a, b): tracks.gaps[a, b] for a in used for b in lower[a] if b in kept}
        found = Tracks(gaps=dict.fromkeys(_neighbours(line.picture, position), 0.0) | gaps, falling=tracks.falling & kept)
        for upper, track in zip([HEAD, *used], used, strict=False):
            found.after[upper], found.after[track] = track, None
        for x, track, above, below in rooms[k]:
            if track in kept:
                found.room(track, x, above, below)
        line.picture.tracks = found


def _neighbours(picture: Picture, position: Mapping[int, int]) -> Iterator[tuple[int, int]]:
    """The pairs of tracks that stand over each other somewhere with nothing between them."""
    events = sorted((x, begins, r.track) for r in picture.runs for x, begins in ((r.x0, True), (r.x1, False)))
    live: list[tuple[int, int]] = []
    for _, begins, track in events:
        key = (position[track], track)
        at = bisect_left(live, key)
        if begins:
            live.insert(at, key)
        else:
            del live[at]
        here = [t for _, t in live[max(at - 1, 0) : at + 2]]
        yield from [(a, b) for a, b in pairwise(here) if a != b]


def _dash(lines: Sequence[Line], places: Sequence[float], dash: Dash) -> None:
    edges = [-inf, *places, inf]
    for k in range(bisect_right(places, dash.points[0][0]), bisect_left(places, dash.end) + 1):
        left, right = edges[k], edges[k + 1]
        known = lines[k].picture.tracks.after
        before = [p for p in dash.points if p[0] < left]
        points = [(left, track) for _, track in before[-1:]] + [p for p in dash.points if left <= p[0] < right]
        points = [p for p in points if p[1] in known]
        if points:
            lines[k].picture.dashes.append(Dash(points, min(dash.end, right)))


def _region(lines: Sequence[Line], places: Sequence[float], region: Region) -> None:
    first, last = bisect_right(places, region.x0 + SLIVER), max(bisect_left(places, region.x1 - SLIVER), 0)
    for k in range(first, max(first, last) + 1):
        x0 = region.x0 if k == first else places[k - 1] - 8
        x1 = min(region.x1, places[k] + 2) if k < len(places) else region.x1
        known = lines[k].picture.tracks.after
        tracks = [t for t in region.tracks if t in known]
        if tracks:
            part = replace(region, x0=x0, x1=x1, title=region.title if k == first else "", tracks=tracks, top=tracks[0])
            lines[k].picture.regions.append(part)


__all__ = ["EDGE", "Line", "cut", "cuts", "gaps"]
