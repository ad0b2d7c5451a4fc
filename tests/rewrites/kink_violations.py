"""Comparisons of what may be equal on a set of positive measure, or is no polynomial by its form."""

from __future__ import annotations

from typing import Any

import numpy as np

from ncd_cat.axes import whole
from ncd_cat.graph import Input, Node, Value, Weight, source
from ncd_cat.ops.contraction import Term, add, contraction, multiply, number, scale, subtract
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal, Exp, Floor, Less, LessEqual, Log, Maximum
from ncd_cat.ops.retraction import Positive
from ncd_cat.scalars import ONE
from ncd_cat.sizes import symbol

X, Y, W = source(Input(0), (3,)), source(Input(1), (3,)), source(Weight("w"), (3,))
K, ZERO = source(Input(2, "int"), (3,)), number(0, (3,))
RELU = Maximum()(X, ZERO)
LATE = Value.of(contraction([Term(ONE, (), ((X.node, X.access),), ((False, (-1, ((1, 0, 1, 3),))),))], (3,)))
EMPTY = Value.of(contraction([Term(ONE, (symbol("n") - 1,), ((X.node, X.access), (Y.node, Y.access)))], (3,)))
LONG = [source(Weight(f"g{k}"), (3,)) for k in range(5)]
POSSIBLY_EQUAL = {
    "a relu is 0 wherever it is not active": RELU,
    "and so is a multiple of it": scale(RELU, -2),
    "and its product with a variable": multiply(RELU, W),
    "nothing": ZERO,
    "a difference of the same": Value.of(contraction([Term(ONE, (), ((X.node, X.access),)), Term(-ONE, (), ((X.node, X.access),))], (3,))),
    "two terms of one degree that may cancel": subtract(X, X.at(((2, ((-1, 0, 1, 3),)),), (3,))),
    "a variable and a function of it": subtract(X, RELU),
    "a variable and its floor": subtract(X, Floor()(X)),
    "whole numbers": K,
    "a variable under a condition on it": subtract(Positive()(X), number(1, (3,))),
    "a product under a bracket": LATE,
    "a sum that may be empty": EMPTY,
    "what is infinite": add(X, literal(np.array([0.0, -np.inf, 1.0]))),
    "what may have no value": add(X, Log()(Y)),
    "a function that is not seen to vanish seldom": subtract(Exp()(X), Exp()(Y)),
    "a long product": multiply(*[add(a, b) for a in LONG for b in LONG if a is not b]),
}

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "less_or_greater": [
        *[(Less()(ZERO, y).node, ()) for y in POSSIBLY_EQUAL.values()],
        (Less()(X, ZERO).node, ()),
        (Less()(X, Y).node, ()),
        (LessEqual()(ZERO, X).node, ()),
        (Equal()(ZERO, X).node, ()),
        (Less()(ZERO, X).node, (0,)),
        (X.node, ()),
    ],
    "seldom_equal": [
        *[(Equal()(y, ZERO).node, ()) for y in POSSIBLY_EQUAL.values()],
        (Equal()(X, X).node, ()),
        (Equal()(RELU, X).node, ()),
        (Less()(ZERO, X).node, ()),
        (Equal()(X, Y).node, (0,)),
        (source(Input(0), (whole(0, 3)[1][0][3],)).node, ()),
    ],
}
