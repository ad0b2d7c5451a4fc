"""Functors preserve composition, products and the structure, and check the types of their images."""

from __future__ import annotations

import pytest
from discopy import python as functions

from ncd_cat.axes import Axis
from ncd_cat.diagram import Box, Category, Diagram, Functor, Permutation, Swap, Ty
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.types import Array

A, B = Array((Axis("q", 3), Axis("k", 4))), Array((Axis("k", 4),), "float64")
X, Y = Ty(A), Ty(B)
f, g = Box("f", X, Y), Box("g", Y, X)


def test_functors_preserve_everything() -> None:
    swapped = Functor(lambda x: Y if x == X else X, lambda b: Box(b.name + "'", swapped(b.dom), swapped(b.cod)))
    for d in (f >> g, f @ g, Diagram.copy(X @ Y), Diagram.discard(X), Swap(X, Y), Permutation((1, 2, 0), X @ Y @ Y), f.block("mlp")):
        image = swapped(d)
        assert (image.dom, image.cod) == (swapped(d.dom), swapped(d.cod))
    assert swapped(f >> g) == swapped(f) >> swapped(g)
    assert swapped(f @ g) == swapped(f) @ swapped(g)
    assert swapped(Diagram.id(X)) == Diagram.id(Y)
    assert swapped((f >> g).block("mlp")) == (swapped(f) >> swapped(g)).block("mlp")


def test_functors_map_one_wire_to_several() -> None:
    double = Functor(lambda x: x @ x, lambda b: b @ b if len(b.dom) == len(b.cod) == 1 else b)
    assert double(Swap(X, Y)).graph.same_as(Diagram.swap(X @ X, Y @ Y).graph)
    image = double(Permutation((1, 2, 0), X @ Y @ X))
    assert image.cod == double(Y @ X @ X)
    assert double(f >> g).graph.same_as(((f @ f) >> (g @ g)).graph)


def test_functors_preserve_broadcasts() -> None:
    named = Functor(lambda x: x, lambda b: Box(b.name.upper(), b.dom, b.cod))
    image = named((f >> g).broadcast(Axis("b", 2)))
    assert image == (Box("F", X, Y) >> Box("G", Y, X)).broadcast(Axis("b", 2))


def test_a_functor_with_an_image_of_another_type_is_refused() -> None:
    wrong = Functor(lambda x: x, lambda b: g)
    with pytest.raises(TypeMismatch, match="the functor sends f to"):
        wrong(f)


def test_functors_into_python_functions() -> None:
    numbers = Functor(
        lambda x: (float,), {f: lambda x: x + 1, g: lambda x: 2 * x}, cod=Category(tuple, functions.Function)
    )
    assert numbers((f >> g).block("mlp"))(3.0) == 8.0
    with pytest.raises(UnsupportedOp, match="no broadcast in the codomain"):
        numbers(f.broadcast(Axis("b", 2)))
