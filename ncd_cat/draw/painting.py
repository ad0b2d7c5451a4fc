"""From a layout to a scene: each glyph as the author draws it, on the heights that its tracks have.

The colours are the names of the palette in `svg`; the measures are on a grid of 5 pixels.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from ncd_cat.draw.heights import bottoms
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.marks import Bend, Dash, Glyph, Label, Picture, Region
from ncd_cat.draw.scene import LAYERS, Arc, Curve, Path, Point, Primitive, Scene, Words
from ncd_cat.draw.shapes import Form

MARGIN, SLANT = 12.0, 45.0  # around a picture, and down how much a dashed line goes on
SMALL = "acegmnopqrsuvwxyz"  # letters without a stem


def paint(picture: Picture, naming: Naming, forms: Mapping[str, Form], title: str = "") -> Scene:
    """The scene of a layout, with a way to draw each kind of glyph."""
    painter = Painter(picture, naming)
    painter.all(forms)
    boxes = [p.box for p in painter.made] or [(0.0, 0.0, 10.0, 10.0)]
    left, top = min(b[0] for b in boxes) - MARGIN, min(b[1] for b in boxes) - MARGIN
    right, bottom = max(b[2] for b in boxes) + MARGIN, max(b[3] for b in boxes) + MARGIN
    order = {name: k for k, name in enumerate(LAYERS)}
    made = sorted([p.moved(-left, -top) for p in painter.made], key=lambda p: order[p.layer])
    return Scene(tuple(made), right - left, bottom - top, title)


def indexed(text: str) -> tuple[str, str]:
    """A label without its index, a number or one that depends on λ, and that.

    >>> indexed("c_12"), indexed("x_5−λ"), indexed("n_heads")
    (('c', '12'), ('x', '5−λ'), ('n_heads', ''))
    """
    body, _, index = text.rpartition("_")
    return (body, index) if body and (index.isdecimal() or "λ" in index) else (text, "")


def overlined(letter: Words) -> Path:
    """The line over a letter that stands for several axes, lower over small letters."""
    x0, _, x1, _ = letter.box
    small = all(c in SMALL for c in letter.text)
    y = letter.y - letter.size * (0.64 if small else 0.84)
    return Path("words", "wire", "", letter.source, ((x0 + 0.5, y), (x1 - 0.5, y)))


@dataclass
class Painter:
    """The primitives so far."""

    picture: Picture
    naming: Naming
    made: list[Primitive] = field(default_factory=list)
    doubled: set[int] = field(default_factory=set)
    spans: list[tuple[Glyph, int, int]] = field(default_factory=list)  # each glyph, and which primitives are its own

    def y(self, track: int) -> float:
        """The height of a track."""
        return self.picture.heights[track]

    def all(self, forms: Mapping[str, Form]) -> None:
        """Paint everything."""
        pic = self.picture
        self.regions()
        for dash in pic.dashes:
            self.dash(dash)
        for run in pic.runs:
            y = self.y(run.track)
            for dy in self.lines(run.strand):
                self.path("wires", "wire", ((run.x0, y + dy), (run.x1, y + dy)), self.naming(run.strand), f"strand {run.strand}")
        for bend in pic.bends:
            self.bend(bend)
        for glyph in pic.glyphs:
            start = len(self.made)
            forms[glyph.element.kind].paint(self, glyph, [self.y(t) for t in glyph.tracks])
            self.spans.append((glyph, start, len(self.made)))
        for label in pic.labels:
            self.label(label)

    def label(self, label: Label) -> None:
        """The name of an axis, in bold for a bundle that has one, up to the share of it that is left."""
        named = label.strand in self.naming.double and label.text[:1].isalpha() and "×" not in label.text
        name, slash, share = label.text.partition("/") if named else (label.text, "", "")
        style = "bundle" if named else "math"
        x = label.x
        for text, look in ((name, style), (slash + share, "math")):
            body, index = indexed(text)
            source, y = f"strand {label.strand}", self.y(label.track) - (8 if index else 6.5 if named else 4.5)
            half = Words("words", look, "", source, 0, 0, body, 14).wide / 2
            letter = Words("words", look, "", source, x, y, body, 14, sub=index)
            over = [overlined(replace(letter, x=x + half, sub=""))] if look == "bundle" else []
            self.made += [replace(letter, x=x + letter.wide / 2), *over] if text else []
            x += letter.wide

    def lines(self, strand: int) -> tuple[float, ...]:
        """How far from its track a strand's lines are: a bundle has two."""
        return (-2.0, 2.0) if strand in self.naming.double else (0.0,)

    def bend(self, bend: Bend) -> None:
        """An S-curve, of two lines for a bundle."""
        y0, y1 = self.y(bend.upper) + bend.under, self.y(bend.lower)
        for k, dy in enumerate(self.lines(bend.strand)):
            dx = 0 if len(self.lines(bend.strand)) == 1 else (2.0 - 4.0 * k) * (1 if y1 > y0 else -1)
            a, b = (bend.x0, y0 + dy), (bend.x1, y1 + dy)
            title, source = self.naming(bend.strand), f"strand {bend.strand}"
            if a[1] == b[1]:
                self.path("wires", "wire", (a, b), title, source)
            else:
                self.made.append(Curve("wires", "wire", title, source, a, b, dx))

    # ---- helpers --------------------------------------------------------------------------------------------------

    def path(self, layer: str, style: str, points: Sequence[Point], title: str = "", source: str = "", closed: bool = False) -> None:
        """Add straight lines."""
        self.made.append(Path(layer, style, title, source, tuple(points), closed))

    def words(self, x: float, y: float, text: str, size: float, style: str, source: str = "", sup: str = "", sub: str = "") -> None:
        """Add a text whose middle is at x."""
        if text:
            self.made.append(Words("words", style, "", source, x, y, text, size, sup, sub))

    def rect(self, style: str, box: tuple[float, float, float, float], title: str = "", source: str = "", layer: str = "glyphs") -> None:
        """Add a rectangle."""
        x0, y0, x1, y1 = box
        self.path(layer, style, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)), title, source, closed=True)

    def arrow(self, x0: float, x1: float, y: float) -> None:
        """Add an arrow."""
        self.path("wires", "wire", ((x0, y), (x1 - 6, y)))
        self.dart(x1, y)

    def dart(self, x: float, y: float) -> None:
        """Add a dart whose tip is at x."""
        self.path("glyphs", "ink", ((x - 9, y - 4.5), (x, y), (x - 9, y + 4.5), (x - 6, y)), closed=True)

    def star(self, x: float, y: float) -> None:
        """Add a star with five points."""
        spokes = [(6.0 if k % 2 == 0 else 2.4, math.pi * (k / 5 - 0.5)) for k in range(10)]
        self.path("glyphs", "ink", [(x + r * math.cos(a), y + r * math.sin(a)) for r, a in spokes], closed=True)

    # ---- what is not a glyph --------------------------------------------------------------------------------------

    def dash(self, dash: Dash) -> None:
        """A dashed line 10 under its tracks; down a little it goes at 45 degrees, before a glyph, elsewhere it ends and begins again."""
        points: list[Point] = []
        for x, track in dash.points:
            y = self.y(track) + max(10, self.picture.below.get(track, 0) + 4)
            if points and points[-1][1] != y:
                down, slanted = y - points[-1][1], 0 < y - points[-1][1] <= SLANT
                x0 = max(points[-1][0], min(x, x + 14 - down) if slanted else x)
                if slanted and len(points) == 1 and x0 < points[0][0] + 12:
                    points = [(points[0][0], y)]
                    continue
                points.append((x0, points[-1][1]))
                if not slanted:
                    self.dashed(points)
                    points = []
                points.append((x0 + (down if points else 45 if down > 0 else 0), y))
            elif not points:
                points.append((x, y))
        self.dashed([*points, (max(dash.end, points[-1][0]), points[-1][1])])

    def dashed(self, points: list[Point]) -> None:
        """Dashed lines through points."""
        if points[-1][0] > points[0][0] + 6:
            self.path("dashes", "dash", points)

    def regions(self) -> None:
        """The backdrops of all blocks, each with its title over those of the blocks in it."""
        tops = dict[int, float]()
        for region in reversed(self.picture.regions):
            first = min([self.y(t) for t in region.tracks], default=0)
            own = first - (region.over if first == self.y(region.top) else 22) - 20 * region.level
            tops[region.block] = top = min(own, tops.get(region.block, own))
            for block in region.path[-1:]:
                tops[block] = min(tops.get(block, top), top - 20)
        ends = bottoms(self.picture.regions, self.picture.heights)
        for region in self.picture.regions:
            if region.tracks:
                self.region(region, tops[region.block], ends[region.block])

    def region(self, region: Region, top: float, bottom: float) -> None:
        """The backdrop of a block, its title in the upper left corner."""
        self.rect(region.tint or "inner", (region.x0, top, region.x1, bottom), region.title, f"block {region.block}", "regions")
        if region.bracket:
            self.bracket(region, region.bracket, top, bottom)
        half = Words("words", "sans", "", "", 0, 0, region.title, 13).wide / 2
        self.words(region.x0 + 6 + half, top + 15, region.title, 13, "sans", f"block {region.block}")

    def bracket(self, region: Region, texts: tuple[str, str], top: float, bottom: float) -> None:
        """Round brackets at the edges of a loop, from where λ runs below the left one, up to where above the right one."""
        source = f"block {region.block}"
        for x, reach in ((region.x0 + 3, -8.0), (region.x1 - 3, 8.0)):
            self.made.append(Arc("glyphs", "bracket", "", source, x, top + 2, bottom - 2, reach))
        below, above = (Words("words", "math", "", "", 0, 0, text, 13).wide / 2 for text in texts)
        self.words(region.x0 + 8 + below, bottom - 5, texts[0], 13, "math", source)
        self.words(region.x1 - 8 - above, top + 15, texts[1], 13, "math", source)
