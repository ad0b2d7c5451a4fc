"""Reverse derivatives, drawn as mirror images: under a diagram, what carries a cotangent of its output back to its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from docs.drawn.pictures import Picture
from ncd_cat import architectures, layer_norm, linear, relu, softmax
from ncd_cat.draw.mirrored import mirrored

GRADIENTS: Mapping[str, tuple[str, Any]] = MappingProxyType({
    "linear": ("A linear map is transposed.", linear("m", "n", name="L", bias=False).at("x m")),
    "relu": ("What is not linear reads the forward half.", relu.at("x m")),
    "softmax": ("A softmax reads its own output.", softmax("k").at("q k")),
    "layer norm": ("A norm reads its input.", layer_norm("m", name="N").at("x m")),
    "mlp": ("A chain runs back in reverse.", architectures.diagram("mlp")),
    "attention": ("A cup becomes two products, one for each of its wires.", architectures.diagram("attention")),
})  # fmt: skip


def drawn(name: str) -> Picture:
    """The picture of the diagram of that name over the mirror image of its reverse derivative."""
    _, f = GRADIENTS[name]
    return Picture(f"gradient-{name}", f"{name}, {f.dom} → {f.cod}, and its reverse derivative under it, mirrored", mirrored(f))
