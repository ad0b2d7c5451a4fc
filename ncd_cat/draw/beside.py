"""Two diagrams over each other, with marks on their values: equal ones in green and numbered, and red ones where the two part.

A glyph stands for the value that it makes, and for those after it that have no glyph of their own, such as a sum with a bias.

>>> from ncd_cat.architectures import find
>>> mlp = find("mlp")
>>> marks = {n: Mark("equal", k, True) for k, n in enumerate(mlp.nodes(), 1)}
>>> found = beside((mlp, mlp), (marks, marks), ("one", "other"), ("proved equal",))
>>> [p.text for p in found.layer("words") if p.source == "name"], {p.style for p in found.layer("regions")} >= {"equal"}
(['one', 'other'], True)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Unpack

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw.cutting import cuts
from ncd_cat.draw.glyphs import FORMS
from ncd_cat.draw.labels import Naming, width
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.marks import Picture
from ncd_cat.draw.painting import MARGIN, Painter
from ncd_cat.draw.scene import LAYERS, Box, Disc, Path, Primitive, Scene, Words
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import Options, View, viewed
from ncd_cat.draw.watching import Watch
from ncd_cat.draw.wrapping import painted
from ncd_cat.graph import Graph, Node

SAID = {"equal": "equal on both sides", "agree": "agree at random points, not proved", "apart": "here they part"}
ORDER = tuple(SAID)
GAP, PAD, RADIUS, PAGE = 30.0, 3.0, 7.0, 1600.0
Drawn = dict[int, dict[int, list[Box]]]  # of a box, by its identity: what is around its glyphs, for each line that has some


@dataclass(frozen=True)
class Mark:
    """What is known of a value: `kind` is equal, agree or apart; equal values have one number, as those that agree; `end`: it is shown."""

    kind: str
    number: int = 0
    end: bool = False


Marks = Mapping[Node, Mark]


def beside(graphs: tuple[Graph, Graph], marks: tuple[Marks, Marks], titles: tuple[str, str], said: Sequence[str],
           **options: Unpack[Options]) -> Scene:  # fmt: skip
    """The scene of two graphs over each other, from a common left edge, under a heading and a legend.

    `said`: the lines of the heading.  The options are those of a drawing, but that no block is folded.  Raises InputError on others.
    """
    seen = replace(viewed(**options), fold=0, scales=False)
    sides = [_Side.of(graph, found, seen) for graph, found in zip(graphs, marks, strict=True)]
    shown = [{m.number for _, m in side.boxes if m.number and m.end} for side in sides]
    there = [{m.number for _, m in side.boxes} for side in sides]
    kept = sorted((shown[0] | shown[1]) & there[0] & there[1])
    flags = {number: k for k, number in enumerate(kept, 1)}
    kinds = {m.kind for side in sides for _, m in side.boxes}
    made = list(_head(said, [kind for kind in ORDER if kind in kinds]))
    top = max(p.box[3] for p in made) + GAP / 2
    for name, side in zip(titles, sides, strict=True):
        made.append(_words(MARGIN, top + 16, name, 16, "sans", "name"))
        drawn = [*side.made, *side.marked(flags)]
        left, high = min(0.0, *[p.box[0] for p in drawn]), min(p.box[1] for p in drawn)
        made += [p.moved(MARGIN - left, top + 28 - high) for p in drawn]
        top = max(p.box[3] for p in made) + GAP
    layer = {name: k for k, name in enumerate(LAYERS)}
    made.sort(key=lambda p: layer[p.layer])
    return Scene(tuple(made), max(p.box[2] for p in made) + MARGIN, top - GAP + MARGIN, f"{titles[0]} and {titles[1]}: {said[0]}")


def _head(heading: Sequence[str], kinds: Sequence[str]) -> Iterator[Primitive]:
    """What is said of the two, line by line, and what each colour says."""
    y = MARGIN
    for k, line in enumerate(heading):
        y += 20
        yield _words(MARGIN, y, line, 17 if k == 0 else 13, "sans", "heading")
    x, y = MARGIN, y + 10
    for kind in kinds:
        yield _rect(kind, (x, y, x + 18, y + 14), SAID[kind], "legend", "glyphs")
        yield _words(x + 24, y + 12, SAID[kind], 13, "sans", "legend")
        x += 48 + width(SAID[kind], 13)


# ---- one side -------------------------------------------------------------------------------------------------------


@dataclass
class _Side:
    """A diagram painted, and the boxes around what is marked."""

    made: list[Primitive]
    boxes: list[tuple[Box, Mark]]

    @staticmethod
    def of(graph: Graph, marks: Marks, seen: View) -> _Side:
        """The side of a graph."""
        diagram = Diagram.from_graph(graph)
        story = tell(diagram, seen)
        naming = Naming(story.names, story.sizes, seen.names, story.double)
        made, drawn = _painted(Layout(story, naming).done(), naming, seen.width)
        found = _owned(Watch.of(diagram), drawn, graph, marks)
        return _Side(made, [(_around(boxes), mark) for key, mark in found.items() for boxes in drawn[key].values()])

    def marked(self, flags: Mapping[int, int]) -> Iterator[Primitive]:
        """The tints, and the number of each value that the other side has too."""
        taken = [p.box for p in self.made if p.layer in ("glyphs", "words", "wires")]
        done = set[int]()
        for box, mark in self.boxes:
            yield _rect(mark.kind, box, SAID[mark.kind], mark.kind, "regions")
            if mark.kind == "apart":
                yield from self._flag(box, "≠ parts here", taken)
            elif mark.number in flags and mark.number not in done:
                done.add(mark.number)
                yield from self._flag(box, f"{'≈ ' if mark.kind == 'agree' else ''}{flags[mark.number]}", taken)

    def _flag(self, box: Box, text: str, taken: list[Box]) -> Iterator[Primitive]:
        """A number in a disc, or a word, at the first place around a box where nothing else stands."""
        number = text.isdigit()
        half = max(RADIUS, width(text, 10) / 2 + 3) if number else width(text, 13) / 2 + 2
        xs = [(box[0] + box[2]) / 2 + dx for dx in (0, (box[2] - box[0]) / 2, (box[0] - box[2]) / 2)]
        ys = [y for k in range(24) for y in (box[1] - RADIUS - 2 - 8 * k, box[3] + RADIUS + 2 + 8 * k)]
        places = [(x - half, y - RADIUS, x + half, y + RADIUS) for y in ys for x in xs]
        place = next((p for p in places if not any(_meet(p, other) for other in taken)), places[0])
        taken.append(place)
        x, y = (place[0] + place[2]) / 2, (place[1] + place[3]) / 2
        if number:
            yield Disc("glyphs", "flag", f"cut point {text}", "flag", x, y, half)
        yield Words("words", "light" if number else "sans", "", "flag", x, y + 3.5, text, 10 if number else 13)


def _painted(picture: Picture, naming: Naming, wide: float | str | None) -> tuple[list[Primitive], Drawn]:
    """The primitives of a picture, in lines where it is wide, and where the glyphs of each box of the diagram stand."""
    limit = PAGE if wide == "page" else wide
    places = cuts(picture, float(limit)) if limit is not None and picture.width > 1.15 * float(limit) else []
    if places:
        lines = list(painted(picture, naming, FORMS, places))
    else:
        lines = [Painter(picture, naming)]
        lines[0].all(FORMS)
    made: list[Primitive] = []
    drawn: Drawn = {}
    for k, painter in enumerate(lines):
        left = min(p.box[0] for p in painter.made) if places else 0.0
        below = max((p.box[3] for p in made), default=0.0) + GAP / 2 - min(p.box[1] for p in painter.made) if made else 0.0
        moved = [p.moved(-left, below) for p in painter.made]
        for glyph, start, stop in painter.spans:
            if glyph.box is not None and stop > start:
                drawn.setdefault(id(glyph.box), {}).setdefault(k, []).extend(p.box for p in moved[start:stop])
        made += moved
    return made, drawn


def _owned(made: Watch, drawn: Mapping[int, object], graph: Graph, marks: Marks) -> dict[int, Mark]:
    """The mark of each box that is drawn: apart if a value of its is, else that of the last value that it stands for."""
    owner = made.owners(drawn, graph)
    known = [n for n in graph.nodes() if n in owner and n in marks]
    return {owner[n]: marks[n] for n in sorted(known, key=lambda n: marks[n].kind == "apart")}


# ---- shapes ---------------------------------------------------------------------------------------------------------


def _around(boxes: Sequence[Box]) -> Box:
    lows, highs = [min(b[k] for b in boxes) - PAD for k in (0, 1)], [max(b[k] for b in boxes) + PAD for k in (2, 3)]
    return lows[0], lows[1], highs[0], highs[1]


def _meet(a: Box, b: Box) -> bool:
    return a[0] < b[2] + 1 and b[0] < a[2] + 1 and a[1] < b[3] + 1 and b[1] < a[3] + 1


def _rect(style: str, box: Box, title: str, name: str, layer: str) -> Path:
    x0, y0, x1, y1 = box
    return Path(layer, style, title, name, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), True)


def _words(left: float, y: float, text: str, size: float, style: str, name: str) -> Words:
    return Words("words", style, "", name, left + width(text, size) / 2, y, text, size)


__all__ = ["Mark", "Marks", "beside"]
