"""Arrays put together from parts: guarded sums of readings, x[i − s] where the bracket [0 ≤ i − s < n] is 1.

Concatenation, padding, writing into a slice and cutting a triangle are contractions with brackets, so they need
no constants and the prover sees through them.

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (3, 4))
>>> write(x, source(Input(1), (3, 2)), 1, 2).sizes, triangle(x, 0, lower=True).sizes
((3, 4), (3, 4))
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ncd_cat import axes
from ncd_cat.axes import Sizes, identity, whole
from ncd_cat.graph import Value
from ncd_cat.importers.rearrange import affine, flip, insert
from ncd_cat.ops.concatenation import concatenate, implied, range_guards
from ncd_cat.ops.contraction import Contraction, Term, contraction, term, terms_of
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Where
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Guard


def stack(values: Sequence[Value], axis: int) -> Value:
    """The values one after another along a new axis."""
    return concatenate([insert(v, axis) for v in values], axis)


def write(x: Value, part: Value, axis: int, start: int) -> Value:
    """x with its entries from `start` on along an axis replaced by those of `part`."""
    end, pieces = start + _length(part, axis), laid(x, axis)
    before = [affine(p, axis, 0, min(start - first, _length(p, axis))) for first, p in pieces if first < start]
    kept = [(p, max(end - first, 0)) for first, p in pieces]
    after = [affine(p, axis, cut, _length(p, axis) - cut) for p, cut in kept if cut < _length(p, axis)]
    return concatenate([*before, part, *after], axis) if before or after else part


def section(x: Value, axis: int, start: int, length: int) -> Value:
    """`length` entries of x from `start` on along an axis, read off the one piece of a concatenation that has them all."""
    for first, piece in laid(x, axis):
        if first <= start and start + length <= first + _length(piece, axis):
            return affine(piece, axis, start - first, length)
    return affine(x, axis, start, length)


def laid(x: Value, axis: int) -> list[tuple[int, Value]]:
    """The pieces of a concatenation along an axis, each with the place where it begins; x itself if it is none."""
    found = []
    if Value.of(x.node) == x and isinstance(x.node.op, Contraction):
        found = [_piece(t, x.sizes, axis) for t in terms_of(x.node)]
    pieces = sorted([p for p in found if p is not None], key=lambda p: p[0])
    ends = [first + _length(piece, axis) for first, piece in pieces]
    whole_axis = bool(found) and len(pieces) == len(found) and [0, *ends] == [*[first for first, _ in pieces], _length(x, axis)]
    return pieces if whole_axis else [(0, x)]


def _piece(t: Term, sizes: Sizes, axis: int) -> tuple[int, Value] | None:
    """Where a term begins along the axis, and what it reads there: one array under bounds of that axis alone."""
    start, size = 0, sizes[axis]
    assert isinstance(size, int)
    stop: int = size
    if t.scalar != ONE or t.bounds or len(t.factors) != 1:
        return None
    for equal, (c, digits) in t.guards:
        if equal or len(digits) != 1 or digits[0] not in ((1, axis, 1, sizes[axis]), (-1, axis, 1, sizes[axis])):
            return None
        assert isinstance(c, int)
        start, stop = (max(start, -c), stop) if digits[0][0] == 1 else (start, min(stop, c + 1))
    if start >= stop:
        return None
    (n, access), own = t.factors[0], (*sizes[:axis], stop - start, *sizes[axis + 1 :])
    inner = tuple([axes.shift(whole(k, m), start if k == axis else 0) for k, m in enumerate(own)])
    try:
        return start, Value(n, axes.compose(access, inner, sizes), own)
    except axes.NotAffine:
        return None


def triangle(x: Value, diagonal: int, *, lower: bool) -> Value:
    """The entries of the last two axes with column − row ≤ diagonal (lower) or ≥ diagonal, zeros elsewhere."""
    rank = len(x.sizes)
    column_less_row = axes.add(whole(rank - 1, x.sizes[-1]), axes.scale(whole(rank - 2, x.sizes[-2]), -1))
    above = axes.shift(column_less_row, -diagonal)
    guards = [g for g in [(False, axes.scale(above, -1) if lower else above)] if not implied(g)]
    return Value.of(contraction([term(ONE, (), [(x, identity(x.sizes))], guards, sizes=x.sizes)], x.sizes))


def pad(x: Value, amounts: Sequence[tuple[int, int]], value: float = 0.0) -> Value:
    """(before, after) entries of one number added per axis; negative amounts cut.  The number may be infinite."""
    x, amounts = _cut(x, amounts)
    sizes = tuple([n + before + after for n, (before, after) in zip(x.sizes, amounts, strict=True)])
    if sizes == x.sizes:
        return x
    places = [axes.shift(whole(k, n), -before) for k, (n, (before, _)) in enumerate(zip(sizes, amounts, strict=True))]
    guards = [g for e, n in zip(places, x.sizes, strict=True) for g in range_guards(e, n)]
    inside = [term(ONE, (), [(x, tuple(places))], guards, sizes=sizes)]
    if math.isinf(value):
        mask = Value.of(contraction([Term(ONE, (), (), tuple(guards))], sizes))
        return Where()(mask, Value.of(contraction(inside, sizes)), literal(np.float64(value)).at((), sizes))
    if value:
        number = Scalar.read(value)
        inside += [Term(number, (), ()), Term(-number, (), (), tuple(guards))]
    return Value.of(contraction(inside, sizes))


def _cut(x: Value, amounts: Sequence[tuple[int, int]]) -> tuple[Value, list[tuple[int, int]]]:
    for axis, (before, after) in enumerate(amounts):
        if before < 0 or after < 0:
            x = affine(x, axis, max(-before, 0), _length(x, axis) + min(before, 0) + min(after, 0))
    return x, [(max(before, 0), max(after, 0)) for before, after in amounts]


def extend(x: Value, axis: int, before: int, after: int, mode: str) -> Value:
    """x continued along an axis: by its mirror image ("reflect"), its end entries ("replicate") or itself ("circular")."""
    n = _length(x, axis)
    pieces = {
        "reflect": lambda: [
            flip(affine(x, axis, 1, before), [axis]) if before else None,
            flip(affine(x, axis, n - 1 - after, after), [axis]) if after else None,
        ],
        "replicate": lambda: [_repeated(x, axis, 0, before), _repeated(x, axis, n - 1, after)],
        "circular": lambda: [affine(x, axis, n - before, before) if before else None, affine(x, axis, 0, after) if after else None],
    }
    left, right = pieces[mode]()
    return concatenate([p for p in (left, x, right) if p is not None], axis)


def _repeated(x: Value, axis: int, place: int, count: int) -> Value | None:
    return affine(x, axis, place, count, 0) if count else None


def running_sum(x: Value, axis: int) -> Value:
    """Σ over j ≤ i of x[j], along an axis."""
    rank, n = len(x.sizes), x.sizes[axis]
    own = identity(x.sizes)
    j = whole(rank, n)
    order: Guard = (False, axes.add(whole(axis, n), axes.scale(j, -1)))
    read = (x, (*own[:axis], j, *own[axis + 1 :]))
    return Value.of(contraction([term(ONE, (n,), [read], [] if n == 1 else [order], sizes=x.sizes)], x.sizes))


def _length(x: Value, axis: int) -> int:
    n = x.sizes[axis]
    assert isinstance(n, int)  # programs that are imported have fixed shapes
    return n
