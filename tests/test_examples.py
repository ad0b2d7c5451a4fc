"""The examples import, and their equal programs agree in float64 while the broken ones do not."""

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.importers.torch import import_torch

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch
EXAMPLES = Path(__file__).parent.parent / "examples"


def load(name: str) -> ModuleType:
    import sys

    spec = importlib.util.spec_from_file_location(f"example_{name}", EXAMPLES / f"{name}.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def small(example: ModuleType, attention: Any, mlp: Any) -> Any:
    """A narrow GPT-2 with weights."""
    config = example.Config(layers=2, heads=2, width=6, hidden=10, vocabulary=11, positions=8)
    torch.manual_seed(0)
    return example.GPT2(config, attention, mlp).double().eval()


def test_gpt2_is_written_twice_with_one_state_dict() -> None:
    gpt2 = load("gpt2")
    models = [gpt2.eager(), gpt2.fused(), gpt2.broken()]
    shapes = [{k: tuple(v.shape) for k, v in m.state_dict().items()} for m in models]
    assert shapes[0] == shapes[1] == shapes[2] and len(shapes[0]) == 149
    assert all(p.is_meta for m in models for p in m.parameters())
    assert [tuple(x.shape) for x in gpt2.inputs()] == [(2, 16)]


def test_narrow_gpt2_agrees_with_torch_and_only_the_broken_one_differs() -> None:
    gpt2 = load("gpt2")
    ids = torch.tensor([[1, 5, 3, 0], [10, 2, 2, 7]])
    results = []
    fused = gpt2.FusedMLP
    for attention, mlp in ((gpt2.EagerAttention, gpt2.EagerMLP), (gpt2.FusedAttention, fused), (gpt2.UnscaledAttention, fused)):
        model = small(gpt2, attention, mlp)
        found = import_torch(model, (ids,))
        assert found.opaque == ()
        weights = {k: v.numpy() for k, v in model.state_dict().items()}
        (got,) = evaluate(found.graph, [ids.numpy()], weights=weights)
        np.testing.assert_allclose(got, model(ids).detach().numpy(), rtol=1e-10, atol=1e-10)
        results.append(got)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-10, atol=1e-10)
    assert np.abs(results[0] - results[2]).max() > 1e-6


def test_attention_agrees_and_without_its_scale_it_does_not() -> None:
    attention = load("attention")
    draws = [torch.randn(x.shape, dtype=torch.float64, generator=torch.Generator().manual_seed(k)) for k, x in enumerate(attention.inputs)]
    results = []
    for f in (attention.spelled_out, attention.fused, attention.without_scale):
        (got,) = evaluate(import_torch(f, attention.inputs).graph, [x.numpy() for x in draws])
        np.testing.assert_allclose(got, f(*draws).numpy(), rtol=1e-10, atol=1e-10)
        results.append(got)
    np.testing.assert_allclose(results[0], results[1], rtol=1e-10)
    assert np.abs(results[0] - results[2]).max() > 1e-3
