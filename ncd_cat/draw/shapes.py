"""The outline of each glyph: whether it ends strands, begins them, lets them through or floats over them, and how much room it takes.

The measures are those of the notation: a triangle 20 wide and 28 high, a learned box 45 wide, a window 30, on a grid of 5.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ncd_cat.draw.labels import width
from ncd_cat.draw.story import Element


@dataclass(frozen=True)
class Shape:
    """How a glyph stands on its strands: `way` is end, begin, after, through, float or between; widths and room in pixels."""

    way: str
    base: float
    size: float = 0  # of its text, which makes it wider
    above: float = 0
    below: float = 0
    ordered: bool = False  # its inputs stand in the order in which it takes them
    lead: float = 4  # of wire before it

    def width(self, element: Element) -> float:
        """How wide the glyph is with its text."""
        small = max(width(element.sup, 0.65 * self.size), width(element.sub, 0.65 * self.size)) if self.size else 0
        return self.base + (width(element.text, self.size) if self.size else 0) + small


@dataclass(frozen=True)
class Form:
    """A kind of glyph: its outline, and how it is painted at the heights of its tracks."""

    shape: Shape
    paint: Callable[[Any, Any, list[float]], None]
