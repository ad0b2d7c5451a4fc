"""Sums by place against loops, numpy's add.at and the gather that they are the transpose of."""

from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, apply, source, topological
from ncd_cat.ops.contraction import number
from ncd_cat.ops.indexing import embedding
from ncd_cat.ops.scatter import Scatter, places, scatter, scattered
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import by_array, by_definition, inputs

RNG = np.random.default_rng(0)


def graph(value: Value, arrays: list[Any]) -> Graph:
    dom = tuple([Array.of(a.shape, str(a.dtype)) for a in arrays])
    return Graph(dom, (Array.of(value.sizes, "float64"),), (value,))


def added(x: Any, index: Any, size: int) -> Any:
    out = np.zeros((size, *x.shape[index.ndim :]))
    np.add.at(out, index, x)
    return out


@pytest.mark.parametrize("xp", [np, array_api_strict], ids=["numpy", "strict"])
@pytest.mark.parametrize("shape", [(), (5,), (2, 3)])
def test_rows_are_added_by_their_index(shape: tuple[int, ...], xp: Any) -> None:
    x, index = RNG.normal(size=(*shape, 3)), RNG.integers(0, 4, size=shape)
    rows, keys = inputs(x, index)
    value = scatter(rows, keys, 4)
    for n in topological([value.node]):
        validate(n)
    np.testing.assert_allclose(loop_evaluate(value, [x, index]), added(x, index, 4), atol=1e-12)
    (found,) = evaluate(graph(value, [x, index]), [xp.asarray(x), xp.asarray(index)], xp=xp)
    np.testing.assert_allclose(np.from_dlpack(found), added(x, index, 4), atol=1e-12)


@given(st.data())
def test_the_meanings_agree(data: st.DataObject) -> None:
    degree, bounds = (tuple(data.draw(st.lists(st.integers(1, 3), max_size=2))) for _ in range(2))
    entry = st.integers(-1, 4)
    x, index = (np.array([data.draw(entry) for _ in range(int(np.prod(degree + bounds)))]).reshape(degree + bounds) for _ in range(2))
    value = apply(Scatter(bounds, 4), *inputs(x.astype(float), index), degree=degree)
    wanted = by_definition(value.node, [x, index])
    np.testing.assert_array_equal(by_array(value.node, [x, index]), wanted)
    rows, keys = x.reshape((int(np.prod(degree)), -1, 1)), index.reshape((int(np.prod(degree)), -1))
    strict = scattered(array_api_strict, array_api_strict.asarray(rows), array_api_strict.asarray(keys), 4)
    np.testing.assert_array_equal(np.from_dlpack(strict).reshape(wanted.shape), wanted)


def test_the_kind_is_that_of_the_sum() -> None:
    index = source(Input(1, "int"), (3,))
    assert apply(Scatter((3,), 2), source(Input(0, "bool"), (3,)), index, degree=()).kind == "int"
    assert apply(Scatter((3,), 2), source(Input(0), (3,)), index, degree=()).kind == "real"


def test_an_infinite_entry_has_no_product_with_a_one_hot_row() -> None:
    value = apply(Scatter((2,), 3), number(-(10**31), (2,)), source(Input(0, "int"), (2,)), degree=())
    assert value.node.op.definition(value.node.read(0), value.node.read(1)) is None


def test_places_of_a_symbolic_axis_are_counted() -> None:
    n = Array.of((symbol("n"),))
    (found,) = evaluate(Graph((n,), (n,), (places(symbol("n")),)), [np.zeros(4)])
    np.testing.assert_array_equal(found, np.arange(4))


def test_it_is_the_transpose_of_a_gather() -> None:
    table, index, y = RNG.normal(size=(6, 2)), RNG.integers(0, 6, size=(3, 4)), RNG.normal(size=(3, 4, 2))
    gathered = loop_evaluate(embedding(*inputs(table, index)), [table, index])
    rows, keys = inputs(y, index)
    summed = loop_evaluate(scatter(rows, keys, 6), [y, index])
    np.testing.assert_allclose((gathered * y).sum(), (table * summed).sum(), rtol=1e-12)
