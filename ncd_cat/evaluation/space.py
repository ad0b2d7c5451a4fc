"""A space refines the axes of a domain into fine digits, so that every index of a term is linear in them where it can be.

An axis i of size N is cut at every t and t·n of its digits (i div t) mod n; where the cuts divide each other the axis is
the row-major product of the fine axes between them, and an index c + Σ s · digit becomes c + Σ s' · fine.  Where they do
not, the axis stays whole and an index is a table over it.

>>> space = Space.of((12,), [(0, ((1, 0, 4, 3),)), (5, ((2, 0, 1, 4),))])
>>> space.fine
((0, 4, 3), (0, 1, 4))
>>> space.linear((5, ((2, 0, 1, 4),)))
(5, {1: 2})
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Index
from ncd_cat.evaluation.machine import Move, Shape, broadcast, concrete, permute, reshape

Labels = tuple[int, ...]  # positions in Space.fine


@dataclass(frozen=True)
class Space:
    """Axis sizes, and their fine axes (axis, stride, extent) in row-major order; extents of 1 are left out."""

    sizes: Shape
    fine: tuple[tuple[int, int, int], ...]

    @staticmethod
    def of(sizes: Sequence[Any], indices: Iterable[Index]) -> Space:
        """The coarsest refinement in which the digits of the indices are products of fine axes."""
        cuts: list[set[int]] = [{1, n} for n in sizes]
        for e in indices:
            for _, i, t, n in concrete(e)[1]:
                cuts[i] |= {t, t * n}
        fine = [(i, t, n) for i, size in enumerate(sizes) for t, n in _digits(sorted(cuts[i]), size)]
        return Space(tuple(sizes), tuple(fine))

    def extents(self, labels: Iterable[int]) -> Shape:
        """The extents of fine axes."""
        return tuple([self.fine[f][2] for f in labels])

    def of_axis(self, axis: int) -> Labels:
        """The fine axes of an axis, slowest first."""
        return tuple([f for f, (i, _, _) in enumerate(self.fine) if i == axis])

    def used(self, e: Index) -> Labels:
        """The fine axes that an index depends on, ascending."""
        digits = [(i, t, t * n) for _, i, t, n in concrete(e)[1] if n != 1]
        return tuple([f for f, (j, u, k) in enumerate(self.fine) if any(i == j and u < end and t < u * k for i, t, end in digits)])

    def linear(self, e: Index) -> tuple[int, dict[int, int]] | None:
        """The index as (constant, coefficient of each fine axis), or None where it is no such sum."""
        coefficients: dict[int, int] = {}
        const, digits = concrete(e)
        for digit in digits:
            s, _, t, n = digit
            for f in self.used((0, (digit,))):
                _, u, k = self.fine[f]
                if u < t or u * k > t * n:
                    return None
                coefficients[f] = coefficients.get(f, 0) + s * (u // t)
        return const, {f: s for f, s in coefficients.items() if s}

    def table(self, e: Index, labels: Labels) -> NDArray[Any]:
        """The values of an index over the fine axes `labels`, which hold all that it uses."""
        const, digits = concrete(e)
        total = np.full((1,) * len(labels), const, dtype=np.int64)
        for s, i, t, n in digits:
            position = np.zeros((1,) * len(labels), dtype=np.int64)
            for k, f in enumerate(labels):
                axis, stride, extent = self.fine[f]
                if axis == i:
                    steps = np.arange(extent, dtype=np.int64) * stride
                    position = position + steps.reshape([-1 if j == k else 1 for j in range(len(labels))])
            total = total + s * (position // t % n)
        return np.broadcast_to(total, self.extents(labels))

    def spread(self, labels: Labels, rank: int | None = None) -> tuple[list[Move], Shape]:
        """From an array over fine axes to one over the (first `rank`) axes, of extent 1 where it depends on no part of one."""
        order = sorted(labels)
        moves = permute([labels.index(f) for f in order])
        present = set(labels)
        fine: list[int] = []
        full: list[int] = []
        shape: list[int] = []
        for i, n in enumerate(self.sizes[:rank]):
            parts = self.of_axis(i)
            kept = [f for f in parts if f in present]
            shape.append(n if kept else 1)
            if kept and len(kept) < len(parts):
                fine += [self.fine[f][2] if f in present else 1 for f in parts]
                full += [self.fine[f][2] for f in parts]
            else:
                fine += [self.fine[f][2] for f in kept]
                full += [self.fine[f][2] for f in kept]
        moves += reshape(self.extents(order), tuple(fine)) if fine != full else []
        moves += broadcast(tuple(fine), tuple(full))
        return moves + reshape(tuple(full), tuple(shape)), tuple(shape)


def _digits(cuts: Sequence[int], size: int) -> list[tuple[int, int]]:
    """(stride, extent) between cuts that divide each other, slowest first; else the whole axis."""
    if size == 1:
        return []
    if any(b % a for a, b in pairwise(cuts)) or cuts[-1] != size:
        return [(1, size)]
    return [(a, b // a) for a, b in pairwise(cuts)][::-1]
