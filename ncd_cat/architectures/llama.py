"""LLaMA's block: queries and keys are turned by angles that grow with their place, so that scores see differences of places.

Entries in pairs are complex numbers a + bi, times cos + sin·i.  Heads come in groups, which share keys and values: attention of
one head, inner broadcast over the queries of a group, broadcast over groups.  Sources: Touvron et al., arXiv 2302.13971; Su et
al., arXiv 2104.09864 (turning); Ainslie et al., arXiv 2305.13245 (groups); Zhang and Sennrich, arXiv 1910.07467 (RMS norm);
Shazeer, arXiv 2002.05202 (SwiGLU).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ncd_cat.architectures import at
from ncd_cat.architectures.transformer import sublayer
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import (
    Wire,
    align,
    attention,
    copy,
    identity,
    index,
    linear,
    literal,
    merge,
    multiply,
    order,
    rms_norm,
    silu,
    split,
    stack,
    ty,
)  # fmt: skip
from ncd_cat.language.family import Family
from ncd_cat.language.verbs import verb
from ncd_cat.sizes import symbol


def angles(places: int, width: int, base: float = 10000.0) -> Diagram:
    """cos and sin of t·base^(−2c/width), the angle of place t and pair c, as constants (t, c)."""
    table = np.outer(np.arange(places), base ** (-np.arange(0, width, 2) / width))
    return (literal(np.cos(table), "t c") @ literal(np.sin(table), "t c")).at()


@verb(3)
def turn(x: Wire, cos: Wire, sin: Wire, pairs: str = "(i c)") -> Wire:
    """x (…, t, d) with each pair (a, b) of entries as (a·cos − b·sin, b·cos + a·sin); cos and sin are (t, c).

    A pair is c and c + d/2; with pairs = "(c i)", it is 2c and 2c + 1.
    """
    *others, d = x.names
    z = split(x, f"{d} -> {pairs}", i=2)
    a, b, cos, sin = align(index(z, "i", 0), index(z, "i", 1), cos, sin)
    y = stack(a * cos - b * sin, b * cos + a * sin, axis="i")
    return merge(order(y, " ".join([*others, pairs[1:-1]])), f"{pairs} -> {d}")


def grouped() -> Diagram:
    """Causal attention of queries (g, r, t, d) to keys (g, u, d) and values (g, u, e), which the r heads of a group share.

    >>> print(grouped().dom)
    float32[g r t d] @ float32[g u d] @ float32[g u e]
    """
    return attention(causal=True).at(ty("t d, u d, u e")).over("r", wires=(0,)).over("g")


@verb(3)
def attend(x: Wire, cos: Wire, sin: Wire, groups: Axis, heads: Axis, width: Axis) -> Wire:
    """Causal self-attention of x (t, m), with `heads` heads in each of the groups; cos and sin are (t, c)."""
    q = turn(order(linear(x, "m", (groups, heads, width), name="self_attn.q_proj", bias=False), "g r t d"), cos, sin)
    k, v = (order(linear(x, "m", (groups, width), name=f"self_attn.{name}_proj", bias=False), "g t d") for name in "kv")
    y = grouped()(q, turn(k, cos, sin), v)
    return linear(y, "g r d", x.axes[-1], name="self_attn.o_proj", bias=False)


def feed_forward(m: Axis, n: Axis) -> Family:
    """SwiGLU: m → n twice, one of them through silu and times the other, then n → m."""
    gate, up = (linear("m", n, name=f"mlp.{name}_proj", bias=False) for name in ("gate", "up"))
    down = linear("n", m, name="mlp.down_proj", bias=False)
    return copy() >> (gate >> silu) @ up >> multiply() >> down


def block(m: Axis, groups: Axis, heads: Axis, width: Axis, n: Axis) -> Family:
    """(t, m), cos (t, c), sin (t, c) → (t, m): attention, then SwiGLU, each with a norm first and a path around it."""
    attended = attend(groups, heads, width)
    norm1, norm2 = (rms_norm("m", name=f"{name}_layernorm") for name in ("input", "post_attention"))
    return sublayer(attended, norm1, first=True) >> sublayer(feed_forward(m, n), norm2, first=True)


def batched() -> Diagram:
    """LLaMA's block on a batch; cos and sin are the same for all of it."""
    g, r, m, n = (Axis(name) for name in "grmn")
    found = block(m, g, r, Axis("d", symbol("c") * 2), n).at(ty("t m, t c, t c"))
    return found.over("b", wires=(0,))


def placed() -> Diagram:
    """LLaMA's block on a batch of five tokens, their angles constants."""
    sized = batched().resize(t=5, c=3)
    return identity(ty([sized.dom.inside[0]])) @ angles(5, 6) >> sized


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "m": 14, "g": 2, "r": 3, "n": 10}
    return {
        "llama-block": partial(at, batched, t=5, c=4, **sizes),
        "llama-block-placed": partial(at, placed, **sizes),
        "llama-block-symbolic": batched,
    }
