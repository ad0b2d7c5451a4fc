"""Which glyphs slide past each other: linear ones on other axes of a tensor do, what is not linear stays after what came before it.

A cup beside a map of another axis can be drawn left or right of it, for linear maps commute with broadcast ones; a softmax cannot be
drawn before the cup whose sums it takes.  Source: figure 18 of arXiv 2402.05424, naturality among linear functions.
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.draw.page import Row, Segment
from ncd_cat.draw.story import Element

LINEAR = frozenset(["cup", "cap", "end", "repeat", "index", "merge", "join", "bar", "window", "hexagon", "state", "stack", "mask", "copy"])


def is_linear(e: Element) -> bool:
    """Whether a glyph is a linear map: L is without a bias, a fold is if it adds, a dot if what it says begins with a sign.

    >>> is_linear(Element("cup")), is_linear(Element("learned", text="L", sub="+")), is_linear(Element("reduce", text="Σ"))
    (True, False, True)
    """
    if e.kind == "learned":
        return "+" not in e.sub
    if e.kind == "reduce":
        return e.text in ("Σ", "𝔼", "E", "Mean", "Sum")
    if e.kind in ("plus", "outer"):
        return e.text[:1] in ("+", "−")
    return e.kind in LINEAR or (e.kind == "darts" and e.text[:1] in ("∗", "·"))


def met(segments: Sequence[Segment]) -> None:
    """Let tensors that meet be as far as the one of them that is farthest."""
    slid, fixed = max([s.slid for s in segments], default=0), max([s.fixed for s in segments], default=0)
    for segment in segments:
        segment.slid, segment.fixed = slid, fixed


def ready(segment: Segment, e: Element, rows: Sequence[Row]) -> None:
    """Keep the strands of a glyph free until all is done that it may not slide past."""
    least = segment.fixed if is_linear(e) else max(segment.fixed, segment.slid)
    for row in rows:
        row.front = max(row.front, least)


def reached(segments: Sequence[Segment], e: Element, x: float) -> None:
    """Note that a glyph of some tensors reaches to x."""
    for segment in segments:
        if is_linear(e):
            segment.slid = max(segment.slid, x)
        else:
            segment.fixed = max(segment.fixed, x)
