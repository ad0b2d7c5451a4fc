"""Writing into slices and at many places: y[i] = v[j] where place[j] = i, x[i] elsewhere; or x[i] + Σ_j [place[j] = i] v[j].

What is added may be at places that are data; what is written is at places of a constant table, so that it is known where, and
values written one over another have no meaning here.  Overlapping windows are summed by the transpose of the reindexing that reads them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import identity, whole
from ncd_cat.graph import Value, apply
from ncd_cat.importers import joins
from ncd_cat.importers.aten.arithmetic import combination, times
from ncd_cat.importers.aten.call import Call, Number, dtype_name, exact, family, position, table
from ncd_cat.importers.aten.gathers import take, wrapped
from ncd_cat.importers.rearrange import expand, insert, reshape
from ncd_cat.ops import layout
from ncd_cat.ops.contraction import contraction, number, term
from ncd_cat.ops.convolution import Window, reading
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Less, Where
from ncd_cat.ops.scatter import Scatter, scatter
from ncd_cat.ops.transposed import transposed_convolution
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, product

FEW = 64  # entries at a distance from each other, of this many, are written one by one


def select_scatter(call: Call, x: Value, part: Value, axis: int, place: int) -> Value:
    k = position(axis, len(x.sizes))
    n = x.sizes[k]
    assert isinstance(n, int)
    return joins.write(x, insert(part, k), k, place % n)


def slice_scatter(
    call: Call, x: Value, part: Value, axis: int = 0, start: int | None = None, end: int | None = None, step: int = 1
) -> Value | None:
    k = position(axis, len(x.sizes))
    n = x.sizes[k]
    assert isinstance(n, int)
    chosen = range(n)[slice(start, end, step)]
    part = expand(part, (*x.sizes[:k], len(chosen), *x.sizes[k + 1 :]))
    if step == 1:
        return joins.write(x, part, k, chosen.start)
    if n % step == 0 and len(chosen) == n // step:  # one entry of each row of `step`
        rows = reshape(x, (*x.sizes[:k], n // step, step, *x.sizes[k + 1 :]))
        return reshape(joins.write(rows, insert(part, k + 1), k + 1, chosen.start), x.sizes)
    if len(chosen) > FEW:
        return None
    for j, place in enumerate(chosen):
        x = joins.write(x, joins.section(part, k, j, 1), k, place)
    return x


# ---- at the places of a table ------------------------------------------------------------------------------------


def index_put(call: Call, x: Value, indices: Sequence[Value | None], values: Value, accumulate: bool = False) -> Value | None:
    """x[i, :, j] = v, or += v, at constant places; and x[mask] = number."""
    given = {k: i for k, i in enumerate(indices) if i is not None}
    if any(dtype_name(call.node.args[1][k].meta["val"].dtype) in ("bool", "uint8") for k in given):
        return None if accumulate else _masked(x, given, values)
    axes = sorted(given)
    tables = [table(wrapped(given[k], x.sizes[k])) for k in axes]
    if any(t is None for t in tables):
        return _at_data(x, axes[0], _from_front(given[axes[0]], x.sizes[axes[0]]), values, ONE) if accumulate and len(axes) == 1 else None
    joint = np.broadcast_arrays(*tables)
    front = axes[0] if axes[-1] - axes[0] == len(axes) - 1 else 0
    others = [k for k in range(len(x.sizes)) if k not in axes]
    kept = tuple([x.sizes[k] for k in others])
    v = expand(values, (*kept[:front], *joint[0].shape, *kept[front:]))
    places = range(front, front + joint[0].ndim)
    v = layout.permute(v, [*places, *(k for k in range(len(v.sizes)) if k not in places)])
    rows = np.ravel_multi_index([t.reshape(-1) for t in joint], [int(str(x.sizes[k])) for k in axes])
    moved = layout.permute(x, [*axes, *others])
    flat = reshape(moved, (product(x.sizes[k] for k in axes), *kept))
    put = (_added if accumulate else _replaced)(flat, reshape(v, (len(rows), *kept)), rows)
    return None if put is None else layout.permute(reshape(put, moved.sizes), [[*axes, *others].index(k) for k in range(len(x.sizes))])


def _masked(x: Value, given: dict[int, Value], values: Value) -> Value | None:
    """x with one number wherever a mask over the first axes is true."""
    if list(given) != [0] or any(n != 1 for n in values.sizes):
        return None
    mask = layout.place(given[0], range(len(given[0].sizes)), x.sizes)
    return Where()(mask, values.at(((0, ()),) * len(values.sizes), x.sizes), x)


def _replaced(x: Value, values: Value, rows: NDArray[Any]) -> Value | None:
    """x with the values as some of its rows; None where one is put over another."""
    if len(set(rows.tolist())) < len(rows):
        return None
    n = int(str(x.sizes[0]))
    origin = np.zeros(n, dtype=np.int64)
    origin[rows] = np.arange(len(rows))
    new = layout.place(literal(np.isin(np.arange(n), rows)), [0], x.sizes)
    return Where()(new, take(values, 0, literal(origin)), x)


def _added(x: Value, values: Value, rows: NDArray[Any]) -> Value:
    """x with the values added to some of its rows."""
    j = whole(len(x.sizes), len(rows))
    chosen = literal(rows[:, None] == np.arange(int(str(x.sizes[0]))))
    factors = [(chosen, (j, whole(0, x.sizes[0]))), (values, (j, *identity(x.sizes)[1:]))]
    sums = Value.of(contraction([term(ONE, (len(rows),), factors, sizes=x.sizes)], x.sizes))
    return combination([(ONE, x), (ONE, sums)])


def index_add(call: Call, x: Value, axis: int, index: Value, values: Value, *, alpha: Number = 1) -> Value | None:
    """x with the values added, times alpha, at places of one axis."""
    k = position(axis, len(x.sizes))
    rows = table(wrapped(index, x.sizes[k]))
    if rows is None:
        return _at_data(x, k, index if index.sizes else insert(index, 0), values, exact(alpha))
    moved, v = (layout.permute(y, [k, *(a for a in range(len(y.sizes)) if a != k)]) for y in (x, values))
    added = _added(moved, times(v, by=exact(alpha)), rows.reshape(-1))
    return layout.permute(added, [*range(1, k + 1), 0, *range(k + 1, len(x.sizes))])


def _from_front(index: Value, size: Size) -> Value:
    """An index of data, in which a negative one counts from the end."""
    return Where()(Less()(index, number(0, index.sizes)), combination([(ONE, index), (ONE, int(str(size)))]), index)


def _at_data(x: Value, axis: int, index: Value, values: Value, by: Scalar) -> Value:
    """x with the values added, times a number, at the places of one axis that an index names; its axes stand for that axis."""
    m, rest = len(index.sizes), (*x.sizes[:axis], *x.sizes[axis + 1 :])
    v = expand(values, (*x.sizes[:axis], *index.sizes, *x.sizes[axis + 1 :]))
    moved = layout.permute(v, [*range(axis, axis + m), *range(axis), *range(axis + m, len(v.sizes))])
    sums = layout.permute(scatter(moved, index, x.sizes[axis]), [*range(1, axis + 1), 0, *range(axis + 1, len(rest) + 1)])
    return combination([(ONE, x), (by, sums)])


def scatter_add(call: Call, x: Value, axis: int, index: Value, values: Value) -> Value | None:
    """x[…, i, …] + Σ_j [index[…, j, …] = i] values[…, j, …], where the index has the other axes of x."""
    k, rank = position(axis, len(x.sizes)), len(x.sizes)
    if not x.sizes or [*index.sizes[:k], *index.sizes[k + 1 :]] != [*x.sizes[:k], *x.sizes[k + 1 :]]:
        return None
    first = values.at(identity(index.sizes), index.sizes)  # values beyond the index are not read
    degree = (*x.sizes[:k], *x.sizes[k + 1 :])
    v, i = layout.last(first, (k,)), layout.last(index, (k,))
    sums = apply(Scatter((index.sizes[k],), x.sizes[k]), v, i, degree=degree)
    return combination([(ONE, x), (ONE, layout.permute(sums, [*range(k), rank - 1, *range(k, rank - 1)]))])


def embedding_backward(call: Call, rows: Value, index: Value, count: int, ignored: int = -1, by_frequency: bool = False) -> Value | None:
    """The rows added up by their index."""
    return None if ignored >= 0 or by_frequency else scatter(rows, index, count)


# ---- windows laid out as columns ----------------------------------------------------------------------------------


def unfold(call: Call, x: Value, kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int], stride: Sequence[int]) -> Value:
    """The windows of an image, 0 where they leave it, as columns: (…, channels · entries, windows)."""
    parts = _windows(x.sizes[-2:], kernel, dilation, padding, stride)
    lead = x.sizes[:-2]
    own = (*lead, *(p.kernel for p in parts), *(p.count for p in parts))
    entries, guards = reading(parts, len(lead) + 2, len(lead))
    columns = Value.of(contraction([term(ONE, (), [(x, (*identity(lead), *entries))], guards, sizes=own)], own))
    return reshape(columns, call.sizes)


def fold(call: Call, x: Value, sizes: Sequence[int], kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int],
         stride: Sequence[int]) -> Value:  # fmt: skip
    """The windows of an image, given as columns, summed where they overlap: the transpose of the convolution that reads entries."""
    parts = _windows(sizes, kernel, dilation, padding, stride)
    counts, entries, lead = [int(str(p.count)) for p in parts], int(np.prod(kernel)), x.sizes[:-2]
    channels = int(str(x.sizes[-2])) // entries
    covered = [(c - 1) * p.stride + p.dilation * (p.kernel - 1) + 1 - 2 * p.before for c, p in zip(counts, parts, strict=True)]
    unit = reshape(literal(np.eye(entries)), (entries, 1, *kernel))
    weight = reshape(layout.spread(unit, (channels,)), (channels * entries, 1, *kernel))
    images = reshape(x, (*lead, channels * entries, *counts))
    more = [n - m for n, m in zip(sizes, covered, strict=True)]
    return transposed_convolution(images, weight, stride=stride, padding=padding, output_padding=more, dilation=dilation, groups=channels)


def _windows(sizes: Sequence[Size], kernel: Sequence[int], dilation: Sequence[int], padding: Sequence[int],
             stride: Sequence[int]) -> list[Window]:  # fmt: skip
    return [Window(n, k, s, r, p, p) for n, k, s, r, p in zip(sizes, kernel, stride, dilation, padding, strict=True)]


TABLE = family({
    "select_scatter.default": select_scatter, "slice_scatter.default": slice_scatter,
    "index_put.default": index_put, "_unsafe_index_put.default": index_put, "index_add.default": index_add,
    "scatter_add.default": scatter_add, "embedding_dense_backward.default": embedding_backward, "im2col.default": unfold,
    "col2im.default": fold,
})  # fmt: skip
