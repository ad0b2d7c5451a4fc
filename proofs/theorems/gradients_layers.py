"""Gradients of the layers of a transformer, in the closed forms that are written down by hand, and second derivatives of losses.

p is a softmax, x̂ what a norm makes, and dy the cotangent of the output; the backward pass of attention never has the Jacobian of its
softmax: dS = P ∘ (dP − rowsum(dP ∘ P)), and rowsum(dP ∘ P) = rowsum(dO ∘ O).  Sources are with each theorem.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    attention,
    batch_norm,
    cap,
    einsum,
    exp,
    layer_norm,
    log_softmax,
    logsumexp,
    mean,
    power,
    rename,
    rms_norm,
    sigmoid,
    silu,
    softmax,
    softplus,
    square,
    tanh,
    total,
    weight,
)
from proofs.theorems.gradients import back, gradient, hessian, minus, plus, times
from proofs.theorems.theorem import Theorem

FLASH = "Dao et al., arXiv 2205.14135, appendix B"
QKV = "t d, u d, u e"


def scores(q: Wire, k: Wire) -> Any:
    """The shares of the keys (u, d) for queries (t, d)."""
    return softmax(einsum("t d, u d -> t u", q, k) * q.size("d") ** -0.5, "u")


def flash(rows: Any) -> Any:
    """dQ, dK, dV of attention: dV = Pᵀ dO, dS = P ∘ (dP − rows), dQ = dS K / √d and dK = dSᵀ Q / √d."""

    def cotangents(q: Wire, k: Wire, v: Wire, do: Wire) -> Any:
        p, dp = scores(q, k), einsum("t e, u e -> t u", do, v)
        ds = p * minus(dp, rows(p, dp, v, do)) * q.size("d") ** -0.5
        return einsum("t u, u d -> t d", ds, k), einsum("t u, t d -> u d", ds, q), einsum("t u, t e -> u e", p, do)

    return cotangents


def by_outputs(p: Wire, dp: Wire, v: Wire, do: Wire) -> Any:
    """rowsum(dO ∘ O)."""
    return total(do * einsum("t u, u e -> t e", p, v), "e")


def by_keys(x: Wire, w: Wire, b: Wire, v: Wire) -> Any:
    """Attention with keys x Wᵀ + b, of a sequence to itself."""
    k = plus(einsum("t m, d m -> t d", x, w), b)
    return attention(einsum("t m, d m -> t d", x, w), rename(k, t="u"), rename(v, t="u"))


def centred_product(sign: int) -> Any:
    """p ∘ (dy − Σ p ∘ dy), or the sum of the two."""

    def cotangent(x: Wire, dy: Wire) -> Any:
        p = softmax(x, "k")
        return p * plus(dy, total(p * dy, "k") * sign)

    return cotangent


def cross_entropy(x: Wire, t: Wire) -> Any:
    """−Σ t · log softmax(x)."""
    return -total(t * log_softmax(x, "k"), "k")


def loss(x: Wire) -> Any:
    """logsumexp(x): the part of a cross-entropy that is not linear in x."""
    return logsumexp(x, "k")


def covariance(sign: int) -> Any:
    """diag(p) − p pᵀ, with entries p_j · ([i = j] − p_i), or with a plus."""

    def matrix(x: Wire) -> Any:
        p, n = softmax(x, "k"), x.size("k")
        return einsum("j, i j -> i j", p, plus(cap("i", "j", n)(), rename(p, k="i") * sign))

    return matrix


def normed(norm: Any, factor: int) -> Any:
    """r · (c − x̂ · mean(c ∘ x̂)), r the reciprocal deviation; c = dy − mean(dy) for a layer norm, dy for an RMS norm."""

    def cotangent(x: Wire, dy: Wire) -> Any:
        y, c = (minus(z, mean(z, "m")) if norm is layer_norm else z for z in (x, dy))
        hat = norm(x, "m", eps=EPS)
        return times(c - times(hat, mean(c * hat, "m")) * factor, power(mean(square(y), "m") + EPS, -0.5))

    return cotangent


def scaled_by(exponent: float) -> Any:
    """dy times weight · (variance + eps)^exponent, for each channel of the batch norm `n`."""

    def cotangent(x: Wire, dy: Wire) -> Any:
        c = x.axes[1]
        return times(dy, power(weight("n.running_var", c).wire() + EPS, exponent) * weight("n.weight", c).wire())

    return cotangent


def gated(x: Wire, g: Wire) -> Any:
    """A gated unit: silu(g) ∘ x."""
    return silu(g) * x


def gate_gradient(sign: int) -> Any:
    """dx = dy ∘ silu(g) and dg = dy ∘ x ∘ σ(g) (1 + g (1 − σ(g)))."""

    def cotangents(x: Wire, g: Wire, dy: Wire) -> Any:
        s = sigmoid(g)
        return dy * silu(g), dy * x * s * (g * (1 - s) * sign + 1)

    return cotangents


EPS = 1e-5

TABLE = (
    Theorem("gradient-of-softmax", "R of the softmax is p ∘ (dy − Σ p ∘ dy).", "folklore", "q k, q k", back("q k", softmax("k"), 0),
            centred_product(-1), centred_product(1)),
    Theorem("gradient-of-log-softmax", "R of the log-softmax is dy − p · Σ dy.", "folklore", "q k, q k", back("q k", log_softmax("k"), 0),
            lambda x, dy: dy - times(softmax(x, "k"), total(dy, "k")), lambda x, dy: dy - softmax(x, "k")),
    Theorem("gradient-of-logsumexp", "The gradient of logsumexp is softmax.", "Boyd and Vandenberghe, section 3.1.5", "k",
            gradient("k", loss, 0), lambda x: softmax(x, "k"), lambda x: exp(log_softmax(x, "k") * 2)),
    Theorem("gradient-of-cross-entropy", "The gradient of −Σ t · log p by the scores is p · Σ t − t: p − t where the t add up to 1.",
            "Bridle, 1990", "k, k", gradient("k, k", cross_entropy, 0),
            lambda x, t: times(softmax(x, "k"), total(t, "k")) - t, lambda x, t: softmax(x, "k") - t),
    Theorem("hessian-of-cross-entropy", "The Hessian of logsumexp is diag(p) − p pᵀ.", "Böhning, 1992", "k", hessian("k", loss, "i j"),
            covariance(-1), covariance(1)),
    Theorem("gradient-of-attention", "The backward pass of attention: dS = P ∘ (dP − rowsum(dP ∘ P)).", FLASH, QKV + ", t e",
            back(QKV, attention, 0, 1, 2), flash(lambda p, dp, v, do: total(p * dp, "u")), flash(lambda p, dp, v, do: total(dp, "u"))),
    Theorem("gradient-of-attention-by-outputs", "The backward pass of FlashAttention: rowsum(dP ∘ P) = rowsum(dO ∘ O).", FLASH,
            QKV + ", t e", back(QKV, attention, 0, 1, 2), flash(by_outputs), flash(lambda p, dp, v, do: by_outputs(p, dp, v, do) * 2)),
    Theorem("gradient-of-key-bias", "The gradient of a bias on keys is 0.", "see key-bias", "t m, d m, d, t e, t e",
            back("t m, d m, d, t e", by_keys, 2), lambda x, w, b, v, dy: b * 0, lambda x, w, b, v, dy: b),
    Theorem("gradient-of-layer-norm", "R of a layer norm is r · (c − x̂ · mean(c ∘ x̂)), with c = dy − mean(dy).",
            "Ba et al., arXiv 1607.06450", "t m, t m", back("t m", layer_norm("m", eps=EPS), 0),
            normed(layer_norm, 1), normed(layer_norm, 2)),
    Theorem("gradient-of-rms-norm", "R of an RMS norm is r · (dy − x̂ · mean(dy ∘ x̂)).", "Zhang and Sennrich, arXiv 1910.07467",
            "t m, t m", back("t m", rms_norm("m", eps=EPS), 0), normed(rms_norm, 1), normed(rms_norm, 2)),
    Theorem("gradient-of-batch-norm", "With running statistics, R of a batch norm scales dy by weight / √(variance + eps).",
            "Ioffe and Szegedy, arXiv 1502.03167", "b c, b c", back("b c", batch_norm("c", name="n"), 0), scaled_by(-0.5), scaled_by(-1)),
    Theorem("gradient-of-gate", "For y = silu(g) ∘ x: dx = dy ∘ silu(g) and dg = dy ∘ x ∘ σ(g) (1 + g (1 − σ(g))).",
            "Shazeer, arXiv 2002.05202", "m, m, m", back("m, m", gated, 0, 1), gate_gradient(1), gate_gradient(-1)),
    Theorem("gradient-of-tanh", "R of tanh is dy ∘ (1 − tanh²).", "folklore", "m, m", back("m", tanh, 0),
            lambda x, dy: dy * (1 - square(tanh(x))), lambda x, dy: dy * (1 - tanh(x))),
    Theorem("gradient-of-softplus", "The derivative of softplus is the sigmoid.", "folklore", "m, m", back("m", softplus, 0),
            lambda x, dy: dy * sigmoid(x), lambda x, dy: dy * sigmoid(-x)),
    Theorem("gradient-of-binary-cross-entropy", "The derivative of softplus(x) − y·x is σ(x) − y.", "torch.nn.BCEWithLogitsLoss", "m, m",
            gradient("m, m", lambda x, y: total(softplus(x) - y * x, "m"), 0), lambda x, y: sigmoid(x) - y, lambda x, y: sigmoid(x) + y),
)  # fmt: skip
