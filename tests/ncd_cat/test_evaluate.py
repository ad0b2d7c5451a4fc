"""Evaluation agrees with the loops, in every namespace; errors name what does not fit."""

import tracemalloc
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Axis, whole
from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluate import compile, evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, apply, node, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.concatenation import concatenate, range_guards
from ncd_cat.ops.contraction import Term, add, contraction, einsum, mean, multiply, number, repeat, scale, total
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.indexing import Take, embedding
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Exp, Less, Where
from ncd_cat.ops.reduction import Max, fold
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from tests.loops import loop_evaluate, loop_outputs
from tests.strategies import arrays, closed_loop, graphs, views

RANDOM = np.random.default_rng(0)


def graph(outputs: list[Value], *dom: Array) -> Graph:
    cod = [Array(tuple(Axis(f"y{k}", n) for k, n in enumerate(v.sizes)), "float64") for v in outputs]
    return Graph(dom, tuple(cod), tuple(outputs))


def real(position: int, *sizes: int) -> tuple[Value, Array]:
    return source(Input(position), sizes), Array.of(sizes, "float64")


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


# ---- depth, memory, dtypes ----------------------------------------------------------------------------------------


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


def test_diagrams_are_evaluated_as_their_graphs() -> None:
    from ncd_cat.diagram import Diagram

    g, table = weighted(), RANDOM.standard_normal((4, 3))
    found = evaluate(Diagram.from_graph(g), [np.eye(2, 3)], weights={"fc.weight": table})
    assert np.array_equal(found[0], table.T[:2])


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


# ---- symbolic sizes -----------------------------------------------------------------------------------------------


def symbolic() -> Graph:
    h, d, t = symbol("h"), symbol("d"), symbol("t")
    x, w = source(Input(0), (t, h * d)), source(Weight("w"), (h, d))
    y = einsum("td,d->t", x, w.at(((0, ((1, 0, d, h),)), (0, ((1, 0, 1, d),))), (h * d,)))
    return Graph((Array((Axis("t", t), Axis("m", h * d)), "float64", "x"),), (Array((Axis("t", t),), "float64"),), (mean(y, (0,)),))


def test_sizes_come_from_the_shapes() -> None:
    run = compile(symbolic())
    for t, h, d in ((2, 3, 4), (1, 1, 1), (5, 2, 1)):
        x, w = RANDOM.standard_normal((t, h * d)), RANDOM.standard_normal((h, d))
        np.testing.assert_allclose(run(x, weights={"w": w})[0], (x @ w.reshape(-1)).mean())


def test_ops_take_their_sizes_from_the_shapes() -> None:
    n = symbol("n")
    x, w = source(Input(0), (2, n)), source(Weight("w"), (4, 1, 2))
    y = add(softmax(x, 1), scale(x, Scalar.of(n).power(Fraction(-1, 2))))
    z = convolution(repeat(x, [(1, 1)]), w, padding=(1,))
    g = Graph((Array((Axis("a", 2), Axis("n", n)), "float64"),), (), (y, z))
    for size in (1, 4):
        table, kernel = RANDOM.standard_normal((2, size)), RANDOM.standard_normal((4, 1, 2))
        e = np.exp(table)
        found = evaluate(g, [table], weights={"w": kernel})
        np.testing.assert_allclose(found[0], e / e.sum(1, keepdims=True) + table / np.sqrt(size))
        np.testing.assert_allclose(found[1][1, 2], np.correlate(np.pad(table[1], 1), kernel[2, 0], "valid"))


def test_sizes_that_do_not_fit_are_named() -> None:
    says = r"input 0 \(x\) has shape \(2, 13\), but its axis 'm' \(axis 1\) has size 12 \(that is d\*h\), not 13"
    with pytest.raises(InputError, match=says):
        evaluate(symbolic(), [np.ones((2, 13))], weights={"w": np.ones((3, 4))})


def test_a_size_that_no_shape_determines_is_named() -> None:
    g = graph([number(1, (symbol("n"),))])
    with pytest.raises(InputError, match="determines the size n"):
        evaluate(g, [])


# ---- what does not fit --------------------------------------------------------------------------------------------


def weighted() -> Graph:
    x, _ = real(0, 2, 3)
    return graph([einsum("ij,kj->ik", x, source(Weight("fc.weight"), (4, 3)))], Array.of((2, 3), "float64", "x"))


@pytest.mark.parametrize(
    ("arrays_", "weights", "says"),
    [
        ([np.ones((2, 3))], {}, r"weight 'fc.weight' of shape \(4, 3\) is not given: pass weights="),
        ([np.ones((2, 3))], {"fc.weight": np.ones((3, 4))},
         r"weight 'fc.weight' has shape \(3, 4\), but its axis 0 has size 4, not 3"),
        ([np.ones((2, 4))], {"fc.weight": np.ones((4, 3))},
         r"input 0 \(x\) has shape \(2, 4\), but its axis 'b' \(axis 1\) has size 3, not 4"),
        ([np.ones(2)], {"fc.weight": np.ones((4, 3))}, r"input 0 \(x\) has shape \(2,\), but 2 axes are expected: \(2, 3\)"),
        ([], {"fc.weight": np.ones((4, 3))}, r"takes 1 arrays \(input 0 \(x\)\), 0 were given"),
        ([np.ones((2, 3), complex)], {"fc.weight": np.ones((4, 3))}, r"input 0 \(x\) takes real numbers, but was given complex128"),
    ],
)  # fmt: skip
def test_errors_say_what_does_not_fit(arrays_: list[Any], weights: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        evaluate(weighted(), arrays_, weights=weights)


def test_other_weights_are_ignored() -> None:
    found = evaluate(weighted(), [np.ones((2, 3))], weights={"fc.weight": np.ones((4, 3)), "other": None})
    assert found[0].tolist() == [[3.0] * 4] * 2


def test_reals_are_no_indices() -> None:
    g = graph([scale(source(Input(0, "int"), (2,)), 1)], Array.of((2,), "int64", "ids"))
    with pytest.raises(InputError, match=r"input 0 \(ids\) takes integers, but was given float64"):
        evaluate(g, [np.ones(2)])


def test_an_opaque_box_cannot_be_evaluated() -> None:
    x, a = real(0, 2)
    box = Value.of(node(Opaque("aten.foo", "", ((2,),), (2,)), [(x.node, x.access)], (2,)))
    with pytest.raises(UnsupportedOp, match=r"aten\.foo has no meaning on arrays"):
        compile(graph([box], a))
