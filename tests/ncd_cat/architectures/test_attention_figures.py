from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import attention, find, multi_head, scores
from ncd_cat.architectures.classifier import classifier

torch = pytest.importorskip("torch")
import torch.nn.functional as F  # noqa: E402

from tests.architectures import agrees, is_twin, proves  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn


def stepwise(q: Any, k: Any) -> Any:
    """The steps of figure 17: transpose, outer product with a diagonal of h, trace over k, scale."""
    pairs = torch.einsum("ykh,jxh->ykjxh", q, k.permute(1, 0, 2))
    return pairs.diagonal(dim1=1, dim2=2).sum(-1) / math.sqrt(q.shape[1])


def by_hand(q: Any, k: Any, v: Any, scaled: bool = True) -> Any:
    s = q @ k.T / math.sqrt(q.shape[-1]) if scaled else q @ k.T
    return torch.softmax(s, -1) @ v


def causal(q: Any, k: Any, v: Any) -> Any:
    s = q @ k.T / math.sqrt(q.shape[-1])
    seen = torch.ones_like(s, dtype=torch.bool).tril()
    return torch.softmax(s.masked_fill(~seen, float("-inf")), -1) @ v


class KeysBias(nn.Module):
    """Keys with a bias that all of them share."""

    def __init__(self) -> None:
        super().__init__()
        self.key = nn.Module()
        self.key.bias = nn.Parameter(torch.randn(6))

    def forward(self, q: Any, k: Any, v: Any) -> Any:
        return by_hand(q, k + self.key.bias, v)


class Figure21(nn.Module):
    """Multi-head attention as the figure's code has it: heads are packed (k h), h fastest, and softmax is over dim −2."""

    def __init__(self, m: int = 128, k: int = 16, h: int = 4) -> None:
        super().__init__()
        self.heads = (k, h)
        self.query, self.key, self.value = (nn.Linear(m, k * h, bias=False) for _ in range(3))
        self.out = nn.Linear(k * h, m, bias=False)

    def forward(self, e: Any, x: Any | None = None) -> Any:
        x = e if x is None else x
        q, k, v = (f(a).unflatten(-1, self.heads) for f, a in ((self.query, e), (self.key, x), (self.value, x)))
        weights = torch.softmax(torch.einsum("ykh,xkh->yxh", q, k) / self.heads[0] ** 0.5, dim=-2)
        return self.out(torch.einsum("yxh,xkh->ykh", weights, v).flatten(-2))


class Fused21(Figure21):
    """The same with PyTorch's fused attention, heads first."""

    def forward(self, e: Any, x: Any | None = None) -> Any:
        x = e if x is None else x
        q, k, v = (f(a).unflatten(-1, self.heads).permute(2, 0, 1) for f, a in ((self.query, e), (self.key, x), (self.value, x)))
        return self.out(F.scaled_dot_product_attention(q, k, v).permute(1, 2, 0).flatten(-2))


class Heads(nn.Module):
    """Self-attention of several heads, packed (h d), with biases."""

    def __init__(self, m: int = 10, n: int = 12) -> None:
        super().__init__()
        self.query, self.key, self.value, self.out = nn.Linear(m, n), nn.Linear(m, n), nn.Linear(m, n), nn.Linear(n, m)

    def forward(self, x: Any) -> Any:
        q, k, v = (f(x).unflatten(-1, (3, -1)).transpose(1, 2) for f in (self.query, self.key, self.value))
        return self.out(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2))


def perceptron(x: int, n: int, k: int) -> Any:
    return nn.Sequential(nn.Flatten(0), nn.Linear(x * x, n), nn.ReLU(), nn.Linear(n, n), nn.ReLU(), nn.Linear(n, k), nn.Softmax(-1))


class FeedForward(nn.Module):
    """Up, gelu, down."""

    def __init__(self, approximate: str = "none") -> None:
        super().__init__()
        self.up, self.act, self.down = nn.Linear(6, 14), nn.GELU(approximate), nn.Linear(14, 6)

    def forward(self, x: Any) -> Any:
        return self.down(self.act(self.up(x)))


TWINS: dict[str, Callable[[], Any]] = {
    "scores": lambda: lambda q, k: torch.einsum("ykh,xkh->yxh", q, k) / math.sqrt(4),
    "scores-stepwise": lambda: stepwise,
    "attention": lambda: by_hand,
    "attention-bent": lambda: by_hand,
    "attention-causal": lambda: causal,
    "attention-causal-fused": lambda: lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True),
    "attention-fused": lambda: F.scaled_dot_product_attention,
    "attention-keys-bias": KeysBias,
    "attention-unscaled": lambda: lambda q, k, v: by_hand(q, k, v, scaled=False),
    "multi-head-attention": Heads,
    "multi-head-attention-fused": Heads,
    "multi-head-attention-per-head": Heads,
    "multi-head-attention-summed": Heads,
    "mlp": FeedForward,
    "mlp-gelu-tanh": lambda: FeedForward("tanh"),
    "mlp-split": FeedForward,
    "classifier": lambda: perceptron(28, 512, 10),
}


@pytest.mark.parametrize("name", TWINS)
def test_an_architecture_is_its_twin(name: str) -> None:
    is_twin(name, TWINS[name]())


@pytest.mark.parametrize("twin", [Figure21, Fused21])
def test_cross_and_self_attention_are_the_code_of_the_figure(twin: Any) -> None:
    is_twin("cross-attention", twin(), k=16, h=4)
    is_twin("self-attention", twin(), k=16, h=4)


def test_the_steps_of_scores_are_one_contraction() -> None:
    proves(scores.stepwise(), scores.fused())


def test_the_drawing_of_attention_is_its_formula() -> None:
    proves(attention.bent(), attention.written_out())
    proves(attention.written_out(), attention.fused())


def test_heads_are_attention_broadcast() -> None:
    """Attention along a diagonal h is attention broadcast over an axis h that comes first."""

    @ncd.diagram("y k h, x k h, x k h -> y k h")
    def broadcast(q: Any, k: Any, v: Any) -> Any:
        return ncd.order(attention.written_out().over("h")(*[ncd.order(a, f"h {a.names[0]} k") for a in (q, k, v)]), "y k h")

    proves(broadcast, multi_head.heads())


def test_self_attention_is_cross_attention_of_copies() -> None:
    x, m = ncd.symbols("x m")
    same = multi_head.cross().resize(y=x.size)
    graph = ncd.trace(lambda e: same(e, e), multi_head.self_attention().dom.inside[0])
    proves(graph, multi_head.self_attention())


def test_a_batch_of_images_is_classified_as_torch_does() -> None:
    model = perceptron(4, 7, 3)
    model[0] = nn.Flatten()
    small = classifier().resize(x_0=4, x_1=4, n=7, k=3)
    agrees(small.over("b:2").graph, model)
    proves(small.over("b:2"), model, (torch.zeros(2, 4, 4, dtype=torch.float64),))
    proves(classifier().over("b"), model, (torch.zeros(2, 4, 4, dtype=torch.float64),))


def test_softmax_over_the_other_axis_is_refuted() -> None:
    weights = scores.fused() >> ncd.softmax("x")
    wrong = lambda q, k: torch.softmax(torch.einsum("ykh,xkh->yxh", q, k) / 2, dim=0)  # noqa: E731
    assert ncd.prove(weights, wrong, (torch.zeros(3, 4, 2), torch.zeros(5, 4, 2))).status == "refuted"


def test_heads_packed_the_other_way_are_refuted() -> None:
    verdict = ncd.prove(find("multi-head-attention-interleaved"), Heads(), (torch.zeros(2, 5, 10),))
    assert verdict.status == "refuted"
    assert np.isfinite(verdict.counterexample.max_abs_diff)
