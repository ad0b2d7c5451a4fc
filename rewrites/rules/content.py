"""What all terms of a sum have in common leaves a power of it: a root of z² · s is |z| times that of s, and powers of |z| are of z.

So a norm is homogeneous of degree 1, and a normalisation without eps sees of a factor its sign only.  Source: Gauss's content of a
polynomial; |z|² = z² in an ordered field.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from fractions import Fraction

from ncd_cat.axes import Access, identity, within
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Contraction, Term, contraction
from ncd_cat.ops.pointwise import Maximum, Power
from ncd_cat.scalars import ONE, Scalar
from rewrites.facts import nonzero
from rewrites.rule import Args, RuleError, access, schema
from rewrites.rules.linear import inlined, terms
from rewrites.rules.order import needs_finite, nonnegative, opened, read, relu_argument, summed
from rewrites.rules.powers import base_of, exponent
from rewrites.rules.rational import powers_of


def inner(y: Node) -> tuple[Term, ...]:
    """The terms of a sum, or of the one that it is a multiple of.  Raises RuleError for another node."""
    ts = terms(y)
    if len(ts) == 1 and len(ts[0].factors) == 1 and isinstance(ts[0].factors[0][0].op, Contraction):
        return tuple(inlined(ts[0], 0, y.sizes))
    return ts


def exponents(ts: Sequence[Term], z: Node, reading: Access) -> list[Fraction]:
    """The exponent with which z, read over the axes of a sum, is in each term."""
    return [sum([e for x, a, e in map(base_of, t.factors) if (x, a) == (z, reading)], Fraction(0)) for t in ts]


def _common(ts: Sequence[Term], z: Node, reading: Access, r: Fraction) -> Fraction:
    """The power of z that leaves a sum under a power: all that its terms share; an even one, if z has no sign and r is a root."""
    factors = [f for t in ts for f in t.factors if base_of(f)[:2] == (z, reading)]
    least = min(exponents(ts, z, reading), default=Fraction(0))
    if z.positive:
        return least
    if any(base_of(f)[2] != 1 for f in factors):
        raise RuleError("a power of what may be 0")
    return least if r.denominator == 1 or nonnegative(z) else least - least % 2


@schema("(Σ t · z^m)^r = |z|^(m·r) · (Σ t)^r", "the content of a polynomial; |z|² = z²", structure="real field",
        condition="z is finite, defined and read everywhere; m is whole, unless z > 0 by its form; for a root, z >= 0 by its form or "
                  "m is even, and for a positive one Σ t >= 0 or z ≠ 0 by its form")  # fmt: skip
def power_of_content(n: Node, args: Args) -> Value:
    """args: the node z, and how it is read over the axes of n."""
    r, (y, alpha) = exponent(n), n.operands[0]
    z, reading = args[0], access(args[1], n.sizes)
    if n.sizes != y.sizes or alpha != identity(y.sizes) or not isinstance(y.op, Contraction):
        raise RuleError("not a power of a sum, read as it is")
    if len(reading) != len(z.sizes) or not all(within(e, m) for e, m in zip(reading, z.sizes, strict=True)):
        raise RuleError("the factor is not read over these axes")
    if not (z.finite and z.defined):
        raise RuleError("the factor may have no value")
    ts = inner(y)
    m = _common(ts, z, reading, r)
    if not m:
        raise RuleError("no power of that factor is in every term")
    inside = []
    for t, e in zip(ts, exponents(ts, z, reading), strict=True):
        rest = tuple([f for f in t.factors if base_of(f)[:2] != (z, reading)])
        inside.append(t._replace(factors=rest + powers_of(z, reading, e - m)))
    rest_of = contraction(inside, y.sizes)
    if r.denominator != 1 and r > 0 and not (nonzero(z) or nonnegative(rest_of)):
        raise RuleError("where the factor is 0, the rest may have no root")
    root = (node(Power(r), [(rest_of, identity(y.sizes))], y.sizes), identity(n.sizes))
    signed = r.denominator != 1 and not nonnegative(z)
    outside = _absolute(z, reading, m * r, n) if signed else powers_of(z, reading, m * r)
    return Value.of(contraction([Term(ONE, (), (*outside, root))], n.sizes))


def _absolute(z: Node, reading: Access, k: Fraction, n: Node) -> tuple[tuple[Node, Access], ...]:
    """|z|^k as factors: a power of z, and |z| for an odd number; |z| is max(z, −z)."""
    if k.denominator == 1 and k % 2 == 0:
        return powers_of(z, reading, k)
    v = Value(z, reading, n.sizes)
    size = Maximum()(v, summed([Term(-ONE, (), ((z, reading),))], v))
    if k.denominator != 1:
        return powers_of(size.node, size.access, k)
    return (*powers_of(z, reading, k - 1), (size.node, size.access))


@schema("(c · |y|)^r = c^r · y^r,  (c · |y|)^r = c^(r−1) · y^(r−1) · c · |y| for odd r", "|y|² = y²", structure="real field",
        condition="r is a whole number other than 1, c ≠ 0, and |y| is 2 · max(y, 0) − y with y finite")  # fmt: skip
def power_of_absolute(n: Node, args: Args) -> Value:
    """A whole power of an absolute value is one of what it is that of."""
    r, v = exponent(n), read(n, 0)
    if r.denominator != 1 or r == 1 or args:
        raise RuleError("not a whole power")
    c, y = absolute(v)
    needs_finite(y)
    even = r % 2 == 0
    k = r if even else r - 1
    factors = powers_of(y.node, y.access, k) + (() if even else ((v.node, v.access),))
    return Value.of(contraction([Term(c.power(k), (), factors)], n.sizes))


def absolute(v: Value) -> tuple[Scalar, Value]:
    """c and y, if v is c · (2 · max(y, 0) − y) by its form.  Raises RuleError otherwise."""
    ts = opened(v)
    for k, t in enumerate(ts):
        if t.bounds or t.guards or len(t.factors) != 1 or not isinstance(t.factors[0][0].op, Maximum):
            continue
        x, reading = t.factors[0]
        y = relu_argument(x).at(reading, v.sizes)
        c = t.scalar * Scalar.of(Fraction(1, 2))
        expected = [one._replace(scalar=-c * one.scalar) for one in opened(y)]
        if Counter(map(_key, expected)) == Counter(map(_key, ts[:k] + ts[k + 1 :])):
            return c, y
    raise RuleError("not an absolute value")


def _key(t: Term) -> tuple[object, ...]:
    return t.scalar, t.bounds, frozenset(Counter(t.factors).items()), frozenset(t.guards)


RULES = (power_of_content, power_of_absolute)
