"""Normalisations: an array is shifted to mean 0 and scaled to mean square 1 along some axes, up to a regulariser ε.

The ops are the normalisations themselves; the learned weight and bias that follow are a contraction, y·w + b, so that
`layer_norm` with and without them are one function.  Group and instance norm are layer norm over split axes.  Sources:
Ba, Kiros and Hinton, arXiv 1607.06450; Zhang and Sennrich, arXiv 1910.07467; Ioffe and Szegedy, arXiv 1502.03167; Wu and
He, arXiv 1803.08494.

>>> from ncd_cat.graph import Input, Weight, source
>>> x, w = source(Input(0), (2, 6)), source(Weight("w"), (6,))
>>> print(rms_norm(x, 1, None, Scalar.read(1e-6)))
rmsnorm((6,), 1/1000000)[i0, i1] : 2 6
>>> layer_norm(x, 1, w, None, Scalar.read(1e-5)).sizes
(2, 6)
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from string import ascii_lowercase
from typing import Any

from ncd_cat.axes import Sizes, identity, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import Term, add, contraction, einsum, mean, multiply, number, repeat, subtract
from ncd_cat.ops.layout import digits, last, merged, place, position
from ncd_cat.ops.pointwise import Pointwise, Power
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Op
from ncd_cat.sizes import divide, product


@dataclass(frozen=True)
class Norm(Op):
    """A normalisation of one array along its root axes `sizes`, regularised by `eps`."""

    sizes: Sizes
    eps: Scalar
    glyph = "norm"
    arity = 1

    def roots(self, k: int) -> Sizes:
        return self.sizes

    @property
    def out(self) -> Sizes:
        return self.sizes

    def defined(self, operands: Sequence[Node]) -> bool:
        return operands[0].defined and self.eps.positive

    @abstractmethod
    def definition(self, *operands: Value) -> Value: ...

    def _scaled(self, x: Value) -> Value:
        """x · (mean x² + ε)^(−1/2)."""
        return multiply(x, self._rate(x))

    def _rate(self, x: Value) -> Value:
        """(mean x² + ε)^(−1/2), along the root axes."""
        return self._along(_root(self._average(multiply(x, x)), self.eps))

    def _across(self, y: Value, w: Value) -> Value:
        """w − y · mean(y·w): the part of w that does not change the mean square; two boxes."""
        axes = ascii_lowercase[: len(self.sizes)]
        share = self._along(einsum(f"...{axes},...{axes}->...", y, w, scalar=Scalar.of(product(self.sizes)).power(Fraction(-1))))
        taken = Term(-ONE, (), ((y.node, y.access), (share.node, share.access)))
        return Value.of(contraction([Term(ONE, (), ((w.node, w.access),)), taken], w.sizes))

    def _average(self, x: Value) -> Value:
        rank = len(x.sizes)
        return mean(x, range(rank - len(self.sizes), rank))

    def _along(self, x: Value) -> Value:
        rank = len(x.sizes)
        return repeat(x, [(rank + k, n) for k, n in enumerate(self.sizes)])


@dataclass(frozen=True)
class RMSNorm(Norm):
    """x · (mean x² + ε)^(−1/2) along the root axes."""

    def definition(self, *operands: Value) -> Value:
        return self._scaled(operands[0])

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (multiply(self._rate(operands[0]), self._across(output, cotangent)),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        rows = _rows(xp, arrays[0], self)
        return xp.reshape(_standardised(xp, rows, self.eps), arrays[0].shape)


@dataclass(frozen=True)
class LayerNorm(Norm):
    """c · (mean c² + ε)^(−1/2) for c = x − mean x along the root axes."""

    def definition(self, *operands: Value) -> Value:
        return self._scaled(self._centred(operands[0]))

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        """The mean of y is 0, so that what is across y is centred by taking the mean of the cotangent off."""
        return (multiply(self._rate(self._centred(operands[0])), self._across(output, self._centred(cotangent))),)

    def _centred(self, x: Value) -> Value:
        return subtract(x, self._along(self._average(x)))

    def array(self, xp: Any, *arrays: Any) -> Any:
        rows = _rows(xp, arrays[0], self)
        mean = xp.vecdot(rows, xp.ones_like(rows[(*[0] * (len(rows.shape) - 1), slice(None))])) / rows.shape[-1]
        return xp.reshape(_standardised(xp, rows - mean[..., None], self.eps), arrays[0].shape)


@dataclass(frozen=True)
class BatchNorm(Pointwise):
    """(x − m) · (v + ε)^(−1/2) of a number x, a running mean m and a running variance v: batch norm as it is evaluated."""

    eps: Scalar
    glyph = "norm"
    arity = 3

    def defined(self, operands: Sequence[Node]) -> bool:
        return all(x.defined for x in operands) and operands[2].positive and self.eps.rational >= 0

    def definition(self, *operands: Value) -> Value:
        x, m, v = operands
        return multiply(subtract(x, m), _root(v, self.eps))

    def array(self, xp: Any, *arrays: Any) -> Any:
        x, m, v = arrays
        return (x - m) / xp.sqrt(v + float(self.eps))


def layer_norm(x: Value, axes: int, weight: Value | None, bias: Value | None, eps: Scalar) -> Value:
    """Layer norm of x (…, *sizes) over its last `axes` axes, times weight (*sizes) plus bias (*sizes); sizes as x."""
    return _normed(LayerNorm, x, axes, weight, bias, eps)


def rms_norm(x: Value, axes: int, weight: Value | None, eps: Scalar) -> Value:
    """RMS norm of x (…, *sizes) over its last `axes` axes, times weight (*sizes); sizes as x."""
    return _normed(RMSNorm, x, axes, weight, None, eps)


def batch_norm(x: Value, mean: Value, var: Value, weight: Value | None, bias: Value | None, eps: Scalar, axis: int = 1) -> Value:
    """Batch norm of x with running statistics and learned scale and shift, each with one entry per channel (`axis`)."""
    channel = position(x, axis, "batch norm")
    m, v = (_lifted(s, x, (channel,), "batch norm") for s in (mean, var))
    return scaled(BatchNorm(eps)(x, m, v), weight, bias, (channel,), "batch norm")


def group_norm(x: Value, groups: int, weight: Value | None, bias: Value | None, eps: Scalar) -> Value:
    """Group norm of x (n, c, *spatial): layer norm of each group of c / groups channels and all their positions.

    Weight and bias have one entry per channel.  Raises TypeMismatch unless `groups` divides c.
    """
    n, c, *spatial = x.sizes
    width = divide(c, groups)
    if width is None:
        raise TypeMismatch(f"group norm: {c} channels do not split into {groups} groups of equal size")
    split = (n, groups, width, *spatial)
    from_split = (whole(0, n), merged(1, (groups, width)), *identity(spatial, 3))
    y = _normed(LayerNorm, x.at(from_split, split), len(spatial) + 1, None, None, eps)
    to_split = (whole(0, n), *digits(1, (groups, width)), *identity(spatial, 2))
    return scaled(y.at(to_split, x.sizes), weight, bias, (1,), "group norm")


def instance_norm(x: Value, weight: Value | None, bias: Value | None, eps: Scalar) -> Value:
    """Instance norm of x (n, c, *spatial): each channel normalised over its positions."""
    y = _normed(LayerNorm, x, len(x.sizes) - 2, None, None, eps)
    return scaled(y, weight, bias, (1,), "instance norm")


def _normed(op: type[Norm], x: Value, axes: int, weight: Value | None, bias: Value | None, eps: Scalar) -> Value:
    name, rank = op.__name__, len(x.sizes)
    if not 1 <= axes <= rank:
        raise TypeMismatch(f"{name} over {axes} axes: the array has {rank}, of sizes {x.sizes}")
    over = tuple(range(rank - axes, rank))
    y = apply(op(x.sizes[rank - axes :], eps), last(x, over), degree=x.sizes[: rank - axes])
    return scaled(y, weight, bias, over, name)


def scaled(y: Value, weight: Value | None, bias: Value | None, over: Sequence[int], name: str) -> Value:
    """y·weight + bias as one contraction, the two read along the axes `over` of y."""
    if weight is None and bias is None:
        return y
    factors = [y] if weight is None else [y, _lifted(weight, y, over, name)]
    terms = [Term(ONE, (), tuple([(f.node, f.access) for f in factors]))]
    if bias is not None:
        shift = _lifted(bias, y, over, name)
        terms.append(Term(ONE, (), ((shift.node, shift.access),)))
    return Value.of(contraction(terms, y.sizes))


def _lifted(w: Value, x: Value, over: Sequence[int], name: str) -> Value:
    expected = tuple([x.sizes[k] for k in over])
    if w.sizes != expected:
        raise TypeMismatch(f"{name}: a weight, bias or statistic has sizes {w.sizes}, the axes it belongs to have sizes {expected}")
    return place(w, over, x.sizes)


def _root(square: Value, eps: Scalar) -> Value:
    return Power(Fraction(-1, 2))(add(square, number(eps, square.sizes)))


def _rows(xp: Any, x: Any, norm: Norm) -> Any:
    """The array with its root axes as one."""
    return xp.reshape(x, (*x.shape[: len(x.shape) - len(norm.sizes)], -1))


def _standardised(xp: Any, rows: Any, eps: Scalar) -> Any:
    square = xp.vecdot(rows, rows) / rows.shape[-1]
    return rows * (1 / xp.sqrt(square + float(eps)))[..., None]
