"""Functions without weights, on wires: elementwise ones, softmax and its kin, reductions, attention, constants.

>>> from ncd_cat.language.types import ty
>>> print((softmax("k") >> elementwise("relu") >> greatest("k")).at(ty("q k:3")).cod)
float32[q]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from difflib import get_close_matches
from fractions import Fraction
from typing import Any

import numpy as np

from ncd_cat.axes import Axis, identity
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.family import Family
from ncd_cat.language.types import AxesLike, axes_of
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Number, Wire, place, places, scalar, wired
from ncd_cat.language.wire import typed as with_axes
from ncd_cat.ops import activation, pointwise
from ncd_cat.ops.attention import attention as attend
from ncd_cat.ops.contraction import number
from ncd_cat.ops.layout import digits, last, merged, unlast
from ncd_cat.ops.literal import literal as constant
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Min, Reduction, cumulative_sum, fold
from ncd_cat.ops.softmax import log_softmax as log_soft
from ncd_cat.ops.softmax import logsumexp as log_sum
from ncd_cat.ops.softmax import softmax as soft
from ncd_cat.pattern import brief
from ncd_cat.sizes import product


@verb()
def elementwise(x: Wire, function: str | Pointwise) -> Wire:
    """A function of one number at every entry of x: `elementwise(x, "relu")`, drawn ➤R➤.  Raises TypeMismatch on another name."""
    f = function if isinstance(function, Pointwise) and function.arity == 1 else _function(function)
    return x.like(f(x.value))


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


@verb(3)
def attention(q: Wire, k: Wire, v: Wire, scale: Number | None = None, *, causal: bool = False) -> Wire:
    """softmax(scale · q·kᵀ)·v for q (…, t, d), k (…, u, d), v (…, u, e) as one box; the scale is 1/√d by default.

    With `causal`, a query sees the keys up to its own number.  Returns (…, t, e).  Raises TypeMismatch, with the three types,
    where the axes that are shared are not the same.
    """
    rows, columns = ([(*w.axes[:-2], *w.axes[part]) for w in pair] for pair, part in (((q, k), slice(-1, None)), ((k, v), slice(-2, -1))))
    if min(len(w.axes) for w in (q, k, v)) < 2 or rows[0] != rows[1] or columns[0] != columns[1]:
        raise TypeMismatch(f"attention takes q (…, t, d), k (…, u, d) and v (…, u, e); {q.type}, {k.type} and {v.type} were given")
    by = q.axes[-1] ** -0.5 if scale is None else scalar(scale)
    return wired(attend(q.value, k.value, v.value, scale=by, causal=causal), (*q.axes[:-1], v.axes[-1]), q, k, v)


def literal(array: Any, axes: AxesLike) -> Family:
    """A constant array with these axes, as a state.  Raises TypeMismatch where its shape does not fit."""
    try:
        given, named = np.asarray(array), axes_of(axes)
        value = constant(given)
    except ValueError as problem:
        raise TypeMismatch(f"literal: the array is no table of numbers or truth values ({problem})") from None
    if len(named) != given.ndim or any(isinstance(a.size, int) and a.size != n for a, n in zip(named, given.shape, strict=False)):
        raise TypeMismatch(f"literal: an array of shape {given.shape} does not have the axes {' '.join(map(str, named))}")
    sized = tuple([Axis(a.name, n) for a, n in zip(named, given.shape, strict=True)])
    dtype = {"int": "int64", "bool": "bool"}.get(value.kind, "float32")
    return Family(f"literal({' '.join(map(str, sized))})", 0, lambda: Wire(value, with_axes(sized, dtype, "literal")))


def full(axes: AxesLike, value: Number) -> Family:
    """The array with these axes whose entries are all one number, as a state."""
    named, entry = axes_of(axes), scalar(value)
    filled = number(entry, tuple([a.size for a in named]))
    return Family(f"full({' '.join(map(str, named))!r}, {value})", 0, lambda: Wire(filled, with_axes(named, "float32", "full")))


def _function(name: Any) -> Pointwise:
    """The function of one number that has this name.  Raises TypeMismatch, with the names that are close."""
    if name not in FUNCTIONS:
        close = get_close_matches(str(name)[:40], FUNCTIONS, cutoff=0.5) or sorted(FUNCTIONS)
        raise TypeMismatch(f"elementwise: there is no function {brief(str(name))!r} of one number; did you mean {', '.join(close)}?")
    function: Pointwise = FUNCTIONS[name]()
    return function


def _is_function(c: Any) -> bool:
    return isinstance(c, type) and issubclass(c, Pointwise) and c.arity == 1 and c is not Pointwise and not fields(c)


def _snake(name: str) -> str:
    return "".join(["_" * (c.isupper() and k > 0) + c.lower() for k, c in enumerate(name)])


def _as_one(build: Callable[[Value, int], Value], x: Wire, axis: str | int | Axis, name: str) -> Wire:
    """A function along one axis, along the axes named read as one, in row-major order."""
    over = places(x, axis, name)
    if not over:
        raise TypeMismatch(f"{name}: name an axis of {x.type}, or several")
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


FUNCTIONS = {_snake(c.__name__): c for module in (activation, pointwise) for c in vars(module).values() if _is_function(c)}


@verb()
def power(x: Wire, exponent: int | float | Fraction) -> Any:
    """x to an exponent that is a simple fraction, at every entry: `power(x, -0.5)`."""
    return x**exponent


exp, log, sin, cos = (elementwise(f) for f in ("exp", "log", "sin", "cos"))
relu, sigmoid, tanh, silu = (elementwise(f) for f in ("relu", "sigmoid", "tanh", "silu"))
gelu, gelu_tanh, softplus = (elementwise(f) for f in ("gelu", "gelu_tanh", "softplus"))
absolute, erf, floor = (elementwise(f) for f in ("absolute", "erf", "floor"))
square, sqrt = power(2), power(Fraction(1, 2))
