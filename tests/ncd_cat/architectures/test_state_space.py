from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.architectures.state_space import by_convolution, by_steps

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin, proves  # noqa: E402
from tests.ncd_cat.architectures.sequences import drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn, F = torch.nn, torch.nn.functional


class Diagonal(nn.Module):
    def __init__(self, m: int = 6, n: int = 4) -> None:
        super().__init__()
        self.log_A, self.C = (nn.Parameter(torch.zeros(m, n)) for _ in range(2))
        self.log_step, self.D = (nn.Parameter(torch.zeros(m)) for _ in range(2))

    def dynamics(self) -> tuple[Any, Any]:
        a = -self.log_A.exp()
        grown = a * self.log_step.exp()[:, None]
        return grown, (grown.exp() - 1) / a


class Steps(Diagonal):
    def forward(self, x: Any) -> Any:
        grown, b = self.dynamics()
        h, rows = torch.zeros_like(grown), []
        for row in x:
            h = grown.exp() * h + b * row[:, None]
            rows.append((self.C * h).sum(-1) + self.D * row)
        return torch.stack(rows)


class Convolution(Diagonal):
    def forward(self, x: Any) -> Any:
        t, m = x.shape
        grown, b = self.dynamics()
        kernel = (self.C[..., None] * b[..., None] * (grown[..., None] * torch.arange(t).to(x)).exp()).sum(1)
        return F.conv1d(F.pad(x.T, (t - 1, 0)), kernel.flip(-1)[:, None], groups=m).T + self.D * x


class Selective(nn.Module):
    def __init__(self, m: int = 6, n: int = 4) -> None:
        super().__init__()
        self.log_A, self.D = nn.Parameter(torch.zeros(m, n)), nn.Parameter(torch.zeros(m))
        self.step, self.B, self.C = nn.Linear(m, m), nn.Linear(m, n, bias=False), nn.Linear(m, n, bias=False)

    def forward(self, x: Any) -> Any:
        a, length, b, c = -self.log_A.exp(), F.softplus(self.step(x)), self.B(x), self.C(x)
        h, rows = torch.zeros_like(a), []
        for t, row in enumerate(x):
            h = (a * length[t][:, None]).exp() * h + length[t][:, None] * b[t] * row[:, None]
            rows.append(h @ c[t] + self.D * row)
        return torch.stack(rows)


TWINS = {"state-space": Steps, "state-space-convolution": Convolution, "state-space-selective": Selective}


@pytest.mark.parametrize("name", TWINS)
def test_is_what_torch_computes(name: str) -> None:
    is_twin(name, drawn(TWINS[name]()), m=6, n=4)


def test_the_loop_computes_the_convolution() -> None:
    agrees(find("state-space"), drawn(Convolution()))
    agrees(find("state-space-convolution"), drawn(Steps()))


def test_the_loop_is_the_convolution_for_few_steps() -> None:
    proves(by_steps().resize(t=2, m=3, n=2), by_convolution(2).resize(m=3, n=2))


@pytest.mark.xfail(strict=True, reason="products of (exp(g) − 1)/A with powers of exp(g) are not brought to one form beyond two steps")
def test_the_loop_is_the_convolution() -> None:
    proves(find("state-space"), find("state-space-convolution"))


def test_states_keep_a_step_of_the_differential_equation() -> None:
    """For x constant, h(t) = (exp(t·Δ·A) − 1)/A · x solves h′ = A h + x, h(0) = 0."""
    rng = np.random.default_rng(0)
    weights = {"log_A": rng.normal(size=(1, 1)), "log_step": rng.normal(size=1), "C": np.ones((1, 1)), "D": np.zeros(1)}
    (y,) = ncd.evaluate(by_steps().resize(m=1, n=1), [np.full((6, 1), 2.0)], weights=weights)
    a, length = -np.exp(weights["log_A"][0]), np.exp(weights["log_step"])
    exact = np.expm1(np.arange(1, 7)[:, None] * length * a) / a * 2
    np.testing.assert_allclose(y, exact, rtol=1e-12)
