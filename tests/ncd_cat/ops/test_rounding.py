import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.rounding import Ceil, FloorDivide, Remainder, Round, Sign, Trunc
from tests.ncd_cat.ops.oracle import by_array, by_definition, inputs

quarters = st.integers(-40, 40).map(lambda k: k / 4)


@pytest.mark.parametrize("op", [Ceil(), Trunc(), Round(), Sign()])
@given(x=quarters)
def test_array_meaning_is_the_definition(op: Pointwise, x: float) -> None:
    node = op(*inputs(np.array([x]))).node
    np.testing.assert_array_equal(by_array(node, [np.array([x])]), by_definition(node, [np.array([x])]))


@pytest.mark.parametrize("op", [FloorDivide(), Remainder()])
@given(x=quarters, y=st.sampled_from([-4.0, -2.0, -0.5, 0.25, 1.0, 2.0, 8.0]))
def test_division_is_its_definition(op: Pointwise, x: float, y: float) -> None:
    arrays = [np.array([x]), np.array([y])]
    node = op(*inputs(*arrays)).node
    np.testing.assert_array_equal(by_array(node, arrays), by_definition(node, arrays))


@given(x=st.integers(-99, 99), y=st.integers(-9, 9).filter(bool))
def test_integers_divide_with_remainder(x: int, y: int) -> None:
    arrays = [np.array([x]), np.array([y])]
    quotient, rest = (by_array(op(*inputs(*arrays)).node, arrays)[0] for op in (FloorDivide(), Remainder()))
    assert (quotient, rest) == divmod(x, y)
    assert FloorDivide()(*inputs(*arrays)).kind == "int"


@pytest.mark.torch
@pytest.mark.parametrize("name", ["ceil", "trunc", "round", "sign"])
def test_rounding_as_torch(name: str) -> None:
    torch = pytest.importorskip("torch")
    x = np.arange(-14, 15) / 4
    op = {"ceil": Ceil(), "trunc": Trunc(), "round": Round(), "sign": Sign()}[name]
    np.testing.assert_array_equal(by_array(op(*inputs(x)).node, [x]), getattr(torch, name)(torch.from_numpy(x)).numpy())
