import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Input, source
from ncd_cat.ops.reduction import Max, Min, argmax, cumulative_sum, fold
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import agree, by_array, inputs

RNG = np.random.default_rng(0)
CUBE = RNG.normal(size=(3, 4, 2))


@pytest.mark.parametrize("over", [(0,), (1,), (2, 0), (0, 1, 2)])
def test_folds_as_numpy(over: tuple[int, ...]) -> None:
    greatest = agree(lambda x: fold(Max, x, over), lambda x: x.max(axis=over), CUBE)
    least = agree(lambda x: fold(Min, x, over), lambda x: x.min(axis=over), CUBE)
    np.testing.assert_array_equal(by_array(greatest.node, [CUBE]), CUBE.max(axis=over))
    np.testing.assert_array_equal(by_array(least.node, [CUBE]), CUBE.min(axis=over))


@given(axis=st.integers(-3, 2))
def test_cumulative_sum_as_numpy(axis: int) -> None:
    agree(lambda x: cumulative_sum(x, axis), lambda x: np.cumsum(x, axis=axis), CUBE)


def test_cumulative_sum_of_one_entry_has_no_guard() -> None:
    value = cumulative_sum(source(Input(0), (1, 3)), 0)
    assert value.node.op.guards(0) == ()
    np.testing.assert_array_equal(loop_evaluate(value, [CUBE[:1, :3, 0]]), CUBE[:1, :3, 0])


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_argmax_as_numpy(axis: int) -> None:
    value = agree(lambda x: argmax(x, axis), lambda x: x.argmax(axis=axis), CUBE)
    assert value.kind == "int"


def test_a_missing_axis_is_named() -> None:
    with pytest.raises(TypeMismatch, match="cumulative sum along axis 3: the array has 3 axes"):
        cumulative_sum(*inputs(CUBE), 3)
