"""Linear attention: y(t) = Σᵤ φ(q_t)·φ(k_u) v_u / Σᵤ φ(q_t)·φ(k_u), where the sums over u and over features change places.

Over all u, keys and values are summed up before a query is read; over u ≤ t, the sums so far are the state of a loop.  Source:
Katharopoulos et al., arXiv 2006.16236, with φ = elu + 1.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram
from ncd_cat.language import (
    Wire,
    align,
    causal_mask,
    cumsum,
    diagram,
    divide,
    einsum,
    exp,
    literal,
    relu,
    rename,
    repeat,
    scan,
    total,
    where,
)
from ncd_cat.language.verbs import verb


@verb()
def feature(x: Wire) -> Wire:
    """φ(x) = elu(x) + 1 = max(x, 0) + exp(min(x, 0)), a positive number."""
    return relu(x) + exp(-relu(-x))


@verb(2)
def ratio(x: Wire, z: Wire) -> Wire:
    """x / z, the two aligned by the names of their axes."""
    return divide(*align(x, z))


def by_scores() -> Diagram:
    """Linear attention as attention is written: the scores of all queries and keys, normalised over the keys."""

    @diagram("t d, u d, u e -> t e")
    def by_scores(q: Wire, k: Wire, v: Wire) -> Wire:
        scores = einsum("t d, u d -> t u", feature(q), feature(k))
        return ratio(einsum("t u, u e -> t e", scores, v), total(scores, "u"))

    return by_scores


def by_sums() -> Diagram:
    """Linear attention by sums over the keys, which are taken once: no array has an axis t and an axis u."""

    @diagram("t d, u d, u e -> t e")
    def by_sums(q: Wire, k: Wire, v: Wire) -> Wire:
        q, k = feature(q), feature(k)
        sums = einsum("u d, u e -> d e", k, v)
        return ratio(einsum("t d, d e -> t e", q, sums), einsum("t d, d -> t", q, total(k, "u")))

    return by_sums


def causal_by_scores(t: int = 5) -> Diagram:
    """Causal linear attention with scores that a table of truth values sets to 0 where the key is later than the query."""

    @diagram("t d, t d, t e -> t e", t=t)
    def causal_by_scores(q: Wire, k: Wire, v: Wire) -> Wire:
        k, v = rename(k, t="u"), rename(v, t="u")
        scores = einsum("t d, u d -> t u", feature(q), feature(k))
        seen = where(causal_mask(f"t:{t}", f"u:{t}"), scores, scores * 0)
        return ratio(einsum("t u, u e -> t e", seen, v), total(seen, "u"))

    return causal_by_scores


def causal_by_sums() -> Diagram:
    """Causal linear attention by the sums of keys and values so far, for all places at once."""

    @diagram("t d, t d, t e -> t e")
    def causal_by_sums(q: Wire, k: Wire, v: Wire) -> Wire:
        q, k = feature(q), feature(k)
        sums, norms = cumsum(einsum("t d, t e -> t d e", k, v), "t"), cumsum(k, "t")
        return ratio(einsum("t d, t d e -> t e", q, sums), einsum("t d, t d -> t", q, norms))

    return causal_by_sums


def causal_by_steps() -> Diagram:
    """Causal linear attention as a loop, whose state is the sums of keys and values so far."""

    @diagram("t d, t d, t e -> t e")
    def causal_by_steps(q: Wire, k: Wire, v: Wire) -> Wire:
        def step(sums: Wire, norms: Wire, q: Wire, k: Wire, v: Wire) -> tuple[Wire, Wire, Wire]:
            sums, norms = sums + einsum("d, e -> d e", k, v), norms + k
            return sums, norms, ratio(einsum("d, d e -> e", q, sums), einsum("d, d -> ", q, norms))

        d, e = k.axes[1], v.axes[1]
        _, (y,) = scan(step, [repeat(literal(0.0, ""), axes) for axes in ((d, e), d)], [feature(q), feature(k), v], axis="t")
        return y

    return causal_by_steps


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    queries, causal = ({"t": 5, "u": 7, "d": 4, "e": 3}, {"t": 5, "d": 4, "e": 3})
    return {
        "linear-attention": partial(at, by_sums, **queries),
        "linear-attention-causal": partial(at, causal_by_sums, **causal),
        "linear-attention-causal-scores": partial(at, causal_by_scores, d=4, e=3),
        "linear-attention-causal-steps": partial(at, causal_by_steps, **causal),
        "linear-attention-causal-steps-symbolic": causal_by_steps,
        "linear-attention-causal-symbolic": causal_by_sums,
        "linear-attention-scores": partial(at, by_scores, **queries),
        "linear-attention-scores-symbolic": by_scores,
        "linear-attention-symbolic": by_sums,
    }
