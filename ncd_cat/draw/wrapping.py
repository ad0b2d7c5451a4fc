"""Lines: a picture wider than a page is cut where only straight wires pass, and its parts stand under each other.

Each line has heights of its own, so there are no empty bands; a wire that is cut leaves in an arrow, and comes in again on the
next line in another one, with its label.  Linear in the marks, but for sorting them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import hypot, log, sqrt

from ncd_cat.draw.cutting import EDGE, Line, cut, cuts
from ncd_cat.draw.dashes import cleared
from ncd_cat.draw.heights import settle
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.marks import Label, Picture
from ncd_cat.draw.painting import MARGIN, Painter, paint
from ncd_cat.draw.scene import LAYERS, Primitive, Scene
from ncd_cat.draw.shapes import Form

PAGE, WIDE, GAP = sqrt(2), 1600.0, 14.0  # the proportion of a page, what is too wide for one line of it, and what is between lines
TORN = 0.1  # how much a torn block counts, where twice the proportion of a page is log 2


def wrapped(picture: Picture, naming: Naming, forms: Mapping[str, Form], title: str = "", width: float | str | None = None) -> Scene:
    """The scene of a picture, in lines at most about `width` wide; as wide as makes a page of it if `width` is "page"."""
    if width == "page":
        return _page(picture, naming, forms, title)
    places = cuts(picture, float(width)) if width is not None and picture.width > 1.15 * float(width) else []
    return cleared(_stacked(picture, naming, forms, title, places) if places else paint(picture, naming, forms, title))


def _page(picture: Picture, naming: Naming, forms: Mapping[str, Form], title: str) -> Scene:
    """The scene in as many lines as make it like a page in landscape and tear few blocks, if it does not fit in one."""
    best = wrapped(picture, naming, forms, title)
    count = max(2, round(sqrt(best.width / best.height / PAGE)) - 1)
    for _ in range(5 if best.width > WIDE and best.width > best.height else 0):
        found = wrapped(picture, naming, forms, title, 1.1 * picture.width / count)
        if found.width >= best.width:
            break
        best = min(best, found, key=_unlike)
        if found.width < 1.2 * PAGE * found.height:
            break
        count += max(1, int(count * (sqrt(found.width / found.height / PAGE) - 1)))
    return best


def _unlike(scene: Scene) -> float:
    """How far from the proportion of a page, how large, and how many backdrops there are, of which those of torn blocks are several."""
    found = log(scene.width / scene.height / PAGE)
    return max(found, -1.5 * found) + 0.5 * log(scene.width * scene.height) + TORN * len(scene.layer("regions"))


def _stacked(picture: Picture, naming: Naming, forms: Mapping[str, Form], title: str, places: Sequence[float]) -> Scene:
    """The lines between some places, under each other."""
    made: list[Primitive] = []
    top, wide = MARGIN, 0.0
    for painter in painted(picture, naming, forms, places):
        boxes = [p.box for p in painter.made]
        left, high = min(b[0] for b in boxes), min(b[1] for b in boxes)
        made += [p.moved(MARGIN - left, top - high) for p in painter.made]
        wide = max(wide, max(b[2] for b in boxes) - left)
        top += max(b[3] for b in boxes) - high + GAP
    order = {name: k for k, name in enumerate(LAYERS)}
    return Scene(tuple(sorted(made, key=lambda p: order[p.layer])), wide + 2 * MARGIN, top - GAP + MARGIN, title)


def painted(picture: Picture, naming: Naming, forms: Mapping[str, Form], places: Sequence[float]) -> Iterator[Painter]:
    """The lines between some places, each painted."""
    called: dict[int, list[Label]] = defaultdict(list)
    for label in sorted(picture.labels, key=lambda label: label.x):
        called[label.strand].append(label)
    for line in cut(picture, places):
        _labelled(line, called)
        settle(line.picture, line.picture.tracks)
        painter = Painter(line.picture, naming)
        painter.all(forms)
        for strand, track, x in line.leaving:
            _leaves(painter, strand, x, painter.y(track))
        for strand, track, x in line.coming:
            _comes(painter, strand, x, painter.y(track))
        yield painter


def _labelled(line: Line, called: Mapping[int, Sequence[Label]]) -> None:
    """Write what each wire that comes in is called, if it is not written soon anyway."""
    for strand, track, x in line.coming:
        before = [label for label in called[strand] if label.x < x + EDGE]
        soon = any(x + EDGE <= label.x < x + EDGE + 30 for label in called[strand])
        if before and not soon:
            line.picture.labels.append(replace(before[-1], track=track, x=x + 6))


def _leaves(painter: Painter, strand: int, x: float, y: float) -> None:
    """An arrow that turns down at the end of a wire."""
    for dy in painter.lines(strand):
        painter.path("wires", "wire", ((x, y + dy), (x + 6, y + dy + 0.8), (x + 11, y + dy + 3)), source=f"strand {strand}")
    _tip(painter, x + 10, y + 2.6, x + 17, y + 8)


def _comes(painter: Painter, strand: int, x: float, y: float) -> None:
    """An arrow that turns into the beginning of a wire."""
    for dy in painter.lines(strand):
        painter.path("wires", "wire", ((x - 14, y + dy - 6), (x - 7, y + dy - 1.6), (x, y + dy)), source=f"strand {strand}")
    _tip(painter, x - 6, y - 1.2, x + 3, y)


def _tip(painter: Painter, x0: float, y0: float, x1: float, y1: float) -> None:
    long = hypot(x1 - x0, y1 - y0)
    dx, dy = 3.5 * (y1 - y0) / long, 3.5 * (x1 - x0) / long
    painter.path("glyphs", "ink", ((x0 + dx, y0 - dy), (x1, y1), (x0 - dx, y0 + dy)), closed=True)


__all__ = ["painted", "wrapped"]
