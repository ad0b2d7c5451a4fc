"""Draws: the laws of a Markov category hold, copying does not; the numbers are those of the law, and depend on the key alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import Axis, whole
from ncd_cat.codec import Reader, Table, decode_graph, encode_graph
from ncd_cat.diagram import Diagram, Operation, Reindex, Ty
from ncd_cat.diagram.random import KEY, Dropout, Sample, generator, is_deterministic
from ncd_cat.errors import InputError
from ncd_cat.evaluate import compile, evaluate
from ncd_cat.graph import Graph, Input, Value, node, source
from ncd_cat.ops.contraction import add, scale
from ncd_cat.ops.pointwise import Exp, Maximum
from ncd_cat.ops.random import Draw, KeyedDraw, draw, draws, dropout, generated, numbered, sample
from ncd_cat.sizes import symbol
from ncd_cat.substitution import resized
from ncd_cat.types import Array
from ncd_cat.welltyped import validate

X, Y = Array.of((2, 3), "float64"), Array.of((3,), "float64")
Z = Axis("z", 4)
TURN = Reindex(X, Array.of((3, 2), "float64"), (whole(1, 2), whole(0, 3)))
BOXES = (
    Sample(X), Sample(Y), Sample(Y, "normal"), Dropout(X, 0.5), Dropout(Y, 0.25), Operation(Exp(), Y, Y), Operation(Maximum(), Ty(X, X), X),
    Reindex(Y, X, (whole(1, 3),)), TURN >> TURN.dagger(), Sample(Y).broadcast(Axis("y", 2)) >> Reindex(
        Array((Axis("y", 2), Axis("a", 3)), "float64"), X, (whole(0, 2), whole(1, 3))), Dropout(Y, 0.5).block("inner"),
)  # fmt: skip


@st.composite
def diagrams(draw: Any, steps: int = 5) -> Diagram:
    """A diagram grown by random and other boxes, copies, discards and permutations."""
    found = Diagram.id(Ty(*draw(st.lists(st.sampled_from((X, Y)), max_size=2))))
    for _ in range(draw(st.integers(0, steps))):
        found = found >> Diagram.permutation(draw(st.permutations(range(len(found.cod)))), found.cod)
        row = found.cod
        if len(row) and draw(st.integers(0, 3)) == 0:
            found = found >> Diagram.copy(row[:1], draw(st.sampled_from((0, 2)))) @ row[1:]
            continue
        box = draw(st.sampled_from([b for b in BOXES if b.dom == row[: len(b.dom)]]))
        found = found >> box @ row[len(box.dom) :]
    return found


def keys(diagram: Diagram) -> list[str]:
    return list(draws(diagram.graph))


# ---- the laws of a Markov category ---------------------------------------------------------------------------------


@given(diagrams(), diagrams())
def test_interchange_holds_for_random_boxes(f: Diagram, g: Diagram) -> None:
    assert (f @ g.dom >> f.cod @ g).graph.same_as((f.dom @ g >> f @ g.cod).graph)


@given(diagrams(), diagrams())
def test_swapping_is_natural_for_random_boxes(f: Diagram, g: Diagram) -> None:
    assert (f @ g >> Diagram.swap(f.cod, g.cod)).graph.same_as((Diagram.swap(f.dom, g.dom) >> g @ f).graph)


@given(diagrams())
def test_discarding_is_natural_for_random_boxes(f: Diagram) -> None:
    assert (f >> Diagram.discard(f.cod)).graph.live().same_as(Diagram.discard(f.dom).graph)


@given(diagrams())
def test_copying_is_natural_for_deterministic_diagrams_only(f: Diagram) -> None:
    both = (f >> Diagram.copy(f.cod)).graph, (Diagram.copy(f.dom) >> f @ f).graph
    assert both[0].same_as(both[1]) == is_deterministic(f)


@given(diagrams(), diagrams())
def test_broadcasting_is_a_functor_on_random_diagrams(f: Diagram, g: Diagram) -> None:
    assert (f @ g).broadcast(Z).graph.same_as((f.broadcast(Z) @ g.broadcast(Z)).graph)
    turned = f >> Diagram.permutation(range(len(f.cod))[::-1], f.cod)
    last = Diagram.permutation(range(len(f.cod))[::-1], f.broadcast(Z).cod)
    assert turned.broadcast(Z).graph.same_as((f.broadcast(Z) >> last).graph)
    assert f.broadcast(Axis("y", 5)).broadcast(Z).graph.same_as(f.broadcast(Z, Axis("y", 5)).graph)
    assert f.block("b").graph.same_as(f.graph)


@given(diagrams())
def test_a_random_graph_is_laid_out_and_written_without_loss(f: Diagram) -> None:
    graph = f.graph
    assert Diagram.from_graph(graph).graph.same_as(graph)
    assert numbered(graph) is graph
    table = Table()
    data, reader = encode_graph(graph, table), Reader()
    reader.extend(table.entries)
    assert decode_graph(data, reader) == graph
    for n in graph.nodes():
        validate(n)


@given(diagrams(3), st.integers(0, 99))
def test_evaluation_agrees_with_the_reading_of_draws_as_inputs(f: Diagram, seed: int) -> None:
    inputs = [np.random.default_rng(seed + k).standard_normal(a.sizes) for k, a in enumerate(f.dom.inside)]
    given_draws = {key: generated(seed, key, n.op.law, n.sizes) for key, n in draws(f.graph).items()}  # type: ignore[attr-defined, arg-type]
    for one, other in zip(evaluate(f, inputs, seed=seed), evaluate(f, inputs, draws=given_draws), strict=True):
        np.testing.assert_array_equal(one, other)


# ---- each occurrence is a draw of its own --------------------------------------------------------------------------


def test_two_occurrences_are_two_draws_and_a_copy_is_one() -> None:
    f = Dropout(X, 0.5)
    assert keys(f >> Diagram.copy(f.cod)) == ["uniform[2 3]#0"]
    assert keys(Diagram.copy(f.dom) >> f @ f) == ["uniform[2 3]#0", "uniform[2 3]#1"]
    again = Diagram.from_graph(f.graph)
    assert keys(again @ again) == ["uniform[2 3]#0", "uniform[2 3]#1"]


def test_a_diagram_that_is_called_twice_draws_twice() -> None:
    f = Dropout(X, 0.5)
    traced = Diagram.from_callable(Ty(X), Ty(X))(lambda x: add(*f(x), *f(x)))
    assert len(keys(traced)) == 2


def test_broadcasting_draws_independently_at_each_index() -> None:
    f = Dropout(Y, 0.5).broadcast(Z)
    (n,) = draws(f.graph).values()
    assert n.sizes == (4, 3)
    rows = np.asarray(evaluate(f, [np.ones((4, 3))], seed=0)[0])
    assert len({tuple(row) for row in rows}) > 1


def test_draws_made_of_a_weight_or_of_nothing_get_the_axes_too() -> None:
    shared = Sample(Y) >> Operation(Exp(), Y, Y)
    assert shared.broadcast(Z).graph.outputs[0].node.sizes == (4, 3)


def test_sizes_that_get_values_keep_draws_apart() -> None:
    n = symbol("n")
    f = Sample(Array.of((n,))) @ Sample(Array.of((3,))) @ Sample(Array.of((n,)))
    assert keys(f) == ["uniform[n]#0", "uniform[3]#0", "uniform[n]#1"]
    assert list(draws(resized(f.graph, {"n": 3}))) == ["uniform[3]#0", "uniform[3]#1", "uniform[3]#2"]


def test_draws_of_a_name_are_one() -> None:
    x = source(Input(0), (2, 3))
    assert dropout(x, 0.5, "mask") == dropout(x, 0.5, "mask") != dropout(x, 0.5, "other")
    with pytest.raises(InputError, match="has no '#'"):
        draw("a#0", (2,))
    with pytest.raises(InputError, match="uniform, normal"):
        sample((2,), "cauchy")
    with pytest.raises(InputError, match="uniform, normal"):
        Sample(X, "cauchy")


# ---- keys as wires -------------------------------------------------------------------------------------------------


def test_a_box_with_a_key_wire_is_a_function() -> None:
    f = Dropout(X, 0.5, keyed=True)
    assert is_deterministic(f) and not is_deterministic(Dropout(X, 0.5))
    assert (f >> Diagram.copy(f.cod)).graph.same_as((Diagram.copy(f.dom) >> f @ f).graph)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keys_are_not_rounded(dtype: str) -> None:
    near = [np.asarray(evaluate(generator(Array.of((3,), dtype)), [np.array(2**40 + k)])[0]) for k in (0, 1)]
    assert not np.array_equal(*near)


def test_a_generator_over_keys_is_the_generator_at_each() -> None:
    lifted = evaluate(generator(Y, "normal").broadcast(Z), [np.array([7, 8, 7, 9])])[0]
    single = [evaluate(generator(Y, "normal"), [np.array(k)])[0] for k in (7, 8, 7, 9)]
    np.testing.assert_array_equal(lifted, np.stack(single))


def test_a_key_is_an_integer() -> None:
    real = source(Input(0), ()).node
    with pytest.raises(TypeError, match="an integer as its key, not a real"):
        validate(node(KeyedDraw("uniform", (2,)), [(real, ())], (2,)))
    with pytest.raises(TypeError, match="not 'cauchy'"):
        validate(source(Draw("a", "cauchy"), (2,)).node)
    assert KEY.kind == "int"


# ---- numbers ---------------------------------------------------------------------------------------------------


def test_dropout_is_the_formula() -> None:
    x, u = np.arange(6.0).reshape(2, 3), np.array([[0.0, 0.69, 0.7], [0.71, 0.99, 0.3]])
    found = evaluate(Dropout(X, 0.3), [x], draws={"uniform[2 3]#0": u})[0]
    np.testing.assert_allclose(found, np.where(u < 0.7, x / 0.7, 0), rtol=1e-15)


@pytest.mark.parametrize("p", [0.0, 1.0])
def test_dropout_of_nothing_and_of_everything_draws_nothing(p: float) -> None:
    f, x = Dropout(X, p), np.arange(6.0).reshape(2, 3)
    assert keys(f) == []
    np.testing.assert_array_equal(evaluate(f, [x])[0], x * (1 - p))


@pytest.mark.parametrize("p", [-0.1, 1.5])
def test_a_probability_lies_between_0_and_1(p: float) -> None:
    with pytest.raises(InputError, match=f"not {p}"):
        Dropout(X, p)


def test_dropout_keeps_what_torch_keeps_on_average() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    wide, p, n = Array.of((200, 200), "float64"), 0.3, 40_000
    ours = np.asarray(evaluate(Dropout(wide, p), [np.ones((200, 200))], seed=1)[0])
    theirs = torch.nn.functional.dropout(torch.ones(200, 200, dtype=torch.float64), p, training=True).numpy()
    assert set(np.unique(ours)) == set(np.unique(theirs))
    assert abs((ours != 0).mean() - (1 - p)) < 5 * (p * (1 - p) / n) ** 0.5


@pytest.mark.parametrize(("law", "mean", "variance"), [("uniform", 1 / 2, 1 / 12), ("normal", 0, 1)])
def test_the_numbers_have_the_law(law: str, mean: float, variance: float) -> None:
    x = generated(3, "k", law, (100_000,))
    assert abs(x.mean() - mean) < 5 * (variance / x.size) ** 0.5
    assert abs(x.var() - variance) < 0.02
    assert law == "normal" or (x.min() >= 0 and x.astype(np.float32).max() < 1)


def test_numbers_depend_on_seed_and_key_and_on_nothing_else() -> None:
    one = evaluate(Sample(Y) @ Sample(X), [], seed=5)
    other = evaluate(Sample(X) @ Sample(Y, "normal") @ Sample(Y), [], seed=5)
    np.testing.assert_array_equal(one[0], other[2])
    np.testing.assert_array_equal(one[1], other[0])
    assert not np.array_equal(evaluate(Sample(Y), [], seed=6)[0], one[0])
    twice = evaluate(Sample(Y) @ Sample(Y), [], seed=5)
    assert not np.array_equal(*twice)


def test_float32_stays_float32() -> None:
    f = Dropout(Array.of((2, 3)), 0.5)
    assert np.asarray(evaluate(f, [np.ones((2, 3), np.float32)], seed=0)[0]).dtype == np.float32


def test_a_symbolic_size_takes_its_value_from_the_inputs() -> None:
    a = Array.of((symbol("n"), 2), "float64")
    f = compile(Dropout(a, 0.5))
    for n in (3, 5):
        assert np.asarray(f(np.ones((n, 2)), seed=0)[0]).shape == (n, 2)
    with pytest.raises(InputError, match="determines the size n"):
        evaluate(Sample(a), [], seed=0)


def test_what_is_missing_is_named() -> None:
    f = Dropout(X, 0.5).block("mlp")
    with pytest.raises(InputError, match=r"uniform draw 'uniform\[2 3\]#0' in mlp.dropout\(0.5\) .* is not given.*seed=0.*draws="):
        evaluate(f, [np.ones((2, 3))])
    with pytest.raises(InputError, match=r"'uniform\[2 3\]#0'.*size 2, not 3"):
        evaluate(f, [np.ones((2, 3))], draws={"uniform[2 3]#0": np.zeros((3, 3))})
    with pytest.raises(InputError, match="takes 1 arrays"):
        evaluate(f, [], seed=0)


def test_torch_arrays_give_torch_arrays() -> None:
    torch = pytest.importorskip("torch")
    f, x = Dropout(X, 0.5), np.arange(6.0).reshape(2, 3)
    found = evaluate(f, [torch.from_numpy(x)], seed=4)[0]
    assert isinstance(found, torch.Tensor)
    np.testing.assert_array_equal(found.numpy(), evaluate(f, [x], seed=4)[0])


def test_numbering_follows_the_outputs() -> None:
    one, two = sample((3,)), sample((3,))
    first = numbered(_graph(one, scale(two, 2)))
    second = numbered(_graph(two, scale(one, 2)))
    assert first.same_as(second)


def _graph(*values: Value) -> Graph:
    return Graph((), tuple([Array.of(v.sizes) for v in values]), values)
