"""Slab by slab, and into arrays that nobody needs any more, a diagram means what it means whole."""

import tracemalloc
from collections.abc import Callable
from dataclasses import fields
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat.axes import whole
from ncd_cat.evaluate import compile, evaluate
from ncd_cat.evaluation.program import Program
from ncd_cat.graph import Graph, Value, Weight, source
from ncd_cat.ops import attention, norm, pointwise, rounding, softmax
from ncd_cat.ops.activation import Gelu, Tanh
from ncd_cat.ops.contraction import add, einsum, linear_combination, mean, multiply, number, repeat, scale, subtract, view
from ncd_cat.ops.norm import layer_norm
from ncd_cat.ops.pointwise import Exp, Maximum
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Op
from ncd_cat.types import Array
from tests.by_hand import graph, real
from tests.loops import loop_outputs
from tests.strategies import arrays, graphs

RANDOM = np.random.default_rng(0)
TABLE = RANDOM.standard_normal((6, 5))


def in_slabs(g: Graph, slab: int | None, inputs: list[Any], weights: dict[str, Any] | None = None) -> tuple[Any, ...]:
    """The outputs by a program with slabs of that many entries; nothing that was given is written to."""
    run: Any = compile(g)
    run.programs[()] = Program.of(g, {}, slab)
    kept = [np.array(x) for x in inputs]
    found = run(*inputs, weights=weights)
    assert all(np.array_equal(x, y, equal_nan=True) for x, y in zip(inputs, kept, strict=True))
    return found  # type: ignore[no-any-return]


def number_of_steps(g: Graph, slab: int | None) -> int:
    return len(Program.of(g, {}, slab).after)


@given(graphs(), st.sampled_from((1, 3, 8)))
@settings(max_examples=100)
def test_slabs_of_any_size_agree_with_the_loops(g: Graph, slab: int) -> None:
    inputs, weights = arrays(g)
    for x, y in zip(in_slabs(g, slab, inputs, weights), loop_outputs(g, inputs, weights), strict=True):
        assert x.dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


# ---- arithmetic in place ------------------------------------------------------------------------------------------


@st.composite
def formulas(draw: Callable[[Any], Any]) -> tuple[list[Value], list[Any]]:
    """Sums and products of x, y and what is made of them, with what they are in numpy; some of it is returned."""
    x, y = real(0, 6, 5)[0], real(1, 6, 5)[0]
    made: list[tuple[Value, Any]] = [(x, TABLE), (y, TABLE[::-1])]
    for _ in range(draw(st.integers(2, 9))):
        (a, p), (b, q) = draw(st.sampled_from(made)), draw(st.sampled_from(made))
        c = draw(st.sampled_from((Fraction(-1), Fraction(1, 2), Fraction(1), Fraction(3))))
        made.append(
            draw(
                st.sampled_from(
                    [
                        (subtract(a, b), p - q),
                        (linear_combination([(-ONE, a), (-ONE, b)]), -p - q),
                        (multiply(a, b, scalar=Scalar.of(c)), p * q * float(c)),
                        (add(scale(a, c), number(c, a.sizes)), p * float(c) + float(c)),
                        (Tanh()(a), np.tanh(p)),
                        (Value.of(view(a)), p),
                        (add(a, repeat(mean(b, (1,)), [(1, 5)])), p + q.mean(1, keepdims=True)),
                        (multiply(a, a, repeat(Tanh()(mean(b, (0,))), [(0, 6)])), p * p * np.tanh(q.mean(0))),
                    ]
                )
            )
        )
    kept = [made[-1], *draw(st.lists(st.sampled_from(made), max_size=2))]
    return [v for v, _ in kept], [t for _, t in kept]


@given(formulas(), st.sampled_from((None, 1, 10, 20)))
@settings(max_examples=100)
def test_no_array_is_overwritten_that_is_still_needed(formula: tuple[list[Value], list[Any]], slab: int | None) -> None:
    outputs, expected = formula
    x, y = Array.of((6, 5), "float64"), Array.of((6, 5), "float64")
    found = in_slabs(graph(outputs, x, y), slab, [TABLE.copy(), TABLE[::-1].copy()])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def test_what_is_read_twice_is_not_overwritten_between() -> None:
    x, a = real(0, 6, 5)
    e = Exp()(x)
    for slab in (None, 5):
        np.testing.assert_allclose(in_slabs(graph([multiply(e, e, e)], a), slab, [TABLE])[0], np.exp(3 * TABLE))


def test_what_a_view_shares_is_not_overwritten() -> None:
    x, a = real(0, 6, 5)
    e = Tanh()(x)
    y = subtract(Value.of(view(e)), add(e, number(1, e.sizes)))
    for slab in (None, 5):
        np.testing.assert_allclose(in_slabs(graph([y], a), slab, [TABLE])[0], np.full((6, 5), -1.0), atol=1e-12)


def leaves(op: type[Op]) -> list[type[Op]]:
    """The ops below, of our own modules."""
    below = [leaf for sub in op.__subclasses__() if sub.__module__.startswith("ncd_cat.ops") for leaf in leaves(sub)]
    return below or [op]


FIELDS: dict[str, Any] = {"exponent": Fraction(-1, 2), "eps": Scalar.read(1e-5), "sizes": (4,), "size": 4, "queries": 4, "keys": 4,
                          "width": 4, "value_width": 4, "scale": ONE, "causal": True, "boolean": False}  # fmt: skip


@pytest.mark.parametrize("op", [leaf for base in (pointwise.Pointwise, norm.Norm, softmax.Normaliser, attention.Average)
                                for leaf in leaves(base) if leaf is not rounding.Trunc])  # fmt: skip
def test_the_meaning_of_an_op_on_reals_makes_an_array(op: type[Op]) -> None:
    """Evaluation may write to such an array, so it must be no operand's."""
    made = op(**{f.name: FIELDS[f.name] for f in fields(op)})
    operands = [np.abs(RANDOM.standard_normal((4, 4))) + 1 for _ in range(made.arity or 1)]
    found = made.array(np, *operands)
    assert not any(np.shares_memory(found, x) for x in operands)


# ---- what goes into slabs -----------------------------------------------------------------------------------------


def test_a_run_of_cheap_steps_is_one_step() -> None:
    x, a = real(0, 6, 5)
    w = source(Weight("w"), (5, 5))
    y = Gelu()(add(x, scale(x, 2)))
    z = layer_norm(einsum("ij,jk->ik", y, w), 1, None, None, Scalar.read(1e-5))
    g = graph([multiply(z, z)], a)
    assert (number_of_steps(g, None), number_of_steps(g, 10), number_of_steps(g, 1000)) == (6, 3, 6)
    weights = {"w": RANDOM.standard_normal((5, 5))}
    np.testing.assert_allclose(in_slabs(g, 10, [TABLE], weights)[0], in_slabs(g, None, [TABLE], weights)[0])


def test_a_reading_across_the_slabs_starts_another_run() -> None:
    x, a = real(0, 5, 5)
    y = Exp()(Tanh()(x))
    turned = Tanh()(y.at((whole(1, 5), whole(0, 5)), (5, 5)))
    diagonal = Tanh()(turned.at((whole(0, 5), whole(0, 5)), (5,)))
    backwards = Maximum()(y, y.at(((4, ((-1, 0, 1, 5),)), whole(1, 5)), (5, 5)))
    table = TABLE[:5]
    e = np.exp(np.tanh(table))
    found = in_slabs(graph([diagonal, backwards], a), 5, [table])
    np.testing.assert_allclose(found[0], np.tanh(np.tanh(np.diag(e))))
    np.testing.assert_allclose(found[1], np.maximum(e, e[::-1]))


def test_heads_are_read_and_left_without_copies() -> None:
    """Attention over heads cut out of one axis and put back: its result is laid out as the next product reads it."""
    t, h, d = 4, 3, 2
    x, a = real(0, t, 3 * h * d)
    q, k, v = (x.at((whole(1, t), (c * h * d, ((d, 0, 1, h), (1, 2, 1, d)))), (h, t, d)) for c in range(3))
    y = attention.attention(q, k, v, scale=ONE, causal=True)
    joined = y.at(((0, ((1, 1, d, h),)), whole(0, t), (0, ((1, 1, 1, d),))), (t, h * d))
    g = graph([einsum("tm,nm->tn", joined, source(Weight("w"), (5, h * d)))], a)
    inputs, weights = arrays(g)
    for slab in (1, 40, None):
        np.testing.assert_allclose(in_slabs(g, slab, inputs, weights)[0], loop_outputs(g, inputs, weights)[0])


def test_what_lies_between_is_never_stored_whole() -> None:
    x, a = real(0, 1000, 512)
    y = Gelu()(scale(x, Fraction(1, 2)))
    table = RANDOM.standard_normal((1000, 512))
    run = compile(graph([multiply(y, Tanh()(y))], a))
    run(table)
    tracemalloc.start()
    run(table)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3.5 * table.nbytes  # the result, and about ten slabs of a quarter


# ---- weights that are bound ---------------------------------------------------------------------------------------


def test_bound_weights_are_prepared_once_and_never_written_to() -> None:
    x, a = real(0, 6, 5)
    w, ready = source(Weight("w"), (6, 5)), Exp()(source(Weight("w"), (6, 5)))
    g = graph([add(x, ready, scale(w, 2)), ready, w], a)
    run: Any = compile(g)
    weights = {"w": TABLE.copy()}
    bound = run.bind(weights)
    first = bound(TABLE)
    first[1][:] = 0.0  # what is returned may be written to
    for dtype in (np.float64, np.float32):
        np.testing.assert_allclose(bound(TABLE.astype(dtype))[0], TABLE + np.exp(TABLE) + 2 * TABLE, rtol=1e-6)
    assert np.array_equal(weights["w"], TABLE)
    assert [len(run.programs[()].before), len(run.programs[()].after)] == [2, 1]
    assert evaluate(g, [TABLE], weights=weights)[1].tolist() == np.exp(TABLE).tolist()


@pytest.mark.torch
def test_bound_numpy_weights_follow_torch_inputs() -> None:
    torch = pytest.importorskip("torch")
    x, a = real(0, 3)
    bound: Any = compile(graph([add(x, source(Weight("w"), (3,)))], a), xp=torch)
    found = bound.bind({"w": np.ones(3, np.float32)})(torch.zeros(3))[0]
    assert isinstance(found, torch.Tensor) and (found.dtype, found.tolist()) == (torch.float32, [1.0, 1.0, 1.0])
