"""Reading an array through an access is x ∘ η: slices, flips, reshapes and diagonals where η allows, and gathers elsewhere.

The result has one axis for each fine axis of the space that η uses, and none for the others: a repeat costs nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import NamedTuple

import numpy as np

from ncd_cat.axes import Access, Index, bounds, whole
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Constant, Move, Shape, permute, reshape
from ncd_cat.evaluation.space import Labels, Space


class Reading(NamedTuple):
    """Moves that read an array, and the fine axes that the result has, in order."""

    labels: Labels
    moves: list[Move]


class Line(NamedTuple):
    """One axis of an array, of `size` entries, with the indices that read it: (index, its own size, its stride)."""

    size: int
    parts: tuple[tuple[Index, int, int], ...]


@dataclass(frozen=True)
class Piece:
    """An axis of `size` entries cut by `key`, perhaps reversed, then split into fine axes; `at`: gathered there instead."""

    size: int
    key: int | slice
    labels: Labels = ()
    reverse: bool = False
    at: Constant | None = None


def reading(access: Access, shape: Shape, space: Space) -> Reading:
    """How to read an array of this shape; an axis of extent 1 holds one entry for all indices.

    Indices outside the array are clipped: a guard says that nobody looks there.
    """
    lines = [Line(n, ((e, n, 1),)) for e, n in zip(access, shape, strict=True)]
    moves, lines = _merge(lines, space)
    pieces = [_pieces(line, space) for line in lines]
    old, split = tuple(line.size for line in lines), [p for ps in pieces for p in ps]
    moves += reshape(old, tuple(p.size for p in split))
    key = tuple(p.key for p in split)
    if any(k != slice(None) for k in key):
        moves.append(lambda m, x: x[key])
    kept = [p for p in split if not isinstance(p.key, int)]
    flipped = tuple(k for k, p in enumerate(kept) if p.reverse)
    if flipped:
        moves.append(lambda m, x: m.xp.flip(x, axis=flipped))
    moves += [_gather(k, p.at) for k, p in enumerate(kept) if p.at is not None]
    now = tuple(prod(space.extents(p.labels)) for p in kept)
    labels = tuple(f for p in kept for f in p.labels)
    return Reading(labels, moves + reshape(now, space.extents(labels)))


def read_whole(factor: Factor, domain: Shape) -> tuple[list[Move], Shape]:
    """Read an operand over whole axes, of extent 1 where it depends on no part of one."""
    access, shape = factor.access, factor.shape
    if len(shape) == len(domain) and all(n == 1 or (n == domain[k] and access[k] == whole(k, n)) for k, n in enumerate(shape)):
        return [], shape
    space = Space.of(domain, access)
    labels, moves = reading(access, shape, space)
    spread, shape = space.spread(labels)
    return moves + spread, shape


def _gather(axis: int, positions: Constant) -> Move:
    return lambda m, x: m.xp.take(x, m.constant(positions), axis=axis)


def _merge(lines: list[Line], space: Space) -> tuple[list[Move], list[Line]]:
    """Make one axis of all axes whose indices share a fine axis: a diagonal is then a stride."""
    uses = [set(space.used(line.parts[0][0])) if line.size > 1 else set() for line in lines]
    groups: list[list[int]] = []
    for k in range(len(lines)):
        touching = [g for g in groups if any(uses[j] & uses[k] for j in g)]
        groups = [g for g in groups if g not in touching] + [sorted([j for g in touching for j in g] + [k])]
    groups.sort()
    if len(groups) == len(lines):
        return [], lines
    order = [k for g in groups for k in g]
    merged = []
    for g in groups:
        strides = [prod(lines[j].size for j in g[i + 1 :]) for i in range(len(g))]
        merged.append(Line(prod(lines[k].size for k in g), tuple((*lines[k].parts[0][:2], s) for k, s in zip(g, strides, strict=True))))
    return permute(order) + reshape(tuple(lines[k].size for k in order), tuple(line.size for line in merged)), merged


def _pieces(line: Line, space: Space) -> list[Piece]:
    if line.size == 1:
        return [Piece(1, 0)]
    linear = _linear(line, space)
    cut = _cut(line.size, linear[0], sorted((s, f) for f, s in linear[1].items()), space) if linear is not None else None
    if cut is not None:
        return cut
    labels = tuple(sorted({f for e, _, _ in line.parts for f in space.used(e)}))
    table = np.zeros((), dtype=np.int64)
    for e, n, stride in line.parts:
        table = table + stride * np.clip(space.table(e, labels), 0, n - 1)
    return [Piece(line.size, slice(None), labels, at=Constant(table.reshape(-1), "int"))]


def _linear(line: Line, space: Space) -> tuple[int, dict[int, int]] | None:
    const, total = 0, dict[int, int]()
    for e, n, stride in line.parts:
        low, high = bounds(e)
        linear = space.linear(e)
        if linear is None or low < 0 or high >= n:  # type: ignore[operator]
            return None
        const += stride * linear[0]
        for f, s in linear[1].items():
            total[f] = total.get(f, 0) + stride * s
    return const, {f: s for f, s in total.items() if s}


def _cut(size: int, const: int, strides: Sequence[tuple[int, int]], space: Space) -> list[Piece] | None:
    """Slices that read const + Σ s·f of an axis, cut into a mixed radix if need be; None where the axis must be gathered."""
    if not strides:
        return [Piece(size, const)]
    steps = sorted(strides, key=lambda p: abs(p[0]))
    chain = _chain(size, const, steps, space)
    if chain is not None:
        return [chain]
    reach = [s * (space.fine[f][2] - 1) for s, f in steps]
    for j in range(len(steps) - 1, -1, -1):
        radix = abs(steps[j][0])
        if radix == 1 or size % radix or any(s % radix for s, _ in steps[j:]):
            continue
        down, up = sum(min(r, 0) for r in reach[:j]), sum(max(r, 0) for r in reach[:j])
        high = (const + down) // radix
        if const - high * radix + up >= radix:
            continue
        upper = _cut(size // radix, high, [(s // radix, f) for s, f in steps[j:]], space)
        lower = _cut(radix, const - high * radix, steps[:j], space)
        return None if upper is None or lower is None else upper + lower
    return None


def _chain(size: int, const: int, steps: Sequence[tuple[int, int]], space: Space) -> Piece | None:
    """One slice: strides s, s·n₁, s·n₁·n₂, … of one sign."""
    step = value = steps[0][0]
    for s, f in steps:
        if s != value:
            return None
        value *= space.fine[f][2]
    span, reverse = abs(value) - abs(step), step < 0
    start = const - span if reverse else const
    key = slice(start, start + span + 1, abs(step))
    if reverse and len(steps) > 1:
        return None
    whole = (start, span + 1, abs(step)) == (0, size, 1)
    return Piece(size, slice(None) if whole else key, tuple(f for _, f in reversed(steps)), reverse)
