"""Truth values: comparisons, connectives and choices; a truth value is a number 0 or 1, so "and" is a product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import combination, disjunction, negated, times, truth
from ncd_cat.importers.aten.call import Call, Handler, Operand, family, lift, scalar
from ncd_cat.importers.rearrange import broadcast_sizes, expand
from ncd_cat.ops.pointwise import Compare, Equal, Less, LessEqual, Where
from ncd_cat.scalars import ONE, Scalar

TWO = Scalar.of(2)


def compared(op: Compare, *, exchanged: bool = False, denied: bool = False) -> Handler:
    """A comparison of two operands that broadcast, with its sides exchanged, or denied."""

    def handler(call: Call, x: Operand, y: Operand) -> Value:
        sizes = broadcast_sizes([v.sizes for v in (x, y) if isinstance(v, Value)])
        sides = [expand(lift(v, sizes), sizes) for v in (x, y)]
        found = op(*sides[::-1]) if exchanged else op(*sides)
        return negated(found) if denied else found

    return handler


def connective(of_truths: Callable[[Value, Value], Value]) -> Handler:
    """A connective of two operands, each read as [x ≠ 0] unless it is a truth value."""

    def handler(call: Call, x: Operand, y: Operand) -> Value:
        return of_truths(truth(x, call.kind_of(0)), truth(y, call.kind_of(1)))

    return handler


def bitwise(of_truths: Callable[[Value, Value], Value]) -> Handler:
    """A connective of truth values; of whole numbers, bit by bit, it has no form here."""

    def handler(call: Call, x: Operand, y: Operand) -> Value | None:
        return of_truths(lift(x), lift(y)) if call.kind == "bool" else None

    return handler


def both(x: Value, y: Value) -> Value:
    """x ∧ y = x·y."""
    return times(x, y)


def one_of(x: Value, y: Value) -> Value:
    """x ⊕ y = x + y − 2·x·y."""
    return combination([(ONE, x), (ONE, y), (-TWO, times(x, y))])


def logical_not(call: Call, x: Value) -> Value:
    return negated(truth(x, call.kind_of(0)))


def bitwise_not(call: Call, x: Value) -> Value | None:
    """Of truth values 1 − x; of signed whole numbers −1 − x."""
    if call.dtype == "uint8":
        return None
    return negated(x) if call.kind == "bool" else combination([(-ONE, 1), (-ONE, x)])


def where(call: Call, condition: Value, x: Operand, y: Operand) -> Value:
    """x where the condition holds, else y; a condition that is the same everywhere is decided here."""
    sizes = broadcast_sizes([v.sizes for v in (condition, x, y) if isinstance(v, Value)])
    decided = scalar(condition)
    if decided is not None:
        return expand(lift(x if decided.rational else y, sizes), sizes)
    return Where()(*[expand(lift(v, sizes), sizes) for v in (condition, x, y)])


def masked_fill(call: Call, x: Value, mask: Value, value: Operand) -> Value:
    return where(call, mask, value, x)


def _on_tensors(name: str, handler: Handler) -> dict[str, Handler]:
    return {f"{name}.{overload}": handler for overload in ("Tensor", "Scalar", "Scalar_Tensor", "default")}


def _families() -> dict[str, Any]:
    table: dict[str, Handler] = {}
    comparisons = {
        "eq": compared(Equal()), "ne": compared(Equal(), denied=True), "not_equal": compared(Equal(), denied=True),
        "lt": compared(Less()), "less": compared(Less()), "le": compared(LessEqual()), "less_equal": compared(LessEqual()),
        "gt": compared(Less(), exchanged=True), "greater": compared(Less(), exchanged=True),
        "ge": compared(LessEqual(), exchanged=True), "greater_equal": compared(LessEqual(), exchanged=True),
    }  # fmt: skip
    logical = {"and": both, "or": disjunction, "xor": one_of}
    for name, handler in comparisons.items():
        table |= _on_tensors(name, handler)
    for name, function in logical.items():
        table |= _on_tensors(f"logical_{name}", connective(function))
        table |= _on_tensors(f"bitwise_{name}", bitwise(function)) | _on_tensors(f"__{name}__", bitwise(function))
    table |= {f"where.{overload}": where for overload in ("self", "ScalarSelf", "ScalarOther", "Scalar")}
    table |= {f"masked_fill.{overload}": masked_fill for overload in ("Scalar", "Tensor")}
    return table | {"logical_not.default": logical_not, "bitwise_not.default": bitwise_not}


TABLE = family(_families())
