"""Nodes and arguments at which each rule, by name, must refuse: one for each way of violating its condition or its form."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from ncd_cat import axes
from ncd_cat.axes import constant, whole
from ncd_cat.graph import Input, Node, Value, Weight, apply, source
from ncd_cat.ops.activation import Relu, Tanh
from ncd_cat.ops.contraction import Term, add, contraction, einsum, linear_combination, multiply, number, scale, total
from ncd_cat.ops.held import Held
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp, Log, Maximum, Power, Where, reciprocal
from ncd_cat.ops.reduction import Max, Min, fold
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol
from tests.rewrites import (
    case_violations,
    content_violations,
    inverse_violations,
    kink_violations,
    loop_violations,
    table_violations,
    theory_violations,
)

X, Y, W = source(Input(0), (3, 4)), source(Input(1), (4,)), source(Weight("w"), (2, 3))
I0, J0 = whole(0, 3), whole(1, 4)
INFINITE, MINIMUM = literal(np.array([0.0, -np.inf, 1.0])), literal(np.array([0.0, -1e38]))
READ = ((X.node, (I0, J0)),)


def one(t: Term, *sizes: int) -> Node:
    return contraction([t], sizes)


def guarded(*guards: Any, bounds: tuple[Any, ...] = (4,)) -> Node:
    return one(Term(ONE, bounds, READ, guards), 3)


def taken_at(index: Value) -> Node:
    """W at two places, one a row."""
    return apply(Take(3), W, index, degree=(2,)).node


TABLE = literal(np.array([0, 1]))
EARLIER, SPLIT = axes.shift(whole(0, 4), -1), (0, ((1, 0, 1, 3),))
PADDED = one(Term(ONE, (), ((Tanh()(Y).node, (EARLIER,)),), ((False, EARLIER),)), 4)
ROOT = Fraction(1, 2)
LOW, HIGH = (False, axes.shift(J0, -1)), (False, axes.scale(J0, -1))  # i1 >= 1, i1 <= 0
ATLEAST2 = (False, axes.shift(J0, -2))

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "transpose": [
        (einsum("ij->ji", X).node, (einsum("ij->ij", X).node, (whole(0, 4), whole(1, 3)), ((0, ()),))),
        (total(X, (0, 1)).node, (total(X, (0, 1)).node, (), ((0, (whole(0, 3), whole(0, 3))),))),
        (total(X, (0, 1)).node, (total(X, (0, 1)).node, (), ((0, (whole(0, 3), constant(0))),))),
        (total(X, (1,)).node, (total(X, (1,)).node, (whole(0, 3),), ((0, (whole(0, 3),)),))),
        (total(X, (1,)).node, (scale(total(X, (1,)), 2).node, (whole(0, 3),), ((0, ()),))),
        (add(X, X).node, (add(X, X).node, (I0, J0), ((0, ()), (0, ())))),
        (multiply(X, X).node, (multiply(X, X, X).node, (I0, J0), ((0, ()),))),
        (multiply(X, X.at((I0, constant(0)), (3, 4))).node, (multiply(X, X).node, (I0, J0), ((0, ()),))),
        (number(1, (3,)).node, (number(1, (3,)).node, (), ((0, ()),))),
        (X.node, (X.node, (I0, J0), ())),
    ],
    "refold": [
        (fold(Max, X, (1,)).node, (fold(Min, X, (1,)).node, (I0,), (J0,))),
        (fold(Max, X, (1,)).node, (fold(Max, X, (1,)).node, (I0,), (constant(0),))),
        (fold(Max, X, (1,)).node, (fold(Max, X, (0,)).node, (I0,), (J0,))),
        (fold(Max, X, (1,)).node, (fold(Max, X, (1,)).node, (), (J0,))),
        (fold(Max, Y, (0,)).node, (fold(Max, Y.at(((3, ((-1, 0, 1, 4),)),), (4,)), (0,)).node, (), (whole(0, 4),))),
        (X.node, (X.node, (I0, J0), ())),
    ],
    "loop": [(X.node, ())],
    "snake": [
        (guarded((False, J0)), (0, 0)),  # no equality
        (guarded((True, axes.scale(J0, 2))), (0, 0)),  # the index is not alone
        (guarded((True, axes.shift(I0, -1))), (0, 0)),  # no bound axis
        (one(Term(ONE, (4,), READ, ((True, (0, ((1, 1, 1, 2), (1, 1, 2, 2)))),)), 3), (0, 0)),
        (guarded((True, J0)), (0, 1)),
        (guarded((True, J0)), (1, 0)),
    ],
    "slide": [
        (Tanh()(X).node, (Relu()(X).node, (I0, J0))),
        (Tanh()(X).node, (Tanh()(Y).node, (J0,))),
        (Tanh()(X).node, (Tanh()(X.at((I0, constant(0)), (3, 4))).node, (I0, J0))),
        (Tanh()(X).node, (Tanh()(X).node, (I0,))),
        (Y.node, (source(Input(1), ()).node, ())),  # an input is not broadcast
        (W.node, (source(Weight("w"), (3, 2)).node, (whole(1, 3), whole(0, 2)))),
        (Tanh()(Y).node, (Tanh()(Y.at((axes.shift(whole(0, 3), 1),), (3,))).node, (axes.shift(whole(0, 4), -1),))),  # leaves the axis
    ],
    "push": [
        (Tanh()(X.at((constant(0), constant(0)), ())).node, (0,)),  # an input is not broadcast
        (PADDED, (0,)),  # leaves the axis, under a bracket
        (Tanh()(X).node, (1,)),
    ],
    "commute": [(Where()(X, X, X).node, ()), (Tanh()(X).node, ()), (X.node, ())],
    "fuse": [
        (multiply(X, add(X, X)).node, ((0, 1),)),  # a product with a sum
        (multiply(X, X).node, ((0, 0),)),
        (multiply(X, X).node, ((0, 2),)),
        (add(X, X).node, ((2, 0),)),
        (X.node, ((0, 0),)),
    ],
    "distribute": [
        (multiply(X, X).node, ((0, 0),)),
        (multiply(*[Value.of(add(*[X] * 5).node)] * 3).node, ((0, 2), (0, 1), (0, 0))),  # too many terms
        (linear_combination([(ONE, Value.of(add(*[X] * 9).node))] * 8).node, tuple((k, 0) for k in range(8))),
    ],
    "multiply_out": [
        (X.node, ()),
        (add(X, X).node, (0,)),
        (multiply(add(INFINITE, INFINITE), number(2, (3,))).node, ()),  # infinite
        (multiply(Log()(Y), add(Y, Y)).node, ()),  # no value
        (Value.of(add(Y, Value.of(PADDED)).node).at((J0,), (4,)).node, ()),  # in brackets
        (add(Y, Value.of(contraction([], (4,)))).node, ()),  # an empty sum
        (multiply(*[Value.of(add(*[X] * 5).node)] * 3).node, ()),  # too many terms
        (multiply(*[Value.of(multiply(*[X] * 13).node)] * 5).node, ()),  # too many factors
    ],
    "unroll": [
        (total(number(1, (symbol("n"),)), (0,)).node, (0, 0)),
        (total(number(1, (65,)), (0,)).node, (0, 0)),
        (total(X, (0,)).node, (0, 1)),
    ],
    "unit": [
        (scale(X, 2).node, ()),
        (add(X, X).node, ()),
        (multiply(X, X).node, ()),
        (total(X, (0,)).node, ()),
        (guarded((False, axes.shift(J0, -1)), bounds=()), ()),
        (number(1).node, ()),
    ],
    "collect": [(X.node, ())],
    "content": [(linear_combination([(Scalar.of(0), X), (ONE, X)]).node, ()), (contraction([], (3,)), ())],
    "bracket": [(X.node, ())],
    "narrow": [
        (guarded((True, J0)), (0, 0)),
        (guarded((False, axes.shift(axes.scale(J0, 2), -1))), (0, 0)),
        (guarded((False, axes.shift(I0, -1))), (0, 0)),
        (guarded((False, J0), bounds=(symbol("n"),)), (0, 0)),
        (guarded((False, axes.shift(J0, 1))), (0, 0)),
        (guarded((False, axes.shift(J0, -4))), (0, 0)),
        (guarded((False, axes.add(J0, I0))), (0, 0)),
        (one(Term(ONE, (4,), READ, ((False, (0, ((1, 1, 2, 2),))),)), 3), (0, 0)),
    ],
    "split": [
        (total(X, (0,)).node, (0, 0, 0)),
        (total(X, (0,)).node, (0, 0, 3)),
        (total(X, (0,)).node, (0, 0, 1.5)),
        (total(number(1, (symbol("n"),)), (0,)).node, (0, 0, 1)),
    ],
    "complement": [
        (contraction([Term(ONE, (4,), READ, (LOW,)), Term(ONE, (4,), READ, (LOW,))], (3,)), (0, 1)),
        (contraction([Term(ONE, (4,), READ, (LOW,)), Term(-ONE, (4,), READ, (HIGH,))], (3,)), (0, 1)),
        (contraction([Term(ONE, (4,), READ, ()), Term(ONE, (4,), READ, (LOW,))], (3,)), (0, 1)),
        (contraction([Term(ONE, (4,), READ, ()), Term(-ONE, (4,), READ, ((True, J0),))], (3,)), (0, 1)),
        (contraction([Term(ONE, (4,), READ, (LOW,)), Term(ONE, (4,), READ * 2, (HIGH,))], (3,)), (0, 1)),
        (contraction([Term(ONE, (4,), READ, ()), Term(-ONE, (4,), READ, ())], (3,)), (0, 0)),
        (contraction([Term(ONE, (4,), READ, (LOW, HIGH)), Term(ONE, (4,), READ, (ATLEAST2, HIGH))], (3,)), (0, 1)),  # not p is in both
    ],
    "exp_of_sum": [(Exp()(scale(X, 2)).node, ()), (Exp()(X).node, ()), (Tanh()(add(X, X)).node, ())],
    "exp_of_negative": [
        (Exp()(scale(X, 2)).node, ()),
        (Exp()(linear_combination([(-ONE, X), (-ONE, X)])).node, ()),
        (Exp()(scale(INFINITE, -1)).node, ()),  # exp(+∞)
        (Exp()(number(-1, (3,))).node, ()),
        (Exp()(scale(X, -1).at((I0, constant(0)), (3,))).node, ()),
    ],
    "exp_of_mask": [
        (Exp()(INFINITE).node, ()),
        (Exp()(scale(MINIMUM, -1)).node, ()),
        (Exp()(scale(MINIMUM, Fraction(1, 10**9))).node, ()),
        (Exp()(scale(literal(np.array([0.0, -5.0])), Fraction(1, 10**400))).node, ()),  # 0 in floats only
        (Exp()(scale(literal(np.array([0.0, -np.inf])), Fraction(1, 10**400))).node, ()),
        (Exp()(add(MINIMUM, MINIMUM)).node, ()),
        (Exp()(literal(np.array([1.0]))).node, ()),
        (Exp()(X).node, ()),
        (Exp()(X.at((I0, constant(0)), (3,))).node, ()),
    ],
    "exp_of_constant": [
        (Exp()(number(1, (3,))).node, ()),
        (Exp()(number(-(10**20), (3,))).node, ()),
        (Exp()(number(10**40, (3,))).node, ()),
        (Exp()(number(-(10**400), (3,))).node, ()),
        (Exp()(number(Fraction(1, 10**400), (3,))).node, ()),  # 0 in floats only
        (Exp()(number(Scalar.of(2).power(ROOT) * Scalar.of(-(10**40)), (3,))).node, ()),
        (Exp()(scale(X, 0)).node, ()),
    ],
    "exp_of_where": [(Exp()(X).node, ()), (Where()(X, X, X).node, ())],
    "exp_of_log": [(Exp()(Exp()(X)).node, ()), (Exp()(X).node, ())],
    "log_of_exp": [(Log()(Exp()(INFINITE)).node, ()), (Log()(X).node, ()), (Log()(Exp()(X)).node, (0,))],
    "log_of_product": [
        (Log()(scale(Exp()(X), -2)).node, ()),
        (Log()(multiply(X, X, scalar=-ONE)).node, ()),
        (Log()(scale(Exp()(X), 1)).node, ()),
        (Log()(scale(X, 0)).node, ()),
        (Log()(Value.of(guarded(LOW))).node, ()),
        (Log()(add(Exp()(X), Exp()(X))).node, ()),
        (Log()(scale(Exp()(Y).at((whole(0, 3),), (3,)), 2).at((SPLIT,), (5,))).node, ()),  # (i mod 3) is not i
        (Log()(X).node, ()),
        (Exp()(scale(Exp()(X), 2)).node, ()),
    ],
    "log_of_power": [
        (Log()(Power(Fraction(2))(X)).node, ()),
        (Log()(Power(Fraction(-2, 3))(X)).node, ()),
        (Log()(Power(ROOT)(Exp()(Y).at((whole(0, 3),), (3,))).at((SPLIT,), (5,))).node, ()),  # (i mod 3) is not i
        (Log()(X).node, ()),
    ],
    "power_of_product": [
        (Power(Fraction(-1))(scale(Y.at((whole(0, 3),), (3,)), 2).at((SPLIT,), (5,))).node, ()),  # (i mod 3) is not i
        (Power(ROOT)(scale(X, -1)).node, ()),
        (Power(ROOT)(scale(X, 0)).node, ()),
        (Power(ROOT)(X).node, ()),
        (Power(ROOT)(multiply(X, X)).node, ()),
        (Power(-ONE.rational)(add(X, X)).node, ()),
        (Power(-ONE.rational)(Value.of(guarded(LOW))).node, ()),
        (Power(Fraction(3))(Value.of(one(Term(ONE, (2,), ((Y.node, (whole(0, 4),)),)), 4))).node, ()),
        (Power(Fraction(-1))(scale(X, 0)).node, ()),
        (Power(Fraction(-1))(scale(X, 2).at((I0, constant(0)), (3,))).node, ()),
        (Power(Fraction(-1))(total(X, (1,))).node, ()),  # nothing leaves
        (Tanh()(X).node, ()),
    ],
    "power_of_power": [
        (Power(ROOT)(Power(Fraction(2))(X)).node, ()),  # |x|
        (Power(ROOT)(Power(Fraction(-2))(X)).node, ()),
        (Power(ROOT)(X).node, ()),
        (X.node, ()),
    ],
    "power_merge": [
        (multiply(reciprocal(X), X.at((I0, constant(0)), (3, 4))).node, ((0, (0, 1)),)),
        (multiply(reciprocal(X), reciprocal(X)).node, ((0, (0, 0)),)),
        (multiply(reciprocal(X), X, reciprocal(X), X).node, ((0, (0, 1)), (0, (0, 1)))),  # what it assumes would be of other factors
        (multiply(reciprocal(X), X).node, ((1, (0, 1)),)),
        (multiply(reciprocal(X), X).node, ((0, (0, 2)),)),
    ],
    "power_rescale": [
        (multiply(reciprocal(X), Power(ROOT)(scale(X, 2))).node, (0, 1, 0)),  # a root is not an integer power
        (multiply(reciprocal(X), Power(ROOT)(X)).node, (0, 0, 1)),
        (multiply(reciprocal(X), Power(ROOT)(scale(X, 2))).node, (0, 0, 0)),
        (multiply(reciprocal(Exp()(X)), Power(ROOT)(scale(X, 2))).node, (0, 0, 1)),
        (multiply(reciprocal(X), Power(ROOT)(add(X, X))).node, (0, 0, 1)),
        (multiply(reciprocal(X), Power(ROOT)(scale(X, 0))).node, (0, 0, 1)),
        (X.node, (0, 0, 1)),
    ],
    "literal_drop": [(literal(np.arange(3)).node, ()), (X.node, ()), (literal(np.array(2.0)).node, ())],
    "literal_number": [(literal(np.zeros(1)).node, ()), (literal(np.array(-np.inf)).node, ()), (number(1).node, ())],
    "literal_bracket": [
        (literal(np.array([1, 0, 0])).node, (False, whole(0, 3))),
        (literal(np.array([2, 1, 1])).node, (False, whole(0, 3))),
        (literal(np.array([1, 1, 0, 0])).node, (False, (0, ((1 << 62, 0, 1, 4),)))),  # wraps around in 64 bits
        (literal(np.array([1, 1, 1])).node, (False, (-0.5, ((1, 0, 1, 3),)))),
        (literal(np.array([1, 1, 1])).node, (False, (0, ((symbol("n"), 0, 1, 3),)))),
        (literal(np.array([1, 1, 1])).node, (False, (symbol("n"), ()))),
        (X.node, (False, I0)),
    ],
    "literal_band": [
        (literal(np.array([0, 1, 0])).node, (axes.shift(whole(0, 3), -1), axes.shift(axes.scale(whole(0, 3), -1), 2))),
        (literal(np.array([0, 1, 0])).node, (whole(0, 3), axes.shift(axes.scale(whole(0, 3), -1), 1))),
        (literal(np.array([0, 2, 0])).node, (axes.shift(whole(0, 3), -1), axes.shift(axes.scale(whole(0, 3), -1), 1))),
        (literal(np.array([1, 1, 1])).node, (whole(0, 3), (symbol("n"), ()))),
        (literal(np.array([1, 1, 1])).node, (whole(0, 3),)),
        (X.node, (I0, I0)),
    ],
    "take_constant": [
        *[(taken_at(index), (whole(0, 2),)) for index in (
            literal(np.array([0, 1 << 23])),  # too large a number
            add(TABLE, TABLE),
            scale(literal(np.array([0, 1 << 21])), 4),
            add(*[literal(np.array([0, 1 << 22]))] * 2),
            Value.of(contraction([Term(ONE, (), ((TABLE.node, (axes.shift(whole(0, 2), 1),)),))], (2,))),  # leaves the table
        )],
        (apply(Take(3), W, literal(np.array([0, 2])).at((I0,), (2,)), degree=(2,)).node, (whole(0, 2),)),
        (apply(Take(3), W, literal(np.array([1, 2])), degree=(2,)).node, (whole(0, 2),)),
        (apply(Take(2), Y.at((whole(1, 2),), (3, 2)), literal(np.array([0, 1, 2])), degree=(3,)).node, (whole(0, 3),)),  # leaves the axis
        (apply(Take(3), W, source(Input(3, "int"), (2,)), degree=(2,)).node, (whole(0, 2),)),
        (apply(Take(4), Y.at((whole(1, 4),), (symbol("n"), 4)), literal(np.array([0])).at((constant(0),), (symbol("n"),)),
               degree=(symbol("n"),)).node, (whole(0, symbol("n")),)),
        (Tanh()(X).node, (I0,)),
    ],
    "literal_slice": [
        (Tanh()(X).node, (0,)),
        (Tanh()(literal(np.arange(3))).node, (1,)),
        (one(Term(ONE, (), ((literal(np.arange(3)).node, (EARLIER,)),), ((False, EARLIER),)), 3), (0,)),  # read out of range
        (Tanh()(literal(np.arange(3)).at((SPLIT,), (1 << 23,))).node, (0,)),
    ],
    "where_is_product": [
        (Where()(X, X, X).node, ()),  # the condition is not a truth value
        (Where()(literal(np.array([0, 2, 1])), INFINITE, INFINITE).node, ()),
        (Where()(literal(np.array([0, 1, 1])), INFINITE, INFINITE).node, ()),
        (Where()(literal(np.array([0, 1, 1])), number(1, (3,)), INFINITE).node, ()),
        (Maximum()(X, X).node, ()),
    ],
    **loop_violations.VIOLATIONS,
    **inverse_violations.VIOLATIONS,
    **theory_violations.VIOLATIONS,
    **case_violations.VIOLATIONS,
    **kink_violations.VIOLATIONS,
    **content_violations.VIOLATIONS,
    **table_violations.VIOLATIONS,
    "hold": [(Held()(X).node, ()), (X.node, (1,)), (source(Input(3, "int"), (4,)).node, ())],
    "unfold": [(Exp()(X).node, ()), (X.node, ()), (add(X, X).node, ())],
}  # fmt: skip
