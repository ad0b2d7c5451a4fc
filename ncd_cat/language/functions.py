"""Functions without weights, on wires: elementwise ones, softmax and its kin, reductions, pooling, attention.

>>> from ncd_cat.language.types import ty
>>> print((softmax("k") >> elementwise("relu") >> greatest("k")).at(ty("q k:3")).cod)
float32[q]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Any

import numpy as np

from ncd_cat.axes import Axis, identity
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.contracting import mean
from ncd_cat.language.family import Family, verb
from ncd_cat.language.shaping import paddings, window
from ncd_cat.language.types import AxesLike, axes_of
from ncd_cat.language.wire import Number, Wire, place, places, scalar, wired
from ncd_cat.ops import activation, pointwise
from ncd_cat.ops.attention import attention as attend
from ncd_cat.ops.convolution import each
from ncd_cat.ops.layout import digits, last, merged, spread, unlast
from ncd_cat.ops.literal import literal as constant
from ncd_cat.ops.pointwise import Maximum, Minimum, Pointwise, Where
from ncd_cat.ops.pooling import max_pool as pool
from ncd_cat.ops.reduction import Max, Min, Reduction, cumulative_sum, fold
from ncd_cat.ops.softmax import log_softmax as log_soft
from ncd_cat.ops.softmax import logsumexp as log_sum
from ncd_cat.ops.softmax import softmax as soft
from ncd_cat.sizes import product
from ncd_cat.types import Array


@verb()
def elementwise(x: Wire, function: str | Pointwise) -> Wire:
    """A function of one number at every entry of x: `elementwise(x, "relu")`, drawn ➤R➤.  Raises TypeMismatch on another name."""
    return x.like((_function(function) if isinstance(function, str) else function)(x.value))


@verb()
def softmax(x: Wire, axis: str | int | Axis) -> Wire:
    """exp(x) / Σ exp(x) along an axis, or over the axes of a bundle together; the other axes are broadcast over."""
    return _as_one(soft, x, axis, "softmax")


@verb()
def log_softmax(x: Wire, axis: str | int | Axis) -> Wire:
    """The logarithm of the softmax along an axis, or over the axes of a bundle together."""
    return _as_one(log_soft, x, axis, "log_softmax")


@verb()
def logsumexp(x: Wire, axis: str | int | Axis) -> Wire:
    """log Σ exp(x) over axes, which disappear."""
    over = places(x, axis, "logsumexp")
    return x.like(log_sum(x.value, over), _rest(x, over))


@verb()
def greatest(x: Wire, over: str | int | Axis) -> Wire:
    """The greatest entry over axes, which disappear; of all members of a bundle."""
    return _folded(Max, x, over, "greatest")


@verb()
def least(x: Wire, over: str | int | Axis) -> Wire:
    """The least entry over axes, which disappear."""
    return _folded(Min, x, over, "least")


@verb()
def cumsum(x: Wire, axis: str | int | Axis) -> Wire:
    """The sums of the entries up to each one, along an axis."""
    return x.like(cumulative_sum(x.value, place(x, axis, "cumsum")))


@verb(2)
def maximum(x: Wire, y: Wire) -> Wire:
    """The greater of two wires at every entry; they have the same axes."""
    return _same(x, y, "maximum").like(Maximum()(x.value, y.value))


@verb(2)
def minimum(x: Wire, y: Wire) -> Wire:
    """The lesser of two wires at every entry; they have the same axes."""
    return _same(x, y, "minimum").like(Minimum()(x.value, y.value))


@verb(3)
def where(condition: Wire, x: Wire, y: Wire) -> Wire:
    """x where the condition is true, else y: a gate over two branches; all have the same axes."""
    _same(condition, x, "where")
    _same(x, y, "where")
    return wired(Where()(condition.value, x.value, y.value), x.axes, x, y)


@verb(2)
def masked(x: Wire, seen: Wire) -> Wire:
    """x where `seen` is true, else −∞, which a softmax gives the weight 0; both have the same axes (see `align`)."""
    nothing = spread(constant(float("-inf")), x.value.sizes)
    return x.like(Where()(_same(seen, x, "masked").value, x.value, nothing))


@verb(3)
def attention(q: Wire, k: Wire, v: Wire, scale: Number | None = None, *, causal: bool = False) -> Wire:
    """softmax(scale · q·kᵀ)·v for q (…, t, d), k (…, u, d), v (…, u, e) as one box; the scale is 1/√d by default.

    With `causal`, a query sees the keys up to its own number.  Returns (…, t, e).
    """
    by = q.axes[-1] ** -0.5 if scale is None else scalar(scale)
    return wired(attend(q.value, k.value, v.value, scale=by, causal=causal), (*q.axes[:-1], v.axes[-1]), q, k, v)


@verb()
def max_pool(x: Wire, axis: str | int | Axis, kernel: int, stride: Any = None, padding: Any = 0) -> Wire:
    """The greatest entry of each window along an axis, or the axes of a bundle; the stride is the kernel by default."""
    over = places(x, axis, "max_pool")
    pads = [p if p[0] == p[1] else None for p in paddings(padding, len(over))]
    if None in pads:
        raise TypeMismatch(f"max_pool: the padding is the same on both sides, not {padding}")
    strides = each([kernel if stride is None else stride] if not isinstance(stride, Sequence) else stride, len(over), kernel)
    y = pool(last(x.value, over), [kernel] * len(over), strides, [p[0] for p in pads if p is not None])
    y = unlast(y, over)
    return x.like(y, tuple([Axis(a.name, n) for a, n in zip(x.axes, y.sizes, strict=True)]))


@verb()
def avg_pool(x: Wire, axis: str | int | Axis, kernel: int, stride: Any = None, padding: Any = 0) -> Wire:
    """The mean of each window along an axis, or the axes of a bundle: a window, and the mean over it."""
    y = window(x, axis, kernel, kernel if stride is None else stride, 1, padding, into="w'")
    found: Wire = mean(y, "w'")
    return found


def literal(array: Any, axes: AxesLike) -> Family:
    """A constant array with these axes, as a state.  Raises TypeMismatch where its shape does not fit."""
    given, named = np.asarray(array), axes_of(axes)
    if len(named) != given.ndim or any(isinstance(a.size, int) and a.size != n for a, n in zip(named, given.shape, strict=False)):
        raise TypeMismatch(f"literal: an array of shape {given.shape} does not have the axes {' '.join(map(str, named))}")
    typed = tuple([Axis(a.name, n) for a, n in zip(named, given.shape, strict=True)])
    value = constant(given)
    dtype = {"int": "int64", "bool": "bool"}.get(value.kind, "float32")
    return Family(f"literal({' '.join(map(str, typed))})", 0, lambda: Wire(value, Array(typed, dtype)))


def causal_mask(queries: AxesLike, keys: AxesLike) -> Family:
    """Whether key u is at or before query t, u ≤ t, as truth values (t, u).  The sizes are numbers."""
    (t,), (u,) = axes_of(queries), axes_of(keys)
    if not isinstance(t.size, int) or not isinstance(u.size, int):
        raise TypeMismatch(f"causal_mask: the sizes of {t} and {u} are numbers; attention(..., causal=True) takes symbols")
    return literal(np.tri(t.size, u.size, dtype=bool), (t, u))


def _function(name: str) -> Pointwise:
    """The function of one number that has this name.  Raises TypeMismatch, with the names that are close."""
    found = {_snake(c.__name__): c for module in (activation, pointwise) for c in vars(module).values() if _is_function(c)}
    if name not in found:
        close = get_close_matches(name, found, cutoff=0.5) or sorted(found)
        raise TypeMismatch(f"elementwise: there is no function {name!r} of one number; did you mean {', '.join(close)}?")
    function: Pointwise = found[name]()
    return function


def _is_function(c: Any) -> bool:
    return isinstance(c, type) and issubclass(c, Pointwise) and c.arity == 1 and c is not Pointwise and not fields(c)


def _snake(name: str) -> str:
    return "".join(["_" * (c.isupper() and k > 0) + c.lower() for k, c in enumerate(name)])


def _same(x: Wire, y: Wire, name: str) -> Wire:
    if x.axes != y.axes:
        raise TypeMismatch(f"{name}: {x.type} and {y.type} have different axes: align(x, y) broadcasts by name")
    return x


def _as_one(build: Callable[[Value, int], Value], x: Wire, axis: str | int | Axis, name: str) -> Wire:
    """A function along one axis, along the axes named read as one, in row-major order."""
    over = places(x, axis, name)
    if len(over) == 1:
        return x.like(build(x.value, over[0]))
    sizes = tuple([x.axes[k].size for k in over])
    rest = tuple([a.size for a in _rest(x, over)])
    y = build(last(x.value, over).at((*identity(rest), *digits(len(rest), sizes)), (*rest, product(sizes))), len(rest))
    return x.like(unlast(y.at((*identity(rest), merged(len(rest), sizes)), (*rest, *sizes)), over))


def _folded(op: type[Reduction], x: Wire, over: str | int | Axis, name: str) -> Wire:
    gone = places(x, over, name)
    return x.like(fold(op, x.value, gone), _rest(x, gone))


def _rest(x: Wire, gone: Sequence[int]) -> tuple[Axis, ...]:
    return tuple([a for k, a in enumerate(x.axes) if k not in gone])


exp, log, sin, cos = (elementwise(f) for f in ("exp", "log", "sin", "cos"))
relu, sigmoid, tanh, silu = (elementwise(f) for f in ("relu", "sigmoid", "tanh", "silu"))
gelu, gelu_tanh, softplus = (elementwise(f) for f in ("gelu", "gelu_tanh", "softplus"))
