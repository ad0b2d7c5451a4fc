from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import whole
from ncd_cat.graph import Input, Value, source
from ncd_cat.ops import contraction as c
from ncd_cat.ops.concatenation import concatenate, pad, range_guards
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.ncd_cat.ops.oracle import agree, inputs

RNG = np.random.default_rng(0)
X, Y = RNG.normal(size=(3, 4)), RNG.normal(size=(3, 4))


def test_arithmetic_as_numpy() -> None:
    agree(lambda x, y: c.add(x, y, x), lambda x, y: x + y + x, X, Y)
    agree(c.subtract, np.subtract, X, Y)
    agree(lambda x, y: c.multiply(x, y, x, scalar=Scalar.of(3)), lambda x, y: 3 * x * y * x, X, Y)
    agree(lambda x: c.scale(x, Fraction(1, 4)), lambda x: x / 4, X)
    agree(lambda x: Value.of(c.view(x)), lambda x: x, X)
    agree(lambda: c.number(Fraction(3, 2), (2, 2)), lambda: np.full((2, 2), 1.5))


@pytest.mark.parametrize("over", [(0,), (1,), (1, 0), ()])
def test_sums_and_means_as_numpy(over: tuple[int, ...]) -> None:
    agree(lambda x: c.total(x, over), lambda x: x.sum(axis=over), X)
    agree(lambda x: c.mean(x, over), lambda x: x.mean(axis=over) if over else x, X)


@pytest.mark.parametrize("spec", ["ij,ij->ij", "ij,kj->ik", "ij->", "...j,ij->...i", "ij->ji", "ij,ij->j"])
def test_einsum_as_numpy(spec: str) -> None:
    arrays = [X, Y] if "," in spec else [X]
    agree(lambda *xs: c.einsum(spec, *xs), lambda *xs: np.einsum(spec, *xs), *arrays)


@given(sizes=st.lists(st.integers(1, 3), min_size=1, max_size=3), axis=st.integers(0, 1))
def test_concatenation_as_numpy(sizes: list[int], axis: int) -> None:
    arrays = [RNG.normal(size=(2, n) if axis else (n, 2)) for n in sizes]
    agree(lambda *xs: concatenate(xs, axis), lambda *xs: np.concatenate(xs, axis), *arrays)


@given(before=st.integers(0, 3), after=st.integers(0, 3))
def test_padding_as_numpy(before: int, after: int) -> None:
    agree(lambda x: pad(x, 1, before, after), lambda x: np.pad(x, ((0, 0), (before, after))), X)


def test_negative_padding_cuts() -> None:
    agree(lambda x: pad(x, 1, -1, -2), lambda x: x[:, 1:-2], X)


def test_repeats_insert_axes() -> None:
    agree(lambda x: c.repeat(x, [(0, 2), (3, 5)]), lambda x: np.broadcast_to(x[None, :, :, None], (2, 3, 4, 5)), X)


def test_guards_that_always_hold_are_left_out() -> None:
    assert range_guards(whole(0, 4), 4) == []
    assert range_guards(whole(0, 4), 5) == []
    assert len(range_guards(whole(0, 4), 3)) == 1


def test_a_contraction_reads_as_mathematics() -> None:
    x, y = inputs(X, Y)
    shown = c.show_contraction(concatenate([x, y], 1).node)
    assert shown == "input(0, real)[i0, i1] [-1*i1 + 3 >= 0] + input(1, real)[i0, i1 - 4] [i1 - 4 >= 0]"
    assert c.show_contraction(c.contraction([], (2,))) == "0"
    assert c.show_contraction(c.mean(x, (1,)).node) == "Σ_{i1:4} 1/4 input(0, real)[i0, i1]"


def test_kinds_follow_the_numbers() -> None:
    n, x, b = source(Input(0, "int"), (2,)), source(Input(1), (2,)), source(Input(2, "bool"), (2,))
    assert [c.add(n, n).kind, c.add(n, x).kind, c.scale(n, Fraction(1, 2)).kind, c.multiply(b, b).kind] == ["int", "real", "real", "int"]
    assert Value.of(c.view(b)).kind == "bool"


def test_symbolic_sizes_are_well_typed() -> None:
    n, m = symbol("n"), symbol("m")
    x, y = source(Input(0), (n,)), source(Input(1), (m,))
    joined = concatenate([x, y], 0)
    assert joined.sizes == (n + m,)
    validate(joined.node)


def test_mistakes_are_told() -> None:
    x, y = source(Input(0), (3, 4)), source(Input(1), (3, 5))
    with pytest.raises(ValueError, match=r"sizes \(3, 4\) and \(3, 5\) differ: align them first"):
        c.add(x, y)
    with pytest.raises(ValueError, match="axis j has sizes 4 and 5"):
        c.einsum("ij,ij->i", x, y)
    with pytest.raises(ValueError, match="has 2 operands, 1 were given"):
        c.einsum("ij,jk->ik", x)
