"""Pooling: a window followed by a fold, max or mean, over the window's entries that lie in the array.

    max pool  y[i] = max_d x[s·i + r·d − p]          mean pool  y[i] = Σ_d x[s·i + d − p] / (number of entries)

Windows are those of a convolution, so these are a guarded `Max` and a guarded contraction, not ops of their own.  Adaptive
pools fold sections of an axis: windows where these are equal, else a matrix of means, or one fold a section.
Source: arXiv 2402.05424, section 4 (pooling drawn as a window and a fold of its axes).

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (2, 3, 8, 8))
>>> max_pool(x, (3, 3), stride=(2, 2), padding=(1, 1)).sizes, adaptive_avg_pool(x, (1, 4)).sizes
((2, 3, 4, 4), (2, 3, 1, 4))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from math import prod

from ncd_cat.axes import add, identity, scale, shift, whole
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Value, node
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import contraction, multiply, repeat, term
from ncd_cat.ops.convolution import Window, each, reading, windows
from ncd_cat.ops.layout import place
from ncd_cat.ops.pointwise import reciprocal
from ncd_cat.ops.reduction import Max, fold
from ncd_cat.ops.resampling import average_matrix, resampled, sections
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, divide, product


def max_pool(x: Value, kernel: Sequence[int], stride: Sequence[int] = (), padding: Sequence[int] = (), dilation: Sequence[int] = (),
             ceil_mode: bool = False) -> Value:  # fmt: skip
    """The greatest entry of each window of the last len(kernel) axes of x; `stride` defaults to the kernel.

    With `ceil_mode`, a last window that begins inside may leave the array.  Raises UnsupportedOp where a window holds
    padding only.
    """
    parts, _, rank = _windows(x, kernel, stride, padding, dilation, ceil_mode, "max pooling")
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

    The sum is divided by `divisor`, or by the number of entries of the window, with padding entries counted or not; what
    `ceil_mode` reads beyond the padding never counts.
    """
    parts, padded, rank = _windows(x, kernel, stride, padding, (), ceil_mode, "average pooling")
    own = (*x.sizes[:rank], *(p.count for p in parts))
    bounds = tuple([p.kernel for p in parts])
    entries, guards = reading(parts, rank, len(own))
    counted = padded if count_include_pad else parts
    constant = divisor is not None or not reading(counted, rank, len(own))[1]
    count = divisor if divisor is not None else prod(bounds)
    scalar = Scalar.of(Fraction(1, count)) if constant else ONE
    summed = Value.of(contraction([term(scalar, bounds, [(x, (*identity(x.sizes[:rank]), *entries))], guards, sizes=own)], own))
    return summed if constant else multiply(summed, place(reciprocal(_present(counted)), range(rank, len(own)), own))


def adaptive_avg_pool(x: Value, sizes: Sequence[int | None]) -> Value:
    """The mean of each of the sections into which the last len(sizes) axes are cut (None: leave the axis as it is).

    Sections overlap by an entry where the axis does not divide.  Raises UnsupportedOp for a symbolic axis that does not.
    """
    rank = len(x.sizes) - len(sizes)
    for k, m in _ragged_axes(x, sizes, "average"):
        x = resampled(x, k, average_matrix(_number(x.sizes[k]), m))
    counts = [n if m is None else m for n, m in zip(x.sizes[rank:], sizes, strict=True)]
    widths = [_width(n, m) for n, m in zip(x.sizes[rank:], counts, strict=True)]
    own, bounds = (*x.sizes[:rank], *counts), tuple(widths)
    entries = [add(scale(whole(rank + k, m), w), whole(len(own) + k, w)) for k, (m, w) in enumerate(zip(counts, widths, strict=True))]
    scalar = Scalar.of(product(widths)).power(Fraction(-1))
    return Value.of(contraction([term(scalar, bounds, [(x, (*identity(x.sizes[:rank]), *entries))], sizes=own)], own))


def adaptive_max_pool(x: Value, sizes: Sequence[int | None]) -> Value:
    """The greatest entry of each of the sections into which the last len(sizes) axes are cut (None: leave the axis).

    Raises UnsupportedOp where an axis to be cut has a symbolic size.
    """
    rank = len(x.sizes) - len(sizes)
    for k, m in _ragged_axes(x, sizes, "max"):
        x = concatenate([repeat(fold(Max, _cut(x, k, *ends), (k,)), [(k, 1)]) for ends in sections(_number(x.sizes[k]), m)], k)
    widths = [_width(n, n if m is None else m) for n, m in zip(x.sizes[rank:], sizes, strict=True)]
    if not all(isinstance(w, int) for w in widths):
        raise UnsupportedOp(f"adaptive max pooling of axes of sizes {x.sizes}: give the axes numbers as their sizes")
    return max_pool(x, [w for w in widths if isinstance(w, int)])


def _ragged_axes(x: Value, sizes: Sequence[int | None], name: str) -> list[tuple[int, int]]:
    """The axes that do not divide into the sections wanted, (axis, sections).  Raises UnsupportedOp for a symbolic one."""
    rank = len(x.sizes) - len(sizes)
    found = [(rank + k, m) for k, m in enumerate(sizes) if m is not None and divide(x.sizes[rank + k], m) is None]
    for k, m in found:
        if not isinstance(x.sizes[k], int):
            raise UnsupportedOp(
                f"adaptive {name} pooling: an axis of size {x.sizes[k]} does not divide into {m} equal parts; choose a size that does"
            )
    return found


def _number(n: Size) -> int:
    assert isinstance(n, int)
    return n


def _width(n: Size, m: Size) -> Size:
    width = divide(n, m)
    assert width is not None  # those that do not divide were resampled
    return width


def _cut(x: Value, axis: int, start: int, stop: int) -> Value:
    sizes = (*x.sizes[:axis], stop - start, *x.sizes[axis + 1 :])
    return x.at(tuple([shift(whole(k, n), start if k == axis else 0) for k, n in enumerate(sizes)]), sizes)


def _windows(x: Value, kernel: Sequence[int], stride: Sequence[int], padding: Sequence[int], dilation: Sequence[int], ceil_mode: bool,
             op: str) -> tuple[tuple[Window, ...], tuple[Window, ...], int]:  # fmt: skip
    """The windows of the last axes of x, over the array and over the padded array, and how many axes come before these."""
    n, rank = len(kernel), len(x.sizes) - len(kernel)
    if rank < 0:
        raise TypeMismatch(f"{op} over {n} axes: the array has {len(x.sizes)}, of sizes {x.sizes}")
    pads = [(p, p) for p in each(padding, n, 0)]
    strides = each(stride, n, 1) if stride else list(kernel)
    parts = windows(x.sizes[rank:], kernel, strides, each(dilation, n, 1), pads, op)
    wide = tuple([replace(p, after=_after(p, op)) for p in parts]) if ceil_mode else parts
    padded = [replace(q, size=p.size + p.before + p.after, before=0, after=q.after - p.after) for p, q in zip(parts, wide, strict=True)]
    return wide, tuple(padded), rank


def _after(p: Window, op: str) -> int:
    """The entries behind the array that the windows of `ceil_mode` reach: one more window, if it begins before the padding there."""
    missed = p.size + p.before + p.after - (p.count - 1) * p.stride - p.dilation * (p.kernel - 1) - 1
    if missed == 0:
        return p.after
    if not isinstance(p.size, int) or not isinstance(p.count, int) or not isinstance(missed, int):
        raise UnsupportedOp(f"{op} with ceil_mode over the symbolic axis {p.size}: give the axis a number as its size")
    begins = p.count * p.stride < p.size + p.before
    return p.after + p.stride - missed if begins else p.after


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
