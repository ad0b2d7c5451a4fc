"""How tests of models import one, evaluate it with its own weights, and compare with PyTorch in float64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.importers.torch import import_torch
from ncd_cat.welltyped import validate

torch = pytest.importorskip("torch")


def agrees(model: Any, *shapes: tuple[int, ...]) -> None:
    """The model, at random inputs of these shapes, is imported without opaque boxes and evaluates as PyTorch does."""
    generator = torch.Generator().manual_seed(0)
    model = model.double()
    arrays = [torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes]
    found = import_torch(model, tuple(arrays))
    assert not found.opaque, found
    for node in found.graph.nodes():
        validate(node)
    weights = {name: p.detach().numpy() for name, p in model.state_dict().items()}
    (got,) = evaluate(found.graph, [x.numpy() for x in arrays], weights=weights)
    with torch.no_grad():
        np.testing.assert_allclose(got, model(*arrays).numpy(), rtol=1e-10, atol=1e-10)
