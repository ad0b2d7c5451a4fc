from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram, find
from ncd_cat.architectures.llama import angles, block, grouped, turn
from ncd_cat.axes import Axis
from ncd_cat.language import attention, einsum, literal, merge, order, repeat, split, ty
from ncd_cat.language import diagram as traced
from ncd_cat.sizes import symbol

torch = pytest.importorskip("torch")

from tests.architectures import is_twin, proves, survives_a_file  # noqa: E402
from tests.ncd_cat.architectures.sequences import drawn, turned  # noqa: E402

pytestmark = pytest.mark.torch
nn, F = torch.nn, torch.nn.functional


class Attention(nn.Module):
    def __init__(self, m: int, groups: int, heads: int, width: int) -> None:
        super().__init__()
        self.heads, self.width = heads, width
        self.q_proj = nn.Linear(m, groups * heads * width, bias=False)
        self.k_proj, self.v_proj = (nn.Linear(m, groups * width, bias=False) for _ in range(2))
        self.o_proj = nn.Linear(groups * heads * width, m, bias=False)

    def forward(self, x: Any, cos: Any, sin: Any) -> Any:
        q, k, v = (f(x).unflatten(-1, (-1, self.width)).transpose(1, 2) for f in (self.q_proj, self.k_proj, self.v_proj))
        q, k = turned(q, cos, sin), turned(k, cos, sin)
        k, v = (a.repeat_interleave(self.heads, 1) for a in (k, v))
        return self.o_proj(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))


class FeedForward(nn.Module):
    def __init__(self, m: int, n: int) -> None:
        super().__init__()
        self.gate_proj, self.up_proj, self.down_proj = (nn.Linear(a, b, bias=False) for a, b in ((m, n), (m, n), (n, m)))

    def forward(self, x: Any) -> Any:
        return self.down_proj(F.silu(self.gate_proj(x)) * self.up_proj(x))


class Block(nn.Module):
    def __init__(self, m: int = 14, groups: int = 2, heads: int = 3, width: int = 8, n: int = 10) -> None:
        super().__init__()
        self.self_attn, self.mlp = Attention(m, groups, heads, width), FeedForward(m, n)
        self.input_layernorm, self.post_attention_layernorm = nn.RMSNorm(m, 1e-6), nn.RMSNorm(m, 1e-6)

    def forward(self, x: Any, cos: Any, sin: Any) -> Any:
        x = x + self.self_attn(self.input_layernorm(x), cos, sin)
        return x + self.mlp(self.post_attention_layernorm(x))


class Placed(Block):
    def __init__(self) -> None:
        super().__init__(width=6)
        cos, sin = ncd.evaluate(angles(5, 6), [])
        self.cos, self.sin = torch.from_numpy(cos), torch.from_numpy(sin)

    def forward(self, x: Any) -> Any:
        return super().forward(x, self.cos, self.sin)


def test_a_block_is_what_torch_computes() -> None:
    is_twin("llama-block", drawn(Block()), g=2, r=3, n=10)


def test_a_block_whose_angles_are_constants_is_what_torch_computes() -> None:
    model = drawn(Placed())
    is_twin("llama-block-placed", model)


def test_angles_are_those_of_their_formula() -> None:
    cos, sin = ncd.evaluate(angles(5, 6, base=100.0), [])
    for t in range(5):
        for c in range(3):
            angle = t * 100.0 ** (-2 * c / 6)
            np.testing.assert_allclose([cos[t, c], sin[t, c]], [np.cos(angle), np.sin(angle)], rtol=1e-12)


def test_a_block_takes_weights_as_published() -> None:
    llama = pytest.importorskip("transformers.models.llama.modeling_llama")
    config = llama.LlamaConfig(hidden_size=12, intermediate_size=10, num_attention_heads=4, num_key_value_heads=2, num_hidden_layers=1,
                               head_dim=6, attn_implementation="eager", vocab_size=11, rms_norm_eps=1e-6)  # fmt: skip
    model = drawn(llama.LlamaDecoderLayer(config, 0))
    x = torch.randn(2, 5, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    cos, sin = (torch.from_numpy(a) for a in ncd.evaluate(angles(5, 6), []))
    mask = nn.Transformer.generate_square_subsequent_mask(5, dtype=torch.float64)[None, None]
    both = tuple([torch.cat([a, a], -1)[None] for a in (cos, sin)])
    wanted = model(x, attention_mask=mask, position_embeddings=both)
    m, g, r, d, n = (Axis(name, size) for name, size in (("m", 12), ("g", 2), ("r", 2), ("d", 6), ("n", 10)))
    found = block(m, g, r, d, n).at(ty("t:5 m:12, t:5 c:3, t:5 c:3")).over("b:2", wires=(0,))
    (got,) = ncd.evaluate(found, [a.numpy() for a in (x, cos, sin)], weights={key: w.numpy() for key, w in model.state_dict().items()})
    np.testing.assert_allclose(got, wanted.detach().numpy(), rtol=1e-5, atol=1e-5)  # its norms are computed in float32


def test_turning_is_multiplication_of_complex_numbers() -> None:
    rng = np.random.default_rng(0)
    x, angle = rng.normal(size=(2, 5, 6)), rng.normal(size=(5, 3))
    (y,) = ncd.evaluate(turn().at(ty("h:2 t:5 d:6, t:5 c:3, t:5 c:3")), [x, np.cos(angle), np.sin(angle)])
    z = (x[..., :3] + 1j * x[..., 3:]) * np.exp(1j * angle)
    np.testing.assert_allclose(y, np.concatenate([z.real, z.imag], -1), rtol=1e-12, atol=1e-12)
    (y,) = ncd.evaluate(turn("(c i)").at(ty("h:2 t:5 d:6, t:5 c:3, t:5 c:3")), [x, np.cos(angle), np.sin(angle)])
    z = (x[..., ::2] + 1j * x[..., 1::2]) * np.exp(1j * angle)
    np.testing.assert_allclose(y, np.stack([z.real, z.imag], -1).reshape(2, 5, 6), rtol=1e-12, atol=1e-12)


def test_turning_is_a_contraction_with_the_complex_structure() -> None:
    @traced("h t d, t c, t c -> h t d", d=symbol("c") * 2)
    def contracted(x: Any, cos: Any, sin: Any) -> Any:
        z = order(split(x, "d -> (i c)", i=2), "h t c i")
        j = literal([[0.0, -1.0], [1.0, 0.0]], "j i")
        y = einsum("h t c j, t c -> h t c j", z, cos) + einsum("h t c i, t c, j i -> h t c j", z, sin, j)
        return merge(order(y, "h t j c"), "(j c) -> d")

    proves(contracted, turn().at(contracted.dom))


def test_scores_of_turned_vectors_see_differences_of_places() -> None:
    """⟨R(t) q, R(u) k⟩ = ⟨R(t + s) q, R(u + s) k⟩."""
    rng = np.random.default_rng(0)
    q, k = rng.normal(size=(2, 1, 1, 6))
    cos, sin = ncd.evaluate(angles(9, 6), [])
    f = turn().at(ty("h:1 t:1 d:6, t:1 c:3, t:1 c:3"))

    def score(t: int, u: int) -> float:
        left, right = (ncd.evaluate(f, [x, cos[[s]], sin[[s]]])[0].ravel() for x, s in ((q, t), (k, u)))
        return float(left @ right)

    np.testing.assert_allclose(score(2, 1), score(6, 5), rtol=1e-12)
    assert abs(score(2, 1) - score(3, 1)) > 1e-6


def test_grouped_heads_are_heads_with_repeated_keys() -> None:
    @traced("g r t d, g u d, g u e -> g r t e")
    def repeated(q: Any, k: Any, v: Any) -> Any:
        k, v = (order(repeat(a, Axis("r", q.size("r"))), f"g r {a.names[1]} {a.names[2]}") for a in (k, v))
        return attention(q, k, v, causal=True)

    proves(repeated, grouped())


def test_the_symbolic_block_is_the_one_at_sizes() -> None:
    sized = diagram("llama-block-symbolic").resize(b=2, t=5, c=4, m=14, g=2, r=3, n=10)
    assert sized.graph.same_as(find("llama-block"))
    survives_a_file("llama-block-symbolic")
