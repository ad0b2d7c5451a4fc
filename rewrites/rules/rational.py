"""Rational functions: powers of a common base leave a sum, so that sums of fractions have one denominator and no common monomial.

Together with distributivity this is the normal form of fractions; sigmoid, tanh, silu and softplus are rational functions of
exponentials.  Source: common denominators in a field; Moses 1971, Algebraic simplification.
"""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.axes import Access, identity, within
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.pointwise import Power
from ncd_cat.scalars import ONE
from rewrites.rule import Args, RuleError, access, nat, schema
from rewrites.rules.linear import rebuilt, reindexed, terms
from rewrites.rules.powers import LARGEST_POWER, base_of


def exponents(n: Node, z: Node, reading: Access) -> list[Fraction]:
    """The exponent with which z, read over the axes of n, is in each term."""
    found = []
    for t in terms(n):
        bases = [base_of(f) for f in t.factors]
        found.append(sum([e for x, a, e in bases if (x, a) == (z, reading)], Fraction(0)))
    return found


def powers_of(z: Node, reading: Access, r: Fraction) -> tuple[tuple[Node, Access], ...]:
    """z^r as factors: copies for small natural numbers."""
    if r.denominator == 1 and 0 <= r <= LARGEST_POWER:
        return ((z, reading),) * int(r)
    return ((node(Power(r), [(z, identity(z.sizes))], z.sizes), reading),)


@schema("Σ t·z^a(t) = z^m · Σ t·z^(a(t) − m),  m the least a(t)", "common denominators in a field", structure="real field",
        condition="z is read everywhere; it is positive by its form, or all a are whole and, if m < 0, a term without brackets "
                  "has z^m, or m < 0 is not whole and a term without brackets has z^m: then z > 0 where there is a value")  # fmt: skip
def factor_out(n: Node, args: Args) -> Value:
    """args: the node z, and how it is read over the axes of n."""
    z, reading = args[0], access(args[1], n.sizes)
    if len(reading) != len(z.sizes) or not all(within(e, m) for e, m in zip(reading, z.sizes, strict=True)):
        raise RuleError("the base is not read over these axes")
    ts, found = terms(n), exponents(n, z, reading)
    least = min(found, default=Fraction(0))
    if not least or len(ts) < 2:
        raise RuleError("no power of that base is in every term")
    free = [t for t, e in zip(ts, found, strict=True) if e == least and not t.guards]
    whole = all(e.denominator == 1 for e in found) and _plain(n, z, reading)
    root = least < 0 and least.denominator % 2 == 0
    if not (z.positive and z.defined) and not (whole and (least > 0 or free)) and not (root and free):
        raise RuleError("the base may be 0")
    if not z.defined and all(t.guards for t in ts):
        raise RuleError("the base may be read nowhere")
    if not z.finite:
        raise RuleError("the base may be infinite")
    inside = []
    for t, e in zip(ts, found, strict=True):
        rest = tuple([f for f in t.factors if base_of(f)[:2] != (z, reading)])
        inside.append(t._replace(factors=rest + powers_of(z, reading, e - least)))
    inner = contraction(inside, n.sizes)
    outside = powers_of(z, reading, least)
    return Value.of(contraction([Term(ONE, (), (*outside, (inner, identity(n.sizes))))], n.sizes))


def _plain(n: Node, z: Node, reading: Access) -> bool:
    """Whether no term has two powers of z: such a product may be undefined where the power that it is equal to is defined."""
    return all(sum(base_of(f)[:2] == (z, reading) for f in t.factors) <= 1 or
               all(base_of(f)[2] == 1 for f in t.factors if base_of(f)[:2] == (z, reading)) for t in terms(n))  # fmt: skip


@schema("Σ_{i,j} f(i) · g(j) = Σ_i f(i) · (Σ_j g(j))", "distributivity of a commutative ring", structure="linear")
def group(n: Node, args: Args) -> Value:
    """args: term, some of its factors, which become one; sums over indices that only they read go with them."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t, start = ts[which], len(n.sizes)
    chosen = sorted({nat(k, len(t.factors)) for k in args[1]})
    if not all(within(e, m) for k in chosen for e, m in zip(t.factors[k][1], t.factors[k][0].sizes, strict=True)):
        raise RuleError("a factor may be read out of range, under a bracket")
    others = [a for k, (_, a) in enumerate(t.factors) if k not in chosen] + [(e,) for _, e in t.guards]
    elsewhere = {d[1] - start for a in others for e in a for d in e[1]}
    mine = {d[1] - start for k in chosen for e in t.factors[k][1] for d in e[1]}
    moved = [k for k in range(len(t.bounds)) if k in mine and k not in elsewhere]
    if len(chosen) < 1 or (not moved and len(chosen) < 2):
        raise RuleError("nothing is grouped")
    kept = [k for k in range(len(t.bounds)) if k not in moved]
    order = [*kept, *moved]
    bounds = tuple([t.bounds[k] for k in order])
    renumbered = tuple([identity(bounds, start)[order.index(k)] for k in range(len(t.bounds))])
    new = reindexed(t, identity(n.sizes), renumbered, n.sizes + t.bounds)
    own = n.sizes + bounds[: len(kept)]
    inner = contraction([Term(ONE, bounds[len(kept) :], tuple([new.factors[k] for k in chosen]))], own)
    rest = tuple([f for k, f in enumerate(new.factors) if k not in chosen])
    ts[which] = new._replace(bounds=bounds[: len(kept)], factors=(*rest, (inner, identity(own))))
    return rebuilt(ts, n)


RULES = (factor_out, group)
