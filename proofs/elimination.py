"""Elimination: the determinant and the inverse of a square matrix of exact or long numbers, by Gauss and Jordan.

Source: Golub and Van Loan, Matrix Computations, section 3.4.

>>> from fractions import Fraction
>>> determinant, inverse = eliminated([[Fraction(1), Fraction(2)], [Fraction(3), Fraction(4)]], lambda x, beside: not x)
>>> determinant, [str(x) for x in inverse[0]]
(Fraction(-2, 1), ['-2', '1'])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

Rows = list[list[Any]]


def eliminated(matrix: Sequence[Sequence[Any]], small: Callable[[Any, Any], bool]) -> tuple[Any, Rows | None]:
    """The determinant of a square matrix, and its inverse; 0 and None where a pivot is 0, as `small(pivot, greatest entry)` says."""
    n = len(matrix)
    greatest = max(abs(x) for row in matrix for x in row)
    rows = [[*row, *[int(i == j) for j in range(n)]] for i, row in enumerate(matrix)]
    determinant: Any = 1
    for k in range(n):
        at = max(range(k, n), key=lambda i: abs(rows[i][k]))
        pivot = rows[at][k]
        if small(pivot, greatest):
            return 0, None
        rows[k], rows[at] = rows[at], rows[k]
        determinant = determinant * (pivot if at == k else -pivot)
        rows[k] = [x / pivot for x in rows[k]]
        for i in range(n):
            if i != k and rows[i][k]:
                rows[i] = [x - rows[i][k] * y for x, y in zip(rows[i], rows[k], strict=True)]
    return determinant, [row[n:] for row in rows]
