"""Losses and inverse functions read from torch: each agrees with torch, and the ways to write one are proved equal."""

from __future__ import annotations

import numpy as np
import pytest

torch = pytest.importorskip("torch")
F = torch.nn.functional

import ncd_cat as ncd  # noqa: E402

PAIRS = {
    "mse": F.mse_loss,
    "l1": F.l1_loss,
    "smooth l1": lambda x, y: F.smooth_l1_loss(x, y, beta=0.5),
    "smooth l1 without a bend": lambda x, y: F.smooth_l1_loss(x, y, beta=0.0),
    "huber": lambda x, y: F.huber_loss(x, y, delta=0.7, reduction="sum"),
    "divergence": lambda x, y: F.kl_div(torch.log_softmax(x, -1), torch.softmax(y, -1), reduction="batchmean"),
    "divergence of logarithms": lambda x, y: F.kl_div(x, torch.log_softmax(y, -1), reduction="none", log_target=True),
    "divergence from a one-hot": lambda x, y: F.kl_div(torch.log_softmax(x, -1), (y > 0).double(), reduction="sum"),
    "bits": lambda x, y: F.binary_cross_entropy(torch.sigmoid(x), torch.sigmoid(y)),
    "bits of logits": lambda x, y: F.binary_cross_entropy_with_logits(x, torch.sigmoid(y)),
    "weighed bits of logits": lambda x, y: F.binary_cross_entropy_with_logits(x, torch.sigmoid(y), weight=y * y, pos_weight=y[0] * y[0]),
    "soft margin": lambda x, y: F.soft_margin_loss(x, torch.sign(y)),
    "arctan": lambda x, y: torch.atan(x * y),
    "arcsin": lambda x, y: torch.asin(torch.tanh(x)) + torch.acos(torch.tanh(y)),
    "inverse hyperbolic": lambda x, y: torch.asinh(x) + torch.acosh(1 + y * y) + torch.atanh(torch.tanh(y)),
}


@pytest.mark.parametrize("name", PAIRS)
def test_values_are_those_of_torch(name: str) -> None:
    x, y = (torch.randn(3, 4, generator=torch.Generator().manual_seed(k), dtype=torch.float64) for k in (0, 1))
    diagram = ncd.from_torch(PAIRS[name], (x, y))
    np.testing.assert_allclose(ncd.evaluate(diagram, [x.numpy(), y.numpy()])[0], PAIRS[name](x, y).numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", PAIRS)
def test_gradients_are_those_of_torch(name: str) -> None:
    x, y = (torch.randn(3, 4, generator=torch.Generator().manual_seed(k), dtype=torch.float64) for k in (0, 1))
    x.requires_grad_()
    PAIRS[name](x, y).sum().backward()
    gradient = ncd.grad(ncd.from_torch(lambda x, y: PAIRS[name](x, y).sum(), (x.detach(), y)))
    np.testing.assert_allclose(ncd.evaluate(gradient, [x.detach().numpy(), y.numpy()])[0], x.grad.numpy(), rtol=1e-9, atol=1e-11)


def test_the_ends_of_the_arcsine() -> None:
    x = torch.tensor([-1.0, 0.0, 1.0], dtype=torch.float64)
    np.testing.assert_allclose(ncd.evaluate(ncd.from_torch(torch.asin, (x,)), [x.numpy()])[0], torch.asin(x).numpy(), atol=1e-15)


SAME = {
    "bits of logits": (
        lambda x, y: F.binary_cross_entropy_with_logits(x, y, reduction="sum"),
        lambda x, y: (y * F.softplus(-x) + (1 - y) * F.softplus(x)).sum(),
    ),
    "divergence": (
        lambda x, y: F.kl_div(torch.log_softmax(x, -1), torch.softmax(y, -1), reduction="sum"),
        lambda x, y: (torch.softmax(y, -1) * (torch.log_softmax(y, -1) - torch.log_softmax(x, -1))).sum(),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_two_ways_to_write_a_loss(name: str) -> None:
    inputs = torch.randn(3, 4, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)
    assert ncd.prove(*SAME[name], inputs).status == "proved"
