"""Conditions on programs of torch: what a person meets in print."""

from __future__ import annotations

import math
from typing import Any

import pytest

from proofs.prove import prove

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
SCORES, MASK = torch.zeros(2, 4, 4), torch.zeros(2, 4, dtype=torch.bool)
CAUSAL = torch.ones(4, 4).triu(1).bool()


def softmax_then_mask(scores: Any) -> Any:
    """Softmax, then the lower triangle, then each row over its sum."""
    kept = torch.tril(torch.softmax(scores, -1))
    return kept / (kept.sum(-1, keepdim=True) + 1e-9)


def mask_then_softmax(scores: Any) -> Any:
    return torch.softmax(scores.masked_fill(CAUSAL, -math.inf), -1)


def test_masking_after_softmax_is_masking_before_it() -> None:
    assert prove(softmax_then_mask, mask_then_softmax, (SCORES,)).status != "proved"
    verdict = prove(softmax_then_mask, mask_then_softmax, (SCORES,), assume=("eps = 0",))
    assert (verdict.status, verdict.assumptions) == ("proved", ("eps = 0: 1e-09 is read as 0",))


def test_without_renormalising_it_is_not() -> None:
    kept = prove(lambda s: torch.tril(torch.softmax(s, -1)), mask_then_softmax, (SCORES,))
    assert kept.status == "refuted"


def padded(scores: Any, mask: Any) -> Any:
    return torch.softmax(scores.masked_fill(~mask[:, None, :], -math.inf), -1).sum(-1)


def ones(scores: Any, mask: Any) -> Any:
    return torch.ones(2, 4)


def test_a_padded_row_adds_up_to_1_unless_all_is_padding() -> None:
    listed = prove(padded, ones, (SCORES, MASK))
    assert listed.status == "proved" and "is not 0" in " ".join(listed.assumptions)
    verdict = prove(padded, ones, (SCORES, MASK), assume=("rowsum(mask) > 0",))
    assert (verdict.status, verdict.assumptions) == ("proved", ("input(1, bool) has a positive sum in every row",))
    assert "assuming mask has a positive sum in every row" in str(verdict)


def test_a_mask_of_whole_numbers() -> None:
    def filled(scores: Any, mask: Any) -> Any:
        return torch.softmax(scores.masked_fill(mask[:, None, :] == 0, -math.inf), -1)

    def weighted(scores: Any, mask: Any) -> Any:
        weights = torch.exp(scores) * mask[:, None, :]
        return weights / weights.sum(-1, keepdim=True)

    numbers = (SCORES, torch.zeros(2, 4, dtype=torch.int64))
    assert prove(filled, weighted, numbers).status == "refuted"
    assert prove(filled, weighted, numbers, assume="mask in {0, 1}").assumptions == ("input(1, int) is 0 or 1",)


@pytest.mark.parametrize("eps", [1e-5, 1e-12])
def test_normalising_is_invariant_to_positive_scales(eps: float) -> None:
    def normal(x: Any) -> Any:
        return torch.nn.functional.normalize(x, dim=-1, eps=eps)

    assert prove(lambda x: normal(3 * x), normal, (SCORES,)).status != "proved"
    assert prove(lambda x: normal(3 * x), normal, (SCORES,), assume="eps = 0").status == "proved"
    assert prove(lambda x: normal(-3 * x), normal, (SCORES,), assume="eps = 0").status == "refuted"


def test_a_layer_at_its_first_weights() -> None:
    layer = torch.nn.LayerNorm(4)
    plain = lambda x: torch.nn.functional.layer_norm(x, (4,))  # noqa: E731
    given = ("weight = 1", "bias = 0")
    assert prove(layer, plain, (SCORES,)).status == "refuted"
    assert prove(layer, plain, (SCORES,), assume=given).assumptions == ("weight(bias, real) is 0", "weight(weight, real) is 1")
