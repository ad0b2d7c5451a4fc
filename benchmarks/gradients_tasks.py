"""The tasks of the table as diagrams: what is differentiated, how, and the closed forms that are to be found and proved."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import torch
from torch import Tensor

import ncd_cat as ncd

EPS = 1e-5


class Form(NamedTuple):
    """A function, example inputs, and the cotangent of its first input in closed form, a function of inputs and cotangent."""

    function: Callable[..., Tensor]
    sizes: tuple[tuple[int, ...], ...]
    closed: Callable[..., Tensor]


def normed(x: Tensor, axis: int) -> Tensor:
    """Mean 0 and mean square 1 along an axis."""
    c = x - x.mean(axis, keepdim=True)
    return c * torch.rsqrt((c * c).mean(axis, keepdim=True) + EPS)


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The scores are scaled by width^(−1/2)."""
    return torch.softmax(q @ k.T * q.shape[-1] ** -0.5, -1) @ v


def _rate(x: Tensor, axis: int) -> Tensor:
    return torch.rsqrt(((x - x.mean(axis, keepdim=True)) ** 2).mean(axis, keepdim=True) + EPS)


def _unnormed(x: Tensor, w: Tensor, axis: int) -> Tensor:
    y = normed(x, axis)
    return _rate(x, axis) * (w - w.mean(axis, keepdim=True) - y * (w * y).mean(axis, keepdim=True))


def _across(x: Tensor, w: Tensor) -> Tensor:
    rate = torch.rsqrt((x * x).mean(-1, keepdim=True) + EPS)
    return rate * (w - x * rate * (w * x * rate).mean(-1, keepdim=True))


def _attention_dq(q: Tensor, k: Tensor, v: Tensor, d: Tensor) -> Tensor:
    p, dp = torch.softmax(q @ k.T * q.shape[-1] ** -0.5, -1), d @ v.T
    return p * (dp - (p * dp).sum(-1, keepdim=True)) @ k * q.shape[-1] ** -0.5


def _softmax_back(x: Tensor, d: Tensor) -> Tensor:
    p = torch.softmax(x, -1)
    return p * (d - (p * d).sum(-1, keepdim=True))


FORMS = {
    "softmax": Form(lambda x: torch.softmax(x, -1), ((16, 8),), _softmax_back),
    "logsumexp": Form(lambda x: torch.logsumexp(x, -1), ((16, 8),), lambda x, d: torch.softmax(x, -1) * d[:, None]),
    "cross-entropy": Form(lambda z, u: -(torch.softmax(u, -1) * torch.log_softmax(z, -1)).sum(-1), ((16, 8), (16, 8)),
                          lambda z, u, d: (torch.softmax(z, -1) - torch.softmax(u, -1)) * d[:, None]),
    "LayerNorm": Form(lambda x, g, b: torch.nn.functional.layer_norm(x, (8,), g, b, EPS), ((16, 8), (8,), (8,)),
                      lambda x, g, b, d: _unnormed(x, d * g, -1)),
    "RMSNorm": Form(lambda x, g: x * torch.rsqrt((x * x).mean(-1, keepdim=True) + EPS) * g, ((16, 8), (8,)),
                    lambda x, g, d: _across(x, d * g)),
    "BatchNorm": Form(lambda x, g, b: normed(x, 0) * g + b, ((16, 8), (8,), (8,)), lambda x, g, b, d: _unnormed(x, d * g, 0)),
    "attention": Form(attention, ((16, 8), (12, 8), (12, 8)), _attention_dq),
}  # fmt: skip


class Block(torch.nn.Module):
    """A pre-norm transformer block, causal, as in GPT-2."""

    def __init__(self, width: int = 768, heads: int = 12) -> None:
        super().__init__()
        nn = torch.nn
        self.heads, self.act = heads, nn.GELU(approximate="tanh")
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        n = x.shape[0]
        q, k, v = self.qkv(self.ln_1(x)).reshape(n, 3, self.heads, -1).permute(1, 2, 0, 3)
        seen = torch.ones(n, n, dtype=torch.bool).tril()
        p = torch.softmax((q @ k.transpose(1, 2) * q.shape[-1] ** -0.5).masked_fill(~seen, -torch.inf), -1)
        x = x + self.proj((p @ v).transpose(0, 1).reshape(n, -1))
        return x + self.down(self.act(self.up(self.ln_2(x))))


def examples(*sizes: tuple[int, ...]) -> tuple[Tensor, ...]:
    """Random arrays."""
    generator = torch.Generator().manual_seed(0)
    return tuple(torch.randn(n, generator=generator, dtype=torch.float64) for n in sizes)


def _cross_entropy(z: Tensor, u: Tensor) -> Tensor:
    """The targets are distributions, so that the Hessian does not depend on them."""
    return -(torch.softmax(u, -1) * torch.log_softmax(z, -1)).sum()


def _gpt2() -> tuple[Any, Callable[[Any], Any]]:
    from gradients import module

    loss, ids = module()
    return ncd.from_torch(loss, (ids, ids)), lambda f: ncd.grad(f, wrt="weights")


def task(name: str) -> tuple[Any, Callable[[Any], Any]]:
    """The diagram of a task, and how it is differentiated."""
    if name == "12 blocks, weights":
        return _gpt2()
    functions: dict[str, tuple[Any, tuple[tuple[int, ...], ...], Callable[[Any], Any]]] = {
        "cross-entropy Hessian": (_cross_entropy, ((8, 10), (8, 10)), ncd.hessian),
        "attention dQ": (attention, FORMS["attention"].sizes, lambda f: ncd.vjp(f, wrt=(0,))),
        "LayerNorm VJP": (FORMS["LayerNorm"].function, FORMS["LayerNorm"].sizes, ncd.vjp),
        "BatchNorm VJP": (FORMS["BatchNorm"].function, FORMS["BatchNorm"].sizes, ncd.vjp),
        "block dX": (Block().double().eval(), ((128, 768),), ncd.vjp),
        "Hessian of xᵀAx": (lambda x, a: x @ a @ x, ((8,), (8, 8)), ncd.hessian),
    }
    function, sizes, derive = functions[name]
    return ncd.from_torch(function, examples(*sizes)), derive


TASKS = ("cross-entropy Hessian", "attention dQ", "LayerNorm VJP", "BatchNorm VJP", "block dX", "12 blocks, weights", "Hessian of xᵀAx")
