"""Gradients as a person asks for them: of which inputs and weights, at kinks and far out, and what is refused in which words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.gradient import grad, hessian, hvp, jacobian, jvp, vjp
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops import activation, pointwise, rounding
from ncd_cat.ops.contraction import add, einsum, multiply, number, total
from ncd_cat.ops.pointwise import Where
from ncd_cat.ops.reduction import Max, Min, fold
from ncd_cat.ops.softmax import log_softmax, logsumexp, softmax
from ncd_cat.types import Array
from tests.derivatives import graph

AT = np.array([-1.0, 0.0, 2.0])
KINKS: dict[str, tuple[Callable[..., Any], list[float]]] = {  # the rates at −1, 0 and 2, as docs/reference/kinks.md has them
    "relu": (activation.Relu(), [0, 0, 1]),
    "absolute": (activation.Absolute(), [-1, 0, 1]),
    "maximum with 0": (lambda x: pointwise.Maximum()(x, number(0, (3,))), [0, 0.5, 1]),
    "minimum with 0": (lambda x: pointwise.Minimum()(x, number(0, (3,))), [1, 0.5, 0]),
    "maximum with itself": (lambda x: pointwise.Maximum()(x, x), [1, 1, 1]),
    "floor": (pointwise.Floor(), [0, 0, 0]), "round": (rounding.Round(), [0, 0, 0]), "sign": (rounding.Sign(), [0, 0, 0]),
    "remainder": (lambda x: rounding.Remainder()(x, number(2, (3,))), [1, 1, 1]),
    "where": (lambda x: Where()(pointwise.Less()(x, number(0, (3,))), multiply(x, x), x), [-2, 1, 1]),
}  # fmt: skip


def rates(f: Callable[..., Any], *arrays: Any) -> list[Any]:
    """The gradients of the sum of f."""
    return list(ncd.evaluate(grad(graph(lambda *xs: summed(f(*xs)), *arrays), wrt=range(len(arrays))), arrays))


def summed(y: Any) -> Any:
    return total(y, tuple(range(len(y.sizes))))


@pytest.mark.parametrize("name", KINKS)
def test_at_a_kink_the_choice_is_the_stated_one(name: str) -> None:
    f, wanted = KINKS[name]
    np.testing.assert_allclose(rates(f, AT)[0], wanted)


def test_extreme_entries_share() -> None:
    x = np.array([[1.0, 3.0, 3.0], [0.0, 0.0, 0.0]])
    np.testing.assert_allclose(rates(lambda x: fold(Max, x, (1,)), x)[0], [[0, 0.5, 0.5], [1 / 3, 1 / 3, 1 / 3]])
    np.testing.assert_allclose(rates(lambda x: fold(Min, x, (0, 1)), x)[0], [[0, 0, 0], [1 / 3, 1 / 3, 1 / 3]])


@pytest.mark.parametrize("f", [softmax, log_softmax, logsumexp, activation.Sigmoid(), activation.Softplus(), activation.Tanh(),
                               activation.Silu(), activation.Gelu(), activation.GeluTanh()],
                         ids=lambda f: getattr(f, "__name__", str(f)))  # fmt: skip
def test_far_out_there_is_a_number(f: Any) -> None:
    for x in ([1000.0, 0.0, -1000.0], [1000.0, 1000.0, 1000.0], [-1000.0, -1000.0, -999.0]):
        found = rates(lambda x: multiply(f(x), f(x)), np.array(x))[0]
        assert np.isfinite(found).all()


def test_the_gradient_of_logsumexp_is_softmax_and_not_zero() -> None:
    (found,) = rates(logsumexp, np.array([1000.0, 1000.0, -1000.0]))
    np.testing.assert_allclose(found, [0.5, 0.5, 0])


def test_a_masked_entry_has_the_cotangent_zero() -> None:
    mask = np.array([0.0, -np.inf, 0.0])
    def weighed(x: Value, m: Value) -> Value:
        p = softmax(add(x, m))
        return summed(multiply(p, p))

    (dx,) = ncd.evaluate(grad(graph(weighed, AT, mask)), [AT, mask])
    assert np.isfinite(dx).all() and dx[1] == 0
    assert np.isfinite(rates(lambda x: Where()(pointwise.Less()(x, number(1, (3,))), x, pointwise.Exp()(x)), AT)[0]).all()


# ---- by what --------------------------------------------------------------------------------------------------------


def model() -> Graph:
    """x ↦ Σ x·w·x[i] + v, and an input that is not used; the node of x² is dead."""
    x, w, v = source(Input(0), (3,)), source(Weight("w"), (3,)), source(Weight("v"), ())
    dom = (Array.of((3,)), Array.of((2,)), Array.of((), "int64"))
    y = add(einsum("i,i,i->", x, w, x), v)
    return Graph(dom, (Array(()),), (y,), dead=(multiply(x, x).node,))


ARRAYS, WEIGHTS = [AT, np.ones(2), np.array(1)], {"w": np.array([1.0, 2.0, 3.0]), "v": np.array(5.0)}


def test_by_position_by_name_and_again() -> None:
    dx, dw, dv, dy, dx2, dw2 = ncd.evaluate(grad(model(), wrt=[0, "w", "v", 1, 0, "w"]), ARRAYS, weights=WEIGHTS)
    np.testing.assert_allclose(dx, 2 * AT * WEIGHTS["w"])
    np.testing.assert_allclose(dw, AT**2)
    assert dv == 1 and not dy.any() and dy.shape == (2,)
    np.testing.assert_array_equal([dx, dw], [dx2, dw2])
    everything = grad(model(), wrt=["weights"])
    assert len(everything.cod.inside) == 2
    assert len(vjp(model()).cod.inside) == 2  # the real inputs


def test_an_output_may_be_an_input() -> None:
    g = graph(lambda x: (x, x), AT)
    (found,) = ncd.evaluate(vjp(g), [AT, AT, 2 * AT])
    np.testing.assert_array_equal(found, 3 * AT)
    assert [x.tolist() for x in ncd.evaluate(jvp(g), [AT, AT + 1])] == [(AT + 1).tolist()] * 2


@pytest.mark.parametrize(("wrt", "words"), [
    (2, "kind int"), ("u", "no weight 'u'; the weights are"), (3, "no input 3; f has 3 inputs"), (-1, "no input -1"),
])  # fmt: skip
def test_what_there_is_no_gradient_by_is_refused(wrt: Any, words: str) -> None:
    with pytest.raises(InputError, match=words):
        grad(model(), wrt=wrt)


def test_a_gradient_is_of_one_number() -> None:
    with pytest.raises(TypeMismatch, match="use vjp"):
        grad(graph(lambda x: multiply(x, x), AT))


def test_second_derivatives() -> None:
    a = np.random.default_rng(0).normal(size=(3, 3))
    g = graph(lambda x, a: einsum("i,ij,j->", x, a, x), AT, a)
    np.testing.assert_allclose(ncd.evaluate(hessian(g), [AT, a])[0], a + a.T)
    np.testing.assert_allclose(ncd.evaluate(hvp(g), [AT, a, AT])[0], (a + a.T) @ AT)
    np.testing.assert_allclose(ncd.evaluate(jacobian(graph(lambda x: multiply(x, x), AT)), [AT])[0], np.diag(2 * AT))
