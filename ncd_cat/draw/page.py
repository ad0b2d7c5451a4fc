"""A page while it is filled: the strands from top to bottom, up to where each is used, and from where each gap is free.

Everything is done in one pass; a row that ends leaves its gap free from there on, so that steps that do not meet share columns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from ncd_cat.draw.labels import Naming, width
from ncd_cat.draw.marks import Bend, Dash, Label, Picture, Region, Run
from ncd_cat.draw.story import Tensor
from ncd_cat.draw.tracks import Tracks


@dataclass(eq=False)
class Segment:
    """A tensor on the page, and the dashed line over it."""

    number: int
    dash: Dash | None = None
    slid: float = 0  # up to where linear glyphs of it reach, which slide past each other
    fixed: float = 0  # up to where the others reach, which no glyph of it slides past


@dataclass(eq=False)
class Row:
    """A strand on the page: its track, where its straight run began, up to where it is used, and the gap over it."""

    strand: int
    segment: Segment
    track: int
    since: float
    front: float
    free: float = 0  # from where the gap over the row is free
    name: str = ""
    labelled: tuple[int, float] | None = None  # its last label, and where that ends


@dataclass
class Page:
    """The rows of a page, and the picture so far."""

    naming: Naming
    tracks: Tracks = field(default_factory=Tracks)
    rows: list[Row] = field(default_factory=list)
    picture: Picture = field(default_factory=Picture)
    end_free: float = 0
    regions: dict[int, Region] = field(default_factory=dict)
    seen: set[int] = field(default_factory=set)  # the strands that carry what a window sees, which end at the next glyph
    gap: int = 0  # where a tensor that comes from nothing begins
    lasting: dict[int, str] = field(default_factory=dict)  # what strands are called that go to the outputs
    joining: tuple[Segment, ...] = ()  # tensors that the step at hand joins to one over them

    # ---- rows -----------------------------------------------------------------------------------------------------

    def at(self, strands: Sequence[int]) -> list[int]:
        """The places of strands, from top to bottom."""
        wanted = set(strands)
        return [k for k, row in enumerate(self.rows) if row.strand in wanted]

    def of(self, tensors: Sequence[Tensor]) -> list[int]:
        """The places of the rows of tensors."""
        numbers = {t.number for t in tensors}
        return [k for k, row in enumerate(self.rows) if row.segment.number in numbers]

    def start(self, places: Sequence[int], edges: bool = False) -> float:
        """Where the rows from the first to the last of some places, and the gaps between them, are free."""
        if not places:
            return self.end_free
        low, high = min(places), max(places)
        found = max(row.front for row in self.rows[low : high + 1])
        found = max([found, *[row.free for row in self.rows[low + 1 : high + 1]]])
        return max(found, self.rows[low].free, self.free(high + 1)) if edges else found

    def free(self, place: int) -> float:
        """From where the gap over a place is free."""
        return self.rows[place].free if place < len(self.rows) else self.end_free

    def insert(self, place: int, strand: int, segment: Segment, x: float, low: bool = False, name: str = "") -> Row:
        """A row on a new track, next to the row over it or (low) under it, with the label of its strand."""
        row = Row(strand, segment, self.vacant(place, low), x, x, self.free(place), name=name)
        self.rows.insert(place, row)
        self.link(place)
        self.label(row)
        return row

    def vacant(self, place: int, low: bool = False) -> int:
        """A new track in the gap over a place, right under the row over it, or (low) right over the one under it."""
        if low and place < len(self.rows):
            return self.tracks.over(self.rows[place].track)
        return self.tracks.new(self.rows[place - 1].track if place else None)

    def link(self, place: int) -> None:
        """Keep the row at a place apart from its neighbours."""
        for k in (place - 1, place):
            if 0 <= k and k + 1 < len(self.rows):
                a, b = self.rows[k], self.rows[k + 1]
                self.tracks.apart(a.track, b.track, 0 if a.segment is b.segment else 10)
                self._settle(k + 1)

    def _settle(self, place: int) -> None:
        """About how low the rows from a place on are."""
        rough = self.tracks.rough
        for a, b in pairwise(self.rows[place - 1 :]):
            least = rough[a.track] + self.tracks.need(a.track, b.track)
            if rough[b.track] >= least:
                return
            rough[b.track] = least

    def spare(self, place: int) -> float:
        """About how much room there is between a row and the one over it, or the top of the page, that nothing needs."""
        row = self.rows[place]
        if not place:
            return self.tracks.rough[row.track]
        above = self.rows[place - 1].track
        return self.tracks.rough[row.track] - self.tracks.rough[above] - self.tracks.need(above, row.track)

    def die(self, row: Row, x: float) -> None:
        """End a row; its gap is free from x on."""
        place = self.rows.index(row)
        self.flush(row, x)
        del self.rows[place]
        self.vacate(place, max(row.free, x))

    def vacate(self, place: int, x: float) -> None:
        """Let the gap over a place be free from x on."""
        if place < len(self.rows):
            self.rows[place].free = max(self.rows[place].free, x)
        else:
            self.end_free = max(self.end_free, x)
        self.link(place)

    def flush(self, row: Row, x: float) -> None:
        """Draw the straight run of a row up to x."""
        if x > row.since:
            self.picture.runs.append(Run(row.strand, row.track, row.since, x))
        row.since = x

    def bend(self, row: Row, track: int, x0: float, x1: float) -> None:
        """Draw a row's strand from its track to another one."""
        self.flush(row, x0)
        self.picture.bends.append(Bend(row.strand, row.track, track, x0, x1))
        row.since = x1

    def label(self, row: Row) -> None:
        """Write what an axis is called over the beginning of its run."""
        text = self.naming(row.strand, row.name)
        if row.labelled is not None and row.labelled[1] == row.front:
            row.front = self.picture.labels.pop(row.labelled[0]).x - 5 if row.labelled[0] == len(self.picture.labels) - 1 else row.front
        if text:
            self.picture.labels.append(Label(row.strand, row.track, row.front + 5, text))
            row.front += width(text, 14) + 10
            row.labelled = len(self.picture.labels) - 1, row.front

    def rename(self, tensors: Sequence[Tensor], anyway: bool = False) -> None:
        """Label the axes that are called otherwise from here on, not only for a while, or anyway."""
        names = {s: name for t in tensors for s, name in zip(t.strands, t.names, strict=False)}
        for row in self.rows:
            name = names.get(row.strand, "")
            begins = row.since > 0 and row.labelled is not None and row.labelled[1] == row.front
            lasts = self.lasting.get(row.strand) == name or not self.naming.names[row.strand]
            if name and (lasts or begins or anyway) and self.naming.changed(row.strand, row.name, name):
                row.name = name
                self.label(row)

    # ---- dashed lines ---------------------------------------------------------------------------------------------

    def dashes(self, x: float) -> None:
        """Begin, move and end the dashed lines between tensors."""
        last: Row | None = None
        for row in self.rows:
            if last is not None and row.segment is not last.segment:
                dash = row.segment.dash
                if dash is None:
                    row.segment.dash = dash = Dash([(max(x, last.since), last.track)])
                    self.picture.dashes.append(dash)
                else:
                    self.follow(dash, last, row, x)
            elif last is None and row.segment.dash is not None:
                self.close(row.segment, x)
            last = row

    def follow(self, dash: Dash, row: Row, below: Row, x: float) -> None:
        """Let a dashed line go on under another row, up only where the gap is free and not if it is about to end."""
        (since, track) = dash.points[-1]
        up = self.tracks.rough[row.track] < self.tracks.rough[track]
        if track == row.track or (up and below.segment in self.joining):
            return
        x = max(x, row.since, below.free) if up else x
        if x < since + 12:
            dash.points[-1] = (since, row.track)
        else:
            dash.points.append((x, row.track))

    def close(self, segment: Segment, x: float) -> None:
        """End the dashed line over a tensor."""
        if segment.dash is not None:
            segment.dash.points[1:] = [p for p in segment.dash.points[1:] if p[0] < x - 20]
            segment.dash.end = max(x, segment.dash.points[-1][0])
            segment.dash = None
