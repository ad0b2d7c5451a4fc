"""Reindexings of wires by the names of their axes: rename, split, merge, repeat, index, cut, window, and alignment by name.

All but `concat` and a padded `window` compute nothing.  Source: the morphisms of St, arXiv 2604.07242.

>>> from ncd_cat.language.types import ty
>>> heads = split("m -> (h d)", h=4) >> order("h t d")
>>> print(heads.at(ty("t m:12")).cod)
float32[h:4 t d:3]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Integral
from typing import Any

from ncd_cat.axes import Axis, Index, constant, identity, shift, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.contracting import sizes_of, spelt
from ncd_cat.language.types import AxesLike, a_size, axes_of
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Wire, place, places, typed, wired
from ncd_cat.ops import layout
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import contraction, term
from ncd_cat.ops.convolution import reading, same_padding, windows
from ncd_cat.pattern import Pattern, is_name
from ncd_cat.scalars import ONE
from ncd_cat.sizes import Poly, Size, product, provably_nonnegative


@verb()
def rename(x: Wire, names: Mapping[str, str] | None = None, /, **more: str) -> Wire:
    """x with axes called otherwise: `rename(x, k="q")`, or a mapping where a name is no identifier."""
    new = {**(names or {}), **more}
    for old, name in new.items():
        place(x, old, "rename")
        if not isinstance(name, str) or not is_name(name):
            raise TypeMismatch(f"rename: {name!r} is no name for axis {old} of {x.type}: names are such as q or d_head")
    axes = [Axis(new.get(a.name, a.name), a.size) for a in x.axes]
    return Wire(x.value, typed(axes, x.type.dtype, "rename: the result"), x.run)


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
    p = Pattern.read("split", spelt(pattern, [x]))
    if len(p.left) != 1 or len(p.left[0]) != 1 or len(p.left[0][0]) != 1 or len(p.right) != 1:
        raise TypeMismatch(f"split {pattern!r}: write one axis and its parts, such as 'm -> (h d)'")
    k, parts = place(x, p.left[0][0][0], "split"), p.right[0]
    found = p.fit(parts, x.axes[k].size, sizes_of(p, sizes))
    new = tuple([Axis(a, found[a]) for a in parts])
    return _replaced(x, k, k + 1, new, [layout.merged(k, tuple([a.size for a in new]))])


@verb()
def merge(x: Wire, pattern: str) -> Wire:
    """x with several axes as one, in row-major order: `merge(x, "(h d) -> m")`; the first part's place is that of the whole."""
    p = Pattern.read("merge", spelt(pattern, [x]))
    if len(p.left) != 1 or len(p.left[0]) != 1 or not p.left[0][0] or len(p.right) != 1 or len(p.right[0]) != 1:
        raise TypeMismatch(f"merge {pattern!r}: write the parts and the whole, such as '(h d) -> m'")
    parts, (new,) = places(x, " ".join(p.left[0][0]), "merge"), p.right[0]
    rest = [k for k in range(len(x.axes)) if k not in parts[1:]]
    k = rest.index(parts[0])
    moved = order(x, " ".join([x.names[j] for j in (*rest[:k], *parts, *rest[k + 1 :])]))
    own = tuple([x.axes[j].size for j in parts])
    return _replaced(moved, k, k + len(parts), (Axis(new, product(own)),), layout.digits(k, own))


@verb()
def repeat(x: Wire, axes: AxesLike) -> Wire:
    """x repeated along new axes, which come first: an index that x does not read.  Raises TypeMismatch if x has such an axis."""
    new = axes_of(axes)
    return x.like(layout.spread(x.value, tuple([a.size for a in new])), (*new, *x.axes))


@verb()
def index(x: Wire, axis: str | int | Axis, at: Any) -> Wire:
    """The entry ⟨i| of x along an axis, which disappears: a subtensor.  Raises TypeMismatch if there is no such entry."""
    k = place(x, axis, "index")
    n = x.axes[k].size
    if not isinstance(at, Integral):
        raise TypeMismatch(f"index: an entry of axis {x.names[k]} has a number, {at!r} is none; `take` reads entries that a wire names")
    position: Size = int(at) if int(at) >= 0 else n + int(at)
    if not provably_nonnegative(position) or not provably_nonnegative(n - 1 - position):
        sure = "" if isinstance(n, int) else " for sure"
        raise TypeMismatch(f"index: entry {at} of axis {x.names[k]}, whose size is {n}, is not there{sure}")
    rest = tuple([a for j, a in enumerate(x.axes) if j != k])
    kept = identity([a.size for a in rest])
    return x.like(x.value.at((*kept[:k], constant(position), *kept[k:]), tuple([a.size for a in rest])), rest)


@verb()
def cut(x: Wire, axis: str | int | Axis, start: Size, length: Size) -> Wire:
    """The part of x along an axis from `start` on, `length` entries long.  Raises TypeMismatch unless they are there for sure."""
    k = place(x, axis, "cut")
    n, length = x.axes[k].size, a_size(length, f"{x.names[place(x, axis, 'cut')]} of the part")
    start = a_size(start, "") if isinstance(start, Axis) else start
    if not isinstance(start, int | Poly) or not all(provably_nonnegative(m) for m in (start, n - start - length)):
        raise TypeMismatch(f"cut: entries {start} to {start + length} of axis {x.axes[k].name}, whose size is {n}, are not there for sure")
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
    kernels, strides, dilations = (counts(given, n, f"window: the {what}") for given, what in
                                   ((kernel, "kernel"), (stride, "stride"), (dilation, "dilation")))  # fmt: skip
    pads = same_padding(kernels, dilations) if padding == "same" else paddings(padding, n)
    parts = windows(tuple([x.axes[k].size for k in at]), kernels, strides, dilations, pads, "window")
    bundle = [into] if n == 1 else [f"{into}.{k}" for k in range(n)]
    axes = (*x.axes[:first], *[Axis(x.axes[k].name, p.count) for k, p in zip(at, parts, strict=True)],
            *[Axis(b, p.kernel) for b, p in zip(bundle, parts, strict=True)], *x.axes[first + n :])  # fmt: skip
    own = tuple([a.size for a in axes])
    entries, guards = reading(parts, first, first + n)
    indices = (*identity(own)[:first], *entries, *identity(own)[first + 2 * n :])
    value = x.value.at(indices, own) if not guards else Value.of(contraction([term(ONE, (), [(x.value, indices)], guards, sizes=own)], own))
    return x.like(value, axes)


def counts(given: Any, n: int, what: str) -> list[int]:
    """A number for each of n axes, from one for all or one for each.  Raises TypeMismatch on anything else."""
    found = [given] if isinstance(given, Integral) else list(given) if isinstance(given, Sequence) else []
    if len(found) not in (1, n) or not all(isinstance(m, Integral) for m in found):
        raise TypeMismatch(f"{what} is a number{f', or {n} of them' * (n > 1)}, not {given!r}")
    return [int(m) for m in found] * (n if len(found) == 1 else 1)


def paddings(padding: Any, n: int) -> list[tuple[int, int]]:
    """Pairs (before, after), one for each of n axes, from a number, a pair for the one axis, or a number or pair for each axis.

    Raises TypeMismatch on anything else.
    """
    given = [padding] if isinstance(padding, Integral) or (n == 1 and isinstance(padding, tuple) and len(padding) == 2) else padding
    pairs = [p if isinstance(p, tuple) else (p, p) for p in given] if isinstance(given, list | tuple) else []
    if len(pairs) not in (1, n) or not all(len(p) == 2 and isinstance(m, Integral) for p in pairs for m in p):
        raise TypeMismatch(f"a padding is a number, a pair (before, after), one of these for each axis, or \"same\", not {padding!r}")
    return [(int(p), int(q)) for p, q in pairs] * (n if len(pairs) == 1 else 1)


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


def _replaced(x: Wire, start: int, stop: int, axes: tuple[Axis, ...], indices: Sequence[Index]) -> Wire:
    """x with other axes in the place of those from start to stop, which are read at the given indices."""
    new = (*x.axes[:start], *axes, *x.axes[stop:])
    before, after = [identity([a.size for a in part], at) for part, at in ((x.axes[:start], 0), (x.axes[stop:], start + len(axes)))]
    return x.like(x.value.at((*before, *indices, *after), tuple([a.size for a in new])), new)
