"""Polynomials are equal if their monomials are: adapters merged into a weight, in number, and what is no polynomial."""

from __future__ import annotations

from functools import reduce

import pytest

from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import add, einsum, view
from ncd_cat.types import Array
from proofs.prove import prove
from rewrites.normal_form import Normaliser
from rewrites.polynomial_form import multiplied, polynomials
from rewrites.strategy import LEVELS

X, W = source(Input(0), (2, 5)), source(Weight("w"), (5, 7))


def graph(output: Value) -> Graph:
    return Graph((Array.of((2, 5), "float64"),), (Array.of(output.sizes, "float64"),), (output,))


def adapted(count: int, merged: bool) -> Graph:
    """x(W + Σ AB), or xW + Σ (xA)B, the last adapter first."""
    pairs = [(source(Weight(f"a{k}"), (5, 3)), source(Weight(f"b{k}"), (3, 7))) for k in range(count)]
    if merged:
        return graph(einsum("ij,jk->ik", X, reduce(add, [einsum("ij,jk->ik", a, b) for a, b in pairs], W)))
    parts = [einsum("ij,jk->ik", einsum("ij,jk->ik", X, a), b) for a, b in reversed(pairs)]
    return graph(reduce(add, parts, einsum("ij,jk->ik", X, W)))


@pytest.mark.parametrize("count", [1, 4, 40])
def test_adapters_merge_by_one_rule_a_side(count: int) -> None:
    found = prove(adapted(count, True), adapted(count, False))
    assert found.status == "proved" and found.steps == 2
    assert found.certificate is not None and "multiply_out" in found.certificate.rules


def test_an_adapter_that_is_missing_is_seen() -> None:
    assert prove(adapted(3, True), adapted(2, False)).status == "refuted"


def test_what_is_no_polynomial_or_too_large_is_left_to_the_levels() -> None:
    assert not polynomials(graph(Tanh()(X)).nodes()) and polynomials(adapted(2, True).nodes())
    nf = Normaliser(LEVELS[0])
    assert multiplied(view(adapted(64, True).outputs[0]), nf) is None
    assert multiplied(view(adapted(4, True).outputs[0]), nf) is not None
