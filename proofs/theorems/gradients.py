"""The laws of a reverse derivative: the chain rule, sums, products, tangents, parts of a batch, and what is broadcast.

R[f] takes the inputs of f and a cotangent of its output.  The broadcast lemma: R of a lifted map is R lifted, with a sum for each
argument that was not lifted; it is stated for a layer, for a product, and for attention.  Source: Cockett et al., Reverse
derivative categories (arXiv 1910.07065), unless one stands with a theorem.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import ncd_cat.gradient as derivative
from ncd_cat.language import (
    Wire,
    add,
    align,
    attention,
    concat,
    cos,
    diagram,
    einsum,
    exp,
    multiply,
    relu,
    rename,
    repeat,
    sin,
    subtract,
    tanh,
    total,
)
from proofs.theorems.theorem import Theorem

RDC, EULER = "arXiv 1910.07065", "Euler, on homogeneous functions"
HALF = Fraction(1, 2)
Map = Callable[..., Any]


def back(wires: str, f: Map, *wrt: int | str) -> Map:
    """R[f]: the cotangents of inputs or weights, from the inputs and a cotangent of the output."""
    return _derived(wires, f, lambda d: derivative.vjp(d, wrt=list(wrt)))


def forth(wires: str, f: Map, *wrt: int | str) -> Map:
    """D[f]: the tangent of the output, from the inputs and the tangents of some of them."""
    return _derived(wires, f, lambda d: derivative.jvp(d, wrt=list(wrt)))


def gradient(wires: str, f: Map, *wrt: int | str) -> Map:
    """The gradients of a number."""
    return _derived(wires, f, lambda d: derivative.grad(d, wrt=list(wrt)))


def hessian(wires: str, f: Map, axes: str) -> Map:
    """The second derivatives of a number by its first input, with two axes of these names."""
    return named(_derived(wires, f, derivative.hessian), axes)


def named(f: Map, axes: str) -> Map:
    """f, whose one output has axes of these names."""

    def side(*given: Wire) -> Any:
        y = f(*given)
        return rename(y, dict(zip(y.names, axes.split(), strict=True)))

    return side


def lifted(wires: str, f: Map, *wrt: int) -> Map:
    """R[f], broadcast over b: all of its inputs and cotangents have b in front."""
    return _derived(wires, f, lambda d: derivative.vjp(d, wrt=list(wrt)).over("b"))


def _derived(wires: str, f: Map, derive: Callable[[Any], Any]) -> Map:
    """What is derived of f when it is called, and not when it is declared."""

    def side(*given: Wire) -> Any:
        return derive(diagram(wires, name="f")(f))(*given)

    return side


def plus(x: Wire, b: Any) -> Any:
    """x plus b, broadcast by name."""
    return add(*align(x, b))


def minus(x: Wire, b: Any) -> Any:
    """x less b, broadcast by name."""
    return subtract(*align(x, b))


def times(x: Wire, g: Any) -> Any:
    """x times g, broadcast by name."""
    return multiply(*align(x, g))


def dot(x: Wire, y: Wire) -> Any:
    """The inner product of two arrays of one type."""
    return total(x * y, " ".join(a.name for a in x.axes))


# ---- the functions that are differentiated -------------------------------------------------------------------------------


def affine(x: Wire, w: Wire) -> Any:
    """w (n, m) times x (m)."""
    return einsum("m, n m -> n", x, w)


def layer(x: Wire, w: Wire) -> Any:
    """tanh of a linear map of x (m), with w (n, m)."""
    return tanh(affine(x, w))


def layers(x: Wire, w: Wire) -> Any:
    """tanh of a linear map of each row of x (b, m)."""
    return tanh(einsum("b m, n m -> b n", x, w))


def wave(x: Wire, w: Wire) -> Any:
    """sin of a linear map."""
    return sin(affine(x, w))


def number(x: Wire, w: Wire) -> Any:
    """Σ sin(W x)."""
    return total(wave(x, w), "n")


def queries(q: Wire, k: Wire, v: Wire) -> Any:
    """Attention of queries (b, t, d), whose keys and values are the same for all b."""
    b = q.axes[0]
    return attention(q, repeat(k, b), repeat(v, b))


LAYER, WAVE = back("m, n m", layer, 0), back("m, n m", wave, 0)
BOTH = back("m, n m", layer, 0, 1)


def chained(inner: Map) -> Map:
    """R[layer](x, R[exp](inner(x), dz))."""
    return lambda x, w, dz: BOTH(x, w, back("n", exp, 0)(inner(x, w), dz))


def leibniz(sign: int) -> Map:
    """R[f](x, g · dy) ± R[g](x, f · dy), for a layer f and a wave g."""
    return lambda x, w, dy: LAYER(x, w, wave(x, w) * dy) + WAVE(x, w, layer(x, w) * dy) * sign


def sums(x: Wire, w: Wire, dy: Wire, dz: Wire) -> Any:
    """R[f](x, dy) + R[f](x, dz), for both inputs."""
    return tuple(a + b for a, b in zip(BOTH(x, w, dy), BOTH(x, w, dz), strict=True))


def second_summed(factor: int, wires: str, f: Map) -> Map:
    """R[f] lifted over b, its second argument, and any after it, repeated before and summed after; the last sum times a factor."""

    def apart(x: Wire, *given: Wire) -> Any:
        *others, dy = given
        b = x.axes[0]
        dx, *more = lifted(wires, f, *range(len(others) + 1))(x, *[repeat(w, b) for w in others], dy)
        added = [total(d, "b") for d in more]
        return dx, *added[:-1], added[-1] * factor

    return apart


def joined(x: Wire, y: Wire) -> Any:
    """The rows of x (b, …), then those of y (c, …)."""
    return concat(x, rename(y, c="b"), axis="b")


def in_parts(factor: int) -> Map:
    """The gradients of w over two parts of a batch, added."""
    dw = back("b m, n m", layers, 1)
    return lambda x, y, w, dx, dy: dw(x, w, dx) + dw(rename(y, c="b"), w, rename(dy, c="b")) * factor


def homogeneous(wires: str, f: Map, k: Any) -> Any:
    """⟨x, ∇f(x)⟩, and k · f(x)."""
    slope = gradient(wires, f, 0)
    return (lambda x, *others: dot(x, slope(x, *others)), lambda x, *others: f(x, *others) * k,
            lambda x, *others: f(x, *others) * (k + 1))  # fmt: skip


def cubic(x: Wire, a: Wire) -> Any:
    """Σ a x³."""
    return einsum("i, i, i, i -> ", a, x, x, x)


TABLE = (
    Theorem("gradient-of-composition", "R[f; g](x, dz) = R[f](x, R[g](f(x), dz)): the chain rule, for a layer and exp.", RDC,
            "m, n m, n", back("m, n m", lambda x, w: exp(layer(x, w)), 0, 1), chained(layer), chained(affine)),
    Theorem("gradient-of-sum", "R[f + g] = R[f] + R[g], for a layer and a wave.", RDC, "m, n m, n",
            back("m, n m", lambda x, w: layer(x, w) + wave(x, w), 0), lambda x, w, dy: LAYER(x, w, dy) + WAVE(x, w, dy),
            lambda x, w, dy: LAYER(x, w, dy) - WAVE(x, w, dy)),
    Theorem("gradient-of-product", "R[f · g](x, dy) = R[f](x, g · dy) + R[g](x, f · dy): Leibniz's rule, for a layer and a wave.",
            "Leibniz, 1684", "m, n m, n", back("m, n m", lambda x, w: layer(x, w) * wave(x, w), 0), leibniz(1), leibniz(-1)),
    Theorem("gradient-is-additive", "R[f](x, dy + dz) = R[f](x, dy) + R[f](x, dz), for a layer.", RDC, "m, n m, n, n",
            lambda x, w, dy, dz: BOTH(x, w, dy + dz), sums, lambda x, w, dy, dz: sums(x, w, dy, dy)),
    Theorem("tangents-and-cotangents", "⟨D[f](x, v), dy⟩ = ⟨v, R[f](x, dy)⟩, for a layer.", RDC, "m, n m, m, n",
            lambda x, w, v, dy: dot(forth("m, n m", layer, 0)(x, w, v), dy), lambda x, w, v, dy: dot(v, LAYER(x, w, dy)),
            lambda x, w, v, dy: dot(x, LAYER(x, w, dy))),
    Theorem("mixed-partials", "The Hessian of a number is symmetric: that of Σ sin(W x) is −Wᵀ diag(sin(W x)) W.", "Schwarz, 1873",
            "m, n m",
            named(lambda x, w: einsum("a b -> b a", hessian("m, n m", number, "a b")(x, w)), "a b"),
            lambda x, w: -einsum("n, n a, n b -> a b", wave(x, w), rename(w, m="a"), rename(w, m="b")),
            lambda x, w: -einsum("n, n a, n b -> a b", cos(affine(x, w)), rename(w, m="a"), rename(w, m="b"))),
    Theorem("broadcast-gradient-of-layer", "R of a layer lifted over a batch is R lifted, with a sum for its weight.",
            RDC, "b m, n m, b n", back("b m, n m", layers, 0, 1), second_summed(1, "m, n m", layer), second_summed(2, "m, n m", layer)),
    Theorem("broadcast-gradient-of-product", "R of x ↦ x · g lifted over a batch is R lifted, with a sum for g.",
            RDC, "b m, m, b m", back("b m, m", times, 0, 1), second_summed(1, "m, m", times), second_summed(2, "m, m", times)),
    Theorem("broadcast-gradient-of-attention", "Where heads share keys and values, their cotangents are the sums of those of the heads.",
            "Shazeer, arXiv 1911.02150", "b t d, u d, u e, b t e", back("b t d, u d, u e", queries, 0, 1, 2),
            second_summed(1, "t d, u d, u e", attention), second_summed(2, "t d, u d, u e", attention)),
    Theorem("gradient-of-batch-in-parts", "The gradient of a weight over a batch is the sum of those over its parts.",
            "data parallelism; gradient accumulation", "b m, c m, n m, b n, c n",
            lambda x, y, w, dx, dy: back("b m, n m", layers, 1)(joined(x, y), w, joined(dx, dy)), in_parts(1), in_parts(2)),
    Theorem("euler-for-a-cubic", "⟨x, ∇f(x)⟩ = 3 f(x) for f(x) = Σ a x³.", EULER, "i, i", *homogeneous("i, i", cubic, 3)),
    Theorem("euler-for-relu", "⟨x, ∇f(x)⟩ = f(x) for a network of relus without biases, at kinks too.", EULER, "m, n m, n",
            *homogeneous("m, n m, n", lambda x, w, v: einsum("n, n -> ", v, relu(affine(x, w))), 1)),
)  # fmt: skip
