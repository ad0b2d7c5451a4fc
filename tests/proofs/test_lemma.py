"""Theorems as lemmas: they help where the search alone gives up, at any depth and under broadcasts, and never with what is false."""

from __future__ import annotations

from typing import Any

import pytest

from ncd_cat.graph import Value
from ncd_cat.language import attention, diagram, einsum, layer_norm, masked, order, relu, rename, softmax, split, tanh
from proofs.check import statement_of
from proofs.prove import prove
from proofs.theorems import find
from proofs.theorems.attention_parts import blocks, whole
from proofs.theorems.lemma import prove_by
from proofs.theorems.occurrence import occurrence
from proofs.theorems.theorem import Theorem

SHIFT = Theorem("shift", "softmax(x + 2) = softmax(x).", "folklore", "k", lambda x: softmax(x + 2, "k"), softmax("k"), tanh)
FALSE = Theorem("false", "softmax(2x) = softmax(x).", "a mistake", "k", lambda x: softmax(x * 2, "k"), softmax("k"), tanh)


def layers(attend: Any, n: int) -> Any:
    """n layers of attention to two blocks of keys, which all layers share."""

    def model(x: Any, k1: Any, v1: Any, k2: Any, v2: Any) -> Any:
        for _ in range(n):
            x = x + tanh(rename(attend(x, k1, rename(v1, d="e"), k2, rename(v2, d="e")), e="d"))
        return x

    return diagram("t d, u d, u d, w d, w d")(model)


def checked(verdict: Any, lhs: Any, rhs: Any) -> Any:
    """The rules of a proof, which is of the two diagrams given."""
    assert verdict.status == "proved"
    statement = statement_of(verdict.certificate)
    assert statement.lhs.same_as(lhs.graph) and statement.rhs.same_as(rhs.graph)
    return verdict.certificate.rules


def test_each_layer_of_a_deep_model_is_the_lemma_again() -> None:
    lhs, rhs = layers(whole, 6), layers(blocks(True), 6)
    verdict = prove_by(lhs, rhs, find("online-softmax"))
    assert "hold" in checked(verdict, lhs, rhs)
    assert verdict.notes == ("by theorem online-softmax, 12 times",)


def test_the_proof_of_the_lemma_is_found_once() -> None:
    steps = []
    for n in (1, 2, 3):
        verdict = prove_by(layers(whole, n), layers(blocks(True), n), find("online-softmax"))
        steps.append(verdict.steps)
    assert steps[2] - steps[1] <= steps[1] - steps[0] + 40  # the certificate grows by as much with each layer


def test_a_deep_model_with_one_wrong_layer() -> None:
    def wrong(*given: Any) -> Any:
        return rename(relu(whole(*given)), {})

    assert prove_by(layers(wrong, 2), layers(blocks(True), 2), find("online-softmax")).status == "refuted"


@pytest.mark.parametrize("axes", ["k", "b k", "b c k"])
def test_under_a_broadcast(axes: str) -> None:
    lhs = diagram(axes)(lambda x: tanh(softmax(tanh(x) + 2, "k")))
    rhs = diagram(axes)(lambda x: tanh(softmax(tanh(x), "k")))
    verdict = prove_by(lhs, rhs, SHIFT)
    checked(verdict, lhs, rhs)
    assert verdict.notes == ("by theorem shift, 2 times",)


def test_on_heads_that_are_split_off() -> None:
    def heads(wrap: Any) -> Any:
        def model(x: Any, b: Any) -> Any:
            q, k, v = (order(split(f(x), "m -> (h d)", h=2), "h t d") for f in (tanh, relu, layer_norm("m")))
            return wrap(q, rename(k, t="u"), rename(v, t="u", d="e"), b)

        return diagram("t m:12, h:2 d:6")(model)

    biased = heads(lambda q, k, v, b: find("key-bias").lhs.over("h:2")(q, k, v, b))
    plain = heads(lambda q, k, v, b: attention(q, k, v))
    verdict = prove_by(biased, plain, find("key-bias"))
    checked(verdict, biased, plain)
    assert verdict.notes == ("by theorem key-bias, 1 times",)


def test_where_no_side_occurs_the_search_goes_on_alone() -> None:
    lhs, rhs = diagram("k")(lambda x: tanh(x + x)), diagram("k")(lambda x: tanh(x * 2))
    verdict = prove_by(lhs, rhs, SHIFT)
    checked(verdict, lhs, rhs)
    assert verdict.notes == ()


def test_a_lemma_that_is_false_is_not_used() -> None:
    lhs, rhs = diagram("k")(lambda x: tanh(softmax(x * 2, "k"))), diagram("k")(lambda x: tanh(softmax(x, "k")))
    assert prove_by(lhs, rhs, FALSE).status == "refuted"


def test_a_lemma_about_reals_at_scores_that_are_masked() -> None:
    lhs = diagram("q k, bool[q k]")(lambda x, m: softmax(masked(x, m) + 2, "k"))
    rhs = diagram("q k, bool[q k]")(lambda x, m: softmax(masked(x, m), "k"))
    assert prove_by(lhs, rhs, SHIFT).status == prove(lhs, rhs).status


def test_an_occurrence_gives_back_the_node() -> None:
    side = SHIFT.lhs.graph
    (output,) = diagram("b k")(lambda x: softmax(relu(x) + 2, "k")).graph.outputs
    found = occurrence(side, output.node)
    assert found is not None and [v.node.op.glyph for v in found.values] == [relu.at("k").graph.outputs[0].node.op.glyph]
    assert found.at(side, output.node) and found.made(side, found.values) == Value.of(output.node)
    (other,) = diagram("b k")(lambda x: softmax(x * 2, "k")).graph.outputs
    seen = occurrence(side, other.node)
    assert seen is None or not seen.at(side, other.node)
    (product,) = einsum("a b, b c -> a c").graph.outputs
    assert occurrence(side, product.node) is None
