"""Rotations of an axis: on arrays, by definition, around, and back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.graph import Input, apply, source
from ncd_cat.language import Wire, roll, ty
from ncd_cat.language.verbs import verb
from ncd_cat.ops import rolling
from ncd_cat.ops.rolling import Roll
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.by_hand import graph, real

N = symbol("n")


@given(st.integers(1, 5), st.integers(-12, 12), st.integers(0, 1))
def test_it_moves_entries_on(n: int, by: int, axis: int) -> None:
    sizes = (n, 3) if axis == 0 else (3, n)
    x, array = real(0, *sizes)
    data = np.arange(3.0 * n).reshape(sizes)
    (found,) = ncd.evaluate(graph([rolling.roll(x, (axis,), (by,))], array), [data])
    np.testing.assert_array_equal(found, np.roll(data, by, axis))


@given(st.integers(2, 5), st.data())
def test_the_definition_is_that(n: int, data: st.DataObject) -> None:
    by = data.draw(st.integers(1 - n, n - 1).filter(bool))
    x, array = real(0, n)
    defined = Roll((n,), (by,)).definition(x)
    (found,) = ncd.evaluate(graph([defined], array), [np.arange(float(n))])
    np.testing.assert_array_equal(found, np.roll(np.arange(n), by))


def test_all_the_way_around_is_the_identity() -> None:
    x, _ = real(0, 4)
    assert rolling.roll(x, (0,), (8,)) is x
    assert rolling.roll(x, (0,), (3,)) == rolling.roll(x, (0,), (-1,))


@pytest.mark.parametrize("size", ["n:4", "n:5"])
def test_on_and_back_is_the_identity(size: str) -> None:
    @verb()
    def around(x: Wire) -> Wire:
        return roll(roll(x, "n", 2), "n", -2)

    x = ty(size)
    assert ncd.prove(around().at(x), ncd.Diagram.id(x)).status == "proved"


@pytest.mark.parametrize(("size", "by"), [(4, 0), (4, 4), (4, -5), (N, 2), (N, 0)])
def test_an_axis_that_is_too_short_is_refused(size: object, by: int) -> None:
    with pytest.raises(TypeError, match=f"is not moved on by {by} places"):
        validate(apply(Roll((size,), (by,)), source(Input(0), (size,)), degree=()).node)  # type: ignore[arg-type]


def test_a_symbol_that_is_long_enough_is_rolled() -> None:
    n = apply(Roll((N + 2,), (-2,)), source(Input(0), (N + 2,)), degree=()).node
    validate(n)
    with pytest.raises(ValueError, match="an axis of size n may be shorter than 2"):
        rolling.roll(source(Input(0), (N,)), (0,), (2,))


@given(st.integers(-4, 4), st.integers(-4, 4))
def test_several_axes_move_at_once(a: int, b: int) -> None:
    x, array = real(0, 3, 2, 4)
    data = np.arange(24.0).reshape(3, 2, 4)
    moved = rolling.roll(x, (2, 0), (a, b))
    (found,) = ncd.evaluate(graph([moved], array), [data])
    np.testing.assert_array_equal(found, np.roll(data, (a, b), (2, 0)))
    written = roll("c a", (a, b)).at(ty("a:3 b:2 c:4"))
    np.testing.assert_array_equal(ncd.evaluate(written, [data])[0], found)


@pytest.mark.parametrize("by", [(1,), (1, 2, 3), (1, 0.5), "12"])
def test_each_axis_needs_its_number(by: object) -> None:
    with pytest.raises(ncd.TypeMismatch, match="roll: 2 axes are moved on by a number of places, or by one for each"):
        roll("a b", by).at(ty("a:3 b:2"))


def test_an_op_has_as_many_moves_as_axes() -> None:
    for op in (Roll((3, 2), (1,)), Roll((), ())):
        with pytest.raises(TypeError, match="axes are not moved on by"):
            validate(apply(op, source(Input(0), op.sizes), degree=()).node)
