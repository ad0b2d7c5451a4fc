from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Input, Value, source, topological
from ncd_cat.language import cut, einsum, exp, linear, rearrange, softmax, trace, weight
from ncd_cat.ops.contraction import Contraction
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate

RNG = np.random.default_rng(0)


def value(k: int, *sizes: Any) -> Value:
    return source(Input(k), sizes)


EINSUMS = {  # in words, and as numpy has it
    "matrix product": ("q d, k d -> q k", "qd,kd->qk", (2, 3), (4, 3)),
    "words of several letters": ("query width, width -> query", "qd,d->q", (2, 3), (3,)),
    "trace": ("i i ->", "ii->", (3, 3)),
    "diagonal": ("i i j -> j i", "iij->ji", (3, 3, 2)),
    "outer product": ("a, b -> b a", "a,b->ba", (2,), (3,)),
    "sum": ("a b -> b", "ab->b", (2, 3)),
    "leading axes": ("... t d, ... u d -> ... t u", "...td,...ud->...tu", (2, 2, 3, 4), (2, 2, 5, 4)),
    "leading axes on one operand": ("... m, n m -> ... n", "...m,nm->...n", (2, 3, 4), (5, 4)),
    "three factors": ("a b, b c, c d -> d a", "ab,bc,cd->da", (2, 3), (3, 2), (2, 4)),
    "an axis of one": ("a b, b -> a", "ab,b->a", (2, 1), (1,)),
}


@pytest.mark.parametrize("case", EINSUMS)
def test_einsum_as_numpy(case: str) -> None:
    words, letters, *shapes = EINSUMS[case]
    arrays = [RNG.normal(size=s) for s in shapes]
    found = einsum(words, *[value(k, *s) for k, s in enumerate(shapes)])
    validate(found.node)
    np.testing.assert_allclose(loop_evaluate(found, arrays), np.einsum(letters, *arrays), atol=1e-12)


def test_einsum_over_groups_is_one_contraction() -> None:
    x, w = RNG.normal(size=(5, 6)), RNG.normal(size=(12, 6))
    found = einsum("t m, (h d) m -> h t d", value(0, 5, 6), value(1, 12, 6), h=4)
    np.testing.assert_allclose(loop_evaluate(found, [x, w]), (x @ w.T).reshape(5, 4, 3).transpose(1, 0, 2))
    merged = einsum("h t d, h d -> t (h d)", value(0, 4, 5, 3), value(1, 4, 3))
    y, s = RNG.normal(size=(4, 5, 3)), RNG.normal(size=(4, 3))
    np.testing.assert_allclose(loop_evaluate(merged, [y, s]), (y * s[:, None]).transpose(1, 0, 2).reshape(5, 12))
    assert [type(n.op) for n in topological([merged.node])] == [Input, Input, Contraction]


def test_einsum_with_a_scalar() -> None:
    x = RNG.normal(size=(3,))
    np.testing.assert_allclose(loop_evaluate(einsum("a -> ", value(0, 3), scalar=Scalar.read(0.5)), [x]), x.sum() / 2)


@given(h=st.integers(1, 4), d=st.integers(1, 4), t=st.integers(1, 4))
def test_rearrange_computes_nothing_and_goes_back(h: int, d: int, t: int) -> None:
    x = value(0, t, h * d)
    there = rearrange("t (h d) -> h t d", x, h=h)
    assert there.node is x.node
    assert rearrange("h t d -> t (h d)", there) == x
    array = np.arange(t * h * d, dtype=float).reshape(t, h * d)
    np.testing.assert_array_equal(loop_evaluate(there, [array]), array.reshape(t, h, d).transpose(1, 0, 2))


def test_rearrange_repeats_and_takes_diagonals() -> None:
    x = RNG.normal(size=(3, 3))
    np.testing.assert_array_equal(loop_evaluate(rearrange("i i -> i", value(0, 3, 3)), [x]), np.diag(x))
    np.testing.assert_array_equal(loop_evaluate(rearrange("... -> ... n", value(0, 3, 3), n=2), [x]), np.repeat(x[..., None], 2, -1))
    h, d = symbol("h"), symbol("d")
    assert rearrange("(h d) -> d h", value(0, h * d), h=h).sizes == (d, h)


MISTAKES = {
    "q d, k d -> q k": ([(2, 3), (4, 5)], {}, r"an axis of size 5 is not \(d\) with d = 3"),
    "q d -> d": ([(2, 3), (4, 5)], {}, "has 1 operands, 2 were given"),
    "q d -> q": ([(2, 3, 4)], {}, "operand 0 has 3 axes, the pattern names 2"),
    "(h d) -> h d": ([(6,)], {}, r"an axis of size 6 splits into \(h d\): give the size of h"),
    "(h d) -> d h": ([(6,)], {"h": 4}, r"an axis of size 6 is not \(h d\) with h = 4"),
    "a -> a b": ([(6,)], {}, "axis b of the result is on no operand: give its size, b="),
    "a a -> a a": ([(6, 6)], {}, "axis a appears twice in the result"),
    "a ... ... -> a": ([(6,)], {}, r"'\.\.\.' appears twice in 'a \.\.\. \.\.\.'"),
    "a, b": ([(6,), (6,)], {}, "write the axes of the operands, one '->'"),
    "a (b -> a": ([(6,)], {}, "is no list of axes"),
    "... a, ... a -> ...": ([(2, 3), (3,)], {}, "stands for 0 axes on one operand and 1 on another"),
}


@pytest.mark.parametrize("pattern", MISTAKES)
def test_mistakes_are_told(pattern: str) -> None:
    shapes, sizes, message = MISTAKES[pattern]
    with pytest.raises(TypeMismatch, match=message):
        einsum(pattern, *[value(k, *s) for k, s in enumerate(shapes)], **sizes)


def test_rearrange_does_not_sum() -> None:
    with pytest.raises(TypeMismatch, match="axis a is not in the result; use einsum to sum over it"):
        rearrange("a b -> b", value(0, 2, 3))


def test_linear_is_the_affine_map() -> None:
    x, w, b = RNG.normal(size=(2, 3)), RNG.normal(size=(4, 3)), RNG.normal(size=4)
    weights = {"up.weight": w, "up.bias": b}
    np.testing.assert_allclose(loop_evaluate(linear(value(0, 2, 3), "up", 4), [x], weights), x @ w.T + b)
    np.testing.assert_allclose(loop_evaluate(linear(value(0, 2, 3), "up", 4, bias=False), [x], weights), x @ w.T)
    assert weight("up.bias", 4).sizes == (4,)


@pytest.mark.parametrize(("axis", "start", "length"), [(0, 1, 2), (1, 0, 4), (-1, 3, 1)])
def test_cut_is_a_slice(axis: int, start: int, length: int) -> None:
    x = RNG.normal(size=(3, 4))
    found = cut(value(0, 3, 4), axis, start, length)
    assert found.node is value(0, 3, 4).node
    np.testing.assert_array_equal(loop_evaluate(found, [x]), np.take(x, range(start, start + length), axis))


def test_trace_types_inputs_and_outputs() -> None:
    q, k, d = Axis("q", 3), Axis("k", 4), Axis("d")
    graph = trace(lambda x, y: (softmax(einsum("q d, k d -> q k", x, y)), exp(x)),
                  Array((q, d), "float64"), Array((k, d), "float64"), name="scores")  # fmt: skip
    assert [str(a) for a in graph.cod] == ["float64[q:3 k:4]", "float64[q:3 d]"]
    assert graph.outputs[0].sizes == (3, 4)
    assert {path for _, path in graph.blocks} == {("scores",)}
    assert len(graph.blocks) == len([n for n in graph.nodes() if n.operands])


def test_trace_gives_letters_to_axes_that_have_no_name() -> None:
    a, n = Axis("a", 3), Axis("n", 3)
    graph = trace(lambda x: einsum("i, j -> i j", x, x), Array((a,)))
    assert str(graph.cod[0]) == "float32[a:3 b:3]"
    both = trace(lambda x, y: einsum("i, j -> i j", x, y), Array((a,)), Array((n,)))
    assert str(both.cod[0]) == "float32[b:3 c:3]"


def test_trace_keeps_kinds() -> None:
    flag, count = Array((Axis("a", 2),), "bool"), Array((Axis("a", 2),), "int32")
    assert [a.dtype for a in trace(lambda x, y: (x, y), flag, count).cod] == ["bool", "int64"]
    assert trace(lambda: weight("w", 2)).cod[0].dtype == "float32"
