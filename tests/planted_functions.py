"""Functions written out, and arguments with parts that a function cannot see, beside what a person would have drawn."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from ncd_cat.language import (
    absolute,
    add,
    batch_norm,
    einsum,
    erf,
    exp,
    full,
    gelu,
    gelu_tanh,
    greatest,
    layer_norm,
    less,
    linear,
    log,
    log_softmax,
    logsumexp,
    maximum,
    mean,
    multiply,
    order,
    power,
    relu,
    rename,
    repeat,
    rms_norm,
    sigmoid,
    silu,
    softmax,
    softplus,
    sqrt,
    square,
    tanh,
    total,
    weight,
    where,
)
from ncd_cat.language.wire import Wire
from ncd_cat.scalars import Scalar
from tests.planted import HALF, ROWS, Pair, X

EPS = Fraction(1, 1000)


def spread(x: Wire, y: Wire) -> Wire:
    """x repeated along the axes of y that it lacks, in the order of y."""
    missing = [a for a in y.axes if a.name not in x.names]
    return order(repeat(x, " ".join(f"{a.name}:{a.size}" for a in missing)), " ".join(y.names)) if missing else x


def definitions() -> dict[str, Pair]:
    """Functions written out."""
    def soft(x: Wire, shift: bool) -> Wire:
        e = exp(x - spread(greatest(x, "d"), x)) if shift else exp(x)
        return e / spread(total(e, "d"), e)

    def stable_lse(x: Wire) -> Wire:
        m = greatest(x, "d")
        return add(log(total(exp(x - spread(m, x)), "d")), m)

    root = Scalar.of(2).power(Fraction(-1, 2))
    return {
        "softmax": Pair(ROWS, lambda x: soft(x, False), lambda x: softmax(x, "d")),
        "softmax less the maximum": Pair(ROWS, lambda x: soft(x, True), lambda x: softmax(x, "d")),
        "exp of log-softmax": Pair(ROWS, lambda x: exp(log_softmax(x, "d")), lambda x: softmax(x, "d")),
        "logsumexp": Pair("b:3 d:4", lambda x: log(total(exp(x), "d")), lambda x: logsumexp(x, "d")),
        "logsumexp less the maximum": Pair("b:3 d:4", stable_lse, lambda x: logsumexp(x, "d")),
        "log-softmax": Pair(ROWS, lambda x: log(soft(x, False)), lambda x: log_softmax(x, "d")),
        "log of softmax": Pair(ROWS, lambda x: log(softmax(x, "d")), lambda x: log_softmax(x, "d")),
        "log-softmax by logsumexp": Pair(ROWS, lambda x: x - spread(logsumexp(x, "d"), x), lambda x: log_softmax(x, "d")),
        "sigmoid": Pair(X, lambda x: power(exp(-x) + 1, -1), lambda x: sigmoid(x)),
        "sigmoid by exp x": Pair(X, lambda x: exp(x) / (exp(x) + 1), lambda x: sigmoid(x)),
        "silu": Pair(X, lambda x: multiply(x, sigmoid(x)), lambda x: silu(x)),
        "silu written out": Pair(X, lambda x: x / (exp(-x) + 1), lambda x: silu(x)),
        "softplus": Pair(X, lambda x: log(exp(x) + 1), lambda x: softplus(x)),
        "tanh": Pair(X, lambda x: (exp(x) - exp(-x)) / (exp(x) + exp(-x)), lambda x: tanh(x)),
        "tanh by sigmoid": Pair(X, lambda x: sigmoid(x * 2) * 2 - 1, lambda x: tanh(x)),
        "gelu": Pair(X, lambda x: multiply(x, erf(x * root) + 1) * HALF, lambda x: gelu(x)),
        "gelu by tanh": Pair(
            X,
            lambda x: multiply(x, tanh((x + multiply(square(x), x) * Fraction(44715, 10**6)) * float(np.sqrt(2 / np.pi))) + 1) * HALF,
            lambda x: gelu_tanh(x),
        ),
        "relu": Pair(X, lambda x: maximum(x, full("i:5", 0)()), lambda x: relu(x)),
        "relu by where": Pair(X, lambda x: where(less(full("i:5", 0)(), x), x, full("i:5", 0)()), lambda x: relu(x)),
        "abs": Pair(X, lambda x: maximum(x, -x), lambda x: absolute(x)),
    }


def norms() -> dict[str, Pair]:
    """Normalisations in the usual ways of writing them."""
    def centred(x: Wire) -> Wire:
        return x - spread(mean(x, "d"), x)

    def affine(y: Wire) -> Wire:
        return add(multiply(y, spread(weight("n.weight", "d:4")(), y)), spread(weight("n.bias", "d:4")(), y))

    def by_square(x: Wire) -> Wire:
        return mean(square(centred(x)), "d")

    def by_moments(x: Wire) -> Wire:
        return mean(square(x), "d") - square(mean(x, "d"))

    def rsqrt(x: Wire, v: Wire) -> Wire:
        return multiply(x, spread(power(v + EPS, -HALF), x))

    def by_root(x: Wire, v: Wire) -> Wire:
        return x / spread(sqrt(v + EPS), x)

    plain = lambda x: layer_norm(x, "d", eps=EPS)  # noqa: E731
    full_norm = lambda x: layer_norm(x, "d", name="n", eps=EPS)  # noqa: E731
    found = {}
    for variance in (by_square, by_moments):
        for division in (rsqrt, by_root):
            how = f"{variance.__name__} {division.__name__}"
            found[f"layer norm {how}"] = Pair(ROWS, lambda x, v=variance, f=division: f(centred(x), v(x)), plain)
            found[f"affine layer norm {how}"] = Pair(ROWS, lambda x, v=variance, f=division: affine(f(centred(x), v(x))), full_norm)
    rms = lambda x: rms_norm(x, "d", eps=EPS)  # noqa: E731
    found["rms norm rsqrt"] = Pair(ROWS, lambda x: rsqrt(x, mean(square(x), "d")), rms)
    found["rms norm by_root"] = Pair(ROWS, lambda x: by_root(x, mean(square(x), "d")), rms)
    found["weighted rms norm"] = Pair(
        ROWS,
        lambda x: multiply(rsqrt(x, mean(square(x), "d")), spread(weight("n.weight", "d:4")(), x)),
        lambda x: rms_norm(x, "d", name="n", eps=EPS),
    )
    return found


def unseen() -> dict[str, Pair]:
    """What a function cannot see of its argument."""
    def attend(x: Wire, bias: bool) -> Wire:
        q = linear(x, "d", "e:4", name="q")
        k = rename(linear(x, "d", "e:4", name="k", bias=bias), t="s")
        return softmax(einsum("t e, s e -> t s", q, k), "s")

    def per_row(x: Wire) -> Wire:
        return spread(weight("c", "b:3")(), x)

    return {
        "key bias of attention": Pair("t:3 d:4", lambda x: attend(x, True), lambda x: attend(x, False)),
        "bias before softmax": Pair(ROWS, lambda x: softmax(add(x, per_row(x)), "d"), lambda x: softmax(x, "d")),
        "shift after shift": Pair(ROWS, lambda x: softmax(x - spread(greatest(x, "d"), x), "d"), lambda x: softmax(x, "d")),
        "mean of a softmax": Pair("b:3 d:4", lambda x: mean(softmax(x, "d"), "d"), lambda x: full("b:3", Fraction(1, 4))()),
        "constant before layer norm": Pair(
            ROWS, lambda x: layer_norm(add(x, per_row(x)), "d", eps=EPS), lambda x: layer_norm(x, "d", eps=EPS)
        ),
        "centred before layer norm": Pair(
            ROWS, lambda x: layer_norm(x - spread(mean(x, "d"), x), "d", eps=EPS), lambda x: layer_norm(x, "d", eps=EPS)
        ),
        "bias before batch norm": Pair(
            "b:5 d:4", lambda x: normed_batch(x, True), lambda x: normed_batch(x, False)
        ),
    }


def normed_batch(x: Wire, bias: bool) -> Wire:
    """A linear map, and the batch norm of what it gives by its own mean and variance."""
    found: Wire = batch_norm(linear(x, "d", "e:3", name="f", bias=bias), "e", name="n", over="b", eps=EPS)
    return found


def planted() -> dict[str, Pair]:
    """All of them by name: what is given, and what is wanted."""
    return {**definitions(), **norms(), **unseen()}
