"""Factors and conditions as a person writes them: ∗k^−1/2, [t ≥ u].  After a caret the rest is raised."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from ncd_cat.axes import show
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Guard


def written(scalar: Scalar, root_of: str = "") -> str:
    """A factor as a person writes it: ∗k^−1/2 for the axis k, else with the root of a whole number under one exponent.

    >>> written(Scalar.of(6).power(Fraction(-1, 2))), written(Scalar.of(-1))
    ('∗6^−1/2', '∗−1')
    """
    if root_of:
        return f"∗{root_of}^−1/2"
    negative = scalar.rational < 0
    size = -scalar if negative else scalar
    square = size * size
    sign = "−" if negative else ""
    if size.powers and not square.powers and 1 in (square.rational.numerator, square.rational.denominator):
        n, m = square.rational.numerator, square.rational.denominator
        return f"∗{sign}{n}^1/2" if m == 1 else f"∗{sign}{m}^−1/2"
    if size.rational == 1 and len(size.powers) == 1:
        base, exponent = size.powers[0]
        return f"∗{sign}{base}^{str(exponent).replace('-', '−')}"
    if not size.powers and size.rational == Fraction(1):
        return "∗−1"
    return f"∗{scalar}".replace("-", "−")


def brackets(guards: Sequence[Guard], names: Sequence[str]) -> str:
    """The conditions under which a term counts, in the names of its axes, with what is subtracted on the right.

    >>> brackets([(False, (0, ((1, 0, 1, 5), (-1, 1, 1, 5))))], ["t", "u"])
    '[t ≥ u]'
    """
    found = []
    for equal, (c, digits) in guards:
        less = [d for d in digits if isinstance(d[0], int) and d[0] < 0]
        left = (c, tuple([d for d in digits if d not in less]))
        right = (0, tuple([(-d[0], *d[1:]) for d in less]))
        found.append(f"[{show(left, names)} {'=' if equal else '≥'} {show(right, names)}]")
    return " ".join(found)
