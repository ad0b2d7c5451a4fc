"""The feed-forward block, W₂·gelu(W₁·x + b₁) + b₂, whole and split over its hidden axis.

A pointwise function does not mix hidden units, so they can be computed in two parts and their projections added, which
is how the block is sharded over devices.  Source: Shoeybi et al., arXiv 1909.08053, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph
from ncd_cat.language import align, bias, cut, einsum, gelu, gelu_tanh, linear, trace, weight
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array

Sizes = tuple[Size, Size, Size]  # tokens, width, half of the hidden width

CONCRETE: Sizes = (5, 6, 7)


def whole(sizes: Sizes = CONCRETE, activation: Callable[[Any], Any] = gelu) -> Graph:
    """Up, activation, down."""
    _, m, half = sizes

    def build(x: Any) -> Any:
        return linear(activation(linear(x, "m", Axis("n", half * 2), name="up")), "n", Axis("m", m), name="down")

    return trace(build, _array(sizes))


def split(sizes: Sizes = CONCRETE) -> Graph:
    """The hidden units in two halves, each with its rows of the first weight and its columns of the second."""
    _, m, half = sizes
    hidden, width = Axis("n", half * 2), Axis("m", m)

    def part(x: Any, start: Size) -> Any:
        rows, shift = (cut(weight(key, axes), "n", start, half) for key, axes in (("up.weight", (hidden, width)), ("up.bias", (hidden,))))
        columns = cut(weight("down.weight", (width, hidden)), "n", start, half)
        y, b = align(einsum("t m, n m -> t n", x, rows), shift)
        return einsum("t n, m n -> t m", gelu(y + b), columns)

    return trace(lambda x: bias(part(x, 0) + part(x, half), "m", name="down.bias"), _array(sizes))


def table() -> dict[str, Callable[[], Graph]]:
    """The architectures of this file by name."""
    t, m, n = (symbol(s) for s in "tmn")
    return {
        "mlp": whole,
        "mlp-gelu-tanh": partial(whole, activation=gelu_tanh),
        "mlp-split": split,
        "mlp-split-symbolic": partial(split, (t, m, n)),
        "mlp-symbolic": partial(whole, (t, m, n)),
    }


def _array(sizes: Sizes) -> Array:
    return Array((Axis("t", sizes[0]), Axis("m", sizes[1])), name="x")
