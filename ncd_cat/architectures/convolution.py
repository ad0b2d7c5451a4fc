"""Convolution is a window followed by an affine map: y[o, i] = b[o] + Σ_{c, w} K[o, c, w] · x[c, s·i + d·w − p].

The window is a reindexing (i, w) ↦ s·i + d·w − p, so the axis that comes out has ⌊(x + 2p − d·(k − 1) − 1) / s⌋ + 1 places, and
convolution commutes with translations.  A window of one place is no window, which makes a 1×1 convolution a linear map broadcast
over the image.  Sources: figure 25 of arXiv 2402.05424; Dumoulin and Visin, arXiv 1603.07285.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.language import bias, conv, cut, einsum, identity, index, order, ty, weight, window
from ncd_cat.sizes import symbol


def needed(stride: int = 1, dilation: int = 1, padding: int = 0, kernel: int = 3, more: int = 0) -> Ty:
    """Channels, and an image of the size that x̄ windows of that kind need: s·(x − 1) + d·(k − 1) + 1 − 2p, and more."""
    sizes = [stride * (symbol(n) - 1) + dilation * (kernel - 1) + 1 - 2 * padding + more for n in ("x_0", "x_1")]
    return ty("c x...", x=sizes)


def windowed(stride: int = 2, dilation: int = 2, padding: int = 1) -> Diagram:
    """A 3×3 convolution of stride 2, dilation 2 and padding 1 as a window and an affine map."""
    look, w = window("x", 3, stride, dilation, padding), weight("conv.weight", "o c w...:3")
    affine = einsum("c x... w..., o c w... -> o x...", w=3) >> bias("o", name="conv.bias")
    return (look @ w >> affine).at(needed(stride, dilation, padding)).over("b")  # type: ignore[no-any-return]


def boxed(stride: int = 2, dilation: int = 2, padding: int = 1) -> Diagram:
    """A 3×3 convolution of stride 2, dilation 2 and padding 1 as one box."""
    star = conv("x", "c", "o", kernel=3, stride=stride, dilation=dilation, padding=padding, name="conv")
    return star.at(needed(stride, dilation, padding)).over("b")  # type: ignore[no-any-return]


def moved_first(by: int = 1) -> Diagram:
    """An image moved by a place, then convolved."""
    seen = needed()
    move = [cut(f"x.{k}", by, seen.inside[0].axes[1 + k].size) for k in (0, 1)]
    return (move[0] >> move[1] >> conv("x", "c", "o", kernel=3, name="conv")).at(needed(more=by)).over("b")  # type: ignore[no-any-return]


def moved_after(by: int = 1) -> Diagram:
    """An image convolved, and what comes out moved by a place."""
    move = [cut(f"x.{k}", by, symbol(f"x_{k}")) for k in (0, 1)]
    return (conv("x", "c", "o", kernel=3, name="conv") >> move[0] >> move[1]).at(needed(more=by)).over("b")  # type: ignore[no-any-return]


def pointwise() -> Diagram:
    """A 1×1 convolution."""
    return conv("x", "c", "o", kernel=1, name="conv").at(ty("c x...")).over("b")  # type: ignore[no-any-return]


def linear_at_each_place() -> Diagram:
    """An affine map of the channels, c → o, broadcast over batch and image."""
    w = weight("conv.weight", "o c w...:1") >> index("w.0", 0) >> index("w.1", 0)
    affine = identity() @ w >> einsum("c, o c -> o") >> bias("o", name="conv.bias")
    return order("b x... c").at(ty("b c x...")) >> affine.at(ty("c")).over("b x...") >> order("b o x...")  # type: ignore[no-any-return]


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    builders: dict[str, Callable[[], Diagram]] = {
        "convolution": boxed,
        "convolution-1x1": pointwise,
        "convolution-1x1-linear": linear_at_each_place,
        "convolution-moved-after": moved_after,
        "convolution-moved-first": moved_first,
        "convolution-windowed": windowed,
    }
    sized = {name: partial(at, build, b=2, c=3, o=4, x_0=5, x_1=6) for name, build in builders.items()}
    return sized | {f"{name}-symbolic": build for name, build in builders.items()}
