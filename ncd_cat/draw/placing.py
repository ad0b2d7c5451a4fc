"""Glyphs on the page: each at the least x that its strands and the gaps between them allow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.labels import width
from ncd_cat.draw.marks import Bend, Glyph
from ncd_cat.draw.moving import Moving
from ncd_cat.draw.ordering import Choice
from ncd_cat.draw.page import Row, Segment
from ncd_cat.draw.shapes import Shape
from ncd_cat.draw.story import Element, Fork, Step

PIECE, BAR, PAST = 8.0, 3.0, 16.0  # between pieces of an axis that leave a bar, half of its width, and from there to dots of copies


class Placing(Moving):
    """A page that glyphs are put on."""

    def mark(self, element: Element, x0: float, x1: float, tracks: Sequence[int], step: Step, outs: int = 0) -> Glyph:
        """Put a glyph on the page, and into the regions around it."""
        found = Glyph(element, x0, x1, tuple(tracks), step.title, outs, step.box)
        self.picture.glyphs.append(found)
        for block in step.path:
            if block in self.regions:
                self.regions[block].cover(x1, tracks)
        return found

    def element(self, element: Element, segment: Segment, step: Step) -> None:
        """One glyph of an operation."""
        shape = FORMS[element.kind].shape
        place: Callable[[Element, Shape, Segment, Step], None] = getattr(self, f"_{shape.way}")
        place(element, shape, segment, step)

    def _float(self, element: Element, shape: Shape, segment: Segment, step: Step) -> None:
        """Over the wires of a tensor, or where these have met those of others, of the result."""
        given = {s for tensor in step.gives for s in tensor.strands}
        places = [k for k, row in enumerate(self.rows) if row.segment is segment]
        places = places or [k for k, row in enumerate(self.rows) if row.strand in given]
        if not places:
            return
        wide = shape.width(element)
        x0 = self.start(places)
        top = self.rows[places[0]].track
        self.tracks.room(top, x0, above=36)
        self.mark(element, x0, x0 + wide, [top], step)
        for k in places:
            self.rows[k].front = x0 + wide + 2

    def _between(self, element: Element, shape: Shape, segment: Segment, step: Step) -> None:
        """Where the dashed lines end between tensors that stand one under another."""
        places = [k for k, row in enumerate(self.rows) if row.segment in (segment, *self.joining)]
        x0 = self.start(places) + shape.lead
        x1 = x0 + shape.width(element)
        for k in places[1:]:
            upper, lower = self.rows[k - 1], self.rows[k]
            if upper.segment is not lower.segment:
                self.tracks.room(upper.track, x0, below=shape.below)
                self.tracks.room(lower.track, x0, above=shape.above)
                self.mark(element, x0, x1, [upper.track, lower.track], step)
        for k in places:
            self.rows[k].front = x1 + 2

    def _end(self, element: Element, shape: Shape, segment: Segment, step: Step) -> None:
        """At the end of strands."""
        places = self.gather(element.ins) if len(element.ins) > 1 else self.at(element.ins)
        x0 = self.start(places)
        x1 = x0 + shape.width(element)
        rows = [self.rows[k] for k in places]
        if element.kind == "cup":
            x0 += 2
        self.mark(element, x0, x1, [row.track for row in rows], step)
        self._tall(rows, shape, x0)
        for row in rows:
            self.flush(row, x0)
            row.since = x1
            self.die(row, x1)

    def _after(self, element: Element, shape: Shape, segment: Segment, step: Step) -> None:
        """Strands that come from nothing, when the rest of the tensor is done."""
        self._begin(element, shape, segment, step, self.start([k for k, row in enumerate(self.rows) if row.segment is segment]))

    def _begin(self, element: Element, shape: Shape, segment: Segment, step: Step, since: float = 0) -> None:
        """Strands that come from nothing: each over the next one of its tensor."""
        order = [s for t in step.gives for s in t.strands]
        rows: list[Row] = []
        around = [self.regions[block].x0 for block in step.path if block in self.regions and self.regions[block].bracket]
        x1 = max([since, *[x + 16 for x in around]])
        for strand in element.outs:
            later = {*order[order.index(strand) + 1 :]} if strand in order else set()
            place = next((k for k, row in enumerate(self.rows) if row.strand in later), None)
            if place is None:
                own = [k for k, row in enumerate(self.rows) if row.segment is segment]
                place = own[-1] + 1 if own else min(self.gap, len(self.rows))
            x1 = max(x1, self.free(place)) + (shape.width(element) if not rows else 0)
            near = next((row.segment for row in self.rows if row.strand in later), segment)
            rows.append(self.insert(place, strand, near, x1))
        self.mark(element, x1 - shape.width(element), x1, [row.track for row in rows], step)
        self._tall(rows, shape, x1)

    def _through(self, element: Element, shape: Shape, segment: Segment, step: Step) -> None:
        """Across strands, some of which end and some of which begin."""
        if not element.ins:
            self._begin(element, shape, segment, step, max([row.front for row in self.rows if row.segment is segment], default=0))
            return
        passing = element.ins == element.outs
        places = self.gather(element.ins, shape.ordered and not passing, element.kind == "bar" and len(element.outs) == 1)
        rows = [self.rows[k] for k in places]
        if len(element.outs) < len(rows):
            rows.sort(key=lambda row: row.strand in self.seen)
        if element.kind == "window":
            self.seen.update(element.outs[1:])
        if element.kind == "bar" and len(element.outs) == 1:
            rows.sort(key=lambda row: row.since)  # what did not have to come goes straight on
        more = len(element.outs) > len(rows)
        x0 = max(self.start(places), self.free(places[-1] + 1) if more else 0) + shape.lead
        x1 = x0 + shape.width(element)
        tracks = [row.track for row in rows]
        for row in rows:
            self.flush(row, x0)
            row.since = row.front = x1
        if passing:
            self.mark(element, x0, x1, tracks, step, len(rows))
            self._tall(rows, shape, x0)
            return
        for row, strand in zip(rows, element.outs, strict=False):
            row.strand, row.name = strand, ""
            self.label(row)
        for k, strand in enumerate(element.outs[len(rows) :]):
            tracks.append(self.insert(places[-1] + 1 + k, strand, rows[0].segment, x1).track)
            self.tracks.falling |= {tracks[-1]} if tracks[0] in self.tracks.falling else set()
        self.mark(element, x0, x1, tracks, step, len(element.outs))
        self._tall([row for row in self.rows if row.track in tracks], shape, x0)
        for row in rows[len(element.outs) :]:
            row.since = x1 + 1
            self.die(row, x1)

    def _tall(self, rows: Sequence[Row], shape: Shape, x: float) -> None:
        if rows:
            self.tracks.room(rows[0].track, x, above=shape.above)
            self.tracks.room(rows[-1].track, x, below=shape.below)

    def join(self, elements: Sequence[Element], step: Step, host: int = 0) -> None:
        """Strands that end in a dot on another one, one of the host tensor if there is one, in one column."""
        everything = self.at([s for e in elements for s in e.ins])
        if not everything:
            return
        x0 = self.start(everything)
        half = max(width(e.text, 15) for e in elements) / 2
        x1 = x0 + max(min(30 + 8 * (everything[-1] - everything[0]), 110), half + 4)
        written = False
        for element in sorted(elements, key=lambda e: min(self.at(e.ins), default=0)):
            meeting = [row for row in self.rows if row.strand in element.ins]
            survivor = self._survivor(meeting, element, host)
            ending = [row for row in meeting if row is not survivor]
            self.mark(replace(element, text="") if written else element, x0, x1, [survivor.track, *[row.track for row in ending]], step)
            for row in ending:
                self.bend(row, survivor.track, x0, x1)
                self.die(row, x0 + 0.75 * (x1 - x0))
            survivor.strand = element.outs[0]
            if element.text and not written:
                self.tracks.room(survivor.track, x1, above=20)
            written = True
            survivor.front = max(survivor.front, x1 + half + 4)
        low, high = min(everything), max(everything)
        for row in self.rows[low : high + 1 - sum(len(e.ins) - 1 for e in elements)]:
            row.front = max(row.front, x1 + 4)

    def _survivor(self, meeting: Sequence[Row], element: Element, host: int) -> Row:
        """The row that others end on: the lowest where axes merge that are not the first ones of tensors, else the uppermost."""
        own = [row for row in meeting if row.segment.number == host] or meeting
        firsts = {id(row.segment): row for row in reversed(self.rows)}
        return own[-1 if element.kind == "merge" and any(firsts[id(row.segment)] is not row for row in meeting) else 0]

    def fork(self, fork: Fork, choice: Choice) -> None:
        """Copies of a tensor, each axis from a dot: below it, but for one that goes next to a host."""
        self.pull(fork.takes)
        self.rise(fork.takes)
        self.rename((fork.takes,))
        own = [self.rows[k] for k in self.of((fork.takes,))]
        if not own:
            return
        for row in own:
            row.front = max(row.front, row.segment.slid, row.segment.fixed)
        strands = {copy: dict(zip(fork.takes.strands, copy.strands, strict=True)) for copy in fork.gives}
        pairs = [[strands[copy][row.strand] for row in own] for copy in fork.gives]
        numbers = [copy.number for copy in fork.gives]
        goes = 0 if choice.first else len(numbers) - 1
        stays = len(numbers) - 1 if choice.first else 0
        near = [k for k in range(len(numbers)) if k not in (goes, stays)]
        cut = [j for j, row in enumerate(own) if row.strand == fork.cut]
        step = Step((), (), (), "split" if cut else "copy", fork.path)
        x0 = self._reached(own, choice) + 4
        dots = x0 + (PAST if cut else 0)
        for row, strand in zip(own, pairs[stays], strict=True):
            if row.strand == fork.cut:
                self._cut(row, strand, len(numbers), stays, x0, step)
                continue
            self.mark(Element("copy", (row.strand,), (row.strand,)), dots, dots, [row.track], step)
            self.flush(row, dots)
            row.strand = strand
        own[0].segment.number = fork.takes.number
        for k in [goes, *reversed(near)]:
            host = choice.host if k == goes else fork.takes.number
            under = {pairs[k][j]: PIECE * (k - stays) for j in cut}
            self._copied(own, pairs[k], numbers[k], host, choice.over and k == goes, x0, under)
        own[0].segment.number = numbers[stays]
        for row in own:
            row.front = max(row.front, x0 + 45)
        self.dashes(x0 + 20)

    def _cut(self, row: Row, strand: int, count: int, stays: int, x0: float, step: Step) -> None:
        """A bar that cuts an axis: one piece goes straight on, the others leave it over and under that."""
        above, below = PIECE * stays, PIECE * (count - 1 - stays)
        self.mark(Element("split", (row.strand,), (strand,), sup=f"{above:g}", sub=f"{below:g}"), x0, x0, [row.track], step)
        self.tracks.room(row.track, x0, above=above + 14, below=below + 14)
        self.flush(row, x0 - BAR)
        row.strand, row.name, row.since, row.front = strand, "", x0 + BAR, x0 + 45
        self.label(row)

    def beside(self, host: int, over: bool) -> int:
        """The gap next to a tensor, or the last one."""
        places = [k for k, row in enumerate(self.rows) if row.segment.number == host]
        return len(self.rows) if not places else places[0] if over else places[-1] + 1

    def _reached(self, own: Sequence[Row], choice: Choice) -> float:
        """From where all is free between a tensor and the gaps that its copies go to."""
        places = [k for k, row in enumerate(self.rows) if row in own]
        gap = self.beside(choice.host, choice.over)
        low, high = min(places[0], gap), max(places[-1], gap - 1)
        return max(self.start([low, high]), self.free(gap), self.free(places[-1] + 1))

    def _copied(
        self, own: Sequence[Row], strands: Sequence[int], number: int, host: int, over: bool, x0: float, under: Mapping[int, float]
    ) -> None:
        """A copy of some rows in the gap next to a tensor; some begin so far under theirs."""
        place = self.beside(host, over)
        first = self.rows.index(own[0])
        passed = self.rows[place:first] if place <= first else self.rows[first + len(own) : place]
        x1 = x0 + min(45 + 4 * len(passed), 110)
        for row in passed:
            row.front, row.free = max(row.front, x1), max(row.free, x1)
        new = Segment(number)
        for k in range(len(own)):
            row, strand = (own[-1 - k], strands[-1 - k]) if over else (own[k], strands[k])
            made = self.insert(place if over else place + k, strand, new, x1, low=over)
            made.free = max(made.free, x1)
            since = x0 + (BAR if strand in under else PAST if under else 0)
            self.picture.bends.append(Bend(strand, row.track, made.track, since, x1, under.get(strand, 0)))
        for row in own if over else ():
            row.free = max(row.free, x1)
