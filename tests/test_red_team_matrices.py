"""Matrices without an inverse, corners of inverses, and determinants that are 0 but for rounding: no wrong answer."""

from __future__ import annotations

import numpy as np
import pytest

from ncd_cat.axes import Sizes, add, constant, identity, scale, shift, whole
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.contraction import Term, contraction, einsum, linear_combination, multiply, number, subtract
from ncd_cat.ops.linear_algebra import determinant, inverse, log_abs_det
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.rounding import Sign
from ncd_cat.scalars import ONE
from ncd_cat.types import Array
from proofs.draws import Point
from proofs.entries import Entries, Undefined
from proofs.prove import prove
from proofs.refute import refute

A = source(Input(0), (3, 3))
TALL = source(Input(0), (3, 2))
GRAM = einsum("ik,jk->ij", TALL, TALL)  # three rows in a plane


def graph(v: Value, sizes: Sizes = (3, 3)) -> Graph:
    return Graph((Array.of(sizes, "float64"),), (Array.of(v.sizes, "float64"),), (v,))


def corner(v: Value) -> Value:
    return v.at(identity((2, 2)), (2, 2))


@pytest.mark.parametrize("of", [inverse, determinant, log_abs_det])
def test_a_corner_of_an_inverse_is_no_inverse_of_a_corner(of) -> None:  # type: ignore[no-untyped-def]
    told = {inverse: corner(A), determinant: inverse(corner(A)), log_abs_det: inverse(corner(A))}[of]
    right = told if of is inverse else of(told)
    assert prove(graph(of(corner(inverse(A)))), graph(right), timeout=10).status == "refuted"


OUTER = einsum("i,j->ij", *[Exp()(source(Input(0), (3,)))] * 2)


@pytest.mark.parametrize("matrix, sizes", [(GRAM, (3, 2)), (OUTER, (3,))], ids=["in a plane", "on a line"])
def test_the_sign_of_a_determinant_that_is_zero_is_zero(matrix: Value, sizes: Sizes) -> None:
    assert refute(graph(Sign()(determinant(matrix)), sizes), graph(number(0), sizes)) is None


def test_where_a_matrix_has_no_inverse_a_claim_says_nothing() -> None:
    assert refute(graph(inverse(GRAM), (3, 2)), graph(number(0, (3, 3)), (3, 2))) is None
    assert refute(graph(log_abs_det(GRAM), (3, 2)), graph(number(0), (3, 2))) is None


def test_entries_of_matrices_are_exact() -> None:
    at = Entries(Point((np.array([[61.0, -77.0], [13.0, -17.0], [0.0, -6.0]]),), {}), 200)
    assert at.at(determinant(GRAM), ()) == 0
    with pytest.raises(Undefined):
        at.at(inverse(GRAM), (0, 0))
    point = Entries(Point((np.array([[2.0, 1.0, 0.0], [0.0, 3.0, 1.0], [1.0, 0.0, 1.0]]),), {}), 200)
    assert point.at(determinant(A), ()) == 7
    assert [point.at(einsum("ij,jk->ik", inverse(A), A), (0, k)) for k in range(3)] == [1, 0, 0]
    product = einsum("ij,jk->ik", inverse(Exp()(A)), Exp()(A))
    assert float(abs(point.at(product, (1, 1)) - 1)) < 1e-50 and float(abs(point.at(product, (1, 2)))) < 1e-50
    assert float(point.at(log_abs_det(A), ())) == pytest.approx(np.log(7.0))


def test_a_determinant_is_not_what_it_almost_is() -> None:
    a, b, c, d = (A.at((constant(i), constant(j)), ()) for i in (0, 1) for j in (0, 1))
    wrong = linear_combination([(ONE, multiply(a, d)), (ONE, multiply(b, c))])
    assert prove(graph(determinant(corner(A))), graph(wrong), timeout=10).status == "refuted"
    right = subtract(multiply(a, d), multiply(b, c))
    assert refute(graph(Sign()(determinant(corner(A)))), graph(Sign()(right))) is None


def test_an_inverse_beside_columns_that_are_not_its_own_does_not_cancel() -> None:
    i, j, k = whole(0, 2), whole(2, 2), whole(1, 2)
    inverted = inverse(corner(A))
    product = Term(ONE, (2,), ((inverted.node, (i, j)), (A.node, (j, shift(k, 1)))))
    moved = (True, add(i, scale(shift(k, 1), -1)))
    left, right = (Value.of(contraction([t], (2, 2))) for t in (product, Term(ONE, (), (), (moved,))))
    assert prove(graph(left), graph(right), timeout=10).status == "refuted"
