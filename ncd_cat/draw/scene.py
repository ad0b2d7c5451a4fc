"""A scene: lines, curves, polygons, discs and words in layers, each with a box around it, ready for any back end.

Every primitive can say what it shows (`title`) and which strand, glyph or block it belongs to (`source`).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from ncd_cat.draw.labels import width

Box = tuple[float, float, float, float]  # left, top, right, bottom
Point = tuple[float, float]
LAYERS = ("regions", "dashes", "wires", "glyphs", "words")


@dataclass(frozen=True)
class Primitive(ABC):
    """Something to draw, in a layer, in a style that the back end knows."""

    layer: str
    style: str
    title: str
    source: str

    @property
    @abstractmethod
    def box(self) -> Box:
        """The least box around it."""

    @abstractmethod
    def moved(self, dx: float, dy: float) -> Primitive:
        """The same elsewhere."""


@dataclass(frozen=True)
class Path(Primitive):
    """Straight lines through points, closed if it is filled."""

    points: tuple[Point, ...]
    closed: bool = False

    @property
    def box(self) -> Box:
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    def moved(self, dx: float, dy: float) -> Path:
        return replace(self, points=tuple([(x + dx, y + dy) for x, y in self.points]))


@dataclass(frozen=True)
class Curve(Primitive):
    """A Bézier curve with horizontal tangents, from one point to another."""

    start: Point
    stop: Point
    lean: float = 0  # how far its middle is to the right

    @property
    def box(self) -> Box:
        (x0, y0), (x1, y1) = self.start, self.stop
        return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)

    def moved(self, dx: float, dy: float) -> Curve:
        (x0, y0), (x1, y1) = self.start, self.stop
        return replace(self, start=(x0 + dx, y0 + dy), stop=(x1 + dx, y1 + dy))


@dataclass(frozen=True)
class Arc(Primitive):
    """Half an ellipse between two points over each other: a cup that closes to the right, or a cap to the left."""

    x: float
    top: float
    bottom: float
    reach: float  # to the right, or negative: to the left

    @property
    def box(self) -> Box:
        return min(self.x, self.x + self.reach), self.top, max(self.x, self.x + self.reach), self.bottom

    def moved(self, dx: float, dy: float) -> Arc:
        return replace(self, x=self.x + dx, top=self.top + dy, bottom=self.bottom + dy)


@dataclass(frozen=True)
class Disc(Primitive):
    """A circle."""

    x: float
    y: float
    radius: float

    @property
    def box(self) -> Box:
        return self.x - self.radius, self.y - self.radius, self.x + self.radius, self.y + self.radius

    def moved(self, dx: float, dy: float) -> Disc:
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True)
class Words(Primitive):
    """A text from its baseline, `^` in it raising the rest, with a superscript and a subscript after it."""

    x: float  # of its middle
    y: float
    text: str
    size: float
    sup: str = ""
    sub: str = ""

    @property
    def wide(self) -> float:
        """About how wide it is."""
        return width(self.text, self.size) + max(width(self.sup, 0.65 * self.size), width(self.sub, 0.65 * self.size))

    @property
    def box(self) -> Box:
        half = self.wide / 2
        return self.x - half, self.y - 0.7 * self.size, self.x + half, self.y + 0.1 * self.size

    def moved(self, dx: float, dy: float) -> Words:
        return replace(self, x=self.x + dx, y=self.y + dy)


@dataclass(frozen=True)
class Scene:
    """Primitives in the order of their layers, and the size of the page."""

    primitives: tuple[Primitive, ...]
    width: float
    height: float
    title: str = ""

    def layer(self, name: str) -> tuple[Primitive, ...]:
        """The primitives of one layer."""
        return tuple([p for p in self.primitives if p.layer == name])
