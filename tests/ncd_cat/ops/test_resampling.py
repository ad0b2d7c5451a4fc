from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Input, source
from ncd_cat.ops.resampling import average_matrix, cubic_matrix, linear_matrix, resampled, sections
from tests.ncd_cat.ops.oracle import agree, torched

SIZES = st.integers(1, 9)
IMAGE = np.random.default_rng(0).normal(size=(2, 3, 5))


@given(SIZES, SIZES, st.booleans())
def test_interpolation_keeps_what_is_constant(n: int, m: int, align: bool) -> None:
    for matrix in (linear_matrix(n, m, align), cubic_matrix(n, m, align), average_matrix(n, m)):
        assert matrix.shape == (m, n)
        np.testing.assert_allclose(matrix.sum(1), 1, atol=1e-12)


@given(st.integers(2, 9), st.integers(2, 9))
def test_aligned_corners_keep_what_is_linear(n: int, m: int) -> None:
    np.testing.assert_allclose(linear_matrix(n, m, True) @ np.linspace(0, 1, n), np.linspace(0, 1, m), atol=1e-12)


@given(SIZES, SIZES)
def test_sections_cover_and_follow_each_other(n: int, m: int) -> None:
    found = sections(n, m)
    assert {j for ends in found for j in range(*ends)} == set(range(n))
    assert all(start < stop for start, stop in found) and found == sorted(found)


@given(SIZES)
def test_the_same_size_is_the_identity(n: int) -> None:
    for matrix in (linear_matrix(n, n, True), linear_matrix(n, n, False), cubic_matrix(n, n, False), average_matrix(n, n)):
        np.testing.assert_allclose(matrix, np.eye(n), atol=1e-12)


@pytest.mark.torch
@pytest.mark.parametrize("m", [1, 3, 5, 8, 10])
@pytest.mark.parametrize("align", [True, False])
def test_linear_interpolation_as_torch(m: int, align: bool) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x: resampled(x, 2, linear_matrix(5, m, align)),
          torched(lambda x: functional.interpolate(x, size=m, mode="linear", align_corners=align)), IMAGE)  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("factor", [0.4, 1.0, 1.3, 2.5])
def test_a_factor_that_is_given_is_the_step(factor: float) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    m = int(5 * factor)
    agree(lambda x: resampled(x, 2, linear_matrix(5, m, False, factor)),
          torched(lambda x: functional.interpolate(x, scale_factor=factor, mode="linear", align_corners=False)), IMAGE)  # fmt: skip


def averaged(x: Any) -> Any:
    return np.stack([x[:, 0:2].mean(1), x[:, 1:3].mean(1)], 1)


def test_a_middle_axis() -> None:
    agree(lambda x: resampled(x, 1, average_matrix(3, 2)), averaged, IMAGE)


def test_a_matrix_that_does_not_fit_is_told() -> None:
    with pytest.raises(TypeMismatch, match=r"does not resample axis 0, of size 4"):
        resampled(source(Input(0), (4, 2)), 0, average_matrix(3, 2))
