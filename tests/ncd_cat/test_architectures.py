import math
from typing import Any

import numpy as np
import pytest

from ncd_cat.architectures import find, names
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph
from ncd_cat.sizes import symbols
from ncd_cat.welltyped import validate
from tests.loops import loop_outputs

EQUAL = [
    ("attention", "attention-fused"),
    ("attention", "attention-keys-bias"),
    ("attention", "attention-bent"),
    ("attention-causal", "attention-causal-fused"),
    ("multi-head-attention", "multi-head-attention-fused"),
    ("multi-head-attention", "multi-head-attention-per-head"),
    ("multi-head-attention", "multi-head-attention-summed"),
    ("mlp", "mlp-split"),
]
DIFFERENT = [
    ("attention", "attention-unscaled"),
    ("attention", "attention-causal"),
    ("multi-head-attention", "multi-head-attention-interleaved"),
    ("mlp", "mlp-gelu-tanh"),
]


def draw(*graphs: Graph) -> tuple[list[Any], dict[str, Any]]:
    """Inputs of the first graph and the weights of all."""
    rng = np.random.default_rng(0)
    weights = {key: rng.normal(size=n.sizes) for g in graphs for key, n in g.weights().items()}
    return [rng.normal(size=a.sizes) for a in graphs[0].dom], weights


def outputs(lhs: str, rhs: str) -> tuple[Any, Any]:
    f, g = find(lhs), find(rhs)
    assert (f.dom, f.cod) == (g.dom, g.cod)
    inputs, weights = draw(f, g)
    return loop_outputs(f, inputs, weights)[0], loop_outputs(g, inputs, weights)[0]


@pytest.mark.parametrize(("lhs", "rhs"), EQUAL)
def test_equal_architectures_agree(lhs: str, rhs: str) -> None:
    f, g = outputs(lhs, rhs)
    np.testing.assert_allclose(f, g, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("lhs", "rhs"), DIFFERENT)
def test_different_architectures_do_not(lhs: str, rhs: str) -> None:
    f, g = outputs(lhs, rhs)
    assert np.abs(f - g).max() > 1e-5


@pytest.mark.parametrize("name", names())
def test_every_architecture_is_well_typed(name: str) -> None:
    graph = find(name)
    assert [v.sizes for v in graph.outputs] == [a.sizes for a in graph.cod]
    assert graph.outputs
    for n in graph.nodes():
        validate(n)
    assert bool([s for a in graph.dom for n in a.sizes for s in symbols(n)]) == name.endswith("-symbolic")


def test_concrete_sizes_are_distinct() -> None:
    for name in names():
        sizes = {a.name.partition(".")[0]: a.size for array in find(name).dom for a in array.axes}  # members of a bundle are equal
        assert len(set(sizes.values())) == len(sizes)


def test_attention_is_its_formula() -> None:
    graph = find("attention")
    (q, k, v), _ = draw(graph)
    e = np.exp(q @ k.T / math.sqrt(6))
    np.testing.assert_allclose(loop_outputs(graph, [q, k, v])[0], e / e.sum(-1, keepdims=True) @ v, rtol=1e-12)


def test_mlp_is_its_formula() -> None:
    graph = find("mlp")
    (x,), w = draw(graph)
    hidden = x @ w["up.weight"].T + w["up.bias"]
    active = hidden * (1 + np.vectorize(math.erf)(hidden / math.sqrt(2))) / 2
    np.testing.assert_allclose(loop_outputs(graph, [x], w)[0], active @ w["down.weight"].T + w["down.bias"], rtol=1e-10, atol=1e-12)


@pytest.mark.torch
def test_multi_head_attention_as_torch() -> None:
    torch = pytest.importorskip("torch")
    graph = find("multi-head-attention")
    (x,), w = draw(graph)
    t = {key: torch.from_numpy(a) for key, a in w.items()}
    q, k, v = (torch.nn.functional.linear(torch.from_numpy(x), t[f"{n}.weight"], t[f"{n}.bias"]) for n in ("query", "key", "value"))
    heads = [a.unflatten(-1, (3, 4)).transpose(1, 2) for a in (q, k, v)]
    y = torch.nn.functional.scaled_dot_product_attention(*heads).transpose(1, 2).flatten(2)
    wanted = torch.nn.functional.linear(y, t["out.weight"], t["out.bias"])
    np.testing.assert_allclose(loop_outputs(graph, [x], w)[0], wanted.numpy(), rtol=1e-10, atol=1e-10)


def test_unknown_names_are_told_with_close_ones() -> None:
    with pytest.raises(InputError, match="no built-in architecture 'atention'; did you mean attention"):
        find("atention")
    with pytest.raises(InputError, match="no built-in architecture 'zzzz'; `ncd show` lists them"):
        find("zzzz")
