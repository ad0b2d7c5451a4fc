"""The machine under evaluation: deep graphs, memory that is freed, dtypes, infinities, gradients."""

import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ncd_cat.evaluate import compile, evaluate
from ncd_cat.graph import Input, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import add, multiply, number, repeat, scale, total
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp, Less, Where
from ncd_cat.ops.reduction import Max, fold
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from ncd_cat.types import Array
from tests.by_hand import graph, real


def test_a_deep_chain_needs_no_stack_and_frees_what_it_has_used() -> None:
    x, a = real(0, 100, 100)
    y = x
    for _ in range(2000):
        y = Tanh()(y)
    run = compile(graph([y], a))
    tracemalloc.start()
    found = run(np.ones((100, 100)))[0]
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert found.shape == (100, 100)
    assert peak < 1_000_000  # twelve such arrays, not two thousand


def test_repeated_layers_are_planned_once() -> None:
    x, a = real(0, 4)
    y = x
    for _ in range(500):
        y = add(y, scale(Tanh()(y), 2))
    z = np.linspace(-1, 1, 4)
    found = evaluate(graph([y], a), [z])[0]
    for _ in range(500):
        z = z + 2 * np.tanh(z)
    np.testing.assert_allclose(found, z)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_reals_have_the_dtype_of_the_arrays(dtype: Any) -> None:
    x, a = real(0, 3)
    y = multiply(x, repeat(literal(0.1), [(0, 3)]), scalar=Scalar.of(2).power(Fraction(1, 2)))
    assert evaluate(graph([y], a), [np.ones(3, dtype)])[0].dtype == dtype


def test_integers_and_truth_values_stay_and_do_not_wrap() -> None:
    i, b = source(Input(0, "int"), (2,)), source(Input(1, "bool"), (2,))
    dom = Array.of((2,), "uint8"), Array.of((2,), "bool")
    outputs = [scale(i, -3), Less()(i, number(1, (2,))), Where()(b, i, scale(i, 2)), fold(Max, b, (0,)), concatenate([b, b], 0)]
    found = evaluate(graph(outputs, *dom), [np.array([200, 0], np.uint8), np.array([False, True])])
    assert [y.tolist() for y in found] == [[-600, 0], [False, True], [400, 0], True, [0, 1, 0, 1]]
    assert [y.dtype.name for y in found] == ["int64", "bool", "int64", "bool", "int64"]


def test_softmax_does_not_overflow() -> None:
    x, a = real(0, 2)
    assert evaluate(graph([softmax(x, 0)], a), [np.array([1e4, 0.0])])[0].tolist() == [1.0, 0.0]


def test_minus_infinity_masks() -> None:
    x, a = real(0, 2)
    mask = literal(np.array([0.0, -np.inf]))
    assert evaluate(graph([Exp()(add(x, mask))], a), [np.zeros(2)])[0].tolist() == [1.0, 0.0]


@pytest.mark.torch
def test_torch_gradients_flow_through_evaluation() -> None:
    torch = pytest.importorskip("torch")
    x, a = real(0, 3)
    point = torch.arange(3.0, requires_grad=True)
    evaluate(graph([total(multiply(x, x, x), (0,))], a), [point])[0].backward()
    assert point.grad.tolist() == [0.0, 3.0, 12.0]


@pytest.mark.torch
def test_numpy_weights_meet_torch_inputs() -> None:
    torch = pytest.importorskip("torch")
    x, a = real(0, 3)
    found = evaluate(graph([add(x, source(Weight("w"), (3,)))], a), [torch.zeros(3)], weights={"w": np.ones(3, np.float32)})[0]
    assert isinstance(found, torch.Tensor) and found.tolist() == [1.0, 1.0, 1.0]
