"""The outline of each glyph: whether it ends strands, begins them, lets them through or floats over them, and how much room it takes.

The measures are those of the notation: a triangle 20 wide and 28 high, a learned box 45 wide, a window 30, on a grid of 5.
"""

from __future__ import annotations

from dataclasses import dataclass

from ncd_cat.draw.labels import width
from ncd_cat.draw.story import Element


@dataclass(frozen=True)
class Shape:
    """How a glyph stands on its strands: `way` is end, begin, through or float; widths and room in pixels."""

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


SHAPES = {
    "cup": Shape("end", 44, 12),
    "end": Shape("end", 16),
    "index": Shape("end", 24, 14, 14, 12),
    "reduce": Shape("end", 34, 15, 14, 10),
    "repeat": Shape("begin", 12),
    "state": Shape("begin", 12, 20, 16, 12),
    "cap": Shape("begin", 18),
    "mask": Shape("begin", 34, 0, 15, 15),
    "darts": Shape("float", 34, 15),
    "softmax": Shape("through", 26, 12, 16, 16),
    "norm": Shape("through", 26, 0, 14, 14),
    "learned": Shape("through", 30, 26, 19, 17),
    "conv": Shape("through", 36, 14, 15, 15),
    "bar": Shape("through", 8, 8, 14, 14, True),
    "window": Shape("through", 32, 0, 16, 14),
    "hexagon": Shape("through", 30, 12, 13, 13),
    "box": Shape("through", 24, 14, 15, 15),
    "block": Shape("through", 34, 14, 24, 14, True),
}
