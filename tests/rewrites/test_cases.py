"""Claims about torch functions that are proved by cases, by differences, by folds over parts and by monotone functions; and near misses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from proofs.prove import prove

torch = pytest.importorskip("torch")
F = torch.nn.functional
X, Y, Z = (12,), (12,), (12,)
ROWS = (3, 4)
Function = Callable[..., Any]

CLAIMS: dict[str, tuple[tuple[tuple[int, ...], ...], Function, Function, Function]] = {
    "softplus": ((X,), F.softplus, lambda x: F.relu(x) + torch.log1p(torch.exp(-x.abs())),
                 lambda x: F.relu(x) + torch.log1p(torch.exp(-x))),
    "elu": ((X,), F.elu, lambda x: F.relu(x) - F.relu(1 - torch.exp(x)), lambda x: F.relu(x) + F.relu(1 - torch.exp(x))),
    "median": ((X, Y, Z), lambda x, y, z: torch.maximum(torch.minimum(x, y), torch.minimum(torch.maximum(x, y), z)),
               lambda x, y, z: torch.maximum(torch.minimum(y, z), torch.minimum(torch.maximum(y, z), x)),
               lambda x, y, z: torch.maximum(torch.minimum(x, y), torch.minimum(torch.maximum(x, z), z))),
    "clamps": ((X,), lambda x: x.clamp(-1, 2).clamp(0, 3), lambda x: x.clamp(0, 2), lambda x: x.clamp(0, 3)),
    "choice": ((X, Y), torch.minimum, lambda x, y: torch.where(x < y, x, y), lambda x, y: torch.where(x < y, y, x)),
    "sign": ((X,), lambda x: x.sign() * x.abs(), lambda x: x, lambda x: x.abs()),
    "root": ((X,), lambda x: torch.sqrt(x * x), torch.abs, lambda x: x),
    "gelu": ((X,), lambda x: F.gelu(x) - F.gelu(-x), lambda x: x, lambda x: x * torch.erf(x)),
    "tanh": ((ROWS,), lambda x: x.tanh().amax(-1), lambda x: x.amax(-1).tanh(), lambda x: x.amin(-1).tanh()),
    "greatest": ((ROWS, (3, 5)), lambda x, y: torch.cat([x, y], 1).amax(1), lambda x, y: torch.maximum(x.amax(1), y.amax(1)),
                 lambda x, y: torch.minimum(x.amax(1), y.amax(1))),
    "huber": ((X,), lambda x: F.huber_loss(x, 0 * x), lambda x: (x.clamp(-1, 1) ** 2 / 2 + x.abs() - x.abs().clamp(max=1)).mean(),
              lambda x: (x.clamp(-1, 1) ** 2 + x.abs() - x.abs().clamp(max=1)).mean()),
}  # fmt: skip


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_is_proved_and_a_near_miss_is_not(name: str) -> None:
    shapes, lhs, rhs, wrong = CLAIMS[name]
    inputs = tuple(torch.randn(shape) for shape in shapes)
    verdict = prove(lhs, rhs, inputs, timeout=60)
    assert verdict.status == "proved" and not verdict.assumptions
    assert prove(lhs, wrong, inputs, timeout=60).status == "refuted"


def test_a_fraction_is_reduced_where_its_denominator_has_a_value() -> None:
    verdict = prove(lambda x: (x**2 - 1) / (x - 1), lambda x: x + 1, (torch.randn(4),), timeout=60)
    assert verdict.status == "proved" and "has a value" in " ".join(verdict.assumptions)


def test_an_embedding_split_over_workers_is_the_embedding() -> None:
    def parallel(table: Any, labels: Any) -> Any:
        found = 0
        for first in (0, 3):
            local = labels - first
            here = (local >= 0) & (local < 3)
            found = found + here[:, None] * F.embedding(local.clamp(0, 2), table[first : first + 3])
        return found

    inputs = torch.randn(6, 2), torch.tensor([5, 0, 3])
    assert prove(lambda table, labels: F.embedding(labels, table), parallel, inputs, timeout=60).status == "proved"
