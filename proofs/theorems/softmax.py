"""Softmax, its logarithm and its kin: Σ exp(xᵢ) is a homomorphism from sums to products, and all of this follows.

Sources: Blanchard, Higham and Higham, Accurately computing the log-sum-exp and softmax functions, 2021; Boyd and
Vandenberghe, Convex Optimization, section 3.1.5.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    add,
    align,
    concat,
    einsum,
    exp,
    full,
    index,
    log,
    log_softmax,
    logsumexp,
    multiply,
    rename,
    sigmoid,
    softmax,
    softplus,
    stack,
    subtract,
    total,
)
from proofs.theorems.theorem import Theorem

SHIFTS = "Blanchard, Higham and Higham, 2021"


def joined(x: Wire, y: Wire) -> Any:
    return concat(x, rename(y, l="k"), axis="k")


def with_zero(x: Wire) -> Any:
    """x (k) with a score of zero after it."""
    return concat(x, full("k:1", 0), axis="k")


def cross_entropy(x: Wire, target: Wire) -> Any:
    """−Σ target · log softmax(x) along the vocabulary v."""
    return -einsum("t v, t v -> t", target, log_softmax(x, "v"))


def halves(shift: Any) -> Any:
    """The cross-entropy of a vocabulary in two parts, from a logarithm of each; `shift` joins the two."""

    def loss(x: Wire, y: Wire, p: Wire, q: Wire) -> Any:
        read = einsum("t v, t v -> t", p, x) + einsum("t v, t v -> t", q, y)
        weight = total(p, "v") + total(q, "v")
        return weight * log(shift(x, y)) - read

    return loss


TABLE = (
    Theorem("softmax-shift", "A number added to all scores of a row does not change its softmax.", SHIFTS, "q k, q",
            lambda x, c: softmax(add(*align(x, c)), "k"), lambda x, c: softmax(x, "k"), lambda x, c: softmax(x, "q")),
    Theorem("softmax-rows", "A row of a softmax adds up to one.", SHIFTS, "q k",
            lambda x: total(softmax(x, "k"), "k"), lambda x: full(x.axes[0], 1), lambda x: total(softmax(x, "q"), "k")),
    Theorem("softmax-of-logarithms", "The softmax of log-weights is their share in the sum: softmax(log softmax(x)) = softmax(x).", SHIFTS,
            "q k", lambda x: softmax(log_softmax(x, "k"), "k"), lambda x: softmax(x, "k"), lambda x: softmax(softmax(x, "k"), "k")),
    Theorem("log-softmax", "log softmax(x) = x − logsumexp(x).", SHIFTS, "q k", lambda x: log_softmax(x, "k"),
            lambda x: subtract(*align(x, logsumexp(x, "k"))), lambda x: subtract(*align(x, logsumexp(x, "q")))),
    Theorem("log-of-softmax", "The logarithm of the softmax, taken after it, is the log-softmax.", SHIFTS, "q k",
            lambda x: log(softmax(x, "k")), lambda x: log_softmax(x, "k"), lambda x: softmax(log(exp(x) + 1), "k")),
    Theorem("softmax-by-logsumexp", "softmax(x) = exp(x − logsumexp(x)).", SHIFTS, "q k", lambda x: softmax(x, "k"),
            lambda x: exp(subtract(*align(x, logsumexp(x, "k")))), lambda x: exp(subtract(*align(x, total(x, "k"))))),
    Theorem("logsumexp-shift", "A number added to all scores of a row is added to their logsumexp.", SHIFTS, "q k, q",
            lambda x, c: logsumexp(add(*align(x, c)), "k"), lambda x, c: logsumexp(x, "k") + c, lambda x, c: logsumexp(x, "k") - c),
    Theorem("logsumexp-in-parts", "The logsumexp of scores in two parts is the logsumexp of the two logsumexps.", SHIFTS, "q k, q l",
            lambda x, y: logsumexp(joined(x, y), "k"), lambda x, y: log(exp(logsumexp(x, "k")) + exp(logsumexp(y, "l"))),
            lambda x, y: logsumexp(x, "k") + logsumexp(y, "l")),
    Theorem("logsumexp-nested", "The logsumexp over two axes is that over one of those over the other.", SHIFTS, "q k l",
            lambda x: logsumexp(x, "k l"), lambda x: logsumexp(logsumexp(x, "l"), "k"), lambda x: logsumexp(total(x, "l"), "k")),
    Theorem("softmax-product", "The softmax of x(a) + y(b) over pairs (a, b) is the product of the two softmaxes.",
            "independence of the exponential family", "a, b", lambda x, y: softmax(add(*align(x, y)), "a b"),
            lambda x, y: einsum("a, b -> a b", softmax(x, "a"), softmax(y, "b")),
            lambda x, y: softmax(multiply(*align(x, y)), "a b")),
    Theorem("sigmoid-is-softmax", "The sigmoid of x is the first entry of the softmax of (x, 0).", "folklore", "q",
            sigmoid, lambda x: index(softmax(stack(x, x * 0, axis="i"), "i"), "i", 0),
            lambda x: index(softmax(stack(x, x * 0, axis="i"), "i"), "i", 1)),
    Theorem("sigmoid-of-difference", "The softmax of two scores is the sigmoid of their difference.", "Bradley and Terry, 1952", "q, q",
            lambda x, y: index(softmax(stack(x, y, axis="i"), "i"), "i", 0), lambda x, y: sigmoid(x - y), lambda x, y: sigmoid(y - x)),
    Theorem("cross-entropy-in-parts", "Vocabulary-parallel cross-entropy: each part of the vocabulary sends a logsumexp and a sum.",
            "Megatron-LM, arXiv 1909.08053", "t v, t v:w, t v, t v:w",
            lambda x, y, p, q: cross_entropy(concat(x, y, axis="v"), concat(p, q, axis="v")),
            halves(lambda x, y: exp(logsumexp(x, "v")) + exp(logsumexp(y, "v"))), halves(lambda x, y: exp(logsumexp(x, "v")))),
    Theorem("binary-cross-entropy", "Binary cross-entropy from a score: softplus(x) − y·x.", "torch.nn.BCEWithLogitsLoss", "q, q",
            lambda x, y: -(y * log(sigmoid(x)) + (1 - y) * log(1 - sigmoid(x))), lambda x, y: softplus(x) - y * x,
            lambda x, y: softplus(x) + y * x),
    Theorem("softmax-grouped", "A softmax over h·w scores split into h rows: shares of the rows times shares within them.",
            "hierarchical softmax, Morin and Bengio, 2005", "h w", lambda x: softmax(x, "h w"),
            lambda x: einsum("h, h w -> h w", softmax(logsumexp(x, "w"), "h"), softmax(x, "w")),
            lambda x: einsum("h, h w -> h w", softmax(total(x, "w"), "h"), softmax(x, "w"))),
)  # fmt: skip
