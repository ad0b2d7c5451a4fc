"""Weighing: a sum of products is positive if no term of it is negative, and everywhere one is read that is positive.

A term may be 0 at some values of its bound axes: so are masks that the program fixes, and rows of which it is only known that
their sum is positive.  Squares are not negative.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ncd_cat.axes import Access, Sizes, whole
from ncd_cat.covering import Case, covered
from ncd_cat.graph import Node
from ncd_cat.grid import Reading, nowhere_empty

if TYPE_CHECKING:
    from ncd_cat.ops.contraction import Spec

Factor = tuple[Node, Access]


def positive_sum(specs: Sequence[Spec], operands: Sequence[Factor], sizes: Sizes) -> bool:
    """Whether a contraction over axes `sizes` is seen to be positive at every index."""
    rest, strict = list(operands), list[Case]()
    for spec in specs:
        factors, rest = rest[: spec.factors], rest[spec.factors :]
        odd = [f for f in set(factors) if factors.count(f) % 2 and not f[0].positive]
        weighing = bool(odd) and _weighing(spec, factors, len(sizes))
        fixed = _tables(odd)
        if not spec.scalar.positive or not (weighing or all(f in fixed or f[0].op.rows == "entries" for f in odd)):
            return False
        others = all(f in fixed or f[0].positive for f in factors)
        if fixed and others and nowhere_empty(list(fixed.values()), spec.guards, sizes, spec.bounds):
            strict.append((spec.bounds, ()))
        elif weighing or (others and not fixed):
            strict.append((spec.bounds, spec.guards))
    return covered(strict, sizes)


def _tables(factors: Sequence[Factor]) -> dict[Factor, Reading]:
    """The factors of which the program fixes all entries, none of them negative."""
    found = {(x, access): (x.op.table(x.sizes), access) for x, access in factors}
    return {f: (entries, access) for f, (entries, access) in found.items() if entries is not None and bool((entries >= 0).all())}


def _weighing(spec: Spec, factors: Sequence[Factor], start: int) -> bool:
    """Whether a term is positive because it sums one factor over whole rows that have a positive sum, and the others are positive.

    Where the entries of the rows may be negative, no other factor depends on the place in the row.
    """
    ((x, access), *more) = [f for f in factors if not f[0].positive]
    if more or not x.op.rows:
        return False
    found = [k for k, n in enumerate(spec.bounds) if n == x.sizes[-1] and access[-1] == whole(start + k, n)]
    if not found:
        return False
    others = [access[:-1], *([e] for _, e in spec.guards)]
    if x.op.rows == "sum":
        others += [a for y, a in factors if y is not x]
    return all(d[1] != start + found[0] for indices in others for e in indices for d in e[1])
