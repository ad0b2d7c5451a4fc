"""Rotations of an axis: y[i] = x[(i − s) mod n], the action of the cyclic group on its places.

By definition two pieces that change places, so that the prover sees through it.

>>> import numpy as np
>>> from ncd_cat.graph import Input, source
>>> print(roll(source(Input(0), (3, 4)), 0, 1))
roll(3, 1)[i1, i0] : 3 4
>>> Roll(3, 1).array(np, np.arange(3))
array([2, 0, 1])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes, identity, shift, whole
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.layout import last, unlast
from ncd_cat.signature import Kind, Op
from ncd_cat.sizes import Size, provably_nonnegative


@dataclass(frozen=True)
class Roll(Op):
    """The entries of an axis of size `size` moved on by `by` places, the last ones to the front; back, if it is negative."""

    size: Size
    by: int
    arity = 1
    glyph = "roll"

    def roots(self, k: int) -> Sizes:
        return (self.size,)

    @property
    def out(self) -> Sizes:
        return (self.size,)

    def check(self, n: Node) -> None:
        super().check(n)
        if not self.by or not provably_nonnegative(self.size - abs(self.by) - isinstance(self.size, int)):
            raise TypeError(f"an axis of size {self.size} is not moved on by {self.by} places")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def definition(self, *operands: Value) -> Value:
        x, n = operands[0], self.size
        first = n - self.by if self.by > 0 else -self.by + 0 * n  # the entry that comes to the front
        return concatenate([_piece(x, first, n - first), _piece(x, 0 * n, first)], len(x.sizes) - 1)

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (apply(Roll(self.size, -self.by), cotangent, degree=cotangent.sizes[:-1]),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.roll(arrays[0], self.by, axis=-1)


def roll(x: Value, axis: int, by: int) -> Value:
    """x with its entries moved on by some places along an axis; x itself if they end where they were.

    Raises ValueError where the axis may be shorter than that.
    """
    n = x.sizes[axis]
    by = around(n, by)
    if by == 0:
        return x
    moved = last(x, (axis,))
    return unlast(apply(Roll(n, by), moved, degree=moved.sizes[:-1]), (axis,))


def around(size: Size, by: int) -> int:
    """The shortest way to the same places.  Raises ValueError where an axis of that size may be shorter than the way."""
    if isinstance(size, int):
        return (by + size // 2) % size - size // 2
    if not provably_nonnegative(size - abs(by)):
        raise ValueError(f"an axis of size {size} may be shorter than {abs(by)}")
    return by


def _piece(x: Value, start: Size, length: Size) -> Value:
    """Some entries along the last axis."""
    sizes = (*x.sizes[:-1], length)
    axis = len(sizes) - 1
    return x.at((*identity(sizes[:-1]), shift(whole(axis, length), start)), sizes)
