"""Guesses for literals: which affine index a table of integers may be, which bracket a table of truth values may be.

Guesses only: the rules `take_constant`, `literal_bracket` and `literal_band` compare every entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, combinations, groupby, permutations, product
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Index, add, scale, shift, substitute, whole
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.literal import Literal
from rewrites.facts import table
from rewrites.rule import RuleError
from rewrites.rules.literals import whole_numbers
from rewrites.rules.tables import is_product, truth_values

MOST_COMPARED = 1 << 18  # entries of a comparison that becomes a table
MOST_MOVED = 1 << 22  # entries of all the tables that are compared to find the least


def affine_entries(n: Node, k: int = 1) -> Index | None:
    """The affine index over the node's axes that its k-th operand, a table of integers, may be, from the first line of each axis."""
    index, access = n.operands[k]
    try:
        data = whole_numbers(index)
    except RuleError:
        return None
    if any(size < 2 for size in data.shape):
        return None
    origin = int(data[(0,) * data.ndim])
    total: Index = (origin, ())
    for axis in range(data.ndim):
        line = data[tuple(slice(None) if j == axis else 0 for j in range(data.ndim))]
        total = add(total, in_digits(line - origin, axis))
    try:
        return substitute(total, access, index.sizes)
    except ValueError:
        return None


def in_digits(line: NDArray[np.int64], axis: int) -> Index:
    """The sum of multiples of digits of an axis that a line of integers from 0 may be; a run that grows evenly is a digit.

    The offsets between places p and q of a window are such: of p n + q, two digits count up and two count down.
    """
    total: Index = (0, ())
    t = 1
    while len(line) > 1:
        step = int(line[1])
        uneven = np.flatnonzero(line != step * np.arange(len(line)))
        run = int(uneven[0]) if uneven.size else len(line)
        if len(line) % run:
            run = len(line)
        total = add(total, scale((0, ((1, axis, t, run),)), step))
        line, t = line[::run], t * run
    return total


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


def is_closed(n: Node) -> bool:
    """Whether the operands of a comparison are tables, or sums of products of such, of few entries."""
    entries = prod(m for m in n.sizes if isinstance(m, int))
    if len(n.sizes) > sum(isinstance(m, int) for m in n.sizes) or entries > MOST_COMPARED:
        return False
    below = [f for x, _ in n.operands for f, _ in (x.operands if isinstance(x.op, Contraction) else [(x, ())])]
    return all(isinstance(x.op, Literal) for x in below)


def is_inverted(n: Node) -> bool:
    """Whether a choice by a table should go the other way around: a number is chosen where it holds; else, by its first entry."""
    (c, _), (x, _), (y, _) = n.operands
    if not isinstance(c.op, Literal) or c.kind != "bool":
        return False
    numbers = [not z.operands and not z.sizes for z in (x, y)]
    return numbers[0] if numbers[0] != numbers[1] else not truth_values(c).flat[0]


def canonical_order(n: Node) -> tuple[int, ...]:
    """An order of the axes of a table of truth values that depends on its content only, if there are not too many to choose from.

    By size, then by how many entries of each slice are true; of the orders that are left, the one with the least table.
    """
    data = table(n)
    keys = {k: (data.shape[k], data.sum(tuple(j for j in range(data.ndim) if j != k)).tobytes()) for k in range(data.ndim)}
    alike = [list(group) for _, group in groupby(sorted(keys, key=keys.__getitem__), key=keys.__getitem__)]
    if prod(factorial(len(group)) for group in alike) * data.size > MOST_MOVED:
        return tuple(chain.from_iterable(alike))
    orders = (tuple(chain.from_iterable(choice)) for choice in product(*map(permutations, alike)))
    return min(orders, key=lambda order: (data.transpose(order).tobytes(), order))


def factors(n: Node) -> Iterator[tuple[int, ...]]:
    """The axes of the factor of a table of truth values that reads the first axis: some, the fewest first."""
    data = truth_values(n)
    if data.ndim < 2 or data.size << data.ndim > MOST_MOVED:
        return
    for count in range(data.ndim - 1):
        found = [(0, *rest) for rest in combinations(range(1, data.ndim), count)]
        yield from (axes for axes in found if is_product(data, axes))


def exchange(n: Node) -> tuple[int, ...] | None:
    """An exchange of two axes of a table of truth values that leaves it as it is, as an order of its axes."""
    data = truth_values(n)
    for i, j in combinations(range(data.ndim), 2):
        if data.shape[i] == data.shape[j] and bool((data == data.swapaxes(i, j)).all()):
            return tuple(j if k == i else i if k == j else k for k in range(data.ndim))
    return None


def _strided(places: NDArray[np.int64], row: Index, column: Index) -> Iterator[tuple[bool, Index]]:
    """The brackets [row = s·column + c] and [column = s·row + c] through the first two places."""
    for near, far, a, b in ((0, 1, row, column), (1, 0, column, row)):
        across, along = (int(places[1, k] - places[0, k]) for k in (near, far))
        if along and across % along == 0 and across // along not in (0, 1):
            s = across // along
            yield True, shift(_minus(a, scale(b, s)), s * int(places[0, far]) - int(places[0, near]))


def _minus(e: Index, other: Index) -> Index:
    return add(e, scale(other, -1))
