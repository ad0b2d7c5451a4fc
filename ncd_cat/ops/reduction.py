"""A reduction folds an array along axes by max or min: out[p] = max over r, where the guards hold, of x[η(p, r)].

Sums are contractions.  Guards serve a padded pooling window: entries outside the array do not take part.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ncd_cat.axes import Access, Sizes, add, identity, scale, whole
from ncd_cat.graph import Node, Value, apply, node
from ncd_cat.ops.contraction import Term, contraction, multiply, repeat, term
from ncd_cat.ops.layout import last, position
from ncd_cat.ops.pointwise import Equal, reciprocal
from ncd_cat.scalars import ONE
from ncd_cat.signature import Guard, Kind, Op, guards_reindexed
from ncd_cat.sizes import Size, provably_nonnegative


@dataclass(frozen=True)
class Reduction(Op):
    """A fold over `bounds`, the root axes of the one operand; every fold has at least one entry where guards hold."""

    bounds: Sizes
    conditions: tuple[Guard, ...] = ()
    glyph = "reduction"
    arity = 1

    def roots(self, k: int) -> Sizes:
        return self.bounds

    def guards(self, k: int) -> tuple[Guard, ...]:
        return self.conditions

    def reindexed(self, inner: Access, degree: Sizes, new: Sizes) -> Op:
        return replace(self, conditions=guards_reindexed(self.conditions, inner, degree, new, self.bounds))

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        """The entries that are extreme share the cotangent equally."""
        (x,), degree, rank = operands, cotangent.sizes, len(cotangent.sizes)
        inner, bounds = degree + self.bounds, identity(self.bounds, rank)
        if self.conditions:  # outside its range x is not read
            x = Value.of(contraction([Term(ONE, (), ((x.node, x.access),), self.conditions)], inner))
        along = [(rank + k, n) for k, n in enumerate(self.bounds)]
        chosen = Equal()(x, repeat(output, along))
        each = term(ONE, self.bounds, [(chosen, identity(degree) + bounds)], self.conditions, sizes=degree)
        count = Value.of(contraction([each], degree))
        return (multiply(chosen, repeat(multiply(cotangent, reciprocal(count)), along)),)

    @abstractmethod
    def array(self, xp: Any, *arrays: Any) -> Any:
        """The fold over the last axes of an array, all of whose entries take part."""


@dataclass(frozen=True)
class Max(Reduction):
    """The greatest entry."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.max(arrays[0], axis=tuple(range(-len(self.bounds), 0)))


@dataclass(frozen=True)
class Min(Reduction):
    """The least entry."""

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.min(arrays[0], axis=tuple(range(-len(self.bounds), 0)))


def fold(op: type[Reduction], x: Value, over: Sequence[int]) -> Value:
    """The fold of x along the axes `over`, which disappear."""
    kept = [k for k in range(len(x.sizes)) if k not in over]
    order, sizes = [*kept, *over], tuple(x.sizes[k] for k in kept)
    bounds = tuple(x.sizes[k] for k in over)
    read = x.at(tuple(whole(order.index(k), n) for k, n in enumerate(x.sizes)), sizes + bounds)
    return Value.of(node(op(bounds), [(read.node, read.access)], sizes))


@dataclass(frozen=True)
class ArgMax(Op):
    """The first place of the greatest entry along the root axis, of size `size`."""

    size: Size
    glyph = "reduction"
    arity = 1

    def roots(self, k: int) -> Sizes:
        return (self.size,)

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "int"

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.argmax(arrays[0], axis=-1)


def argmax(x: Value, axis: int = -1) -> Value:
    """The first place of the greatest entry along an axis, which disappears.  Raises TypeMismatch if there is no such axis."""
    moved = last(x, (position(x, axis, "argmax"),))
    return apply(ArgMax(moved.sizes[-1]), moved, degree=moved.sizes[:-1])


def cumulative_sum(x: Value, axis: int = -1) -> Value:
    """y[i] = Σ_j [j <= i] x[j] along an axis; sizes as x.  Raises TypeMismatch if there is no such axis.

    >>> from ncd_cat.graph import Input, source
    >>> print(cumulative_sum(source(Input(0), (4,))).node.op.specs[0].guards)
    ((False, (0, ((1, 0, 1, 4), (-1, 1, 1, 4)))),)
    """
    k, rank = position(x, axis, "cumulative sum"), len(x.sizes)
    i, j = whole(k, x.sizes[k]), whole(rank, x.sizes[k])
    indices = (*identity(x.sizes)[:k], j, *identity(x.sizes)[k + 1 :])
    guards = [] if provably_nonnegative(1 - x.sizes[k]) else [(False, add(i, scale(j, -1)))]
    return Value.of(contraction([term(ONE, (x.sizes[k],), [(x, indices)], guards, sizes=x.sizes)], x.sizes))
