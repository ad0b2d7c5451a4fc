"""GPT-2: tokens and their places are embedded, blocks x ↦ x + f(N x) follow, and the embedding read backwards gives the logits.

An affine map is kept as x·W + b with W (in, out).  Weights are called as in the published model.  Sources: Radford et al., Language
models are unsupervised multitask learners, 2019; Press and Wolf, arXiv 1608.05859 (the embedding used twice).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.architectures.transformer import sublayer
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import (
    Wire,
    attention,
    bias,
    cut,
    diagram,
    einsum,
    embedding,
    gelu_tanh,
    index,
    layer_norm,
    merge,
    order,
    rename,
    split,
    ty,
    weight,
)
from ncd_cat.language.family import Family
from ncd_cat.language.verbs import verb
from ncd_cat.loops import iterate
from ncd_cat.sizes import Size, symbol


@verb()
def affine(x: Wire, out: Axis, *, name: str) -> Wire:
    """x·W + b for x (t, m), with W = `name.weight` (m, out) and b = `name.bias`; the result is (t, out)."""
    w = weight(f"{name}.weight", (Axis("i", x.axes[-1].size), Axis("o", out.size)))
    return bias(rename(einsum("t i, i o -> t o", x, w), o=out.name), out.name, name=f"{name}.bias")


@verb()
def attend(x: Wire, heads: Size) -> Wire:
    """Causal self-attention of x (t, m): one affine map gives queries, keys and values, split into heads."""
    m = x.axes[-1]
    maps = split(affine(x, Axis("n", m.size * 3), name="attn.c_attn"), "n -> (part h d)", part=3, h=heads)
    q, k, v = (order(index(maps, "part", part), "h t d") for part in range(3))
    y = order(attention(q, k, v, causal=True), "t h d")
    return affine(merge(y, "(h d) -> m"), m, name="attn.c_proj")


def block(m: Axis, heads: Size, n: Axis) -> Family:
    """(t, m) → (t, m): attention, then m → n ➤gelu➤ m, each with a norm first and a path around it."""
    feed_forward = affine(n, name="mlp.c_fc") >> gelu_tanh >> affine(m, name="mlp.c_proj")
    norm1, norm2 = (layer_norm("m", name=f"ln_{k}") for k in (1, 2))
    return sublayer(attend(heads), norm1, first=True) >> sublayer(feed_forward, norm2, first=True)


def gpt2(t: Axis, words: Axis, places: Axis, m: Axis, heads: Size, n: Axis, layers: int) -> Diagram:
    """Tokens (t) → logits (t, words): embeddings of tokens and places, blocks, a norm, and the tokens' embedding transposed.

    Raises TypeMismatch unless there are at least t places.
    """
    blocks = iterate(block(m, heads, n).at(ty("t m", m=m.size)), layers, name="h") >> layer_norm("m", name="ln_f")

    @diagram("int64[t] -> t words", t=t.size, words=words.size)
    def gpt2(tokens: Wire) -> Wire:
        place = cut(weight("wpe.weight", (Axis("t", places.size), m)), "t", 0, t.size)
        x = embedding(tokens, words, m, name="wte") + place
        return einsum("t m, words m -> t words", blocks(x), weight("wte.weight", (words, m)))

    return gpt2


# ---- by name ------------------------------------------------------------------------------------------------------


def batched_block() -> Diagram:
    """A block of GPT-2, broadcast over a batch."""
    m, h, n = _symbols()
    return block(m, h, n).at(ty("t m", m=m.size)).over("b")


def batched() -> Diagram:
    """GPT-2 with two blocks, broadcast over a batch; its table of places is longer than a text."""
    t, words = Axis("t"), Axis("words", symbol("w"))
    return gpt2(t, words, Axis("p", t.size + symbol("p")), *_symbols(), layers=2).over("b")


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "t": 5, "h": 3, "d": 4, "n": 10}
    return {
        "gpt2": partial(at, batched, w=11, p=3, **sizes),
        "gpt2-block": partial(at, batched_block, **sizes),
        "gpt2-block-symbolic": batched_block,
        "gpt2-symbolic": batched,
    }


def _symbols() -> tuple[Axis, Size, Axis]:
    h, d = symbol("h"), symbol("d")
    return Axis("m", h * d), h, Axis("n")
