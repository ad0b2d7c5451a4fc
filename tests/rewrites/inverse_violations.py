"""Nodes at which the rules of inverses and determinants must refuse."""

from __future__ import annotations

from typing import Any

import numpy as np

from ncd_cat.axes import add, constant, identity, scale, shift, whole
from ncd_cat.graph import Input, Node, Value, source
from ncd_cat.ops.contraction import Term, contraction, einsum, multiply, number, repeat
from ncd_cat.ops.contraction import scale as by
from ncd_cat.ops.linear_algebra import determinant, inverse, log_abs_det
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp
from ncd_cat.scalars import ONE
from ncd_cat.sizes import symbol

A, B = source(Input(5), (3, 3)), source(Input(6), (3, 3))
TALL, D, N = source(Input(7), (5, 3)), source(Input(8), (3,)), symbol("n")
BATCH, SYMBOLIC = source(Input(5), (3, 3, 3)), source(Input(5), (N, N))
INFINITE = literal(np.array([[0.0, -np.inf], [1.0, 2.0]]))
ROW, COLUMN, SUM = whole(0, 3), whole(1, 3), whole(2, 3)
EQUAL = (True, add(ROW, scale(COLUMN, -1)))
WIDE = source(Input(5), (9, 9))


def one(*factors: Any, bounds: tuple[Any, ...] = (), guards: tuple[Any, ...] = ()) -> Value:
    return Value.of(contraction([Term(ONE, bounds, tuple([(v.node, a) for v, a in factors]), guards)], (3, 3)))


def vector(v: Value, axis: int) -> Value:
    return repeat(v, [(1 - axis, 3)])


def beside(*factors: Any, guards: tuple[Any, ...] = ()) -> Node:
    return one(*factors, bounds=(3,), guards=guards).node


def beside_corner(v: Value, outer: Any, side: int) -> Node:
    """The inverse of a corner of v beside rows or columns of v."""
    corner = inverse(v.at(identity((3, 3)), (3, 3)))
    read = ((corner, (ROW, SUM)), (v, (SUM, outer))) if side == 0 else ((corner, (SUM, ROW)), (v, (outer, SUM)))
    return beside(*read)


INV = inverse(A)
NO_MATRIX = [(A.node, ()), (Exp()(A).node, ()), (inverse(INFINITE).node, ())]
NINE = repeat(source(Input(8), (9,)), [(1, 9)])
FAR = Value.of(contraction([Term(ONE, (), ((NINE.node, NINE.access),), ((True, add(whole(0, 9), scale(whole(1, 9), -1))),))], (9, 9)))

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "matrix_transposed": NO_MATRIX,
    "matrix_of_inverse": [
        *NO_MATRIX,
        (inverse(A).node, ()),
        (inverse(inverse(INFINITE)).node, ()),
        *((of(inverse(A).at(identity((2, 2)), (2, 2))).node, ()) for of in (inverse, determinant, log_abs_det)),  # a corner
        (inverse(inverse(BATCH).at((ROW, COLUMN, COLUMN), (3, 3))).node, ()),
        (determinant(inverse(A).at((ROW, ROW), (3, 3))).node, ()),
        (determinant(inverse(BATCH).at((ROW, ROW, COLUMN), (3, 3))).node, ()),  # each row of another matrix
    ],
    "matrix_of_number": [*NO_MATRIX, (inverse(A).node, ())],
    "matrix_scaled": [
        *NO_MATRIX,
        (inverse(A).node, ()),
        (inverse(number(2, (3, 3))).node, ()),  # all entries alike
        (inverse(einsum("ij,jk->ik", A, B)).node, ()),
        (determinant(by(SYMBOLIC, 2)).node, ()),  # 2ⁿ
        (determinant(by(SYMBOLIC, -1)).node, ()),  # (−1)ⁿ
        (inverse(one((source(Input(9), ()), ()), (A, (ROW, COLUMN)), guards=((False, add(COLUMN, scale(ROW, -1))),))).node, ()),
        (inverse(Value.of(contraction([Term(ONE, (), ()), Term(ONE, (), ())], (3, 3)))).node, ()),
        (inverse(by(A, 0)).node, ()),
    ],
    "matrix_with_scaled_rows": [
        *NO_MATRIX,
        (inverse(A).node, ()),
        (inverse(multiply(vector(D, 0), vector(D, 1))).node, ()),  # of rank one, and nothing is left
        (inverse(one((A, (ROW, COLUMN)), (D, (ROW,)), guards=((False, add(COLUMN, scale(ROW, -1))),))).node, ()),
        (determinant(multiply(SYMBOLIC, source(Input(8), (N,)).at((whole(0, N),), (N, N)))).node, ()),
        (determinant(multiply(WIDE, NINE)).node, ()),
    ],
    "matrix_diagonal": [
        *NO_MATRIX,
        (inverse(one((D, (ROW,)))).node, ()),
        (inverse(one((D, (ROW,)), guards=((True, shift(EQUAL[1], 1)),))).node, ()),  # beside the diagonal
        (inverse(one((D, (ROW,)), guards=((False, EQUAL[1]),))).node, ()),
        (inverse(one((D, (ROW,)), guards=(EQUAL, (False, shift(ROW, -1))))).node, ()),
        (determinant(FAR).node, ()),
        (log_abs_det(source(Input(8), (1, 1))).node, ()),
    ],
    "matrix_of_product": [
        *[(n, (0, (0,))) for n, _ in NO_MATRIX],
        (inverse(einsum("ki,kj->ij", TALL, TALL)).node, (0, (0,))),  # not square
        (inverse(einsum("ij,jk->ik", A, B)).node, (0, (1,))),
        (inverse(einsum("ij,jk->ik", A, B)).node, (0, ())),
        (inverse(einsum("ij,jk->ik", A, B)).node, (0, (0, 1))),
        (inverse(einsum("ij,jk->ik", A, B)).node, (1, (0,))),
        (inverse(einsum("ij,ij,jk->ik", A, A, B)).node, (0, (0,))),  # the rows are in both
        (inverse(einsum("il,jl,jk,lk->ik", A, A, B, A)).node, (0, (0, 1))),  # a sum is in both
        (inverse(one((A, (ROW, SUM)), (B, (SUM, COLUMN)), bounds=(3, 4))).node, (0, (0,))),  # a sum that nothing reads
        (inverse(one((A, (ROW, SUM)), (B, (SUM, COLUMN)), bounds=(3,), guards=((False, add(ROW, scale(SUM, -1))),))).node, (0, (0,))),
    ],
    "inverse_cancels": [
        (A.node, (0, 0, 1, 0)),
        (beside((INV, (ROW, SUM)), (B, (SUM, COLUMN))), (0, 0, 1, 0)),  # another matrix
        (beside((INV, (ROW, SUM)), (A, (COLUMN, SUM))), (0, 0, 1, 0)),  # its transpose
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN))), (0, 0, 1, 1)),
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN))), (0, 1, 0, 0)),
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN))), (0, 0, 1, 2)),
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN))), (0, 0, 1)),
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN)), (D, (SUM,))), (0, 0, 1, 0)),  # something else reads the index
        (beside((INV, (ROW, SUM)), (A, (SUM, SUM))), (0, 0, 1, 0)),
        (beside_corner(WIDE, shift(COLUMN, 1), 0), (0, 0, 1, 0)),  # a column that is no part of the corner that is inverted
        (beside_corner(WIDE, shift(COLUMN, 1), 1), (0, 0, 1, 1)),
        (beside((INV, (SUM, SUM)), (A, (SUM, COLUMN))), (0, 0, 1, 0)),
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN)), guards=((False, add(SUM, scale(COLUMN, -1))),)), (0, 0, 1, 0)),
        (beside((INV, (ROW, SUM)), (A, (SUM, COLUMN)), (INFINITE, (constant(0), constant(1)))), (0, 0, 1, 0)),
        (one((INV, (ROW, COLUMN)), (A, (COLUMN, ROW))).node, (0, 0, 1, 0)),  # no sum
        (beside((inverse(BATCH), (SUM, ROW, SUM)), (BATCH, (SUM, SUM, COLUMN))), (0, 0, 1, 0)),  # another matrix at each place of the sum
        (beside((inverse(BATCH), (ROW, ROW, SUM)), (BATCH, (COLUMN, SUM, COLUMN))), (0, 0, 1, 0)),
        (one((inverse(Value.of(contraction([Term(ONE, (3,), ((BATCH.node, (SUM, ROW, COLUMN)),))], (3, 3)))), (ROW, SUM)),
             (A, (SUM, COLUMN)), bounds=(3,)).node, (0, 0, 1, 0)),
    ],
}  # fmt: skip
