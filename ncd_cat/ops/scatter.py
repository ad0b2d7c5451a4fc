"""Adding up by place: out[r] = Σ_s [i[s] = r] · x[s], the transpose of a gather; where places coincide, entries are added.

A gather and this sum are adjoint: ⟨x[i], y⟩ = ⟨x, scatter(y, i)⟩.  On arrays the entries are sorted by place and each run is
summed, so that the work is that of the entries, not that of a product with a one-hot matrix.  Source: the covariant half of
the bivariant pair φ_! ⊣ φ* (Lawvere 1969), for a map φ that is data.

>>> import numpy as np
>>> scattered(np, np.array([[[1.0], [2.0], [4.0]]]), np.array([[2, 0, 2]]), 4)[0, :, 0].tolist()
[2.0, 0.0, 5.0, 0.0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from ncd_cat.axes import Sizes, add, constant, identity, scale, whole
from ncd_cat.graph import Value, apply
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.indexing import Indexing
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal
from ncd_cat.scalars import ONE
from ncd_cat.signature import Kind
from ncd_cat.sizes import Size


@dataclass(frozen=True)
class Scatter(Indexing):
    """x and an index, both over `bounds`: at each place of an axis of size `size`, the sum of the entries of x whose index it is.

    An entry whose index is no place of the axis is not added.
    """

    bounds: Sizes
    size: Size

    def roots(self, k: int) -> Sizes:
        return self.bounds

    @property
    def out(self) -> Sizes:
        return (self.size,)

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return "real" if kinds[0] == "real" else "int"

    def definition(self, *operands: Value) -> Value | None:
        """The product with a one-hot row, under a sum; none if an entry may be infinite, for 0 · ∞ is no number."""
        x, index = operands
        if not x.node.finite:
            return None
        rank = len(x.sizes) - len(self.bounds)
        degree, own = x.sizes[:rank], (*x.sizes[:rank], self.size)
        inner = own + self.bounds
        read = (*identity(degree), *identity(self.bounds, rank + 1))
        chosen = Equal()(index.at(read, inner), places(self.size).at((whole(rank, self.size),), inner))
        added = x.at(read, inner)
        term = Term(ONE, self.bounds, ((chosen.node, chosen.access), (added.node, added.access)))
        return Value.of(contraction([term], own))

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        from ncd_cat.ops.indexing import Take

        index, rank = operands[1], len(cotangent.sizes) - 1
        read = (*identity(cotangent.sizes[:-1]), whole(len(index.sizes), self.size))
        assert len(read) == rank + 1
        return apply(Take(self.size), cotangent.at(read, (*index.sizes, self.size)), index, degree=index.sizes), None

    def array(self, xp: Any, *arrays: Any) -> Any:
        x, index = arrays
        degree = x.shape[: x.ndim - len(self.bounds)]
        rows = xp.reshape(x, (prod(degree), -1, 1))
        return xp.reshape(scattered(xp, rows, xp.reshape(index, rows.shape[:2]), self.size), (*degree, self.size))


def places(size: Size) -> Value:
    """The numbers of the places of an axis: 0, 1, …; of a symbolic one Σ_j [j < i]."""
    if isinstance(size, int):
        return literal(np.arange(size))
    below = add(whole(0, size), scale(whole(1, size), -1), constant(-1))
    return Value.of(contraction([Term(ONE, (size,), (), ((False, below),))], (size,)))


def scatter(x: Value, index: Value, size: Size) -> Value:
    """The rows of x (*shape, *rest) added up by their index (*shape) from 0 to size − 1: an array (size, *rest).

    >>> from ncd_cat.graph import Input, source
    >>> print(scatter(source(Input(0), (5, 3)), source(Input(1, "int"), (5,)), 7).sizes)
    (7, 3)
    """
    bounds, count = index.sizes, len(index.sizes)
    rest = x.sizes[count:]
    inner = rest + bounds
    rows = x.at((*identity(bounds, len(rest)), *identity(rest)), inner)
    made = apply(Scatter(bounds, size), rows, index.at(identity(bounds, len(rest)), inner), degree=rest)
    return made.at((*identity(rest, 1), whole(0, size)), (size, *rest))


# ---- on arrays ----------------------------------------------------------------------------------------------------


def scattered(xp: Any, x: Any, index: Any, size: Any) -> Any:
    """Rows x (b, s, c) added up by their index (b, s): an array (b, size, c)."""
    from array_api_compat import device, is_numpy_namespace

    blocks, _, width = x.shape
    index = xp.astype(index, xp.int64)
    starts = xp.arange(blocks, dtype=xp.int64, device=device(x))[:, None] * size
    inside = (index >= 0) & (index < size)
    keys = xp.reshape(xp.where(inside, index + starts, xp.full_like(index, blocks * size)), (-1,))
    order = xp.argsort(keys, stable=True)
    keys, rows = xp.take(keys, order, axis=0), xp.take(xp.reshape(x, (-1, width)), order, axis=0)
    summed = _runs if is_numpy_namespace(xp) else _doubled
    return xp.reshape(summed(xp, rows, keys, blocks * size), (blocks, size, width))


def _runs(xp: Any, rows: Any, keys: Any, count: int) -> Any:
    """The sums of runs of equal keys as rows of `count`; numpy's zeros are not written where nothing is added."""
    out = xp.zeros((count, rows.shape[1]), dtype=rows.dtype)
    starts = np.flatnonzero(np.append(True, keys[1:] != keys[:-1]))
    sums, at = np.add.reduceat(rows, starts, axis=0), keys[starts]
    out[at[at < count]] = sums[at < count]
    return out


def _doubled(xp: Any, rows: Any, keys: Any, count: int) -> Any:
    """The same without writing: sums of ever longer parts of runs, then each place reads the end of its run.

    Source: the parallel prefix sum of Hillis and Steele 1986.
    """
    from array_api_compat import device

    step, n = 1, keys.shape[0]
    zero = xp.zeros_like(rows[:1, :])
    while step < n:
        same = (keys[step:] == keys[:-step])[:, None]
        rows = xp.concat([rows[:step, :], rows[step:, :] + xp.where(same, rows[:-step, :], zero)], axis=0)
        step *= 2
    wanted = xp.arange(count, dtype=keys.dtype, device=device(keys))
    ends = xp.searchsorted(keys, wanted, side="right")  # one past the last entry of the run, which is the row after a zero row
    found = (ends > 0) & (xp.take(keys, xp.where(ends > 0, ends - 1, ends), axis=0) == wanted)
    return xp.take(xp.concat([zero, rows], axis=0), xp.where(found, ends, xp.zeros_like(ends)), axis=0)
