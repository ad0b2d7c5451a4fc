"""What simplify makes is equal to what it is given everywhere, also where the given diagram has no value."""

from fractions import Fraction

import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.contraction import linear_combination, multiply, number, subtract
from ncd_cat.ops.pointwise import Exp, Log, Power, divide, reciprocal
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.types import Array
from proofs.simplified import simplify

S = (4,)
X, Y = source(Input(0), S), source(Input(1), S)
ROOT = Power(Fraction(1, 2))(X)
POINT = [np.array([-2.0, 0.0, 3.0, 0.5]), np.array([1.0, -1.0, 0.0, 2.0])]

PARTIAL: dict[str, Value] = {
    "x/x": divide(X, X),
    "x/x · y": multiply(X, Y, reciprocal(X)),
    "x/x + y/y · y": linear_combination([(ONE, divide(X, X)), (Scalar.of(2), multiply(Y, Y, reciprocal(Y)))]),
    "a root squared": multiply(ROOT, ROOT),
    "a power of a root": Power(Fraction(2))(ROOT),
    "0 · log x": multiply(number(0, S), Log()(X)),
    "log x − log x": subtract(Log()(X), Log()(X)),
    "exp log x": Exp()(Log()(X)),
}


@pytest.mark.parametrize("name", PARTIAL)
def test_what_has_no_value_is_not_given_one(name: str) -> None:
    given = Graph((Array.of(S, "float64"),) * 2, (Array.of(S, "float64"),), (PARTIAL[name],))
    found = simplify(given, timeout=5)
    assert found.trace.certificate.assumptions == ()
    with np.errstate(all="ignore"):
        before, after = evaluate(given, POINT)[0], evaluate(found, POINT)[0]
    real = np.isfinite(before)
    assert not real.all() and (np.isfinite(after) == real).all()
    np.testing.assert_allclose(after[real], before[real])


def test_what_is_positive_by_its_form_cancels() -> None:
    e = Exp()(X)
    given = Graph((Array.of(S, "float64"),) * 2, (Array.of(S, "float64"),), (multiply(e, Y, reciprocal(e)),))
    assert simplify(given).to_graph().outputs == (Y,)
