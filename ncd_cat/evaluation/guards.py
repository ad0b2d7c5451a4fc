"""Guards of a term, put to use: brackets on one axis narrow its range, brackets that only keep a reading inside its array
become borders of zeros, and the others stay as masks.

>>> narrow([(False, (-2, ((1, 0, 1, 5),)))], [], (5, 3))
({0: (2, 5)}, [])
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ncd_cat import axes
from ncd_cat.axes import Access, Index, bounds
from ncd_cat.evaluation.machine import Machine, Move, Shape
from ncd_cat.signature import Guard, Kind

Ranges = dict[int, tuple[int, int]]  # axis: (start, stop)


class Factor(NamedTuple):
    """An operand as it is stored: the access that reads it, its sizes, its stored shape (1: the same all along) and its kind.

    `spare`: this is the last that is read of it, once, so that its array may be overwritten.
    """

    access: Access
    sizes: Shape
    shape: Shape
    kind: Kind
    spare: bool = False


def implied(guard: Guard) -> bool | None:
    """True or False where the ranges of the indices settle the bracket, else None."""
    low, high = bounds(guard[1])
    assert isinstance(low, int) and isinstance(high, int)
    if guard[0]:
        return (True if low == high == 0 else None) if low <= 0 <= high else False
    return True if low >= 0 else False if high < 0 else None


def narrow(guards: Sequence[Guard], accesses: Iterable[Access], sizes: Shape) -> tuple[Ranges, list[Guard]]:
    """The ranges of the axes on which brackets of one axis hold, and the other guards.

    Only axes that every index reads whole are narrowed, so that what remains is again a space of axes.
    """
    indices = [e for access in accesses for e in access] + [e for _, e in guards]
    split = {i for _, digits in indices for _, i, t, n in digits if (t, n) != (1, sizes[i])}
    ranges, others = Ranges(), list[Guard]()
    for guard in guards:
        digits = guard[1][1]
        if len(digits) != 1 or digits[0][1] in split:
            others.append(guard)
            continue
        i = digits[0][1]
        start, stop = ranges.get(i, (0, sizes[i]))
        low, high = _range(guard)
        ranges[i] = (start if low is None else max(start, low), stop if high is None else min(stop, high))
    return ranges, others


def _range(guard: Guard) -> tuple[int | None, int | None]:
    """Where c + s·i is 0, or at least 0: from the first to before the second."""
    c, ((s, *_),) = guard[1]
    assert isinstance(c, int) and isinstance(s, int)
    if guard[0]:
        return (-c // s, -c // s + 1) if c % s == 0 else (0, 0)
    return (-(c // s), None) if s > 0 else (None, c // -s + 1)


def moved(e: Index, ranges: Ranges) -> Index:
    """The index over the narrowed axes."""
    parts: list[Index] = [(e[0], ())]
    for s, i, t, n in e[1]:
        start, stop = ranges.get(i, (0, n))
        parts.append((s * start if i in ranges else 0, ((s, i, t, stop - start),)))
    return axes.add(*parts)


def bordered(factor: Factor, guards: Sequence[Guard]) -> tuple[Factor, list[Move], list[Guard]]:
    """The factor with zeros around it wherever it is read outside its array; how to put them; the guards this settles."""
    access, shape = list(factor.access), list(factor.shape)
    moves, settled = list[Move](), list[Guard]()
    for k, (e, size) in enumerate(zip(factor.access, factor.sizes, strict=True)):
        low, high = bounds(e)
        assert isinstance(low, int) and isinstance(high, int)
        below, above = (False, axes.add(e)), (False, axes.add((size - 1, ()), axes.scale(e, -1)))
        before = -low if low < 0 and below in guards and shape[k] == size else 0
        after = high - size + 1 if high >= size and above in guards and shape[k] == size else 0
        if before or after:
            moves.append(_border(k, tuple(shape), before, after, factor.kind))
            access[k], shape[k] = axes.shift(e, before), size + before + after
        settled += [below] * (before > 0) + [above] * (after > 0)
    return factor._replace(access=tuple(access), shape=tuple(shape)), moves, settled


def _border(axis: int, shape: Shape, before: int, after: int, kind: Kind) -> Move:
    def move(m: Machine, x: Any) -> Any:
        zeros = [m.full((*shape[:axis], n, *shape[axis + 1 :]), 0, kind) for n in (before, after)]
        return m.xp.concat([*zeros[:1] * (before > 0), x, *zeros[1:] * (after > 0)], axis=axis)

    return move
