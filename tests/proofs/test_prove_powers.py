"""Powers of one number up to a coefficient: an integer power and a root of a negative multiple of it are one power."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.contraction import add, multiply, scale
from ncd_cat.ops.pointwise import Power, reciprocal
from ncd_cat.types import Array
from proofs.prove import prove

HALF = Fraction(1, 2)
D = Array.of((3, 4), "float64")
B = add(source(Input(0), (3, 4)), source(Input(1), (3, 4)))
OPPOSITE = scale(B, -1)
EQUAL = {
    "a reciprocal": (multiply(reciprocal(B), Power(-HALF)(OPPOSITE)), scale(Power(-3 * HALF)(OPPOSITE), -1)),
    "a square": (multiply(B, B, Power(-5 * HALF)(OPPOSITE)), Power(-HALF)(OPPOSITE)),
}


def graph(v: Value) -> Graph:
    return Graph((D, D), (D,), (v,))


@pytest.mark.parametrize("name", EQUAL)
def test_they_meet(name: str) -> None:
    lhs, rhs = EQUAL[name]
    assert prove(graph(lhs), graph(rhs)).status == "proved"


@pytest.mark.parametrize("name", EQUAL)
def test_with_the_sign_forgotten_they_do_not(name: str) -> None:
    lhs, rhs = EQUAL[name]
    assert prove(graph(lhs), graph(scale(rhs, -1))).status == "refuted"
