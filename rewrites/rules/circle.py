"""Sine and cosine: the functional equations of the circle, by which rotations compose.

Source: the addition theorems; the rotary position embedding of arXiv 2104.09864 rests on them.
"""

from __future__ import annotations

from ncd_cat.axes import Access, identity
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.ops.pointwise import Cos, Sin
from ncd_cat.scalars import ONE, Scalar
from rewrites.rule import Args, RuleError, schema
from rewrites.rules.linear import rebuilt, terms, twice

LARGEST_MULTIPLE = 16


def _angle(n: Node) -> tuple[Term, ...]:
    """The terms of the sum that a sine or cosine is of, as it is.  Raises RuleError unless it is of one."""
    if not isinstance(n.op, Sin | Cos) or n.operands[0][1] != identity(n.sizes) or n.operands[0][0].sizes != n.sizes:
        raise RuleError("not a sine or cosine of a node as it is")
    return terms(n.operands[0][0])


def _split(n: Node, first: list[Term], rest: list[Term]) -> Value:
    """sin(a + b) or cos(a + b), in those of a and of b."""
    whole = identity(n.sizes)
    angles = [contraction(ts, n.sizes) for ts in (first, rest)]
    (sa, ca), (sb, cb) = [[(node(op, [(x, whole)], n.sizes), whole) for op in (Sin(), Cos())] for x in angles]
    if isinstance(n.op, Sin):
        return Value.of(contraction([Term(ONE, (), (sa, cb)), Term(ONE, (), (ca, sb))], n.sizes))
    return Value.of(contraction([Term(ONE, (), (ca, cb)), Term(-ONE, (), (sa, sb))], n.sizes))


@schema("sin(a + b) = sin a cos b + cos a sin b, cos(a + b) = cos a cos b − sin a sin b", "the addition theorems", structure="real field")
def turn_of_sum(n: Node, args: Args) -> Value:
    """The sine or cosine of a sum of at least two terms: the first, and the rest."""
    first, *rest = _angle(n) or (None,)
    if first is None or not rest:
        raise RuleError("not of a sum")
    return _split(n, [first], rest)


@schema("sin(c·a) by sin a, sin((c−1)·a), cos a and cos((c−1)·a)", "the addition theorems", structure="real field",
        condition="c is a small natural number")  # fmt: skip
def turn_of_multiple(n: Node, args: Args) -> Value:
    """The sine or cosine of one term with a coefficient of which the rational part is a natural number above 1."""
    t, *more = _angle(n) or (None,)
    if t is None or more:
        raise RuleError("not of one term")
    c = t.scalar.rational
    if c.denominator != 1 or not 2 <= c <= LARGEST_MULTIPLE:
        raise RuleError("not a small natural multiple")
    one = t._replace(scalar=t.scalar * Scalar.of(1 / c))
    return _split(n, [one], [one._replace(scalar=one.scalar * Scalar.of(c - 1))])


@schema("sin(−a) = −sin a, cos(−a) = cos a, sin 0 = 0, cos 0 = 1", "sine is odd, cosine is even", structure="real field")
def turn_of_negative(n: Node, args: Args) -> Value:
    """The sine or cosine of 0, or of one term with a negative coefficient."""
    t, *more = _angle(n) or (None,)
    if more or (t is not None and t.scalar.rational and t.scalar.positive):
        raise RuleError("not of 0 or of one negative term")
    if t is None or (not t.scalar.rational and all(x.defined for x, _ in t.factors)):
        return number(int(isinstance(n.op, Cos)), n.sizes)
    if not t.scalar.rational:
        raise RuleError("0 · x needs x to have a value")
    whole = identity(n.sizes)
    inner = node(n.op, [(contraction([t._replace(scalar=-t.scalar)], n.sizes), whole)], n.sizes)
    return Value.of(contraction([Term(-ONE if isinstance(n.op, Sin) else ONE, (), ((inner, whole),))], n.sizes))


@schema("sin a · sin a = 1 − cos a · cos a", "Pythagoras", structure="real field")
def sine_square(n: Node, args: Args) -> Value:
    """args: term, two equal factors, a sine."""
    ts, which, j, k = twice(n, args)
    t = ts[which]
    x, access = t.factors[j]
    if not isinstance(x.op, Sin) or not x.defined:
        raise RuleError("not a sine")
    cosine: tuple[Node, Access] = (node(Cos(), x.operands, x.sizes), access)
    rest = tuple([f for i, f in enumerate(t.factors) if i not in (j, k)])
    parts = [t._replace(factors=rest), t._replace(scalar=-t.scalar, factors=(*rest, cosine, cosine))]
    return rebuilt([*ts[:which], *parts, *ts[which + 1 :]], n)


RULES = (turn_of_sum, turn_of_multiple, turn_of_negative, sine_square)
