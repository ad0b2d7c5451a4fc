"""Functions of one number: exponentials, activations and their kin, each a pointwise op or a short formula in them."""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import clamp, combination, of, times
from ncd_cat.importers.aten.call import Call, Handler, Number, exact, family, lift, position
from ncd_cat.importers.rearrange import affine, expand
from ncd_cat.ops import layout
from ncd_cat.ops.activation import Absolute, Gelu, GeluTanh, Relu, Sigmoid, Silu, Softplus, Tanh
from ncd_cat.ops.contraction import number, scale
from ncd_cat.ops.pointwise import Atan, Cos, Erf, Exp, Less, Log, Maximum, Minimum, Power, Sin, Where
from ncd_cat.ops.pointwise import reciprocal as inverse
from ncd_cat.scalars import ONE, PI, Scalar

HALF = Scalar.of(Fraction(1, 2))


def positive_part(x: Value) -> Value:
    return Maximum()(x, number(0, x.sizes))


def negative_part(x: Value) -> Value:
    return Minimum()(x, number(0, x.sizes))


def gelu(call: Call, x: Value, *, approximate: str = "none") -> Value:
    return GeluTanh()(x) if approximate == "tanh" else Gelu()(x)


def softplus(call: Call, x: Value, beta: Number = 1, threshold: Number = 20) -> Value:
    """log(1 + exp(b·x)) / b; from a threshold of 20 on, replacing it by x is rounding, below it is another function."""
    by = exact(beta)
    y = scale(Softplus()(scale(x, by)), by.power(Fraction(-1)))
    return y if threshold >= 20 else Where()(Less()(lift(float(threshold), x.sizes), scale(x, by)), x, y)


def elu(call: Call, x: Value, alpha: Number = 1, outer: Number = 1, inner: Number = 1) -> Value:
    """outer · (max(x, 0) + alpha · (exp(inner · min(x, 0)) − 1))."""
    low, by = exact(outer) * exact(alpha), exact(outer)
    return combination([(by, positive_part(x)), (low, Exp()(scale(negative_part(x), exact(inner)))), (-low, 1)])


def celu(call: Call, x: Value, alpha: Number = 1.0) -> Value:
    return elu(call, x, alpha, 1, 1 / float(alpha))


def selu(call: Call, x: Value) -> Value:
    return elu(call, x, 1.6732632423543772848170429916717, 1.0507009873554804934193349852946)


def leaky_relu(call: Call, x: Value, slope: Number = 0.01) -> Value:
    return combination([(ONE, positive_part(x)), (exact(slope), negative_part(x))])


def prelu(call: Call, x: Value, slope: Value) -> Value:
    """max(x, 0) + slope · min(x, 0), with a slope for each channel (axis 1)."""
    if slope.sizes not in ((), (1,)) and len(x.sizes) > 1:
        slope = layout.place(slope, [1], x.sizes)
    return combination([(ONE, positive_part(x)), (ONE, times(expand(slope, x.sizes), negative_part(x)))])


def hard_sigmoid(call: Call, x: Value) -> Value:
    """min(max(x + 3, 0), 6) / 6."""
    return times(clamp(call, combination([(ONE, x), (ONE, 3)]), 0, 6), by=Scalar.of(Fraction(1, 6)))


def hard_swish(call: Call, x: Value) -> Value:
    return times(x, hard_sigmoid(call, x))


def hard_tanh(call: Call, x: Value, low: Number = -1, high: Number = 1) -> Value:
    return clamp(call, x, low, high)


def relu6(call: Call, x: Value) -> Value:
    return clamp(call, x, 0, 6)


def mish(call: Call, x: Value) -> Value:
    return times(x, Tanh()(Softplus()(x)))


def log_sigmoid(call: Call, x: Value) -> Value:
    return times(Softplus()(times(x, by=-ONE)), by=-ONE)


def soft_sign(call: Call, x: Value) -> Value:
    return times(x, inverse(combination([(ONE, 1), (ONE, Absolute()(x))])))


def threshold(call: Call, x: Value, bound: Number, value: Number) -> Value:
    """x where x > bound, else value."""
    return Where()(Less()(lift(bound, x.sizes), x), x, lift(value, x.sizes))


def soft_shrink(call: Call, x: Value, bound: Number = 0.5) -> Value:
    """max(x − bound, 0) + min(x + bound, 0)."""
    by = exact(bound)
    return combination([(ONE, positive_part(combination([(ONE, x), (-by, 1)]))), (ONE, negative_part(combination([(ONE, x), (by, 1)])))])


def glu(call: Call, x: Value, axis: int = -1) -> Value:
    """The first half times the sigmoid of the second."""
    k = position(axis, len(x.sizes))
    n = x.sizes[k]
    assert isinstance(n, int)
    return times(affine(x, k, 0, n // 2), Sigmoid()(affine(x, k, n // 2, n // 2)))


def logit(call: Call, x: Value, eps: Number | None = None) -> Value:
    """log(x / (1 − x))."""
    if eps is not None:
        x = clamp(call, x, eps, 1 - float(eps))
    return Log()(times(x, inverse(combination([(ONE, 1), (-ONE, x)]))))


def tangent(call: Call, x: Value) -> Value:
    return times(Sin()(x), inverse(Cos()(x)))


def log_of_base(base: int) -> Handler:
    """The logarithm to a base: log x / log base."""
    return lambda call, x: times(Log()(x), inverse(Log()(number(base))))


def exp2(call: Call, x: Value) -> Value:
    return Exp()(times(x, Log()(number(2))))


def half_sum(sign: Scalar) -> Handler:
    """(exp x ± exp −x) / 2: cosh and sinh."""
    return lambda call, x: combination([(HALF, Exp()(x)), (sign * HALF, Exp()(times(x, by=-ONE)))])


def inverse_sine(call: Call, x: Value) -> Value:
    """2 · arctan(x / (1 + √(1 − x²))), on all of [−1, 1]."""
    root = Power(HALF.rational)(combination([(ONE, 1), (-ONE, times(x, x))]))
    return times(Atan()(times(x, inverse(combination([(ONE, 1), (ONE, root)])))), by=Scalar.of(2))


def inverse_cosine(call: Call, x: Value) -> Value:
    return combination([(HALF * PI, 1), (-ONE, inverse_sine(call, x))])


def inverse_of_half_sum(sign: int) -> Handler:
    """log(x + √(x² ± 1)): arsinh and arcosh."""

    def handler(call: Call, x: Value) -> Value:
        return Log()(combination([(ONE, x), (ONE, Power(HALF.rational)(combination([(ONE, times(x, x)), (Scalar.of(sign), 1)])))]))

    return handler


def inverse_tanh(call: Call, x: Value) -> Value:
    logs = [(sign * HALF, Log()(combination([(ONE, 1), (sign, x)]))) for sign in (ONE, -ONE)]
    return combination(logs)


_TABLE: dict[str, Handler] = {
    "atan": of(Atan()), "arctan": of(Atan()), "asin": inverse_sine, "arcsin": inverse_sine, "acos": inverse_cosine,
    "arccos": inverse_cosine,
    "asinh": inverse_of_half_sum(1), "acosh": inverse_of_half_sum(-1), "atanh": inverse_tanh,
    "exp": of(Exp()), "log": of(Log()), "sin": of(Sin()), "cos": of(Cos()), "tan": tangent, "tanh": of(Tanh()), "sigmoid": of(Sigmoid()),
    "relu": of(Relu()), "silu": of(Silu()), "erf": of(Erf()), "abs": of(Absolute()), "absolute": of(Absolute()),
    "special_erf": of(Erf()), "special_expit": of(Sigmoid()), "gelu": gelu, "softplus": softplus, "elu": elu, "celu": celu, "selu": selu,
    "leaky_relu": leaky_relu, "prelu": prelu, "_prelu_kernel": prelu, "hardsigmoid": hard_sigmoid, "hardswish": hard_swish,
    "hardtanh": hard_tanh, "relu6": relu6, "mish": mish, "log_sigmoid": log_sigmoid, "softsign": soft_sign, "threshold": threshold,
    "softshrink": soft_shrink, "glu": glu, "logit": logit, "special_logit": logit, "log2": log_of_base(2), "log10": log_of_base(10),
    "exp2": exp2, "special_exp2": exp2, "sinh": half_sum(-ONE), "cosh": half_sum(ONE),
    "tanhshrink": lambda call, x: combination([(ONE, x), (-ONE, Tanh()(x))]),
    "log1p": lambda call, x: Log()(combination([(ONE, 1), (ONE, x)])),
    "expm1": lambda call, x: combination([(ONE, Exp()(x)), (-ONE, 1)]),
    "special_log1p": lambda call, x: Log()(combination([(ONE, 1), (ONE, x)])),
    "erfc": lambda call, x: combination([(ONE, 1), (-ONE, Erf()(x))]),
    "log_sigmoid_forward": lambda call, x: (log_sigmoid(call, x), None),
}  # fmt: skip
TABLE = family({f"{name}.default": handler for name, handler in _TABLE.items()})
