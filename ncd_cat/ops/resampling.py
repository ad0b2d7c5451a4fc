"""Resampling an axis is a linear map y[i] = Σ_j M[i, j] x[j] with a fixed matrix: interpolation, or means of sections.

Place i of m in an axis of n lies at i·n/m; where pixels are cells, their centres do, (i + 1/2)·n/m − 1/2, and where corners
are aligned, i·(n − 1)/(m − 1).  Several axes are resampled one after another.  Source: Keys, Cubic convolution
interpolation for digital image processing, 1981; the sections of adaptive pooling as in PyTorch.

>>> linear_matrix(2, 3, True).tolist(), sections(5, 2)
([[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]], [(0, 3), (2, 5)])
"""

from __future__ import annotations

from fractions import Fraction
from math import floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.ops.contraction import contraction, term
from ncd_cat.ops.literal import literal
from ncd_cat.scalars import ONE

SHARPNESS = Fraction(-3, 4)  # the free parameter of Keys' kernel


def resampled(x: Value, axis: int, matrix: NDArray[Any]) -> Value:
    """x with `axis`, of size n, replaced by the rows of an (m, n) matrix applied to it.

    Raises TypeMismatch unless the axis has n entries.

    >>> from ncd_cat.graph import Input, source
    >>> resampled(source(Input(0), (2, 5)), 1, average_matrix(5, 2)).sizes
    (2, 2)
    """
    m, n = matrix.shape
    if x.sizes[axis] != n:
        raise TypeMismatch(f"a matrix of sizes {matrix.shape} does not resample axis {axis}, of size {x.sizes[axis]}")
    sizes = (*x.sizes[:axis], m, *x.sizes[axis + 1 :])
    j = whole(len(sizes), n)
    read = tuple([j if k == axis else whole(k, size) for k, size in enumerate(sizes)])
    return Value.of(contraction([term(ONE, (n,), [(literal(matrix), (whole(axis, m), j)), (x, read)], sizes=sizes)], sizes))


def sections(n: int, m: int) -> list[tuple[int, int]]:
    """The m sections (start, stop) that cover n entries, each at most one entry into its neighbour."""
    return [(i * n // m, -(-(i + 1) * n // m)) for i in range(m)]


def average_matrix(n: int, m: int) -> NDArray[Any]:
    """The means of m sections of n entries."""
    matrix = np.zeros((m, n))
    for i, (start, stop) in enumerate(sections(n, m)):
        matrix[i, start:stop] = 1 / (stop - start)
    return matrix


def linear_matrix(n: int, m: int, align_corners: bool, factor: float | None = None) -> NDArray[Any]:
    """Linear interpolation between the two nearest entries; `factor`, if given, stands for m/n."""
    matrix = np.zeros((m, n))
    for i in range(m):
        place = min(max(_place(i, n, m, align_corners, factor), Fraction(0)), Fraction(n - 1))
        low = min(floor(place), n - 1)
        matrix[i, low] += float(1 - (place - low))
        matrix[i, min(low + 1, n - 1)] += float(place - low)
    return matrix


def cubic_matrix(n: int, m: int, align_corners: bool, factor: float | None = None) -> NDArray[Any]:
    """Keys' interpolation between the four nearest entries, those at the ends repeated."""
    matrix = np.zeros((m, n))
    for i in range(m):
        place = _place(i, n, m, align_corners, factor)
        low = floor(place)
        for j in range(low - 1, low + 3):
            matrix[i, min(max(j, 0), n - 1)] += float(_keys(abs(place - j)))
    return matrix


def _keys(t: Fraction) -> Fraction:
    """The weight of an entry at distance t < 2."""
    a = SHARPNESS
    return ((a + 2) * t - (a + 3)) * t * t + 1 if t <= 1 else ((t - 5) * t + 8) * t * a - 4 * a


def _place(i: int, n: int, m: int, align_corners: bool, factor: float | None) -> Fraction:
    """Where place i of m lies in an axis of n."""
    if align_corners:
        return Fraction(i * (n - 1), m - 1) if m > 1 else Fraction(0)
    step = Fraction(n, m) if factor is None else 1 / Fraction(str(factor))
    return (i + Fraction(1, 2)) * step - Fraction(1, 2)
