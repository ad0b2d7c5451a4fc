"""Reductions along axes: sums and means are contractions, extremes are folds, the rest is made of them.

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (2, 3, 4))
>>> kept(total(x, (1,)), (1,), True).sizes
(2, 1, 4)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from ncd_cat.axes import whole
from ncd_cat.errors import UnsupportedOp
from ncd_cat.graph import Value
from ncd_cat.importers.aten.arithmetic import combination, times, truth
from ncd_cat.importers.aten.call import Call, Handler, Number, exact, family, opaque, position, positions
from ncd_cat.importers.aten.casts import converted
from ncd_cat.importers.joins import running_sum
from ncd_cat.importers.rearrange import affine, expand, reshape, select
from ncd_cat.ops.activation import Absolute
from ncd_cat.ops.contraction import contraction, mean, repeat, term, total
from ncd_cat.ops.pointwise import Power, power
from ncd_cat.ops.reduction import Max, Min, Reduction, fold
from ncd_cat.ops.softmax import logsumexp
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import product

Over = int | Sequence[int] | None
FEW = 16  # a product of this many entries is written out


def kept(x: Value, over: Sequence[int], keep: bool) -> Value:
    """The axes `over`, which a reduction removed, put back with size 1 if asked for."""
    return repeat(x, [(k, 1) for k in over]) if keep and over else x


def sum_of(call: Call, x: Value, over: Over = None, keepdim: bool = False, *, dtype: object = None) -> Value:
    axes = positions(over, len(x.sizes))
    return kept(total(converted(x, call.kind_of(0), call.kind), axes), axes, keepdim)


def mean_of(call: Call, x: Value, over: Over = None, keepdim: bool = False, *, dtype: object = None) -> Value:
    axes = positions(over, len(x.sizes))
    return kept(mean(x, axes), axes, keepdim)


def _folded(op: type[Reduction], x: Value, over: Over, keepdim: bool) -> Value:
    axes = positions(over, len(x.sizes))
    return kept(fold(op, x, axes), axes, keepdim) if axes else x


def greatest(call: Call, x: Value, over: Over = None, keepdim: bool = False) -> Value:
    return _folded(Max, x, over, keepdim)


def least(call: Call, x: Value, over: Over = None, keepdim: bool = False) -> Value:
    return _folded(Min, x, over, keepdim)


def greatest_with_place(call: Call, x: Value, axis: int, keepdim: bool = False) -> tuple[Value, Any]:
    """The greatest entries, and where they are: the latter has no form here."""
    return _folded(Max, x, axis, keepdim), opaque(call, (x, axis, keepdim), {})[1]


def least_with_place(call: Call, x: Value, axis: int, keepdim: bool = False) -> tuple[Value, Any]:
    return _folded(Min, x, axis, keepdim), opaque(call, (x, axis, keepdim), {})[1]


def extremes(call: Call, x: Value, *, dim: int | None = None, keepdim: bool = False) -> tuple[Value, Value]:
    return _folded(Min, x, dim, keepdim), _folded(Max, x, dim, keepdim)


def any_of(call: Call, x: Value, over: Over = None, keepdim: bool = False) -> Value:
    return _folded(Max, truth(x, call.kind_of(0)), over, keepdim)


def all_of(call: Call, x: Value, over: Over = None, keepdim: bool = False) -> Value:
    return _folded(Min, truth(x, call.kind_of(0)), over, keepdim)


def product_of(call: Call, x: Value, over: int | None = None, keepdim: bool = False, *, dtype: object = None) -> Value | None:
    """The product of the entries, if they are few."""
    x = converted(x, call.kind_of(0), call.kind)
    if over is None:
        x, over = reshape(x, (product(x.sizes),)), 0
    axis = position(over, len(x.sizes))
    n = x.sizes[axis]
    assert isinstance(n, int)
    return kept(times(*[select(x, axis, k) for k in range(n)]), [axis], keepdim) if n <= FEW else None


def running(call: Call, x: Value, axis: int, *, dtype: object = None) -> Value:
    x = converted(x, call.kind_of(0), call.kind)
    return running_sum(x, position(axis, len(x.sizes))) if x.sizes else x


def differences(
    call: Call, x: Value, n: int = 1, axis: int = -1, prepend: Value | None = None, append: Value | None = None
) -> Value | None:
    """x[i + 1] − x[i], n times."""
    if prepend is not None or append is not None or call.kind == "bool":
        return None
    k = position(axis, len(x.sizes))
    for _ in range(n):
        rest = x.sizes[k] - 1
        x = combination([(ONE, affine(x, k, 1, rest)), (-ONE, affine(x, k, 0, rest))])
    return x


# ---- moments and norms --------------------------------------------------------------------------------------------


def centred_variance(x: Value, axes: Sequence[int], correction: Number) -> tuple[Value, Value]:
    """(Σ (x − mean)² / (n − correction), mean), with the axes kept."""
    centre = kept(mean(x, axes), axes, True)
    away = combination([(ONE, x), (-ONE, expand(centre, x.sizes))])
    count = product([x.sizes[k] for k in axes])
    freedom = Scalar.of(Fraction(count) - exact(correction).rational)  # type: ignore[arg-type]  # integers
    if not freedom.positive:
        raise UnsupportedOp(f"the variance of {count} entries with correction {correction} divides by {freedom}; pass correction=0")
    return kept(total(times(away, away), axes, freedom.power(Fraction(-1))), axes, True), centre


def _moments(x: Value, over: Over, correction: Number | None, keepdim: bool) -> tuple[Value, Value]:
    axes = positions(over, len(x.sizes))
    spread, centre = centred_variance(x, axes, 1 if correction is None else correction)
    if not keepdim:
        spread, centre = (select_all(v, axes) for v in (spread, centre))
    return spread, centre


def select_all(x: Value, axes: Sequence[int]) -> Value:
    """x without the axes, each of size 1."""
    for k in sorted(axes, reverse=True):
        x = select(x, k, 0)
    return x


def variance(call: Call, x: Value, over: Over = None, *args: Any, correction: Number | None = None, keepdim: bool = False) -> Value:
    over, correction, keepdim = _options(call, over, args, correction, keepdim)
    return _moments(x, over, correction, keepdim)[0]


def deviation(call: Call, x: Value, over: Over = None, *args: Any, correction: Number | None = None, keepdim: bool = False) -> Value:
    return Power(Fraction(1, 2))(variance(call, x, over, *args, correction=correction, keepdim=keepdim))


def variance_and_mean(
    call: Call, x: Value, over: Over = None, *args: Any, correction: Number | None = None, keepdim: bool = False
) -> tuple[Value, Value]:
    return _moments(x, *_options(call, over, args, correction, keepdim))


def _options(call: Call, over: Any, args: Sequence[Any], correction: Number | None, keepdim: bool) -> tuple[Over, Number | None, bool]:
    """The older overloads give (unbiased) or (dim, unbiased, keepdim) in place of a correction."""
    if isinstance(over, bool):
        return None, int(over), keepdim
    if args:
        return over, int(args[0]), bool(args[1]) if len(args) > 1 else keepdim
    return over, correction, keepdim


def norm(call: Call, x: Value, order: Number = 2, over: Over = None, keepdim: bool = False, *, dtype: object = None) -> Value | None:
    """(Σ |x|^p)^(1/p) for p = 1, 2 or ∞."""
    axes = positions(over, len(x.sizes))
    if order == 2:
        return kept(Power(Fraction(1, 2))(total(times(x, x), axes)), axes, keepdim)
    if order == 1:
        return kept(total(Absolute()(x), axes), axes, keepdim)
    return _folded(Max, Absolute()(x), axes, keepdim) if order == math.inf else None


def log_sum_exp(call: Call, x: Value, over: Over, keepdim: bool = False) -> Value:
    axes = positions(over, len(x.sizes))
    return kept(logsumexp(x, axes), axes, keepdim)


def trace(call: Call, x: Value) -> Value:
    n = min(x.sizes)  # type: ignore[type-var]  # integers
    return Value.of(contraction([term(ONE, (n,), [(x, (whole(0, n), whole(0, n)))], sizes=())], ()))


def weight_norm(call: Call, v: Value, g: Value, axis: int = 0) -> Value:
    """g · v / ‖v‖, the norm over all axes but one."""
    rest = [k for k in range(len(v.sizes)) if k != position(axis, len(v.sizes))]
    length = kept(power(total(times(v, v), rest), Fraction(-1, 2)), rest, True)
    return times(v, g, length)


def _families() -> dict[str, Handler]:
    both = ("default", "dim")
    table: dict[str, Handler] = {f"{name}.{o}": h for name, h in {"any": any_of, "all": all_of}.items() for o in (*both, "dims")}
    moments: dict[str, Handler] = {"mean": mean_of, "var": variance, "std": deviation, "var_mean": variance_and_mean}
    table |= {f"{name}.{o}": h for name, h in moments.items() for o in both}
    table |= {"var.correction": variance, "std.correction": deviation, "var_mean.correction": variance_and_mean}
    table |= {"sum.default": sum_of, "sum.dim_IntList": sum_of, "amax.default": greatest, "amin.default": least}
    table |= {"max.default": greatest, "min.default": least, "max.dim": greatest_with_place, "min.dim": least_with_place}
    table |= {"aminmax.default": extremes, "prod.default": product_of, "prod.dim_int": product_of, "cumsum.default": running}
    table |= {"diff.default": differences, "linalg_vector_norm.default": norm, "logsumexp.default": log_sum_exp, "trace.default": trace}
    table |= {"norm.ScalarOpt_dim": norm, "norm.Scalar": norm, "_weight_norm.default": weight_norm}
    return table


TABLE = family(_families())
