"""Scaled dot-product attention, softmax(q·kᵀ/√d)·v, and forms of it that are equal to it or nearly so.

A bias on the keys shifts all scores of a query alike, so the softmax does not see it; the factor 1/√d it does see.
Source: Vaswani et al., arXiv 1706.03762; figure 20 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph
from ncd_cat.language import attention as attend
from ncd_cat.language import bias, causal_mask, einsum, masked, softmax, trace
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array

Sizes = tuple[Size, Size, Size, Size]  # queries, keys, width of a key, width of a value

CONCRETE: Sizes = (5, 7, 6, 4)


def written_out(sizes: Sizes = CONCRETE, *, scaled: bool = True) -> Graph:
    """Scores, softmax and average as three functions; without `scaled`, the factor 1/√d is left out."""
    return trace(lambda q, k, v: _average(_scores(q, k, scaled), v), *_arrays(sizes))


def fused(sizes: Sizes = CONCRETE, *, causal: bool = False) -> Graph:
    """Attention as one function, as a fused kernel computes it."""
    return trace(lambda q, k, v: attend(q, k, v, causal=causal), *_arrays(sizes))


def keys_bias(sizes: Sizes = CONCRETE) -> Graph:
    """Attention to keys to which a bias "key.bias", the same for all keys, is added first."""
    return trace(lambda q, k, v: _average(_scores(q, bias(k, "d", name="key.bias")), v), *_arrays(sizes))


def causal() -> Graph:
    """Attention in which a table of truth values sets the scores of later keys to −∞."""

    def build(q: Any, k: Any, v: Any) -> Any:
        scores = _scores(q, k)
        return _average(masked(scores, causal_mask("q:5", "k:7")), v)

    return trace(build, *_arrays(CONCRETE))


def table() -> dict[str, Callable[[], Graph]]:
    """The architectures of this file by name."""
    q, k, d, v = (symbol(s) for s in "qkdv")
    return {
        "attention": written_out,
        "attention-causal": causal,
        "attention-causal-fused": partial(fused, causal=True),
        "attention-fused": fused,
        "attention-fused-symbolic": partial(fused, (q, k, d, v)),
        "attention-keys-bias": keys_bias,
        "attention-keys-bias-symbolic": partial(keys_bias, (q, k, d, v)),
        "attention-symbolic": partial(written_out, (q, k, d, v)),
        "attention-unscaled": partial(written_out, scaled=False),
    }


def _scores(q: Any, k: Any, scaled: bool = True) -> Any:
    return einsum("q d, k d -> q k", q, k, scale=q.axes[1] ** -0.5 if scaled else 1)


def _average(scores: Any, v: Any) -> Any:
    return einsum("q k, k v -> q v", softmax(scores, "k"), v)


def _arrays(sizes: Sizes) -> tuple[Array, Array, Array]:
    q, k, d, v = (Axis(name, n) for name, n in zip("qkdv", sizes, strict=True))
    return Array((q, d), name="queries"), Array((k, d), name="keys"), Array((k, v), name="values")
