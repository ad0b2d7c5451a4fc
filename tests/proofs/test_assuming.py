"""Assumptions that a person states, and weights of one side in those of the other."""

from __future__ import annotations

from fractions import Fraction

import pytest

from ncd_cat.axes import Axis
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Relu
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import einsum, multiply
from ncd_cat.ops.pointwise import Power
from ncd_cat.types import Array
from proofs.prove import prove

N, ROOT = 4, Power(Fraction(1, 2))
X = source(Input(0), (N,))
LINE = (Array((Axis("x", N),), "float64", "x"),)


def graph(y: Value, dom: tuple[Array, ...] = LINE) -> Graph:
    return Graph(dom, (Array.of(y.sizes, "float64"),), (y,))


@pytest.mark.parametrize("y", [ROOT(multiply(X, X)), Relu()(X)])
def test_a_positive_input(y: Value) -> None:
    assert prove(graph(y), graph(X)).status == "refuted"
    verdict = prove(graph(y), graph(X), assume=("x > 0",))
    assert (verdict.status, verdict.assumptions) == ("proved", ("input(0, real) is positive",))


def test_a_positive_weight_and_slices_of_it() -> None:
    w = source(Weight("w"), (N,))
    part = w.at(((1, ((1, 0, 1, 3),)),), (3,))
    verdict = prove(graph(Relu()(part)), graph(part), assume=("w > 0",))
    assert (verdict.status, verdict.assumptions) == ("proved", ("weight(w, real) is positive",))


@pytest.mark.parametrize(("text", "said"), [("x < 0", "is not of one of the forms"), ("y > 0", "no input or weight 'y'; there are 'x'")])
def test_other_assumptions_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        prove(graph(X), graph(X), assume=(text,))


# ---- weights in terms of others -----------------------------------------------------------------------------------


def product(w: Value) -> Graph:
    x = source(Input(0), (3,))
    return graph(einsum("i,oi->o", x, w), (Array((Axis("x", 3),), "float64", "x"),))


A, B, ALL = source(Weight("a"), (2, 3)), source(Weight("b"), (4, 3)), source(Weight("all"), (6, 3))
APART, TOGETHER = product(concatenate([A, B], 0)), product(ALL)


def test_a_fused_weight_is_a_concatenation() -> None:
    assert prove(APART, TOGETHER, params={"all": "concat(a, b)"}).status == "proved"
    assert prove(product(A), product(source(Weight("t"), (2, 3))), params={"t": "a"}).status == "proved"
    turned = product(source(Weight("t"), (3, 2)).at(((0, ((1, 1, 1, 3),)), (0, ((1, 0, 1, 2),))), (2, 3)))
    assert prove(product(A), turned, params={"t": "transpose(a)"}).status == "proved"


@pytest.mark.parametrize(("text", "said"), [
    ("concat(b, b)", r"has sizes \(8, 3\), the weight 'all' of rhs has sizes \(6, 3\)"),
    ("concat(a, c)", "lhs has no weight 'c'"),
    ("transpose(a, b)", r"does not fit weights of sizes \(2, 3\), \(4, 3\)"),
    ("c", "lhs has no weight 'c'"),
])  # fmt: skip
def test_expressions_that_do_not_fit_are_refused(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        prove(APART, TOGETHER, params={"all": text})


def test_parts_in_the_other_order_are_refuted() -> None:
    both = product(concatenate([B, A], 0))
    assert prove(APART, TOGETHER, params={"all": "concat(a, b)"}).status == "proved"
    assert prove(both, TOGETHER, params={"all": "concat(a, b)"}).status == "refuted"
