from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Input, Node, Value, source
from ncd_cat.ops.softmax import LogSumExp, log_softmax, logsumexp, softmax
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import agree, by_array, by_definition, inputs, torched

ALONG = {"softmax": softmax, "log_softmax": log_softmax, "logsumexp": logsumexp}
RNG = np.random.default_rng(0)


@pytest.mark.torch
@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("name", ALONG)
def test_along_an_axis_as_torch(name: str, axis: int) -> None:
    torch = pytest.importorskip("torch")
    agree(lambda x: ALONG[name](x, axis), torched(lambda x: getattr(torch, name)(x, axis)), RNG.normal(size=(2, 3, 4)))


@pytest.mark.torch
def test_logsumexp_over_several_axes_as_torch() -> None:
    torch = pytest.importorskip("torch")
    agree(lambda x: logsumexp(x, (2, 0)), torched(lambda x: torch.logsumexp(x, (2, 0))), RNG.normal(size=(2, 1, 4, 3)))


@pytest.mark.parametrize("f", ALONG.values())
@given(n=st.integers(1, 5), m=st.integers(1, 4), seed=st.integers(0, 99))
def test_array_meaning_is_the_definition(f: Callable[[Value], Value], n: int, m: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(m, n), scale=3)
    node = f(*inputs(x)).node
    np.testing.assert_allclose(by_array(node, [x]), by_definition(node, [x]), rtol=1e-12, atol=1e-12)


@given(shift=st.floats(-1e6, 1e6))
def test_large_scores_neither_overflow_nor_change_the_answer(shift: float) -> None:
    x = np.array([[0.0, 1.0, -2.0]])
    node = softmax(*inputs(x)).node
    np.testing.assert_allclose(by_array(node, [x + shift]), by_array(node, [x]), rtol=1e-8)


def test_masked_entries_have_no_weight() -> None:
    x = np.array([[0.5, -np.inf, 1.5]])
    node = softmax(*inputs(x)).node
    assert by_array(node, [x])[0, 1] == 0
    np.testing.assert_allclose(by_array(node, [x]), by_definition(node, [x]))


def test_the_empty_sum_has_logarithm_minus_infinity() -> None:
    x = np.full((1, 3), -np.inf)
    with np.errstate(divide="ignore"):
        assert LogSumExp(3).array(np, x) == -np.inf


def test_symbolic_sizes() -> None:
    n, q = symbol("n"), symbol("q")
    x = source(Input(0), (q, n))
    node: Node = softmax(x, 0).node
    validate(node)
    assert softmax(x, 0).sizes == (q, n)
    assert logsumexp(x, (0, 1)).sizes == ()


def test_softmax_of_a_transpose_is_the_transpose_of_softmax() -> None:
    x = RNG.normal(size=(3, 4))
    value = source(Input(0), (3, 4))
    flipped = value.at(((0, ((1, 1, 1, 3),)), (0, ((1, 0, 1, 4),))), (4, 3))
    np.testing.assert_allclose(loop_evaluate(softmax(flipped, 0), [x]), loop_evaluate(softmax(value, 1), [x]).T)


@pytest.mark.parametrize("f", ALONG.values())
def test_a_missing_axis_is_named(f: Callable[..., Any]) -> None:
    with pytest.raises(TypeMismatch, match=r"along axis 2: the array has 2 axes, of sizes \(3, 4\)"):
        f(source(Input(0), (3, 4)), 2)
