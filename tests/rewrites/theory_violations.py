"""Nodes and arguments at which the rules of parts, order, folds, gathers and fractions must refuse."""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from typing import Any

import numpy as np

from ncd_cat import axes
from ncd_cat.axes import constant, identity, whole
from ncd_cat.graph import Input, Node, Value, Weight, apply, node, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import Term, add, contraction, linear_combination, multiply, number, scale, terms_of, total
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Reshape
from ncd_cat.ops.pointwise import Cos, Equal, Exp, Less, LessEqual, Log, Maximum, Minimum, Power, Sin, reciprocal
from ncd_cat.ops.reduction import Max, Min, fold
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol
from rewrites.rules.linear import LARGEST_SUM

X, Y, Z = source(Input(0), (3, 4)), source(Input(1), (4,)), source(Weight("z"), (4,))
LABEL = source(Input(3, "int"), (4,))
ZERO, ZERO4 = number(0, (3, 4)), number(0, (4,))
INFINITE = literal(np.array([0.0, -np.inf, 1.0, 2.0]))
J, N = whole(0, 4), symbol("n")
LONG = source(Weight("n"), (N,))
SQUARE = identity((4, 4))
SHIFTED = (False, axes.shift(J, -1))
LATE = (False, axes.shift(whole(1, 4), -1))
PLACED = Term(ONE, (), ((Y.node, (axes.shift(J, -1),)),), (SHIFTED,))
ROW, LABEL0 = literal(np.arange(4)), LABEL.at((constant(0),), ())
FLAT = node(Reshape((4,), (4,)), [(Y.node, identity((4,)))], (4,))


def one_hot(row: Value, index: Value, *guards: Any, weight: Value | None = None) -> Node:
    """Σ_v [row(v) = index] · weight(v) over an axis of size 4."""
    test = Equal()(row.at((J,), (4,)), index if index.sizes else index.at((), (4,)))
    factors = ((test.node, test.access), *([(weight.node, weight.access)] if weight is not None else []))
    return contraction([Term(ONE, (4,), factors, guards)], ())


def sum_of(*terms: Term) -> Node:
    return contraction(terms, (4,))


def power(x: Value, r: int | Fraction) -> tuple[Node, axes.Access]:
    return Power(Fraction(r))(x).node, identity(x.sizes)


def taken(x: Value, degree: int = 4) -> Node:
    return apply(Take(4), x, LABEL, degree=(degree,)).node


def folded(x: Value, *guards: Any, bounds: tuple[int, ...] = (4,), op: type = Max) -> Node:
    return node(op(bounds, guards), [(x.node, x.access)], x.sizes[: len(x.sizes) - len(bounds)])


def diagonal(first: axes.Index, second: axes.Index, bounds: tuple[int, int], *guards: Any) -> Node:
    return node(Max(bounds, guards), [(source(Input(4), (9, 9)).node, (first, second))], ())


I2, J3 = whole(0, 2), whole(1, 3)
VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "partition": [
        (X.node, (((1,),),)),
        (X.node, (((0,), ()),)),
        (X.node, (((3,), ()),)),
        (X.node, (((2, 1), ()),)),
        (X.node, (((1, 1), ()),)),
        (X.node, (((1.5,), ()),)),
        (LONG.node, (((1,),),)),  # n may be 1
        (source(Weight("l"), (300,)).node, ((tuple(range(1, 300)),),)),  # too many parts
    ],
    "take_slide": [
        (Tanh()(X).node, ()),
        (taken(Y.at((whole(1, 4),), (4, 4))), ()),  # of an input
        (taken(softmax(source(Weight("s"), (4, 4)), 1)), ()),  # not entry by entry
        (taken(Value.of(contraction([PLACED], (4,))).at((whole(1, 4),), (4, 4))), ()),  # a bracket of the indexed axis
        (taken(Value.of(contraction([Term(ONE, (), ((X.node, (axes.shift(whole(0, 4), -1), whole(1, 4))),), (SHIFTED,))], (4, 4)))), ()),
        (apply(Take(5), Tanh()(Y).at((whole(1, 5),), (4, 5)), LABEL, degree=(4,)).node, ()),  # leaves the axis
    ],
    "reshape_flat": [(X.node, ()), (FLAT, ())],
    "reshape_read": [(Tanh()(Y).node, (0,)), (Tanh()(Value.of(FLAT)).node, (1,)),
                     (Tanh()(Value.of(node(Reshape((3, 4), (12,)), [(X.node, identity((3, 4)))], (12,)))).node, (0,))],
    "max_flat": [
        (Minimum()(X, X).node, (0, ())),
        (Maximum()(Y, Z).node, (0, ())),
        (Maximum()(Y, Z).node, (0, (0,))),
        (Maximum()(Y, Z).node, (2, (0, 1))),
        (Maximum()(Y, INFINITE).node, (0, (1,))),
        (reduce(Maximum(), [source(Weight(f"m{k}"), (4,)) for k in range(33)]).node, (0, tuple(range(1, 33)))),  # too many
    ],
    "max_pair": [(Maximum()(X, ZERO).node, ()), (Maximum()(ZERO, X).node, ()), (Maximum()(Y, INFINITE).node, ()),
                 (Minimum()(Y, Z).node, ())],
    "min_as_max": [(Maximum()(X, X).node, ()), (Minimum()(Y, INFINITE).node, ())],
    "relu_scale": [
        (Maximum()(Y, Z).node, ()),
        (Maximum()(X, ZERO).node, ()),
        (Maximum()(multiply(Y, Z), ZERO4).node, ()),
        (Maximum()(add(Y, Z), ZERO4).node, ()),
        (Maximum()(scale(INFINITE, 2), ZERO4).node, ()),
        (Maximum()(number(2, (4,)), ZERO4).node, ()),
        (Minimum()(scale(Y, 2), ZERO4).node, ()),
    ],
    "relu_turn": [(Maximum()(Y, Z).node, ()), (Maximum()(INFINITE, ZERO4).node, ()), (Minimum()(Y, ZERO4).node, ())],
    "relu_of_nonnegative": [
        (Maximum()(Y, ZERO4).node, ()),
        (Maximum()(scale(Exp()(Y), -1), ZERO4).node, ()),
        (Maximum()(multiply(Y, Y, Y), ZERO4).node, ()),
        (Maximum()(multiply(Y, Y.at((axes.add(constant(3), axes.scale(J, -1)),), (4,))), ZERO4).node, ()),
        (Maximum()(linear_combination([(ONE, Exp()(Y)), (-ONE, Exp()(Z))]), ZERO4).node, ()),
        (Maximum()(Exp()(Y), Exp()(Z)).node, ()),
        (Maximum()(Minimum()(Y, Exp()(Y)), ZERO4).node, ()),
    ],
    "compare_zero": [(Less()(ZERO4, Y).node, ()), (Less()(Y, INFINITE).node, ()),
                     (LessEqual()(INFINITE, Y).node, ()), (Maximum()(Y, Z).node, ())],
    "less_scale": [
        (Less()(ZERO4, Y).node, ()),
        (Less()(Y, scale(Z, 2)).node, ()),
        (Less()(ZERO4, scale(Y, -1)).node, ()),
        (Less()(ZERO4, multiply(Y, Z)).node, ()),
        (Less()(ZERO4, add(Exp()(Y), Y)).node, ()),
        (Less()(ZERO4, scale(INFINITE, 2)).node, ()),
        (LessEqual()(ZERO4, scale(Y, 2)).node, ()),
    ],
    "gated": [
        (multiply(Less()(ZERO4, Y), Z).node, (0, 0, 1)),  # of another factor
        (multiply(Less()(ZERO4, Y), Y).node, (0, 1, 0)),
        (multiply(Less()(ZERO4, Y), Y).node, (0, 0, 0)),
        (multiply(LessEqual()(ZERO4, Y), Y).node, (0, 0, 1)),
        (multiply(Less()(number(1, (4,)), Y), Y).node, (0, 0, 1)),
        (multiply(Less()(ZERO4, scale(Y, 2)), Y).node, (0, 0, 1)),  # not up to a sign
        (multiply(Less()(ZERO4, Y.at((constant(0),), (4,))), Y).node, (0, 0, 1)),
        (multiply(Less()(ZERO4, INFINITE), INFINITE).node, (0, 0, 1)),
        (multiply(Less()(ZERO4, add(Y, Y)), Y).node, (0, 0, 1)),
        (contraction(terms_of(multiply(Less()(ZERO4, Y), Y).node) * LARGEST_SUM, (4,)), (0, 0, 1)),  # too many terms
    ],
    "relu_square": [
        (multiply(Maximum()(Y, ZERO4), Maximum()(Z, ZERO4)).node, (0, 0, 1)),
        (multiply(Maximum()(Y, ZERO4), Maximum()(Y, ZERO4)).node, (0, 0, 0)),
        (multiply(Maximum()(Y, Z), Maximum()(Y, Z)).node, (0, 0, 1)),
        (multiply(Y, Y).node, (0, 0, 1)),
        (multiply(Maximum()(INFINITE, ZERO4), Maximum()(INFINITE, ZERO4)).node, (0, 0, 1)),
    ],
    "fold_affine": [
        (fold(Max, X, (1,)).node, ()),
        (folded(add(X, X.at((whole(0, 3), axes.add(constant(3), axes.scale(whole(1, 4), -1))), (3, 4)))), ()),
        (folded(Value.of(contraction([Term(ONE, (), ((X.node, identity((3, 4))), (Y.node, (whole(1, 4),))))], (3, 4)))), ()),
        (folded(add(X, Y.at((whole(1, 4),), (3, 4)))), ()),
        (folded(add(scale(X, 2), Y.at((whole(1, 4),), (3, 4))), LATE), ()),
        (folded(number(2, (3, 4))), ()),
        (folded(scale(INFINITE, 2).at((whole(1, 4),), (3, 4))), ()),
        (total(X, (1,)).node, ()),
    ],
    "fold_monotone": [
        (folded(Tanh()(X)), ()),
        (folded(Minimum()(X, ZERO)), ()),
        (folded(Maximum()(X, X)), ()),
        (folded(Log()(X)), ()),  # of what may be negative
        (folded(Power(Fraction(-1))(X)), ()),
        (folded(Power(Fraction(0))(Exp()(X))), ()),
        (folded(Exp()(INFINITE).at((whole(1, 4),), (3, 4))), ()),
        (folded(multiply(X, X)), ()),
        (X.node, ()),
    ],
    "fold_fuse": [(folded(Value.of(fold(Min, X, (1,)).node), bounds=(3,)), ()), (fold(Max, X, (1,)).node, ()), (X.node, ())],
    "fold_image": [
        (fold(Max, X, (0, 1)).node, (0, 1)),  # not through one sum
        (diagonal(axes.add(I2, J3), axes.add(I2, axes.scale(J3, 2)), (2, 3)), (0, 1)),  # two sums
        (diagonal(axes.add(axes.scale(I2, 4), J3), constant(0), (2, 3)), (0, 1)),  # 3 is never read
        (diagonal(axes.add(I2, axes.scale(J3, 2)), constant(0), (2, 3)), (0, 1)),
        (diagonal(axes.add(axes.scale(I2, -1), J3, constant(1)), constant(0), (2, 3)), (0, 1)),
        (diagonal(axes.add(I2, J3), constant(0), (2, 3)), (0, 0)),
        (diagonal(axes.add(I2, J3), constant(0), (2, 3), (False, axes.add(axes.scale(I2, -1), J3))), (0, 1)),  # a bracket tells them apart
        (diagonal(constant(0), constant(0), (2, 3)), (0, 1)),
        (X.node, (0, 1)),
    ],
    "fold_drop": [(fold(Max, X, (1,)).node, ()), (X.node, ())],
    "factor_out": [
        (sum_of(Term(ONE, (), ((Y.node, (J,)),)), Term(ONE, (), ())), (Y.node, (J,))),  # not in every term
        (sum_of(Term(ONE, (), ((Y.node, (J,)),))), (Y.node, (J,))),  # no sum
        (sum_of(Term(ONE, (), (power(Y, -1),), (SHIFTED,)), Term(ONE, (), ())), (Y.node, (J,))),  # Y may be 0 at 0
        (sum_of(Term(ONE, (), (power(Y, -1), (Y.node, (J,)))), Term(ONE, (), ((Y.node, (J,)),) * 2), Term(ONE, (), (power(Y, -1),))),
         (Y.node, (J,))),
        (sum_of(Term(ONE, (), ((Power(Fraction(1, 2))(Y).node, (J,)),)), Term(ONE, (), ((Y.node, (J,)),))), (Y.node, (J,))),
        (sum_of(Term(ONE, (), (power(Y, Fraction(-1, 2)),), (SHIFTED,)), Term(ONE, (), ())), (Y.node, (J,))),  # Y may be 0 at 0
        (sum_of(Term(ONE, (), ((Y.node, (J,)),)), Term(ONE, (), ((Y.node, (J,)),))), (Y.node, (axes.shift(J, 1),))),
        (sum_of(Term(ONE, (), ((Y.node, (J,)),)), Term(ONE, (), ((Y.node, (J,)),))), (Y.node, ())),
        (X.node, (X.node, identity((3, 4)))),
    ],
    "group": [
        (multiply(Y, Z).node, (0, (0,))),
        (multiply(Y, Z).node, (0, (0, 2))),
        (multiply(Y, Z).node, (1, (0, 1))),
        (sum_of(PLACED._replace(factors=(*PLACED.factors, (Z.node, (J,))))), (0, (0, 1))),  # read out of range, under a bracket
        (X.node, (0, (0, 1))),
    ],
    "exp_of_multiple": [
        (Exp()(Y).node, ()),
        (Exp()(scale(Y, -2)).node, ()),
        (Exp()(scale(Y, 1)).node, ()),
        (Exp()(number(2, (4,))).node, ()),
        (Exp()(scale(INFINITE, 2)).node, ()),
        (Exp()(linear_combination([(Scalar.of(2), Y), (Scalar.of(2), Z)])).node, ()),
        (Exp()(scale(Y, Scalar.of(2).power(Fraction(1, 2)))).node, ()),
    ],
    "literal_sum": [
        (literal(np.array([[0.0, 590726.7334747314], [1016140.2040557861, 1606866.9375305176]])).node, (0, 1)),  # nor decimals
        (literal(np.array([[0.0, 1.0], [2.0, 4.0]])).node, (0, 1)),
        (literal(np.array([[0.0, 1.0], [2.0, 3.0]])).node, (0, 0)),
        (literal(np.array([[0.1, 0.2], [0.3, 0.4]])).node, (0, 1)),  # floats that do not add up exactly
        (literal(np.array([[0.0, -np.inf], [-np.inf, -np.inf]])).node, (0, 1)),
        (literal(np.array([[0.0, 1.0]])).node, (0, 1)),
        (literal(np.array([[False, True], [True, True]])).node, (0, 1)),
        (literal(np.array([[0.0, 2.0**30], [0.0, 2.0**30]])).node, (0, 1)),
        (X.node, (0, 1)),
    ],
    "turn_of_sum": [(Sin()(Y).node, ()), (Cos()(scale(Y, 2)).node, ()), (Tanh()(add(Y, Z)).node, ())],
    "turn_of_multiple": [
        (Sin()(scale(Y, Fraction(3, 2))).node, ()),
        (Cos()(scale(Y, -2)).node, ()),
        (Sin()(scale(Y, 17)).node, ()),
        (Sin()(scale(Y, 1)).node, ()),
        (Cos()(linear_combination([(Scalar.of(2), Y), (Scalar.of(2), Z)])).node, ()),
        (Tanh()(scale(Y, 2)).node, ()),
    ],
    "turn_of_negative": [
        (Sin()(scale(Y, 2)).node, ()),
        (Cos()(Y).node, ()),
        (Sin()(scale(reciprocal(Y), 0)).node, ()),  # 1 / y may have no value
        (Tanh()(scale(Y, -1)).node, ()),
    ],
    "sine_square": [
        (multiply(Sin()(Y), Sin()(Z)).node, (0, 0, 1)),
        (multiply(Sin()(Y), Sin()(Y)).node, (0, 0, 0)),
        (multiply(Cos()(Y), Cos()(Y)).node, (0, 0, 1)),
        (multiply(Sin()(reciprocal(Y)), Sin()(reciprocal(Y))).node, (0, 0, 1)),
    ],
    "assumed": [
        (Exp()(X).node, ("positive",)),
        (literal(np.array([1.0, 2.0])).node, ("positive",)),
        (X.node, ()),
        (X.node, ("positive", "positive")),
        (X.node, ("negative",)),
        (X.node, ((1, 0),)),
        (X.node, ((1, 2), (1, 2))),
        (X.node, ((1.0, 2),)),
        (X.node, ((1, 2), "positive")),
        (X.node, ("rows of complement",)),  # not seen to be truth values
        (source(Weight("v"), ()).node, ("rows",)),
        (source(Input(2, "bool"), (3,)).node, ("positive",)),
        (source(Input(2, "bool"), (3,)).node, ("nonzero",)),
    ],
    "truth_square": [
        (multiply(Y, Y).node, (0, 0, 1)),
        (multiply(Less()(Y, Z), Less()(Z, Y)).node, (0, 0, 1)),
        (multiply(Less()(Y, Z), Less()(Y, Z)).node, (0, 0, 0)),
        (Tanh()(Y).node, (0, 0, 1)),
    ],
    "compare_truth": [
        (Less()(Y, number(0, Y.sizes)).node, ()),
        (Less()(Less()(Y, Z), Less()(Z, Y)).node, ()),
        (Less()(number(0, ()), number(1, ())).node, ()),
        (Less()(Less()(number(0, Y.sizes), reciprocal(Y)), number(2, Y.sizes)).node, ()),  # 1 / y may have no value
        (Tanh()(Y).node, ()),
    ],
    "one_hot_sum": [
        (one_hot(ROW, LABEL0, weight=Y), (0, 0)),  # the sum is of more than the row
        (one_hot(literal(np.array([0, 1, 2, 4])), LABEL0), (0, 0)),
        (one_hot(literal(np.arange(5)), LABEL0), (0, 0)),  # not the whole row
        (one_hot(ROW, Y.at((constant(0),), ())), (0, 0)),  # 1.5 is no index
        (one_hot(ROW, LABEL), (0, 0)),  # the index varies with v
        (one_hot(ROW, LABEL0, (False, axes.shift(J, -1))), (0, 0)),
        (total(Less()(ROW, LABEL0.at((), (4,))), (0,)).node, (0, 0)),
        (X.node, (0, 0)),
    ],
    "take_as_sum": [
        (Tanh()(Y).node, ()),
        (apply(Take(N), LONG.at((whole(1, N),), (4, N)), LABEL, degree=(4,)).node, ()),
        (apply(Take(65), source(Weight("l"), (65,)).at((whole(1, 65),), (4, 65)), LABEL, degree=(4,)).node, ()),
        (apply(Take(4), INFINITE.at((whole(1, 4),), (4, 4)), LABEL, degree=(4,)).node, ()),
    ],
    "power_of_natural": [(reciprocal(Y).node, ()), (Power(Fraction(1, 2))(Y).node, ()), (Power(Fraction(9))(Y).node, ()), (Y.node, ())],
}  # fmt: skip
