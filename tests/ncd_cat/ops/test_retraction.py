"""Retractions: what they make of numbers, what is read off their form, and that it is true of every number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat.axes import shift, whole
from ncd_cat.codec import decode, encode
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, apply, node, source
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.retraction import Nonnegative, Nonzero, Positive, PositiveRows
from ncd_cat.scalars import ONE
from ncd_cat.sizes import symbol
from ncd_cat.testing.indices import accesses, guards
from ncd_cat.types import Array
from ncd_cat.welltyped import validate

S = (3, 3)
X, Y, B = source(Input(0), S), source(Input(1), S), source(Input(2, "bool"), S)
DOM = (Array.of(S, "float64"), Array.of(S, "float64"), Array.of(S, "bool"))
ENTRIES, SUMS = (apply(PositiveRows(3, nonnegative), X, degree=(3,)) for nonnegative in (True, False))
ROW, COLUMN, THIRD = whole(0, 3), whole(1, 3), whole(2, 3)


def value(v: Value, x: np.ndarray) -> np.ndarray:
    (found,) = evaluate(Graph(DOM, (Array.of(v.sizes, "float64"),), (v,)), [x, x.T.copy(), x > 0])
    return np.asarray(found)


@pytest.mark.parametrize(("op", "expected"), [
    (Positive(), [1, 1, 2]), (Nonnegative(), [0, 0, 2]), (Nonzero(), [-1, 1, 2]),
    (PositiveRows(3, True), [1, 1, 1]), (PositiveRows(3, False), [-1, 0, 2]),
])  # fmt: skip
def test_what_they_make_of_numbers(op: Positive, expected: list[int]) -> None:
    x = np.array([[-1.0, 0, 2]] * 3)
    made = apply(op, X, degree=S[: 2 - len(op.out)])
    np.testing.assert_array_equal(value(made, x), np.array([expected] * 3, dtype=float))
    assert decode(encode([made.node]))[-1] is made.node


def test_rows_of_truth_values() -> None:
    made = apply(PositiveRows(3, True), B, degree=(3,))
    x = np.array([[1.0, 0, 0], [0, 0, 0], [0, -1, 0]])
    assert made.kind == "bool"
    np.testing.assert_array_equal(value(made, x), [[1, 0, 0], [1, 1, 1], [1, 1, 1]])


@pytest.mark.parametrize("op", [Positive(), Nonnegative(), Nonzero()])
def test_truth_values_are_no_numbers(op: Positive) -> None:
    with pytest.raises(TypeError, match="takes numbers, not truth values"):
        validate(op(B).node)


def test_a_row_without_entries_has_no_positive_sum() -> None:
    for size in (0, symbol("n") - 1):
        with pytest.raises(TypeError, match=r"no positive sum|at least 1"):
            validate(apply(PositiveRows(size, True), source(Input(0), (3, size)), degree=(3,)).node)
    validate(apply(PositiveRows(symbol("n"), True), source(Input(0), (3, symbol("n"))), degree=(3,)).node)


E, P = ENTRIES.node, Exp()(Y).node
POSITIVE = {
    "the sum of a row": ((3,), ((E, (ROW, COLUMN)),)),
    "a weighted sum": ((3,), ((E, (ROW, COLUMN)), (P, (COLUMN, ROW)))),
    "a sum of any sign": ((3,), ((SUMS.node, (ROW, COLUMN)),)),
    "times what does not depend on the place": ((3,), ((SUMS.node, (ROW, COLUMN)), (P, (ROW, ROW)))),
    "the sum of all": ((3, 3), ((E, (COLUMN, THIRD)),)),
}
NOT_SEEN = {
    "the sum of a column": ((3,), ((E, (COLUMN, ROW)),)),
    "the diagonal": ((3,), ((E, (COLUMN, COLUMN)),)),
    "one entry": ((), ((E, (ROW, (0, ()))),)),
    "a weighted sum of any sign": ((3,), ((SUMS.node, (ROW, COLUMN)), (P, (COLUMN, ROW)))),
    "a product of rows": ((3,), ((E, (ROW, COLUMN)), (E, ((0, ()), COLUMN)))),
    "times a number of any sign": ((3,), ((E, (ROW, COLUMN)), (X.node, (ROW, ROW)))),
}


@pytest.mark.parametrize("name", [*POSITIVE, *NOT_SEEN])
def test_sums_that_are_positive_by_their_form(name: str) -> None:
    bounds, factors = (POSITIVE | NOT_SEEN)[name]
    assert contraction([Term(ONE, bounds, factors)], (3,)).positive == (name in POSITIVE)


def test_part_of_a_row_may_be_0() -> None:
    later, other = (False, shift(COLUMN, -1)), (False, shift(ROW, -1))
    rest = Term(ONE, (), (), ((False, (0, ((-1, 0, 1, 3),))),))
    assert not contraction([Term(ONE, (3,), ((E, (ROW, COLUMN)),), (later,))], (3,)).positive
    assert not contraction([Term(ONE, (3,), ((E, (ROW, COLUMN)),), (other,))], (3,)).positive
    assert contraction([Term(ONE, (3,), ((E, (ROW, COLUMN)),), (other,)), rest], (3,)).positive


@given(st.data())
@settings(max_examples=100, deadline=None)
def test_what_is_seen_to_be_positive_is(data: st.DataObject) -> None:
    terms = []
    for _ in range(data.draw(st.integers(1, 2))):
        bounds = (3,) * data.draw(st.integers(0, 2))
        nodes = data.draw(st.lists(st.sampled_from((E, SUMS.node, P)), min_size=1, max_size=2))
        factors = tuple((n, data.draw(accesses((3, *bounds), n.sizes))) for n in nodes)
        terms.append(Term(ONE, bounds, factors, data.draw(guards((3, *bounds), 1))))
    n = contraction(terms, (3,))
    if n.positive:
        for x in (np.eye(3), -np.eye(3), np.zeros(S), np.array([[5.0, -4, 0]] * 3), np.eye(3)[::-1], np.eye(3)[[0, 0, 0]]):
            assert (value(Value.of(n), x) > 0).all()


def test_they_are_interned_as_all_nodes_are() -> None:
    assert node(Positive(), [(X.node, X.access)], S) is Positive()(X).node
