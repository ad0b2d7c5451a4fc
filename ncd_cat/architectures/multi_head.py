"""Multi-head self-attention, written one head at a time and as contractions over all heads at once.

The heads are a split of one axis, m' = (h d), so that "slice, attend, concatenate, project" and one batched attention
are the same sums.  Source: Vaswani et al., arXiv 1706.03762; figure 21 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph
from ncd_cat.language import add, align, attention, bias, concat, cut, einsum, linear, order, rename, softmax, trace, weight
from ncd_cat.language import split as split_axis
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array


@dataclass(frozen=True)
class MultiHead:
    """The sizes of a multi-head attention: the number of heads is a number, the others may be symbols."""

    batch: Size = 2
    tokens: Size = 5
    model: Size = 10
    heads: int = 3
    width: Size = 4

    def graph(self, function: Callable[[MultiHead, Any], Any]) -> Graph:
        """The graph of one of the functions below on an input (b, t, m)."""
        x = Array((Axis("b", self.batch), Axis("t", self.tokens), self.m), name="x")
        return trace(partial(function, self), x)

    @property
    def m(self) -> Axis:
        """The model's axis."""
        return Axis("m", self.model)

    @property
    def n(self) -> Axis:
        """The axis of all heads."""
        return Axis("n", self.width * self.heads)


def per_head(sizes: MultiHead, x: Any) -> Any:
    """Each head attends by its own rows of the weights; the heads are concatenated and projected."""
    heads = [_head(sizes, x, i) for i in range(sizes.heads)]
    return linear(concat(*heads, axis="d"), "d", sizes.m, name="out")


def summed(sizes: MultiHead, x: Any) -> Any:
    """Each head is projected by its own columns of the output weight; the projections are added up."""
    w = weight("out.weight", (sizes.m, sizes.n))
    columns = [cut(w, "n", sizes.width * i, sizes.width) for i in range(sizes.heads)]
    parts = [einsum("b t d, m d -> b t m", _head(sizes, x, i), c) for i, c in enumerate(columns)]
    return bias(add(*parts), "m", name="out.bias")


def einsums(sizes: MultiHead, x: Any, split: str = "(h d)") -> Any:
    """One projection, split into heads, and contractions over all of them.

    The split (d h) is a mistake that shapes do not show: the weights mean (h d).
    """
    q, k, v = (_split(sizes, x, name, split) for name in ("query", "key", "value"))
    scores = einsum("b t h d, b u h d -> b h t u", q, k, scale=Axis("d", sizes.width) ** -0.5)
    y = einsum("b h t u, b u h d -> b t h d", softmax(scores, "u"), v)
    return linear(y, "h d", sizes.m, name="out")


def fused(sizes: MultiHead, x: Any) -> Any:
    """One projection, split into heads, and one attention over all of them, as a fused kernel computes it."""
    q, k, v = (order(_split(sizes, x, name, "(h d)"), "b h t d") for name in ("query", "key", "value"))
    return linear(attention(q, k, v), "h d", sizes.m, name="out")


def table() -> dict[str, Callable[[], Graph]]:
    """The architectures of this file by name."""
    concrete = MultiHead()
    symbolic = MultiHead(symbol("b"), symbol("t"), symbol("m"), 3, symbol("d"))
    return {
        "multi-head-attention": partial(concrete.graph, einsums),
        "multi-head-attention-fused": partial(concrete.graph, fused),
        "multi-head-attention-interleaved": partial(concrete.graph, partial(einsums, split="(d h)")),
        "multi-head-attention-per-head": partial(concrete.graph, per_head),
        "multi-head-attention-per-head-symbolic": partial(symbolic.graph, per_head),
        "multi-head-attention-summed": partial(concrete.graph, summed),
        "multi-head-attention-symbolic": partial(symbolic.graph, einsums),
    }


def _head(sizes: MultiHead, x: Any, i: int) -> Any:
    """Head number i: an array (b, t, d)."""
    q, k, v = (_rows(sizes, x, name, i) for name in ("query", "key", "value"))
    scores = einsum("b t d, b u d -> b t u", q, k, scale=Axis("d", sizes.width) ** -0.5)
    return einsum("b t u, b u d -> b t d", softmax(scores, "u"), v)


def _rows(sizes: MultiHead, x: Any, name: str, i: int) -> Any:
    """x projected by the rows of head i of the weight `name.weight`: an array (b, t, d)."""
    start = sizes.width * i
    w = cut(weight(f"{name}.weight", (sizes.n, sizes.m)), "n", start, sizes.width)
    b = cut(weight(f"{name}.bias", (sizes.n,)), "n", start, sizes.width)
    y, shift = align(einsum("b t m, d m -> b t d", x, w), rename(b, n="d"))
    return y + shift


def _split(sizes: MultiHead, x: Any, name: str, axes: str) -> Any:
    """x projected by `name` and split into heads: an array (b, t, h, d)."""
    return order(split_axis(linear(x, "m", sizes.n, name=name), f"n -> {axes}", h=sizes.heads), "b t h d")
