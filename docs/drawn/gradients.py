"""Reverse derivatives: a diagram, and what carries a cotangent of its output back to its inputs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import ncd_cat as ncd
from docs.drawn.pictures import Picture
from ncd_cat import architectures, layer_norm, linear, relu, softmax
from ncd_cat.draw import scene

LINES = 1100.0

GRADIENTS: Mapping[str, tuple[str, Any]] = MappingProxyType({
    "linear": ("A linear map is transposed.", linear("m", "n", name="L", bias=False).at("x m")),
    "relu": ("What is not linear reads the forward half.", relu.at("x m")),
    "softmax": ("A softmax reads its own output.", softmax("k").at("q k")),
    "layer norm": ("A norm reads its input.", layer_norm("m", name="N").at("x m")),
    "mlp": ("A chain runs back in reverse.", architectures.diagram("mlp")),
    "attention": ("A cup becomes two products, one for each of its wires.", architectures.diagram("attention")),
})  # fmt: skip


def drawn(name: str) -> Picture:
    """The picture of the reverse derivative of that name."""
    _, f = GRADIENTS[name]
    back = ncd.vjp(f)
    return Picture(f"gradient-{name}", f"the reverse derivative of {name}: {back.dom} → {back.cod}", scene(back, width=LINES))


def plain(name: str) -> Picture:
    """The picture of the diagram itself."""
    _, f = GRADIENTS[name]
    return Picture(f"forward-{name}", f"{name}: {f.dom} → {f.cod}", scene(f, width=LINES))
