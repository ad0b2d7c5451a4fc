"""Evaluation agrees with the loops, in every namespace; errors name what does not fit."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import whole
from ncd_cat.errors import InputError
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, apply, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, contraction, einsum, repeat, scale
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.indexing import Take, embedding
from ncd_cat.ops.literal import literal
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.types import Array
from tests.by_hand import graph, real
from tests.loops import loop_evaluate, loop_outputs
from tests.strategies import arrays, closed_loop, graphs, views

RANDOM = np.random.default_rng(0)


def agrees(g: Graph, into: Callable[[Any], Any]) -> None:
    inputs, weights = arrays(g)
    expected = loop_outputs(g, inputs, weights)
    found = evaluate(g, [into(x) for x in inputs], weights={k: into(w) for k, w in weights.items()})
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        x = np.asarray(x)
        assert x.shape == y.shape and x.dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


# ---- the same meaning ---------------------------------------------------------------------------------------------


@given(graphs())
@settings(max_examples=100)
def test_numpy_agrees_with_the_loops(g: Graph) -> None:
    agrees(g, np.asarray)


@given(graphs())
@settings(max_examples=60)
def test_the_array_api_is_enough(g: Graph) -> None:
    agrees(g, array_api_strict.asarray)


@pytest.mark.torch
@given(graphs())
@settings(max_examples=40)
def test_torch_agrees_with_the_loops(g: Graph) -> None:
    torch = pytest.importorskip("torch")
    agrees(g, torch.asarray)


@pytest.mark.gpu
@given(graphs())
@settings(max_examples=40)
def test_cupy_agrees_with_the_loops(g: Graph) -> None:
    cupy = pytest.importorskip("cupy")
    inputs, weights = arrays(g)
    found = evaluate(g, [cupy.asarray(x) for x in inputs], weights={k: cupy.asarray(w) for k, w in weights.items()}, xp=cupy)
    for x, y in zip(found, loop_outputs(g, inputs, weights), strict=True):
        np.testing.assert_allclose(cupy.asnumpy(x), y, rtol=1e-9, atol=1e-9)


@given(st.data())
@settings(max_examples=100)
def test_every_index_map_in_range_is_read(data: Any) -> None:
    x, a = real(0, 4, 6, 3)
    v = data.draw(views([x]))
    table = np.arange(72.0).reshape(4, 6, 3)
    found = evaluate(graph([v], a), [table])[0]
    assert np.array_equal(found, loop_evaluate(v, [table]))


def test_views_copy_nothing() -> None:
    x, a = real(0, 2, 12)
    heads = x.at((whole(0, 2), (0, ((4, 1, 1, 3), (1, 2, 1, 4)))), (2, 3, 4))
    half = x.at((whole(1, 2), (2, ((4, 0, 1, 3), (1, 2, 1, 2)))), (3, 2, 2))
    backwards = x.at((whole(0, 2), (11, ((-1, 1, 1, 12),))), (2, 12))
    table = RANDOM.standard_normal((2, 12))
    split = table.reshape(2, 3, 4)
    for v, expected in ((heads, split), (half, split[:, :, 2:].swapaxes(0, 1)), (backwards, table[:, ::-1])):
        found = evaluate(graph([v], a), [table])[0]
        assert np.array_equal(found, expected)
        assert np.shares_memory(found, table)


def test_what_is_returned_can_be_written_to() -> None:
    x, a = real(0, 3)
    found = evaluate(graph([repeat(x, [(0, 2)])], a), [np.ones(3)])[0]
    found[0, 0] = 5.0
    assert found.tolist() == [[5, 1, 1], [1, 1, 1]]


def test_closed_loops_of_different_sizes_differ() -> None:
    assert [float(y) for y in evaluate(graph([closed_loop(3), closed_loop(5)]), [])] == [3.0, 5.0]


def test_a_guard_hides_what_is_not_finite() -> None:
    x, a = real(0, 3, 3)
    below = (False, axes.add(whole(0, 3), axes.scale(whole(1, 3), -1)))
    y = Value.of(contraction([Term(ONE, (3,), ((x.node, x.access),), (below,))], (3,)))
    table = np.where(np.tri(3) == 1, 1.0, np.inf)
    assert evaluate(graph([y], a), [table])[0].tolist() == [1, 2, 3]


def test_a_strided_padded_window_is_a_convolution() -> None:
    x, a = real(0, 7)
    w, b = real(1, 3)
    e = axes.add(axes.scale(whole(0, 4), 2), whole(1, 3), axes.constant(-1))
    inside = ((False, e), (False, axes.add(axes.constant(6), axes.scale(e, -1))))
    y = Value.of(contraction([Term(ONE, (3,), ((x.node, (e,)), (w.node, (whole(1, 3),))), inside)], (4,)))
    signal, kernel = RANDOM.standard_normal(7), RANDOM.standard_normal(3)
    expected = np.correlate(np.pad(signal, 1), kernel, "valid")[::2]
    np.testing.assert_allclose(evaluate(graph([y], a, b), [signal, kernel])[0], expected, atol=1e-12)


def test_guards_on_two_axes_at_once_are_a_frame_of_zeros() -> None:
    x, a = real(0, 2, 3)
    row, column = axes.add(whole(0, 5), axes.constant(-1)), axes.add(whole(1, 4), axes.constant(-1))
    inside = (*range_guards(row, 2), *range_guards(column, 3))
    y = Value.of(contraction([Term(ONE, (), ((x.node, (row, column)),), inside), Term(ONE, (), (), inside[:2])], (5, 4)))
    table = RANDOM.standard_normal((2, 3))
    expected = np.pad(table, ((1, 2), (1, 0)))
    expected[1:3] += 1
    np.testing.assert_allclose(evaluate(graph([y], a), [table])[0], expected)


def test_a_window_read_backwards() -> None:
    x, a = real(0, 12)
    y = x.at(((11, ((-4, 0, 1, 3), (-1, 1, 1, 4))),), (3, 4))
    assert np.array_equal(evaluate(graph([y], a), [np.arange(12.0)])[0], np.arange(12.0)[::-1].reshape(3, 4))


@pytest.mark.parametrize("groups", [1, 2])
def test_an_op_that_is_its_definition(groups: int) -> None:
    x, a = real(0, 2, 4, 5, 6)
    y = Tanh()(convolution(scale(x, 2), source(Weight("w"), (6, 4 // groups, 3, 2)), stride=(2, 1), padding=(1, 0), groups=groups))
    image, kernel = RANDOM.standard_normal((2, 4, 5, 6)), RANDOM.standard_normal((6, 4 // groups, 3, 2))
    found = evaluate(graph([y, y], a), [image], weights={"w": kernel})
    np.testing.assert_allclose(found[0], loop_evaluate(y, [image], {"w": kernel}), atol=1e-12)


def test_a_chain_of_many_factors_follows_a_path() -> None:
    sizes = [(2, 3), (3, 4), (4, 5), (5, 2)]
    given_ = [real(k, *s) for k, s in enumerate(sizes)]
    y = einsum("ab,bc,cd,de->ae", *[x for x, _ in given_], scalar=Scalar.of(Fraction(1, 3)))
    tables = [RANDOM.standard_normal(s) for s in sizes]
    np.testing.assert_allclose(evaluate(graph([y], *[a for _, a in given_]), tables)[0], np.linalg.multi_dot(tables) / 3)


def test_tables_are_indexed_by_rows() -> None:
    ids = source(Input(0, "int"), (2, 3))
    table = RANDOM.standard_normal((5, 4))
    g = graph([embedding(source(Weight("table"), (5, 4)), ids)], Array.of((2, 3), "int64", "ids"))
    index = np.array([[4, 0, 1], [2, 2, 3]])
    assert np.array_equal(evaluate(g, [index], weights={"table": table})[0], table[index])
    with pytest.raises(InputError, match="index 5 is outside an axis of size 5: indices run from 0 to 4"):
        evaluate(g, [index + 1], weights={"table": table})
    with pytest.raises(InputError, match="index -1 is outside"):
        evaluate(g, [index - 1], weights={"table": table})


def test_shared_axes_of_table_and_index_are_gathered_together() -> None:
    x, a = real(0, 3, 4)
    index = literal(np.array([3, 0, 2]))
    y = apply(Take(4), x, index, degree=(3,))
    table = RANDOM.standard_normal((3, 4))
    assert np.array_equal(evaluate(graph([y], a), [table])[0], table[np.arange(3), [3, 0, 2]])
