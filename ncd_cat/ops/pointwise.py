"""A pointwise function f: R^k → R, broadcast over every axis: out[p] = f(x₁[η₁(p)], …, x_k[η_k(p)]).

Primitive functions have only their array meaning; derived ones are defined by them.  Sums, products and differences
are contractions, quotients are products with the power −1, so that arithmetic has one normal form.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from ncd_cat.axes import Access
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import add, linear_combination, multiply, number, scale, subtract
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Kind, Op


@dataclass(frozen=True)
class Pointwise(Op):
    """A function of k numbers; all axes are degree axes."""

    glyph = "elementwise"
    arity = 1
    commutative: ClassVar[bool] = False

    @abstractmethod
    def array(self, xp: Any, *arrays: Any) -> Any:
        """The function on arrays that broadcast against each other."""

    def __call__(self, *values: Value) -> Value:
        """The function applied to values of equal sizes."""
        return apply(self, *values, degree=values[0].sizes)


@dataclass(frozen=True)
class Exp(Pointwise):
    """eˣ; exp(−∞) is 0."""

    def positive(self, operands: Sequence[tuple[Node, Access]]) -> bool:
        return operands[0][0].finite

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.exp(arrays[0])


@dataclass(frozen=True)
class Log(Pointwise):
    """The natural logarithm, of positive numbers."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.log(arrays[0])


@dataclass(frozen=True)
class Power(Pointwise):
    """x to a fixed rational exponent: reciprocal (−1), square root (1/2), and so on, where that is a real number."""

    exponent: Fraction

    def positive(self, operands: Sequence[tuple[Node, Access]]) -> bool:
        return operands[0][0].positive

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        special = {Fraction(-1): lambda: 1 / x, Fraction(1, 2): lambda: xp.sqrt(x), Fraction(-1, 2): lambda: 1 / xp.sqrt(x)}
        if self.exponent in special:
            return special[self.exponent]()
        return x ** (float(self.exponent) if self.exponent.denominator != 1 else int(self.exponent))


@dataclass(frozen=True)
class Erf(Pointwise):
    """The error function 2/√π ∫₀ˣ exp(−t²) dt."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        from ncd_cat.ops.special import erf

        return erf(xp, arrays[0])


@dataclass(frozen=True)
class Sin(Pointwise):
    """The sine."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.sin(arrays[0])


@dataclass(frozen=True)
class Cos(Pointwise):
    """The cosine."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.cos(arrays[0])


@dataclass(frozen=True)
class Floor(Pointwise):
    """The largest integer that is not above x."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.floor(arrays[0])


@dataclass(frozen=True)
class Order(Pointwise):
    """A function of the order of two numbers."""

    arity = 2

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "real" if "real" in kinds else "int"


@dataclass(frozen=True)
class Maximum(Order):
    """max(x, y)."""

    commutative = True

    def positive(self, operands: Sequence[tuple[Node, Access]]) -> bool:
        return any(x.positive for x, _ in operands)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.maximum(*arrays)


@dataclass(frozen=True)
class Minimum(Order):
    """min(x, y)."""

    commutative = True

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.minimum(*arrays)


@dataclass(frozen=True)
class Compare(Pointwise):
    """A truth value of two numbers; as a number, 0 or 1."""

    arity = 2

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "bool"


@dataclass(frozen=True)
class Less(Compare):
    """[x < y]."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return arrays[0] < arrays[1]


@dataclass(frozen=True)
class LessEqual(Compare):
    """[x <= y]."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return arrays[0] <= arrays[1]


@dataclass(frozen=True)
class Equal(Compare):
    """[x = y]."""

    commutative = True

    def array(self, xp: Any, *arrays: Any) -> Any:
        return arrays[0] == arrays[1]


@dataclass(frozen=True)
class Where(Pointwise):
    """x where the condition is not 0, else y; the branch that is not taken is not read, so it may be −∞."""

    arity = 3

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "real" if "real" in kinds[1:] else "int" if "int" in kinds[1:] else "bool"

    def array(self, xp: Any, *arrays: Any) -> Any:
        condition, x, y = arrays
        return xp.where(condition if condition.dtype == xp.bool else condition != 0, x, y)


# ---- derived functions --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Relu(Pointwise):
    """max(x, 0)."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.maximum(arrays[0], xp.zeros_like(arrays[0]))

    def definition(self, *operands: Value) -> Value:
        x = operands[0]
        return Maximum()(x, number(0, x.sizes))


@dataclass(frozen=True)
class Absolute(Pointwise):
    """max(x, −x)."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.abs(arrays[0])

    def definition(self, *operands: Value) -> Value:
        return Maximum()(operands[0], scale(operands[0], -1))


@dataclass(frozen=True)
class Sigmoid(Pointwise):
    """1 / (1 + exp(−x))."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        small = xp.exp(-xp.abs(arrays[0]))  # at most 1: no overflow on either side
        return xp.where(arrays[0] >= 0, 1 / (1 + small), small / (1 + small))

    def definition(self, *operands: Value) -> Value:
        return reciprocal(add(number(1, operands[0].sizes), Exp()(scale(operands[0], -1))))


@dataclass(frozen=True)
class Tanh(Pointwise):
    """2·sigmoid(2x) − 1."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.tanh(arrays[0])

    def definition(self, *operands: Value) -> Value:
        twice = Sigmoid()(scale(operands[0], 2))
        return linear_combination([(Scalar.of(2), twice), (-ONE, number(1, twice.sizes))])


@dataclass(frozen=True)
class Softplus(Pointwise):
    """log(1 + exp(x)), without a threshold."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        return xp.maximum(x, xp.zeros_like(x)) + xp.log1p(xp.exp(-xp.abs(x)))

    def definition(self, *operands: Value) -> Value:
        return Log()(add(number(1, operands[0].sizes), Exp()(operands[0])))


@dataclass(frozen=True)
class Silu(Pointwise):
    """x · sigmoid(x).  Source: arXiv 1606.08415."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return arrays[0] * Sigmoid().array(xp, arrays[0])

    def definition(self, *operands: Value) -> Value:
        return multiply(operands[0], Sigmoid()(operands[0]))


@dataclass(frozen=True)
class Gelu(Pointwise):
    """x · Φ(x) = x/2 · (1 + erf(x/√2)).  Source: arXiv 1606.08415."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        return 0.5 * x * (1 + Erf().array(xp, x * 2**-0.5))

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


ROOT_2_OVER_PI = 0.7978845608028654


def reciprocal(x: Value) -> Value:
    """1 / x."""
    return Power(Fraction(-1))(x)


def divide(x: Value, y: Value) -> Value:
    """x / y, for values of equal sizes."""
    return multiply(x, reciprocal(y))


def power(x: Value, exponent: Fraction) -> Value:
    """x to a fixed exponent; small natural exponents are products."""
    if exponent.denominator == 1 and 0 <= exponent <= 8:
        return multiply(*[x] * int(exponent)) if exponent else number(1, x.sizes)
    return Power(exponent)(x)


def squared_distance(x: Value, y: Value) -> Value:
    """(x − y)², for values of equal sizes."""
    return power(subtract(x, y), Fraction(2))
