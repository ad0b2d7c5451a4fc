"""Arithmetic: sums, products, quotients and powers with broadcasting, as contractions; rounding and extremes.

>>> from ncd_cat.graph import Input, source
>>> x, y = source(Input(0), (2, 3)), source(Input(1), (3,))
>>> combination([(ONE, x), (-ONE, y), (ONE, 2)]).sizes
(2, 3)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ncd_cat.axes import Sizes
from ncd_cat.graph import Value
from ncd_cat.importers.aten.call import Call, Handler, Number, Operand, exact, family, lift, scalar
from ncd_cat.importers.rearrange import broadcast_sizes, expand
from ncd_cat.ops.activation import Softplus
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import Term, contraction, number, repeat
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.pointwise import Equal, Exp, Floor, Log, Maximum, Minimum, Pointwise, Power, power
from ncd_cat.ops.pointwise import reciprocal as inverse
from ncd_cat.ops.rounding import Ceil, FloorDivide, Remainder, Round, Sign, Trunc
from ncd_cat.ops.softmax import logsumexp
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Kind

LARGEST_EXPONENT = 16  # in a table of exponents


def combination(parts: Sequence[tuple[Scalar, Operand]]) -> Value:
    """Σ c · x over operands that broadcast: one contraction, in which numbers are constant terms."""
    sizes = broadcast_sizes([x.sizes for _, x in parts if isinstance(x, Value)])
    terms = []
    for c, x in parts:
        constant = scalar(x)
        if constant is not None:
            terms.append(Term(c * constant, (), ()))
        else:
            v = expand(lift(x), sizes)
            terms.append(Term(c, (), ((v.node, v.access),)))
    return Value.of(contraction(terms, sizes))


def times(*operands: Operand, by: Scalar = ONE) -> Value:
    """by · Π x over operands that broadcast: one contraction, with numbers in its coefficient."""
    sizes = broadcast_sizes([x.sizes for x in operands if isinstance(x, Value)])
    factors = []
    for x in operands:
        constant = scalar(x)
        if constant is not None:
            by = by * constant
        else:
            v = expand(lift(x), sizes)
            factors.append((v.node, v.access))
    if len(factors) == 1 and by == ONE:
        return Value(*factors[0], sizes)
    return Value.of(contraction([Term(by, (), tuple(factors))], sizes))


def negated(x: Operand) -> Value:
    """1 − x: the negation of a truth value."""
    return combination([(ONE, 1), (-ONE, x if isinstance(x, Value) else lift(x))])


def truth(x: Operand, kind: Kind) -> Value:
    """[x ≠ 0] as a number 0 or 1."""
    v = lift(x)
    return v if kind == "bool" else negated(Equal()(v, number(0, v.sizes)))


# ---- the four operations ------------------------------------------------------------------------------------------


def add(call: Call, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    """x + alpha·y; of truth values, their disjunction."""
    if call.kind == "bool":
        return disjunction(lift(x), lift(y))
    return combination([(ONE, x), (exact(alpha), y)])


def disjunction(x: Value, y: Value) -> Value:
    """x + y − x·y, of truth values."""
    return combination([(ONE, x), (ONE, y), (-ONE, times(x, y))])


def subtract(call: Call, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return combination([(ONE, x), (-exact(alpha), y)])


def subtract_from(call: Call, x: Operand, y: Operand, alpha: Number = 1) -> Value:
    return combination([(ONE, y), (-exact(alpha), x)])


def multiply(call: Call, x: Operand, y: Operand) -> Value:
    return times(x, y)


def divide(call: Call, x: Operand, y: Operand, rounding_mode: str | None = None) -> Value | None:
    """x / y, rounded down or towards 0 if so told; of whole numbers, the latter has no form here."""
    if rounding_mode == "floor":
        return floor_divide(call, x, y)
    if rounding_mode is not None and call.kind == "int":
        return None
    by = scalar(y)
    if by is not None and not by.rational:
        return None
    quotient = times(x, by=_inverse(by)) if by is not None and isinstance(x, Value) else times(x, inverse(lift(y)))
    return quotient if rounding_mode is None else Trunc()(quotient)


def _inverse(c: Scalar) -> Scalar:
    return Scalar(ONE.rational / c.rational) if not c.powers else c.power(Fraction(-1))


def floor_divide(call: Call, x: Operand, y: Operand) -> Value:
    """⌊x / y⌋."""
    return FloorDivide()(*_pair(x, y))


def remainder(call: Call, x: Operand, y: Operand) -> Value:
    """x − y·⌊x / y⌋."""
    return Remainder()(*_pair(x, y))


def truncated_remainder(call: Call, x: Operand, y: Operand) -> Value | None:
    """The remainder with the sign of x, of floats."""
    whole = divide(call, x, y, "trunc")
    return None if whole is None else combination([(ONE, x), (-ONE, times(y, whole))])


def _pair(x: Operand, y: Operand) -> list[Value]:
    sizes = broadcast_sizes([v.sizes for v in (x, y) if isinstance(v, Value)])
    return [expand(lift(v, sizes) if isinstance(v, float) else _whole(v, sizes), sizes) for v in (x, y)]


def _whole(x: Value | int, sizes: Sizes) -> Value:
    """A whole number as a literal: its kind is int, so whole numbers stay exact."""
    return x if isinstance(x, Value) else literal(np.int64(x)).at((), sizes)


def reciprocal(call: Call, x: Value) -> Value:
    return inverse(x)


def negative(call: Call, x: Value) -> Value:
    return times(x, by=-ONE)


def multiply_add(call: Call, x: Value, y: Value, z: Value, value: Number = 1) -> Value:
    """addcmul: x + value · y · z."""
    return combination([(ONE, x), (exact(value), times(y, z))])


def divide_add(call: Call, x: Value, y: Value, z: Value, value: Number = 1) -> Value:
    """addcdiv: x + value · y / z."""
    return combination([(ONE, x), (exact(value), times(y, inverse(z)))])


def interpolate(call: Call, x: Value, y: Value, weight: Operand) -> Value:
    """x + weight·(y − x)."""
    return combination([(ONE, x), (ONE, times(weight, combination([(ONE, y), (-ONE, x)])))])


# ---- powers -------------------------------------------------------------------------------------------------------


def powered(call: Call, x: Operand, exponent: Operand) -> Value | None:
    e = scalar(exponent)
    if isinstance(x, Value) and e is not None and not e.powers and e.rational.denominator <= 64 and abs(e.rational) <= 64:
        return power(x, e.rational)
    base = scalar(x)
    if base is not None and base.positive and isinstance(exponent, Value):
        return Exp()(times(exponent, Log()(number(base, exponent.sizes))))
    return _by_table(x, exponent) if isinstance(x, Value) and isinstance(exponent, Value) else None


def _by_table(x: Value, exponent: Value) -> Value | None:
    """x to a constant table of small natural exponents: Σ_e [table = e] · xᵉ, where 0⁰ is 1."""
    op = exponent.node.op
    if not isinstance(op, Literal) or not x.node.finite:
        return None
    data = op.numpy([n for n in exponent.node.sizes if isinstance(n, int)])
    found = np.unique(data)
    if not (np.isin(found, range(LARGEST_EXPONENT + 1)).all()):
        return None
    sizes = broadcast_sizes([x.sizes, exponent.sizes])
    base = expand(x, sizes)
    terms = []
    for e in found:
        chosen = expand(Value(literal((data == e).astype(np.float64)).node, exponent.access, exponent.sizes), sizes)
        terms.append(Term(ONE, (), ((chosen.node, chosen.access), *[(base.node, base.access)] * int(e))))
    return Value.of(contraction(terms, sizes))


def log_add_exp(call: Call, x: Value, y: Value) -> Value:
    """log(exp x + exp y), as x + softplus(y − x), which does not overflow; of what may be −∞, as it stands."""
    if not (x.node.finite and y.node.finite):
        sizes = broadcast_sizes([x.sizes, y.sizes])
        return logsumexp(concatenate([repeat(expand(v, sizes), [(len(sizes), 1)]) for v in (x, y)], len(sizes)))
    return combination([(ONE, x), (ONE, Softplus()(combination([(ONE, y), (-ONE, x)])))])


def square(call: Call, x: Value) -> Value:
    return times(x, x)


def root(call: Call, x: Value) -> Value:
    return Power(Fraction(1, 2))(x)


def of(op: Pointwise) -> Handler:
    """The handler of a function of one number."""
    return lambda call, x, *args, **kwargs: op(x)


def inverse_root(call: Call, x: Value) -> Value:
    return Power(Fraction(-1, 2))(x)


# ---- extremes -----------------------------------------------------------------------------------------------------


def maximum(call: Call, x: Operand, y: Operand) -> Value:
    return Maximum()(*_pair(x, y))


def minimum(call: Call, x: Operand, y: Operand) -> Value:
    return Minimum()(*_pair(x, y))


def clamp(call: Call, x: Value, low: Operand | None = None, high: Operand | None = None, **kwargs: Any) -> Value:
    low, high = kwargs.get("min", low), kwargs.get("max", high)
    if low is not None and not _is(low, -math.inf):
        x = maximum(call, x, low)
    return x if high is None or _is(high, math.inf) else minimum(call, x, high)


def clamp_max(call: Call, x: Value, high: Operand) -> Value:
    return clamp(call, x, None, high)


def _is(x: Operand, value: float) -> bool:
    return isinstance(x, float) and x == value


def _families() -> Mapping[str, Handler]:
    binary: dict[str, Handler] = {
        "add": add, "sub": subtract, "subtract": subtract, "rsub": subtract_from, "mul": multiply, "multiply": multiply,
        "div": divide, "divide": divide, "true_divide": divide, "floor_divide": floor_divide, "remainder": remainder,
        "fmod": truncated_remainder,
    }  # fmt: skip
    overloads = ("Tensor", "Scalar", "Tensor_mode", "Scalar_mode", "Scalar_Tensor", "default")
    table = {f"{name}.{overload}": handler for name, handler in binary.items() for overload in overloads}
    table |= {f"pow.{overload}": powered for overload in ("Tensor_Scalar", "Tensor_Tensor", "Scalar")}
    table |= {f"clamp.{o}": clamp for o in ("default", "Tensor")} | {f"clamp_min.{o}": clamp for o in ("default", "Tensor")}
    table |= {f"clamp_max.{o}": clamp_max for o in ("default", "Tensor")} | {f"lerp.{o}": interpolate for o in ("Scalar", "Tensor")}
    return table


TABLE = family(_families(), {
    "reciprocal.default": reciprocal, "neg.default": negative, "negative.default": negative, "addcmul.default": multiply_add,
    "addcdiv.default": divide_add, "square.default": square, "sqrt.default": root, "rsqrt.default": inverse_root,
    "floor.default": of(Floor()), "ceil.default": of(Ceil()), "trunc.default": of(Trunc()), "fix.default": of(Trunc()),
    "round.default": of(Round()), "sign.default": of(Sign()), "sgn.default": of(Sign()),
    "frac.default": lambda call, x: combination([(ONE, x), (-ONE, Trunc()(x))]),
    "logaddexp.default": log_add_exp, "maximum.default": maximum, "max.other": maximum, "fmax.default": maximum, "minimum.default": minimum,
    "min.other": minimum, "fmin.default": minimum,
})  # fmt: skip
_WRAPPING = ("add", "sub", "subtract", "rsub", "mul", "multiply", "neg", "negative", "pow", "square")
WRAPPING = frozenset(name for name in TABLE if name.split(".")[1] in _WRAPPING)
