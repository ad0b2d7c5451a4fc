"""A reduction folds an array along axes by max or min: out[p] = max over r, where the guards hold, of x[η(p, r)].

Sums are contractions.  Guards serve a padded pooling window: entries outside the array do not take part.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ncd_cat.axes import Access, Sizes, whole
from ncd_cat.graph import Guard, Kind, Op, Value, guards_reindexed, node


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
