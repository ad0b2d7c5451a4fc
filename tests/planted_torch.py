"""Functions of tensors with something in them that they could do without, each beside the diagram that a person would draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

import ncd_cat as ncd
from ncd_cat.graph import Graph
from ncd_cat.programs import graph_of

torch = pytest.importorskip("torch")
functional = torch.nn.functional
Function = Callable[..., Any]
EPS = 2.0**-10


class Pair(NamedTuple):
    """Two functions of tensors of some sizes: what is given, and what is wanted."""

    sizes: tuple[tuple[int, ...], ...]
    given: Function
    wanted: Function

    def graphs(self) -> tuple[Graph, Graph]:
        """The two functions as graphs."""
        inputs = tuple([torch.zeros(n, dtype=torch.float64) for n in self.sizes])
        given, wanted = (graph_of(ncd.from_torch(f, inputs), None, "the function", "") for f in (self.given, self.wanted))
        return given, wanted


def layer_norm(x: Any) -> Any:
    """The norm of the rows, with neither weight nor bias."""
    return functional.layer_norm(x, x.shape[-1:], eps=EPS)


def unshifted(x: Any) -> Any:
    """The softmax of rows, written out."""
    return x.exp() / x.exp().sum(-1, keepdim=True)


def norms() -> Mapping[str, Function]:
    """The layer norm of rows, as people write it."""

    def by_var(x: Any) -> Any:
        return (x - x.mean(-1, keepdim=True)) / torch.sqrt(torch.var(x, -1, unbiased=False, keepdim=True) + EPS)

    def by_var_rsqrt(x: Any) -> Any:
        return (x - x.mean(-1, keepdim=True)) * torch.rsqrt(x.var(-1, unbiased=False, keepdim=True) + EPS)

    def by_moments(x: Any) -> Any:
        m = x.mean(-1, keepdim=True)
        return (x - m) * (x.pow(2).mean(-1, keepdim=True) - m**2 + EPS) ** -0.5

    def by_sums(x: Any) -> Any:
        c = x - x.sum(-1, keepdim=True) / x.shape[-1]
        return c / ((c * c).sum(-1, keepdim=True) / x.shape[-1] + EPS).sqrt()

    return {f.__name__: f for f in (by_var, by_var_rsqrt, by_moments, by_sums)}


def planted() -> dict[str, Pair]:
    """All of them by name."""
    rows, square, many = ((3, 4),), ((4, 4),), ((2, 3, 4),)
    found = {f"layer norm {name}": Pair(rows, f, layer_norm) for name, f in norms().items()}
    found |= {
        "views": Pair(many, lambda x: x.view(6, 4).reshape(2, 3, 4).flatten().view(2, 3, 4), lambda x: x * 1),
        "permutes": Pair(many, lambda x: x.permute(2, 0, 1).transpose(0, 2).exp().permute(1, 0, 2).permute(2, 1, 0),
                         lambda x: x.exp().permute(2, 0, 1).transpose(0, 2).permute(1, 0, 2).permute(2, 1, 0)),
        "chunks and cat": Pair(rows, lambda x: torch.cat(x.chunk(2, -1), -1), lambda x: x * 1),
        "squeezes": Pair(rows, lambda x: x.unsqueeze(0).squeeze(0).exp(), lambda x: x.exp()),
        "expand and mean": Pair(rows, lambda x: x.exp().unsqueeze(0).expand(5, 3, 4).mean(0), lambda x: x.exp()),
        "pad and slice": Pair(rows, lambda x: functional.pad(x, (1, 1))[:, 1:-1], lambda x: x * 1),
        "flips": Pair(rows, lambda x: x.flip(-1).exp().flip(-1), lambda x: x.exp()),
        "rolls": Pair(rows, lambda x: x.roll(1, -1).roll(-1, -1), lambda x: x * 1),
        "softmax": Pair(rows, unshifted, lambda x: x.softmax(-1)),
        "stable softmax": Pair(rows, lambda x: unshifted(x - x.amax(-1, keepdim=True)), lambda x: x.softmax(-1)),
        "log of softmax": Pair(rows, lambda x: x.softmax(-1).log(), lambda x: x.log_softmax(-1)),
        "sigmoid": Pair(rows, lambda x: 1 / (1 + torch.exp(-x)), torch.sigmoid),
        "silu": Pair(rows, lambda x: x * torch.sigmoid(x), functional.silu),
        "gelu": Pair(rows, lambda x: 0.5 * x * (1 + torch.erf(x / 2**0.5)), functional.gelu),
        "gelu by tanh": Pair(rows, lambda x: 0.5 * x * (1 + torch.tanh((2 / torch.pi) ** 0.5 * (x + 0.044715 * x**3))),
                             lambda x: functional.gelu(x, approximate="tanh")),
        "relu": Pair(rows, lambda x: x.clamp(min=0), torch.relu),
        "relu by where": Pair(rows, lambda x: torch.where(x > 0, x, torch.zeros_like(x)), torch.relu),
        "softplus": Pair(rows, lambda x: torch.log(1 + x.exp()), functional.softplus),
        "rms norm": Pair(rows,
                         lambda x: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + EPS), lambda x: functional.rms_norm(x, (4,), eps=EPS)),
        "scores times values": Pair(((50, 2), (50, 2), (50, 2)), lambda q, k, v: (q @ k.T) @ v, lambda q, k, v: q @ (k.T @ v)),
        "trace": Pair(square, lambda x: torch.trace(x @ x.T), lambda x: (x * x).sum()),
        "one-hot": Pair(rows, lambda x: torch.eye(3, dtype=torch.float64)[1] @ x, lambda x: x[1]),
        "mask of a mask": Pair(square, lambda x: x.tril().tril(), lambda x: x.tril()),
        "norm of a norm's shift": Pair(rows, lambda x: layer_norm(x + x.mean(-1, keepdim=True)), layer_norm),
        "shift of a softmax": Pair(rows, lambda x: (x - x.logsumexp(-1, keepdim=True)).softmax(-1), lambda x: x.softmax(-1)),
    }  # fmt: skip
    return found
