"""Attention: what may be moved past the softmax of scores, merged before it, or cut into parts that meet again.

Queries are (t, d), keys (u, d) and values (u, e); a score is an inner product, and its softmax is over the keys.  Sources are
with each theorem; the notation is that of arXiv 2402.05424.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.language import (
    Wire,
    add,
    align,
    attention,
    causal_mask,
    concat,
    cumsum,
    cut,
    divide,
    einsum,
    full,
    index,
    masked,
    mean,
    merge,
    multiply,
    order,
    rename,
    repeat,
    softmax,
    split,
    stack,
    take,
    total,
    ty,
    where,
)
from proofs.theorems.theorem import Theorem

QKV = "t d, u d, u e"


def read(scores: Wire, v: Wire) -> Any:
    """The mean of values (u, e) with the softmax of scores (t, u) for weights."""
    return einsum("t u, u e -> t e", softmax(scores, "u"), v)


def scores(q: Wire, k: Wire) -> Any:
    """q·kᵀ / √d for queries (t, d) and keys (u, d)."""
    return einsum("t d, u d -> t u", q, k) * q.axes[1] ** -0.5


def project(x: Wire, w: Wire) -> Any:
    """The rows of x (t, m) by a weight (d, m), as PyTorch has them."""
    return einsum("t m, d m -> t d", x, w)


def product(f: Wire, g: Wire) -> Any:
    """The matrix product of f (n, e) and g (e, m)."""
    return einsum("n e, e m -> n m", f, g)


def attend(q: Wire, k: Wire, v: Wire) -> Any:
    """Self-attention of queries, keys and values that all have the axis t."""
    return attention(q, rename(k, t="u"), rename(v, t="u"))


def fused(first: int, second: int) -> Any:
    """One projection by the rows of three weights, cut into queries, keys and values; the first two are taken in the order given."""

    def fused_qkv(x: Wire, wq: Wire, wk: Wire, wv: Wire) -> Any:
        d, e = wq.size("d"), wv.size("e")
        y = project(x, concat(wq, wk, rename(wv, e="d"), axis="d"))
        parts = cut(y, "d", 0, d), cut(y, "d", d, d)
        return attend(parts[first], parts[second], rename(cut(y, "d", d + d, e), d="e"))

    return fused_qkv


def apart(x: Wire, wq: Wire, wk: Wire, wv: Wire) -> Any:
    """Three projections, then attention."""
    return attend(project(x, wq), project(x, wk), rename(project(x, rename(wv, e="d")), d="e"))


def grouped(q: Wire, k: Wire, v: Wire) -> Any:
    """Queries (g, r, t, d) of r heads to the keys (g, u, d) and values (g, u, e) of their group."""
    return attention().at(ty(QKV)).over("r", wires=(0,)).over("g")(q, k, v)


def repeated(heads: str) -> Any:
    """Heads that each have keys and values of their own, which are those of the group."""

    def repeated_heads(q: Wire, k: Wire, v: Wire) -> Any:
        r = q.axes[1]
        k, v = (merge(repeat(x, r), f"({heads}) -> h") for x in (k, v))
        y = attention(merge(q, "(g r) -> h"), order(k, "h u d"), order(v, "h u e"))
        return split(y, "h -> (g r)", r=r.size)

    return repeated_heads


def expanded(q: Wire, c: Wire, k: Wire, v: Wire) -> Any:
    """Keys and values of all heads are made from the latents c (u, l)."""
    return attention(q, einsum("u l, h d l -> h u d", c, k), einsum("u l, h e l -> h u e", c, v))


def absorbed(axis: str) -> Any:
    """Queries meet the latents, which all heads share; the scale is that of the axis."""

    def absorbed_keys(q: Wire, c: Wire, k: Wire, v: Wire) -> Any:
        met = einsum("h t d, h d l -> h t l", q, k)
        size = {"d": q.size("d"), "l": c.size("l")}[axis]
        weights = softmax(einsum("h t l, u l -> h t u", met, c, scale=Axis("d", size) ** -0.5), "u")
        return einsum("h t l, h e l -> h t e", einsum("h t u, u l -> h t l", weights, c), v)

    return absorbed_keys


def places(axis: Any) -> Any:
    """1, 2, 3, … along an axis."""
    return cumsum(full(axis, 1).wire(), 0)


def alibi(sign: int, own: bool) -> Any:
    """Attention with a bias slope·(u − t) for each score, or slope·u alone."""

    def biased(s: Wire, slope: Wire, v: Wire) -> Any:
        t, u = (places(a) for a in s.axes)
        s, u, t, slope = align(s, u, t, slope)
        return read(s + slope * (u - t if own else u) * sign, v)

    return biased


def turn(x: Wire, by: Wire, sign: int = 1) -> Any:
    """x (…, c, i) of pairs, times the complex numbers `by` (…, c, i), or with sign −1 their conjugates."""
    x0, x1, c, s = (index(w, "i", n) for w in (x, by) for n in (0, 1))
    return order(stack(x0 * c - x1 * s * sign, x1 * c + x0 * s * sign, axis="i"), " ".join(x.names))


def rotary(q: Wire, k: Wire, a: Wire, b: Wire) -> Any:
    """Scores of queries and keys that are each turned by a rotation of their place."""
    return einsum("t c i, u c i -> t u", turn(q, a), turn(k, b))


def relative(sign: int) -> Any:
    """Scores of queries, and keys turned by the quotient of the two rotations."""

    def scores_by_quotient(q: Wire, k: Wire, a: Wire, b: Wire) -> Any:
        t, u = a.axes[0], b.axes[0]
        k, b, a = order(repeat(k, t), "t u c i"), order(repeat(b, t), "t u c i"), order(repeat(a, u), "t u c i")
        return einsum("t c i, t u c i -> t u", q, turn(k, turn(b, a, -1), sign))

    return scores_by_quotient


def triangle(cut_first: bool) -> Any:
    """Softmax over all keys, then those after the query set to zero, then each row divided by its sum."""

    def renormalised(s: Wire) -> Any:
        mask = causal_mask(*s.axes).wire()
        if cut_first:
            return softmax(masked(s, mask), "u")
        p = softmax(s, "u")
        kept = where(mask, p, p * 0)
        return divide(*align(kept, total(kept, "u")))

    return renormalised


TABLE = (
    Theorem("fused-qkv", "Queries, keys and values by one projection whose weight is the three weights one after another.",
            "Megatron-LM, arXiv 1909.08053", "t m, d m, d m, e m", fused(0, 1), apart, fused(1, 0)),
    Theorem("grouped-heads", "Heads in groups that share keys and values are heads with repeated keys and values.",
            "Ainslie et al., arXiv 2305.13245", "g r t d, g u d, g u e", grouped, repeated("g r"), repeated("r g")),
    Theorem("latent-absorption", "Queries can meet the latents themselves: maps to keys and values slide past the softmax.",
            "DeepSeek-V2, arXiv 2405.04434", "h t d, u l, h d l, h e l", expanded, absorbed("d"), absorbed("l")),
    Theorem("alibi-is-a-key-bias", "A bias proportional to u − t is one proportional to u: the softmax does not see t.",
            "Press et al., arXiv 2108.12409", "t u, , u e", alibi(1, True), alibi(1, False), alibi(-1, False)),
    Theorem("key-bias", "A bias on keys changes no output: it adds one number to all scores of a query.", "folklore", "t d, u d, u e, d",
            lambda q, k, v, b: attention(q, add(*align(k, b)), v), lambda q, k, v, b: attention(q, k, v),
            lambda q, k, v, b: attention(add(*align(q, b)), k, v)),
    Theorem("value-bias", "A bias on values is added to each output: the weights of a row add up to one.", "folklore", "t d, u d, u e, e",
            lambda q, k, v, b: attention(q, k, add(*align(v, b))), lambda q, k, v, b: add(*align(attention(q, k, v), b)),
            lambda q, k, v, b: attention(q, k, v)),
    Theorem("temperature-scales-queries", "A temperature of the scores is one of the queries.", "Vaswani et al., arXiv 1706.03762",
            f"{QKV}, ", lambda q, k, v, a: read(multiply(*align(scores(q, k), a)), v),
            lambda q, k, v, a: attention(multiply(*align(q, a)), k, v), lambda q, k, v, a: attention(q, k, multiply(*align(v, a)))),
    Theorem("value-output", "The maps to values and from them are one map, which slides past the weights.",
            "Elhage et al., A mathematical framework for transformer circuits, 2021", "t u, u m, e m, n e",
            lambda s, x, wv, wo: einsum("t e, n e -> t n", read(s, einsum("u m, e m -> u e", x, wv)), wo),
            lambda s, x, wv, wo: einsum("t u, u n -> t n", softmax(s, "u"), einsum("u m, n m -> u n", x, product(wo, wv))),
            lambda s, x, wv, wo: einsum("t e, n e -> t n", einsum("t u, u e -> t e", s, einsum("u m, e m -> u e", x, wv)), wo)),
    Theorem("query-key", "Scores see the maps to queries and keys only through their product.",
            "Elhage et al., A mathematical framework for transformer circuits, 2021", "t m, u n, d m, d n",
            lambda x, y, wq, wk: einsum("t d, u d -> t u", project(x, wq), einsum("u n, d n -> u d", y, wk)),
            lambda x, y, wq, wk: einsum("t m, m n, u n -> t u", x, einsum("d m, d n -> m n", wq, wk), y),
            lambda x, y, wq, wk: einsum("t m, m n, u n -> t u", x, einsum("d m, d n -> m n", wq, wk), y) * 2),
    Theorem("queries-chosen", "Outputs of chosen queries are the chosen outputs: attention is equivariant in its queries.", "folklore",
            "t d, u d, u e, int64[n]", lambda q, k, v, i: rename(attention(rename(take(q, i, "t"), n="t"), k, v), t="n"),
            lambda q, k, v, i: take(attention(q, k, v), i, "t"), lambda q, k, v, i: take(attention(q * 2, k, v), i, "t")),
    Theorem("rotary-relative", "Scores of turned queries and keys see the two rotations only through their quotient.",
            "Su et al., arXiv 2104.09864", "t c i:2, u c i:2, t c i:2, u c i:2", rotary, relative(1), relative(-1)),
    Theorem("keys-of-zero", "Keys that are zero make attention the mean of the values.", "folklore", QKV,
            lambda q, k, v: attention(q, k * 0, v), lambda q, k, v: repeat(mean(v, "u"), q.axes[0]),
            lambda q, k, v: repeat(total(v, "u"), q.axes[0])),
    Theorem("mask-after-softmax", "Softmax, then the lower triangle, then rows that add up to one: a masked softmax. For 4 of each.",
            "folklore", "t:4 u:4", triangle(False), triangle(True), lambda s: softmax(s, "u")),
    Theorem("keys-meet-values", "Without a softmax, keys meet values first: (QKᵀ)V = Q(KᵀV).",
            "Katharopoulos et al., arXiv 2006.16236", QKV,
            lambda q, k, v: einsum("t u, u e -> t e", einsum("t d, u d -> t u", q, k), v),
            lambda q, k, v: einsum("t d, d e -> t e", q, einsum("u d, u e -> d e", k, v)),
            lambda q, k, v: einsum("t u, u e -> t e", softmax(einsum("t d, u d -> t u", q, k), "u"), v)),
)  # fmt: skip
