"""Whether finitely many open and closed halfspaces meet, over the rational numbers, by eliminating one coordinate after another.

Source: Fourier 1826; Motzkin 1936.  Sound: True also means "not decided within the bound".
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from fractions import Fraction
from typing import NamedTuple

MOST = 256  # halfspaces


class Halfspace(NamedTuple):
    """Where Σ c · x + constant is >= 0, or > 0 if strict; `form` gives the coefficients c, none of them 0."""

    form: Mapping[Hashable, Fraction]
    constant: Fraction = Fraction(0)
    strict: bool = False


def opposite(h: Halfspace) -> Halfspace:
    """The complement."""
    return Halfspace({x: -c for x, c in h.form.items()}, -h.constant, not h.strict)


def meet(given: Iterable[Halfspace]) -> bool:
    """Whether halfspaces have a common point.

    >>> positive, small = Halfspace({"x": Fraction(1)}, strict=True), Halfspace({"x": Fraction(-1)}, Fraction(-1))
    >>> meet([positive]), meet([positive, small])
    (True, False)
    """
    current = list(given)
    while any(h.form for h in current):
        x = next(x for h in current for x in h.form)
        above = [h for h in current if h.form.get(x, 0) > 0]
        below = [h for h in current if h.form.get(x, 0) < 0]
        current = [h for h in current if x not in h.form] + [_sum(a, b, x) for a in above for b in below]
        if len(current) > MOST:
            return True
    return all(h.constant > 0 or (h.constant == 0 and not h.strict) for h in current)


def _sum(a: Halfspace, b: Halfspace, x: Hashable) -> Halfspace:
    """The positive combination of two halfspaces in which x is not."""
    p, q = -b.form[x], a.form[x]
    form = {y: p * a.form.get(y, 0) + q * b.form.get(y, 0) for y in {**a.form, **b.form}}
    return Halfspace({y: c for y, c in form.items() if c}, p * a.constant + q * b.constant, a.strict or b.strict)
