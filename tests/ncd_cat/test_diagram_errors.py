"""What is no diagram is refused, in terms of wires, axes and sizes."""

from __future__ import annotations

from typing import Any

import pytest
from discopy import monoidal

from ncd_cat.axes import Axis, whole
from ncd_cat.diagram import EMPTY, Box, Copy, Diagram, Layer, Merge, Operation, Permutation, Reindex, Ty
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Input, source
from ncd_cat.ops.pointwise import Exp, Maximum
from ncd_cat.ops.softmax import Softmax
from ncd_cat.types import Array

A, B = Array((Axis("q", 3), Axis("k", 4))), Array((Axis("k", 4),), "float64")
X, Y = Ty(A), Ty(B)
f, g = Box("f", X, Y), Box("g", Y, X)


def test_a_size_that_differs_is_named() -> None:
    other = Box("g", Array((Axis("q", 3), Axis("k", 5))), Y)
    with pytest.raises(TypeMismatch) as error:
        g >> other
    assert str(error.value) == (
        "g does not compose with g: wire 0 is float32[q:3 k:4], but float32[q:3 k:5] is taken; axis k has sizes 4 and 5")  # fmt: skip


@pytest.mark.parametrize(
    ("taken", "message"),
    [
        (X @ X, "the first gives 1 wire, the second takes 2"),
        (EMPTY, "the first gives 1 wire, the second takes 0"),
        (Ty(Array((Axis("q", 3), Axis("u", 4)))), "axis 1 is k (size 4) on the one side and u (size 4) on the other"),
        (Ty(Array(A.axes, "int64")), "wire 0 is float32[q:3 k:4], but int64[q:3 k:4] is taken"),
        (Ty(Array(A.axes[:1])), "wire 0 is float32[q:3 k:4], but float32[q:3] is taken"),
    ],
)
def test_other_differences_are_named(taken: Ty, message: str) -> None:
    with pytest.raises(TypeMismatch, match="does not compose") as error:
        g >> Box("f", taken, Y)
    assert str(error.value).endswith(message)


def test_long_diagrams_are_abbreviated_in_errors() -> None:
    long = Diagram.id(X).then(*[f, g] * 20)
    with pytest.raises(TypeMismatch, match="f >> … >> g does not compose with g: ") as error:
        long >> g
    assert len(str(error.value)) < 300


def test_what_is_no_diagram_does_not_compose() -> None:
    with pytest.raises(TypeMismatch, match="3 is no diagram"):
        f >> 3
    with pytest.raises(TypeMismatch, match="is no diagram"):
        f.tensor(monoidal.Box("f", monoidal.Ty("x"), monoidal.Ty("x")))
    with pytest.raises(TypeMismatch, match="does not compose"):
        Diagram((Layer(EMPTY, f, EMPTY), Layer(EMPTY, f, EMPTY)), X, Y)


def test_values_that_do_not_fit_are_refused() -> None:
    with pytest.raises(TypeMismatch, match=r"f takes float32\[q:3 k:4\], it was given sizes \(2,\)"):
        f(source(Input(0), (2,)))


def test_boxes_refuse_what_is_ill_typed() -> None:
    with pytest.raises(TypeMismatch, match="outside its size"):
        Reindex(B, Array.of((9,)), (whole(0, 9),))
    with pytest.raises(TypeMismatch, match="softmax"):
        Operation(Softmax(5), X, X)
    with pytest.raises(TypeMismatch, match="operands"):
        Operation(Maximum(), X, X, [(whole(0, 3), whole(1, 4))])
    with pytest.raises(TypeMismatch, match="2 outputs"):
        Operation((Exp(), Exp()), X, X)
    with pytest.raises(TypeMismatch, match="of one wire"):
        Copy(X @ X)
    with pytest.raises(TypeMismatch, match="has an axis q already"):
        f.broadcast(Axis("q", 2))
    with pytest.raises(ValueError, match="permutes no wires"):
        Diagram.permutation([0, 0], X @ X)
    with pytest.raises(ValueError, match="permutes no wires"):
        Permutation([0], X @ X)


REFUSED = {
    "merge": lambda: Diagram.merge(X), "dagger of a copy": Copy(X).dagger, "Merge": lambda: Merge(X), "sum": lambda: f + f,
    "spider": lambda: Diagram.spider_factory(2, 1, X), "zero": lambda: Diagram.zero(X, Y), "trace": (f >> g).trace,
    "bubble": f.bubble, "dagger": lambda: f[::-1], "dagger of a diagram": (f >> g).dagger,
    "dagger of a slice": Reindex(B, Array.of((2,)), (whole(0, 2),)).dagger, "hypergraph": f.to_hypergraph,
    "dagger of a repeat": Reindex(B, A, (whole(1, 4),)).dagger,
}  # fmt: skip


@pytest.mark.parametrize("make", REFUSED.values(), ids=REFUSED)
def test_what_has_no_meaning_is_refused(make: Any) -> None:
    with pytest.raises(UnsupportedOp, match=r"no |use"):
        make()
