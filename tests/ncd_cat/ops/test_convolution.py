from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Input, Value, apply, source, topological
from ncd_cat.ops.convolution import Convolution, Window, convolution, same_padding
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import agree, by_definition, inputs, torched

RNG = np.random.default_rng(0)
CASES = {  # x, weight, stride, padding, dilation, groups
    "plain": ((2, 4, 7), (6, 4, 3), (1,), (0,), (1,), 1),
    "strided, dilated, two groups": ((2, 4, 7), (6, 2, 3), (2,), (1,), (2,), 2),
    "kernel of one": ((2, 3, 4, 4), (5, 3, 1, 1), (1, 1), (0, 0), (1, 1), 1),
    "depthwise": ((2, 4, 6, 5), (4, 1, 3, 2), (1, 2), (1, 0), (1, 2), 4),
    "depthwise with a multiplier": ((1, 2, 4, 4), (6, 1, 3, 3), (1, 1), (1, 1), (1, 1), 2),
    "three dimensions": ((1, 2, 3, 4, 5), (3, 2, 2, 2, 3), (1, 2, 1), (1, 1, 1), (1, 1, 1), 1),
    "an axis of one": ((2, 4, 1, 5), (8, 2, 1, 3), (1, 1), (0, 1), (1, 1), 2),
    "padding past the kernel": ((1, 1, 2), (1, 1, 1), (1,), (2,), (1,), 1),
    "without batch": ((3, 5), (2, 3, 2), (1,), (1,), (1,), 1),
}


@pytest.mark.torch
@pytest.mark.parametrize("case", CASES)
def test_convolution_as_torch(case: str) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    xs, ws, stride, padding, dilation, groups = CASES[case]
    f = getattr(functional, f"conv{len(ws) - 2}d")
    agree(lambda x, w, b: convolution(x, w, b, stride=stride, padding=padding, dilation=dilation, groups=groups),
          torched(lambda x, w, b: f(x, w, b, stride, padding, dilation, groups)),
          RNG.normal(size=xs), RNG.normal(size=ws), RNG.normal(size=ws[0]))  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("kernel", [2, 3, 4])
def test_same_padding_as_torch(kernel: int) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    pads = same_padding((kernel,), (2,))
    agree(lambda x, w: convolution(x, w, dilation=(2,), padding=pads),
          torched(lambda x, w: functional.conv1d(x, w, padding="same", dilation=2)),
          RNG.normal(size=(1, 2, 9)), RNG.normal(size=(3, 2, kernel)))  # fmt: skip


def slow(x: Any, w: Any, window: Window) -> Any:
    """The convolution of x (c, n) by w (o, c, k), entry by entry, from its formula."""
    y = np.zeros((w.shape[0], int(window.count)))  # type: ignore[arg-type]
    for o, i, c, d in np.ndindex(*y.shape, *w.shape[1:]):
        at = window.stride * i + window.dilation * d - window.before
        y[o, i] += x[c, at] * w[o, c, d] if 0 <= at < x.shape[1] else 0
    return y


@given(st.integers(1, 6), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2), st.integers(0, 3), st.integers(0, 2))
def test_the_definition_is_the_formula(n: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> None:
    x, w = RNG.normal(size=(2, n)), RNG.normal(size=(3, 2, kernel))
    window = Window(n, kernel, stride, dilation, before, after)
    if n + before + after < dilation * (kernel - 1) + 1:
        with pytest.raises(TypeMismatch, match="exceeds spatial axis 0"):
            convolution(*inputs(x, w), stride=(stride,), dilation=(dilation,), padding=[(before, after)])
        return
    value = convolution(*inputs(x, w), stride=(stride,), dilation=(dilation,), padding=[(before, after)])
    np.testing.assert_allclose(by_definition(value.node, [x, w]), slow(x, w, window), atol=1e-12)


def test_convolution_commutes_with_a_shift() -> None:
    x, w = RNG.normal(size=(1, 9)), RNG.normal(size=(1, 1, 3))
    whole = loop_evaluate(convolution(*inputs(x, w)), [x, w])
    rest = loop_evaluate(convolution(*inputs(x[:, 2:], w)), [x[:, 2:], w])
    np.testing.assert_allclose(whole[:, 2:], rest)


def test_symbolic_channels_and_lengths() -> None:
    c, o, n = symbol("c"), symbol("o"), symbol("n")
    value = convolution(source(Input(0), (c, n)), source(Input(1), (o, c, 3)), padding=(1,))
    assert value.sizes == (o, n)
    assert isinstance(value.node.op, Convolution)
    operands = [Value(x, a, value.node.domain(k)) for k, (x, a) in enumerate(value.node.operands)]
    for node in topological([value.node, value.node.op.definition(*operands).node]):
        validate(node)


def test_a_stride_that_divides_the_symbols_of_an_axis() -> None:
    n = symbol("n")
    value = convolution(source(Input(0), (2, 2 * n + 1)), source(Input(1), (3, 2, 2)), stride=(2,), padding=(1,))
    assert value.sizes == (3, n + 1)
    assert Window(11, 2, 2, 1, 1, 1).count == 6
    operands = [Value(x, a, value.node.domain(k)) for k, (x, a) in enumerate(value.node.operands)]
    for node in topological([value.node, value.node.op.definition(*operands).node]):
        validate(node)


def test_mistakes_are_told() -> None:
    x, w = source(Input(0), (2, 4, 7)), source(Input(1), (6, 4, 3))
    with pytest.raises(TypeMismatch, match="4 input channels in 2 groups do not fit a weight of sizes"):
        convolution(x, w, groups=2)
    with pytest.raises(TypeMismatch, match="3 entries were given for 1 spatial axes"):
        convolution(x, w, stride=(1, 2, 3))
    with pytest.raises(TypeMismatch, match="bias has sizes"):
        convolution(x, w, source(Input(2), (5,)))
    with pytest.raises(TypeMismatch, match="needs an array with 4 or more axes"):
        convolution(source(Input(0), (4, 7)), source(Input(1), (6, 4, 3, 2, 2)))
    with pytest.raises(UnsupportedOp, match="convolution with stride 2 over the symbolic axis n: give it a number"):
        convolution(source(Input(0), (4, symbol("n"))), w, stride=(2,))
    with pytest.raises(UnsupportedOp, match="kernel of the symbolic size n"):
        convolution(x, source(Input(1), (6, 4, symbol("n"))))
    with pytest.raises(UnsupportedOp, match="use positive"):
        convolution(x, w, padding=[(-1, 0)])


def test_hostile_geometry_is_ill_typed() -> None:
    x, w = source(Input(0), (4, 8)), source(Input(1), (6, 4, 3))
    for geometry in [(8, 3, -1, 1, 0, 0), (8, 3, 1, -1, 0, 0), (8, 3, 1, 1, -2, 4)]:
        op = Convolution(4, 6, 1, (geometry,))
        with pytest.raises(TypeError):
            validate(apply(op, x, w, degree=()).node)
    with pytest.raises(TypeError, match="cannot be counted"):
        validate(apply(Convolution(4, 6, 1, ((symbol("n"), 3, 2, 1, 0, 0),)), x, w, degree=()).node)
