"""Scaled dot-product attention, softmax(q·kᵀ/√d)·v, and forms of it that are equal to it or nearly so.

A bias on the keys shifts all scores of a query alike, so the softmax does not see it; the factor 1/√d it does see.
Source: Vaswani et al., arXiv 1706.03762; figure 20 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import partial

import numpy as np

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph, Value
from ncd_cat.language import add, attention, einsum, softmax, spread, trace, weight
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Where
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array

Sizes = tuple[Size, Size, Size, Size]  # queries, keys, width of a key, width of a value

CONCRETE: Sizes = (5, 7, 6, 4)


def written_out(sizes: Sizes = CONCRETE, *, scaled: bool = True) -> Graph:
    """Scores, softmax and average as three functions; without `scaled`, the factor 1/√d is left out."""
    scalar = _scale(sizes) if scaled else ONE

    def build(q: Value, k: Value, v: Value) -> Value:
        return _average(einsum("q d, k d -> q k", q, k, scalar=scalar), v)

    return trace(build, *_arrays(sizes))


def fused(sizes: Sizes = CONCRETE, *, causal: bool = False) -> Graph:
    """Attention as one function, as a fused kernel computes it."""
    return trace(lambda q, k, v: attention(q, k, v, scale=_scale(sizes), causal=causal), *_arrays(sizes))


def keys_bias(sizes: Sizes = CONCRETE) -> Graph:
    """Attention to keys to which a bias "key.bias", the same for all keys, is added first."""

    def build(q: Value, k: Value, v: Value) -> Value:
        biased = add(k, spread(weight("key.bias", sizes[2]), (sizes[1],)))
        return _average(einsum("q d, k d -> q k", q, biased, scalar=_scale(sizes)), v)

    return trace(build, *_arrays(sizes))


def causal() -> Graph:
    """Attention in which a table of truth values sets the scores of later keys to −∞."""
    queries, keys, _, _ = CONCRETE

    def build(q: Value, k: Value, v: Value) -> Value:
        scores = einsum("q d, k d -> q k", q, k, scalar=_scale(CONCRETE))
        seen, never = literal(np.tri(5, 7, dtype=bool)), spread(literal(-np.inf), (queries, keys))
        return _average(Where()(seen, scores, never), v)

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


def _average(scores: Value, v: Value) -> Value:
    return einsum("q k, k v -> q v", softmax(scores, -1), v)


def _scale(sizes: Sizes) -> Scalar:
    return Scalar.of(sizes[2]).power(Fraction(-1, 2))


def _arrays(sizes: Sizes) -> tuple[Array, Array, Array]:
    q, k, d, v = (Axis(name, n) for name, n in zip("qkdv", sizes, strict=True))
    return Array((q, d), name="queries"), Array((k, d), name="keys"), Array((k, v), name="values")
