"""Pooling on wires: a window along an axis, or along the axes of a bundle, then a fold of it, by the greatest entry or the mean.

Source: section 4 of arXiv 2402.05424, where a pool is drawn as a window and a fold of its axes.

>>> from ncd_cat.language.types import ty
>>> print((max_pool("x", 2) >> avg_pool("x", 3, stride=1, padding=1)).at(ty("x...:8 c")).cod)
float32[x.0:4 x.1:4 c]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.shaping import counts, paddings
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Wire, places
from ncd_cat.ops import pooling as pools
from ncd_cat.ops.layout import last, unlast


@verb()
def max_pool(x: Wire, axis: str | int | Axis, kernel: Any, stride: Any = None, padding: Any = 0, dilation: Any = 1, *,
             ceil_mode: bool = False) -> Wire:  # fmt: skip
    """The greatest entry of each window along an axis, or the axes of a bundle; the stride is the kernel by default.

    With `ceil_mode`, a last window that begins inside may leave the array.
    """
    over = places(x, axis, "max_pool")
    sizes, strides, pads = _geometry("max_pool", kernel, stride, padding, len(over))
    apart = counts(dilation, len(over), "max_pool: the dilation")
    return _pooled(x, over, lambda v: pools.max_pool(v, sizes, strides, pads, apart, ceil_mode))


@verb()
def avg_pool(x: Wire, axis: str | int | Axis, kernel: Any, stride: Any = None, padding: Any = 0, *, ceil_mode: bool = False,
             count_include_pad: bool = True) -> Wire:  # fmt: skip
    """The mean of each window along an axis, or the axes of a bundle; entries of the padding are zeros that count, or do not."""
    over = places(x, axis, "avg_pool")
    sizes, strides, pads = _geometry("avg_pool", kernel, stride, padding, len(over))
    return _pooled(x, over, lambda v: pools.avg_pool(v, sizes, strides, pads, ceil_mode=ceil_mode, count_include_pad=count_include_pad))


@verb()
def adaptive_avg_pool(x: Wire, axis: str | int | Axis, sections: Any) -> Wire:
    """The mean of each of the sections into which an axis, or each axis of a bundle, is cut."""
    over = places(x, axis, "adaptive_avg_pool")
    wanted = counts(sections, len(over), "adaptive_avg_pool: the number of sections")
    return _pooled(x, over, lambda v: pools.adaptive_avg_pool(v, wanted))


@verb()
def adaptive_max_pool(x: Wire, axis: str | int | Axis, sections: Any) -> Wire:
    """The greatest entry of each of the sections into which an axis, or each axis of a bundle, is cut."""
    over = places(x, axis, "adaptive_max_pool")
    wanted = counts(sections, len(over), "adaptive_max_pool: the number of sections")
    return _pooled(x, over, lambda v: pools.adaptive_max_pool(v, wanted))


def _geometry(name: str, kernel: Any, stride: Any, padding: Any, n: int) -> tuple[list[int], list[int], list[int]]:
    """Kernel, stride and padding along each of n axes.  Raises TypeMismatch where they are no numbers, or pads are uneven."""
    sizes = counts(kernel, n, f"{name}: the kernel")
    pads = paddings(padding, n)
    if any(before != after for before, after in pads):
        raise TypeMismatch(f"{name}: the padding is the same on both sides, not {padding}")
    return sizes, sizes if stride is None else counts(stride, n, f"{name}: the stride"), [p for p, _ in pads]


def _pooled(x: Wire, over: Sequence[int], pool: Callable[[Value], Value]) -> Wire:
    y = unlast(pool(last(x.value, over)), over)
    return x.like(y, tuple([Axis(a.name, n) for a, n in zip(x.axes, y.sizes, strict=True)]))
