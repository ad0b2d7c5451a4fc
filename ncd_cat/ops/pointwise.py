"""A pointwise function f: R^k → R, broadcast over every axis: out[p] = f(x₁[η₁(p)], …, x_k[η_k(p)]).

The functions here are primitive: they have only their array meaning.  Those that are defined by them are in
`ops.activation`.  Sums, products and differences are contractions, quotients are products with the power −1, so that
arithmetic has one normal form.  Source: the broadcast operations of Br, arXiv 2604.07242.

>>> from ncd_cat.graph import Input, source
>>> print(Maximum()(source(Input(0), (3,)), source(Input(1), (3,))).node)
maximum(input(0, real)[i0], input(1, real)[i0]) : 3
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, ClassVar

from ncd_cat.axes import Access, Sizes
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import linear_combination, multiply, number, scale, subtract
from ncd_cat.scalars import ONE, PI, Scalar
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

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].finite

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (multiply(cotangent, output),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.exp(arrays[0])


@dataclass(frozen=True)
class Log(Pointwise):
    """The natural logarithm, of positive numbers."""

    def defined(self, operands: Sequence[Node]) -> bool:
        return operands[0].defined and operands[0].positive

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (divide(cotangent, operands[0]),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.log(arrays[0])


@dataclass(frozen=True)
class Power(Pointwise):
    """x to a fixed rational exponent: reciprocal (−1), square root (1/2), and so on, where that is a real number."""

    exponent: Fraction

    def defined(self, operands: Sequence[Node]) -> bool:
        natural = self.exponent.denominator == 1 and self.exponent >= 0
        return operands[0].defined and (natural or operands[0].positive)

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        x, y, e = operands[0], output, self.exponent
        rates = {Fraction(-1): [y, y], Fraction(1, 2): [reciprocal(y)], Fraction(-1, 2): [y, y, y]}
        return (multiply(cotangent, *(rates.get(e) or [power(x, e - 1)]), scalar=Scalar.of(e)),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        x = arrays[0]
        special = {Fraction(-1): lambda: 1 / x, Fraction(1, 2): lambda: xp.sqrt(x), Fraction(-1, 2): lambda: 1 / xp.sqrt(x)}
        if self.exponent in special:
            return special[self.exponent]()
        return x ** (float(self.exponent) if self.exponent.denominator != 1 else int(self.exponent))


@dataclass(frozen=True)
class Erf(Pointwise):
    """The error function 2/√π ∫₀ˣ exp(−t²) dt."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        gaussian = Exp()(scale(power(operands[0], Fraction(2)), -1))
        return (multiply(cotangent, gaussian, scalar=Scalar.of(2) * PI.power(Fraction(-1, 2))),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        from ncd_cat.ops.special import erf

        return erf(xp, arrays[0])


@dataclass(frozen=True)
class Sin(Pointwise):
    """The sine."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (multiply(cotangent, Cos()(operands[0])),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.sin(arrays[0])


@dataclass(frozen=True)
class Cos(Pointwise):
    """The cosine."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (multiply(cotangent, Sin()(operands[0]), scalar=-ONE),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.cos(arrays[0])


@dataclass(frozen=True)
class Atan(Pointwise):
    """The angle between −π/2 and π/2 whose tangent is x."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        x = operands[0]
        return (divide(cotangent, linear_combination([(ONE, number(1, x.sizes)), (ONE, power(x, Fraction(2)))])),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.atan(arrays[0])


@dataclass(frozen=True)
class Floor(Pointwise):
    """The largest integer that is not above x."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (None,)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.floor(arrays[0])


@dataclass(frozen=True)
class Binary(Pointwise):
    """A function of two numbers that is an integer where both are."""

    arity = 2

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "real" if "real" in kinds else "int"


@dataclass(frozen=True)
class Maximum(Binary):
    """max(x, y)."""

    commutative = True

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return any(x.positive for x, _ in operands)

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return _shares(operands, Less()(operands[1], operands[0]), Less()(operands[0], operands[1]), cotangent)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.maximum(*arrays)


@dataclass(frozen=True)
class Minimum(Binary):
    """min(x, y)."""

    commutative = True

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return _shares(operands, Less()(operands[0], operands[1]), Less()(operands[1], operands[0]), cotangent)

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
    selectors = (0,)

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "real" if "real" in kinds[1:] else "int" if "int" in kinds[1:] else "bool"

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        nothing = number(0, cotangent.sizes)
        return None, self(operands[0], cotangent, nothing), self(operands[0], nothing, cotangent)

    def array(self, xp: Any, *arrays: Any) -> Any:
        condition, x, y = arrays
        return xp.where(condition if condition.dtype == xp.bool else condition != 0, x, y)


def _shares(operands: Sequence[Value], first: Value, second: Value, cotangent: Value) -> tuple[Value, Value]:
    """What two operands get of a cotangent where the first or the second is selected; each a half where neither is."""
    tie = linear_combination([(ONE, number(1, cotangent.sizes)), (-ONE, first), (-ONE, second)])
    half = Scalar.of(Fraction(1, 2))
    shares = [linear_combination([(ONE, mine), (half, tie)]) for mine in (first, second)]
    return multiply(cotangent, shares[0]), multiply(cotangent, shares[1])


# ---- arithmetic ---------------------------------------------------------------------------------------------------


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
