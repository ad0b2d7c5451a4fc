"""Visual attention: multi-head attention between the windows of two images, whose learned maps are convolutions.

The map L of an array's items becomes a window and L of an image's windows; the map back is the transpose of one.  So Σ_x and the
softmax run over both axes of an image, x̄, which is one double wire.  With windows of one place, the diagram is that of multi-head
attention, for 1×1 windows are identities.  Source: figure 28 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, conv, conv_transpose, einsum, merge, softmax, split, ty
from ncd_cat.language.verbs import verb
from ncd_cat.sizes import Size, symbol


@verb(2)
def visual_attention(e: Wire, x: Wire, k: Axis, h: Axis, kernel: int = 3, stride: int = 3) -> Wire:
    """(c ȳ), (c x̄) → (c ȳ'): the windows of an image attend to those of another by heads h of width k."""

    def look(image: Wire, axis: str, name: str) -> Wire:
        seen = conv(image, axis, "c", Axis("n", k.size * h.size), kernel=kernel, stride=stride, name=name)
        return split(seen, "n -> (k h)", k=k.size, h=h.size)  # type: ignore[no-any-return]

    scores = einsum("k h y..., k h x... -> h y... x...", look(e, "y", "query"), look(x, "x", "key")) * k**-0.5
    y = einsum("h y... x..., k h x... -> k h y...", softmax(scores, "x..."), look(x, "x", "value"))
    return conv_transpose(merge(y, "(k h) -> n"), "y", "n", e.axes[0], kernel=kernel, stride=stride, name="out")  # type: ignore[no-any-return]


def figure(channels: Size = 33, width: Size = 8, heads: Size = 4, size: int = 16) -> Diagram:
    """(b c ȳ), (b c x̄) → (b c ȳ'): at the sizes of figure 28, where 5 windows of 3 places see 15 of 16 places."""
    images = ty("c y..., c x...", c=channels, y=size, x=size)
    return visual_attention(Axis("k", width), Axis("h", heads)).at(images).over("b")  # type: ignore[no-any-return]


def symbolic(kernel: int = 3, stride: int = 3) -> Diagram:
    """Visual attention: an image attends to another by windows, in several heads."""
    y, x = ([(symbol(f"{a}_{i}") - 1) * stride + kernel for i in (0, 1)] for a in "yx")
    return visual_attention(Axis("k"), Axis("h"), kernel, stride).at(ty("c y..., c x...", y=y, x=x)).over("b")  # type: ignore[no-any-return]


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"b": 2, "c": 4, "k": 3, "h": 2, "y_0": 2, "y_1": 3, "x_0": 4, "x_1": 5}
    overlapping = partial(symbolic, stride=2)
    return {
        "visual-attention": partial(at, symbolic, **sizes),
        "visual-attention-overlapping": partial(at, overlapping, **sizes),
        "visual-attention-overlapping-symbolic": overlapping,
        "visual-attention-symbolic": symbolic,
    }
