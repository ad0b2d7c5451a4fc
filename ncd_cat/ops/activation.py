"""Activations: pointwise functions that have a definition in terms of the primitive ones, relu, sigmoid, gelu and their kin.

Each also has an array meaning of its own, which does not overflow where the definition would.  Source of silu and gelu:
Hendrycks and Gimpel, arXiv 1606.08415.

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (3,))
>>> print(Relu()(x), "is", Relu().definition(x))
relu[i0] : 3 is maximum[i0] : 3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncd_cat.graph import Value
from ncd_cat.ops.contraction import add, linear_combination, multiply, number, scale, subtract
from ncd_cat.ops.pointwise import Erf, Exp, Less, Log, Maximum, Pointwise, reciprocal
from ncd_cat.scalars import ONE, PI, Scalar

ROOT_2_OVER_PI = 0.7978845608028654


def _above(x: Value) -> Value:
    """[x > 0]."""
    return Less()(number(0, x.sizes), x)


def _less(x: Value) -> Value:
    """1 − x."""
    return subtract(number(1, x.sizes), x)


@dataclass(frozen=True)
class Relu(Pointwise):
    """max(x, 0)."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.maximum(arrays[0], xp.zeros_like(arrays[0]))

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (multiply(cotangent, _above(operands[0])),)

    def definition(self, *operands: Value) -> Value:
        x = operands[0]
        return Maximum()(x, number(0, x.sizes))


@dataclass(frozen=True)
class Absolute(Pointwise):
    """max(x, −x)."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.abs(arrays[0])

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (multiply(cotangent, subtract(_above(operands[0]), _above(scale(operands[0], -1)))),)

    def definition(self, *operands: Value) -> Value:
        return Maximum()(operands[0], scale(operands[0], -1))


@dataclass(frozen=True)
class Sigmoid(Pointwise):
    """1 / (1 + exp(−x))."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        small = xp.exp(-xp.abs(arrays[0]))  # at most 1: no overflow on either side
        return xp.where(arrays[0] >= 0, 1 / (1 + small), small / (1 + small))

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (multiply(cotangent, output, _less(output)),)

    def definition(self, *operands: Value) -> Value:
        return reciprocal(add(number(1, operands[0].sizes), Exp()(scale(operands[0], -1))))


@dataclass(frozen=True)
class Tanh(Pointwise):
    """2·sigmoid(2x) − 1."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.tanh(arrays[0])

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (multiply(cotangent, _less(multiply(output, output))),)

    def definition(self, *operands: Value) -> Value:
        twice = Sigmoid()(scale(operands[0], 2))
        return linear_combination([(Scalar.of(2), twice), (-ONE, number(1, twice.sizes))])


@dataclass(frozen=True)
class Softplus(Pointwise):
    """log(1 + exp(x)), without a threshold."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (multiply(cotangent, Sigmoid()(operands[0])),)

    def definition(self, *operands: Value) -> Value:
        return Log()(add(number(1, operands[0].sizes), Exp()(operands[0])))


@dataclass(frozen=True)
class Silu(Pointwise):
    """x · sigmoid(x).  Source: arXiv 1606.08415."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return arrays[0] * Sigmoid().array(xp, arrays[0])

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        s = Sigmoid()(operands[0])
        return (multiply(cotangent, add(s, multiply(output, _less(s)))),)

    def definition(self, *operands: Value) -> Value:
        return multiply(operands[0], Sigmoid()(operands[0]))


@dataclass(frozen=True)
class Gelu(Pointwise):
    """x · Φ(x) = x/2 · (1 + erf(x/√2)).  Source: arXiv 1606.08415."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        return 0.5 * x * (1 + Erf().array(xp, x * 2**-0.5))

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        x, half = operands[0], Fraction(1, 2)
        inner = Erf()(scale(x, Scalar.of(2).power(-half)))
        density = multiply(Exp()(scale(multiply(x, x), -half)), scalar=(Scalar.of(2) * PI).power(-half))
        below = linear_combination([(Scalar.of(half), number(1, x.sizes)), (Scalar.of(half), inner)])
        return (multiply(cotangent, add(below, multiply(x, density))),)

    def definition(self, *operands: Value) -> Value:
        x = operands[0]
        inner = Erf()(scale(x, Scalar.of(2).power(Fraction(-1, 2))))
        return multiply(x, add(number(1, x.sizes), inner), scalar=Scalar.of(Fraction(1, 2)))


@dataclass(frozen=True)
class GeluTanh(Pointwise):
    """x/2 · (1 + tanh(√(2/π)·(x + 0.044715·x³))), which is not gelu.  Source: arXiv 1606.08415.

    √(2/π) is read as programs write it, 0.7978845608028654.
    """

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        return 0.5 * x * (1 + xp.tanh(ROOT_2_OVER_PI * (x + 0.044715 * x * x * x)))

    def definition(self, *operands: Value) -> Value:
        x = operands[0]
        cubed = multiply(x, x, x)
        inner = Tanh()(scale(linear_combination([(ONE, x), (Scalar.read(0.044715), cubed)]), Scalar.read(ROOT_2_OVER_PI)))
        return multiply(x, add(number(1, x.sizes), inner), scalar=Scalar.of(Fraction(1, 2)))
