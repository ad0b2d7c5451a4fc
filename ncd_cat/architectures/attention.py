"""Scaled dot-product attention, softmax(q·kᵀ/√d)·v, and forms of it that are equal to it or nearly so.

A bias on the keys shifts all scores of a query alike, so the softmax does not see it; the factor 1/√d it does see.
Source: Vaswani et al., arXiv 1706.03762; figure 20 of arXiv 2402.05424.

>>> print(scores())
contraction >> contraction
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, bias, causal_mask, cup, diagram, einsum, identity, masked, order, rename, scale, softmax, ty
from ncd_cat.language import attention as attend
from ncd_cat.sizes import symbol

ARRAYS = "q d, k d, k v"  # queries, keys, values


def scores() -> Diagram:
    """(q d), (k d) → (q k): the inner product of each query and each key, divided by √d."""
    return einsum("q d, k d -> q k") >> scale(symbol("d") ** -0.5)  # type: ignore[no-any-return]


def average() -> Diagram:
    """(q k), (k v) → (q v): the average of the values, weighted by the softmax of the scores."""
    return softmax("k").at(ty("q k")) @ identity("k v") >> einsum("q k, k v -> q v")  # type: ignore[no-any-return]


def written_out() -> Diagram:
    """Scores, softmax and average as three functions."""
    return (scores() @ identity("k v")) >> average()  # type: ignore[no-any-return]


def unscaled() -> Diagram:
    """Attention without the factor 1/√d."""
    return einsum("q d, k d -> q k") @ identity("k v") >> average()  # type: ignore[no-any-return]


def bent() -> Diagram:
    """Attention as it is drawn: outer products, where two wires become one, and cups, where two axes meet."""
    d, k = symbol("d"), symbol("k")
    keys = (order("d k") >> rename(d="e")).at(ty("k d"))
    scores = identity("q d") @ keys >> einsum("q d, e k -> q d e k", e=d) >> cup("d", "e") >> scale(d**-0.5)
    values = rename(k="u").at(ty("k v"))
    return (scores >> softmax("k")) @ values >> einsum("q k, u v -> q k u v", u=k) >> cup("k", "u")  # type: ignore[no-any-return]


def fused(causal: bool = False) -> Diagram:
    """Attention as one function, as a fused kernel computes it; with `causal`, query t sees the keys up to number t."""
    return attend(causal=causal).at(ty(ARRAYS))  # type: ignore[no-any-return]


def keys_bias() -> Diagram:
    """Attention to keys to which a bias "key.bias", the same for all keys, is added first."""

    @diagram(ARRAYS)
    def keys_bias(queries: Wire, keys: Wire, values: Wire) -> Wire:
        return written_out()(queries, bias(keys, "d", name="key.bias"), values)  # type: ignore[no-any-return]

    return keys_bias


def causal() -> Diagram:
    """Attention in which a table of truth values sets the scores of later keys to −∞."""

    @diagram(ARRAYS, q=5, k=7)
    def causal(queries: Wire, keys: Wire, values: Wire) -> Wire:
        seen = masked(scores()(queries, keys), causal_mask("q:5", "k:7"))
        return average()(seen, values)  # type: ignore[no-any-return]

    return causal


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"q": 5, "k": 7, "d": 6, "v": 4}
    return {
        "attention": partial(at, written_out, **sizes),
        "attention-bent": partial(at, bent, **sizes),
        "attention-bent-symbolic": bent,
        "attention-causal": partial(at, causal, d=6, v=4),
        "attention-causal-fused": partial(at, partial(fused, causal=True), **sizes),
        "attention-fused": partial(at, fused, **sizes),
        "attention-fused-symbolic": fused,
        "attention-keys-bias": partial(at, keys_bias, **sizes),
        "attention-keys-bias-symbolic": keys_bias,
        "attention-symbolic": written_out,
        "attention-unscaled": partial(at, unscaled, **sizes),
    }
