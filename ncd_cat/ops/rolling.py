"""Rotations of an axis: y[i] = x[(i − s) mod n], the action of the cyclic group on its places.

By definition two pieces that change places, so that the prover sees through it.

>>> import numpy as np
>>> from ncd_cat.graph import Input, source
>>> print(roll(source(Input(0), (3, 4)), (0,), (1,)))
roll((3,), (1,))[i1, i0] : 3 4
>>> Roll((3,), (1,)).array(np, np.arange(3))
array([2, 0, 1])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes, identity, shift
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.layout import last, unlast
from ncd_cat.signature import Kind, Op
from ncd_cat.sizes import Size, provably_nonnegative


@dataclass(frozen=True)
class Roll(Op):
    """The entries of axes of some sizes, each moved on by some places, the last ones to the front; back, if that is negative."""

    sizes: Sizes
    by: tuple[int, ...]
    arity = 1
    glyph = "roll"

    def roots(self, k: int) -> Sizes:
        return self.sizes

    @property
    def out(self) -> Sizes:
        return self.sizes

    def check(self, n: Node) -> None:
        super().check(n)
        if not self.by or len(self.by) != len(self.sizes):
            raise TypeError(f"{len(self.sizes)} axes are not moved on by {self.by}")
        for size, by in zip(self.sizes, self.by, strict=True):
            if not by or not provably_nonnegative(size - abs(by) - isinstance(size, int)):
                raise TypeError(f"an axis of size {size} is not moved on by {by} places")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def definition(self, *operands: Value) -> Value:
        found = operands[0]
        start = len(found.sizes) - len(self.sizes)
        for axis, (n, by) in enumerate(zip(self.sizes, self.by, strict=True), start):
            first = n - by if by > 0 else -by + 0 * n  # the entry that comes to the front
            found = concatenate([_piece(found, axis, first, n - first), _piece(found, axis, 0 * n, first)], axis)
        return found

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        back = tuple([-by for by in self.by])
        return (apply(Roll(self.sizes, back), cotangent, degree=cotangent.sizes[: -len(self.sizes)]),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.roll(arrays[0], self.by, axis=tuple(range(-len(self.by), 0)))


def roll(x: Value, over: Sequence[int], by: Sequence[int]) -> Value:
    """x with its entries moved on by some places along each of some axes; x itself if they end where they were.

    Raises ValueError where an axis may be shorter than that.
    """
    moves = {axis: places for axis, b in zip(over, by, strict=True) if (places := around(x.sizes[axis], b))}
    if not moves:
        return x
    moved = last(x, tuple(moves))
    op = Roll(tuple([x.sizes[axis] for axis in moves]), tuple(moves.values()))
    return unlast(apply(op, moved, degree=moved.sizes[: -len(moves)]), tuple(moves))


def around(size: Size, by: int) -> int:
    """The shortest way to the same places.  Raises ValueError where an axis of that size may be shorter than the way."""
    if isinstance(size, int):
        return (by + size // 2) % size - size // 2
    if not provably_nonnegative(size - abs(by)):
        raise ValueError(f"an axis of size {size} may be shorter than {abs(by)}")
    return by


def _piece(x: Value, axis: int, start: Size, length: Size) -> Value:
    """Some entries along an axis."""
    sizes = (*x.sizes[:axis], length, *x.sizes[axis + 1 :])
    entry = identity(sizes)
    return x.at((*entry[:axis], shift(entry[axis], start), *entry[axis + 1 :]), sizes)
