"""Rounding and signs: ⌈x⌉ = −⌊−x⌋, trunc, round half to even, sgn, and division with remainder x = y·⌊x/y⌋ + (x mod y).

⌊x⌋ is primitive (`pointwise.Floor`); the others follow from it and from the order of numbers.  Source: Iverson 1962.

>>> from ncd_cat.graph import Input, source
>>> print(Trunc()(source(Input(0), (3,))))
trunc[i0] : 3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import add, linear_combination, multiply, number, scale, subtract
from ncd_cat.ops.pointwise import Binary, Equal, Floor, Less, Pointwise, Where, divide
from ncd_cat.scalars import ONE
from ncd_cat.signature import Kind


@dataclass(frozen=True)
class Ceil(Pointwise):
    """The least integer that is not below x."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.ceil(arrays[0])

    def definition(self, *operands: Value) -> Value:
        return scale(Floor()(scale(operands[0], -1)), -1)


@dataclass(frozen=True)
class Trunc(Pointwise):
    """x without its fractional part: rounded towards 0.  What a cast to integers does, so the kind is int."""

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "int"

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.astype(xp.trunc(arrays[0]), xp.int64)

    def definition(self, *operands: Value) -> Value:
        x = operands[0]
        return Where()(Less()(x, number(0, x.sizes)), Ceil()(x), Floor()(x))


@dataclass(frozen=True)
class Round(Pointwise):
    """The nearest integer, the even one of two that are as near."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.round(arrays[0])

    def definition(self, *operands: Value) -> Value:
        """⌊x + 1/2⌋, less 1 where x + 1/2 is an odd integer."""
        x = operands[0]
        up = add(x, number(Fraction(1, 2), x.sizes))
        floor, halved = Floor()(up), scale(up, Fraction(1, 2))
        odd = subtract(Equal()(up, floor), Equal()(halved, Floor()(halved)))
        return subtract(floor, odd)


@dataclass(frozen=True)
class Sign(Pointwise):
    """[0 < x] − [x < 0]."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.sign(arrays[0])

    def definition(self, *operands: Value) -> Value:
        zero = number(0, operands[0].sizes)
        return subtract(Less()(zero, operands[0]), Less()(operands[0], zero))


@dataclass(frozen=True)
class FloorDivide(Binary):
    """⌊x / y⌋, for y ≠ 0."""

    def defined(self, operands: Sequence[Node]) -> bool:
        return all(x.defined for x in operands) and operands[1].positive

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.floor_divide(arrays[0], _divisor(xp, arrays[1]))

    def definition(self, *operands: Value) -> Value:
        return Floor()(divide(*operands))


@dataclass(frozen=True)
class Remainder(Binary):
    """x − y·⌊x / y⌋, for y ≠ 0: it has the sign of y."""

    def defined(self, operands: Sequence[Node]) -> bool:
        return all(x.defined for x in operands) and operands[1].positive

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.remainder(arrays[0], _divisor(xp, arrays[1]))

    def definition(self, *operands: Value) -> Value:
        x, y = operands
        return linear_combination([(ONE, x), (-ONE, multiply(y, FloorDivide()(x, y)))])


def _divisor(xp: Any, y: Any) -> Any:
    """The divisor y: no integer says that there is none.  Raises InputError for the integer 0."""
    if xp.isdtype(y.dtype, "integral") and bool(xp.any(y == 0)):
        raise InputError("an integer is divided by 0")
    return y
