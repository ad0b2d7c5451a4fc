"""Inverses and determinants in normal form: identities of the Matrix Cookbook as derivatives, and near misses."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.axes import Axis, whole
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.contraction import add, einsum, multiply, scale
from ncd_cat.ops.linear_algebra import determinant, inverse, log_abs_det, solve, transposed
from ncd_cat.ops.literal import literal
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array

N, M = symbol("n"), symbol("m")
Build = Callable[..., Value]


def graph(build: Build, *sizes: tuple[Size, ...]) -> Graph:
    v = build(*[source(Input(k), s) for k, s in enumerate(sizes)])
    dom = tuple([Array(tuple([Axis(f"x{k}.{i}", n) for i, n in enumerate(s)]), "float64") for k, s in enumerate(sizes)])
    return Graph(dom, (Array.of(v.sizes, "float64"),), (v,))


def dot(*xs: Value) -> Value:
    found = xs[0]
    for x in xs[1:]:
        found = einsum("ij,jk->ik", found, x)
    return found


def spread(x: Value, n: Size) -> Value:
    return x.at((), (n, n))


def trace(x: Value) -> Value:
    return einsum("ii->", x)


def quadratic(x: Value, c: Value) -> Value:
    """xᵀ (c + cᵀ) x."""
    return dot(transposed(x), add(c, transposed(c)), x)


def unit(n: int) -> Value:
    return literal(np.eye(n))


SQUARE, TALL, SMALL, VECTOR = (N, N), (M, N), (3, 3), (N,)
TRUE: dict[str, tuple[Build, Build, tuple[tuple[Size, ...], ...]]] = {
    "a matrix by its inverse": (lambda a, b: dot(a, inverse(a), b), lambda a, b: b, (SQUARE, (N, M))),
    "an inverse by its matrix": (lambda a, b: dot(inverse(a), a, b), lambda a, b: b, (SQUARE, (N, M))),
    "the inverse of a product": (lambda a, b: inverse(dot(a, b)), lambda a, b: dot(inverse(b), inverse(a)), (SQUARE, SQUARE)),
    "of three": (lambda a, b, c: inverse(dot(a, b, c)), lambda a, b, c: dot(inverse(c), inverse(dot(a, b))), (SQUARE,) * 3),
    "an inverse transposed": (lambda a: inverse(transposed(a)), lambda a: transposed(inverse(a)), (SQUARE,)),
    "an inverse inverted": (lambda a: inverse(inverse(a)), lambda a: a, (SQUARE,)),
    "a scaled inverse": (lambda a: inverse(scale(a, -3)), lambda a: scale(inverse(a), Fraction(-1, 3)), (SQUARE,)),
    "a determinant of a product": (lambda a, b: determinant(dot(a, b, a)),
                                   lambda a, b: multiply(determinant(a), determinant(a), determinant(b)), (SQUARE, SQUARE)),
    "a determinant scaled": (lambda a: determinant(scale(a, -2)), lambda a: scale(determinant(transposed(a)), -8), (SMALL,)),
    "a logarithm scaled": (lambda a: log_abs_det(scale(a, -1)), log_abs_det, (SQUARE,)),
    "a logarithm of a product": (lambda a, b: log_abs_det(dot(a, inverse(b))),
                                 lambda a, b: add(log_abs_det(a), scale(log_abs_det(b), -1)), (SQUARE, SQUARE)),
    "a symmetric inverse": (lambda x, c: inverse(quadratic(x, c)), lambda x, c: transposed(inverse(quadratic(x, c))), (TALL, (M, M))),
    "beside its matrix, in parts": (lambda x: dot(x, inverse(dot(transposed(x), x)), transposed(x), x), lambda x: x, (TALL,)),
    "a system solved": (lambda a, b: solve(a, dot(a, b)), lambda a, b: b, (SQUARE, (N, M))),
}  # fmt: skip


@pytest.mark.parametrize("name", TRUE)
def test_identities_are_proved(name: str) -> None:
    lhs, rhs, sizes = TRUE[name]
    verdict = ncd.prove(graph(lhs, *sizes), graph(rhs, *sizes), timeout=20)
    assert verdict.status == "proved", verdict.reason
    assert all("has a value" in a for a in verdict.assumptions)
    ncd.check(verdict.certificate)


GRADIENTS: dict[str, tuple[Build, Build, tuple[tuple[Size, ...], ...]]] = {
    "49": (determinant, lambda x: multiply(spread(determinant(x), N), transposed(inverse(x))), (SQUARE,)),
    "57": (log_abs_det, lambda x: transposed(inverse(x)), (SQUARE,)),
    "56": (lambda x: log_abs_det(dot(transposed(x), x)), lambda x: scale(dot(x, inverse(dot(transposed(x), x))), 2), (TALL,)),
    "63": (lambda x, a: trace(dot(a, inverse(x))), lambda x, a: scale(transposed(dot(inverse(x), a, inverse(x))), -1), (SQUARE, SQUARE)),
    "125": (lambda x, c: trace(inverse(quadratic(x, c))),
            lambda x, c: scale(dot(add(c, transposed(c)), x, inverse(quadratic(x, c)), inverse(quadratic(x, c))), -2), (TALL, (M, M))),
}  # fmt: skip


@pytest.mark.parametrize("equation", GRADIENTS)
def test_derivatives_of_the_matrix_cookbook(equation: str) -> None:
    f, closed, sizes = GRADIENTS[equation]
    found = ncd.grad(graph(f, *sizes))
    verdict = ncd.prove(found, graph(closed, *sizes), timeout=20)
    assert verdict.status == "proved", verdict.reason
    wrong = ncd.prove(found, graph(lambda *xs: scale(closed(*xs), 2), *sizes), timeout=5)
    assert wrong.status == "refuted"


FALSE: dict[str, tuple[Build, Build, tuple[tuple[Size, ...], ...]]] = {
    "in the other order": (lambda a, b: inverse(dot(a, b)), lambda a, b: dot(inverse(a), inverse(b)), (SMALL, SMALL)),
    "a product that is not a matrix product": (lambda a, b: inverse(multiply(a, b)), lambda a, b: multiply(inverse(a), inverse(b)),
                                               (SMALL, SMALL)),
    "a projection is not the identity": (lambda x: dot(x, inverse(dot(transposed(x), x)), transposed(x)),
                                         lambda x: inverse(dot(unit(5), unit(5))), ((5, 3),)),
    "transposed": (lambda a: dot(a, transposed(inverse(a))), lambda a: dot(a, inverse(a)), (SMALL,)),
    "an odd determinant": (lambda a: determinant(scale(a, -1)), determinant, (SMALL,)),
    "a sum": (lambda a, b: determinant(add(a, b)), lambda a, b: add(determinant(a), determinant(b)), (SMALL, SMALL)),
    "a diagonal between": (lambda a, d: einsum("ij,j,jk->ik", inverse(a), d, a), lambda a, d: einsum("ij,j->ij", unit(3), d),
                           (SMALL, (3,))),
}  # fmt: skip


@pytest.mark.parametrize("name", FALSE)
def test_near_misses_are_refuted(name: str) -> None:
    lhs, rhs, sizes = FALSE[name]
    assert ncd.prove(graph(lhs, *sizes), graph(rhs, *sizes), timeout=5).status == "refuted"


def test_a_batch_of_matrices_cancels_by_itself() -> None:
    both = (lambda a: einsum("bij,bjk->bik", inverse(a), a), lambda a: einsum("bij,cjk->bik", inverse(a), a))
    eye = graph(lambda a: unit(3).at((whole(1, 3), whole(2, 3)), (2, 3, 3)), (2, 3, 3))
    found = [ncd.prove(graph(f, (2, 3, 3)), eye, timeout=5).status for f in both]
    assert found == ["proved", "refuted"]
