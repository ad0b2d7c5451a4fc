"""Where everything stands: each glyph as far left as its strands and the free room between them allow.

One pass over the story keeps the strands from top to bottom; every strand knows up to where its track is used, every gap from
where it is free, so steps that do not meet share columns.  Heights come last, from `tracks`.  Linear in glyphs times strands
at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from itertools import groupby

from ncd_cat.draw.blocks import PAD, Blocks
from ncd_cat.draw.brevity import shortened
from ncd_cat.draw.columns import REACH, forked, projections
from ncd_cat.draw.copies import late
from ncd_cat.draw.heights import settle
from ncd_cat.draw.labels import Naming, width
from ncd_cat.draw.marks import Label, Picture
from ncd_cat.draw.ordering import Choice, planned
from ncd_cat.draw.page import Row, Segment
from ncd_cat.draw.repeating import repeat_labels
from ncd_cat.draw.sliding import met, reached, ready
from ncd_cat.draw.story import Element, Enter, Event, Fork, Step, Story, Tensor


class Layout(Blocks):
    """The page of a story."""

    def __init__(self, story: Story, naming: Naming) -> None:
        super().__init__(naming)
        self.story = forked(late(shortened(story)))
        self.projections = projections(self.story)
        self.lasting = {s: name for t in self.story.outs for s, name in zip(t.strands, t.names, strict=False)}
        self.plan = planned(self.story)

    def done(self) -> Picture:
        """The picture of the whole story."""
        for tensor in self.story.ins:
            segment = Segment(tensor.number)
            for strand in tensor.strands:
                self.insert(len(self.rows), strand, segment, 0)
        self.picture.ins = [(row.strand, row.track) for row in self.rows]
        self.dashes(0)
        for k, event in enumerate(self.story.events):
            self.event(event, self.plan.get(k))
        self.finish()
        return self.picture

    def event(self, event: Event, choice: Choice | None) -> None:
        """Put one event on the page."""
        if isinstance(event, Step | Enter) and len(event.takes) == 1:
            self.column(event.takes[0])
        if isinstance(event, Step):
            self.step(event, choice)
        elif isinstance(event, Fork):
            self.fork(event, choice or Choice(event.takes.number))
        elif isinstance(event, Enter):
            self.enter(event)
        else:
            self.leave(event)

    def column(self, tensor: Tensor) -> None:
        """Let the projection of a tensor begin in one column with equal ones of others on the page, those that are not far."""
        kinds = self.projections.pop(tensor.number, None)
        alike: dict[int, list[Row]] = {}
        for row in self.rows if kinds else ():
            if row.segment.number == tensor.number or self.projections.get(row.segment.number) == kinds:
                alike.setdefault(row.segment.number, []).append(row)
        fronts = {number: max(row.front for row in rows) for number, rows in alike.items()}
        near = [number for number, front in fronts.items() if abs(front - fronts.get(tensor.number, front)) <= REACH]
        for row in [row for number in near for row in alike[number]]:
            row.front = max(fronts[number] for number in near)

    # ---- operations -------------------------------------------------------------------------------------------------

    def step(self, step: Step, choice: Choice | None) -> None:
        """An operation: its tensors become one, its glyphs are drawn."""
        self.rename(step.takes)
        if not step.elements:
            self.given(step)
            return
        host = choice.host if choice else 0
        if host and step.takes and not self._lands(step, host):
            self.together(step.takes, host)
            host = 0
        places = self.of(step.takes)
        segments = list(dict.fromkeys(self.rows[k].segment for k in places))
        owner = {self.rows[k].strand: self.rows[k].segment for k in places}
        count = len(self.picture.glyphs)
        top = segments[0] if segments else Segment(0)
        self.gap = self.beside(host, choice is not None and choice.over) if not step.takes else len(self.rows)
        self.joining = tuple(segments[1:])
        met(segments)
        for (kind, _), group in groupby(step.elements, key=lambda e: (e.kind, e.ins == ())):
            drawn = list(group)
            if kind in ("plus", "window"):
                for tensor in step.takes if kind == "window" else self._landing(step, host):
                    self.pull(tensor)
            elif kind == "causal":
                self.pull(Tensor(0, drawn[0].ins), 16)
            elif kind == "learned":
                self.lift(Tensor(0, drawn[0].ins))
            elif kind in ("block", "conv", "box"):
                for tensor in step.takes:
                    self.lift(tensor)
            if kind in ("merge", "join", "plus"):
                for element in drawn:
                    ready(top, element, self._on(element, segments))
                self.join(drawn, step, host)
                reached(segments, drawn[0], self.picture.glyphs[-1].x1)
            else:
                for element in drawn:
                    ready(top, element, self._on(element, segments))
                    self.element(element, top, step)
                    reached(segments, element, self.picture.glyphs[-1].x1 if self.picture.glyphs else 0)
            if self.picture.glyphs:
                self.dashes(self.picture.glyphs[-1].x0 - 18)
        made = self.picture.glyphs[count:]
        first = min([g.x0 for g in made], default=0)
        for segment in segments[1:]:
            owners = [(g.x0, {owner.get(s) for s in g.element.ins}) for g in made]
            self.close(segment, min([x for x, found in owners if segment in found and len(found) > 1], default=first))
        for segment in segments if not step.gives and made else ():
            self.close(segment, made[-1].x0)
        self.joining = ()
        self.given(step)
        self.dashes(first - 18)

    def _on(self, e: Element, segments: Sequence[Segment]) -> list[Row]:
        """The strands that a glyph stands on: of one that floats, those of all tensors taken."""
        floats = not e.ins and not e.outs
        return [row for row in self.rows if row.strand in e.ins or (floats and row.segment in segments)]

    def _lands(self, step: Step, host: int) -> bool:
        """Whether the result of a step is all on the rows of one of its tensors, where the others' axes just end."""
        own = {row.strand for row in self.rows if row.segment.number == host}
        ends = {e.outs[0] for e in step.elements if e.kind in ("merge", "join", "plus") and own & {*e.ins}}
        direct = all(e.kind in ("merge", "join", "plus", "darts") for e in step.elements)
        return direct and all(s in own or s in ends for t in step.gives for s in t.strands)

    def _landing(self, step: Step, host: int) -> list[Tensor]:
        """The tensor on whose rows a sum stands: the host, or the uppermost one."""
        number = host or next((self.rows[k].segment.number for k in self.of(step.takes)), 0)
        return [t for t in step.takes if t.number == number]

    def given(self, step: Step) -> None:
        """Put the rows of the tensors given into their segments."""
        for k, tensor in enumerate(step.gives):
            places = self.at(tensor.strands)
            if places:
                segment = self.rows[places[0]].segment if k == 0 else Segment(tensor.number)
                segment.number = tensor.number
                for place in places:
                    self.rows[place].segment = segment
                for place in places:
                    self.link(place)
        self.rename(step.gives)

    # ---- the end --------------------------------------------------------------------------------------------------

    def finish(self) -> None:
        """Put the outputs in their order, draw all runs to the right edge, and name the axes there."""
        wanted = [s for t in self.story.outs for s in t.strands]
        for tensor in self.story.outs:
            self.pull(tensor)
        if len({*wanted}) == len(wanted):
            self.gather(wanted, ordered=True)
        self.rename(self.story.outs)
        x = max([row.front for row in self.rows], default=0) + 20
        for row in self.rows:
            text = self.naming(row.strand, row.name)
            last = [label for label in self.picture.labels[-len(self.rows) * 2 :] if label.strand == row.strand]
            if text and (not last or last[-1].x < x - 60 - width(text, 14)):
                self.picture.labels.append(Label(row.strand, row.track, x - 5, text))
        end = x + max([width(self.naming(row.strand, row.name), 14) for row in self.rows], default=0) + 10
        for row in self.rows:
            self.flush(row, end)
            self.close(row.segment, end)
        self.picture.outs = [(row.strand, row.track) for row in self.rows]
        self.picture.width = max([end, *[region.x1 + PAD for region in self.picture.regions]])
        repeat_labels(self.picture)
        self.picture.tracks = deepcopy(self.tracks)
        settle(self.picture, self.tracks)
