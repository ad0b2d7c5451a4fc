"""Functions exported by PyTorch, imported, evaluated, and compared with PyTorch itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.importers.torch import import_torch
from ncd_cat.welltyped import validate

torch = pytest.importorskip("torch")
Case = Callable[..., Any]


def draw(*shapes: tuple[int, ...], seed: int = 0) -> list[Any]:
    """Normal random tensors of float64."""
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]


def agree(cases: dict[str, Case], *inputs: Any, opaque: int = 0) -> None:
    """All cases, functions of the same inputs, exported as one program, evaluate as PyTorch does."""

    def program(*args: Any) -> list[Any]:
        return [case(*args) for case in cases.values()]

    found = import_torch(program, inputs)
    assert len(found.opaque) == opaque, found
    for node in found.graph.nodes():
        validate(node)
    arrays = [x.numpy() for x in inputs]
    results = evaluate(found.graph, arrays)
    expected = program(*inputs)
    assert len(results) == len(expected) == len(found.graph.cod)
    for name, got, want, type_ in zip(cases, results, expected, found.graph.cod, strict=True):
        assert np.shape(got) == tuple(want.shape), name
        assert type_.dtype == str(want.dtype).removeprefix("torch."), name
        np.testing.assert_allclose(np.asarray(got).astype(np.float64), want.double().numpy(), rtol=1e-10, atol=1e-10, err_msg=name)
