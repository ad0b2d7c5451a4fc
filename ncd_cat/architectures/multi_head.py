"""Multi-head attention, E, X ↦ L^O(Σ_x softmax_x(k^(−1/2)·L^Q(E)·L^K(X))·L^V(X)): drawn, one head at a time, and fused.

The heads are an axis along which everything but L^O is diagonal, m' = (h d), so that "slice, attend, concatenate, project" and
one batched attention are the same sums.  Source: Vaswani et al., arXiv 1706.03762; figure 21 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ncd_cat.architectures import at
from ncd_cat.architectures.attention import written_out
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import (
    Wire,
    add,
    align,
    attention,
    bias,
    concat,
    copy,
    cut,
    diagram,
    einsum,
    identity,
    linear,
    order,
    rename,
    scale,
    softmax,
    weight,
)
from ncd_cat.language import split as split_axis
from ncd_cat.sizes import symbol

M = Axis("m")  # the model's axis
D = symbol("d")  # the width of a head


# ---- as it is drawn -----------------------------------------------------------------------------------------------


def heads() -> Diagram:
    """(y k h), (x k h), (x k h) → (y k h): attention, in which h is a diagonal twice."""
    weights = einsum("y k h, x k h -> y x h") >> scale(symbol("k") ** -0.5) >> softmax("x")
    return weights @ identity("x k h") >> einsum("y x h, x k h -> y k h")  # type: ignore[no-any-return]


def cross() -> Diagram:
    """(y m), (x m) → (y m): one array attends to another; the learned maps have no bias."""
    q, k, v = (linear("m", "k h", name=name, bias=False) for name in ("query", "key", "value"))
    return identity("y m") @ copy("x m") >> q @ k @ v >> heads() >> linear("k h", "m", name="out", bias=False)  # type: ignore[no-any-return]


def self_attention() -> Diagram:
    """(x m) → (x m): an array attends to itself, so it is copied three ways."""
    y = symbol("x")
    return copy("x m") >> rename(x="y") @ identity("x m") >> cross().resize(y=y) >> rename(y="x")  # type: ignore[no-any-return]


# ---- in four ways that are equal ----------------------------------------------------------------------------------


def per_head(n: int = 3) -> Diagram:
    """Each of n heads attends by its own rows of the weights; the heads are concatenated and projected."""

    @diagram("b t m -> b t m")
    def per_head(x: Wire) -> Wire:
        return linear(concat(*[_head(x, i, n) for i in range(n)], axis="d"), "d", M, name="out")  # type: ignore[no-any-return]

    return per_head


def summed(n: int = 3) -> Diagram:
    """Each of n heads is projected by its own columns of the output weight; the projections are added up."""

    @diagram("b t m -> b t m")
    def summed(x: Wire) -> Wire:
        columns = [_part(weight("out.weight", (M, _all(n))), i) for i in range(n)]
        parts = [einsum("b t d, m d -> b t m", _head(x, i, n), c) for i, c in enumerate(columns)]
        return bias(add(*parts), "m", name="out.bias")  # type: ignore[no-any-return]

    return summed


def einsums(n: int = 3, split: str = "(h d)") -> Diagram:
    """One projection, split into n heads, and contractions over all of them.

    The split (d h) is a mistake that shapes do not show: the weights mean (h d).
    """

    @diagram("b t m -> b t m")
    def einsums(x: Wire) -> Wire:
        q, k, v = (_split(x, name, n, split) for name in ("query", "key", "value"))
        scores = einsum("b t h d, b u h d -> b h t u", q, k, scale=D**-0.5)
        y = einsum("b h t u, b u h d -> b t h d", softmax(scores, "u"), v)
        return linear(y, "h d", M, name="out")  # type: ignore[no-any-return]

    return einsums


def fused(n: int = 3) -> Diagram:
    """One projection, split into n heads, and one attention over all of them, as a fused kernel computes it."""

    @diagram("b t m -> b t m")
    def fused(x: Wire) -> Wire:
        q, k, v = (order(_split(x, name, n), "b h t d") for name in ("query", "key", "value"))
        return linear(attention(q, k, v), "h d", M, name="out")  # type: ignore[no-any-return]

    return fused


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    paper, sizes = {"y": 20, "x": 22, "m": 128, "k": 16, "h": 4}, {"b": 2, "t": 5, "m": 10, "d": 4}
    return {
        "cross-attention": partial(at, cross, **paper),
        "cross-attention-symbolic": cross,
        "multi-head-attention": partial(at, einsums, **sizes),
        "multi-head-attention-fused": partial(at, fused, **sizes),
        "multi-head-attention-interleaved": partial(at, partial(einsums, split="(d h)"), **sizes),
        "multi-head-attention-per-head": partial(at, per_head, **sizes),
        "multi-head-attention-per-head-symbolic": per_head,
        "multi-head-attention-summed": partial(at, summed, **sizes),
        "multi-head-attention-symbolic": einsums,
        "self-attention": partial(at, self_attention, x=22, m=128, k=16, h=4),
        "self-attention-symbolic": self_attention,
    }


def _all(n: int) -> Axis:
    """The axis of all n heads."""
    return Axis("n", D * n)


def _part(w: Any, i: int) -> Any:
    """The part of a weight that belongs to head number i, along an axis d."""
    return w >> cut("n", D * i, D) >> rename(n="d")


def _head(x: Wire, i: int, n: int) -> Any:
    """Head number i of n: an array (b, t, d)."""
    q, k, v = (_rows(x, name, i, n) for name in ("query", "key", "value"))
    return written_out().over("b")(q, k, v)


def _rows(x: Wire, name: str, i: int, n: int) -> Any:
    """x projected by the rows of head i of the weight `name.weight`: an array (b, t, d)."""
    w, b = (_part(weight(f"{name}.{part}", axes), i) for part, axes in (("weight", (_all(n), M)), ("bias", (_all(n),))))
    return add(*align(einsum("b t m, d m -> b t d", x, w), b))


def _split(x: Wire, name: str, n: int, axes: str = "(h d)") -> Any:
    """x projected by `name` and split into n heads: an array (b, t, h, d)."""
    return order(split_axis(linear(x, "m", _all(n), name=name), f"n -> {axes}", h=n), "b t h d")
