"""The transformer: a chain of residual maps x ↦ x + f(x), with a norm after each, N(x + f(x)), or first, x + f(N(x)).

A decoder's layer has a second wire, the memory, which its cross-attention reads.  Weights are called and packed as those of
`torch.nn.Transformer`: one weight holds the maps of queries, keys and values, one under another.  Sources: Vaswani et al.,
arXiv 1706.03762 (norm after); Xiong et al., arXiv 2002.04745 (norm first); drawn as in arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import (
    Wire,
    add,
    align,
    attention,
    copy,
    diagram,
    discard,
    einsum,
    identity,
    index,
    layer_norm,
    linear,
    relu,
    rename,
    split,
    ty,
    weight,
)  # fmt: skip
from ncd_cat.language.family import Family, family
from ncd_cat.language.verbs import verb
from ncd_cat.loops import iterate
from ncd_cat.sizes import Size, symbol
from ncd_cat.weights import prefixed


def residual(f: Any) -> Family:
    """x, … ↦ x + f(x, …): copy, the identity beside f, addition.

    >>> residual(relu)
    copy(n=2) >> identity() @ elementwise('relu') >> add()
    """
    rest = [identity()] * (family(f).arity - 1)
    return copy().tensor(*rest) >> identity() @ f >> add()


def sublayer(f: Any, norm: Any, first: bool) -> Family:
    """The residual map of f with a norm of x first, or after it."""
    rest = [identity()] * (family(f).arity - 1)
    return residual(norm.tensor(*rest) >> f) if first else residual(f) >> norm


@verb(2)
def multi_head(x: Wire, y: Wire, heads: Size, *, name: str, causal: bool = False) -> Wire:
    """Attention of x (t, m) to y (u, m) by several heads, their maps packed in `name.in_proj_weight` (3·m, m)."""
    m = x.axes[-1]
    w, b = (weight(f"{name}.in_proj_{part}", (Axis("n", m.size * 3), *axes)) >> split("n -> (part h d)", part=3, h=heads)
            for part, axes in (("weight", (m,)), ("bias", ())))  # fmt: skip

    def mapped(a: Wire, part: int) -> Wire:
        y, shift = align(einsum("t m, h d m -> h t d", a, index(w, "part", part)), index(b, "part", part))
        return y + shift

    q, k, v = (mapped(a, part) for part, a in enumerate((x, y, y)))
    return linear(attention(q, k, v, causal=causal), "h d", m, name=f"{name}.out_proj")


def feed_forward(m: Axis, n: Axis, function: Family = relu) -> Family:
    """L₊ : m → n ➤R➤ L₊ : n → m."""
    return linear("m", n, name="linear1") >> function >> linear("n", m, name="linear2")


def encoder_layer(m: Axis, heads: Size, n: Axis, first: bool = False, function: Family = relu) -> Family:
    """(t, m) → (t, m): self-attention, then the feed-forward map.

    >>> layer = encoder_layer(Axis("m", 12), 3, Axis("n", 10)).at(ty("t m:12"))
    >>> print(layer.over("b").cod)
    float32[b t m:12]
    """
    attend = copy() >> identity() @ rename(t="u") >> multi_head(heads, name="self_attn")
    norm1, norm2 = (layer_norm("m", name=f"norm{k}") for k in (1, 2))
    return sublayer(attend, norm1, first) >> sublayer(feed_forward(m, n, function), norm2, first)


def decoder_layer(m: Axis, heads: Size, n: Axis, first: bool = False) -> Family:
    """(t, m), (u, m) → (t, m): causal self-attention, attention to the memory, then the feed-forward map."""
    attend = copy() >> identity() @ rename(t="u") >> multi_head(heads, name="self_attn", causal=True)
    cross = multi_head(heads, name="multihead_attn")
    norm1, norm2, norm3 = (layer_norm("m", name=f"norm{k}") for k in (1, 2, 3))
    return sublayer(attend, norm1, first) @ identity() >> sublayer(cross, norm2, first) >> sublayer(feed_forward(m, n), norm3, first)


def encoder(m: Axis, heads: Size, n: Axis, layers: int, first: bool = False, function: Family = relu) -> Diagram:
    """(t, m) → (t, m): layers, each with its own weights, and a norm."""
    layer = encoder_layer(m, heads, n, first, function).at(ty("t m", m=m.size))
    return iterate(layer, layers, name="layers") >> layer_norm("m", name="norm")


def decoder(m: Axis, heads: Size, n: Axis, layers: int, first: bool = False) -> Diagram:
    """(t, m), (u, m) → (t, m): layers, each of which passes a copy of the memory on, and a norm."""
    layer = identity() @ copy() >> decoder_layer(m, heads, n, first) @ identity()
    return iterate(layer.at(ty("t m, u m", m=m.size)), layers, name="layers") >> layer_norm("m", name="norm") @ discard()


def transformer(m: Axis, heads: Size, n: Axis, layers: int, first: bool = False) -> Diagram:
    """(u, m), (t, m) → (t, m): the encoder makes of the source a memory, which the decoder of the target reads."""
    left, right = (prefixed(f(m, heads, n, layers, first), f"{f.__name__}.").block(f.__name__) for f in (encoder, decoder))
    return diagram("u m, t m -> t m", m=m.size)(lambda source, target: right(target, left(source)))


# ---- by name ------------------------------------------------------------------------------------------------------


def batched_encoder_layer(first: bool = False) -> Diagram:
    """A layer of a transformer's encoder, broadcast over a batch."""
    return encoder_layer(*_symbols(), first).at(ty("t m", m=_symbols()[0].size)).over("b")


def batched_decoder_layer(first: bool = False) -> Diagram:
    """A layer of a transformer's decoder, broadcast over a batch."""
    return decoder_layer(*_symbols(), first).at(ty("t m, u m", m=_symbols()[0].size)).over("b")


def batched_transformer(layers: int = 2, first: bool = False) -> Diagram:
    """The transformer: an encoder and a decoder of two layers, broadcast over a batch."""
    return transformer(*_symbols(), layers, first).over("b")


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "t": 5, "h": 3, "d": 4, "n": 10}
    found: dict[str, Callable[[], Diagram]] = {}
    for suffix, first in (("", False), ("-norm-first", True)):
        for name, build, more in (("transformer-encoder-layer", batched_encoder_layer, {}),
                                  ("transformer-decoder-layer", batched_decoder_layer, {"u": 7}),
                                  ("transformer", batched_transformer, {"u": 7})):  # fmt: skip
            found[name + suffix] = partial(at, partial(build, first=first), **sizes, **more)
            found[f"{name}{suffix}-symbolic"] = partial(build, first=first)
    return found


def _symbols() -> tuple[Axis, Size, Axis]:
    h, d = symbol("h"), symbol("d")
    return Axis("m", h * d), h, Axis("n")
