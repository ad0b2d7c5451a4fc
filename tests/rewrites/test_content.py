"""Homogeneity: norms and normalisations of multiples, signs of products, tables that are compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofs.prove import prove

torch = pytest.importorskip("torch")
X, W, A = torch.ones(3, 4), torch.ones(3, 4), torch.ones(())


def centred(x: Any) -> Any:
    return x - x.mean(-1, keepdim=True)


def rms(x: Any) -> Any:
    return x / torch.sqrt((x * x).mean(-1, keepdim=True))


def norm(x: Any) -> Any:
    return torch.linalg.vector_norm(x, dim=-1)


def rate(x: Any, w: Any, a: Any) -> Any:
    """The derivative of the sum of w · layer norm of a · x by a, as the chain rule has it."""
    y = centred(a * x)
    v = (y * y).mean(-1, keepdim=True)
    return (w * (centred(x) * v**-0.5 - y * v**-1.5 * (y * centred(x)).mean(-1, keepdim=True))).sum()


TRUE: dict[str, tuple[Callable[..., Any], Callable[..., Any], tuple[Any, ...], tuple[str, ...]]] = {
    "layer norm, positive factor": (lambda x, a: rms(centred(a * x)), lambda x, a: rms(centred(x)), (X, A), ("a > 0",)),
    "layer norm, exponential": (lambda x, a: rms(centred(a.exp() * x)), lambda x, a: rms(centred(x)), (X, A), ()),
    "layer norm, any factor": (lambda x, a: rms(centred(a * x)), lambda x, a: a / a.abs() * rms(centred(x)), (X, A), ()),
    "a norm": (lambda x, a: norm(a * x), lambda x, a: a.abs() * norm(x), (X, A), ()),
    "its derivative": (rate, lambda x, w, a: torch.zeros(()), (X, W, A), ()),
    "absolute values": (lambda x, w: (x * w).abs(), lambda x, w: x.abs() * w.abs(), (X, W), ()),
    "a diagonal": (lambda x: x[torch.arange(3), torch.arange(3)].sum(), lambda x: x[:, :3].diagonal().sum(), (X,), ()),
}


@pytest.mark.parametrize("name", TRUE)
def test_true(name: str) -> None:
    lhs, rhs, inputs, given = TRUE[name]
    assert prove(lhs, rhs, inputs, assume=given, timeout=30).status == "proved"


@pytest.mark.parametrize("wrong", [lambda x, a: rms(centred(x)), lambda x, a: a * rms(centred(x)), lambda x, a: -rms(centred(x))])
def test_a_factor_without_a_sign_leaves_its_sign(wrong: Callable[..., Any]) -> None:
    assert prove(lambda x, a: rms(centred(a * x)), wrong, (X, A), timeout=30).status == "refuted"
