"""Near misses are refuted by points that separate them again when replayed; equal sides never are."""

import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from ncd_cat.axes import Axis, whole
from ncd_cat.graph import Graph, Input, Value, Weight, node, source
from ncd_cat.ops.activation import Gelu, GeluTanh, Relu
from ncd_cat.ops.contraction import add, einsum, linear_combination, multiply, number, repeat, scale, subtract
from ncd_cat.ops.indexing import embedding
from ncd_cat.ops.literal import literal
from ncd_cat.ops.norm import batch_norm, layer_norm
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Cos, Exp, Floor, Log, Maximum, Sin, Where, divide, power
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from proofs.draws import STYLES, Point, draw, perturbed, ports_of
from proofs.refute import Counterexample, float32_difference, refute
from proofs.shrink import TRIES, shrunk
from tests.strategies import graphs

X = source(Input(0), (3, 4))
ONES = number(1, (3, 4))
DOM = (Array.of((3, 4), "float32", "x"),)


def graph(y: Value, dom: tuple[Array, ...] = DOM) -> Graph:
    return Graph(dom, (Array(tuple(Axis(f"y{k}", n) for k, n in enumerate(y.sizes))),), (y,))


def weight(name: str, *sizes: int) -> Value:
    return source(Weight(name), sizes)


def attention(factor: Fraction) -> Value:
    scores = einsum("td,ud->tu", X, X, scalar=Scalar.of(factor))
    return einsum("tu,ud->td", softmax(scores, 1), X)


def normed(eps: float) -> Value:
    return layer_norm(X, 1, weight("g", 4), weight("b", 4), Scalar.read(eps))


NEAR: dict[str, tuple[Value, Value]] = {
    "scale": (attention(Fraction(1, 2)), attention(Fraction(51, 100))),
    "eps": (normed(1e-5), normed(1e-5 + 1e-3)),
    "gelu": (Gelu()(X), GeluTanh()(X)),
    "bias": (add(X, repeat(weight("b", 4), [(0, 3)])), X),
    "sign": (Relu()(X), X),
    "order": (einsum("ij,kj->ik", X, weight("w", 4, 4)), einsum("ij,jk->ik", X, weight("w", 4, 4))),
    "tie": (Maximum()(X, scale(X, 2)), scale(X, 2)),
    "root": (power(multiply(X, X), Fraction(1, 2)), X),
    "small": (scale(X, Fraction(10**9 + 1, 10**9)), X),
    "amplified": (scale(subtract(ONES, Cos()(scale(X, Fraction(1, 10**5)))), 10**10), scale(multiply(X, X), Fraction(1, 2))),
    "slice": (X.at((whole(0, 3), (1, ((1, 1, 1, 3),))), (3, 3)), X.at((whole(0, 3), (0, ((1, 1, 1, 3),))), (3, 3))),
}


@pytest.mark.parametrize("case", NEAR)
def test_near_misses_are_refuted(case: str) -> None:
    lhs, rhs = map(graph, NEAR[case])
    found = refute(lhs, rhs)
    assert found is not None
    assert found.max_abs_diff > (1e-10 if case == "small" else 1e-7) and 0 < found.relative < 2 * found.max_abs_diff
    assert found.replay(lhs, rhs) == pytest.approx(found.max_abs_diff)
    assert [x.dtype for x in found.inputs] == [np.float64] and [x.shape for x in found.inputs] == [(3, 4)]
    assert all(w.dtype == np.float64 for w in found.weights.values())


def test_the_same_point_every_time() -> None:
    lhs, rhs = map(graph, NEAR["eps"])
    first, second = refute(lhs, rhs), refute(lhs, rhs)
    assert first is not None and second is not None
    assert first.where == second.where and all(np.array_equal(a, b) for a, b in zip(first.inputs, second.inputs, strict=True))


def test_a_counterexample_is_small_and_round() -> None:
    found = refute(graph(Relu()(X)), graph(X))
    assert found is not None
    assert np.count_nonzero(found.inputs[0]) == 1
    assert np.array_equal(found.inputs[0], np.round(found.inputs[0]))
    assert found.inputs[0][found.where[1]] < 0


TINY = Fraction(1, 10**5)
EQUAL: dict[str, tuple[Value, Value]] = {
    "square": (power(add(X, ONES), Fraction(2)), linear_combination([(ONE, multiply(X, X)), (Scalar.of(2), X), (ONE, ONES)])),
    "shift": (softmax(X, 1), softmax(add(X, repeat(weight("c", 3), [(1, 4)])), 1)),
    "exponents": (Exp()(add(X, X)), multiply(Exp()(X), Exp()(X))),
    "logarithm": (Log()(Exp()(X)), X),
    "quotient": (divide(multiply(X, X), X), X),
    "cancelled": (subtract(add(X, scale(X, 1000000)), scale(X, 1000000)), X),
    "amplified": (scale(subtract(ONES, Cos()(scale(X, TINY))), 10**10), scale(power(Sin()(scale(X, TINY / 2)), Fraction(2)), 2 * 10**10)),
    "hyperbola": (multiply(add(Exp()(X), Exp()(scale(X, -1))), subtract(Exp()(X), Exp()(scale(X, -1)))),
                  subtract(Exp()(scale(X, 2)), Exp()(scale(X, -2)))),
    "steps": (Floor()(subtract(multiply(X, number(Fraction(1, 3), (3, 4))), scale(X, Fraction(1, 3)))), number(0, (3, 4))),
}


@pytest.mark.parametrize("case", EQUAL)
def test_equal_sides_are_not_refuted(case: str) -> None:
    assert refute(*map(graph, EQUAL[case])) is None


@given(graphs())
@settings(max_examples=25)
def test_nothing_refutes_itself(g: Graph) -> None:
    assert refute(g, g) is None


# ---- what points are like -----------------------------------------------------------------------------------------


def test_integers_stay_within_what_they_index() -> None:
    ids = source(Input(0, "int"), (2, 5))
    dom = (Array.of((2, 5), "int64", "ids"),)
    shifted = linear_combination([(ONE, ids), (Scalar.of(2), number(1, (2, 5)))])
    table = weight("table", 7, 3)
    lhs, rhs = graph(embedding(table, shifted), dom), graph(embedding(table, ids), dom)
    found = refute(lhs, rhs)
    assert found is not None
    assert found.inputs[0].dtype == np.int64 and found.inputs[0].min() >= 0 and found.inputs[0].max() < 5


def test_integers_meet_the_ends_of_their_range() -> None:
    ids, dom = source(Input(0, "int"), (2, 5)), (Array.of((2, 5), "int64", "ids"),)
    table, last = weight("table", 9, 3), repeat(literal(np.eye(9)[8]), [(1, 3)])
    changed = add(table, multiply(table, last))
    found = refute(graph(embedding(table, ids), dom), graph(embedding(changed, ids), dom))
    assert found is not None and 8 in found.inputs[0]


def test_masks_do_something() -> None:
    mask = source(Input(1, "bool"), (3, 4))
    dom = (*DOM, Array.of((3, 4), "bool", "mask"))
    low = repeat(literal(-np.inf), [(0, 3), (1, 4)])
    assert refute(graph(softmax(Where()(mask, X, low), 1), dom), graph(softmax(X, 1), dom)) is not None
    assert refute(graph(softmax(Where()(mask, X, low), 1), dom), graph(softmax(Where()(mask, X, low), 1), dom)) is None


def test_variances_are_made_positive() -> None:
    mean, variance, one = weight("mean", 4), weight("var", 4), weight("w", 4)

    def normal(eps: float) -> Graph:
        return graph(batch_norm(X, mean, variance, one, one, Scalar.read(eps), 1))

    assert refute(normal(1e-5), normal(1e-2)) is not None
    assert refute(normal(1e-5), normal(1e-2), positive=("var",)) is not None


def test_positive_inputs_are_positive() -> None:
    lhs, rhs = graph(power(multiply(X, X), Fraction(1, 2))), graph(X)
    assert refute(lhs, rhs, positive=("x",)) is None
    assert refute(lhs, rhs) is not None


def test_sizes_that_are_symbols_take_different_values() -> None:
    n, m = symbol("n"), symbol("m")
    x = source(Input(0), (n, m))
    dom = (Array((Axis("n", n), Axis("m", m))),)
    total = einsum("nm->", x)
    lhs, rhs = graph(scale(total, Scalar.of(n).power(Fraction(-1))), dom), graph(scale(total, Scalar.of(m).power(Fraction(-1))), dom)
    found = refute(lhs, rhs)
    assert found is not None and found.sizes == {"m": 2, "n": 3}
    assert found.inputs[0].shape == (3, 2)
    assert found.replay(lhs, rhs) == pytest.approx(found.max_abs_diff)


def test_a_difference_at_size_one_only_is_found() -> None:
    n = symbol("n")
    x = source(Input(0), (n,))
    dom = (Array((Axis("n", n),)),)
    apart = power(add(number(n), number(-1)), Fraction(2))  # (n − 1)², which is 0 at n = 1 alone
    one = Where()(apart, number(1), number(0))
    assert refute(graph(one, dom), graph(number(1), dom)) is not None
    assert refute(graph(multiply(one, einsum("n->", x)), dom), graph(multiply(one, einsum("n->", x)), dom)) is None


def test_an_opaque_box_is_not_evaluated() -> None:
    box = Value.of(node(Opaque("aten.foo", "", ((3, 4),), (3, 4)), [(X.node, X.access)], (3, 4)))
    assert refute(graph(box), graph(X)) is None


def test_large_weights_cost_little() -> None:
    ids = source(Input(0, "int"), (2, 3))
    dom = (Array.of((2, 3), "int64", "ids"),)
    w = weight("w", 1000, 2500)
    x = embedding(w, ids)

    def model(factor: Fraction) -> Graph:
        return graph(einsum("btd,dv->btv", scale(x, factor), weight("out", 2500, 1000)), dom)

    ports = ports_of((model(Fraction(1)),))
    point = draw(ports, STYLES[0], 0)
    assert not point.weights["w"].flags.owndata and point.weights["w"].std() == pytest.approx(2500**-0.5, rel=0.01)
    assert not np.array_equal(point.weights["w"][:100, :100], point.weights["out"][:100, :100])
    whole_table = draw(ports_of((graph(weight("w", 2300, 2500)),)), STYLES[0], 0).weights["w"]
    assert whole_table.flags.c_contiguous and np.unique(whole_table[:, 0]).size == 2300
    start = time.perf_counter()
    assert refute(model(Fraction(1)), model(Fraction(101, 100))) is not None
    assert time.perf_counter() - start < 20


def test_styles_and_perturbations() -> None:
    ports = ports_of((graph(add(X, repeat(weight("b", 4), [(0, 3)]))),))
    found = {style: draw(ports, style, 1) for style in STYLES}
    checks: dict[str, Callable[[np.ndarray], bool]] = {
        "positive": lambda x: bool((x > 0).all()), "negative": lambda x: bool((x < 0).all()), "zeros": lambda x: not x.any(),
        "integers": lambda x: np.array_equal(x, np.round(x)), "tied": lambda x: np.unique(x).size == 1,
        "tiny": lambda x: bool((np.abs(x) < 0.1).all()), "large": lambda x: bool(np.abs(x).max() > 5),
        "normal": lambda x: np.unique(x).size == 12, "one-hot": lambda x: np.array_equal(np.sort(x, 1), np.eye(4)[[3] * 3]),
    }  # fmt: skip
    assert all(checks[style.inputs](point.inputs[0]) for style, point in found.items())
    point = found[STYLES[0]]
    moved = perturbed(point, 0).inputs[0] - point.inputs[0]
    assert 0 < np.abs(moved).max() < 1e-12


def test_time_runs_out() -> None:
    lhs = graph(X)
    assert refute(lhs, lhs, timeout=0.0) is None


def test_float32_rounding_is_measured() -> None:
    lhs, rhs = map(graph, EQUAL["square"])
    assert 0 < float32_difference(lhs, rhs) < 1e-5
    assert float32_difference(lhs, lhs) == 0
    nowhere = graph(Log()(scale(Exp()(X), -1)))
    assert np.isnan(float32_difference(nowhere, nowhere))
    assert refute(nowhere, graph(X)) is None


def test_a_counterexample_tells_where() -> None:
    found = refute(graph(X), graph(multiply(X, repeat(literal(np.array([1.0, 1, 1, 2])), [(0, 3)]))))
    assert isinstance(found, Counterexample)
    assert found.where[0] == 0 and found.where[1][1] == 3


def test_shrinking_ends_when_its_tries_are_spent() -> None:
    """It does not walk through the rest of a large array."""
    point, tried = Point((np.ones(100_000) / 3,), {}), list[Point]()

    def gap(candidate: Point) -> float:
        tried.append(candidate)
        return 0.0

    begun = time.perf_counter()
    assert shrunk(point, 1.0, gap, deadline=float("inf")) is point
    assert len(tried) == TRIES and time.perf_counter() - begun < 5
