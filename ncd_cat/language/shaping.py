"""Reindexings of wires by the names of their axes: rename, split, merge, repeat, index, cut, window, and alignment by name.

All but `concat` and a padded `window` compute nothing.  Source: the morphisms of St, arXiv 2604.07242.

>>> from ncd_cat.language.types import ty
>>> heads = split("m -> (h d)", h=4) >> order("h t d")
>>> print(heads.at(ty("t m:12")).cod)
float32[h:4 t d:3]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ncd_cat.axes import Axis, constant, identity, shift, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.contracting import rearrange
from ncd_cat.language.family import verb
from ncd_cat.language.types import AxesLike, axes_of
from ncd_cat.language.wire import Wire, place, places, wired
from ncd_cat.ops import layout
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import contraction, term
from ncd_cat.ops.convolution import each, reading, same_padding, windows
from ncd_cat.pattern import Pattern
from ncd_cat.scalars import ONE
from ncd_cat.sizes import Size


@verb()
def rename(x: Wire, names: Mapping[str, str] | None = None, /, **more: str) -> Wire:
    """x with axes called otherwise: `rename(x, k="q")`, or a mapping where a name is no identifier."""
    new = {**(names or {}), **more}
    for name in new:
        place(x, name, "rename")
    return Wire(x.value, type(x.type)(tuple([Axis(new.get(a.name, a.name), a.size) for a in x.axes]), x.type.dtype), x.run)


@verb()
def order(x: Wire, names: str) -> Wire:
    """x with its axes in the order named: `order(x, "h t d")`; the transpose of an array.  All of them are named."""
    found = places(x, names, "order")
    if sorted(found) != list(range(len(x.axes))):
        raise TypeMismatch(f"order: {names!r} does not name each axis of {x.type} once")
    return x.like(layout.permute(x.value, found), tuple([x.axes[k] for k in found]))


@verb()
def split(x: Wire, pattern: str, /, **sizes: Size) -> Wire:
    """x with one axis as several, in row-major order: `split(x, "m -> (h d)", h=4)`."""
    p = Pattern.read("split", pattern)
    if len(p.left) != 1 or len(p.left[0]) != 1 or len(p.left[0][0]) != 1 or len(p.right) != 1:
        raise TypeMismatch(f"split {pattern!r}: write one axis and its parts, such as 'm -> (h d)'")
    (old,), parts = p.left[0][0], p.right[0]
    place(x, old, "split")
    return _rearranged(x, {old: f"({' '.join(parts)})"}, {old: " ".join(parts)}, sizes)


@verb()
def merge(x: Wire, pattern: str) -> Wire:
    """x with several axes as one, in row-major order: `merge(x, "(h d) -> m")`; the first part's place is that of the whole."""
    p = Pattern.read("merge", pattern)
    if len(p.left) != 1 or len(p.left[0]) != 1 or len(p.right) != 1 or len(p.right[0]) != 1:
        raise TypeMismatch(f"merge {pattern!r}: write the parts and the whole, such as '(h d) -> m'")
    parts, (new,) = p.left[0][0], p.right[0]
    for a in parts:
        place(x, a, "merge")
    gone = dict.fromkeys(parts[1:], "")
    found = _rearranged(x, {}, {parts[0]: f"({' '.join(parts)})", **gone}, {})
    return rename(found, {"_".join(parts): new})  # type: ignore[no-any-return]


@verb()
def repeat(x: Wire, axes: AxesLike) -> Wire:
    """x repeated along new axes, which come first: an index that x does not read."""
    new = axes_of(axes)
    return x.like(layout.spread(x.value, tuple([a.size for a in new])), (*new, *x.axes))


@verb()
def index(x: Wire, axis: str | int | Axis, at: int) -> Wire:
    """The entry ⟨i| of x along an axis, which disappears: a subtensor.  Raises TypeMismatch if there is no such entry."""
    k = place(x, axis, "index")
    n = x.axes[k].size
    if isinstance(n, int) and not -n <= at < n:
        raise TypeMismatch(f"index: entry {at} of axis {x.axes[k].name}, whose size is {n}, is not there")
    if not isinstance(n, int) and at not in (0, -1):
        raise TypeMismatch(f"index: axis {x.names[k]} has the symbolic size {n}: only entries 0 and -1 are there for sure")
    position: Size = at if at >= 0 else n + at
    rest = tuple([a for j, a in enumerate(x.axes) if j != k])
    kept = identity([a.size for a in rest])
    return x.like(x.value.at((*kept[:k], constant(position), *kept[k:]), tuple([a.size for a in rest])), rest)


@verb()
def cut(x: Wire, axis: str | int | Axis, start: Size, length: Size) -> Wire:
    """The part of x along an axis from `start` on, `length` entries long."""
    k = place(x, axis, "cut")
    n = x.axes[k].size
    if isinstance(n, int) and isinstance(start, int) and isinstance(length, int) and not 0 <= start <= start + length <= n:
        raise TypeMismatch(f"cut: entries {start} to {start + length} of axis {x.axes[k].name}, whose size is {n}, are not there")
    moved = shift(whole(k, length), start) if length != 1 else constant(start)
    axes = tuple([Axis(a.name, length) if j == k else a for j, a in enumerate(x.axes)])
    indices = tuple([moved if j == k else e for j, e in enumerate(identity([a.size for a in x.axes]))])
    return x.like(x.value.at(indices, tuple([a.size for a in axes])), axes)


@verb()
def window(x: Wire, axis: str | int | Axis, kernel: int | Sequence[int], stride: Any = 1, dilation: Any = 1, padding: Any = 0, *,
           into: str = "w") -> Wire:  # fmt: skip
    """Each position of an axis, or of the axes of a bundle, with the entries around it: y[i, w] = x[stride·i + dilation·w − padding].

    The window axes, called `into` and its members, come right after the axes that they are windows of; entries outside are 0.
    `padding` is a number, a pair, or "same".  Raises TypeMismatch, naming the axis, where a window exceeds its padded axis.

    >>> from ncd_cat.language.types import ty
    >>> print(window("x", 3, stride=2, padding=1).at(ty("x:9 c")).cod)
    float32[x:5 w:3 c]
    """
    at = places(x, axis, "window")
    n, first = len(at), at[0]
    if at != list(range(first, first + n)):
        raise TypeMismatch(f"window: the axes {axis} of {x.type} are not next to each other")
    kernels = each([kernel] if isinstance(kernel, int) else kernel, n, 1)
    dilations = each([dilation] if isinstance(dilation, int) else dilation, n, 1)
    pads = same_padding(kernels, dilations) if padding == "same" else paddings(padding, n)
    strides = each([stride] if isinstance(stride, int) else stride, n, 1)
    parts = windows(tuple([x.axes[k].size for k in at]), kernels, strides, dilations, pads, "window")
    bundle = [into] if n == 1 else [f"{into}.{k}" for k in range(n)]
    axes = (*x.axes[:first], *[Axis(x.axes[k].name, p.count) for k, p in zip(at, parts, strict=True)],
            *[Axis(b, p.kernel) for b, p in zip(bundle, parts, strict=True)], *x.axes[first + n :])  # fmt: skip
    own = tuple([a.size for a in axes])
    entries, guards = reading(parts, first, first + n)
    indices = (*identity(own)[:first], *entries, *identity(own)[first + 2 * n :])
    value = x.value.at(indices, own) if not guards else Value.of(contraction([term(ONE, (), [(x.value, indices)], guards, sizes=own)], own))
    return x.like(value, axes)


def paddings(padding: Any, n: int) -> list[tuple[int, int]]:
    """Pairs (before, after), one for each of n axes, from a number, a pair, or a number or pair for each axis."""
    if isinstance(padding, int):
        return [(padding, padding)] * n
    given = [p if isinstance(p, tuple) else (p, p) for p in padding]
    return list(each(given, n, (0, 0)))


@verb(2)
def concat(*wires: Wire, axis: str) -> Wire:
    """Wires one after another along an axis; their other axes agree.  Raises TypeMismatch, naming the axis and both sizes."""
    first = wires[0]
    k = place(first, axis, "concat")
    for w in wires[1:]:
        for a, b in zip(first.axes, w.axes, strict=False):
            if a.name != b.name or (a.size != b.size and a.name != first.axes[k].name):
                parts = f"axis {a.name} (size {a.size}) and {b.name} (size {b.size})"
                raise TypeMismatch(f"concat along {axis}: {first.type} and {w.type} differ in {parts}")
        if len(w.axes) != len(first.axes):
            raise TypeMismatch(f"concat along {axis}: {first.type} and {w.type} have {len(first.axes)} and {len(w.axes)} axes")
    value = concatenate([w.value for w in wires], k)
    return wired(value, tuple([Axis(a.name, n) for a, n in zip(first.axes, value.sizes, strict=True)]), *wires)


@verb(2)
def stack(*wires: Wire, axis: str) -> Wire:
    """Wires with the same axes as one wire with a new first axis, an entry a wire."""
    return concat(*[repeat(w, Axis(axis, 1)) for w in wires], axis=axis)  # type: ignore[no-any-return]


def aligned(*wires: Wire) -> tuple[Wire, ...]:
    """The wires broadcast to the same axes, matched by name: those of the first, then the others' that it lacks.

    Raises TypeMismatch, naming the axis and both sizes, where one name has two sizes.
    """
    axes: dict[str, Axis] = {}
    for w in wires:
        for a in w.axes:
            if axes.setdefault(a.name, a) != a:
                raise TypeMismatch(f"align: axis {a.name} has sizes {axes[a.name].size} and {a.size}")
    return tuple([_spread(w, tuple(axes.values())) for w in wires])


def _spread(w: Wire, axes: tuple[Axis, ...]) -> Wire:
    names = [a.name for a in axes]
    return w.like(layout.place(w.value, [names.index(a) for a in w.names], tuple([a.size for a in axes])), axes)


def _rearranged(x: Wire, left: Mapping[str, str], right: Mapping[str, str], sizes: Mapping[str, Size]) -> Wire:
    sides = [" ".join([side.get(a, a) for a in x.names]) for side in (left, right)]
    found: Wire = rearrange(f"{sides[0]} -> {sides[1]}", x, **sizes)
    return found
