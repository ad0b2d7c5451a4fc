"""The normalised exponential and its relatives along one axis: softmax(x)ᵢ = exp(xᵢ) / Σⱼ exp(xⱼ).

Over the reals each is its definition; on arrays the greatest entry is subtracted first, which changes nothing but the
rounding (shift invariance).  Source: Bridle 1990, Training stochastic model recognition algorithms as networks.

>>> from ncd_cat.graph import Input, source
>>> scores = source(Input(0), (3, 4))
>>> print(softmax(scores, 0))
softmax(3)[i1, i0] : 3 4
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Sizes, identity
from ncd_cat.graph import Value, apply
from ncd_cat.ops.contraction import einsum, multiply, repeat, subtract, total
from ncd_cat.ops.layout import digits, last, position, unlast
from ncd_cat.ops.pointwise import Exp, Log, divide
from ncd_cat.signature import Op
from ncd_cat.sizes import Size, product


@dataclass(frozen=True)
class Normaliser(Op):
    """A function of one axis of size `size` that rests on Σ exp."""

    size: Size
    arity = 1

    def roots(self, k: int) -> Sizes:
        return (self.size,)

    @abstractmethod
    def definition(self, *operands: Value) -> Value: ...


@dataclass(frozen=True)
class Softmax(Normaliser):
    """exp(x) / Σ exp(x) along the root axis."""

    glyph = "softmax"

    @property
    def out(self) -> Sizes:
        return (self.size,)

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        weighed = _along(einsum("...i,...i->...", output, cotangent), self.size)
        return (multiply(output, subtract(cotangent, weighed)),)

    def definition(self, *operands: Value) -> Value:
        e = Exp()(operands[0])
        return divide(e, _along(total(e, (len(e.sizes) - 1,)), self.size))

    def array(self, xp: Any, *arrays: Any) -> Any:
        e = xp.exp(arrays[0] - _greatest(xp, arrays[0]))
        return e / xp.sum(e, axis=-1, keepdims=True)


@dataclass(frozen=True)
class LogSumExp(Normaliser):
    """log Σ exp(x) along the root axis, which disappears."""

    glyph = "reduction"

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        share = apply(Softmax(self.size), operands[0], degree=cotangent.sizes)
        return (multiply(share, _along(cotangent, self.size)),)

    def definition(self, *operands: Value) -> Value:
        e = Exp()(operands[0])
        return Log()(total(e, (len(e.sizes) - 1,)))

    def array(self, xp: Any, *arrays: Any) -> Any:
        greatest = _greatest(xp, arrays[0])
        return (xp.log(xp.sum(xp.exp(arrays[0] - greatest), axis=-1, keepdims=True)) + greatest)[..., 0]


@dataclass(frozen=True)
class LogSoftmax(Normaliser):
    """x − log Σ exp(x) along the root axis."""

    glyph = "softmax"

    @property
    def out(self) -> Sizes:
        return (self.size,)

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        share = apply(Softmax(self.size), operands[0], degree=cotangent.sizes[:-1])
        return (subtract(cotangent, multiply(share, _along(total(cotangent, (len(cotangent.sizes) - 1,)), self.size))),)

    def definition(self, *operands: Value) -> Value:
        x = operands[0]
        return subtract(x, _along(apply(LogSumExp(self.size), x, degree=x.sizes[:-1]), self.size))

    def array(self, xp: Any, *arrays: Any) -> Any:
        shifted = arrays[0] - _greatest(xp, arrays[0])
        return shifted - xp.log(xp.sum(xp.exp(shifted), axis=-1, keepdims=True))


def softmax(x: Value, axis: int = -1) -> Value:
    """The softmax of x along an axis; sizes as x.  Raises TypeMismatch if there is no such axis."""
    return _lifted(Softmax, x, axis)


def log_softmax(x: Value, axis: int = -1) -> Value:
    """The logarithm of the softmax of x along an axis; sizes as x.  Raises TypeMismatch if there is no such axis."""
    return _lifted(LogSoftmax, x, axis)


def logsumexp(x: Value, axes: int | Sequence[int] = -1) -> Value:
    """log Σ exp(x) over one or several axes, which disappear.  Raises TypeMismatch if there is no such axis."""
    over = [position(x, k, "logsumexp") for k in ([axes] if isinstance(axes, int) else axes)]
    merged = _merged(last(x, over), len(over))
    return apply(LogSumExp(merged.sizes[-1]), merged, degree=merged.sizes[:-1])


def _lifted(op: type[Normaliser], x: Value, axis: int) -> Value:
    k = position(x, axis, op.__name__.lower())
    moved = last(x, (k,))
    return unlast(apply(op(x.sizes[k]), moved, degree=moved.sizes[:-1]), (k,))


def _merged(x: Value, count: int) -> Value:
    """The last `count` axes read through one axis, in row-major order: (…, h, d) as (…, h·d)."""
    degree, roots = x.sizes[: len(x.sizes) - count], x.sizes[len(x.sizes) - count :]
    length = product(roots)
    return x.at((*identity(degree), *digits(len(degree), roots)), (*degree, length))


def _along(x: Value, size: Size) -> Value:
    return repeat(x, [(len(x.sizes), size)])


def _greatest(xp: Any, x: Any) -> Any:
    greatest = xp.max(x, axis=-1, keepdims=True)
    return xp.where(xp.isfinite(greatest), greatest, xp.zeros_like(greatest))

