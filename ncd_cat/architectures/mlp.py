"""The feed-forward block, W₂·gelu(W₁·x + b₁) + b₂, whole and split over its hidden axis.

A pointwise function does not mix hidden units, so they can be computed in two parts and their projections added, which
is how the block is sharded over devices.  Source: Shoeybi et al., arXiv 1909.08053, section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph, Value
from ncd_cat.language import add, cut, einsum, gelu, gelu_tanh, linear, spread, trace, weight
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array

Sizes = tuple[Size, Size, Size]  # tokens, width, half of the hidden width

CONCRETE: Sizes = (5, 6, 7)


def whole(sizes: Sizes = CONCRETE, activation: Pointwise = gelu) -> Graph:
    """Up, activation, down."""
    _, m, half = sizes
    return trace(lambda x: linear(activation(linear(x, "up", half * 2)), "down", m), _array(sizes))


def split(sizes: Sizes = CONCRETE) -> Graph:
    """The hidden units in two halves, each with its rows of the first weight and its columns of the second."""
    t, m, half = sizes
    w, b, down = weight("up.weight", half * 2, m), weight("up.bias", half * 2), weight("down.weight", m, half * 2)

    def part(x: Value, start: Size) -> Value:
        rows, shift = cut(w, 0, start, half), spread(cut(b, 0, start, half), (t,))
        hidden = gelu(add(einsum("t m, n m -> t n", x, rows), shift))
        return einsum("t n, m n -> t m", hidden, cut(down, 1, start, half))

    return trace(lambda x: add(part(x, 0), part(x, half), spread(weight("down.bias", m), (t,))), _array(sizes))


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
