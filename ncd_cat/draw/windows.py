"""The glyph of affine indices of two axes: a window, x ↦ s·i + d·w − p, or a hexagon for what is none.

Windows that tile an axis, i and w ↦ s·i + w with w < s, are its digits too: which of the two they are to be, a bar or a window,
depends on what becomes of w.  Source: figures 26 to 28 of arXiv 2402.05424; the reindexing + of St, arXiv 2604.07242, figures 18
and 19.
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.axes import Index, axes_of, show
from ncd_cat.draw.story import Element, Strands


def is_window(indices: Sequence[Index]) -> bool:
    """Whether each of some indices reads two axes: where, and which place in the window."""
    return all(len(axes_of(e)) == 2 for e in indices)


def pools(indices: Sequence[Index], rank: int) -> bool:
    """Whether indices read windows whose places, axes before `rank`, stay, while what is seen from each is bound.

    >>> from ncd_cat.axes import add, scale, whole
    >>> pools([add(scale(whole(0, 4), 2), whole(1, 2))], 1)
    True
    """
    return all(len(axes_of(e)) == 2 and min(axes_of(e)) < rank <= max(axes_of(e)) for e in indices)


def window(indices: Sequence[Index], ins: Strands, outs: Strands, axes: Sequence[int], letters: dict[int, str]) -> Element:
    """The glyph of some indices that share axes, which are called by letters where a letter is known."""
    text = ", ".join(show(e, [letters.get(i, "") for i in range(max(axes) + 1)]) for e in indices)
    stride = next((str(d[0]) for e in indices for d in e[1] if d[1] == axes[0] and isinstance(d[0], int) and d[0] != 1), "")
    return Element("window" if len(outs) == 2 * len(ins) else "hexagon", ins, outs, text, sub=stride)
