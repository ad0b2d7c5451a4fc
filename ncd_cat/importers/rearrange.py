"""Rearrangements of array libraries as reindexings: each view of an array is an index map into it, and makes no node.

A row-major reshape reads the digits of a flat index in mixed radix; repeats are missing indices, slices and flips are
affine.  Sizes are integers here: programs that are imported have fixed shapes.  Source: the category St, arXiv 2604.07242.

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (2, 12))
>>> heads = reshape(x, (2, 3, 4))
>>> print(heads)
input(0, real)[i0, 4*i1 + i2] : 2 3 4
>>> reshape(heads, (2, 12)) == x
True
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat import axes
from ncd_cat.axes import Access, Index, NotAffine, Sizes, identity, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value, apply
from ncd_cat.ops.opaque import Reshape
from ncd_cat.sizes import Size, product

ZERO: Index = (0, ())
Shape = Sequence[Size]


def replace(sizes: Sizes, axis: int, *by: Size) -> Sizes:
    """The sizes with one axis replaced by others."""
    return sizes[:axis] + by + sizes[axis + 1 :]


def along(x: Value, axis: int, index: Index, size: Size) -> Value:
    """x with `axis` read at an index (over the result's axes) and resized; all other axes as they are."""
    indices = identity(x.sizes)
    return x.at((*indices[:axis], index, *indices[axis + 1 :]), replace(x.sizes, axis, size))


# ---- repeats ------------------------------------------------------------------------------------------------------


def broadcast_sizes(shapes: Sequence[Shape]) -> Sizes:
    """The common sizes under trailing alignment.  Raises TypeMismatch, naming the axis and both sizes."""
    result: list[Size] = []
    for shape in shapes:
        if len(shape) > len(result):
            result[:0] = [1] * (len(shape) - len(result))
        for k, n in enumerate(reversed(shape)):
            if n != 1 and result[-1 - k] not in (1, n):
                raise TypeMismatch(
                    f"axis {-1 - k} has sizes {result[-1 - k]} and {n} in arrays of sizes {', '.join(map(str, map(tuple, shapes)))}"
                )
            result[-1 - k] = n if n != 1 else result[-1 - k]
    return tuple(result)


def expand(x: Value, sizes: Sizes) -> Value:
    """x repeated to the sizes, aligned at the last axis; an axis of size 1 is repeated."""
    if x.sizes == sizes:
        return x
    start = len(sizes) - len(x.sizes)
    return x.at(tuple([ZERO if n == 1 else whole(start + k, n) for k, n in enumerate(x.sizes)]), sizes)


def broadcast(*values: Value) -> list[Value]:
    """The values, repeated to their common sizes."""
    sizes = broadcast_sizes([v.sizes for v in values])
    return [expand(v, sizes) for v in values]


def insert(x: Value, axis: int) -> Value:
    """A new axis of size 1, at position `axis` of the result."""
    kept = [k for k in range(len(x.sizes) + 1) if k != axis]
    return x.at(tuple([whole(k, n) for k, n in zip(kept, x.sizes, strict=True)]), (*x.sizes[:axis], 1, *x.sizes[axis:]))


def drop(x: Value, over: Sequence[int]) -> Value:
    """x without the axes `over`, each of size 1."""
    kept = [k for k in range(len(x.sizes)) if k not in over]
    indices = tuple([ZERO if k in over else whole(kept.index(k), n) for k, n in enumerate(x.sizes)])
    return x.at(indices, tuple([x.sizes[k] for k in kept]))


def tile(x: Value, counts: Sequence[int]) -> Value:
    """x laid counts[k] times along each axis k: entry i of the result is entry i mod n."""
    x = expand(x, (1,) * (len(counts) - len(x.sizes)) + x.sizes)
    sizes = tuple([n * c for n, c in zip(x.sizes, counts, strict=True)])
    return x.at(tuple([_digit(k, 1, n) for k, n in enumerate(x.sizes)]), sizes)


def repeat_each(x: Value, axis: int, count: int) -> Value:
    """Each entry along `axis` repeated in place: entry i of the result is entry i div count."""
    n = x.sizes[axis]
    return along(x, axis, _digit(axis, count, n), n * count)


def _digit(axis: int, stride: Size, extent: Size) -> Index:
    return ZERO if extent == 1 else (0, ((1, axis, stride, extent),))


# ---- affine views -------------------------------------------------------------------------------------------------


def affine(x: Value, axis: int, start: Size, length: Size, step: Size = 1) -> Value:
    """Entries start, start + step, … (`length` of them) along an axis."""
    return along(x, axis, axes.shift(axes.scale(whole(axis, length), step), start), length)


def select(x: Value, axis: int, place: Size) -> Value:
    """The entry at a fixed place of an axis, which disappears."""
    sizes = replace(x.sizes, axis)
    indices = identity(sizes)
    return x.at((*indices[:axis], (place, ()), *indices[axis:]), sizes)


def flip(x: Value, over: Sequence[int]) -> Value:
    """x with the order of entries along the axes `over` reversed."""
    for axis in over:
        n = x.sizes[axis]
        x = affine(x, axis, n - 1, n, -1)
    return x


def diagonal(x: Value, offset: int, first: int, second: int) -> Value:
    """The entries with index[second] = index[first] + offset, along a new last axis that replaces the two."""
    n, m = x.sizes[first], x.sizes[second]
    low, right = max(-offset, 0), max(offset, 0)
    assert isinstance(n, int) and isinstance(m, int)
    length = min(n - low, m - right)
    kept = [k for k in range(len(x.sizes)) if k not in (first, second)]
    last = whole(len(kept), length)
    special = {first: axes.shift(last, low), second: axes.shift(last, right)}
    indices = tuple([special[k] if k in special else whole(kept.index(k), s) for k, s in enumerate(x.sizes)])
    return x.at(indices, (*(x.sizes[k] for k in kept), length))


def windows(x: Value, axis: int, size: int, step: int) -> Value:
    """All windows of `size` entries at distance `step`, with the place in the window as a new last axis."""
    n, rank = x.sizes[axis], len(x.sizes)
    assert isinstance(n, int)
    count = (n - size) // step + 1
    index = axes.add(axes.scale(whole(axis, count), step), whole(rank, size))
    indices = identity(x.sizes)
    return x.at((*indices[:axis], index, *indices[axis + 1 :]), (*replace(x.sizes, axis, count), size))


# ---- reshape ------------------------------------------------------------------------------------------------------


def reshape(x: Value, sizes: Sizes) -> Value:
    """The row-major reshape: a reindexing by digits, or a `Reshape` node where it has no such form.

    Raises TypeMismatch unless the products of the sizes agree.
    """
    if x.sizes == sizes:
        return x
    if product(x.sizes) != product(sizes):
        raise TypeMismatch(f"an array of sizes {x.sizes} has no reshape to {sizes}: {product(x.sizes)} and {product(sizes)} entries")
    try:
        return x.at(_digits(x.sizes, sizes), sizes)
    except NotAffine:
        same = next((k for k, (n, m) in enumerate(zip(x.sizes, sizes, strict=False)) if n != m), 0)
        return apply(Reshape(x.sizes[same:], sizes[same:]), x, degree=sizes[:same])


def _digits(source: Sizes, target: Sizes) -> Access:
    """One index per source axis: source and target are cut into blocks of equal product, each a flat index in two radixes."""
    indices: list[Index] = []
    s = t = 0
    while s < len(source):
        lengths = [source[s], target[t] if t < len(target) else 1]
        s_end, t_end = s + 1, min(t + 1, len(target))
        while lengths[0] != lengths[1]:
            if lengths[0] < lengths[1]:  # type: ignore[operator]  # integers: see the module's first lines
                lengths[0], s_end = lengths[0] * source[s_end], s_end + 1
            else:
                lengths[1], t_end = lengths[1] * target[t_end], t_end + 1
        indices += _block(source[s:s_end], target[t:t_end], t)
        s, t = s_end, t_end
    return tuple(indices)


def _block(source: Sizes, target: Sizes, start: int) -> list[Index]:
    if len(source) == len(target) == 1:
        return [whole(start, source[0])]
    flat, stride = ZERO, product(target)
    parts: list[Index] = []
    for k, n in enumerate(target):
        stride = stride // n  # type: ignore[operator]  # integers
        parts.append(axes.scale(whole(start + k, n), stride))
    flat = axes.add(*parts)
    length = stride = product(source)
    result = []
    for n in source:
        stride = stride // n  # type: ignore[operator]  # integers
        result.append(ZERO if n == 1 else axes.digit(flat, stride, n, length))
    return result
