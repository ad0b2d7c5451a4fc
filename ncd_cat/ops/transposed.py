"""Transposed convolution is the adjoint of convolution: the sum over windows in which an entry lies, instead of the window's.

    y[c, p] = Σ_{o, i, d} [s·i + r·d − b = p] · x[o, i] · w[o, c, d]

The bracket is that of a convolution's reindexing (i, d) ↦ s·i + r·d − b read backwards, so ⟨conv(u, w), x⟩ = ⟨u, y⟩ by
construction; where windows tile the axis, (i, d) ↦ s·i + d is a bijection, and p is split into its digits instead.
Source: Dumoulin and Visin, arXiv 1603.07285, section 4; the up-convolutions of figure 27 of arXiv 2402.05424.

>>> from ncd_cat.graph import Input, Weight, source
>>> x, w = source(Input(0), (2, 4, 5, 5)), source(Weight("w"), (4, 3, 2, 2))
>>> transposed_convolution(x, w, stride=(2, 2)).sizes
(2, 3, 10, 10)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Index, Sizes, add, identity, scale, whole
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Value, apply
from ncd_cat.ops.contraction import contraction, term
from ncd_cat.ops.convolution import Convolution, Window, Windowed, biased, each, numbers
from ncd_cat.ops.layout import digits, spread
from ncd_cat.scalars import ONE
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, divide, provably_nonnegative


@dataclass(frozen=True)
class TransposedConvolution(Windowed):
    """The transpose of the convolution with the same fields, in its input.

    Operands x (groups·outputs, *windows) and w (groups·outputs, inputs, *kernel); output (groups·inputs, *spatial).
    The sizes in `geometry` are those of the output; an `after` below 0 adds entries at the end that no window reads.
    """

    def transpose(self, y: Value, w: Value, degree: Sizes) -> Value:
        """The convolution; entries at the end that no window reads are left out first."""
        parts, channel = self.windows, whole(len(degree), self.inputs * self.groups)
        read = tuple([p.size + min(p.after, 0) for p in parts])
        geometry = tuple([(n, *g[1:5], max(g[5], 0)) for n, g in zip(read, self.geometry, strict=True)])
        kept = (*identity(degree), channel, *[whole(len(degree) + 1 + k, n) for k, n in enumerate(read)])
        op = Convolution(self.inputs, self.outputs, self.groups, geometry)
        return apply(op, y.at(kept, (*degree, self.inputs * self.groups, *read)), w, degree=degree)

    def roots(self, k: int) -> Sizes:
        if k == 0:
            return (self.outputs * self.groups, *(w.count for w in self.windows))
        return (self.outputs * self.groups, self.inputs, *(w.kernel for w in self.windows))

    @property
    def out(self) -> Sizes:
        return (self.inputs * self.groups, *(w.size for w in self.windows))

    def definition(self, *operands: Value) -> Value:
        """One contraction over own axes (degree, group, channel, *positions), bound axes (channel of x, *kernel, *windows).

        An axis whose windows tile it has two own axes, (window, place in it), and no bound ones.
        """
        x, w = operands
        parts, rank = self.windows, len(x.sizes) - len(self.geometry) - 1
        degree, tiled = x.sizes[:rank], [_tiles(p) for p in parts]
        loose = [p for p, tiles in zip(parts, tiled, strict=True) if not tiles]
        ends = [(p.count, p.kernel) if tiles else (p.size,) for p, tiles in zip(parts, tiled, strict=True)]
        own = (*degree, self.groups, self.inputs, *(n for end in ends for n in end))
        bounds = (self.outputs, *(p.kernel for p in loose), *(p.count for p in loose))
        place, bound = rank + 2, len(own) + 1
        entries, weights, guards = list[Index](), list[Index](), list[Guard]()
        for p, tiles in zip(parts, tiled, strict=True):
            i, d = (place, place + 1) if tiles else (bound + len(loose), bound)
            entries.append(whole(i, p.count))
            weights.append(whole(d, p.kernel))
            guards += [] if tiles else _meeting(p, i, d, place)
            place, bound = place + (2 if tiles else 1), bound + (not tiles)
        channel = add(scale(whole(rank, self.groups), self.outputs), whole(len(own), self.outputs))
        read_x = (*identity(degree), channel, *entries)
        read_w = (*identity(degree), channel, whole(rank + 1, self.inputs), *weights)
        y = Value.of(contraction([term(ONE, bounds, [(x, read_x), (w, read_w)], guards, sizes=own)], own))
        back: Access = tuple([e for k, end in enumerate(ends) for e in digits(rank + 1 + k, end)])
        return y.at((*identity(degree), *digits(rank, own[rank : rank + 2]), *back), (*degree, *self.out))

    def array(self, xp: Any, *arrays: Any) -> Any:
        """All products of entries of x with the kernel by one matrix product, then an overlapping sum axis by axis."""
        x, w = arrays
        n = len(self.geometry)
        degree, counts, kernel = x.shape[: x.ndim - n - 1], x.shape[x.ndim - n :], w.shape[w.ndim - n :]
        rows = xp.reshape(x, (*degree, self.groups, self.outputs, -1))
        columns = xp.reshape(w, (*degree, self.groups, self.outputs, -1))
        products = xp.matmul(xp.matrix_transpose(columns), rows)
        y = xp.reshape(products, (*degree, self.groups * self.inputs, *kernel, *counts))
        for window in self.windows:
            y = _overlapped(xp, y, len(degree) + 1, len(degree) + 1 + n, window)
        return y


def transposed_convolution(x: Value, weight: Value, bias: Value | None = None, *, stride: Sequence[int] = (), padding: Sequence[int] = (),
                           output_padding: Sequence[int] = (), dilation: Sequence[int] = (), groups: int = 1) -> Value:  # fmt: skip
    """The transposed convolution of x (…, c_in, *spatial) by weight (c_in, c_out/groups, *kernel), plus bias (c_out) a channel.

    An axis of size n becomes one of size stride·(n − 1) + dilation·(kernel − 1) + 1 − 2·padding + output_padding; each
    of the four has an entry a spatial axis, or one for all, or none.  Sizes may be symbolic, those of the kernel apart.
    Returns (…, c_out, *spatial').  Raises TypeMismatch, naming the axis, where sizes do not fit.
    """
    n = len(weight.sizes) - 2
    rank = len(x.sizes) - n - 1
    if n < 1 or rank < 0:
        wanted = f"an array with {n + 1} or more axes, not {x.sizes}"
        raise TypeMismatch(f"transposed convolution: a weight of sizes {weight.sizes} needs {wanted}")
    outputs = divide(x.sizes[rank], groups)
    if outputs is None or weight.sizes[0] != x.sizes[rank]:
        raise TypeMismatch(
            f"transposed convolution: {x.sizes[rank]} input channels in {groups} groups do not fit a weight of sizes {weight.sizes}"
        )
    given = (each(stride, n, 1), each(dilation, n, 1), each(padding, n, 0), each(output_padding, n, 0))
    geometry = tuple([_geometry(k, *g) for k, g in enumerate(zip(x.sizes[rank + 1 :], numbers(weight.sizes[2:]), *given, strict=True))])
    degree = x.sizes[:rank]
    op = TransposedConvolution(weight.sizes[1], outputs, groups, geometry)
    return biased(apply(op, x, spread(weight, degree), degree=degree), bias, rank, "transposed convolution")


def _geometry(axis: int, count: Size, kernel: int, stride: int, dilation: int, pad: int, more: int) -> tuple[Size, int, int, int, int, int]:
    """The window of the convolution that is transposed, `count` of which there are."""
    if min(kernel, stride, dilation) < 1 or pad < 0 or not 0 <= more < max(stride, dilation):
        raise UnsupportedOp(
            f"transposed convolution: spatial axis {axis} has kernel {kernel}, stride {stride}, dilation {dilation}, padding {pad} and "
            f"output padding {more}: use positive ones, and an output padding below the stride or the dilation"
        )
    size = (count - 1) * stride + dilation * (kernel - 1) + 1 - 2 * pad + more
    if not provably_nonnegative(size - 1):
        raise TypeMismatch(f"transposed convolution: a padding of {pad} leaves spatial axis {axis}, of size {count}, a size of {size}")
    return size, kernel, stride, dilation, pad, pad - more


def _tiles(p: Window) -> bool:
    """Whether every entry of the axis lies in one window."""
    return p.kernel == p.stride and p.dilation == 1 and p.before == 0 and p.size == p.count * p.kernel


def _meeting(p: Window, i: int, d: int, place: int) -> list[Guard]:
    """The bracket that entry d of window i is the entry at `place`; none where it always is."""
    e = add(p.index(i, d), scale(whole(place, p.size), -1))
    return [] if e == (0, ()) else [(True, e)]


# ---- evaluation ---------------------------------------------------------------------------------------------------


def _overlapped(xp: Any, z: Any, d_axis: int, i_axis: int, p: Window) -> Any:
    """y[p] = Σ_{i, d} [s·i + r·d − b = p] z[d, i], over two axes of z; the sum replaces axis i, and axis d goes.

    With p + b = s·q + f, each remainder f has its own entries d of the kernel, those with r·d = f + s·j for a whole j,
    and sums their rows of z moved by j.
    """
    s, n = p.stride, z.shape[i_axis]
    offsets = [divmod(p.dilation * d, s) for d in range(p.kernel)]
    assert isinstance(p.size, int)
    reach, length = offsets[-1][0], p.before + p.size
    count = -(-length // s)
    z = _with_zeros(xp, z, i_axis, reach, max(count - n, 0))
    phases = []
    for f in range(s):
        rows = [_cut(_cut(z, i_axis, reach - j, count), d_axis, d, None) for d, (j, g) in enumerate(offsets) if g == f]
        phases.append(sum(rows[1:], rows[0]) if rows else xp.zeros_like(_cut(_cut(z, i_axis, 0, count), d_axis, 0, None)))
    i_axis -= 1
    y = phases[0] if s == 1 else xp.stack(phases, axis=i_axis + 1)
    y = xp.reshape(y, (*y.shape[:i_axis], count * s, *phases[0].shape[i_axis + 1 :]))
    return _cut(y, i_axis, p.before, length - p.before)


def _with_zeros(xp: Any, x: Any, axis: int, before: int, after: int) -> Any:
    if not before and not after:
        return x
    row = xp.zeros_like(_cut(x, axis, 0, 1))
    return xp.concat([xp.repeat(row, before, axis=axis), x, xp.repeat(row, after, axis=axis)], axis=axis)


def _cut(x: Any, axis: int, start: int, length: int | None) -> Any:
    """`length` entries of an axis; without a length, the one at `start`, and no axis."""
    chosen = start if length is None else slice(start, start + length)
    return x[(slice(None),) * axis + (chosen, ...)]
