"""Grids: indices as numbers at every place of a grid, and whether a sum of products of fixed tables is nowhere empty.

All is computed exactly in 64 bits, or refused.  Source: Iverson's brackets, evaluated.

>>> from ncd_cat.axes import add, scale, whole
>>> values(add(scale(whole(0, 2), 3), whole(1, 3)), (2, 3)).tolist()
[[0, 1, 2], [3, 4, 5]]
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Access, Index, Sizes, within
from ncd_cat.signature import Guard

LARGEST_VALUE = 1 << 62  # indices up to here, summed up, are computed exactly in 64 bits
LARGEST_GRID = 1 << 16  # places at which a product of tables is looked at

Reading = tuple[NDArray[Any], Access]  # a table, and where it is read


def values(e: Index, sizes: Sequence[int]) -> NDArray[np.int64]:
    """The values of an index on the grid of axes of the given sizes.  Raises ValueError."""
    const, digits = e
    if not isinstance(const, int):
        raise ValueError("a table has no symbolic sizes")
    total, reach = np.full(sizes, const, dtype=np.int64), abs(const)
    for s, i, t, m in digits:
        if not (isinstance(s, int) and isinstance(t, int) and isinstance(m, int)):
            raise ValueError("a table has no symbolic sizes")
        reach += abs(s * m)
        if reach > LARGEST_VALUE:
            raise ValueError("the entries of that index are not exact in 64 bits")
        shape = [1] * len(sizes)
        shape[i] = -1
        total = total + (s * ((np.arange(sizes[i]) // t) % m)).reshape(shape)
    return total


def nowhere_empty(tables: Sequence[Reading], guards: Sequence[Guard], sizes: Sizes, bounds: Sizes) -> bool:
    """Whether at every index of axes `sizes` all brackets hold and no table is 0, at some value of the axes `bounds` after them.

    Sound: False means "not seen".
    """
    indices = [e for _, access in tables for e in access] + [e for _, e in guards]
    used = {d[1] for e in indices for d in e[1]}
    grid = [n if k in used else 1 for k, n in enumerate(sizes + bounds)]
    numbers = [n for n in grid if isinstance(n, int)]
    if len(numbers) < len(grid) or prod(numbers) > LARGEST_GRID:
        return False
    if any(k >= len(grid) for k in used) or not all(within(e, n) for x, access in tables for e, n in zip(access, x.shape, strict=True)):
        return False
    try:
        held = np.ones(numbers, dtype=bool)
        for equal, e in guards:
            held &= values(e, numbers) == 0 if equal else values(e, numbers) >= 0
        for x, access in tables:
            held &= x[tuple(values(e, numbers) for e in access)] != 0
    except ValueError:
        return False
    return bool(held.any(tuple(range(len(sizes), len(grid)))).all())
