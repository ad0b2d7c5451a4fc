"""The feed-forward block, W₂·gelu(W₁·x + b₁) + b₂, whole and split over its hidden axis.

A pointwise function does not mix hidden units, so they can be computed in two parts and their projections added, which
is how the block is sharded over devices.  Source: Shoeybi et al., arXiv 1909.08053, section 3.

>>> print(whole())
up >> gelu >> down
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, align, bias, cut, diagram, einsum, gelu, gelu_tanh, linear, ty, weight
from ncd_cat.language.family import Family
from ncd_cat.sizes import Size, symbol

HALF = symbol("n")  # of the hidden units
HIDDEN, WIDTH = Axis("n", HALF * 2), Axis("m")


def whole(activation: Family = gelu) -> Diagram:
    """Up, activation, down."""
    return (linear("m", HIDDEN, name="up") >> activation >> linear("n", WIDTH, name="down")).at(ty("t m"))  # type: ignore[no-any-return]


def split() -> Diagram:
    """The hidden units in two halves, each with its rows of the first weight and its columns of the second."""

    def part(x: Wire, start: Size) -> Wire:
        rows, shift = (weight(f"up.{key}", axes) >> cut("n", start, HALF) for key, axes in (("weight", (HIDDEN, WIDTH)), ("bias", HIDDEN)))
        columns = weight("down.weight", (WIDTH, HIDDEN)) >> cut("n", start, HALF)
        y, b = align(einsum("t m, n m -> t n", x, rows), shift)
        return einsum("t n, m n -> t m", gelu(y + b), columns)  # type: ignore[no-any-return]

    @diagram("t m -> t m")
    def split(x: Wire) -> Wire:
        return bias(part(x, 0) + part(x, HALF), "m", name="down.bias")  # type: ignore[no-any-return]

    return split


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"t": 5, "m": 6, "n": 7}
    return {
        "mlp": partial(at, whole, **sizes),
        "mlp-gelu-tanh": partial(at, partial(whole, gelu_tanh), **sizes),
        "mlp-split": partial(at, split, **sizes),
        "mlp-split-symbolic": split,
        "mlp-symbolic": whole,
    }
