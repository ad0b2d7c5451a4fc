"""Guesses for literals: which affine index a table of integers may be, which bracket a table of truth values may be.

Guesses only: the rules `take_constant` and `literal_bracket` compare every entry.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ncd_cat.axes import Index, scale, shift, substitute, whole
from ncd_cat.graph import Node
from ncd_cat.ops.literal import Literal
from rewrites.facts import table


def affine_entries(n: Node) -> Index | None:
    """For an indexing by a literal: the affine index over the node's axes that the literal may be, from two entries an axis."""
    index, access = n.operands[1]
    if not isinstance(index.op, Literal):
        return None
    data = table(index)
    if any(size < 2 for size in data.shape):
        return None
    origin = int(data[(0,) * data.ndim])
    total: Index = (origin, ())
    for k, size in enumerate(data.shape):
        unit = tuple(1 if j == k else 0 for j in range(data.ndim))
        step = scale(whole(k, size), int(data[unit]) - origin)
        total = (total[0], total[1] + step[1])
    try:
        return substitute(total, access, index.sizes)
    except ValueError:
        return None


def brackets(n: Node) -> Iterator[tuple[bool, Index]]:
    """Brackets [e = 0] and [e >= 0] that a table of zeros and ones over one or two axes may be."""
    data = table(n)
    if data.ndim > 2 or not np.isin(data, (0, 1)).all() or not data.any():
        return
    places = np.argwhere(data)
    row = whole(0, data.shape[0])
    difference = places[:, -1] - places[:, 0] if data.ndim == 2 else places[:, 0]
    e = _minus(whole(1, data.shape[1]), row) if data.ndim == 2 else row
    low, high = int(difference.min()), int(difference.max())
    if low == high:
        yield True, shift(e, -low)
    yield False, shift(scale(e, -1), high)  # e <= high
    yield False, shift(e, -low)  # e >= low


def _minus(e: Index, other: Index) -> Index:
    from ncd_cat.axes import add

    return add(e, scale(other, -1))
