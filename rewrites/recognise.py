"""Guesses for literals: which affine index a table of integers may be, which bracket a table of truth values may be.

Guesses only: the rules `take_constant`, `literal_bracket` and `literal_band` compare every entry.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Index, add, scale, shift, substitute, whole
from ncd_cat.graph import Node
from ncd_cat.ops.literal import Literal
from rewrites.facts import table
from rewrites.rule import RuleError
from rewrites.rules.literals import whole_numbers


def affine_entries(n: Node, k: int = 1) -> Index | None:
    """The affine index over the node's axes that its k-th operand, a table of integers, may be, from two entries an axis."""
    index, access = n.operands[k]
    try:
        data = whole_numbers(index)
    except RuleError:
        return None
    if any(size < 2 for size in data.shape):
        return None
    origin = int(data[(0,) * data.ndim])
    total: Index = (origin, ())
    for axis, size in enumerate(data.shape):
        unit = tuple(1 if j == axis else 0 for j in range(data.ndim))
        step = scale(whole(axis, size), int(data[unit]) - origin)
        total = (total[0], total[1] + step[1])
    try:
        return substitute(total, access, index.sizes)
    except ValueError:
        return None


def affine_difference(n: Node) -> Index | None:
    """The affine index that the second operand of a comparison minus the first, two tables of integers, may be."""
    if not all(isinstance(x.op, Literal) for x, _ in n.operands):
        return None
    first, second = affine_entries(n, 0), affine_entries(n)
    return add(second, scale(first, -1)) if first is not None and second is not None else None


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
    if data.ndim == 2 and len(places) > 1:
        yield from _strided(places, row, whole(1, data.shape[1]))
    if low == high:
        yield True, shift(e, -low)
    yield False, shift(scale(e, -1), high)  # e <= high
    yield False, shift(e, -low)  # e >= low


def bands(n: Node) -> Iterator[tuple[Index, Index]]:
    """The indices e − low and high − e of a band low <= e <= high that a table of zeros and ones may be."""
    inequalities = [e for equal, e in brackets(n) if not equal]
    if len(inequalities) == 2:
        yield inequalities[1], inequalities[0]


def _strided(places: NDArray[np.int64], row: Index, column: Index) -> Iterator[tuple[bool, Index]]:
    """The brackets [row = s·column + c] and [column = s·row + c] through the first two places."""
    for near, far, a, b in ((0, 1, row, column), (1, 0, column, row)):
        across, along = (int(places[1, k] - places[0, k]) for k in (near, far))
        if along and across % along == 0 and across // along not in (0, 1):
            s = across // along
            yield True, shift(_minus(a, scale(b, s)), s * int(places[0, far]) - int(places[0, near]))


def _minus(e: Index, other: Index) -> Index:
    from ncd_cat.axes import add

    return add(e, scale(other, -1))
