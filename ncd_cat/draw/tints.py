"""The backdrop of a block by what is in it: attention, a residual connection, a concatenation, norms, convolutions, or other blocks.

Source: the colours of figures 19 to 28 of arXiv 2402.05424.

>>> from ncd_cat.draw.story import Element, Step
>>> tint([Step((), (Element("conv"), Element("darts")), (), "", (1,))], 1, (1,))
'active'
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.draw.story import Enter, Event, Fork, Step

LEARNED = frozenset(("learned", "conv", "box"))


def tint(events: Sequence[Event], block: int, path: tuple[int, ...]) -> str:
    """The name of the backdrop of a block with some events in it; `path`: the blocks around it, and itself."""
    entered = {e.block for e in events if isinstance(e, Enter)} | {*path}
    steps = [e for e in events if isinstance(e, Step) and _level(e.path, entered) == block]
    kinds = {x.kind for e in steps for x in e.elements}
    forks = any(isinstance(e, Fork) and _level(e.path, entered) == block for e in events)
    if {"cup", "softmax"} <= kinds:
        return "attention"
    if forks and "plus" in kinds:
        return "residual"
    if len(entered) > len(path):
        return "outer" if len(path) % 2 else "inner"
    return _leaf(kinds)


def _leaf(kinds: set[str]) -> str:
    """The backdrop of a block without blocks in it."""
    if "norm" in kinds or ("darts" in kinds and kinds & LEARNED):
        return "active"
    if kinds & {"conv", "window"}:
        return "image"
    if "softmax" in kinds:
        return "normal"
    return "joined" if kinds <= {"bar", "join", "merge"} else "inner"


def _level(path: tuple[int, ...], entered: set[int]) -> int:
    """The innermost block around a step that has a backdrop."""
    return next((block for block in reversed(path) if block in entered), 0)


__all__ = ["tint"]
