"""Sharding: what several devices compute apart, each with a part of the weights or of the tokens, adds up to the whole.

A weight is cut along its rows (outputs) or its columns (inputs); a function of one number acts on each part alone.  Sources are
with each theorem.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    add,
    align,
    concat,
    cut,
    einsum,
    gelu,
    index,
    mean,
    multiply,
    relu,
    rename,
    silu,
    softmax,
    square,
    stack,
)
from proofs.theorems.theorem import Theorem

MEGATRON = "Megatron-LM, arXiv 1909.08053"


def by(x: Wire, w: Wire, out: str = "n") -> Any:
    """x (t, m) by the rows of w (n, m)."""
    return einsum(f"t {x.names[1]}, {out} {x.names[1]} -> t {out}", x, w)


def mlp(x: Wire, up: Wire, down: Wire) -> Any:
    """m → n, gelu, n → m; the weights are (n, m) and (o, n)."""
    return by(gelu(by(x, up)), down, "o")


def mlp_whole(x: Wire, up: Wire, down: Wire, up2: Wire, down2: Wire) -> Any:
    """The two weights on one device."""
    return mlp(x, concat(up, rename(up2, k="n"), axis="n"), concat(down, rename(down2, k="n"), axis="n"))


def mlp_parts(sign: int) -> Any:
    """Each device has rows of the first weight and the columns of the second that read them."""
    return lambda x, up, down, up2, down2: mlp(x, up, down) + mlp(x, rename(up2, k="n"), rename(down2, k="n")) * sign


def swiglu(x: Wire, gate: Wire, up: Wire, down: Wire) -> Any:
    """m → n twice, one through silu and times the other, then n → o."""
    return by(multiply(silu(by(x, gate)), by(x, up)), down, "o")


def swiglu_whole(x: Wire, gate: Wire, up: Wire, down: Wire, gate2: Wire, up2: Wire, down2: Wire) -> Any:
    """All weights on one device."""
    return swiglu(x, *[concat(a, rename(b, k="n"), axis="n") for a, b in ((gate, gate2), (up, up2), (down, down2))])


def swiglu_parts(crossed: bool) -> Any:
    """Each device has rows of gate and up, and the columns of down that read them."""

    def parts(x: Wire, gate: Wire, up: Wire, down: Wire, gate2: Wire, up2: Wire, down2: Wire) -> Any:
        gate2, up2, down2 = (rename(w, k="n") for w in (gate2, up2, down2))
        return swiglu(x, gate, up, down) + (swiglu(x, up2, gate2, down2) if crossed else swiglu(x, gate2, up2, down2))

    return parts


def fused_gate(crossed: bool) -> Any:
    """Gate and up by one weight, whose product is cut in two."""

    def fused(x: Wire, gate: Wire, up: Wire, down: Wire) -> Any:
        y, n = by(x, concat(gate, up, axis="n")), gate.size("n")
        first, second = cut(y, "n", 0, n), cut(y, "n", n, n)
        return by(multiply(silu(second if crossed else first), first if crossed else second), down, "o")

    return fused


def experts(x: Wire, gate: Wire, one: Wire, other: Wire) -> Any:
    """A mixture of two experts, which are linear maps: shares of a softmax of scores."""
    shares = softmax(by(x, gate, "e"), "e")
    return einsum("t e, e t n -> t n", shares, stack(by(x, one), by(x, other), axis="e"))


def experts_added(crossed: bool) -> Any:
    """Each expert on a device of its own, its output times its share; then the sum."""

    def parts(x: Wire, gate: Wire, one: Wire, other: Wire) -> Any:
        shares = softmax(by(x, gate, "e"), "e")
        a, b = (index(shares, "e", k) for k in ((1, 0) if crossed else (0, 1)))
        return add(*[multiply(*align(by(x, w), s)) for w, s in ((one, a), (other, b))])

    return parts


def gated(scores: Any) -> Any:
    """A mixture in which all n experts are one and the same map, with shares that are a function of the scores (t, e)."""

    def mixture(x: Wire, s: Wire, w: Wire) -> Any:
        return einsum("t e, t n -> t n", scores(s), relu(by(x, w)))

    return mixture


def columns_joined(x: Wire, y: Wire, z: Wire, w: Wire) -> Any:
    """xᵀy for a batch in two parts."""
    return einsum("b m, b n -> m n", concat(x, rename(z, c="b"), axis="b"), concat(y, rename(w, c="b"), axis="b"))


TABLE = (
    Theorem("tensor-parallel-mlp", "An MLP on two devices: rows of the first weight, columns of the second; the results add up.", MEGATRON,
            "t m, n m, o n, k m, o k", mlp_whole, mlp_parts(1), mlp_parts(-1)),
    Theorem("tensor-parallel-swiglu", "A gated MLP on two devices: rows of gate and up, columns of down; the results add up.", MEGATRON,
            "t m, n m, n m, o n, k m, k m, o k", swiglu_whole, swiglu_parts(False), swiglu_parts(True)),
    Theorem("fused-gate-up", "Gate and up of a gated MLP by one weight, the two one after another.", "Shazeer, arXiv 2002.05202",
            "t m, n m, n m, o n", swiglu, fused_gate(False), fused_gate(True)),
    Theorem("data-parallel-loss", "The mean loss of two equal batches is the mean of their mean losses.", "folklore", "b m, b m",
            lambda x, y: mean(square(concat(x, y, axis="b")), "b"), lambda x, y: (mean(square(x), "b") + mean(square(y), "b")) / 2,
            lambda x, y: mean(square(x), "b") + mean(square(y), "b")),
    Theorem("tokens-apart", "An MLP acts on tokens in two parts as on all of them.", "folklore", "t m, s m, n m, o n",
            lambda x, y, up, down: mlp(concat(x, rename(y, s="t"), axis="t"), up, down),
            lambda x, y, up, down: concat(mlp(x, up, down), mlp(rename(y, s="t"), up, down), axis="t"),
            lambda x, y, up, down: concat(mlp(x, up, down), by(by(rename(y, s="t"), up), down, "o"), axis="t")),
    Theorem("expert-parallel", "A mixture of two experts is the sum of what each gives times its share.",
            "Shazeer et al., arXiv 1701.06538",
            "t m, e:2 m, n m, n m", experts, experts_added(False), experts_added(True)),
    Theorem("mixture-of-one", "A mixture of one expert is the expert: its share is one.", "Jacobs et al., 1991", "t m, t e:1, n m",
            gated(lambda s: softmax(s, "e")), lambda x, s, w: relu(by(x, w)), gated(lambda s: s)),
    Theorem("mixture-of-equals", "A mixture of any number of equal experts is the expert: shares add up to one.", "Jacobs et al., 1991",
            "t m, t e, n m", gated(lambda s: softmax(s, "e")), lambda x, s, w: relu(by(x, w)), gated(lambda s: softmax(s, "t"))),
    Theorem("gradient-accumulation", "A sum over a batch in two parts is the sum of their sums: products of columns add up.", "folklore",
            "b m, b n, c m, c n", columns_joined,
            lambda x, y, z, w: einsum("b m, b n -> m n", x, y) + einsum("c m, c n -> m n", z, w),
            lambda x, y, z, w: einsum("b m, b n -> m n", x, y) - einsum("c m, c n -> m n", z, w)),
)  # fmt: skip
