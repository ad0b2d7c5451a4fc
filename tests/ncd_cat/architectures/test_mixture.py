from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from ncd_cat.architectures import find
from ncd_cat.architectures.mixture import gate, mixture
from ncd_cat.axes import Axis
from ncd_cat.language import Family, linear, silu, total, ty

torch = pytest.importorskip("torch")

from tests.architectures import is_twin, proves  # noqa: E402
from tests.ncd_cat.architectures.sequences import drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn, F = torch.nn, torch.nn.functional


class Expert(nn.Module):
    def __init__(self, m: int, n: int) -> None:
        super().__init__()
        self.up, self.down = nn.Linear(m, n), nn.Linear(n, m)

    def forward(self, x: Any) -> Any:
        return self.down(F.relu(self.up(x)))


class Mixture(nn.Module):
    def __init__(self, combine: Callable[..., Any], m: int = 6, n: int = 4, experts: int = 3) -> None:
        super().__init__()
        self.gate, self.experts = nn.Linear(m, experts, bias=False), nn.ModuleList([Expert(m, n) for _ in range(experts)])
        self.combine = combine

    def forward(self, x: Any) -> Any:
        return self.combine(self.gate(x).softmax(-1), [f(x) for f in self.experts])


class Broadcast(nn.Module):
    """The experts' weights as parameters with an axis of experts."""

    def __init__(self, m: int = 6, n: int = 4, experts: int = 3) -> None:
        super().__init__()
        self.gate, self.experts = nn.Linear(m, experts, bias=False), nn.Module()
        for name, shape in (("up", (experts, n, m)), ("down", (experts, m, n))):
            part = nn.Module()
            part.weight, part.bias = nn.Parameter(torch.zeros(shape)), nn.Parameter(torch.zeros(shape[:2]))
            self.experts.add_module(name, part)

    def forward(self, x: Any) -> Any:
        up, down = self.experts.up, self.experts.down
        y = F.relu(torch.einsum("btm,enm->bten", x, up.weight) + up.bias)
        y = torch.einsum("bten,emn->btem", y, down.weight) + down.bias
        return (self.gate(x).softmax(-1)[..., None] * y).sum(-2)


COMBINATIONS = {
    "stacked": lambda shares, parts: (torch.stack(parts, -1) * shares[..., None, :]).sum(-1),
    "added": lambda shares, parts: sum(shares[..., k, None] * y for k, y in enumerate(parts)),
}


@pytest.mark.parametrize("combine", COMBINATIONS)
@pytest.mark.parametrize("name", ["mixture-of-experts", "mixture-of-experts-stacked"])
def test_is_what_torch_computes(name: str, combine: str) -> None:
    is_twin(name, drawn(Mixture(COMBINATIONS[combine])), n=4)


def test_experts_that_are_one_map_are_what_torch_computes() -> None:
    is_twin("mixture-of-experts-broadcast", drawn(Broadcast()), n=4, e=3)


def test_experts_side_by_side_are_one_map_broadcast_over_them() -> None:
    proves(find("mixture-of-experts-symbolic"), find("mixture-of-experts-stacked-symbolic"))


def test_experts_are_any_functions() -> None:
    """One expert, whatever it is, has the whole share; linear experts with one weight ignore the gate."""
    f = linear("m", "n", name="f") >> silu >> linear("n", "m", name="g")
    proves(mixture(gate(Axis("e", 1)), [f]).at(ty("t m")), f.at(ty("t m")))
    proves(mixture(gate(Axis("e", 3)), [linear("m", "m", name="f")] * 3).at(ty("t m")), linear("m", "m", name="f").at(ty("t m")))


def test_shares_add_up_to_one() -> None:
    ones = gate(Axis("e", 3)) >> total("e")
    proves(ones.at(ty("t m")), Family("one", 1, lambda x: total(x, "m") * 0 + 1).at(ty("t m")))
