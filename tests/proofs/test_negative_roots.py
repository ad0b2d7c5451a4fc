"""√(−4·b) = 2·√(−b): of a negative coefficient its size leaves a root, and nothing else."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncd_cat.graph import Value
from ncd_cat.ops.contraction import add, scale, subtract
from ncd_cat.ops.pointwise import Power
from proofs.prove import prove
from tests.by_hand import graph, real

(A, X), (B, Y) = real(0, 3), real(1, 3)
ROOT = Fraction(1, 2)


@pytest.mark.parametrize(("inner", "factor", "rest"), [
    (scale(B, -4), 2, scale(B, -1)),
    (subtract(scale(B, 4), scale(A, 4)), 2, subtract(B, A)),
    (subtract(scale(B, 8), scale(A, 12)), 2, subtract(scale(B, 2), scale(A, 3))),
])  # fmt: skip
def test_a_square_leaves_a_root(inner: Value, factor: int, rest: Value) -> None:
    assert prove(graph([Power(ROOT)(inner)], X, Y), graph([scale(Power(ROOT)(rest), factor)], X, Y)).status == "proved"


def test_a_sign_does_not_leave_a_root() -> None:
    found = prove(graph([Power(ROOT)(add(scale(A, -4), scale(B, -4)))], X, Y), graph([scale(Power(ROOT)(add(A, B)), 2)], X, Y))
    assert found.status != "proved"
