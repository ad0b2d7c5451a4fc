"""GPT-2 small, written twice: attention spelled out, and attention by PyTorch's fused kernel.  The two are equal.

    ncd prove examples/gpt2.py:eager examples/gpt2.py:fused --certificate gpt2.cert.json
    ncd prove examples/gpt2.py:eager examples/gpt2.py:broken

Both modules have the same state dict.  They are built on the meta device: a proof needs no weights.
Source: Radford et al. 2019, Language models are unsupervised multitask learners.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Config:
    """The sizes of GPT-2 small."""

    layers: int = 12
    heads: int = 12
    width: int = 768
    hidden: int = 3072
    vocabulary: int = 50257
    positions: int = 1024


GPT2_SMALL = Config()


class EagerAttention(nn.Module):
    """Causal self-attention, one matrix product a step."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.heads = c.heads
        self.c_attn, self.c_proj = nn.Linear(c.width, 3 * c.width), nn.Linear(c.width, c.width)

    def forward(self, x: Tensor) -> Tensor:
        b, t, width = x.shape
        q, k, v = self.c_attn(x).chunk(3, dim=-1)
        q, k, v = (y.reshape(b, t, self.heads, width // self.heads).permute(0, 2, 1, 3) for y in (q, k, v))
        scores = torch.matmul(q, k.transpose(-1, -2)) / math.sqrt(width // self.heads)
        future = torch.ones(t, t, dtype=torch.bool, device=x.device).triu(1)
        weights = torch.softmax(scores.masked_fill(future, float("-inf")), dim=-1)
        y = torch.matmul(weights, v).transpose(1, 2).contiguous()
        return self.c_proj(y.view(b, t, width))


class FusedAttention(EagerAttention):
    """Causal self-attention by the fused kernel, with the heads split before q, k and v are."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.c_attn(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        return self.c_proj(y.transpose(1, 2).flatten(2))


class UnscaledAttention(FusedAttention):
    """Wrong: the scores are divided by d, not by √d."""

    def forward(self, x: Tensor) -> Tensor:
        q, k, v = self.c_attn(x).unflatten(-1, (3, self.heads, -1)).permute(2, 0, 3, 1, 4)
        y = F.scaled_dot_product_attention(q, k, v, is_causal=True, scale=1 / q.shape[-1])
        return self.c_proj(y.transpose(1, 2).flatten(2))


class EagerMLP(nn.Module):
    """Two linear maps around the tanh form of gelu, written out."""

    def __init__(self, c: Config) -> None:
        super().__init__()
        self.c_fc, self.c_proj = nn.Linear(c.width, c.hidden), nn.Linear(c.hidden, c.width)

    def forward(self, x: Tensor) -> Tensor:
        y = self.c_fc(x)
        y = 0.5 * y * (1 + torch.tanh(math.sqrt(2 / math.pi) * (y + 0.044715 * torch.pow(y, 3))))
        return self.c_proj(y)


class FusedMLP(EagerMLP):
    """Two linear maps around PyTorch's gelu."""

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """One layer: attention and MLP, each after a layer norm and around a residual."""

    def __init__(self, c: Config, attention: type[EagerAttention], mlp: type[EagerMLP]) -> None:
        super().__init__()
        self.ln_1, self.attn = nn.LayerNorm(c.width), attention(c)
        self.ln_2, self.mlp = nn.LayerNorm(c.width), mlp(c)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    """Token ids (b, t) to logits (b, t, vocabulary), the output matrix tied to the token embedding."""

    def __init__(self, c: Config, attention: type[EagerAttention], mlp: type[EagerMLP]) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(c.vocabulary, c.width), nn.Embedding(c.positions, c.width)
        self.h = nn.ModuleList(Block(c, attention, mlp) for _ in range(c.layers))
        self.ln_f, self.lm_head = nn.LayerNorm(c.width), nn.Linear(c.width, c.vocabulary, bias=False)
        self.lm_head.weight = self.wte.weight

    def forward(self, ids: Tensor) -> Tensor:
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device))
        for block in self.h:
            x = block(x)
        return self.lm_head(self.ln_f(x))


def _model(attention: type[EagerAttention], mlp: type[EagerMLP], c: Config = GPT2_SMALL) -> GPT2:
    with torch.device("meta"):
        return GPT2(c, attention, mlp).eval()


def eager() -> GPT2:
    """Everything written out."""
    return _model(EagerAttention, EagerMLP)


def fused() -> GPT2:
    """PyTorch's fused attention and gelu."""
    return _model(FusedAttention, FusedMLP)


def broken() -> GPT2:
    """The fused model with a wrong scale in its attention."""
    return _model(UnscaledAttention, FusedMLP)


def inputs() -> tuple[Tensor]:
    """Token ids for a batch of 2 texts of 16 tokens."""
    return (torch.zeros(2, 16, dtype=torch.int64),)
