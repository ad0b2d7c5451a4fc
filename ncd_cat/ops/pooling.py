"""Pooling: a window followed by a fold, max or mean, over the window's entries that lie in the array.

    max pool  y[i] = max_d x[s·i + r·d − p]          mean pool  y[i] = Σ_d x[s·i + d − p] / (number of entries)

Windows are those of a convolution, so these are a guarded `Max` and a guarded contraction, not ops of their own.
Source: arXiv 2402.05424, section 4 (pooling drawn as a window and a fold of its axes).

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (2, 3, 8, 8))
>>> max_pool(x, (3, 3), stride=(2, 2), padding=(1, 1)).sizes, adaptive_avg_pool(x, (1, 4)).sizes
((2, 3, 4, 4), (2, 3, 1, 4))
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from ncd_cat.axes import add, identity, scale, whole
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Value, node
from ncd_cat.ops.contraction import contraction, multiply, term
from ncd_cat.ops.convolution import Window, each, reading, windows
from ncd_cat.ops.layout import place
from ncd_cat.ops.pointwise import reciprocal
from ncd_cat.ops.reduction import Max
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, divide, product


def max_pool(x: Value, kernel: Sequence[int], stride: Sequence[int] = (), padding: Sequence[int] = (), dilation: Sequence[int] = (),
             ceil_mode: bool = False) -> Value:  # fmt: skip
    """The greatest entry of each window of the last len(kernel) axes of x; `stride` defaults to the kernel.

    Raises UnsupportedOp for `ceil_mode` where it adds windows, and where a window holds padding only.
    """
    parts, rank = _windows(x, kernel, stride, padding, dilation, ceil_mode, "max pooling")
    if any(_empty(p) for p in parts):
        raise UnsupportedOp("max pooling: a window lies in the padding only, so it has no greatest entry; use less padding")
    own = (*x.sizes[:rank], *(p.count for p in parts))
    bounds = tuple([p.kernel for p in parts])
    entries, guards = reading(parts, rank, len(own))
    read = x.at((*identity(x.sizes[:rank]), *entries), own + bounds)
    return Value.of(node(Max(bounds, tuple(guards)), [(read.node, read.access)], own))


def avg_pool(x: Value, kernel: Sequence[int], stride: Sequence[int] = (), padding: Sequence[int] = (), *, ceil_mode: bool = False,
              count_include_pad: bool = True, divisor: int | None = None) -> Value:  # fmt: skip
    """The mean of each window of the last len(kernel) axes of x; `stride` defaults to the kernel.

    The sum is divided by `divisor`, or by the number of entries of the window, with padding entries counted or not.
    Raises UnsupportedOp for `ceil_mode` where it adds windows.
    """
    parts, rank = _windows(x, kernel, stride, padding, (), ceil_mode, "average pooling")
    own = (*x.sizes[:rank], *(p.count for p in parts))
    bounds = tuple([p.kernel for p in parts])
    entries, guards = reading(parts, rank, len(own))
    constant = divisor is not None or count_include_pad or not guards
    count = divisor if divisor is not None else prod(bounds)
    scalar = Scalar.of(Fraction(1, count)) if constant else ONE
    summed = Value.of(contraction([term(scalar, bounds, [(x, (*identity(x.sizes[:rank]), *entries))], guards, sizes=own)], own))
    return summed if constant else multiply(summed, place(reciprocal(_present(parts)), range(rank, len(own)), own))


def adaptive_avg_pool(x: Value, sizes: Sequence[int | None]) -> Value:
    """The mean of each of the equal parts into which the last len(sizes) axes are cut (None: leave the axis as it is).

    Raises UnsupportedOp where an axis does not divide into that many equal parts.
    """
    rank = len(x.sizes) - len(sizes)
    widths = [_width(n, m, "average") for n, m in zip(x.sizes[rank:], sizes, strict=True)]
    counts = [n if m is None else m for n, m in zip(x.sizes[rank:], sizes, strict=True)]
    own, bounds = (*x.sizes[:rank], *counts), tuple(widths)
    entries = [add(scale(whole(rank + k, m), w), whole(len(own) + k, w)) for k, (m, w) in enumerate(zip(counts, widths, strict=True))]
    scalar = Scalar.of(product(widths)).power(Fraction(-1))
    return Value.of(contraction([term(scalar, bounds, [(x, (*identity(x.sizes[:rank]), *entries))], sizes=own)], own))


def adaptive_max_pool(x: Value, sizes: Sequence[int | None]) -> Value:
    """The greatest entry of each of the equal parts into which the last len(sizes) axes are cut (None: leave the axis).

    Raises UnsupportedOp where an axis does not divide into that many equal parts, or has a symbolic size.
    """
    widths = [_width(n, m, "max") for n, m in zip(x.sizes[len(x.sizes) - len(sizes) :], sizes, strict=True)]
    if not all(isinstance(w, int) for w in widths):
        raise UnsupportedOp(f"adaptive max pooling of axes of sizes {x.sizes}: give the axes numbers as their sizes")
    return max_pool(x, [w for w in widths if isinstance(w, int)])


def _width(n: Size, m: int | None, name: str) -> Size:
    width = 1 if m is None else divide(n, m)
    if width is None:
        raise UnsupportedOp(f"adaptive {name} pooling: an axis of size {n} does not divide into {m} equal parts; choose a size that does")
    return width


def _windows(x: Value, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], ceil_mode: bool,
             op: str) -> tuple[tuple[Window, ...], int]:  # fmt: skip
    """The windows of the last axes of x, and how many axes come before them."""
    n, rank = len(kernel), len(x.sizes) - len(kernel)
    if rank < 0:
        raise TypeMismatch(f"{op} over {n} axes: the array has {len(x.sizes)}, of sizes {x.sizes}")
    pads = [(p, p) for p in each(padding, n, 0)]
    strides = each(stride, n, 1) if stride else list(kernel)
    parts = windows(x.sizes[rank:], kernel, strides, each(dilation, n, 1), pads, op)
    if ceil_mode and any(_ragged(p) for p in parts):
        raise UnsupportedOp(f"{op} with ceil_mode over axes {x.sizes[rank:]}: the last window leaves the array; use ceil_mode=False")
    return parts, rank


def _ragged(p: Window) -> bool:
    """Whether entries at the end are in no window, so that rounding up would add one."""
    covered = (p.count - 1) * p.stride + p.dilation * (p.kernel - 1) + 1
    return covered != p.size + p.before + p.after


def _empty(p: Window) -> bool:
    """Whether some window has no entry in the array."""
    if not p.before and not p.after:
        return False
    size, count = p.size, p.count
    if not isinstance(size, int) or not isinstance(count, int):
        raise UnsupportedOp(f"a padded window over the symbolic axis {size}: give the axis a number as its size")
    return not all(any(0 <= p.stride * i + p.dilation * d - p.before < size for d in range(p.kernel)) for i in range(count))


def _present(parts: tuple[Window, ...]) -> Value:
    """How many entries of each window are in the array: a sum of guards."""
    own, bounds = tuple([p.count for p in parts]), tuple([p.kernel for p in parts])
    return Value.of(contraction([term(ONE, bounds, [], reading(parts, 0, len(own))[1], sizes=own)], own))
