"""Attention written twice, as plain functions of tensors: by einsum, and by PyTorch's fused kernel.

    ncd prove examples/attention.py:spelled_out examples/attention.py:fused
    ncd prove examples/attention.py:spelled_out examples/attention.py:without_scale

Every tensor argument is a variable of the claim: it holds for all queries, keys and values.
Source: Vaswani et al., arXiv 1706.03762.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def spelled_out(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """q (b, h, t, d), k (b, h, u, d) and v (b, h, u, e) to (b, h, t, e)."""
    scores = torch.einsum("bhtd,bhud->bhtu", q, k) / q.shape[-1] ** 0.5
    return torch.einsum("bhtu,bhue->bhte", torch.softmax(scores, dim=-1), v)


def fused(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """The same, by the fused kernel."""
    return F.scaled_dot_product_attention(q, k, v)


def without_scale(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """Wrong: the 1/√d is missing."""
    return torch.softmax(q @ k.transpose(-1, -2), dim=-1) @ v


inputs = (torch.zeros(2, 4, 5, 6), torch.zeros(2, 4, 7, 6), torch.zeros(2, 4, 7, 3))
