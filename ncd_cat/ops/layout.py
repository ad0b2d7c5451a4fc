"""Reindexings by which builders put the axes of an operand where an op wants them: permutations and repeats, never nodes.

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (2, 3, 4))
>>> last(x, (0,)).sizes, permute(x, (1, 2, 0)) == last(x, (0,))
((3, 4, 2), True)
>>> place(x, (1, 0, 2), (3, 2, 4)).sizes
(3, 2, 4)
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.axes import Access, Index, Sizes, add, scale, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.sizes import product


def position(x: Value, axis: int, op: str) -> int:
    """The number of an axis that may be counted from the end.  Raises TypeMismatch, naming the op, if it is not there."""
    rank = len(x.sizes)
    if not -rank <= axis < rank:
        raise TypeMismatch(f"{op} along axis {axis}: the array has {rank} axes, of sizes {x.sizes}; use an axis from {-rank} to {rank - 1}")
    return axis % rank


def place(x: Value, where: Sequence[int], sizes: Sizes) -> Value:
    """x repeated over `sizes`: axis k of x is read at axis where[k] of the result."""
    return x.at(tuple([whole(where[k], n) for k, n in enumerate(x.sizes)]), sizes)


def permute(x: Value, order: Sequence[int]) -> Value:
    """x with axis order[k] of x as axis k of the result."""
    return place(x, [list(order).index(k) for k in range(len(x.sizes))], tuple([x.sizes[k] for k in order]))


def last(x: Value, over: Sequence[int]) -> Value:
    """x with the axes `over` moved, in that order, behind all others: (degree axes, roots)."""
    return permute(x, [*(k for k in range(len(x.sizes)) if k not in over), *over])


def unlast(x: Value, over: Sequence[int]) -> Value:
    """The inverse of `last`: the last axes of x go to the positions `over` of the result."""
    rank = len(x.sizes)
    order = [*(k for k in range(rank) if k not in over), *over]
    return permute(x, [order.index(k) for k in range(rank)])


def spread(x: Value, degree: Sizes) -> Value:
    """x repeated over leading axes `degree`."""
    return place(x, range(len(degree), len(degree) + len(x.sizes)), degree + x.sizes)


def merged(axis: int, sizes: Sizes) -> Index:
    """The row-major number of the axes axis, axis + 1, … of the given sizes: (h, d) ↦ D·h + d."""
    return add(*[scale(whole(axis + k, n), product(sizes[k + 1 :])) for k, n in enumerate(sizes)])


def digits(axis: int, sizes: Sizes) -> Access:
    """The inverse of `merged`: an axis of size Π sizes read as its digits, i ↦ (i div D, i mod D)."""
    return tuple([(0, ()) if n == 1 else (0, ((1, axis, product(sizes[k + 1 :]), n),)) for k, n in enumerate(sizes)])
