"""Tables that are no products, choices by what is no complement, sums that differ on a block."""

from __future__ import annotations

from typing import Any

import numpy as np

from ncd_cat.axes import identity, scale, shift, whole
from ncd_cat.graph import Input, Node, Value, Weight, apply, source
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, add, contraction, number
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal, Less, LessEqual, Maximum, Where
from ncd_cat.ops.rolling import Roll
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol

X, Y, LONG = source(Input(0), (3,)), source(Weight("w"), (3,)), source(Input(1), (6,))
EYE, ROW = literal(np.eye(2, dtype=bool)), literal(np.array([True, False, True]))
WHOLE, HALF = literal(np.arange(3)), literal(np.arange(3) / 2)
ALL = identity((3,))
SYMBOLIC = Value.of(contraction([Term(ONE, (), (), ((False, shift(whole(0, symbol("n")), -1)),))], (symbol("n"),)))


def halves(*starts: int, lengths: tuple[int, int] = (3, 3), second: int = 3) -> Node:
    """Two slices of an array of six entries side by side, put at 0 and at `second`."""
    terms = []
    for start, place, length in zip(starts, (0, second), lengths, strict=True):
        e = shift(whole(0, 6), start - place)
        terms.append(Term(ONE, (), ((LONG.node, (e,)),), tuple(range_guards(shift(whole(0, 6), -place), length))))
    return contraction(terms, (6,))


def one_minus(c: Value, one: int = 1, by: int = -1) -> Value:
    return Value.of(contraction([Term(Scalar.of(one), (), ()), Term(Scalar.of(by), (), ((c.node, c.access),))], c.sizes))


def rolled(x: Value, by: int, size: int, backwards: bool = False, turned: bool = False) -> Node:
    """A rotation along the last axis, which is read as it is, from its end, or as the first one."""
    rank = len(x.sizes)
    axis = rank - 1 if not turned else 0
    entry = list(identity(x.sizes))
    if turned:
        entry[0], entry[-1] = entry[-1], entry[0]
    if backwards:
        entry[axis] = shift(scale(entry[axis], -1), size - 1)
    return apply(Roll((size,), (by,)), Value(x.node, tuple(entry), x.sizes), degree=x.sizes[:-1]).node


SQUARE = source(Input(2), (3, 3))
WHOLE_OF_IT = contraction([Term(ONE, (), ((LONG.node, identity((6,))),))], (6,))
TWICE = contraction([Term(Scalar.of(2), (), ((LONG.node, identity((6,))),))], (6,))

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "comparison_table": [
        (Less()(X, WHOLE).node, ()),
        (Less()(HALF, WHOLE).node, ()),
        (Equal()(WHOLE, Value(WHOLE.node, (shift(whole(0, 3), 1),), (3,))).node, ()),
        (Equal()(SYMBOLIC, SYMBOLIC).node, ()),
        (LessEqual()(Value.of(contraction([Term(Scalar.of(2).power(-1), (), ())], (3,))), WHOLE).node, ()),
        (Maximum()(WHOLE, WHOLE).node, ()),
    ],
    "literal_turn": [(EYE.node, (0,)), (EYE.node, (0, 0)), (EYE.node, (0, 2)), (WHOLE.node, (0,)), (X.node, (0,))],
    "literal_complement": [(EYE.node, ()), (literal(np.array([0, 1])).node, ()), (X.node, ())],
    "table_of_complement": [
        (one_minus(ROW, 2).node, ()),
        (one_minus(ROW, 1, 1).node, ()),
        (one_minus(WHOLE).node, ()),
        (one_minus(X).node, ()),
        (one_minus(Less()(X, Y)).node, ()),  # no table
        (ROW.node, ()),
    ],
    "where_of_table": [(Where()(Less()(X, Y), X, Y).node, ()), (Where()(one_minus(ROW), X, Y).node, ()), (Maximum()(X, Y).node, ())],
    "literal_product": [
        (EYE.node, (0,)),
        (EYE.node, ()),
        (EYE.node, (0, 1)),
        (literal(np.zeros((2, 2), dtype=bool)).node, (0,)),  # nowhere 1
        (literal(np.ones((2, 2))).node, (0,)),
        (literal(np.ones((2, 2), dtype=bool)).node, (2,)),
    ],
    "where_of_complement": [
        (Where()(ROW, X, Y).node, ()),
        (Where()(one_minus(ROW, 2), X, Y).node, ()),
        (Where()(one_minus(ROW, 1, 1), X, Y).node, ()),
        (Where()(one_minus(X), X, Y).node, ()),  # no truth value
        (Where()(one_minus(Value.of(add(ROW, ROW).node)), X, Y).node, ()),
        (Maximum()(X, number(0, (3,))).node, ()),
    ],
    "roll_roll": [
        (rolled(X, 1, 3), ()),
        (rolled(Value.of(rolled(X, 1, 3)), 1, 3, backwards=True), ()),
        (rolled(Value.of(rolled(SQUARE, 1, 3)), 1, 3, turned=True), ()),  # along two axes
        (Less()(X, Y).node, ()),
    ],
    "blocks": [
        (halves(0, 2), (WHOLE_OF_IT, 0, 2)),
        (halves(3, 0), (WHOLE_OF_IT, 0, 2)),
        (halves(0, 3), (TWICE, 0, 2)),
        (halves(0, 4, lengths=(4, 2), second=4), (WHOLE_OF_IT, 0, 2)),  # cut elsewhere
        (halves(0, 3), (WHOLE_OF_IT, 0, 4)),
        (halves(0, 3), (WHOLE_OF_IT, 0, 1)),
        (halves(0, 3), (WHOLE_OF_IT, 1, 2)),
        (halves(0, 3), (LONG.node, 0, 2)),
        (halves(0, 3), (contraction([Term(ONE, (), ((X.node, ALL),))], (3,)), 0, 2)),
        (halves(0, 3), ("LONG", 0, 2)),
    ],
}
