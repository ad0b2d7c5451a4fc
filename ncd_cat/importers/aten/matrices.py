"""Inverses, determinants and linear systems, of the matrices in the last two axes.

Source of the operators: `torch.linalg`; a factorisation that they return besides has no meaning here.

>>> from ncd_cat.graph import Input, source
>>> a, b = source(Input(0), (2, 3, 3)), source(Input(1), (2, 3))
>>> solution(a, b, True).sizes
(2, 3)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncd_cat.axes import Sizes, add, scale, whole
from ncd_cat.graph import Value
from ncd_cat.importers.aten.call import Call, family
from ncd_cat.importers.aten.contractions import matrix_product
from ncd_cat.importers.aten.gathers import lower, upper
from ncd_cat.importers.rearrange import broadcast_sizes, expand, insert, select
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.linear_algebra import determinant, inverse, log_abs_det, solve, transposed
from ncd_cat.ops.pointwise import Log
from ncd_cat.ops.rounding import Sign
from ncd_cat.scalars import ONE

LARGEST_POWER = 16
Results = tuple[Value | None, ...] | None


def inverse_of(call: Call, x: Value) -> Value:
    return inverse(x)


def inverse_and_info(call: Call, x: Value, *args: Any, **kwargs: Any) -> Results:
    return _used(call, [inverse(x)])


def determinant_of(call: Call, x: Value) -> Value:
    return determinant(x)


def factored_determinant(call: Call, x: Value) -> Results:
    return _used(call, [determinant(x)])


def logarithm_of_determinant(call: Call, x: Value) -> Value:
    return Log()(determinant(x))


def sign_and_logarithm(call: Call, x: Value) -> Results:
    """The sign of the determinant and log|det|."""
    return _used(call, [Sign()(determinant(x)), log_abs_det(x)])


def solution(a: Value, b: Value, left: bool) -> Value:
    """The x with a x = b, or x a = b; b is a vector, or a batch of vectors, where it has the sizes of a without its last axis."""
    vector = len(b.sizes) == 1 or b.sizes == a.sizes[:-1]
    right = insert(b, len(b.sizes)) if vector else b if left else transposed(b)
    matrix = a if left else transposed(a)
    lead = broadcast_sizes([matrix.sizes[:-2], right.sizes[:-2]])
    found = solve(expand(matrix, (*lead, *matrix.sizes[-2:])), expand(right, (*lead, *right.sizes[-2:])))
    if vector:
        return select(found, len(found.sizes) - 1, 0)
    return found if left else transposed(found)


def solved(call: Call, a: Value, b: Value, *, left: bool = True) -> Value:
    return solution(a, b, left)


def solved_and_factors(call: Call, a: Value, b: Value, *args: Any, left: bool = True, **kwargs: Any) -> Results:
    return _used(call, [solution(a, b, left)])


def solved_triangular(call: Call, a: Value, b: Value, *, upper: bool, left: bool = True, unitriangular: bool = False) -> Value | None:
    """The other triangle of a is not read."""
    return None if unitriangular or b.sizes == a.sizes[:-1] else solution(_triangle(call, a, upper), b, left)


def _triangle(call: Call, a: Value, above: bool) -> Value:
    return upper(call, a) if above else lower(call, a)


def matrix_power(call: Call, x: Value, exponent: int) -> Value | None:
    """A product of copies of x, or of its inverse."""
    if abs(exponent) > LARGEST_POWER:
        return None
    if exponent == 0:
        return unit(x.sizes)
    one = found = x if exponent > 0 else inverse(x)
    for _ in range(abs(exponent) - 1):
        found = matrix_product(found, one)
    return found


def unit(sizes: Sizes) -> Value:
    """The unit matrix, repeated along the leading axes."""
    rank, n = len(sizes) - 2, sizes[-1]
    diagonal = add(whole(rank, n), scale(whole(rank + 1, n), -1)) if n != 1 else (0, ())
    return Value.of(contraction([Term(ONE, (), (), ((True, diagonal),))], sizes))


def _used(call: Call, results: Sequence[Value]) -> tuple[Value | None, ...] | None:
    """The first results of a call, if no other one is used."""
    if any(user.users and user.args[1] >= len(results) for user in call.node.users):
        return None
    return *results, *[None] * (len(call.node.meta["val"]) - len(results))


TABLE = family({
    "inverse.default": inverse_of, "linalg_inv.default": inverse_of, "linalg_inv_ex.default": inverse_and_info,
    "det.default": determinant_of, "linalg_det.default": determinant_of, "_linalg_det.default": factored_determinant,
    "logdet.default": logarithm_of_determinant, "slogdet.default": sign_and_logarithm, "linalg_slogdet.default": sign_and_logarithm,
    "_linalg_slogdet.default": sign_and_logarithm, "linalg_solve.default": solved, "linalg_solve_ex.default": solved_and_factors,
    "_linalg_solve_ex.default": solved_and_factors, "linalg_solve_triangular.default": solved_triangular,
    "matrix_power.default": matrix_power, "linalg_matrix_power.default": matrix_power,
})  # fmt: skip
