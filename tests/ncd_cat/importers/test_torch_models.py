"""Small models of the families that people use, written with torch.nn alone: imported whole, and equal to PyTorch in float64."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.importers.torch import coverage, import_torch
from ncd_cat.welltyped import validate

torch = pytest.importorskip("torch")
nn, F = torch.nn, torch.nn.functional
pytestmark = pytest.mark.torch


class CausalBlock(nn.Module):
    def __init__(self, width: int, heads: int, fused: bool) -> None:
        super().__init__()
        self.heads, self.fused = heads, fused
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.qkv, self.out = nn.Linear(width, 3 * width), nn.Linear(width, width)
        self.up, self.down = nn.Linear(width, 5 * width), nn.Linear(5 * width, width)
        self.drop = nn.Dropout(0.1)

    def attend(self, x: Any) -> Any:
        b, t, width = x.shape
        q, k, v = (y.view(b, t, self.heads, -1).transpose(1, 2) for y in self.qkv(x).split(width, dim=2))
        if self.fused:
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
        else:
            scores = q @ k.transpose(-1, -2) / (width // self.heads) ** 0.5
            mask = torch.tril(torch.ones(t, t, dtype=torch.bool))
            y = torch.softmax(torch.where(mask, scores, torch.finfo(scores.dtype).min), -1) @ v
        return self.out(y.transpose(1, 2).reshape(b, t, width))

    def forward(self, x: Any) -> Any:
        x = x + self.drop(self.attend(self.ln_1(x)))
        return x + self.drop(self.down(F.gelu(self.up(self.ln_2(x)), approximate="tanh")))


class LanguageModel(nn.Module):
    """GPT-2 in small: learned positions, tied output."""

    def __init__(self, fused: bool) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(11, 12), nn.Embedding(9, 12)
        self.h = nn.ModuleList(CausalBlock(12, 3, fused) for _ in range(2))
        self.head = nn.Linear(12, 11, bias=False)
        self.head.weight = self.wte.weight

    def forward(self, ids: Any) -> Any:
        x = self.wte(ids) + self.wpe(torch.arange(ids.shape[1], device=ids.device))
        for block in self.h:
            x = block(x)
        return self.head(x)


class RotaryAttention(nn.Module):
    """LLaMA's attention: rotary tables from a buffer that is not saved, fewer keys than queries, RMS norm, no biases."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.RMSNorm(12, eps=1e-6)
        self.q, self.k, self.v, self.o = (nn.Linear(12, n, False) for n in (12, 6, 6, 12))
        self.gate, self.up, self.down = nn.Linear(12, 20, False), nn.Linear(12, 20, False), nn.Linear(20, 12, False)
        self.register_buffer("frequency", 10000.0 ** -(torch.arange(0, 3, 2) / 3), persistent=False)

    def turn(self, x: Any, cos: Any, sin: Any) -> Any:
        a, b = x[..., :1], x[..., 1:2]
        return torch.cat([a * cos - b * sin, b * cos + a * sin, x[..., 2:]], -1)

    def forward(self, x: Any) -> Any:
        y = self.norm(x)
        q, k, v = (p(y).unflatten(-1, (-1, 3)).transpose(1, 2) for p in (self.q, self.k, self.v))
        angle = (torch.arange(x.shape[1]).double()[:, None] * self.frequency)[:, :1]
        q, k = (self.turn(z, angle.cos(), angle.sin()) for z in (q, k))
        k, v = (z[:, :, None].expand(-1, -1, 2, -1, -1).reshape(*q.shape) for z in (k, v))
        x = x + self.o(F.scaled_dot_product_attention(q, k, v, is_causal=True).transpose(1, 2).flatten(2))
        return x + self.down(F.silu(self.gate(x)) * self.up(x))


class VisionTransformer(nn.Module):
    """Patches by convolution, a class token, PyTorch's own encoder layer."""

    def __init__(self) -> None:
        super().__init__()
        self.patch = nn.Conv2d(3, 8, 4, 4)
        self.cls, self.pos = nn.Parameter(torch.randn(1, 1, 8)), nn.Parameter(torch.randn(1, 7, 8))
        self.layer = nn.TransformerEncoderLayer(8, 2, 10, activation="gelu", batch_first=True, norm_first=True)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Any) -> dict[str, Any]:
        tokens = self.patch(x).flatten(2).transpose(1, 2)
        y = self.layer(torch.cat([self.cls.expand(x.shape[0], -1, -1), tokens], 1) + self.pos)
        return {"logits": self.head(y[:, 0]), "pooled": y.mean(1)}


class ResidualNetwork(nn.Module):
    """Convolutions, batch norm with running statistics, pooling, a strided shortcut."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.bn = nn.Conv2d(3, 4, 3, padding=1, bias=False), nn.BatchNorm2d(4)
        self.conv, self.bn2 = nn.Conv2d(4, 6, 3, 2, 1, bias=False), nn.BatchNorm2d(6)
        self.short = nn.Sequential(nn.Conv2d(4, 6, 1, 2, bias=False), nn.BatchNorm2d(6))
        self.pool, self.head = nn.AdaptiveAvgPool2d(1), nn.Linear(6, 5)

    def forward(self, x: Any) -> Any:
        y = F.max_pool2d(F.relu(self.bn(self.stem(x))), 3, 2, 1)
        y = F.relu(self.bn2(self.conv(y)) + self.short(y))
        return self.head(self.pool(y).flatten(1))


class MultiHead(nn.Module):
    def __init__(self, need_weights: bool) -> None:
        super().__init__()
        self.mha, self.need_weights = nn.MultiheadAttention(12, 3, batch_first=True), need_weights

    def forward(self, q: Any, k: Any) -> Any:
        y, weights = self.mha(q, k, k, need_weights=self.need_weights)
        return (y, weights) if self.need_weights else y


IDS = (torch.tensor([[1, 5, 3, 0, 2], [10, 2, 2, 7, 4]]),)
IMAGES = (torch.randn(2, 3, 8, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(0)),)
SEQUENCES = tuple(torch.randn(2, n, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(n)) for n in (5, 7))

MODELS: dict[str, tuple[Callable[[], Any], tuple[Any, ...]]] = {
    "language model": (lambda: LanguageModel(False), IDS),
    "language model, fused": (lambda: LanguageModel(True), IDS),
    "rotary attention": (RotaryAttention, SEQUENCES[:1]),
    "vision transformer": (VisionTransformer, IMAGES),
    "residual network": (ResidualNetwork, IMAGES),
    "multi-head attention": (lambda: MultiHead(False), SEQUENCES),
    "multi-head attention with weights": (lambda: MultiHead(True), SEQUENCES),
}


def randomised(model: Any) -> Any:
    generator = torch.Generator().manual_seed(1)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                drawn = torch.randn(tensor.shape, generator=generator)
                tensor.copy_(drawn.abs() + 0.5 if name.endswith("running_var") else drawn / 2)
    return model.double().eval()


@pytest.mark.parametrize("name", MODELS)
def test_model_evaluates_as_torch_does(name: str) -> None:
    make, inputs = MODELS[name]
    model = randomised(make())
    found = import_torch(model, inputs)
    assert found.opaque == () and coverage(found.graph).endswith("nodes understood")
    for node in found.graph.nodes():
        validate(node)
    weights = {k: v.numpy() for k, v in model.state_dict().items()}
    results = evaluate(found.graph, [x.numpy() for x in inputs], weights=weights)
    with torch.no_grad():
        expected = torch.utils._pytree.tree_leaves(model(*inputs))
    assert len(results) == len(expected)
    for got, want in zip(results, expected, strict=True):
        np.testing.assert_allclose(got, want.numpy(), rtol=1e-10, atol=1e-10)


def test_the_graph_does_not_depend_on_the_weights_nor_on_where_they_lie() -> None:
    drawn = import_torch(randomised(LanguageModel(True)).float(), IDS).graph
    with torch.device("meta"):
        absent = LanguageModel(True).eval()
    assert import_torch(absent, IDS).graph.same_as(drawn)


def test_tied_weights_are_one_weight_with_the_first_name() -> None:
    graph = import_torch(LanguageModel(True).eval(), IDS).graph
    assert "wte.weight" in graph.weights() and "head.weight" not in graph.weights()


def test_running_statistics_are_weights_and_counters_are_not() -> None:
    names = import_torch(ResidualNetwork().eval(), (IMAGES[0].float(),)).graph.weights()
    assert {"bn.running_mean", "short.1.running_var"} <= set(names)
    assert not any("num_batches_tracked" in name for name in names)


def test_blocks_name_the_modules_that_made_a_node() -> None:
    graph = import_torch(LanguageModel(True).eval(), IDS).graph
    paths = {path for _, path in graph.blocks}
    assert ("h.0", "qkv") in paths and ("h.1", "ln_2") in paths and ("head",) in paths


def test_equal_modules_give_equal_graphs_and_eager_differs_from_fused() -> None:
    eager, again, fused = (import_torch(LanguageModel(f).eval(), IDS).graph for f in (False, False, True))
    assert eager.same_as(again) and not eager.same_as(fused)
