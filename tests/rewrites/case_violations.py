"""Nodes and arguments at which the rules of cases, cells and parity must refuse."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from ncd_cat import axes
from ncd_cat.axes import constant, whole
from ncd_cat.graph import Node, Value, Weight, node, source
from ncd_cat.ops.contraction import Term, add, contraction, linear_combination, multiply, number, scale
from ncd_cat.ops.pointwise import Equal, Erf, Exp, Less, LessEqual, Log, Maximum, Minimum, Power, Sin
from ncd_cat.ops.reduction import Max, fold
from ncd_cat.scalars import ONE, Scalar
from tests.rewrites.theory_violations import INFINITE, LATE, LONG, SHIFTED, ZERO4, J, X, Y, Z, folded

HALF = Fraction(1, 2)
GATE = Less()(ZERO4, Y)
WIDE = [source(Weight(f"g{k}"), (4,)) for k in range(9)]


def factor(v: Value) -> tuple[Node, axes.Access]:
    return v.node, v.access


def summed(*parts: tuple[int, tuple[Value, ...]], bounds: tuple[int, ...] = (), guards: tuple[Any, ...] = ()) -> Node:
    """A sum over axes (4), with products as given."""
    return contraction([Term(Scalar.of(c), bounds, tuple(factor(v) for v in values), guards) for c, values in parts], (4,))


def above(*parts: tuple[int, tuple[Value, ...]]) -> Value:
    return Less()(ZERO4, Value.of(summed(*parts)))


def of(op: Any, *parts: tuple[int, tuple[Value, ...]]) -> Node:
    return op(Value.of(summed(*parts))).node


DOWN = above((-1, (Y,)))
PRODUCT = above((1, (Y, Z)))
MANY = [Less()(ZERO4, w) for w in (*WIDE, Z)]
OUTSIDE = Value(GATE.node, (axes.shift(J, -1),), (4,))
EDGE = Value.of(contraction([Term(ONE, (), (factor(GATE), factor(Z)), (SHIFTED,))], (4,)))
FAR = Value.of(contraction([Term(ONE, (4,), ((GATE.node, (whole(1, 4),)), factor(Z)))], (4,)))

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "relu_gate": [
        (Maximum()(Y, Z).node, (0,)),
        (Maximum()(Y, ZERO4).node, (2,)),
        (Maximum()(INFINITE, ZERO4).node, (0,)),
        (Minimum()(Y, ZERO4).node, (0,)),
    ],
    "expand": [
        (of(Exp(), (1, (Y, Z))), (0, 0, 0)),  # no truth value
        (of(Exp(), (1, (GATE, Z))), (0, 1, 0)),
        (of(Exp(), (1, (GATE, Z))), (1, 0, 0)),
        (Exp()(EDGE).node, (0, 0, 0)),  # under a bracket
        (of(Exp(), (1, (OUTSIDE, Z))), (0, 0, 0)),  # read outside
        (Exp()(FAR).node, (0, 0, 0)),  # under a sum
        (of(Exp(), (1, (GATE, INFINITE))), (0, 0, 0)),
        (summed((1, (GATE, Z))), (0, 0, 0)),
    ],
    "less_monotone": [
        (above((1, (Exp()(Y),)), (-2, (Exp()(Z),))).node, ()),  # not opposite
        (above((1, (Exp()(Y),)), (1, (Exp()(Z),))).node, ()),
        (above((1, (Exp()(Y),))).node, ()),
        (above((1, (Sin()(Y),)), (-1, (Sin()(Z),))).node, ()),  # not monotone
        (above((1, (Exp()(Y),)), (-1, (Sin()(Z),))).node, ()),
        (above((1, (Power(HALF)(Y),)), (-1, (Power(HALF)(Z),))).node, ()),  # of what may be negative
        (above((1, (Power(-ONE.rational)(Y),)), (-1, (Power(-ONE.rational)(Exp()(Z)),))).node, ()),
        (above((1, (Log()(Y),)), (-1, (Log()(Z),))).node, ()),
        (above(*[(c, (Power(Fraction(0))(add(Exp()(v), Exp()(X.at((constant(0), J), (4,))))),)) for c, v in ((1, Y), (-1, Z))]).node, ()),
        (above((1, (Power(HALF)(Exp()(Y)), Z)), (-1, (Power(HALF)(Exp()(Z)), Z))).node, ()),
        (above((1, (Exp()(INFINITE),)), (-1, (Exp()(Z),))).node, ()),
        (LessEqual()(ZERO4, Value.of(summed((1, (Exp()(Y),)), (-1, (Exp()(Z),))))).node, ()),
        (X.node, ()),
    ],
    "cells": [
        (summed((1, (GATE, Z))), (0,)),
        (summed((1, (GATE, DOWN, Z)), (1, (Y,))), (0, 0)),
        (summed((1, (GATE, DOWN, Z)), (1, (Y,))), ()),
        (summed((1, (GATE, DOWN, Z)), (1, (Y,))), (0, 1)),
        (summed((1, (GATE, DOWN, Z)), (1, (Y,))), (1,)),  # no comparison
        (summed((1, (Z,)), (-1, (GATE, Z)), (-1, (DOWN, Z))), (0, 1, 2)),  # not where Y is 0
        (summed((1, (GATE, DOWN, INFINITE))), (0,)),
        (summed((1, (LessEqual()(ZERO4, Y), LessEqual()(Y, ZERO4), Z))), (0,)),  # holds at 0
        (summed((1, (Equal()(Y, Z), GATE, DOWN.at((J,), (4,)), Z)), (1, (Equal()(Y, Z), Z))), (0, 1)),
        (summed((1, (PRODUCT, DOWN, above((-1, (Z,))), Z)), (-1, (PRODUCT, DOWN, Z))), (0, 1)),  # not linear
        (summed(*((1, (Less()(ZERO4, w), Z)) for w in WIDE), (-1, (Less()(ZERO4, WIDE[0]), Z))), tuple(range(10))),
        (summed((1, (*MANY, GATE, DOWN)), (1, (*MANY, DOWN, PRODUCT)), (1, (*MANY, GATE, DOWN, PRODUCT))), (0, 1, 2)),  # too many
        (contraction([Term(ONE, (), (factor(GATE), factor(DOWN))), Term(ONE, (3,), (factor(GATE), factor(DOWN)))], (4,)), (0, 1)),
        (contraction([Term(ONE, (), (factor(above((1, (FAR,)), (1, (Y,)))), factor(above((-1, (FAR,)),)), factor(Y)))], (4,)), (0,)),
        (summed((1, (Z,)), (-1, (PRODUCT, Z)), (-1, (above((-1, (Y, Z))), Z))), (0, 1, 2)),  # no solution for a factor
        (summed((1, (Y,)), (-1, (Less()(ZERO4, FAR), Y)), (-1, (Less()(ZERO4, scale(FAR, -1)), Y))), (0, 1, 2)),
        (X.node, (0,)),
    ],
    "implied": [
        (summed((1, (GATE, Z))), (0, 0)),
        (summed((1, (GATE, Less()(ZERO4, Z), Y))), (0, 2)),  # no comparison
        (summed((1, (GATE, Less()(ZERO4, Z), Y))), (0, 0)),
        (summed((1, (LessEqual()(ZERO4, Y), above((1, (Y,)), (1, ())), Z))), (0, 1)),  # read as it is only
        (summed((1, (above((1, (Y,)), (1, ())), GATE, Z))), (0, 1)),  # of real numbers
        (summed((1, (*MANY, *(Less()(ZERO4, scale(Y, c)) for c in (1, 2, 3))))), (0, 0)),  # too many
        (X.node, (0, 0)),
    ],
    "compare_numbers": [(GATE.node, ()), (Maximum()(ZERO4, ZERO4).node, ()), (Equal()(Y, ZERO4).node, ()), (X.node, ())],
    "by_difference": [(Y.node, (X.node,)), (Y.node, (INFINITE.node,)), (INFINITE.node, (Y.node,)), (Y.node, (0,)), (Y.node, ())],
    "fold_split": [
        (folded(X, LATE), (0, (2,))),  # the condition holds in a part of a part
        (fold(Max, X, (0, 1)).node, (2, (1,))),
        (fold(Max, Y, (0,)).node, (0, ())),
        (fold(Max, Y, (0,)).node, (0, (0,))),
        (fold(Max, Y, (0,)).node, (0, (4,))),
        (fold(Max, Y, (0,)).node, (0, (2, 1))),
        (fold(Max, LONG, (0,)).node, (0, (1,))),
        (node(Max((4,), ((False, constant(-1)),)), [(Y.node, (whole(1, 4),))], (4,)), (0, (1,))),  # holds nowhere
        (fold(Max, source(Weight("l"), (40,)), (0,)).node, (0, tuple(range(1, 40)))),
        (X.node, (0, (1,))),
    ],
    "erf_of_negative": [
        (Erf()(Y).node, ()),
        (Erf()(scale(Y, 2)).node, ()),
        (Erf()(scale(Y, 0)).node, ()),
        (Erf()(linear_combination([(-ONE, Y), (-ONE, Z)])).node, ()),
        (Sin()(scale(Y, -1)).node, ()),
    ],
    "root_of_square": [
        (Power(HALF)(Y).node, ()),
        (Power(HALF)(multiply(Y, Z)).node, ()),
        (Power(HALF)(multiply(Y, Y, scalar=Scalar.of(-1))).node, ()),
        (Power(HALF)(multiply(Y, Y, Y)).node, ()),
        (Power(HALF)(add(multiply(Y, Y), Z)).node, ()),
        (Power(Fraction(1, 3))(multiply(Y, Y)).node, ()),
        (Power(HALF)(Value.of(contraction([Term(ONE, (4,), ((Y.node, (whole(1, 4),)),) * 2)], (4,)))).node, ()),
        (Power(HALF)(multiply(INFINITE, INFINITE)).node, ()),
        (Power(HALF)(number(0, (4,))).node, ()),
        (Sin()(Y).node, ()),
    ],
}
