"""Attention in parts: blocks of keys, of queries and of heads, each computed by itself, and what joins them again.

Queries are (t, d), keys (u, d) and values (u, e); the keys (w, d) and values (w, e) of a second block come after them.  A block of
keys needs to keep a greatest score, a sum of exponentials and a sum of values.  Sources are with each theorem.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.language import (
    Wire,
    add,
    align,
    attention,
    concat,
    cut,
    divide,
    einsum,
    exp,
    greatest,
    index,
    logsumexp,
    maximum,
    multiply,
    rename,
    sigmoid,
    subtract,
    total,
)  # fmt: skip
from proofs.theorems.attention import read, scores
from proofs.theorems.theorem import Theorem

HALVES = "t d, u d, u e, w d, w e"


def blocks(rescaled: bool) -> Any:
    """Attention over two blocks of keys, each with its own greatest score, as FlashAttention keeps them, then merged."""

    def online(q: Wire, k1: Wire, v1: Wire, k2: Wire, v2: Wire) -> Any:
        parts = [block(scores(q, k), v) for k, v in ((k1, v1), (rename(k2, w="u"), rename(v2, w="u")))]
        top = maximum(parts[0][0], parts[1][0])
        factors = [exp(m - top) if rescaled else m * 0 + 1 for m, _, _ in parts]
        below = add(*[f * z for f, (_, z, _) in zip(factors, parts, strict=True)])
        above = add(*[multiply(*align(o, f)) for f, (_, _, o) in zip(factors, parts, strict=True)])
        return divide(*align(above, below))

    return online


def block(s: Wire, v: Wire) -> tuple[Any, Any, Any]:
    """The greatest score of each row, the sum of exp(score − greatest), and the same sum of values."""
    top = greatest(s, "u")
    shares = exp(subtract(*align(s, top)))
    return top, total(shares, "u"), einsum("t u, u e -> t e", shares, v)


def whole(q: Wire, k1: Wire, v1: Wire, k2: Wire, v2: Wire) -> Any:
    """Attention over all keys at once."""
    return attention(q, concat(k1, rename(k2, w="u"), axis="u"), concat(v1, rename(v2, w="u"), axis="u"))


def turned(q: Wire, k1: Wire, v1: Wire, k2: Wire, v2: Wire) -> Any:
    """Attention over the same keys, the second block first."""
    return whole(q, rename(k2, w="u"), rename(v2, w="u"), rename(k1, u="w"), rename(v1, u="w"))


def keys_turned(q: Wire, k1: Wire, v1: Wire, k2: Wire, v2: Wire) -> Any:
    """Attention over keys whose order is turned, and values whose order is not."""
    k = concat(rename(k2, w="u"), k1, axis="u")
    return attention(q, k, concat(v1, rename(v2, w="u"), axis="u"))


def ring(sign: int) -> Any:
    """Attention on two devices, each with a block of keys: outputs are weighted by the sigmoid of the difference of logsumexps."""

    def ring_attention(q: Wire, k1: Wire, v1: Wire, k2: Wire, v2: Wire) -> Any:
        s1, s2 = scores(q, k1), scores(q, rename(k2, w="u"))
        apart = (logsumexp(s1, "u") - logsumexp(s2, "u")) * sign
        o1, o2, first, second = align(read(s1, v1), read(s2, rename(v2, w="u")), sigmoid(apart), sigmoid(-apart))
        return o1 * first + o2 * second

    return ring_attention


def heads_apart(q1: Wire, k1: Wire, v1: Wire, o1: Wire, q2: Wire, k2: Wire, v2: Wire, o2: Wire) -> Any:
    """Each device has some of the heads and the columns of the output weight that read them; the results add up."""
    return output(attention(q1, k1, v1), o1) + output(attention(q2, k2, v2), o2)


def heads_joined(q1: Wire, k1: Wire, v1: Wire, o1: Wire, q2: Wire, k2: Wire, v2: Wire, o2: Wire) -> Any:
    """All heads on one device."""
    q, k, v, o = (concat(x, rename(y, i="h"), axis="h") for x, y in ((q1, q2), (k1, k2), (v1, v2), (o1, o2)))
    return output(attention(q, k, v), o)


def heads_crossed(q1: Wire, k1: Wire, v1: Wire, o1: Wire, q2: Wire, k2: Wire, v2: Wire, o2: Wire) -> Any:
    """One part is taken away rather than added."""
    return output(attention(q1, k1, v1), o1) - output(attention(q2, k2, v2), o2)


def output(y: Wire, w: Wire) -> Any:
    """Σ over heads of y (h, t, e) by w (h, m, e)."""
    h, e = y.names[0], y.names[2]
    return einsum(f"{h} t {e}, {h} m {e} -> t m", y, w)


def causal(q: Wire, k: Wire, v: Wire) -> Any:
    """Attention of a query to the keys up to its own number."""
    return attention(causal=True)(q, k, v)


def longer(q: Wire, k: Wire, v: Wire, p: Wire, r: Wire, w: Wire) -> list[Any]:
    """Queries, keys and values, each with more of them after it."""
    q, k, v = (concat(x, rename(y, s="t"), axis="t") for x, y in ((q, p), (k, r), (v, w)))
    return [q, rename(k, t="u"), rename(v, t="u")]


TABLE = (
    Theorem("keys-in-any-order", "Blocks of keys may change places if their values do.", "folklore", HALVES, whole, turned, keys_turned),
    Theorem("queries-in-parts", "Queries in two parts, one after the other.", "folklore", "t d, s d, u d, u e",
            lambda q, p, k, v: attention(concat(q, rename(p, s="t"), axis="t"), k, v),
            lambda q, p, k, v: concat(attention(q, k, v), attention(rename(p, s="t"), k, v), axis="t"),
            lambda q, p, k, v: concat(attention(q, k, v), attention(rename(p, s="t") * 2, k, v), axis="t")),
    Theorem("online-softmax", "FlashAttention: two blocks of keys, each shifted by its own greatest score, merge by exp of the difference.",
            "Milakov and Gimelshein, arXiv 1805.02867; Dao et al., arXiv 2205.14135", HALVES, whole, blocks(True), blocks(False)),
    Theorem("ring-attention", "Outputs over two blocks of keys merge by the sigmoid of the difference of their logsumexps.",
            "Liu et al., arXiv 2310.01889", HALVES, whole, ring(1), ring(-1)),
    Theorem("tensor-parallel-attention", "Heads on two devices, with the columns of the output weight that read them: the results add up.",
            "Megatron-LM, arXiv 1909.08053", "h t d, h u d, h u e, h m e, i t d, i u d, i u e, i m e",
            heads_joined, heads_apart, heads_crossed),
    Theorem("cached-keys", "The last query of a causal attention sees all keys: it may attend to a cache.", "folklore", "t d, t d, t e",
            lambda q, k, v: index(causal(q, rename(k, t="u"), rename(v, t="u")), "t", -1),
            lambda q, k, v: index(attention(cut(q, "t", q.size("t") - 1, 1), rename(k, t="u"), rename(v, t="u")), "t", 0),
            lambda q, k, v: index(attention(cut(q, "t", 0, 1), rename(k, t="u"), rename(v, t="u")), "t", 0)),
    Theorem("causal-prefix", "What comes later does not change the outputs of a causal attention so far.", "folklore",
            "t d, t d, t e, s d, s d, s e", lambda q, k, v, p, r, w: cut(causal(*longer(q, k, v, p, r, w)), "t", 0, q.size("t")),
            lambda q, k, v, p, r, w: causal(q, rename(k, t="u"), rename(v, t="u")),
            lambda q, k, v, p, r, w: attention(q, rename(k, t="u"), rename(v, t="u"))),
)  # fmt: skip
