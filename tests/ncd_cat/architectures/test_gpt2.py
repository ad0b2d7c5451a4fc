from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram, find
from ncd_cat.architectures.gpt2 import block, gpt2
from ncd_cat.axes import Axis
from ncd_cat.language import ty
from ncd_cat.weights import prefixed

torch = pytest.importorskip("torch")

from tests.architectures import is_twin, proves, survives_a_file  # noqa: E402
from tests.ncd_cat.architectures.sequences import drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn, F = torch.nn, torch.nn.functional


class Affine(nn.Module):
    """x·W + b, with W (in, out)."""

    def __init__(self, into: int, out: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.zeros(into, out)), nn.Parameter(torch.zeros(out))

    def forward(self, x: Any) -> Any:
        return x @ self.weight + self.bias


class Attention(nn.Module):
    def __init__(self, m: int, heads: int) -> None:
        super().__init__()
        self.heads, self.c_attn, self.c_proj = heads, Affine(m, 3 * m), Affine(m, m)

    def forward(self, x: Any) -> Any:
        q, k, v = (a.unflatten(-1, (self.heads, -1)).transpose(1, 2) for a in self.c_attn(x).chunk(3, -1))
        return self.c_proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, m: int, n: int) -> None:
        super().__init__()
        self.c_fc, self.c_proj = Affine(m, n), Affine(n, m)

    def forward(self, x: Any) -> Any:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    def __init__(self, m: int = 12, heads: int = 3, n: int = 10) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(m), nn.LayerNorm(m)
        self.attn, self.mlp = Attention(m, heads), FeedForward(m, n)

    def forward(self, x: Any) -> Any:
        x = x + self.attn(self.ln_1(x))
        return x + self.mlp(self.ln_2(x))


class GPT2(nn.Module):
    def __init__(self, words: int = 11, places: int = 8, m: int = 12) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(words, m), nn.Embedding(places, m)
        self.h, self.ln_f = nn.ModuleList([Block(m), Block(m)]), nn.LayerNorm(m)

    def forward(self, tokens: Any) -> Any:
        x = self.wte(tokens) + self.wpe(torch.arange(tokens.shape[1]))
        for layer in self.h:
            x = layer(x)
        return self.ln_f(x) @ self.wte.weight.T


def test_a_block_is_what_torch_computes() -> None:
    is_twin("gpt2-block", drawn(Block()), h=3, d=4, n=10)


def test_the_model_is_what_torch_computes() -> None:
    model, tokens = drawn(GPT2()), torch.randint(11, (2, 5), generator=torch.Generator().manual_seed(0))
    weights = {key: w.numpy() for key, w in model.state_dict().items()}
    (got,) = ncd.evaluate(find("gpt2"), [tokens.numpy()], weights=weights)
    np.testing.assert_allclose(got, model(tokens).detach().numpy(), rtol=1e-10, atol=1e-10)
    survives_a_file("gpt2")
    proves(diagram("gpt2-symbolic").resize(w=11, p=3, h=3, d=4, n=10), model, (tokens,))


def test_a_model_takes_weights_as_published() -> None:
    transformers = pytest.importorskip("transformers")
    config = transformers.GPT2Config(vocab_size=11, n_positions=8, n_embd=12, n_layer=2, n_head=3, n_inner=10, attn_implementation="eager")
    model, tokens = drawn(transformers.GPT2LMHeadModel(config)), torch.randint(11, (2, 5), generator=torch.Generator().manual_seed(1))
    built = gpt2(Axis("t", 5), Axis("words", 11), Axis("p", 8), Axis("m", 12), 3, Axis("n", 10), layers=2)
    found = prefixed(built.over("b"), "transformer.")
    (got,) = ncd.evaluate(found, [tokens.numpy()], weights={key: w.numpy() for key, w in model.state_dict().items()})
    np.testing.assert_allclose(got, model(tokens).logits.detach().numpy(), rtol=1e-10, atol=1e-10)


def test_a_later_token_changes_nothing_before_it() -> None:
    found = block(Axis("m", 12), 3, Axis("n", 10)).at(ty("t:5 m:12"))
    rng = np.random.default_rng(0)
    weights = {key: rng.normal(size=n.sizes) for key, n in found.graph.weights().items()}
    x = rng.normal(size=(5, 12))
    later = x + np.arange(5)[:, None] // 3
    (y,), (z,) = (ncd.evaluate(found, [a], weights=weights) for a in (x, later))
    np.testing.assert_array_equal(y[:3], z[:3])
    assert np.abs(y[3:] - z[3:]).min() > 1e-3
