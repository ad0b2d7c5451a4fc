"""Normalisation layers: what they do not see, what may be folded into the linear map before or after them, which contain which.

A norm divides x by the root of (mean of squares + eps), of x itself (RMS) or of x − mean (layer); eps is tracked exactly.
Sources are with each theorem.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.language import (
    Wire,
    add,
    align,
    batch_norm,
    concat,
    conv,
    einsum,
    exp,
    group_norm,
    instance_norm,
    layer_norm,
    linear,
    mean,
    multiply,
    power,
    rename,
    rms_norm,
    square,
    subtract,
    weight,
)
from proofs.theorems.theorem import Theorem

FOLDING = "Jacob et al., arXiv 1712.05877, section 3.2"


def centred(x: Wire) -> Any:
    """x less its mean along m."""
    return subtract(*align(x, mean(x, "m")))


def times(x: Wire, g: Wire) -> Any:
    """x, each entry times that of g at the same m."""
    return multiply(*align(x, g))


def plus(x: Wire, b: Any) -> Any:
    """x plus b, broadcast by name."""
    return add(*align(x, b))


def factor(channels: Axis) -> Any:
    """weight / √(variance + eps), a number for each channel of the batch norm `n`."""
    return weight("n.weight", channels).wire() * power(weight("n.running_var", channels).wire() + 1e-5, -0.5)


def offset(channels: Axis, before: Any) -> Any:
    """bias + factor · (before − mean), a number for each channel of the batch norm `n`."""
    return weight("n.bias", channels).wire() + factor(channels) * (before - weight("n.running_mean", channels).wire())


def folded_linear(squared: bool) -> Any:
    """One linear map, its rows scaled by the factor of the batch norm after it, or by the square of it."""

    def folded(x: Wire) -> Any:
        n, m = Axis("n"), x.axes[1]
        w = multiply(*align(weight("f.weight", (n, m)), factor(n)))
        return plus(einsum("b m, n m -> b n", x, times(w, factor(n)) if squared else w), offset(n, weight("f.bias", n).wire()))

    return folded


def folded_conv(biased: bool) -> Any:
    """One convolution, its kernels scaled by the factor of the batch norm after it; with the bias that belongs to it, or without."""

    def folded(x: Wire) -> Any:
        o = Axis("o")
        plain = conv(x, "x", "c", o, kernel=3, padding=1, name="f", bias=False)
        return plus(multiply(*align(plain, factor(o))), offset(o, weight("f.bias", o).wire() if biased else weight("n.bias", o).wire() * 0))

    return folded


def into_next(norm: Any, biased: bool) -> Any:
    """The weight of a norm, and its bias, as part of the linear map (n, m) after it."""

    def folded(x: Wire, g: Wire, b: Wire, w: Wire) -> Any:
        y = einsum("t m, n m -> t n", norm(x), multiply(*align(w, g)))
        return plus(y, einsum("n m, m -> n", w, b)) if biased else y

    return folded


def then_linear(norm: Any) -> Any:
    """A norm, its weight and its bias, then a linear map (n, m)."""

    def apart(x: Wire, g: Wire, b: Wire, w: Wire) -> Any:
        return einsum("t m, n m -> t n", plus(times(norm(x), g), b), w)

    return apart


LAYER, RMS = layer_norm("m", eps=1e-5), rms_norm("m", eps=1e-5)

TABLE = (
    Theorem("layer-norm-is-centred-rms", "A layer norm is the RMS norm, with the same eps, of x less its mean.",
            "Zhang and Sennrich, arXiv 1910.07467", "t m", layer_norm("m", eps=1e-5), lambda x: rms_norm(centred(x), "m", eps=1e-5),
            rms_norm("m", eps=1e-5)),
    Theorem("layer-norm-shift", "A number added to all entries of a row does not change its layer norm.", "Ba et al., arXiv 1607.06450",
            "t m, t", lambda x, c: LAYER(plus(x, c)), lambda x, c: LAYER(x), lambda x, c: RMS(x)),
    Theorem("layer-norm-of-centred-map", "A linear map whose columns are centred gives the same layer norm.",
            "Ashkboos et al., SliceGPT, arXiv 2401.15024", "t n, m n", lambda x, w: LAYER(einsum("t n, m n -> t m", x, w)),
            lambda x, w: RMS(einsum("t n, m n -> t m", x, subtract(*align(w, mean(w, "m"))))),
            lambda x, w: RMS(einsum("t n, m n -> t m", x, subtract(*align(w, mean(w, "n")))))),
    Theorem("rms-norm-eps-scales", "A factor exp(a) of a row changes its RMS norm as the factor exp(−2a) of eps does. For eps = 1.",
            "folklore", "m, ",
            lambda x, a: rms_norm(multiply(*align(x, exp(a))), "m", eps=1),
            lambda x, a: multiply(*align(x, power(mean(square(x), "m") + exp(a * -2), -0.5))),
            lambda x, a: multiply(*align(x, power(mean(square(x), "m") + exp(a * -1), -0.5)))),
    Theorem("norm-into-next-linear", "The weight and the bias of a layer norm are part of the linear map after it.",
            "Ashkboos et al., SliceGPT, arXiv 2401.15024", "t m, m, m, n m", then_linear(LAYER), into_next(LAYER, True),
            into_next(LAYER, False)),
    Theorem("batch-norm-into-linear", "A batch norm with running statistics is part of the linear map before it.", FOLDING, "b m",
            linear("m", "n", name="f") >> batch_norm("n", name="n"), folded_linear(False), folded_linear(True)),
    Theorem("batch-norm-into-conv", "A batch norm with running statistics is part of the convolution before it. For kernels of 3 × 3.",
            FOLDING, "b x...:7 c", conv("x", "c", "o", kernel=3, padding=1, name="f") >> batch_norm("o", name="n"),
            folded_conv(True), folded_conv(False)),
    Theorem("instance-norm-is-a-group-norm", "An instance norm is a group norm with a group for each channel. For 6 channels.",
            "Wu and He, arXiv 1803.08494", "b c:6 x", group_norm("c", 6, "x", name="n"), instance_norm("c", "x", name="n"),
            group_norm("c", 3, "x", name="n")),
    Theorem("layer-norm-is-a-group-norm", "A layer norm over channels and places is a group norm with one group.",
            "Wu and He, arXiv 1803.08494", "b c:6 x", group_norm("c", 1, "x"), layer_norm("c x"), group_norm("c", 2, "x")),
    Theorem("sequence-parallel-norm", "Tokens in two parts, each normalised where it is, then joined.",
            "Korthikanti et al., arXiv 2205.05198", "t m, s m", lambda x, y: LAYER(concat(x, rename(y, s="t"), axis="t")),
            lambda x, y: concat(LAYER(x), LAYER(rename(y, s="t")), axis="t"),
            lambda x, y: concat(LAYER(x), RMS(rename(y, s="t")), axis="t")),
    Theorem("variance-in-one-pass", "The mean of (x − mean)² is the mean of x² less the square of the mean.", "König and Huygens", "t m",
            lambda x: mean(square(centred(x)), "m"), lambda x: mean(square(x), "m") - square(mean(x, "m")),
            lambda x: mean(square(x), "m") - mean(x, "m")),
    Theorem("batch-norm-of-biased", "In training, a batch norm does not see a bias before it.", "Ioffe and Szegedy, arXiv 1502.03167",
            "b c, c", lambda x, a: batch_norm(plus(x, a), "c", name="n", over="b"), lambda x, a: batch_norm(x, "c", name="n", over="b"),
            lambda x, a: batch_norm(x, "c", name="n")),
)  # fmt: skip
