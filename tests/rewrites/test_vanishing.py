"""What vanishes must have had a value: 0 · x = 0 and x − x = 0 say so, unless the form of x shows it."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from ncd_cat import axes
from ncd_cat.axes import constant, whole
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.contraction import Term, add, contraction, linear_combination, multiply, number, scale, subtract
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp, Less, Log, Maximum, Where, power, reciprocal
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Guard
from ncd_cat.types import Array
from proofs.check import check
from proofs.prove import prove
from rewrites.rules import linear

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


PARTIAL = reciprocal(X)


def left(kept: Value) -> tuple[str, ...]:
    """What it assumes to collect 1/x − 1/x beside a value that is kept."""
    n = linear_combination([(Scalar.of(c), v) for c, v in ((1, PARTIAL), (-1, PARTIAL), (2, kept))]).node
    return linear.collect.assumes(n, ())


STRICT = [
    PARTIAL, Maximum()(PARTIAL, X), Exp()(multiply(PARTIAL, X)), multiply(Maximum()(X, scale(PARTIAL, -1)), X),
    add(X, power(PARTIAL, Fraction(2))),
]  # fmt: skip
ELSEWHERE = [
    X, reciprocal(multiply(X, X)), PARTIAL.at((constant(0),), (3,)), PARTIAL.at((axes.shift(axes.scale(whole(0, 3), -1), 2),), (3,)),
    Where()(Less()(X, number(0, (3,))), PARTIAL, X), Less()(PARTIAL, X), power(PARTIAL, Fraction(0)), scale(PARTIAL, 0),
    Value.of(contraction([Term(ONE, (), ((PARTIAL.node, (whole(0, 3),)),), ((False, axes.shift(whole(0, 3), -1)),))], (3,))),
]  # fmt: skip


@pytest.mark.parametrize("kept", STRICT)
def test_what_another_term_needs_has_a_value_wherever_that_has_one(kept: Value) -> None:
    assert left(add(kept, X)) == left(kept) == ()


@pytest.mark.parametrize("kept", ELSEWHERE)
def test_what_no_other_term_needs_is_assumed_to_have_a_value(kept: Value) -> None:
    assert [a for a in left(kept) if a.endswith("has a value")]


def test_an_infinite_number_is_not_seen_through_a_maximum() -> None:
    endless = multiply(reciprocal(X), literal(np.array([1.0, -np.inf, 2.0])))
    n = linear_combination([(ONE, endless), (-ONE, endless), (ONE, Maximum()(endless, X))]).node
    assert linear.collect.assumes(n, ())


def test_a_summed_term_is_needed_where_the_same_sum_is() -> None:
    def summed(value: Value, guards: tuple[Guard, ...] = ()) -> Term:
        return Term(ONE, (3,), ((value.node, (whole(0, 3),)),), guards)

    late = (False, axes.shift(whole(0, 3), -1))
    kept = {g: Maximum()(Value.of(contraction([summed(PARTIAL, g)], ())), number(0, ())) for g in ((), (late,))}
    for inner, outer, free in (((), (), True), ((), (late,), True), ((late,), (), False), ((late,), (late,), True)):
        gone = summed(PARTIAL, outer)
        n = contraction([gone, gone._replace(scalar=-ONE), Term(ONE, (), ((kept[inner].node, ()),))], ())
        assert (linear.collect.assumes(n, ()) == ()) == free


def test_an_assumption_names_a_sum_by_its_formula() -> None:
    (found,) = assumptions(scale(reciprocal(add(X, number(2, (3,)))), 0))
    assert found == "power(-1)(input(0, real)[i0] + 2) has a value" or found == "power(-1)(2 + input(0, real)[i0]) has a value"
