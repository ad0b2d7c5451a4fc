"""Convolution in 1, 2 or 3 dimensions as a window followed by a contraction.

    y[o, i] = Σ_{c, d} x[c, s·i + r·d − p] · w[o, c, d],   the term 0 where s·i + r·d − p leaves the array

The window is the reindexing (i, d) ↦ s·i + r·d − p with stride s, dilation r and padding p; its guards are the padding.
With g groups the channels of x and y are pairs (group, channel in the group).  Source: the convolution of arXiv
2402.05424, section 4; Dumoulin and Visin, arXiv 1603.07285.

>>> from ncd_cat.graph import Input, Weight, source
>>> x, w = source(Input(0), (2, 3, 8, 9)), source(Weight("w"), (4, 3, 3, 3))
>>> convolution(x, w, None, stride=(2, 1), padding=(1, 1)).sizes
(2, 4, 4, 9)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Index, Sizes, add, identity, scale, shift, whole
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, contraction, term
from ncd_cat.ops.layout import digits, merged, place, spread
from ncd_cat.scalars import ONE
from ncd_cat.signature import Guard, Op
from ncd_cat.sizes import Size, divide, provably_nonnegative, substitute, symbols


@dataclass(frozen=True)
class Window:
    """How one axis of size `size` is read: entry d of the window at i is at stride·i + dilation·d − before."""

    size: Size
    kernel: int
    stride: int = 1
    dilation: int = 1
    before: int = 0
    after: int = 0

    @property
    def count(self) -> Size:
        """The number of windows.  Raises TypeError for a strided window over a symbolic axis, unless the stride divides its symbols."""
        room = self.size + self.before + self.after - self.dilation * (self.kernel - 1) - 1
        if self.stride == 1:
            return room + 1
        constant = substitute(room, dict.fromkeys(symbols(room), 0))
        steps = divide(room - constant, self.stride)
        if steps is None or not isinstance(constant, int):
            raise TypeError(f"windows of stride {self.stride} over the symbolic axis {self.size} cannot be counted")
        return steps + constant // self.stride + 1

    def index(self, i: int, d: int) -> Index:
        """The entry read, for the axes i (of size `count`) and d (of size `kernel`)."""
        moving = scale(whole(i, self.count), self.stride)
        return shift(add(moving, scale(whole(d, self.kernel), self.dilation)), -self.before)


def windows(sizes: Sizes, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int],
            padding: Sequence[tuple[int, int]], op: str) -> tuple[Window, ...]:  # fmt: skip
    """One window an axis.  Raises TypeMismatch, naming the axis, where a window is longer than its padded axis."""
    found = []
    for k, (n, w, s, r, (left, right)) in enumerate(zip(sizes, kernel, stride, dilation, padding, strict=True)):
        window = Window(n, w, s, r, left, right)
        if min(w, s, r) < 1 or min(left, right) < 0:
            raise UnsupportedOp(f"{op}: spatial axis {k} has kernel {w}, stride {s}, dilation {r}, padding {left}, {right}: use positive")
        if divide(n - substitute(n, dict.fromkeys(symbols(n), 0)), s) is None:
            raise UnsupportedOp(f"{op} with stride {s} over the symbolic axis {n}: give it a number as its size, or {s} times a symbol")
        if not provably_nonnegative(window.count - 1):
            raise TypeMismatch(f"{op}: a window of {w} entries, {r} apart, exceeds spatial axis {k} of size {n} padded by {left}, {right}")
        found.append(window)
    return tuple(found)


def reading(parts: Sequence[Window], i: int, d: int) -> tuple[Access, list[Guard]]:
    """The indices of the entries, and the guards that they are there, for output axes i, i+1, … and window axes d, d+1, …"""
    indices = tuple([w.index(i + k, d + k) for k, w in enumerate(parts)])
    return indices, [g for e, w in zip(indices, parts, strict=True) for g in range_guards(e, w.size)]


@dataclass(frozen=True)
class Windowed(Op):
    """A bilinear map of an array and a kernel that meet in windows, or its transpose, with channels in groups.

    `geometry` holds (size, kernel, stride, dilation, before, after) of each spatial axis.
    """

    inputs: Size
    outputs: Size
    groups: int
    geometry: tuple[tuple[Size, int, int, int, int, int], ...]
    glyph = "convolution"
    arity = 2

    def check(self, n: Node) -> None:
        super().check(n)
        if not self.geometry or any(min(g[1:4]) < 1 or g[4] < 0 for g in self.geometry):
            raise TypeError(f"{self} has kernels, strides and dilations of at least 1 and paddings of at least 0")

    @property
    def windows(self) -> tuple[Window, ...]:
        """The window of each spatial axis."""
        return tuple([Window(*g) for g in self.geometry])

    @abstractmethod
    def transpose(self, y: Value, w: Value, degree: Sizes) -> Value:
        """The transpose in the array, applied to y, for a kernel that is the same."""

    @abstractmethod
    def definition(self, *operands: Value) -> Value: ...

    def pullback(self, n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
        """The transpose in the array; the definition, which sums over the batch at once, in the kernel."""
        from ncd_cat.reverse import derived

        x, w = n.read(0), n.read(1)
        if x.node is w.node or 0 not in needed:
            yield from derived(n, cotangent, lead, needed)
            return
        made = self.transpose(cotangent, spread(w, lead), lead + n.degree)
        yield x, Term(ONE, (), ((made.node, made.access),))
        if 1 in needed:
            yield from derived(n, cotangent, lead, (1,))


@dataclass(frozen=True)
class Convolution(Windowed):
    """Operands x (groups·inputs, *spatial) and w (groups·outputs, inputs, *kernel); output (groups·outputs, *windows)."""

    def check(self, n: Node) -> None:
        super().check(n)
        if any(g[5] < 0 for g in self.geometry):
            raise TypeError(f"{self} has paddings of at least 0")

    def transpose(self, y: Value, w: Value, degree: Sizes) -> Value:
        from ncd_cat.ops.transposed import TransposedConvolution

        return apply(TransposedConvolution(self.inputs, self.outputs, self.groups, self.geometry), y, w, degree=degree)

    def roots(self, k: int) -> Sizes:
        if k == 0:
            return (self.inputs * self.groups, *(w.size for w in self.windows))
        return (self.outputs * self.groups, self.inputs, *(w.kernel for w in self.windows))

    @property
    def out(self) -> Sizes:
        return (self.outputs * self.groups, *(w.count for w in self.windows))

    def definition(self, *operands: Value) -> Value:
        """One contraction over own axes (degree, group, output channel, *positions), bound axes (input channel, *kernel)."""
        x, w = operands
        parts, rank = self.windows, len(x.sizes) - len(self.geometry) - 1
        degree, n = x.sizes[:rank], len(parts)
        own = (*degree, self.groups, self.outputs, *(p.count for p in parts))
        bounds = (self.inputs, *(p.kernel for p in parts))
        channel = len(own)
        everything = own + bounds
        group = whole(rank, self.groups)
        entries, guards = reading(parts, rank + 2, channel + 1)
        read_x = (*identity(degree), add(scale(group, self.inputs), whole(channel, self.inputs)), *entries)
        read_w = (*identity(degree), merged(rank, everything[rank : rank + 2]), *identity(bounds, channel))
        y = Value.of(contraction([term(ONE, bounds, [(x, read_x), (w, read_w)], guards, sizes=own)], own))
        return y.at((*identity(degree), *digits(rank, own[rank : rank + 2]), *identity(own[rank + 2 :], rank + 1)),
                    (*degree, own[rank] * own[rank + 1], *own[len(own) - n :]))  # fmt: skip


def convolution(x: Value, weight: Value, bias: Value | None = None, *, stride: Sequence[int] = (),
                padding: Sequence[int | tuple[int, int]] = (), dilation: Sequence[int] = (), groups: int = 1) -> Value:  # fmt: skip
    """The convolution of x (…, c_in, *spatial) by weight (c_out, c_in/groups, *kernel), plus bias (c_out) a channel.

    `stride`, `padding` and `dilation` have an entry a spatial axis, or one for all, or none; a padding is a number or a
    pair (before, after).  Returns (…, c_out, *spatial').  Raises TypeMismatch, naming the axis, where sizes do not fit.
    """
    n = len(weight.sizes) - 2
    rank = len(x.sizes) - n - 1
    if n < 1 or rank < 0:
        raise TypeMismatch(f"convolution: a weight of sizes {weight.sizes} needs an array with {n + 1} or more axes, not {x.sizes}")
    channels, spatial = x.sizes[rank], x.sizes[rank + 1 :]
    inputs, outputs = divide(channels, groups), divide(weight.sizes[0], groups)
    if inputs is None or outputs is None or weight.sizes[1] != inputs:
        raise TypeMismatch(f"convolution: {channels} input channels in {groups} groups do not fit a weight of sizes {weight.sizes}")
    pads = [p if isinstance(p, tuple) else (p, p) for p in each(padding, n, 0)]
    parts = windows(spatial, numbers(weight.sizes[2:]), each(stride, n, 1), each(dilation, n, 1), pads, "convolution")
    geometry = tuple([(p.size, p.kernel, p.stride, p.dilation, p.before, p.after) for p in parts])
    degree = x.sizes[:rank]
    y = apply(Convolution(inputs, outputs, groups, geometry), x, spread(weight, degree), degree=degree)
    return biased(y, bias, rank, "convolution")


def biased(y: Value, bias: Value | None, axis: int, op: str) -> Value:
    """y plus a number for each entry of its channel axis.  Raises TypeMismatch where there are not as many."""
    if bias is None:
        return y
    if bias.sizes != y.sizes[axis : axis + 1]:
        raise TypeMismatch(f"{op}: the bias has sizes {bias.sizes}, there are {y.sizes[axis]} output channels")
    b = place(bias, (axis,), y.sizes)
    return Value.of(contraction([Term(ONE, (), ((v.node, v.access),)) for v in (y, b)], y.sizes))


def same_padding(kernel: Sequence[int], dilation: Sequence[int]) -> list[tuple[int, int]]:
    """The paddings that keep the size of every axis at stride 1; an odd one out goes behind."""
    room = [r * (k - 1) for k, r in zip(kernel, dilation, strict=True)]
    return [(m // 2, m - m // 2) for m in room]


def each(given: Sequence[Any], n: int, default: Any) -> list[Any]:
    """One entry for each of n axes: as given, one for all, or the default for none."""
    found = list(given) or [default]
    if len(found) not in (1, n):
        raise TypeMismatch(f"{len(found)} entries were given for {n} spatial axes: {found}")
    return found * n if len(found) == 1 else found


def numbers(sizes: Sizes) -> list[int]:
    """The sizes of a kernel.  Raises UnsupportedOp for a symbolic one."""
    for size in sizes:
        if not isinstance(size, int):
            raise UnsupportedOp(f"a kernel of the symbolic size {size}: give it a number")
    return [size for size in sizes if isinstance(size, int)]
