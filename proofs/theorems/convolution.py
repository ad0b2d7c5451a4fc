"""Convolutions: windows are reindexings, so a convolution is a linear map of each window, and the laws of linear maps apply.

Kernels, strides and paddings are numbers; images have the sizes that the statement names, channels any.  Sources are with
each theorem; the windows are section 4 of arXiv 2402.05424.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.language import (
    Wire,
    add,
    align,
    avg_pool,
    cap,
    concat,
    conv,
    conv_transpose,
    cut,
    einsum,
    flip,
    index,
    mean,
    order,
    pad,
    rename,
    repeat,
    roll,
    scale,
    split,
    weight,
    window,
)
from proofs.theorems.theorem import Theorem

IN, OUT = Axis("c"), Axis("o")
FILTERS = "section 4 of arXiv 2402.05424"


def plain(name: str, kernel: int, **options: Any) -> Any:
    """A convolution along x from the channels c to o, without a bias."""
    return conv("x", "c", OUT, kernel=kernel, name=name, bias=False, **options)


def by_windows(dilation: int) -> Any:
    """A linear map of each window of three places and all channels."""

    def linear_of_windows(x: Wire) -> Any:
        places = window(x, "x", 3, dilation=dilation, padding=dilation)
        return einsum("x w c, o c w -> x o", places, weight("f.weight", (OUT, IN, Axis("w", 3))))

    return linear_of_windows


def diagonal(doubled: bool) -> Any:
    """Each channel of x (x, c) by a filter of its own."""

    def filtered(x: Wire) -> Any:
        c = x.axes[1]
        filters = index(weight("f.weight", (c, Axis("i", 1), Axis("w", 3))).wire(), "i", 0)
        y = einsum("x w c, c w -> x c", window(x, "x", 3, padding=1), filters)
        return y * 2 if doubled else y

    return filtered


def pointwise(factor: int) -> Any:
    """The weight of a convolution of one place as a matrix, at every place."""

    def everywhere(x: Wire) -> Any:
        matrix = index(weight("f.weight", (OUT, x.axes[2], Axis("w", 1))).wire(), "w", 0)
        return add(*align(einsum("b x c, o c -> b x o", x, matrix), weight("f.bias", OUT))) * factor

    return everywhere


def in_groups(crossed: bool) -> Any:
    """Two convolutions, each of half of the channels, with half of the filters."""

    def halves(x: Wire) -> Any:
        w = weight("f.weight", (Axis("o", 4), Axis("c", 3), Axis("w", 3))).wire()
        parts = [(cut(x, "c", 3 * (1 - g if crossed else g), 3), cut(w, "o", 2 * g, 2)) for g in range(2)]
        return concat(*[einsum("x w c, o c w -> x o", window(y, "x", 3), v) for y, v in parts], axis="o")

    return halves


def in_channels(factor: int) -> Any:
    """Each part of the channels by its part of the kernel, then the sum."""

    def parts(x: Wire, y: Wire) -> Any:
        w = weight("f.weight", (OUT, Axis("c", 5), Axis("w", 3))).wire()
        one, other = (einsum("x w c, o c w -> x o", window(z, "x", 3), cut(w, "c", k, n)) for z, k, n in ((x, 0, 2), (y, 2, 3)))
        return one + other * factor

    return parts


def circular(x: Wire) -> Any:
    """A convolution of 3 places of x with its last and first place put before and after it."""
    n = x.size("x")
    return plain("f", 3)(concat(cut(x, "x", n - 1, 1), x, cut(x, "x", 0, 1), axis="x"))


def met(forward: bool, factor: int = 1) -> Any:
    """⟨conv x, y⟩, or ⟨x, convᵀ y⟩ times the factor, for x (x, c) and y (y, o)."""

    def product(x: Wire, y: Wire) -> Any:
        y = rename(y, y="x")
        if forward:
            return einsum("x o, x o -> ", plain("f", 3, stride=2)(x), y)
        return einsum("x c, x c -> ", x, conv_transpose(y, "x", "o", IN, kernel=3, stride=2, name="f", bias=False)) * factor

    return product


def strided(x: Wire) -> Any:
    """A convolution with windows of 4 × 4 places, 4 apart."""
    return rename(conv(x, "x", "c", OUT, kernel=4, stride=4, name="f", bias=False), {"x.0": "p", "x.1": "q"})


def patches(crossed: bool) -> Any:
    """A linear map of each patch of 4 × 4 places, its entries in the order of the kernel or with rows and columns exchanged."""

    def embedded(x: Wire) -> Any:
        y = split(split(x, "x.0 -> (p u)", u=4), "x.1 -> (q v)", v=4)
        kernel = weight("f.weight", (OUT, IN, Axis("u", 4), Axis("v", 4))).wire()
        u, v = "vu" if crossed else "uv"
        return einsum(f"p {u} q {v} c, o c u v -> p q o", rename(rename(y, u="r", v="s"), r=u, s=v), kernel)

    return embedded


def merged(shortcut: bool) -> Any:
    """RepVGG: one kernel of 3 places, the sum of the kernel, of that of one place in its middle, and of an identity in its middle."""

    def one_kernel(x: Wire) -> Any:
        c = x.axes[1]
        out = Axis("o", c.size)
        middle = index(weight("g.weight", (out, c, Axis("w", 1))).wire(), "w", 0)
        middle = middle + cap("o", "c", size=c.size)() if shortcut else middle
        widened = order(pad(order(repeat(middle, Axis("w", 1)), "o c w"), "w", 1), "o c w")
        return einsum("x w c, o c w -> x o", window(x, "x", 3, padding=1), weight("f.weight", (out, c, Axis("w", 3))).wire() + widened)

    return one_kernel


def branches(x: Wire) -> Any:
    """A convolution of 3 places, one of 1 place, and x itself, added."""
    out = Axis("o", x.size("c"))
    options = {"into": "c", "out": out, "bias": False}
    return add(conv(x, "x", kernel=3, padding=1, name="f", **options), conv(x, "x", kernel=1, name="g", **options), rename(x, c="o"))


def composed(crossed: bool) -> Any:
    """One convolution of 4 places, whose kernel is the convolution of a kernel of 2 places with one of 3."""

    def one_kernel(x: Wire) -> Any:
        f, g = weight("f.weight", (IN, Axis("b"), Axis("u", 2))).wire(), weight("g.weight", (OUT, IN, Axis("v", 3))).wire()
        spread = window(pad(f, "u", 2), "u", 3, into="v")  # of 4 places, each with the 3 entries that meet there
        kernel = einsum("c b u v, o c v -> o b u", spread, g if crossed else flip(g, "v"))
        return einsum("x u b, o b u -> x o", window(x, "x", 4, into="u"), kernel)

    return one_kernel


def moved(conv_first: bool, by: int = 3) -> Any:
    """Four places, from the number given on, of a convolution, or the convolution of the six places that they see."""
    if conv_first:
        return lambda x: cut(plain("f", 3)(x), "x", by, 4)
    return lambda x: plain("f", 3)(cut(x, "x", by, 6))


TABLE = (
    Theorem("pointwise-convolution", "A convolution of one place is the linear map of its channels at each place.", FILTERS, "b x c",
            conv("x", "c", OUT, kernel=1, name="f"), pointwise(1), pointwise(2)),
    Theorem("convolution-by-windows", "A convolution is a linear map of each window. For 3 places, 2 apart.", FILTERS, "x:9 c",
            plain("f", 3, dilation=2, padding=2), by_windows(2), lambda x: by_windows(2)(x * 2)),
    Theorem("depthwise-convolution", "With a group for each channel, a convolution filters each by itself. For 6 channels.",
            "Chollet, arXiv 1610.02357", "x:9 c:6", conv("x", "c", "c:6", kernel=3, padding=1, groups=6, name="f", bias=False),
            diagonal(False), diagonal(True)),
    Theorem("grouped-convolution", "Two groups of channels are two convolutions side by side.", "Krizhevsky et al., 2012", "x:9 c:6",
            conv("x", "c", "o:4", kernel=3, groups=2, name="f", bias=False), in_groups(False), in_groups(True)),
    Theorem("patch-embedding", "A convolution whose windows do not overlap is a linear map of patches. For patches of 4 × 4.",
            "Dosovitskiy et al., arXiv 2010.11929", "x.0:8 x.1:12 c", strided, patches(False), patches(True)),
    Theorem("convolution-shifts", "A convolution of a shifted signal is the shifted convolution.", "folklore", "x:12 c", moved(True),
            moved(False), moved(False, 2)),
    Theorem("convolution-rolls", "With circular padding, rolling before is rolling after: for 6 places.", "folklore", "x:6 c",
            lambda x: roll(circular(x), "x", 2), lambda x: circular(roll(x, "x", 2)), lambda x: circular(roll(x, "x", 1))),
    Theorem("repvgg", "Convolutions of 3 places and of 1 and the identity, added, are one convolution of 3 places.",
            "Ding et al., RepVGG, arXiv 2101.03697", "x:9 c", branches, merged(True), merged(False)),
    Theorem("convolutions-compose", "Convolutions of 2 and of 3 places, one after the other, are one of 4 places.", "folklore", "x:9 b",
            lambda x: conv(conv(x, "x", "b", IN, kernel=2, name="f", bias=False), "x", "c", OUT, kernel=3, name="g", bias=False),
            composed(False), composed(True)),
    Theorem("average-pool-is-a-convolution", "An average pool is a depthwise convolution with one weight, 1/k. For k = 3.", FILTERS,
            "x:9 c", avg_pool("x", 3), lambda x: mean(window(x, "x", 3, stride=3), "w"),
            lambda x: mean(window(x, "x", 2, stride=3), "w")),
    Theorem("average-pool-slides", "An average pool before a convolution of one place is one after it.", "folklore", "x:9 c",
            avg_pool("x", 3) >> plain("f", 1), plain("f", 1) >> avg_pool("x", 3), plain("f", 1) >> avg_pool("x", 3) >> scale(2)),
    Theorem("transposed-convolution", "A transposed convolution is the transpose of the convolution with the same weight. For 9 places.",
            "Dumoulin and Visin, arXiv 1603.07285", "x:9 c, y:4 o", met(True), met(False), met(False, 2)),
    Theorem("convolution-of-stacked-channels", "A convolution of stacked channels is a sum of convolutions.",
            "folklore", "x:9 c:2, x:9 c:3",
            lambda x, y: conv(concat(x, y, axis="c"), "x", "c", OUT, kernel=3, name="f", bias=False), in_channels(1), in_channels(2)),
)  # fmt: skip
