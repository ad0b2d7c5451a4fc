"""Powers of sums without content, what is no absolute value, signs of what is no product, tables that are not affine."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ncd_cat.axes import Access, constant, identity, shift, whole
from ncd_cat.graph import Input, Node, Value, Weight, source
from ncd_cat.ops.contraction import Term, add, contraction, linear_combination, multiply, number, scale
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal, Less, LessEqual, Log, Maximum, Power
from ncd_cat.scalars import ONE, Scalar

X, Y, W = source(Input(0), (3,)), source(Input(1), (4,)), source(Weight("w"), (3,))
ALL = identity((3,))
ZERO = number(0, (3,))
RELU, INFINITE = Maximum()(X, ZERO), literal(np.array([0.0, -np.inf, 1.0]))
HALF = Fraction(1, 2)


def sum_of(*terms: tuple[Node, ...]) -> Value:
    return Value.of(contraction([Term(ONE, (), tuple([(x, ALL) for x in t])) for t in terms], (3,)))


def root(y: Value, r: Fraction = -HALF) -> Node:
    return Power(r)(y).node


x, w, late = X.node, W.node, (False, shift(whole(0, 3), -1))
SIZE = linear_combination([(Scalar.of(2), RELU), (-ONE, X)])
TABLE, OTHER = literal(np.arange(3)), literal(np.array([0, 1, 3]))


def contents() -> list[tuple[Node, tuple[Any, ...]]]:
    squares, reading = sum_of((x, x, w, w), (x, x, w)), (x, ALL)
    beyond: Access = (shift(whole(0, 3), 1),)
    before: Access = (shift(whole(0, 3), -1),)
    guarded = Value.of(contraction([Term(ONE, (), ((x, before), (x, before), *more), (late,)) for more in ((), ((w, ALL),))], (3,)))
    return [
        (root(sum_of((x, w), (x, x, w))), reading),  # an odd power of what may be negative
        (root(sum_of((x, x, w), (w,))), reading),  # not in every term
        (root(squares, HALF), reading),  # the rest may be negative where x is 0
        (root(squares), (w, ())),
        (root(squares), (x, beyond)),
        (root(squares), (Y.node, (whole(0, 3),))),
        (root(guarded), (x, before)),
        (root(sum_of((Power(Fraction(-2))(X).node, x, x, x, x, w), (x, x))), reading),  # x may be 0
        (root(sum_of((INFINITE.node, INFINITE.node, w), (INFINITE.node, INFINITE.node))), (INFINITE.node, ALL)),
        (root(sum_of((Log()(X).node, Log()(X).node, w), (Log()(X).node, Log()(X).node))), (Log()(X).node, ALL)),
        (root(X), reading),
        (root(Value(squares.node, (constant(0),), (3,))), reading),
        (squares.node, reading),
    ]


VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "power_of_content": contents(),
    "power_of_absolute": [
        (root(SIZE, HALF), ()),
        (root(SIZE, Fraction(1)), ()),
        (root(SIZE, Fraction(-1)), (0,)),
        (root(linear_combination([(Scalar.of(3), RELU), (-ONE, X)]), Fraction(-1)), ()),  # a leaky relu
        (root(linear_combination([(Scalar.of(2), RELU), (-ONE, W)]), Fraction(-1)), ()),
        (root(linear_combination([(Scalar.of(2), RELU), (-ONE, X), (ONE, W)]), Fraction(-1)), ()),
        (root(linear_combination([(Scalar.of(2), Maximum()(X, W)), (-ONE, X)]), Fraction(-1)), ()),
        (root(linear_combination([(Scalar.of(2), Maximum()(INFINITE, ZERO)), (-ONE, INFINITE)]), Fraction(-1)), ()),
        (root(X, Fraction(-1)), ()),
        (SIZE.node, ()),
    ],
    "sign_of_product": [
        (Less()(ZERO, X).node, (0,)),
        (Less()(ZERO, multiply(X, W)).node, (2,)),
        (Less()(W, multiply(X, W)).node, (0,)),
        (LessEqual()(ZERO, multiply(X, W)).node, (0,)),
        (Less()(ZERO, add(multiply(X, W), W)).node, (0,)),
        (Less()(ZERO, multiply(X, INFINITE)).node, (0,)),
        (Less()(ZERO, multiply(X, Log()(W))).node, (0,)),
        (Less()(ZERO, Value.of(contraction([Term(ONE, (3,), ((x, (whole(1, 3),)), (w, (whole(1, 3),))))], (3,)))).node, (0,)),
        (Less()(ZERO, Value.of(contraction([Term(ONE, (), ((x, ALL), (w, (shift(whole(0, 3), 1),))))], (3,)))).node, (0,)),
        (multiply(X, W).node, (0,)),
    ],
    "compare_tables": [
        (Equal()(TABLE, OTHER).node, (constant(0),)),
        (Equal()(TABLE, TABLE).node, (constant(1),)),
        (Less()(TABLE, scale(TABLE, 2)).node, (constant(0),)),
        (LessEqual()(literal(np.array([0.5, 1.5, 2.5])), TABLE).node, (constant(0),)),
        (LessEqual()(X, TABLE).node, (whole(0, 3),)),
        (Equal()(TABLE, Value(TABLE.node, (shift(whole(0, 3), 1),), (3,))).node, (constant(1),)),
        (Maximum()(TABLE, TABLE).node, (constant(0),)),
    ],
}
