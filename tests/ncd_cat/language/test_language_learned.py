"""Learned boxes: names and layouts of weights are torch's, so a module's state_dict is what the diagram needs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.errors import TypeMismatch
from ncd_cat.welltyped import validate
from tests.ncd_cat.language.oracle import wire

torch = pytest.importorskip("torch")
nn = torch.nn

MODULES: dict[str, tuple[Callable[[], Any], Any, str]] = {
    "linear": (lambda: nn.Linear(4, 6), ncd.linear("m", "n:6", name="f"), "b:2 t:3 m:4"),
    "linear without bias": (lambda: nn.Linear(4, 6, bias=False), ncd.linear("m:4", "n:6", name="f", bias=False), "b:2 m:4"),
    "embedding": (lambda: nn.Embedding(5, 3), ncd.embedding("v:5", "m:3", name="f"), "int64[b:2 t:4]"),
    "layer norm": (lambda: nn.LayerNorm((3, 4)), ncd.layer_norm("t m", name="f"), "b:2 t:3 m:4"),
    "layer norm without bias": (lambda: nn.LayerNorm(4, 0.1, bias=False), ncd.layer_norm("m", name="f", eps=0.1, bias=False), "b:2 m:4"),
    "layer norm without weights": (lambda: nn.LayerNorm(4, elementwise_affine=False), ncd.layer_norm("m"), "b:2 m:4"),
    "rms norm": (lambda: nn.RMSNorm(4, eps=0.01), ncd.rms_norm("m", name="f", eps=0.01), "b:2 m:4"),
    "batch norm": (lambda: nn.BatchNorm2d(3).eval(), ncd.batch_norm("c", name="f"), "b:2 c:3 x...:4"),
    "group norm": (lambda: nn.GroupNorm(2, 6), ncd.group_norm("c", 2, "x", name="f"), "b:2 c:6 x...:4"),
    "group norm of a vector": (lambda: nn.GroupNorm(3, 6, affine=False), ncd.group_norm("c", 3), "b:2 c:6"),
    "instance norm": (lambda: nn.InstanceNorm2d(3, affine=True), ncd.instance_norm("c", "x", name="f"), "b:2 c:3 x...:4"),
    "instance norm without weights": (lambda: nn.InstanceNorm1d(3), ncd.instance_norm("c", "x"), "b:2 c:3 x:4"),
    "conv 1d": (lambda: nn.Conv1d(2, 3, 3, 2, 1), ncd.conv("x", "c", "d:3", kernel=3, stride=2, padding=1, name="f"), "b:2 c:2 x:7"),
    "conv 2d": (lambda: nn.Conv2d(2, 4, (3, 2), (1, 2), (1, 0), (1, 2), groups=2),
                ncd.conv("x", "c", "d:4", kernel=(3, 2), stride=(1, 2), padding=(1, 0), dilation=(1, 2), groups=2, name="f"),
                "b:2 c:2 x.0:5 x.1:6"),
    "conv 3d": (lambda: nn.Conv3d(2, 3, 2, bias=False), ncd.conv("x", "c", "d:3", kernel=2, bias=False, name="f"), "b:1 c:2 x...3:4"),
    "conv that keeps the size": (lambda: nn.Conv2d(2, 3, 4, padding="same", dilation=1),
                                 ncd.conv("x", "c", "d:3", kernel=4, padding="same", name="f"), "b:1 c:2 x...:6"),
    "conv transposed": (lambda: nn.ConvTranspose2d(4, 6, (2, 3), (2, 1), (0, 1), (1, 0), groups=2, dilation=(1, 2)),
                        ncd.conv_transpose("x", "c", "d:6", kernel=(2, 3), stride=(2, 1), padding=(0, 1), output_padding=(1, 0),
                                           groups=2, dilation=(1, 2), name="f"), "b:2 c:4 x.0:5 x.1:4"),
    "conv transposed that tiles": (lambda: nn.ConvTranspose1d(2, 3, 2, 2, bias=False),
                                   ncd.conv_transpose("x", "c", "d:3", kernel=2, stride=2, bias=False, name="f"), "b:1 c:2 x:5"),
    "max pool": (lambda: nn.MaxPool2d(3, 2, 1), ncd.max_pool("x", 3, 2, 1), "c:2 x...:7"),
    "max pool apart": (lambda: nn.MaxPool1d(2, dilation=2), ncd.max_pool("x", 2, dilation=2), "c:2 x:7"),
    "max pool that leaves": (lambda: nn.MaxPool2d(2, ceil_mode=True), ncd.max_pool("x", 2, ceil_mode=True), "c:2 x...:5"),
    "max pool 3d": (lambda: nn.MaxPool3d(2), ncd.max_pool("x", 2), "c:2 x...3:4"),
    "avg pool": (lambda: nn.AvgPool2d(3, 2, 1), ncd.avg_pool("x", 3, 2, 1), "c:2 x...:7"),
    "avg pool of what is there": (lambda: nn.AvgPool2d((3, 2), (2, 1), 1, count_include_pad=False),
                                  ncd.avg_pool("x", (3, 2), (2, 1), 1, count_include_pad=False), "c:2 x...:7"),
    "adaptive avg pool": (lambda: nn.AdaptiveAvgPool2d((3, 2)), ncd.adaptive_avg_pool("x", (3, 2)), "c:2 x.0:7 x.1:4"),
    "adaptive max pool": (lambda: nn.AdaptiveMaxPool2d(3), ncd.adaptive_max_pool("x", 3), "c:2 x...:7"),
    "attention": (lambda: Attention(), ncd.attention(causal=True), "h:2 t:3 d:4, h:2 u:3 d:4, h:2 u:3 e:5"),
}  # fmt: skip


class Attention(nn.Module):  # type: ignore[misc, name-defined]
    def forward(self, q: Any, k: Any, v: Any) -> Any:
        return nn.functional.scaled_dot_product_attention(q, k, v, is_causal=True)


@pytest.mark.torch
@pytest.mark.parametrize("name", MODULES)
def test_a_learned_box_is_the_module_of_torch_with_its_state_dict(name: str) -> None:
    build, family, text = MODULES[name]
    module = build().double()
    random = np.random.default_rng(0)
    types = ncd.ty(text).inside
    for parameter in module.state_dict().values():
        if parameter.is_floating_point():
            parameter.copy_(torch.from_numpy(random.uniform(0.5, 1.5, parameter.shape)))
    inputs = [random.integers(0, 5, a.sizes) if a.kind == "int" else random.normal(size=a.sizes) for a in types]
    graph = family.at(*types).graph
    for n in graph.nodes():
        validate(n)
    weights = {f"f.{key}": value.numpy() for key, value in module.state_dict().items()}
    assert set(graph.weights()) == {key for key in weights if "num_batches" not in key}
    with torch.no_grad():
        wanted = module(*[torch.from_numpy(x) for x in inputs]).numpy()
    (found,) = ncd.evaluate(graph, inputs, weights=weights)
    assert found.shape == wanted.shape == graph.cod[0].sizes
    np.testing.assert_allclose(found, wanted, rtol=1e-10, atol=1e-10)
    if weights:
        assert {path for _, path in graph.blocks} == {("f",)}


@pytest.mark.torch
def test_axes_that_come_last_or_first_are_found_by_name() -> None:
    family = ncd.conv("x", "c", "d:3", kernel=3, name="f")
    x, random = np.random.default_rng(1).normal(size=(6, 6, 2)), np.random.default_rng(2)
    weights = {"f.weight": random.normal(size=(3, 2, 3, 3)), "f.bias": random.normal(size=3)}
    (channels_last,) = ncd.evaluate(family.at("x...:6 c:2"), [x], weights=weights)
    (channels_first,) = ncd.evaluate(family.at("c:2 x...:6"), [x.transpose(2, 0, 1)], weights=weights)
    np.testing.assert_allclose(channels_last, channels_first.transpose(1, 2, 0), atol=1e-12)


def test_several_axes_of_a_weight_are_merged_in_row_major_order() -> None:
    random = np.random.default_rng(3)
    x, w, b = random.normal(size=(5, 2, 3)), random.normal(size=(8, 6)), random.normal(size=8)
    (found,) = ncd.evaluate(ncd.linear("h d", "g:4 e:2", name="f").at("t:5 h:2 d:3"), [x], weights={"f.weight": w, "f.bias": b})
    np.testing.assert_allclose(found, (x.reshape(5, 6) @ w.T + b).reshape(5, 4, 2))


def test_batch_norm_in_training_uses_the_batch() -> None:
    x = np.random.default_rng(4).normal(size=(4, 3, 5))
    weights = {"f.weight": np.array([1.0, 2, 3]), "f.bias": np.array([0.5, 0, -1])}
    (found,) = ncd.evaluate(ncd.batch_norm("c", name="f", over="b x").at("b:4 c:3 x:5"), [x], weights=weights)
    module = nn.BatchNorm1d(3).double().train()
    module.load_state_dict({key.removeprefix("f."): torch.from_numpy(w) for key, w in weights.items()}, strict=False)
    np.testing.assert_allclose(found, module(torch.from_numpy(x)).detach().numpy(), atol=1e-12)


def test_bias_is_broadcast_over_the_axes_that_are_not_named() -> None:
    x, b = np.ones((2, 3)), np.array([1.0, 2, 3])
    (found,) = ncd.evaluate(ncd.bias("k", name="b").at("q:2 k:3"), [x], weights={"b": b})
    np.testing.assert_array_equal(found, x + b)


def test_a_loop_of_one_box_shares_its_weights_and_says_so_where_it_cannot() -> None:
    layer = ncd.linear("m", "m:4", name="f", bias=False)
    assert list((layer >> layer).at("m:4").graph.weights()) == ["f.weight"]
    with pytest.raises(TypeMismatch, match=r"weight f\.weight is used with the sizes \(5, 4\) and \(4, 5\)"):
        (ncd.linear("m", "n:5", name="f") >> ncd.linear("n", "m:4", name="f")).at("m:4")


MISTAKES = {
    "no integers": (lambda: ncd.embedding(wire("t:3"), "v:5", "m:2", name="e"), r"embedding e: float32\[t:3\] are no integers"),
    "no name": (lambda: ncd.linear(wire("m:3"), "m", "n:2", name=""), "linear: name=… says what its weights are called"),
    "no such axis": (lambda: ncd.linear(wire("m:3"), "k", "n:2", name="f"), r"linear f: float32\[m:3\] has no axis k; its axes are m"),
    "another size": (lambda: ncd.linear(wire("m:3"), "m:4", "n:2", name="f"), r"linear f: axis m of float32\[m:3\] has size 3, not 4"),
    "a name twice": (lambda: ncd.linear(wire("q:2 m:3"), "m", "q:5", name="f"), "two axes called q, q:2 q:5: rename one"),
    "an axis twice": (lambda: ncd.layer_norm(wire("q:2 m:3"), "m m"), "'m m' names an axis of .* twice"),
    "no axes for the output": (lambda: ncd.linear(wire("m:3"), "m", 4, name="f"), "axes are written as text, such as 'b h:4', .* not as 4"),
    "channels in the window": (lambda: ncd.conv(wire("x:5"), "x", "x", "d:2", kernel=2, name="f"), "axis x of .* holds the channels"),
    "transposed groups": (lambda: ncd.conv_transpose(wire("x:5 c:4"), "x", "c", "d:3", kernel=2, groups=2, name="f"), "does not split"),
    "transposed channels": (lambda: ncd.conv_transpose(wire("x:5"), "x", "x", "d", kernel=2, name="f"), "axis x of .* holds the channels"),
    "transposed kernel": (lambda: ncd.conv_transpose(wire("x:5 c:4"), "x", "c", "d:2", kernel=(2, 2), name="f"), "kernel is a number, not"),
    "two output axes": (lambda: ncd.conv(wire("x:5 c:2"), "x", "c", "d:2 e:2", kernel=2, name="f"), "one axis is needed here, .* lists 2"),
    "groups": (lambda: ncd.group_norm(wire("c:5"), "c", 2), "group_norm .*: c:5 does not split into 2 groups"),
    "kernel": (lambda: ncd.conv(wire("x...:5 c:2"), "x", "c", "d:2", kernel=(2, 2, 2), name="f"), "kernel is a number, or 2 of them, not"),
    "padding": (lambda: ncd.conv(wire("x:5 c:2"), "x", "c", "d:2", kernel=2, padding="full", name="f"), "a padding is a number, a pair"),
    "too long": (lambda: ncd.conv(wire("x:2 c:2"), "x", "c", "d:2", kernel=5, name="f"), "a window of 5 entries, 1 apart, exceeds"),
    "uneven": (lambda: ncd.max_pool(wire("x:5"), "x", 2, padding=(0, 1)), "max_pool: the padding is the same on both sides"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_with_learned_boxes_are_told(mistake: str) -> None:
    build, message = MISTAKES[mistake]
    with pytest.raises(TypeMismatch, match=message):
        build()
