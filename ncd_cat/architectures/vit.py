"""The vision transformer: an image is a list of windows that tile it; a transformer reads the list, and its first item answers.

The first item is learned, and so is what says where a window was, an array that is added.  Source: Dosovitskiy et al.,
arXiv 2010.11929.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.architectures.transformer import encoder
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.language import Wire, concat, conv, gelu, index, linear, merge, order, repeat, ty, weight
from ncd_cat.language.verbs import verb
from ncd_cat.sizes import Size, symbol
from ncd_cat.weights import prefixed


@verb()
def tokens(x: Wire, m: Axis, patch: int) -> Wire:
    """(c x̄) → (t m): L₊ of each window, in a list that a learned item begins, plus a learned array."""
    windows = conv(x, "x", "c", m, kernel=patch, stride=patch, name="patches")
    items = merge(order(windows, "x... m"), "(x.0 x.1) -> t")
    begun = concat(repeat(weight("start", m), "t:1"), items, axis="t")
    return begun + weight("places", begun.axes)  # type: ignore[no-any-return]


def vit(image: Ty, m: Axis, heads: Size, n: Axis, patch: int = 16, layers: int = 12, classes: Size = 1000) -> Diagram:
    """(c x̄) → (y): tokens, a transformer's encoder with norms first and gelu, and L₊ of the first item."""

    @verb()
    def network(x: Wire) -> Wire:
        read = encoder(m, heads, n, layers, first=True, function=gelu)
        items = prefixed(read, "encoder.").block("encoder")(tokens(x, m, patch))
        return linear(index(items, "t", 0), "m", Axis("y", classes), name="classify")  # type: ignore[no-any-return]

    return network().at(image)  # type: ignore[no-any-return]


def symbolic(patch: int = 2, layers: int = 2) -> Diagram:
    """The vision transformer, two layers, broadcast over a batch."""
    h, d = symbol("h"), symbol("d")
    image = ty("c x...", x=[patch * symbol(name) for name in ("x_0", "x_1")])
    return vit(image, Axis("m", h * d), h, Axis("n"), patch, layers, symbol("y")).over("b")


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    return {"vit": partial(at, symbolic, b=2, c=3, x_0=2, x_1=4, h=2, d=3, n=7, y=5), "vit-symbolic": symbolic}
