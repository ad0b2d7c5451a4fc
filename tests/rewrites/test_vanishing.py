"""What vanishes must have had a value: 0 · x = 0 and x − x = 0 say so, unless the form of x shows it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.contraction import add, multiply, number, scale, subtract
from ncd_cat.ops.pointwise import Exp, Log, power, reciprocal
from ncd_cat.types import Array
from proofs.check import check
from proofs.prove import prove

X = source(Input(0), (3,))


def assumptions(value: Value) -> tuple[str, ...]:
    """What prove assumes to show that the value is 0."""
    one, other = (Graph((Array.of((3,), "float64", "x"),), (Array.of((3,), "float64"),), (v,)) for v in (value, number(0, (3,))))
    verdict = prove(one, other)
    assert verdict.status == "proved" and verdict.certificate is not None
    check(verdict.certificate)
    return verdict.assumptions


@pytest.mark.parametrize("x", [X, Exp()(X), reciprocal(Exp()(X)), Log()(add(Exp()(X), number(1, (3,)))), power(X, Fraction(2))])
def test_what_always_has_a_value_vanishes_outright(x: Value) -> None:
    assert assumptions(scale(x, 0)) == assumptions(subtract(x, x)) == assumptions(multiply(x, subtract(X, X))) == ()


@pytest.mark.parametrize("x", [reciprocal(X), Log()(X), power(X, Fraction(1, 2))])
def test_what_may_have_no_value_is_assumed_to_have_one(x: Value) -> None:
    for value in (scale(x, 0), subtract(x, x), multiply(x, number(0, (3,)))):
        assert [a for a in assumptions(value) if a.endswith("has a value")]


def test_an_assumption_names_a_sum_by_its_formula() -> None:
    (found,) = assumptions(scale(reciprocal(add(X, number(2, (3,)))), 0))
    assert found == "power(-1)(input(0, real)[i0] + 2) has a value" or found == "power(-1)(2 + input(0, real)[i0]) has a value"
