"""Casts between types of numbers, and arrays filled with one number.

Casts between float types, and from whole numbers or truth values to larger types, are the identity on numbers.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import truth
from ncd_cat.importers.aten.call import Call, Handler, Number, Operand, dtype_name, family, lift
from ncd_cat.importers.rearrange import expand
from ncd_cat.ops.rounding import Trunc
from ncd_cat.signature import Kind
from ncd_cat.types import KINDS

NARROW = ("uint8", "int8", "int16")  # types whose arithmetic wraps around in practice


def cast_like(call: Call, x: Value, *args: object, **kwargs: object) -> Value | None:
    """x as a number of the result's type: the identity, but for float → whole (towards 0) and anything → truth ([x ≠ 0])."""
    old, new = call.dtype, dtype_name(call.node.meta["val"].dtype)
    if new in NARROW and old not in ("bool", new):
        return None  # whole numbers that do not fit wrap around
    return converted(x, KINDS.get(old, "real"), call.kind)


def converted(x: Value, old: Kind, new: Kind) -> Value:
    """A value of one kind as one of another."""
    if new == "bool":
        return truth(x, old)
    return Trunc()(x) if (old, new) == ("real", "int") else x


def copy(call: Call, x: Value, source: Value, non_blocking: bool = False) -> Value:
    """The source, repeated to the sizes of x and cast to its type."""
    return expand(converted(source, call.kind_of(1), call.kind), call.sizes)


def filled(call: Call, x: Value, value: Operand) -> Value:
    if not isinstance(value, Value):
        return lift(_as_kind(value, call.kind), call.sizes)
    return expand(converted(value, call.kind_of(1), call.kind), call.sizes)


def _as_kind(value: Number, kind: Kind) -> Number:
    """A number as an array of a kind holds it."""
    return bool(value) if kind == "bool" else int(value) if kind == "int" else value


def like(call: Call, x: Value, *args: Any, **kwargs: Any) -> Value | None:
    """zeros_like, ones_like, full_like and the new_… family, of an array that is not a constant."""
    name = call.name.split(".")[1]
    known = {"zeros_like": 0, "new_zeros": 0, "zero": 0, "ones_like": 1, "new_ones": 1}
    filling = known.get(name, args[-1] if args else kwargs.get("fill_value"))
    return lift(_as_kind(filling, call.kind), call.sizes) if isinstance(filling, (int, float)) else None


_CASTS = "_to_copy.default to.dtype to.dtype_layout to.device to.other to.prim_Device to.prim_dtype to.prim_other type_as.default".split()
_FILLED = "zeros_like.default ones_like.default full_like.default new_zeros.default new_ones.default new_full.default zero.default".split()
_TABLE: dict[str, Handler] = {"copy.default": copy, "fill.Scalar": filled, "fill.Tensor": filled}
_TABLE |= dict.fromkeys(_CASTS, cast_like) | dict.fromkeys(_FILLED, like)
TABLE = family(_TABLE)
