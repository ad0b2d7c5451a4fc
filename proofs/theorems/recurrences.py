"""Loops: a recurrence that adds is a sum, a loop may be cut in two, and what a step does not need of the state leaves it.

A loop is `scan` along an axis, of any length that is a symbol; its laws are proved by induction over the steps.  Sources are
with each theorem.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.language import (
    Wire,
    add,
    align,
    causal_mask,
    concat,
    cumsum,
    divide,
    einsum,
    exp,
    full,
    greatest,
    index,
    literal,
    maximum,
    multiply,
    order,
    relu,
    rename,
    repeat,
    scan,
    softmax,
    tanh,
    total,
    where,
)
from proofs.theorems.theorem import Theorem


def zeros(*axes: Axis) -> Any:
    """An array of zeros."""
    return repeat(literal(0.0, ""), axes)


def last(step: Any, init: list[Any], xs: list[Any]) -> Any:
    """The final states of a loop along t."""
    return scan(step, init, xs, axis="t")[0]


def outputs(step: Any, init: list[Any], xs: list[Any]) -> Any:
    """What each step of a loop along t gives."""
    return scan(step, init, xs, axis="t")[1][0]


def running(x: Wire) -> Any:
    """The sums so far, by a loop."""
    return outputs(lambda s, y: (s + y, s + y), [zeros(x.axes[1])], [x])


def before(x: Wire) -> Any:
    """The sums before each step, by a loop."""
    return outputs(lambda s, y: (s + y, s), [zeros(x.axes[1])], [x])


def rnn(h: Wire, x: Wire, w: Wire) -> Any:
    """h ← tanh(w h + x) along t, the last state."""
    (found,) = last(lambda s, y: (tanh(einsum("m n, n -> m", w, rename(s, m="n")) + y),), [h], [x])
    return found


def attend(q: Wire, k: Wire, v: Wire) -> Any:
    """Causal linear attention: the state is the sum of k ⊗ v so far."""

    def step(s: Wire, q: Wire, k: Wire, v: Wire) -> Any:
        s = s + einsum("d, e -> d e", k, v)
        return s, einsum("d, d e -> e", q, s)

    return outputs(step, [zeros(k.axes[1], v.axes[1])], [q, k, v])


def scores(strict: bool) -> Any:
    """Causal linear attention with scores of all pairs, of which those after the query, or from it on, are zero."""

    def masked_scores(q: Wire, k: Wire, v: Wire) -> Any:
        k, v = rename(k, t="u"), rename(v, t="u")
        s = einsum("t d, u d -> t u", q, k)
        mask = causal_mask(*s.axes).wire()
        return einsum("t u, u e -> t e", where(mask, s * 0, s) if strict else where(mask, s, s * 0), v)

    return masked_scores


def flash(rescaled: bool) -> Any:
    """Attention as a loop over blocks n of keys: the state is a greatest score, a sum of exponentials and a sum of values."""

    def online(s: Wire, v: Wire) -> Any:
        q, e = s.axes[1], v.axes[2]

        def step(top: Wire, below: Wire, above: Wire, s: Wire, v: Wire) -> Any:
            new = maximum(top, greatest(s, "u"))
            p, old = exp(add(*align(s, -new))), exp(top - new) if rescaled else exp(top * 0)
            return new, below * old + total(p, "u"), multiply(*align(above, old)) + einsum("q u, u e -> q e", p, v)

        start = [greatest(index(s, "n", 0), "u"), zeros(q), zeros(q, e)]
        _, below, above = scan(step, start, [s, v], axis="n")[0]
        return divide(*align(above, below))

    return online


def nested(s: Wire, v: Wire) -> Any:
    """Attention over all keys at once, by blocks n of keys u."""
    return einsum("q n u, n u e -> q e", softmax(order(s, "q n u"), "n u"), v)


def softmax_loop(shifted: bool) -> Any:
    """Attention as a loop over keys without greatest scores."""

    def online(s: Wire, v: Wire) -> Any:
        q, e = s.axes[1], v.axes[1]

        def step(below: Wire, above: Wire, s: Wire, v: Wire) -> Any:
            p = exp(s)
            return below + p, above + einsum("q, e -> q e", p, v) * (2 if shifted else 1)

        below, above = last(step, [zeros(q), zeros(q, e)], [s, v])
        return divide(*align(above, below))

    return online


def pair_of_loops(x: Wire) -> Any:
    one, other = (last(lambda s, y, f=f: (f(s + y),), [zeros(x.axes[1])], [x])[0] for f in (tanh, relu))
    return one + other


def loop_of_pairs(x: Wire, k: int) -> Any:
    one, other = last(lambda s, r, y: (tanh(s + y), relu(r + y * k)), [zeros(x.axes[1])] * 2, [x])
    return one + other


def decayed(x: Wire, a: Wire) -> Any:
    (h,) = last(lambda s, y: (multiply(*align(s, exp(a))) + y,), [zeros(x.axes[1])], [x])
    return h


def powers(x: Wire, a: Wire, k: int) -> Any:
    n = x.size("t")
    ago = full(x.axes[0], n).wire() - cumsum(full(x.axes[0], 1).wire(), "t")
    return einsum("t m, t -> m", x, exp(multiply(*align(ago, a)) * k))


TABLE = (
    Theorem("prefix-sum", "A loop that adds gives the sums so far.", "Blelloch, Prefix sums and their applications, 1990", "t m",
            running, lambda x: cumsum(x, "t"), before),
    Theorem("loop-of-sums-is-a-sum", "The last state of a loop that adds f(x) is the sum of all f(x).", "folklore", "t m",
            lambda x: last(lambda s, y: (s + relu(y),), [zeros(x.axes[1])], [x])[0], lambda x: total(relu(x), "t"),
            lambda x: relu(total(x, "t"))),
    Theorem("loop-in-two-parts", "A loop over steps in two parts is the second loop after the first: a recurrent state is all it needs.",
            "folklore", "m, t m, s m, m m2:m", lambda h, x, y, w: rnn(h, concat(x, rename(y, s="t"), axis="t"), rename(w, m2="n")),
            lambda h, x, y, w: rnn(rnn(h, x, rename(w, m2="n")), rename(y, s="t"), rename(w, m2="n")),
            lambda h, x, y, w: rnn(rnn(h, rename(y, s="t"), rename(w, m2="n")), x, rename(w, m2="n"))),
    Theorem("two-loops-are-one", "Two loops side by side are one loop with both states.", "folklore", "t m",
            pair_of_loops, lambda x: loop_of_pairs(x, 1), lambda x: loop_of_pairs(x, 2)),
    Theorem("linear-attention-loop", "Causal linear attention is a recurrence whose state is the sum of k ⊗ v so far.",
            "Katharopoulos et al., arXiv 2006.16236", "t d, t d, t e", attend, scores(False), scores(True)),
    Theorem("attention-as-a-loop", "Attention is a loop over keys that keeps a sum of exponentials and a sum of values.",
            "Rabe and Staats, arXiv 2112.05682", "t q, t e", softmax_loop(False),
            lambda s, v: einsum("t q, t e -> q e", softmax(s, "t"), v), softmax_loop(True)),
    Theorem("flash-attention", "FlashAttention: a loop over blocks keeps a greatest score, a sum and an output. For 3 blocks of any size.",
            "Dao et al., arXiv 2205.14135", "n:3 q u, n:3 u e", flash(True), nested, flash(False)),
    Theorem("map-leaves-the-loop", "What a step does to its slice alone may be done to all slices at once.", "folklore", "t m, m",
            lambda x, h: last(lambda s, y: (tanh(s + relu(y)),), [h], [x])[0],
            lambda x, h: last(lambda s, y: (tanh(s + y),), [h], [relu(x)])[0],
            lambda x, h: relu(last(lambda s, y: (tanh(s + y),), [h], [x])[0])),
    Theorem("decaying-state", "A decay exp(a) at each step of a recurrence is a power of it in a sum. For 4 steps.",
            "RetNet, arXiv 2307.08621",
            "t:4 m, ", decayed, lambda x, a: powers(x, a, 1), lambda x, a: powers(x, a, 2)),
)  # fmt: skip
