"""Random instances of the rules of cases, cells and parity, by name: (node, arguments, numbers, whether it assumes something)."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from hypothesis import strategies as st

from ncd_cat.axes import shift, whole
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Term, contraction, linear_combination, multiply, number, scale
from ncd_cat.ops.pointwise import Equal, Erf, Exp, Floor, Less, LessEqual, Log, Maximum, Power, Sin
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size
from tests import strategies as some
from tests.rewrites.theory_instances import FOLDS, NUMBERS, Given, composite
from tests.strategies import Draw

HALF = Fraction(1, 2)


def factor(v: Value) -> tuple[Node, tuple]:
    return v.node, v.access


def above(*parts: tuple[Scalar, Value]) -> Value:
    """[0 < a sum]."""
    y = linear_combination(parts)
    return Less()(number(0, y.sizes), Value.of(contraction([Term(c, (), (factor(v),)) for c, v in parts], y.sizes)))


@composite
def relu(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x, y = draw(some.views(pool, own)), draw(some.views(pool, own))
    v = draw(st.sampled_from((x, linear_combination([(ONE, x), (-ONE, y)]), Exp()(x))))
    return Maximum()(*draw(st.permutations((v, number(0, own))))).node, (draw(st.integers(0, 1)),)


@composite
def function_of_truth(draw: Draw, pool: Sequence[Value]) -> Given:
    """A function of x + c · t · z + d · t, or of a multiple of such a sum."""
    own = draw(some.sizes(2))
    x, y, z = (draw(some.views(pool, own)) for _ in range(3))
    t = draw(st.sampled_from((Less()(x, y), Equal()(y, z))))
    terms = [Term(ONE, (), (factor(x),)), Term(draw(st.sampled_from(NUMBERS)), (), (factor(t), factor(z))), Term(ONE, (), (factor(t),))]
    v = Value.of(contraction(terms, own))
    v = draw(st.sampled_from((v, scale(v, 2))))
    ops = (Exp(), Erf(), Sin(), Floor())
    n = draw(st.sampled_from([op(v) for op in ops] + [Less()(number(0, own), v), Maximum()(v, number(0, own)), Log()(v)])).node
    partial = isinstance(n.op, Log)
    return n, (n.operands.index(factor(v)), *draw(st.sampled_from(((1, 0), (2, 0))))), "positive" if partial else "any", partial


@composite
def monotone(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x, y, z = (scale(draw(some.views(pool[:3], own)), Scalar.of(p).power(HALF)) for p in (2, 3, 5))  # no ties but at 0
    a, b = Exp()(x), Exp()(y)
    functions = (Log(), Power(HALF), Power(-HALF), Power(Fraction(-1)), Power(Fraction(3)))
    f = draw(st.sampled_from(functions))
    sums = [linear_combination([(ONE, v), (ONE, number(1, own))]) for v in (a, b)]
    high = draw(st.sampled_from((multiply(a, Exp()(z)), a, multiply(a, Power(-HALF)(Exp()(z))), f(sums[0]))))
    low = f(sums[1]) if high == f(sums[0]) else draw(st.sampled_from((b, multiply(b, Exp()(z)), number(1, own))))
    c = draw(st.sampled_from(NUMBERS))
    terms = [Term(c, (), (factor(high),)), Term(-c, (), (factor(low),) if low != number(1, own) else ())]
    opened = [Term(c, (), high.node.operands) if not isinstance(high.node.op, Exp | Log | Power) else terms[0],
              Term(-c, (), low.node.operands) if low == multiply(b, Exp()(z)) else terms[1]]  # fmt: skip
    return Less()(number(0, own), Value.of(contraction(draw(st.permutations(opened)), own))).node, ()


def _nothing(x: Value, y: Value, z: Value, w: Value) -> list[list[tuple[Scalar, tuple[Value, ...]]]]:
    """Sums of products that are 0."""
    up, down = above((ONE, x)), above((-ONE, x))
    more = above((ONE, x), (-ONE, number(1, x.sizes)))
    square = above((ONE, number(1, x.sizes)), (ONE, multiply(x, x)))
    xy, yw, xw = above((ONE, x), (-ONE, y)), above((ONE, y), (-ONE, w)), above((ONE, x), (-ONE, w))
    xyw = Term(ONE, (), (factor(x), factor(y))), Term(ONE, (), (factor(w),))
    over, under = (Less()(number(0, x.sizes), Value.of(contraction([t._replace(scalar=c) for t in xyw], x.sizes))) for c in (ONE, -ONE))
    return [
        [(ONE, (up, down, z))],
        [(ONE, (more, z)), (-ONE, (up, more, z))],
        [(ONE, (x, z)), (-ONE, (x, up, z)), (-ONE, (x, down, z))],
        [(ONE, (x, x, z)), (-ONE, (x, x, up, z)), (-ONE, (x, x, down, z))],
        [(ONE, (z,)), (-ONE, (square, z))],
        [(ONE, (xy, yw, z)), (-ONE, (xy, yw, xw, z))],
        [(Scalar.of(2), (xy, z)), (Scalar.of(-2), (z, xy))],
        [(c, (*product, z, *sign)) for product in ((w,), (x, y)) for c, sign in ((ONE, ()), (-ONE, (over,)), (-ONE, (under,)))],
    ]


@composite
def cell(draw: Draw, pool: Sequence[Value]) -> Given:
    """Terms that add up to 0 among others, perhaps under a sum."""
    own, bounds = draw(some.sizes(2, 3)), draw(some.sizes(1, 3))
    read = [draw(some.views(pool, own + bounds)) for _ in range(4)]
    extra = [Term(c, bounds, (factor(read[0]),)) for c in draw(st.sampled_from(((), (Scalar.of(3),))))]
    parts = draw(st.sampled_from(_nothing(*read)))
    gone = [Term(c, bounds, tuple(factor(v) for v in draw(st.permutations(values)))) for c, values in parts]
    ts = draw(st.permutations([*gone, *extra]))
    return contraction(ts, own), tuple(k for k, t in enumerate(ts) if t not in extra)


@composite
def consequence(draw: Draw, pool: Sequence[Value]) -> Given:
    """A product of comparisons of which the last follows from the others; of integers too, where there are any."""
    own, bounds = draw(some.sizes(2, 3)), draw(some.sizes(1, 3))
    domain = own + bounds
    x, y, z = (draw(some.views([v for v in pool if v.kind == "real"], domain)) for _ in range(3))
    i = draw(some.views([v for v in pool if v.kind == "int"], domain))
    two, zero = number(2, domain), number(0, domain)
    found = [
        (Less()(zero, x), above((ONE, x), (ONE, multiply(y, y)))),
        (above((ONE, x), (-ONE, y)), above((ONE, y), (-ONE, z)), above((ONE, x), (-ONE, z))),
        (Equal()(x, two), Less()(zero, x)),
        (Less()(zero, i), Less()(i, two), Equal()(i, number(1, domain))),
        (Equal()(i, two), Less()(number(1, domain), i)),
    ]
    gates = draw(st.sampled_from(found))
    ts = [Term(ONE, bounds, (*[factor(g) for g in gates], factor(z))), Term(-ONE, bounds, (factor(y),))]
    which = draw(st.integers(0, 1))
    return contraction(ts[::-1] if which else ts, own), (which, len(gates) - 1)


@composite
def of_numbers(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    a, b = (number(draw(st.sampled_from((0, 1, -2, Fraction(1, 3)))), own) for _ in range(2))
    return draw(st.sampled_from((Less(), LessEqual(), Equal())))(a, b).node, ()


@composite
def difference(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x, y = draw(some.views(pool, own)), draw(some.views(pool, own))
    n = draw(st.sampled_from((linear_combination([(ONE, Sin()(x)), (ONE, y)]), multiply(x, y)))).node
    m = contraction([Term(ONE, (), (factor(draw(st.sampled_from((Exp()(y), Power(-ONE.rational)(y))))),))], own)
    return n, (m,), "nonzero", not m.defined


@composite
def cut_fold(draw: Draw, pool: Sequence[Value]) -> Given:
    """A fold over two axes, one of which is cut; perhaps some of its entries do not take part."""
    own, size, other = draw(some.sizes(1, 3)), draw(st.integers(2, 5)), draw(some.sizes(1, 3))
    bounds: tuple[Size, ...] = (size, *other)
    at = len(own)
    domain = (*own, *bounds)
    x = draw(some.views(pool, domain))
    points = tuple(p for p in range(1, size) if draw(st.booleans())) or (1,)
    late = ((False, shift(whole(at, size), -points[0])),) if draw(st.booleans()) else ()
    if draw(st.booleans()) and other and other[0] > 1:
        late = (*late, (False, shift(whole(at + 1, other[0]), -1)))
    return node(draw(st.sampled_from(FOLDS))(bounds, late), [factor(x)], own), (0, points)


@composite
def negative_error(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    y = multiply(draw(some.views(pool, own)), draw(some.views(pool, own)), scalar=draw(st.sampled_from((-ONE, Scalar.of(-3)))))
    return Erf()(y.at(draw(some.accesses(own, y.sizes)), own)).node, ()


@composite
def square(draw: Draw, pool: Sequence[Value]) -> Given:
    own, r = draw(some.sizes(2)), draw(st.sampled_from((HALF, -HALF, 3 * HALF)))
    x = draw(some.views(pool, own))
    return Power(r)(multiply(x, x, scalar=draw(st.sampled_from((ONE, Scalar.of(3)))))).node, (), "any" if r > 0 else "nonzero"


def laws(real: Sequence[Value], pool: Sequence[Value]) -> dict[str, st.SearchStrategy[Given]]:
    """Instances over some real values, and over values of all kinds."""
    return {
        "relu_gate": relu(real),
        "expand": function_of_truth(real),
        "less_monotone": monotone(real),
        "cells": cell(real),
        "implied": consequence(pool),
        "compare_numbers": of_numbers(real),
        "by_difference": difference(real),
        "fold_split": cut_fold(pool),
        "erf_of_negative": negative_error(real),
        "root_of_square": square(real),
    }
