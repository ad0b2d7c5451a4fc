"""What a layout puts on a page, its heights still numbers of tracks: runs, bends, dashed lines, labels, glyphs and regions."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from ncd_cat.draw.story import Element
from ncd_cat.draw.tracks import Tracks


@dataclass(frozen=True)
class Run:
    """A straight piece of a strand."""

    strand: int
    track: int
    x0: float
    x1: float


@dataclass(frozen=True)
class Bend:
    """An S-curve of a strand from one track, or from so far under it, to another."""

    strand: int
    upper: int
    lower: int
    x0: float
    x1: float
    under: float = 0


@dataclass
class Dash:
    """A dashed line under tracks, from point to point, up to `end`."""

    points: list[tuple[float, int]]
    end: float = 0


@dataclass(frozen=True)
class Label:
    """The name or size of a strand's axis, over a track."""

    strand: int
    track: int
    x: float
    text: str


@dataclass(frozen=True)
class Glyph:
    """A glyph from x0 to x1 on tracks; `outs` says how many of the first tracks go on."""

    element: Element
    x0: float
    x1: float
    tracks: tuple[int, ...]
    title: str
    outs: int = 0
    box: object = field(default=None, compare=False)  # of the diagram, which it shows


@dataclass
class Region:
    """A block on the page: from x0 to x1, around tracks."""

    block: int
    title: str
    x0: float
    path: tuple[int, ...]
    tint: str = ""
    bracket: tuple[str, str] | None = None  # of a loop: what is written below the left bracket, and above the right one
    x1: float = 0
    top: int = -1
    level: int = 1
    over: float = 22  # what stands over its first track
    tracks: list[int] = field(default_factory=list)

    def cover(self, x: float, tracks: Iterable[int]) -> None:
        """Reach at least to x, and around tracks."""
        self.x1 = max(self.x1, x)
        self.tracks += tracks


@dataclass
class Picture:
    """Everything on a page, and the height of each track."""

    runs: list[Run] = field(default_factory=list)
    bends: list[Bend] = field(default_factory=list)
    dashes: list[Dash] = field(default_factory=list)
    labels: list[Label] = field(default_factory=list)
    glyphs: list[Glyph] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)
    heights: dict[int, float] = field(default_factory=dict)
    below: dict[int, float] = field(default_factory=dict)  # what stands under a track
    width: float = 0
    tracks: Tracks = field(default_factory=Tracks)  # without the room for titles
    ins: list[tuple[int, int]] = field(default_factory=list)  # the strands at the left edge, and their tracks
    outs: list[tuple[int, int]] = field(default_factory=list)
