"""Retractions r: R → S ⊆ R: a number of S is left as it is, any other is sent into S, so that r ∘ r = r and S = {x : x = r(x)}.

What a person assumes of an array enters a proof as x = r(x): whatever x is, r(x) is positive, or not 0, or has positive row
sums, and this is read off its form.  For x in {0, 1} the retraction [0 < x] is an op already.
Source: idempotents and their splittings, Freyd, Abelian categories (1964).

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (3,))
>>> x.node.positive, Positive()(x).node.positive
(False, True)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import multiply, number, repeat, subtract, total
from ncd_cat.ops.pointwise import Equal, Less, LessEqual, Pointwise
from ncd_cat.ops.reduction import Min, fold
from ncd_cat.signature import Kind, Op
from ncd_cat.sizes import Size, provably_nonnegative


@dataclass(frozen=True)
class Retraction(Pointwise):
    """A retraction of numbers."""

    def check(self, n: Node) -> None:
        super().check(n)
        _numbers(self, n)

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]


@dataclass(frozen=True)
class Positive(Retraction):
    """x where x > 0, else 1."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (multiply(cotangent, Less()(number(0, cotangent.sizes), operands[0])),)

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return True

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.where(arrays[0] > 0, arrays[0], xp.ones_like(arrays[0]))


@dataclass(frozen=True)
class Nonnegative(Retraction):
    """max(x, 0), in which no rule opens the maximum."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (multiply(cotangent, Less()(number(0, cotangent.sizes), operands[0])),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.maximum(arrays[0], xp.zeros_like(arrays[0]))


@dataclass(frozen=True)
class Nonzero(Retraction):
    """x where x is not 0, else 1."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        zero = Equal()(operands[0], number(0, cotangent.sizes))
        return (multiply(cotangent, subtract(number(1, cotangent.sizes), zero)),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.where(arrays[0] == 0, xp.ones_like(arrays[0]), arrays[0])


@dataclass(frozen=True)
class PositiveRows(Op):
    """A row whose sum is positive, else a row of ones; with `nonnegative`, a row with a negative entry becomes ones too."""

    size: Size
    nonnegative: bool
    glyph = "elementwise"
    arity = 1

    def check(self, n: Node) -> None:
        super().check(n)
        if not provably_nonnegative(self.size - 1):
            raise TypeError("a row without entries has no positive sum")

    def roots(self, k: int) -> Sizes:
        return (self.size,)

    @property
    def out(self) -> Sizes:
        return (self.size,)

    @property
    def rows(self) -> str:
        return "entries" if self.nonnegative else "sum"

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        """The cotangent of the rows that are kept."""
        (x,), rank = operands, len(cotangent.sizes) - 1
        zero = number(0, x.sizes[:-1])
        kept = [Less()(zero, total(x, (rank,)))]
        if self.nonnegative:
            kept.append(LessEqual()(zero, fold(Min, x, (rank,))))
        return (multiply(cotangent, *[repeat(test, [(rank, self.size)]) for test in kept]),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        (x,) = arrays
        truth = xp.isdtype(x.dtype, "bool")
        numbers = xp.astype(x, xp.int64) if truth else x
        kept = xp.sum(numbers, axis=-1, keepdims=True) > 0
        if self.nonnegative:
            kept = kept & xp.all(numbers >= 0, axis=-1, keepdims=True)
        return x | ~kept if truth else xp.where(kept, x, xp.ones_like(x))


def _numbers(op: Op, n: Node) -> None:
    if n.operands[0][0].kind == "bool":
        raise TypeError(f"{op} takes numbers, not truth values")
