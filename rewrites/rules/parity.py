"""Parity: the error function is odd, and the root of a square is an absolute value.

Source: the definitions of erf and of the root.
"""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.axes import identity
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.pointwise import Erf, Maximum, Power
from ncd_cat.scalars import ONE
from rewrites.rule import Args, RuleError, schema
from rewrites.rules.linear import terms
from rewrites.rules.order import needs_finite, opened, read, summed
from rewrites.rules.powers import exponent


@schema("erf(−t) = −erf(t)", "the error function is odd", structure="real field", condition="t is one term")
def erf_of_negative(n: Node, args: Args) -> Value:
    """The error function of one term with a negative coefficient."""
    x, access = n.operands[0] if isinstance(n.op, Erf) else (n, ())
    (t, *more) = terms(x) if isinstance(n.op, Erf) else (None,)
    if t is None or more or t.scalar.positive or not t.scalar.rational:
        raise RuleError("not the error function of one negative term")
    inner = node(n.op, [(contraction([t._replace(scalar=-t.scalar)], x.sizes), access)], n.sizes)
    return Value.of(contraction([Term(-ONE, (), ((inner, identity(n.sizes)),))], n.sizes))


@schema("(c · x · x)^r = c^r · max(x, −x)^(2r)", "the root of a square is an absolute value", structure="real field",
        condition="c > 0, 2r is an odd integer, x is finite and no part of a sum")  # fmt: skip
def root_of_square(n: Node, args: Args) -> Value:
    """A half-integer power of a square."""
    r, v = exponent(n), read(n, 0)
    needs_finite(v)
    (t, *more) = opened(v) or (None,)
    if r.denominator != 2 or t is None or more or t.bounds or t.guards or len(t.factors) != 2 or len(set(t.factors)) != 1:
        raise RuleError("not a root of a square")
    if not t.scalar.positive:
        raise RuleError("a root of what is not positive")
    x = Value(*t.factors[0], n.sizes)
    size = Maximum()(x, summed([Term(-ONE, (), (t.factors[0],))], v))
    whole = node(Power(2 * r), [(size.node, size.access)], n.sizes) if r != Fraction(1, 2) else size.node
    return summed([Term(t.scalar.power(r), (), ((whole, identity(n.sizes)),))], v)


RULES = (erf_of_negative, root_of_square)
