"""Truth values and what they choose: comparisons, masks, gates between branches, bounds.

A truth value is a number 0 or 1, so "and" is `multiply`.  Comparisons are also written `x < y`, `x <= y`, `x == y`.

>>> from ncd_cat.language.types import ty
>>> print(less().at(ty("q k, q k")).cod, clamp(0, 1).at(ty("q k")).cod)
bool[q k] float32[q k]
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ncd_cat.axes import Axis, add, scale, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.family import Family
from ncd_cat.language.types import AxesLike, one_axis
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Number, Wire, place, scalar, typed, wired
from ncd_cat.ops.contraction import contraction, number, term
from ncd_cat.ops.layout import spread
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Less, Maximum, Minimum, Where
from ncd_cat.ops.reduction import argmax as first_greatest
from ncd_cat.scalars import ONE


@verb(2)
def less(x: Wire, y: Wire) -> Any:
    """Whether x < y, entry by entry, for wires that have the same axes."""
    return x < y


@verb(2)
def less_equal(x: Wire, y: Wire) -> Any:
    """Whether x ≤ y, entry by entry, for wires that have the same axes."""
    return x <= y


@verb(2)
def equal(x: Wire, y: Wire) -> Any:
    """Whether x = y, entry by entry, for wires that have the same axes."""
    return x == y


@verb(2)
def maximum(x: Wire, y: Wire) -> Wire:
    """The greater of two wires at every entry; they have the same axes."""
    return wired(Maximum()(x.value, _same(y, x, "maximum").value), x.axes, x, y)


@verb(2)
def minimum(x: Wire, y: Wire) -> Wire:
    """The lesser of two wires at every entry; they have the same axes."""
    return wired(Minimum()(x.value, _same(y, x, "minimum").value), x.axes, x, y)


@verb()
def clamp(x: Wire, low: Number | None = None, high: Number | None = None) -> Wire:
    """x, or the bound that it exceeds, at every entry: min(max(x, low), high)."""
    y = x.value if low is None else Maximum()(x.value, number(scalar(low), x.value.sizes))
    return x.like(y if high is None else Minimum()(y, number(scalar(high), x.value.sizes)))


@verb(3)
def where(condition: Wire, x: Wire, y: Wire) -> Wire:
    """x where the condition is true, else y: a gate over two branches; all have the same axes."""
    chosen = Where()(_truth(condition, x, "where").value, x.value, _same(y, x, "where").value)
    return wired(chosen, x.axes, x, y, condition)


@verb(2)
def masked(x: Wire, seen: Wire) -> Wire:
    """x where `seen` is true, else −∞, which a softmax gives the weight 0; both have the same axes (see `align`)."""
    nothing = spread(literal(float("-inf")), x.value.sizes)
    return wired(Where()(_truth(seen, x, "masked").value, x.value, nothing), x.axes, x, seen)


@verb()
def argmax(x: Wire, axis: str | int | Axis) -> Wire:
    """The number of the first greatest entry along an axis, which disappears."""
    k = place(x, axis, "argmax")
    return x.like(first_greatest(x.value, k), (*x.axes[:k], *x.axes[k + 1 :]))


def causal_mask(queries: AxesLike, keys: AxesLike) -> Family:
    """Whether key u is at or before query t, u ≤ t, as truth values (t, u).

    >>> print(causal_mask("t:4", "u:4").at().cod, causal_mask("t", "u").at().cod)
    bool[t:4 u:4] bool[t u]
    """
    t, u = one_axis(queries, "causal_mask"), one_axis(keys, "causal_mask")
    return Family(f"causal_mask({t}, {u})", 0, lambda: Wire(_lower(t, u), typed((t, u), "bool", "causal_mask")))


def _lower(t: Axis, u: Axis) -> Value:
    if isinstance(t.size, int) and isinstance(u.size, int):
        return literal(np.tri(t.size, u.size, dtype=bool))
    sizes = (t.size, u.size)
    after = (False, add(whole(0, t.size), scale(whole(1, u.size), -1)))
    return Less()(number(0, sizes), Value.of(contraction([term(ONE, (), [], [after], sizes=sizes)], sizes)))


def _same(y: Wire, x: Wire, name: str) -> Wire:
    if x.axes != y.axes:
        raise TypeMismatch(f"{name}: {x.type} and {y.type} have different axes: align(x, y) broadcasts by name")
    return y


def _truth(condition: Wire, x: Wire, name: str) -> Wire:
    if condition.type.kind == "real":
        raise TypeMismatch(f"{name}: {condition.type} is no truth value; compare it, such as in {name}(c > 0, …)")
    return _same(condition, x, name)
