import math
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.ops import activation as a
from ncd_cat.ops import pointwise as p
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import agree, by_array, by_definition, inputs, torched

X = np.array([-30.0, -4.0, -1.5, -0.3, 0.0, 0.2, 0.9, 2.0, 5.5, 40.0])
Y = X[::-1].copy()
FUNCTIONS: dict[str, Any] = {
    "exp": p.Exp(), "erf": p.Erf(), "sin": p.Sin(), "cos": p.Cos(), "floor": p.Floor(), "relu": a.Relu(), "abs": a.Absolute(),
    "sigmoid": a.Sigmoid(), "tanh": a.Tanh(), "nn.functional.softplus": a.Softplus(), "nn.functional.silu": a.Silu(),
    "nn.functional.gelu": a.Gelu(),
}  # fmt: skip
DERIVED = [a.Relu(), a.Absolute(), a.Sigmoid(), a.Tanh(), a.Softplus(), a.Silu(), a.Gelu(), a.GeluTanh()]


def lookup(torch: Any, name: str) -> Any:
    for part in name.split("."):
        torch = getattr(torch, part)
    return torch


@pytest.mark.torch
@pytest.mark.parametrize("name", FUNCTIONS)
def test_functions_as_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    node = FUNCTIONS[name](*inputs(X)).node
    np.testing.assert_allclose(by_array(node, [X]), torched(lookup(torch, name))(X), rtol=1e-10, atol=1e-12)


@pytest.mark.torch
def test_the_two_gelus_as_torch_and_apart() -> None:
    functional = pytest.importorskip("torch.nn.functional")
    smooth = by_array(a.GeluTanh()(*inputs(X)).node, [X])
    np.testing.assert_allclose(smooth, torched(lambda x: functional.gelu(x, approximate="tanh"))(X), rtol=1e-12, atol=1e-14)
    assert np.abs(smooth - by_array(a.Gelu()(*inputs(X)).node, [X])).max() > 1e-5


@pytest.mark.parametrize("op", DERIVED, ids=str)
@given(x=st.floats(-20, 20))
def test_array_meaning_is_the_definition(op: p.Pointwise, x: float) -> None:
    node = op(*inputs(np.array([x]))).node
    np.testing.assert_allclose(by_array(node, [np.array([x])]), by_definition(node, [np.array([x])]), rtol=1e-9, atol=1e-9)


def test_ordered_pairs_as_numpy() -> None:
    pairs = {p.Maximum(): np.maximum, p.Minimum(): np.minimum, p.Less(): np.less, p.LessEqual(): np.less_equal, p.Equal(): np.equal}
    for op, f in pairs.items():
        agree(lambda x, y, op=op: op(x, y), f, X, np.round(Y))


def test_where_takes_what_the_condition_says() -> None:
    mask = X > 0
    agree(p.Where(), np.where, mask, X, np.full_like(X, -np.inf))
    numbers = agree(p.Where(), np.where, mask.astype(np.int64), X, Y)
    np.testing.assert_array_equal(by_array(numbers.node, [mask.astype(np.int64), X, Y]), np.where(mask, X, Y))


@given(st.fractions(-3, 3, max_denominator=4), st.floats(0.1, 9))
def test_powers(exponent: Fraction, x: float) -> None:
    found = loop_evaluate(p.power(*inputs(np.array([x])), exponent), [np.array([x])])
    assert math.isclose(found[0], x ** float(exponent), rel_tol=1e-12)


def test_arithmetic() -> None:
    positive = np.abs(X) + 1
    agree(p.divide, lambda x, y: x / y, X, positive)
    agree(p.reciprocal, lambda x: 1 / x, positive)
    agree(p.squared_distance, lambda x, y: (x - y) ** 2, X, Y)
    agree(p.Log(), np.log, positive)


def test_kinds() -> None:
    x, n, b = inputs(np.zeros(2), np.zeros(2, int), np.zeros(2, bool))
    assert [p.Less()(x, n).kind, p.Maximum()(n, n).kind, p.Maximum()(x, n).kind] == ["bool", "int", "real"]
    assert [p.Where()(b, x, n).kind, p.Where()(b, n, b).kind, p.Where()(b, b, b).kind] == ["real", "int", "bool"]
