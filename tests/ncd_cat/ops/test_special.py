import math

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.ops.special import erf


@given(st.floats(-30, 30))
def test_erf_is_the_error_function(x: float) -> None:
    assert abs(float(erf(np, np.float64(x))) - math.erf(x)) <= 1e-15 * abs(math.erf(x)) + 5e-324


@given(st.floats(-7, 7))
def test_erf_is_odd(x: float) -> None:
    assert erf(np, np.float64(-x)) == -erf(np, np.float64(x))


def test_erf_joins_its_branches() -> None:
    for seam in (0.5, 6.0):
        x = np.nextafter(seam, [0.0, 10.0])
        np.testing.assert_allclose(erf(np, x), [math.erf(v) for v in x], rtol=4e-16)


def test_erf_at_the_ends() -> None:
    found = erf(np, np.array([np.nan, np.inf, -np.inf, 0.0, 1e300]))
    np.testing.assert_array_equal(found, [np.nan, 1.0, -1.0, 0.0, 1.0])


def test_erf_keeps_the_dtype_and_the_namespace() -> None:
    found = erf(array_api_strict, array_api_strict.asarray([0.3, -2.0], dtype=array_api_strict.float32))
    assert found.dtype == array_api_strict.float32
    np.testing.assert_allclose(np.from_dlpack(found), [math.erf(0.3), math.erf(-2.0)], rtol=1e-6)


@pytest.mark.torch
def test_erf_is_the_namespace_s_own_where_it_has_one() -> None:
    torch = pytest.importorskip("torch")
    x = torch.linspace(-3, 3, 11, dtype=torch.float64)
    assert torch.equal(erf(torch, x), torch.erf(x))


def test_erf_in_single_precision_is_right_to_a_few_places() -> None:
    x = np.linspace(-6, 6, 40001, dtype=np.float32)
    found, expected = erf(np, x), np.array([math.erf(v) for v in x])
    assert found.dtype == np.float32 and abs(found).max() == 1.0
    np.testing.assert_allclose(found, expected, rtol=4e-7)
    np.testing.assert_array_equal(erf(np, np.array([np.nan, np.inf, -np.inf], np.float32)), np.array([np.nan, 1, -1], np.float32))
