"""The Swin transformer: attention inside the windows that tile an image, moved on by half a window in every second block.

Scores get a learned number for each head and each offset between two places of a window: a table whose windows, read backwards,
are those offsets.  A moved image is rolled, so its last windows hold places from opposite borders, which must not see each other.
Between stages, four neighbours become one item.  Source: Liu et al., arXiv 2103.14030, whose code adds −100 where this masks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.architectures.transformer import residual
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.errors import TypeMismatch
from ncd_cat.language import (
    Wire,
    add,
    align,
    causal_mask,
    conv,
    einsum,
    equal,
    flip,
    gelu,
    index,
    layer_norm,
    linear,
    masked,
    mean,
    merge,
    order,
    rename,
    roll,
    scale,
    softmax,
    split,
    ty,
    weight,
    window,
)  # fmt: skip
from ncd_cat.language.family import Family
from ncd_cat.language.verbs import verb
from ncd_cat.loops import iterate
from ncd_cat.sizes import Size, divide, symbol
from ncd_cat.weights import prefixed

KEYS = {"t.0": "u.0", "t.1": "u.1"}


def part(body: Family, name: str) -> Family:
    """A family of one wire as a block of that name, whose weights begin with it."""

    @verb()
    def named(x: Wire) -> Wire:
        return prefixed(body.at(x.type), f"{name}.").block(name)(x)  # type: ignore[no-any-return]

    return named()  # type: ignore[no-any-return]


@verb()
def tiles(x: Wire, size: int) -> Wire:
    """(x̄ …) → (ḡ t̄ …): the windows of places t̄ that tile an image."""
    cut = split(split(x, "x.0 -> (g.0 t.0)", **{"t.0": size}), "x.1 -> (g.1 t.1)", **{"t.1": size})
    return order(cut, " ".join(["g... t...", *x.names[2:]]))  # type: ignore[no-any-return]


@verb()
def untiled(x: Wire) -> Wire:
    """(ḡ t̄ …) → (x̄ …): the image that is tiled by windows."""
    return merge(merge(x, "(g.0 t.0) -> x.0"), "(g.1 t.1) -> x.1")  # type: ignore[no-any-return]


def offsets(size: int, heads: Size) -> Wire:
    """(h t̄ ū): a learned number for each head and each offset t̄ − ū, whose table has all offsets as rows."""
    table = weight("relative_position_bias_table", (Axis("r", (2 * size - 1) ** 2), Axis("h", heads)))
    rows = order(split(table.wire(), "r -> (t.0 t.1)", **{"t.0": 2 * size - 1, "t.1": 2 * size - 1}), "h t...")
    return flip(window(rows, "t...", size, into="u"), "u...")  # type: ignore[no-any-return]


def neighbours(image: Sequence[Axis], size: int, moved: int) -> Wire:
    """(ḡ t̄ ū): whether two places of a window, in an image that was rolled back by some places, were next to each other before."""
    new = [index(causal_mask(a, Axis("from", a.size)), "from", -moved) for a in image]
    borders = [scale(one, k + 1) for k, one in enumerate(new)]
    region = tiles(add(*align(*borders)), size)
    return equal(*align(region, rename(region, KEYS)))  # type: ignore[no-any-return]


@verb()
def window_attention(x: Wire, heads: Size, seen: Wire | None = None) -> Wire:
    """(ḡ t̄ m) → (ḡ t̄ m): attention of the places of each window to each other, by several heads."""
    m, size = x.axes[-1], x.axes[2].size
    if not isinstance(size, int):
        raise TypeMismatch(f"window attention: the table of offsets needs a window whose size is a number, not {size}")
    width = divide(m.size, heads)
    if width is None:
        raise TypeMismatch(f"window attention: {m} does not split into {heads} heads")
    mapped = linear(x, "m", (Axis("part", 3), Axis("h", heads), Axis("d", width)), name="qkv")
    q, k, v = (index(mapped, "part", part) for part in range(3))
    scores = einsum("g... t... h d, g... u... h d -> g... h t... u...", q, rename(k, KEYS), scale=width**-0.5)
    scores = add(*align(scores, offsets(size, heads)))
    scores = masked(*align(scores, seen)) if seen is not None else scores
    y = einsum("g... h t... u..., g... u... h d -> g... t... h d", softmax(scores, "u..."), rename(v, KEYS))
    return linear(y, "h d", m, name="proj")  # type: ignore[no-any-return]


@verb()
def shifted(x: Wire, heads: Size, size: int) -> Wire:
    """(x̄ m) → (x̄ m): the image rolled back by half a window, attention in its windows, and rolled on again."""
    half = size // 2
    moved = roll(x, "x...", -half)
    y = untiled(window_attention(tiles(moved, size), heads, neighbours(x.axes[:2], size, half)))
    return roll(y, "x...", half)  # type: ignore[no-any-return]


def block(heads: Size, size: int, ratio: int, move: bool) -> Family:
    """(x̄ m) → (x̄ m): the residual maps of attention in windows and of L₊ ➤gelu➤ L₊, each with a norm first."""
    attend = shifted(heads, size) if move else tiles(size) >> window_attention(heads) >> untiled()
    attention = layer_norm("m", name="norm1") >> part(attend, "attn")
    return residual(attention) >> residual(layer_norm("m", name="norm2") >> part(feed_forward(ratio), "mlp"))


@verb()
def feed_forward(x: Wire, ratio: int) -> Wire:
    """L₊ ➤gelu➤ L₊, with a width between them that is a multiple of the items'."""
    m = x.axes[-1]
    hidden = linear(x, "m", Axis("n", m.size * ratio), name="fc1")
    return linear(gelu(hidden), "n", m, name="fc2")  # type: ignore[no-any-return]


@verb()
def patch_merging(x: Wire) -> Wire:
    """(x̄ m) → (x̄ m): the four items of each square of neighbours as one, a norm, and L to twice the width."""
    m = x.axes[-1]
    squares = split(split(x, "x.0 -> (y.0 s.0)", **{"s.0": 2}), "x.1 -> (y.1 s.1)", **{"s.1": 2})
    items = rename(merge(squares, "(s.1 s.0 m) -> n"), {"y.0": "x.0", "y.1": "x.1"})
    normed = layer_norm(order(items, "x... n"), "n", name="norm")
    return linear(normed, "n", Axis("m", m.size * 2), name="reduction", bias=False)  # type: ignore[no-any-return]


def swin(image: Ty, m: Axis, heads: Size, size: int = 7, depths: Sequence[int] = (2, 2, 6, 2), classes: Size = 1000, patch: int = 4,
         ratio: int = 4) -> Diagram:  # fmt: skip
    """(c x̄) → (y): L₊ of each patch and a norm, the stages, with merged neighbours and twice the heads from one to the next, a norm,
    the mean over all places, and L₊.
    """  # fmt: skip

    @verb()
    def network(x: Wire) -> Wire:
        x = order(conv(x, "x", "c", m, kernel=patch, stride=patch, name="patch_embed.proj"), "x... m")
        x = layer_norm(x, "m", name="patch_embed.norm")
        for i, depth in enumerate(depths):
            x = part(patch_merging(), f"stages.{i - 1}.downsample")(x) if i else x
            steps = [block(heads * 2**i, size, ratio, move=j % 2 == 1).at(x.type) for j in range(depth)]
            x = iterate(steps.__getitem__, depth, name=f"stages.{i}.blocks")(x) if depth else x
        return linear(mean(layer_norm(x, "m", name="norm"), "x..."), "m", Axis("y", classes), name="head")  # type: ignore[no-any-return]

    return network().at(image)  # type: ignore[no-any-return]


def symbolic(patch: int = 2, size: int = 2) -> Diagram:
    """The Swin transformer, one stage of two blocks and its merged neighbours, broadcast over a batch."""
    h, d = symbol("h"), symbol("d")
    image = ty("c x...", x=[patch * size * symbol(name) for name in ("x_0", "x_1")])
    return swin(image, Axis("m", h * d), h, size, (2, 0), symbol("y"), patch).over("b")


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    return {"swin": partial(at, symbolic, b=2, c=3, x_0=2, x_1=3, h=2, d=3, y=5), "swin-symbolic": symbolic}
