from __future__ import annotations

from typing import Any

import pytest

from ncd_cat.architectures import find

torch = pytest.importorskip("torch")

from tests.architectures import agrees, is_twin, proves, survives_a_file  # noqa: E402
from tests.ncd_cat.architectures.sequences import drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn, F = torch.nn, torch.nn.functional


def neighbours_turned(x: Any, cos: Any, sin: Any) -> Any:
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack([a * cos - b * sin, b * cos + a * sin], -1).flatten(-2)


class LatentAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        m, heads, key, turned, value, queries, latent = 14, 3, 7, 8, 6, 10, 9
        self.heads, self.key, self.turned, self.value, self.latent = heads, key, turned, value, latent
        self.q_a_proj, self.q_a_layernorm = nn.Linear(m, queries, bias=False), nn.RMSNorm(queries, 1e-6)
        self.q_b_proj = nn.Linear(queries, heads * (key + turned), bias=False)
        self.kv_a_proj_with_mqa, self.kv_a_layernorm = nn.Linear(m, latent + turned, bias=False), nn.RMSNorm(latent, 1e-6)
        self.kv_b_proj = nn.Linear(latent, heads * (key + value), bias=False)
        self.o_proj = nn.Linear(heads * value, m, bias=False)

    def forward(self, x: Any, cos: Any, sin: Any) -> Any:
        q = self.q_b_proj(self.q_a_layernorm(self.q_a_proj(x))).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        q, turned_q = q.split([self.key, self.turned], -1)
        latent, turned_k = self.kv_a_proj_with_mqa(x).split([self.latent, self.turned], -1)
        kv = self.kv_b_proj(self.kv_a_layernorm(latent)).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        k, v = kv.split([self.key, self.value], -1)
        turned_k = neighbours_turned(turned_k, cos, sin)[:, None].expand(-1, self.heads, -1, -1)
        q = torch.cat([q, neighbours_turned(turned_q, cos, sin)], -1)
        y = F.scaled_dot_product_attention(q, torch.cat([k, turned_k], -1), v, is_causal=True)
        return self.o_proj(y.transpose(1, 2).flatten(2))


def test_the_expanded_form_is_what_torch_computes() -> None:
    is_twin("latent-attention", drawn(LatentAttention()), h=3, d=7, e=6, n=10, l=9)


def test_the_absorbed_form_computes_what_torch_does() -> None:
    agrees(find("latent-attention-absorbed"), drawn(LatentAttention()))
    survives_a_file("latent-attention-absorbed")


def test_queries_may_meet_the_latents_themselves_at_all_sizes() -> None:
    proves(find("latent-attention-symbolic"), find("latent-attention-absorbed-symbolic"))


def test_the_two_forms_are_equal_at_sizes() -> None:
    proves(find("latent-attention"), find("latent-attention-absorbed"))
