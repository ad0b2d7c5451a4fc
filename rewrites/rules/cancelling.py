"""A matrix beside its inverse is the identity: A⁻¹ A = 1 = A A⁻¹, inside any contraction.

Where i ≠ k nothing is read on the right, so what is read on the left is assumed to have its value.  Source: Lang, Algebra,
chapter XIII.
"""

from __future__ import annotations

from typing import NamedTuple

from ncd_cat.axes import Access, Index, add, axes_of, compose, scale, whole, within
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Term
from ncd_cat.ops.linear_algebra import Inverse
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import having_values, rebuilt, terms, without_bounds


class Pair(NamedTuple):
    """A⁻¹ and A side by side in a term: the sum that joins them, the other two indices, the other factors."""

    summed: int
    ends: tuple[Index, Index]
    rest: tuple[tuple[Node, Access], ...]


def pair(n: Node, args: Args) -> tuple[Term, Pair]:
    """The term and the pair that args name.  Raises RuleError unless A⁻¹ and A are next to each other."""
    which, k, other, side = (nat(a, b) for a, b in zip(args, (len(terms(n)), 1 << 30, 1 << 30, 2), strict=True))
    t, start = terms(n)[which], len(n.sizes)
    (y, access), (x, reading) = t.factors[nat(k, len(t.factors))], t.factors[nat(other, len(t.factors))]
    if not isinstance(y.op, Inverse) or y.operands[0][0] is not x or not all(z.finite for z, _ in t.factors):
        raise RuleError("no matrix of finite numbers beside its inverse")
    (*lead, i, j), inner, r, size = access, y.operands[0][1], len(y.degree), y.op.size
    joint, end = (j, i) if side == 0 else (i, j)
    summed = next((b for b, m in enumerate(t.bounds) if joint == whole(start + b, m) and m == size != 1), None)
    free = next((e for e, own in zip(reading, inner, strict=True) if own == whole(r + 1 - side, size)), None)
    if summed is None or free is None:
        raise RuleError("they are not joined by a whole sum")
    if not within(free, size):
        raise RuleError("rows or columns are read that are no part of the matrix that is inverted")
    where = (*lead, joint, free) if side == 0 else (*lead, free, joint)
    if compose(inner, where, y.sizes) != reading:
        raise RuleError("the matrix is not the one that is inverted")
    rest = tuple([f for place, f in enumerate(t.factors) if place not in (k, other)])
    if any(start + summed in axes_of(e) for a in [a for _, a in rest] + [[e for _, e in t.guards], [*lead, end, free]] for e in a):
        raise RuleError("something else reads the index of the sum")
    return t, Pair(summed, (end, free), rest)


def _pair_assumes(n: Node, args: Args) -> tuple[str, ...]:
    t, found = pair(n, args)
    return having_values([t._replace(factors=(t.factors[args[1]], *found.rest))])


@schema("Σ_j A⁻¹[i,j] · A[j,k] = [i = k],  Σ_j A[i,j] · A⁻¹[j,k] = [i = k]", "the definition of the inverse", structure="real field",
        assumes=_pair_assumes, condition="A⁻¹, and what else is read, has a value")  # fmt: skip
def inverse_cancels(n: Node, args: Args) -> Value:
    """args: term, the factor A⁻¹, the factor A, and 0 if A comes after A⁻¹, 1 if before."""
    t, found = pair(n, args)
    one, other = found.ends
    guards = (*t.guards, (True, add(one, scale(other, -1))))
    kept = [b for b in range(len(t.bounds)) if b != found.summed]
    ts = list(terms(n))
    ts[args[0]] = without_bounds(t._replace(factors=found.rest, guards=guards), kept, n.sizes)
    return rebuilt(ts, n)


RULES = (inverse_cancels,)
