"""Parts: an array is the direct sum of its restrictions to the boxes of a grid, and a fold of a whole is the fold of its parts.

What is true of each part is true of the whole; so concatenations, shards and chunks meet what was computed at once.  Source:
biproducts of finite-dimensional spaces; for folds, associativity and idempotence of max and min.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise, product

from ncd_cat.axes import Sizes, identity, shift, whole
from ncd_cat.graph import Node, Value
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, contraction, term, view
from ncd_cat.scalars import ONE
from ncd_cat.sizes import Poly, Size, provably_nonnegative
from rewrites.rule import Args, RuleError, schema

LARGEST_GRID = 256  # boxes


def intervals(points: Sequence[Size], size: Size) -> list[tuple[Size, Size]]:
    """(start, length) of the intervals between cut points, which must be inside the axis and ascending.  Raises RuleError."""
    ends: list[Size] = [0, *points, size]
    if any(type(p) not in (int, Poly) for p in points) or not all(provably_nonnegative(b - a - 1) for a, b in pairwise(ends)):
        raise RuleError(f"{points} are not ascending cut points inside an axis of size {size}")
    return [(a, b - a) for a, b in pairwise(ends)]


@schema("x = Σ_k [i ∈ part k] · x|part k", "biproducts", condition="the parts are the boxes of a grid of cut points")
def partition(n: Node, args: Args) -> Value:
    """args: for each axis of n its cut points, ascending."""
    (grid,) = args
    if len(grid) != len(n.sizes):
        raise RuleError("cut points are given for each axis")
    boxes = list(product(*[intervals(points, size) for points, size in zip(grid, n.sizes, strict=True)]))
    if len(boxes) > LARGEST_GRID:
        raise RuleError(f"{len(boxes)} parts are too many")
    return Value.of(contraction([_placed(n, box) for box in boxes], n.sizes))


def _placed(n: Node, box: Sequence[tuple[Size, Size]]) -> Term:
    """The restriction of n to a box, read where the box is."""
    sizes: Sizes = tuple([length for _, length in box])
    inner = tuple([shift(e, start) for e, (start, _) in zip(identity(sizes), box, strict=True)])
    part = Value.of(view(Value.of(n).at(inner, sizes)))
    places = [shift(whole(k, size), -start) for k, (size, (start, _)) in enumerate(zip(n.sizes, box, strict=True))]
    guards = [g for e, length in zip(places, sizes, strict=True) for g in range_guards(e, length)]
    return term(
        ONE, (), [(part, tuple([e if length != 1 else (0, ()) for e, length in zip(places, sizes, strict=True)]))], guards, sizes=n.sizes
    )


RULES = (partition,)
