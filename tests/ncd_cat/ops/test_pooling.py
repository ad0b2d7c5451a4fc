from typing import Any

import numpy as np
import pytest

from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Input, source
from ncd_cat.ops.pooling import adaptive_avg_pool, adaptive_max_pool, avg_pool, max_pool
from ncd_cat.sizes import symbol
from tests.ncd_cat.ops.oracle import agree, torched

RNG = np.random.default_rng(0)
IMAGE = RNG.normal(size=(2, 2, 7, 6))


@pytest.mark.torch
@pytest.mark.parametrize("arguments", [((3, 2),), ((3, 2), (2, 2), (1, 1)), ((2, 2), (1, 2), (1, 0), (2, 1)), ((1, 3), (1, 1))])
def test_max_pool_as_torch(arguments: Any) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x: max_pool(x, *arguments), torched(lambda x: functional.max_pool2d(x, *arguments)), IMAGE)


@pytest.mark.torch
@pytest.mark.parametrize("arguments", [((3, 2),), ((3, 2), (2, 2), (1, 1)), ((2, 2), (1, 2), (1, 0))])
def test_avg_pool_as_torch(arguments: Any) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x: avg_pool(x, *arguments), torched(lambda x: functional.avg_pool2d(x, *arguments)), IMAGE)
    agree(lambda x: avg_pool(x, *arguments, count_include_pad=False),
          torched(lambda x: functional.avg_pool2d(x, *arguments, count_include_pad=False)), IMAGE)  # fmt: skip
    agree(lambda x: avg_pool(x, *arguments, divisor=5),
          torched(lambda x: functional.avg_pool2d(x, *arguments, divisor_override=5)), IMAGE)  # fmt: skip


@pytest.mark.torch
def test_one_and_three_dimensions_as_torch() -> None:
    functional = pytest.importorskip("torch.nn.functional")
    line, volume = RNG.normal(size=(2, 3, 8)), RNG.normal(size=(2, 4, 4, 3))
    agree(lambda x: max_pool(x, (3,), (2,), (1,)), torched(lambda x: functional.max_pool1d(x, 3, 2, 1)), line)
    agree(lambda x: avg_pool(x, (2,)), torched(lambda x: functional.avg_pool1d(x, 2)), line)
    agree(lambda x: avg_pool(x, (2, 2, 3)), torched(lambda x: functional.avg_pool3d(x, (2, 2, 3))), volume)


@pytest.mark.torch
@pytest.mark.parametrize("sizes", [(1, 1), (1, 3), (7, 2), (None, 3), (3, 4), (5, 9), (2, None)])
def test_adaptive_pools_as_torch(sizes: Any) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x: adaptive_avg_pool(x, sizes), torched(lambda x: functional.adaptive_avg_pool2d(x, sizes)), IMAGE)
    agree(lambda x: adaptive_max_pool(x, sizes), torched(lambda x: functional.adaptive_max_pool2d(x, sizes)), IMAGE)


@pytest.mark.torch
@pytest.mark.parametrize(
    "arguments", [((3, 2), (2, 2)), ((2, 4), (3, 3), (1, 2)), ((3, 3), (2, 3), (1, 0)), ((4, 2), (4, 1), (2, 1)), ((2, 2), (3, 4))]
)
def test_ceil_mode_as_torch(arguments: Any) -> None:
    """Windows that begin inside and end outside; one that would begin in the padding behind the array is left out."""
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x: max_pool(x, *arguments, ceil_mode=True), torched(lambda x: functional.max_pool2d(x, *arguments, ceil_mode=True)), IMAGE)
    for counting in (True, False):
        agree(lambda x, c=counting: avg_pool(x, *arguments, ceil_mode=True, count_include_pad=c),
              torched(lambda x, c=counting: functional.avg_pool2d(x, *arguments, ceil_mode=True, count_include_pad=c)), IMAGE)  # fmt: skip
    agree(lambda x: avg_pool(x, *arguments, ceil_mode=True, divisor=5),
          torched(lambda x: functional.avg_pool2d(x, *arguments, ceil_mode=True, divisor_override=5)), IMAGE)  # fmt: skip


@pytest.mark.torch
def test_ceil_mode_with_dilation_as_torch() -> None:
    functional = pytest.importorskip("torch.nn.functional")
    arguments = ((2, 2), (2, 3), (1, 1), (2, 1))
    agree(lambda x: max_pool(x, *arguments, ceil_mode=True), torched(lambda x: functional.max_pool2d(x, *arguments, ceil_mode=True)), IMAGE)


def test_a_constant_image_pools_to_itself() -> None:
    ones = np.ones((5, 4))
    agree(lambda x: avg_pool(x, (3, 3), (1, 1), (1, 1), count_include_pad=False), lambda x: x, ones)
    agree(lambda x: max_pool(x, (3, 3), (1, 1), (1, 1)), lambda x: x, -ones)  # padding never wins, though it is above −1


def test_global_average_of_symbolic_axes() -> None:
    n, c = symbol("n"), symbol("c")
    assert adaptive_avg_pool(source(Input(0), (c, n)), (1,)).sizes == (c, 1)
    assert max_pool(source(Input(0), (c, n)), (1,), (1,)).sizes == (c, n)
    assert max_pool(source(Input(0), (c, 2 * n)), (2,), ceil_mode=True).sizes == (c, n)


def test_mistakes_are_told() -> None:
    x = source(Input(0), (2, 7))
    with pytest.raises(UnsupportedOp, match="average pooling with ceil_mode over the symbolic axis"):
        avg_pool(source(Input(0), (2, 2 * symbol("n") + 1)), (2,), ceil_mode=True)
    with pytest.raises(UnsupportedOp, match="an axis of size n does not divide into 2 equal parts"):
        adaptive_avg_pool(source(Input(0), (2, symbol("n"))), (2,))
    with pytest.raises(UnsupportedOp, match="an axis of size n does not divide into 2 equal parts"):
        adaptive_max_pool(source(Input(0), (2, symbol("n"))), (2,))
    with pytest.raises(UnsupportedOp, match="a window lies in the padding only"):
        max_pool(source(Input(0), (2, 1)), (2,), (1,), (1,), (2,))
    with pytest.raises(UnsupportedOp, match="give the axes numbers"):
        adaptive_max_pool(source(Input(0), (2, symbol("n"))), (1,))
    with pytest.raises(UnsupportedOp, match="a padded window over the symbolic axis n"):
        max_pool(source(Input(0), (2, symbol("n"))), (3,), (1,), (1,))
    with pytest.raises(TypeMismatch, match="max pooling over 3 axes: the array has 2"):
        max_pool(x, (2, 2, 2))
    with pytest.raises(TypeMismatch, match="exceeds spatial axis 0 of size 7"):
        max_pool(x, (9,))
