from __future__ import annotations

from typing import Any

import pytest

from ncd_cat.architectures.transformer import encoder_layer, feed_forward, multi_head
from ncd_cat.axes import Axis
from ncd_cat.language import diagram, layer_norm, rename, ty
from ncd_cat.loops import iterate
from ncd_cat.sizes import symbol

torch = pytest.importorskip("torch")

from tests.architectures import is_twin  # noqa: E402
from tests.ncd_cat.architectures.sequences import drawn  # noqa: E402

pytestmark = pytest.mark.torch
nn = torch.nn


def seen(t: int) -> Any:
    """0 where a key is seen, −∞ where it is later than the query."""
    return nn.Transformer.generate_square_subsequent_mask(t, dtype=torch.float64)


class DecoderLayer(nn.TransformerDecoderLayer):
    def forward(self, x: Any, memory: Any) -> Any:
        return super().forward(x, memory, tgt_mask=seen(x.shape[1]), tgt_is_causal=True)


class Transformer(nn.Transformer):
    def forward(self, source: Any, target: Any) -> Any:
        return super().forward(source, target, tgt_mask=seen(target.shape[1]), tgt_is_causal=True)


TWINS = {
    "transformer-encoder-layer": lambda first: nn.TransformerEncoderLayer(12, 3, 10, 0.0, batch_first=True, norm_first=first),
    "transformer-decoder-layer": lambda first: DecoderLayer(12, 3, 10, 0.0, batch_first=True, norm_first=first),
    "transformer": lambda first: Transformer(12, 3, 2, 2, 10, 0.0, batch_first=True, norm_first=first),
}


@pytest.mark.parametrize("first", [False, True], ids=["norm-after", "norm-first"])
@pytest.mark.parametrize("name", TWINS)
def test_is_what_torch_computes(name: str, first: bool) -> None:
    is_twin(name + "-norm-first" * first, drawn(TWINS[name](first)), h=3, d=4, n=10)


def test_a_traced_layer_is_the_composed_one() -> None:
    h = symbol("h")
    m, n = Axis("m", h * symbol("d")), Axis("n")

    @diagram("t m -> t m", m=m.size)
    def layer(x: Any) -> Any:
        x = layer_norm(x + multi_head(x, rename(x, t="u"), h, name="self_attn"), "m", name="norm1")
        return layer_norm(x + feed_forward(m, n)(x), "m", name="norm2")

    assert layer.graph.same_as(encoder_layer(m, h, n).at(ty("t m", m=m.size)).graph)


def test_layers_have_weights_of_their_own_unless_shared() -> None:
    layer = encoder_layer(Axis("m", 12), 3, Axis("n", 10)).at(ty("t m:12"))
    once = set(layer.graph.weights())
    assert set(iterate(layer, 3, name="layers").graph.weights()) == {f"layers.{k}.{key}" for k in range(3) for key in once}
    assert set(iterate(layer, 3, shared=True).graph.weights()) == once
