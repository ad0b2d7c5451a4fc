"""Losses: a number for each entry, given what was predicted and what is true, and their mean or sum.

Logarithms of probabilities keep the convention 0 · log 0 = 0.  Source: the documentation of torch.nn.functional.
"""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import combination, times
from ncd_cat.importers.aten.call import Call, Handler, Number, exact, family
from ncd_cat.importers.rearrange import expand
from ncd_cat.ops.activation import Absolute, Softplus
from ncd_cat.ops.contraction import mean, number, total
from ncd_cat.ops.pointwise import Equal, Exp, Less, Log, Maximum, Where
from ncd_cat.scalars import ONE, Scalar

HALF = Scalar.of(Fraction(1, 2))


def reduced(x: Value, reduction: int) -> Value:
    """A loss per entry as it is (0), its mean (1) or its sum (2)."""
    every = range(len(x.sizes))
    return x if reduction == 0 else mean(x, every) if reduction == 1 else total(x, every)


def _away(x: Value, y: Value) -> Value:
    return combination([(ONE, x), (-ONE, y)])


def mean_squared(call: Call, x: Value, y: Value, reduction: int = 1) -> Value:
    """(x − y)²."""
    away = _away(x, y)
    return reduced(times(away, away), reduction)


def mean_absolute(call: Call, x: Value, y: Value, reduction: int = 1) -> Value:
    """|x − y|."""
    return reduced(Absolute()(_away(x, y)), reduction)


def smooth_absolute(call: Call, x: Value, y: Value, reduction: int = 1, beta: Number = 1.0) -> Value:
    """(x − y)² / 2β where |x − y| < β, else |x − y| − β / 2."""
    if beta == 0:
        return mean_absolute(call, x, y, reduction)
    return reduced(times(_huber(x, y, beta), by=exact(beta).power(Fraction(-1))), reduction)


def huber(call: Call, x: Value, y: Value, reduction: int = 1, delta: Number = 1.0) -> Value:
    """(x − y)² / 2 where |x − y| < δ, else δ · (|x − y| − δ / 2)."""
    return reduced(_huber(x, y, delta), reduction)


def _huber(x: Value, y: Value, delta: Number) -> Value:
    away = _away(x, y)
    far, d = Absolute()(away), exact(delta)
    linear = combination([(d, far), (-(d * d * HALF), 1)])
    return Where()(Less()(far, number(d, away.sizes)), times(away, away, by=HALF), linear)


def divergence(call: Call, x: Value, y: Value, reduction: int = 1, *, log_target: bool = False) -> Value:
    """y · (log y − x), or exp y · (y − x) if the logarithm of the truth is given."""
    loss = times(Exp()(y), _away(y, x)) if log_target else _away(_times_log(y), times(y, x))
    return reduced(loss, reduction)


def _times_log(y: Value) -> Value:
    """y · log y, 0 at 0."""
    safe = y if y.node.positive else Where()(Equal()(y, number(0, y.sizes)), number(1, y.sizes), y)
    return times(y, Log()(safe))


def cross_entropy_of_bits(call: Call, x: Value, y: Value, weight: Value | None = None, reduction: int = 1) -> Value:
    """−y · log x − (1 − y) · log(1 − x), the logarithms at least −100."""
    logs = [Maximum()(Log()(p), number(-100, x.sizes)) for p in (x, combination([(ONE, 1), (-ONE, x)]))]
    loss = combination([(-ONE, times(y, logs[0])), (-ONE, logs[1]), (ONE, times(y, logs[1]))])
    return reduced(_weighed(loss, weight), reduction)


def cross_entropy_of_logits(call: Call, x: Value, y: Value, weight: Value | None = None, pos_weight: Value | None = None,
                            reduction: int = 1) -> Value:  # fmt: skip
    """(1 − y) · x + (1 + (p − 1) · y) · softplus(−x)."""
    soft = Softplus()(times(x, by=-ONE))
    if pos_weight is not None:
        p = expand(pos_weight, x.sizes)
        soft = combination([(ONE, soft), (ONE, times(p, y, soft)), (-ONE, times(y, soft))])
    loss = combination([(ONE, x), (-ONE, times(y, x)), (ONE, soft)])
    return reduced(_weighed(loss, weight), reduction)


def _weighed(loss: Value, weight: Value | None) -> Value:
    return loss if weight is None else times(loss, expand(weight, loss.sizes))


def soft_margin(call: Call, x: Value, y: Value, reduction: int = 1) -> Value:
    """log(1 + exp(−y · x))."""
    return reduced(Softplus()(times(y, x, by=-ONE)), reduction)


_TABLE: dict[str, Handler] = {
    "mse_loss": mean_squared, "l1_loss": mean_absolute, "smooth_l1_loss": smooth_absolute, "huber_loss": huber, "kl_div": divergence,
    "binary_cross_entropy": cross_entropy_of_bits, "binary_cross_entropy_with_logits": cross_entropy_of_logits,
    "soft_margin_loss": soft_margin,
}  # fmt: skip
TABLE = family({f"{name}.default": handler for name, handler in _TABLE.items()})
