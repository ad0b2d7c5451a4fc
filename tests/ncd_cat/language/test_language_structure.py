"""Bending wires: transposes of linear maps, on chosen axes, and the maps whose wires do not bend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.errors import TypeMismatch
from ncd_cat.testing import assert_equivalent

F = ncd.linear("a", "b:3 c:2", name="F", bias=False).at("float64[a:4]")
W = np.arange(24.0).reshape(6, 4)


def test_the_transpose_of_a_map_has_the_transposed_matrix() -> None:
    g = ncd.transpose(F)
    assert (g.dom, g.cod) == (ncd.ty("float64[b:3 c:2]"), ncd.ty("float64[a:4]"))
    y = np.random.default_rng(0).normal(size=(3, 2))
    np.testing.assert_allclose(ncd.evaluate(g, [y], weights={"F.weight": W})[0], W.T @ y.reshape(6))


@pytest.mark.parametrize(("axes", "dom", "cod"), [
    ("b", "b:3 a:4", "c:2"), ("c", "c:2 a:4", "b:3"), ("a", "", "a:4 b:3 c:2"), ("a b", "b:3", "a:4 c:2"), ("b c", "b:3 c:2 a:4", ""),
])  # fmt: skip
def test_each_axis_that_is_named_moves_to_the_other_side(axes: str, dom: str, cod: str) -> None:
    g = ncd.transpose(F, *axes.split())
    assert (g.dom, g.cod) == (ncd.ty(f"float64[{dom}]"), ncd.ty(f"float64[{cod}]"))
    tensor = W.reshape(3, 2, 4)
    ins, outs = [[a.split(":")[0] for a in side.split()] for side in (dom, cod)]
    x = np.random.default_rng(1).normal(size=g.dom.inside[0].sizes)
    wanted = np.einsum(f"bca,{''.join(ins)}->{''.join(outs)}", tensor, x)
    np.testing.assert_allclose(ncd.evaluate(g, [x], weights={"F.weight": W})[0], wanted)


def test_moving_back_and_forth_is_nothing() -> None:
    for axes in (("b",), ("a",), ("a", "b"), ()):
        there = ncd.transpose(F, *axes)
        back = ncd.transpose(there, *axes)
        assert back.dom == F.dom
        assert_equivalent(back >> ncd.order("b c"), F)


def test_reindexings_transpose_to_sums() -> None:
    repeat = ncd.repeat("b:3").at("float64[a:2]")
    assert_equivalent(ncd.transpose(repeat), ncd.total("b").at("float64[b:3 a:2]"))
    assert_equivalent(ncd.transpose(ncd.cut("a", 1, 2).at("float64[a:4]")), ncd.pad("a", (1, 1)).at("float64[a:2]"))
    assert_equivalent(ncd.transpose(ncd.flip("a").at("float64[a:4]")), ncd.flip("a").at("float64[a:4]"))


BENT: dict[str, tuple[Callable[[], Any], str]] = {
    "softmax": (lambda: ncd.softmax("k").at("k"), "transpose: softmax .* is not linear in its input, so its wires do not bend"),
    "an affine map": (lambda: ncd.linear("k", "n:2", name="f").at("k:3"), "is not linear in its input"),
    "a square": (lambda: ncd.square.at("k"), "is not linear in its input"),
    "a constant": (lambda: ncd.diagram("k")(lambda x: ncd.weight("w", "n:2")), "an output does not depend on the input"),
    "two inputs": (lambda: ncd.einsum("q d, k d -> q k"), "has 2 inputs and 1 outputs, it needs one of each"),
    "a copy": (lambda: ncd.copy("k"), "has 1 inputs and 2 outputs"),
    "a family": (lambda: ncd.total("k"), r"transpose: total\('k'\) is a family; take it at a type"),
    "another axis": (lambda: F, "has no axis z"),
}


@pytest.mark.parametrize("name", BENT)
def test_maps_that_do_not_bend_are_refused(name: str) -> None:
    build, message = BENT[name]
    with pytest.raises(TypeMismatch, match=message):
        ncd.transpose(build(), *(["z"] if name == "another axis" else []))
