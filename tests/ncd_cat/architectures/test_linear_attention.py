from __future__ import annotations

from typing import Any

import pytest

from ncd_cat.architectures import find

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin, proves, survives_a_file  # noqa: E402

pytestmark = pytest.mark.torch
F = torch.nn.functional


def by_scores(q: Any, k: Any, v: Any) -> Any:
    scores = (F.elu(q) + 1) @ (F.elu(k) + 1).T
    return scores @ v / scores.sum(-1, keepdim=True)


def by_sums(q: Any, k: Any, v: Any) -> Any:
    q, k = F.elu(q) + 1, F.elu(k) + 1
    return q @ (k.T @ v) / (q @ k.sum(0))[:, None]


def causal_by_scores(q: Any, k: Any, v: Any) -> Any:
    scores = ((F.elu(q) + 1) @ (F.elu(k) + 1).T).tril()
    return scores @ v / scores.sum(-1, keepdim=True)


def causal_by_steps(q: Any, k: Any, v: Any) -> Any:
    q, k, rows = F.elu(q) + 1, F.elu(k) + 1, []
    sums, norms = q.new_zeros(k.shape[1], v.shape[1]), q.new_zeros(k.shape[1])
    for t in range(len(q)):
        sums, norms = sums + torch.outer(k[t], v[t]), norms + k[t]
        rows.append(q[t] @ sums / (q[t] @ norms))
    return torch.stack(rows)


TWINS = {
    "linear-attention": by_sums,
    "linear-attention-scores": by_scores,
    "linear-attention-causal-scores": causal_by_scores,
    "linear-attention-causal-steps": causal_by_steps,
}


@pytest.mark.parametrize("name", TWINS)
def test_is_what_torch_computes(name: str) -> None:
    is_twin(name, TWINS[name])


def test_sums_so_far_compute_what_torch_does() -> None:
    agrees(find("linear-attention-causal"), causal_by_scores)
    survives_a_file("linear-attention-causal")


def test_the_sums_change_places_at_all_sizes() -> None:
    proves(find("linear-attention-symbolic"), find("linear-attention-scores-symbolic"))


def test_the_loop_has_the_sums_so_far_as_its_state_for_any_number_of_steps() -> None:
    proves(find("linear-attention-causal-symbolic"), find("linear-attention-causal-steps-symbolic"))


def test_a_mask_on_scores_is_a_sum_so_far() -> None:
    proves(find("linear-attention-causal"), find("linear-attention-causal-scores"))
