"""Derivatives that differ at kinks only are equal almost everywhere, which the verdict says; nothing else is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import ncd_cat as ncd
from ncd_cat import absolute, clamp, diagram, einsum, full, less, less_equal, maximum, minimum, relu, sin, total, where
from proofs.kinks import PROVED, REFUTED, have_kinks
from proofs.prove import prove
from proofs.verdict import Verdict


def gradient(wires: str, f: Callable[..., Any]) -> Any:
    """The gradient of the sum of f by the first input."""
    return ncd.grad(diagram(wires)(lambda *given: total(f(*given), f(*given).axes[0].name)))


def same(wires: str, f: Callable[..., Any], g: Callable[..., Any]) -> tuple[Any, Any]:
    return gradient(wires, f), gradient(wires, g)


def hinge(w: Any, y: Any, x: Any) -> Any:
    return relu(1 - y * einsum("b m, m -> b", x, w))


def hinge_gradient(w: Any, y: Any, x: Any) -> Any:
    violated = where(less_equal(y * einsum("b m, m -> b", x, w), full("b", 1)), full("b", 1), full("b", 0))
    return -einsum("b, b m -> m", y * violated, x)


def linear(x: Any, w: Any) -> Any:
    return einsum("m, n m -> n", x, w)


def hidden(x: Any, w: Any, b: Any, v: Any, c: Any) -> Any:
    """Two layers, with a bias each."""
    return einsum("n, k n -> k", relu(linear(x, w) + b), v) + c


NET = "m, n m, n, k n, k"
SOMEWHERE = {
    "the two halves of a number": (gradient("x", lambda x: relu(x) - relu(-x)), diagram("x")(lambda x: x * 0 + 1)),
    "a maximum by a relu": same("x, x", maximum, lambda x, y: y + relu(x - y)),
    "a leaky relu by a maximum": same("x", lambda x: maximum(x, x * 0.01), lambda x: relu(x) - relu(-x) * 0.01),
    "a leaky relu by cases": same("x", lambda x: where(less(x * 0, x), x, x * 0.01), lambda x: relu(x) - relu(-x) * 0.01),
    "a clamp": same("x", lambda x: clamp(x, 0, 1), lambda x: relu(x) - relu(x - 1)),
    "a clamp by maxima": same("x", lambda x: minimum(maximum(x, full(x.axes, -1)), full(x.axes, 1)),
                              lambda x: relu(x + 1) - relu(x - 1) - 1),
    "a hinge loss": (gradient("m, b, b m", hinge), diagram("m, b, b m")(hinge_gradient)),
    "a layer": (gradient("m, n m", lambda x, w: relu(linear(x, w)) - relu(-linear(x, w))), diagram("m, n m")(lambda x, w: total(w, "n"))),
    "a product that is nowhere positive": (gradient("x", lambda x: relu(x) * relu(-x)), diagram("x")(lambda x: x * 0)),
    "a deep relu": same(NET, lambda *given: relu(hidden(*given)), lambda *given: hidden(*given) + relu(-hidden(*given))),
}  # fmt: skip
EVERYWHERE = {
    "an absolute value": same("x", absolute, lambda x: relu(x) + relu(-x)),
    "a maximum and a minimum": (gradient("x, x", lambda x, y: maximum(x, y) + minimum(x, y)), diagram("x, x")(lambda x, y: x * 0 + 1)),
    "a relu of a relu": same("x", lambda x: relu(relu(x)), relu),
}
NOWHERE = {
    "another slope": (gradient("x", lambda x: relu(x) - relu(-x)), diagram("x")(lambda x: x * 0 + 2)),
    "a kink that is a half line": (gradient("x", lambda x: relu(relu(x)) - relu(-relu(x))), diagram("x")(lambda x: x * 0 + 1)),
    "a comparison of a relu": same("x", lambda x: where(less(x * 0, relu(x)), x, x * 0), lambda x: where(less(relu(x), x * 0), x * 0, x)),
    "a number that is 0": (gradient("x", lambda x: relu(x * 0) - relu(x * 0) + x), diagram("x")(lambda x: x * 0 + 2)),
    "no derivative": (diagram("x")(lambda x: where(less(x * 0, x), x * 0 + 1, x * 0)),
                      diagram("x")(lambda x: where(less_equal(x * 0, x), x * 0 + 1, x * 0))),
    "half of a tie": same("x, x", lambda x, y: maximum(x, y), lambda x, y: y + relu(y - x)),
}  # fmt: skip


def answer(pair: tuple[Any, Any]) -> Verdict:
    return prove(*pair, timeout=30)


@pytest.mark.parametrize("name", SOMEWHERE)
def test_equal_almost_everywhere(name: str) -> None:
    verdict = answer(SOMEWHERE[name])
    assert verdict.status == "proved"
    assert verdict.assumptions and all(a.endswith(" is not 0, as almost everywhere") for a in verdict.assumptions)
    assert PROVED in verdict.notes and verdict.counterexample is None
    ncd.check(verdict.certificate)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_equal_at_kinks_too(name: str) -> None:
    verdict = answer(EVERYWHERE[name])
    assert (verdict.status, verdict.assumptions, verdict.notes) == ("proved", (), ())


@pytest.mark.parametrize("name", NOWHERE)
def test_different(name: str) -> None:
    verdict = answer(NOWHERE[name])
    assert verdict.status == "refuted" and REFUTED not in verdict.reason


def test_what_is_said() -> None:
    text = str(answer(SOMEWHERE["the two halves of a number"]))
    assert "assuming input(0, real)[i0] is not 0, as almost everywhere" in text and f"note     {PROVED}" in text


def test_a_kink_of_what_is_no_polynomial_stays_a_difference() -> None:
    """sin x is 0 almost nowhere, which its form does not show to the rule."""
    verdict = answer((gradient("x", lambda x: relu(sin(x)) - relu(-sin(x))), gradient("x", sin)))
    assert verdict.status == "refuted" and REFUTED in verdict.reason
    assert verdict.counterexample is not None and verdict.counterexample.inputs[0].tolist() == [0.0]


def test_only_derivatives_with_comparisons_have_kinks() -> None:
    smooth, plain = diagram("x")(lambda x: total(x * x, "x")), diagram("x")(lambda x: total(relu(x), "x"))
    assert not have_kinks(ncd.grad(smooth).graph, plain.graph)
    assert have_kinks(plain.graph, ncd.grad(plain).graph)
