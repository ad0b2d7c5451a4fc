from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import diagram
from ncd_cat.architectures.diffusion_transformer import diffusion_transformer
from ncd_cat.axes import Axis
from ncd_cat.language import ty

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from tests.architectures import agrees, is_twin  # noqa: E402
from tests.ncd_cat.architectures.twins_images import drawn  # noqa: E402

pytestmark = pytest.mark.torch


def modulate(x: Any, shift: Any, scale: Any) -> Any:
    return x * (1 + scale.unsqueeze(1)) + shift.unsqueeze(1)


class Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv, self.proj = nn.Linear(width, 3 * width), nn.Linear(width, width)

    def forward(self, x: Any) -> Any:
        b, n, c = x.shape
        q, k, v = self.qkv(x).reshape(b, n, 3, self.heads, c // self.heads).permute(2, 0, 3, 1, 4).unbind(0)
        return self.proj(F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(b, n, c))


class Block(nn.Module):
    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = (nn.LayerNorm(width, eps=1e-6, elementwise_affine=False) for _ in range(2))
        self.attn = Attention(width, heads)
        self.mlp = nn.ModuleDict({"fc1": nn.Linear(width, hidden), "fc2": nn.Linear(hidden, width)})
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 6 * width))

    def forward(self, x: Any, e: Any) -> Any:
        shift, scale, gate, shift2, scale2, gate2 = self.adaLN_modulation(e).chunk(6, dim=1)
        x = x + gate.unsqueeze(1) * self.attn(modulate(self.norm1(x), shift, scale))
        y = F.gelu(self.mlp["fc1"](modulate(self.norm2(x), shift2, scale2)), approximate="tanh")
        return x + gate2.unsqueeze(1) * self.mlp["fc2"](y)


class FinalLayer(nn.Module):
    def __init__(self, width: int, patch: int, channels: int) -> None:
        super().__init__()
        self.norm_final = nn.LayerNorm(width, eps=1e-6, elementwise_affine=False)
        self.linear = nn.Linear(width, patch * patch * channels)
        self.adaLN_modulation = nn.Sequential(nn.SiLU(), nn.Linear(width, 2 * width))

    def forward(self, x: Any, e: Any) -> Any:
        shift, scale = self.adaLN_modulation(e).chunk(2, dim=1)
        return self.linear(modulate(self.norm_final(x), shift, scale))


class DiT(nn.Module):
    def __init__(self, channels: int, image: tuple[int, int], patch: int, width: int, heads: int, hidden: int, layers: int) -> None:
        super().__init__()
        self.grid, self.patch, self.channels = (image[0] // patch, image[1] // patch), patch, channels
        self.x_embedder = nn.ModuleDict({"proj": nn.Conv2d(channels, width, patch, patch)})
        self.pos_embed = nn.Parameter(torch.zeros(self.grid[0] * self.grid[1], width))
        self.blocks = nn.ModuleList([Block(width, heads, hidden) for _ in range(layers)])
        self.final_layer = FinalLayer(width, patch, channels)

    def unpatchify(self, x: Any) -> Any:
        (h, w), p, c = self.grid, self.patch, self.channels
        x = torch.einsum("nhwpqc->nchpwq", x.reshape(x.shape[0], h, w, p, p, c))
        return x.reshape(x.shape[0], c, h * p, w * p)

    def forward(self, x: Any, e: Any) -> Any:
        x = self.x_embedder["proj"](x).flatten(2).transpose(1, 2) + self.pos_embed
        for block in self.blocks:
            x = block(x, e)
        return self.unpatchify(self.final_layer(x, e))


def test_it_is_the_module() -> None:
    is_twin("diffusion-transformer", drawn(DiT(3, (4, 8), 2, 10, 2, 7, 2)), h=2, d=5)


def test_at_other_sizes_it_computes_what_the_module_does() -> None:
    found = diagram("diffusion-transformer-symbolic").resize(b=1, c=1, x_0=3, x_1=1, h=3, d=2, n=4)
    agrees(found.graph, drawn(DiT(1, (6, 2), 2, 6, 3, 4, 2)))


def test_with_gates_of_zero_blocks_are_identities() -> None:
    """As they are before training: one layer more gives the same."""
    arrays = [np.random.default_rng(0).normal(size=sizes) for sizes in ((2, 4, 4), (6,))]
    state = {key: w.numpy() for key, w in drawn(DiT(2, (4, 4), 2, 6, 2, 5, 2)).state_dict().items()}
    state = {key: w * 0 if key.startswith("blocks") and "adaLN" in key else w for key, w in state.items()}
    found = []
    for layers in (1, 2):
        graph = diffusion_transformer(ty("c:2 x...:4"), Axis("m", 6), 2, Axis("n", 5), layers=layers).graph
        found.append(ncd.evaluate(graph, arrays, weights={key: state[key] for key in graph.weights()})[0])
    np.testing.assert_array_equal(*found)
    assert np.abs(found[0]).max() > 0.1


def test_its_blocks_take_items_and_the_vector() -> None:
    blocks = {str(box): box for box in diagram("diffusion-transformer").boxes}
    assert {"x_embedder.proj", "blocks.0", "blocks.1", "final_layer"} <= set(blocks)
    assert [len(blocks[f"blocks.{i}"].dom) for i in (0, 1)] == [2, 2]
    assert [len(blocks[f"blocks.{i}"].cod) for i in (0, 1)] == [1, 1]


def test_heads_that_do_not_divide_the_width_are_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match="does not split into 7 heads"):
        diffusion_transformer(ty("c:3 x...:4"), Axis("m", 16), 7, Axis("n", 4), layers=1)


def test_an_image_that_windows_do_not_tile_is_refused() -> None:
    with pytest.raises(ncd.TypeMismatch, match=r"x\.0"):
        diffusion_transformer(ty("c:3 x...:5"), Axis("m", 16), 4, Axis("n", 4), layers=1)
