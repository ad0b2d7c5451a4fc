"""The diffusion transformer: a transformer from noisy images to noise, each of whose norms a vector scales and shifts.

The vector says what time it is and what the image shows.  Of it, each block makes six: for its attention and for its feed-forward
map, a shift and a scale of what they read and a gate of what they give, all zero before training, when a block is the identity.
Weights are called as in the code of the source: Peebles and Xie, arXiv 2212.09748 (adaLN-Zero).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.errors import TypeMismatch
from ncd_cat.language import (
    Wire,
    align,
    attention,
    conv,
    gelu_tanh,
    index,
    layer_norm,
    linear,
    merge,
    order,
    rename,
    silu,
    split,
    ty,
    weight,
)  # fmt: skip
from ncd_cat.language.family import Family
from ncd_cat.language.verbs import verb
from ncd_cat.sizes import Size, divide, symbol
from ncd_cat.weights import prefixed

EPS = 1e-6


def chunks(e: Wire, count: int) -> list[Wire]:
    """L₊ of the vector, as so many vectors of its width."""
    parts = linear(e, "m", (Axis("part", count), Axis("m", e.axes[-1].size)), name="adaLN_modulation.1")
    return [index(parts, "part", k) for k in range(count)]


def modulated(x: Wire, shift: Wire, scale: Wire) -> Wire:
    """N(x)·(1 + scale) + shift, with the norm of each item, and the vectors broadcast over items."""
    normed, by, to = align(layer_norm(x, "m", eps=EPS), scale, shift)
    return normed + normed * by + to


def gated(x: Wire, y: Wire, gate: Wire) -> Wire:
    """x + gate · y."""
    update, by = align(y, gate)
    return x + by * update


@verb()
def self_attention(x: Wire, heads: Size) -> Wire:
    """(t m) → (t m): attention of the items to each other by several heads, whose maps are packed in one weight."""
    m = x.axes[-1]
    width = divide(m.size, heads)
    if width is None:
        raise TypeMismatch(f"self-attention: {m} does not split into {heads} heads")
    mapped = order(linear(x, "m", (Axis("part", 3), Axis("h", heads), Axis("d", width)), name="attn.qkv"), "part h t d")
    q, k, v = (index(mapped, "part", part) for part in range(3))
    y = attention(q, rename(k, t="u"), rename(v, t="u"))
    return linear(y, "h d", m, name="attn.proj")  # type: ignore[no-any-return]


@verb(2)
def block(x: Wire, e: Wire, heads: Size, n: Axis) -> Wire:
    """(t m), (m) → (t m): attention, then the feed-forward map, both between a modulated norm and a gate."""
    m = x.axes[-1]
    to_attend, by_attend, of_attend, to_map, by_map, of_map = chunks(e, 6)
    x = gated(x, self_attention(modulated(x, to_attend, by_attend), heads), of_attend)
    hidden = gelu_tanh(linear(modulated(x, to_map, by_map), "m", n, name="mlp.fc1"))
    return gated(x, linear(hidden, n, m, name="mlp.fc2"), of_map)


@verb(2)
def final_layer(x: Wire, e: Wire, window: tuple[Axis, ...]) -> Wire:
    """(t m), (m) → (t, window): L₊ of the modulated norm, a window of an image for each item."""
    shift, scale = chunks(e, 2)
    return linear(modulated(x, shift, scale), "m", window, name="linear")  # type: ignore[no-any-return]


def _part(body: Family, name: str, x: Wire, e: Wire) -> Wire:
    """A family of two wires as a block of that name, whose weights begin with it."""
    found: Wire = prefixed(body.at(x.type, e.type), f"{name}.").block(name)(x, e)
    return found


def diffusion_transformer(image: Ty, m: Axis, heads: Size, n: Axis, patch: int = 2, layers: int = 28) -> Diagram:
    """(c x̄), (m) → (c x̄): L₊ of each window and its place, the blocks, the final layer, and the windows put together.

    Raises TypeMismatch, naming the axis, for an image that windows of `patch` places do not tile.
    """
    for a in [a for array in image.inside for a in array.axes[1:] if divide(a.size, patch) is None]:
        raise TypeMismatch(f"diffusion transformer: axis {a.name} (size {a.size}) is not tiled by windows of {patch}")

    @verb(2)
    def network(x: Wire, e: Wire) -> Wire:
        windows = order(conv(x, "x", "c", m, kernel=patch, stride=patch, name="x_embedder.proj"), "x... m")
        items = merge(windows, "(x.0 x.1) -> t")
        items = items + weight("pos_embed", items.axes)
        e = silu(e)
        for i in range(layers):
            items = _part(block(heads, n), f"blocks.{i}", items, e)
        found = _part(final_layer((Axis("s.0", patch), Axis("s.1", patch), x.axes[0])), "final_layer", items, e)
        places = split(found, "t -> (g.0 g.1)", **{a: b.size for a, b in zip(("g.0", "g.1"), windows.axes, strict=False)})
        return merge(merge(order(places, "c g.0 s.0 g.1 s.1"), "(g.0 s.0) -> x.0"), "(g.1 s.1) -> x.1")  # type: ignore[no-any-return]

    return network().at(image, ty("m", m=m.size))  # type: ignore[no-any-return]


def symbolic(patch: int = 2, layers: int = 2) -> Diagram:
    """The diffusion transformer, two blocks, broadcast over a batch of noisy images and of vectors."""
    h, d = symbol("h"), symbol("d")
    image = ty("c x...", x=[patch * symbol(name) for name in ("x_0", "x_1")])
    return diffusion_transformer(image, Axis("m", h * d), h, Axis("n"), patch, layers).over("b")


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "c": 3, "x_0": 2, "x_1": 4, "h": 2, "d": 5, "n": 7}
    return {"diffusion-transformer": partial(at, symbolic, **sizes), "diffusion-transformer-symbolic": symbolic}
