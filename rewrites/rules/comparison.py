"""Comparisons: [a < b] depends on the difference b − a only, up to a positive factor, and y · [0 < y] = max(y, 0).

Source: ordered groups (Birkhoff 1942); a comparison as a number is Iverson's bracket.
"""

from __future__ import annotations

from ncd_cat.axes import within
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.ops.pointwise import Less, LessEqual, Maximum
from ncd_cat.scalars import ONE
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import LARGEST_SUM, terms, twice
from rewrites.rules.order import needs_finite, opened, read, relu_argument, zero


@schema("[a < b] = [0 < b − a],  [a <= b] = 1 − [0 < a − b]", "ordered groups", structure="order", condition="a and b are finite")
def compare_zero(n: Node, args: Args) -> Value:
    """A comparison as a strict one of 0 with a difference, which is taken up to a positive factor by the normal form."""
    if not isinstance(n.op, Less | LessEqual) or (isinstance(n.op, Less) and zero(n.operands[0][0])):
        raise RuleError("not a comparison, or one with 0")
    a, b = read(n, 0), read(n, 1)
    needs_finite(a, b)
    sign = ONE if isinstance(n.op, Less) else -ONE
    difference = Value.of(contraction([Term(sign, (), ((b.node, b.access),)), Term(-sign, (), ((a.node, a.access),))], n.sizes))
    less = Less()(number(0, n.sizes), difference)
    parts = [] if isinstance(n.op, Less) else [Term(ONE, (), ())]
    return Value.of(contraction([*parts, Term(sign, (), ((less.node, less.access),))], n.sizes))


@schema(
    "[0 < c·p·y] = [0 < y]",
    "positive homogeneity",
    structure="order",
    condition="c > 0; every p is positive by its form and no part of a sum",
)
def less_scale(n: Node, args: Args) -> Value:
    """The coefficient, up to its sign, and the positive factors of the one term that is compared with 0 go."""
    if not isinstance(n.op, Less) or not zero(n.operands[0][0]):
        raise RuleError("not a comparison with 0")
    v = read(n, 1)
    needs_finite(v)
    (t, *more) = opened(v) or (None,)
    if t is None or more or not t.scalar.rational:
        raise RuleError("not one term")
    if not (t.factors or t.bounds or t.guards):
        return number(1 if t.scalar.positive else 0, n.sizes)
    positive = [not t.bounds and not t.guards and x.positive and x.defined for x, _ in t.factors]
    kept = tuple([f for f, out in zip(t.factors, positive, strict=True) if not out])
    sign = ONE if t.scalar.positive else -ONE
    if t.scalar == sign and len(kept) == len(t.factors):
        raise RuleError("nothing goes")
    return Less()(number(0, n.sizes), Value.of(contraction([t._replace(scalar=sign, factors=kept)], n.sizes)))


@schema("[0 < c·y·z] = [0 < c·y] · [0 < z] + [0 < −c·y] · [0 < −z]", "the rule of signs", structure="order",
        condition="y·z is no part of a sum; y and z are finite and have values")  # fmt: skip
def sign_of_product(n: Node, args: Args) -> Value:
    """args: the factor y of the one term that is compared with 0; z is the product of the others."""
    if not isinstance(n.op, Less) or not zero(n.operands[0][0]):
        raise RuleError("not a comparison with 0")
    v = read(n, 1)
    (t, *more) = opened(v) or (None,)
    if t is None or more or t.bounds or t.guards or len(t.factors) < 2 or not t.scalar.rational:
        raise RuleError("not one product")
    if not all(x.finite and x.defined for x, _ in t.factors):
        raise RuleError("a factor may have no value")
    if not all(within(e, m) for x, a in t.factors for e, m in zip(a, x.sizes, strict=True)):
        raise RuleError("a factor may be read out of range")
    k = nat(args[0], len(t.factors))
    sign = ONE if t.scalar.positive else -ONE
    parts = []
    for turned in (ONE, -ONE):
        y = contraction([Term(sign * turned, (), (t.factors[k],))], n.sizes)
        z = contraction([Term(turned, (), (*t.factors[:k], *t.factors[k + 1 :]))], n.sizes)
        tests = [Less()(number(0, n.sizes), Value.of(x)) for x in (y, z)]
        parts.append(Term(ONE, (), tuple([(x.node, x.access) for x in tests])))
    return Value.of(contraction(parts, n.sizes))


@schema("y · [0 < y] = max(y, 0),  y · [0 < −y] = y − max(y, 0)", "the definition of max", structure="order", condition="y is finite")
def gated(n: Node, args: Args) -> Value:
    """args: term, the comparison, the factor y."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    c, k = nat(args[1], len(t.factors)), nat(args[2], len(t.factors))
    (test, access), (y, reading) = t.factors[c], t.factors[k]
    if c == k or not isinstance(test.op, Less) or not zero(test.operands[0][0]) or not y.finite:
        raise RuleError("not a comparison with 0, and a factor")
    domain = n.sizes + t.bounds
    compared = read(test, 1).at(access, domain)
    (one, *more) = opened(compared) if (compared.node, compared.access) != (y, reading) else [Term(ONE, (), ((y, reading),))]
    if more or one.bounds or one.guards or one.factors != ((y, reading),) or one.scalar not in (ONE, -ONE):
        raise RuleError("the comparison is not of that factor")
    relu = Maximum()(Value.of(y), number(0, y.sizes)).node
    rest = tuple([f for j, f in enumerate(t.factors) if j not in (c, k)])
    parts = [t._replace(factors=(*rest, (relu, reading)), scalar=t.scalar if one.scalar == ONE else -t.scalar)]
    if one.scalar != ONE:
        parts.append(t._replace(factors=(*rest, (y, reading))))
    if len(ts) + 1 > LARGEST_SUM:
        raise RuleError("too many terms")
    return Value.of(contraction([*ts[:which], *parts, *ts[which + 1 :]], n.sizes))


@schema("max(y, 0) · max(y, 0) = y · max(y, 0)", "max(y, 0) is y or 0", structure="order", condition="y is finite")
def relu_square(n: Node, args: Args) -> Value:
    """args: term, two equal factors max(y, 0)."""
    ts, which, j, k = twice(n, args)
    t = ts[which]
    x, reading = t.factors[j]
    y = relu_argument(x).at(reading, n.sizes + t.bounds)
    needs_finite(y)
    factors = tuple([(y.node, y.access) if i == j else f for i, f in enumerate(t.factors)])
    return Value.of(contraction([*ts[:which], t._replace(factors=factors), *ts[which + 1 :]], n.sizes))


RULES = (compare_zero, less_scale, sign_of_product, gated, relu_square)
