"""Moving entries along an axis, and looking them up: flip, roll, pad, take, gather, one-hot.

`flip` is a reindexing and computes nothing; what an index wire names is read by a gather.

>>> from ncd_cat.language.types import ty
>>> print((flip("t") >> roll("t", 1) >> pad("t", 2)).at(ty("t:5 d")).cod)
float32[t:9 d]
>>> print(take("v").at(ty("v m, int64[b t]")).cod)
float32[b t m]
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Integral
from typing import Any

from ncd_cat.axes import Axis, identity, scale, shift, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value, apply
from ncd_cat.language.contracting import identity_matrix
from ncd_cat.language.shaping import paddings
from ncd_cat.language.types import AxesLike, one_axis
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Number, Wire, place, places, scalar, typed, wired
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import number
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.layout import place as placed
from ncd_cat.ops.rolling import roll as rolled


@verb()
def flip(x: Wire, axes: str | int | Axis) -> Wire:
    """x with its entries in reverse order along axes: y[i] = x[n − 1 − i]."""
    over, sizes = places(x, axes, "flip"), x.value.sizes
    reverse = [shift(scale(whole(k, n), -1), n - 1) if k in over else whole(k, n) for k, n in enumerate(sizes)]
    return x.like(x.value.at(tuple(reverse), sizes))


@verb()
def roll(x: Wire, axes: str | int | Axis, by: int | Sequence[int]) -> Any:
    """x with its entries moved on by some places along axes, the last ones to the front: y[i] = x[(i − by) mod n].

    `by` is a number, or one for each axis.
    """
    over = places(x, axes, "roll")
    amounts = [by] * len(over) if isinstance(by, Integral) else list(by)  # type: ignore[arg-type]
    if len(amounts) != len(over) or not all(isinstance(b, Integral) for b in amounts):
        raise TypeMismatch(f"roll: {len(over)} axes are moved on by a number of places, or by one for each, not by {by!r}")
    try:
        return x.like(rolled(x.value, over, [int(b) for b in amounts]))
    except ValueError as problem:
        raise TypeMismatch(f"roll: {problem}") from None


@verb()
def pad(x: Wire, axes: str | int | Axis, by: Any, value: Number = 0) -> Wire:
    """x with entries of one value before and after it along axes; `by` is a number, a pair, or one of these for each axis."""
    over = places(x, axes, "pad")
    y = x.value
    for k, amounts in zip(over, paddings(by, len(over)), strict=True):
        if min(amounts) < 0:
            raise TypeMismatch(f"pad: {min(amounts)} entries cannot be added to axis {x.names[k]} of {x.type}; `cut` takes entries away")
        ends = [[number(scalar(value), (*y.sizes[:k], m, *y.sizes[k + 1 :]))] * (m > 0) for m in amounts]
        y = concatenate([*ends[0], y, *ends[1]], k) if any(amounts) else y
    return x.like(y, tuple([Axis(a.name, n) for a, n in zip(x.axes, y.sizes, strict=True)]))


@verb(2)
def take(x: Wire, index: Wire, axis: str | int | Axis) -> Wire:
    """The entries of x along an axis that an integer wire names: the axes of the index stand in the place of that axis."""
    k = _looked_up(x, index, axis, "take")
    axes = (*x.axes[:k], *index.axes, *x.axes[k + 1 :])
    own, m = tuple([a.size for a in axes]), len(index.axes)
    rest = identity(own)
    table = x.value.at((*rest[:k], whole(len(own), x.axes[k].size), *rest[k + m :]), (*own, x.axes[k].size))
    return wired(apply(Take(x.axes[k].size), table, placed(index.value, range(k, k + m), own), degree=own), axes, x, index)


@verb(2)
def gather(x: Wire, index: Wire, axis: str | int | Axis) -> Wire:
    """One entry of x along an axis, which disappears, at each place of the others: y[p] = x[p, index[p]].

    The index has the axes of x but that one.  Raises TypeMismatch if it has not.
    """
    k = _looked_up(x, index, axis, "gather")
    axes = (*x.axes[:k], *x.axes[k + 1 :])
    if index.axes != axes:
        raise TypeMismatch(f"gather: the index of {x.type} along {x.names[k]} has the axes {' '.join(map(str, axes))}, not {index.type}")
    own, n = index.value.sizes, x.axes[k].size
    rest = identity(own)
    table: Value = x.value.at((*rest[:k], whole(len(own), n), *rest[k:]), (*own, n))
    return wired(apply(Take(n), table, index.value, degree=own), axes, x, index)


@verb()
def one_hot(x: Wire, axis: AxesLike) -> Any:
    """[x = v] along a new last axis v, for an integer x: the row of the identity matrix that it names."""
    v = one_axis(axis, "one_hot")
    rows = Wire(identity_matrix(v.size), typed((Axis(v.name + "'", v.size), v), "float32", "one_hot"))
    return take(rows, x, 0)


def _looked_up(x: Wire, index: Wire, axis: str | int | Axis, name: str) -> int:
    if index.type.kind != "int":
        raise TypeMismatch(f"{name}: {index.type} are no integers; entries are looked up by number")
    return place(x, axis, name)
