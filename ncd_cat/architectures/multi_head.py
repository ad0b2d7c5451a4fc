"""Multi-head self-attention, written one head at a time and as contractions over all heads at once.

The heads are a split of one axis, m' = (h d), so that "slice, attend, concatenate, project" and one batched attention
are the same sums.  Source: Vaswani et al., arXiv 1706.03762; figure 21 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph, Value
from ncd_cat.language import add, attention, concatenate, cut, einsum, linear, rearrange, softmax, spread, trace, weight
from ncd_cat.scalars import Scalar
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

    def graph(self, function: Callable[[MultiHead, Value], Value]) -> Graph:
        """The graph of one of the functions below on an input (b, t, m)."""
        x = Array((Axis("b", self.batch), Axis("t", self.tokens), Axis("m", self.model)), name="x")
        return trace(partial(function, self), x)

    @property
    def scale(self) -> Scalar:
        """1/√d."""
        return Scalar.of(self.width).power(Fraction(-1, 2))


def per_head(sizes: MultiHead, x: Value) -> Value:
    """Each head attends by its own rows of the weights; the heads are concatenated and projected."""
    return linear(concatenate([_head(sizes, x, i) for i in range(sizes.heads)], 2), "out", sizes.model)


def summed(sizes: MultiHead, x: Value) -> Value:
    """Each head is projected by its own columns of the output weight; the projections are added up."""
    w = weight("out.weight", sizes.model, sizes.width * sizes.heads)
    columns = [cut(w, 1, sizes.width * i, sizes.width) for i in range(sizes.heads)]
    parts = [einsum("b t d, m d -> b t m", _head(sizes, x, i), c) for i, c in enumerate(columns)]
    return add(*parts, spread(weight("out.bias", sizes.model), (sizes.batch, sizes.tokens)))


def einsums(sizes: MultiHead, x: Value, split: str = "(h d)") -> Value:
    """One projection, split into heads, and contractions over all of them.

    The split (d h) is a mistake that shapes do not show: the weights mean (h d).
    """
    q, k, v = (_split(sizes, x, name, split) for name in ("query", "key", "value"))
    scores = einsum("b h t d, b h u d -> b h t u", q, k, scalar=sizes.scale)
    y = einsum("b h t u, b h u d -> b h t d", softmax(scores, -1), v)
    return linear(rearrange("b h t d -> b t (h d)", y), "out", sizes.model)


def fused(sizes: MultiHead, x: Value) -> Value:
    """One projection, split into heads, and one attention over all of them, as a fused kernel computes it."""
    q, k, v = (_split(sizes, x, name, "(h d)") for name in ("query", "key", "value"))
    y = attention(q, k, v, scale=sizes.scale)
    return linear(rearrange("b h t d -> b t (h d)", y), "out", sizes.model)


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


def _head(sizes: MultiHead, x: Value, i: int) -> Value:
    """Head number i: an array (b, t, d)."""
    q, k, v = (_rows(sizes, x, name, i) for name in ("query", "key", "value"))
    scores = einsum("b t d, b u d -> b t u", q, k, scalar=sizes.scale)
    return einsum("b t u, b u d -> b t d", softmax(scores, -1), v)


def _rows(sizes: MultiHead, x: Value, name: str, i: int) -> Value:
    """x projected by the rows of head i of the weight `name.weight`: an array (b, t, d)."""
    start, total = sizes.width * i, sizes.width * sizes.heads
    w = cut(weight(f"{name}.weight", total, sizes.model), 0, start, sizes.width)
    b = cut(weight(f"{name}.bias", total), 0, start, sizes.width)
    return add(einsum("b t m, d m -> b t d", x, w), spread(b, (sizes.batch, sizes.tokens)))


def _split(sizes: MultiHead, x: Value, name: str, axes: str) -> Value:
    """x projected by `name` and split into heads: an array (b, h, t, d)."""
    return rearrange(f"b t {axes} -> b h t d", linear(x, name, sizes.width * sizes.heads), h=sizes.heads)
