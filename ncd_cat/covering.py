"""Covering: a sum reads something at every index if, wherever one is, the brackets of one of its terms hold.

Brackets hold for some value of the bound axes if they do for a witness: a constant, or an own axis of the same size.  What is
left are brackets over the own axes; they cover if each branch of a case distinction, on one bracket after another, leaves a term
without any.  Sound: False means "not seen".  Source: the splitting rule of Davis, Logemann and Loveland, 1962.

>>> from ncd_cat.axes import whole
>>> i, j = whole(0, 5), whole(1, 5)
>>> causal = (False, axes.add(i, axes.scale(j, -1)))
>>> covered([((5,), (causal,))], (5,)), covered([((), (causal,))], (5, 5)), covered([((), (causal,)), ((), (negated(causal),))], (5, 5))
(True, False, True)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice, product

from ncd_cat import axes
from ncd_cat.axes import Index, NotAffine, Sizes, bounds, identity, whole
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, provably_nonnegative

LARGEST_AXIS = 16  # of which every value is tried as a witness
MOST_WITNESSES = 256
MOST_CASES = 64
DEPTH = 12  # brackets that are distinguished one within the other

Case = tuple[Sizes, tuple[Guard, ...]]  # bound axes, which come after the own ones, and brackets over both


def covered(cases: Sequence[Case], sizes: Sizes) -> bool:
    """Whether at every index of axes `sizes` the brackets of some case are seen to hold, for some value of its bound axes."""
    if any(not guards for _, guards in cases):
        return True
    found = dict.fromkeys(held for case in cases for held in _witnessed(case, sizes))
    return frozenset() in found or (len(found) <= MOST_CASES and _split(list(found), DEPTH))


def negated(guard: Guard) -> Guard:
    """The complement of an inequality: not (e >= 0) is −e − 1 >= 0.  Raises ValueError for an equality."""
    equal, e = guard
    if equal:
        raise ValueError("the complement of an equality is no bracket")
    return False, axes.shift(axes.scale(e, -1), -1)


def _witnessed(case: Case, sizes: Sizes) -> Iterator[frozenset[Guard]]:
    """The brackets over own axes that are left at each witness at which none is false."""
    bound, guards = case
    start, used = len(sizes), {d[1] for _, e in guards for d in e[1]}
    if max(used, default=0) >= start + len(bound):
        return  # an index of an axis that is not there is an error, which `welltyped` tells
    choices = [_witnesses(n, sizes) if start + k in used else [(0, ())] for k, n in enumerate(bound)]
    own = identity(sizes)
    for chosen in islice(product(*choices), MOST_WITNESSES):
        try:
            held = [(equal, axes.substitute(e, own + chosen, sizes + bound)) for equal, e in guards]
        except NotAffine:
            continue
        values = [_decided(g) for g in held]
        if False not in values:
            yield frozenset([g for g, value in zip(held, values, strict=True) if value is None])


def _witnesses(size: Size, sizes: Sizes) -> list[Index]:
    """Values to try for a bound axis: constants, and own axes of its size."""
    short = isinstance(size, int) and size <= LARGEST_AXIS
    constants: Sequence[Size] = range(size) if short and isinstance(size, int) else [0, size - 1]
    return [*((c, ()) for c in constants), *(whole(i, n) for i, n in enumerate(sizes) if n == size)]


def _decided(guard: Guard) -> bool | None:
    """What the ranges of the indices say of a bracket; None if nothing."""
    equal, e = guard
    low, high = bounds(e)
    if provably_nonnegative(-1 - high) or (equal and provably_nonnegative(low - 1)):
        return False
    return True if (e == (0, ()) if equal else provably_nonnegative(low)) else None


def _split(cases: list[frozenset[Guard]], depth: int) -> bool:
    """Whether one of the cases holds, whichever of their inequalities do."""
    if frozenset() in cases:
        return True
    guard = next((g for case in cases for g in sorted(case, key=str) if not g[0]), None)
    if guard is None or not depth:
        return False
    other = negated(guard)
    holds = [case - {guard} for case in cases if other not in case]
    fails = [case - {other} for case in cases if guard not in case]
    return _split(holds, depth - 1) and _split(fails, depth - 1)
