"""How tests compare an architecture with its twin, the same function as a PyTorch user writes it, and two architectures."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.architectures import find, names
from ncd_cat.graph import Graph
from ncd_cat.substitution import resized
from ncd_cat.welltyped import validate

torch = pytest.importorskip("torch")
torch.set_num_threads(1)


def is_twin(name: str, model: Any, **sizes: int) -> None:
    """The architecture, at sizes and at symbols, is the module or function of tensors: by value, after a file, by proof.

    `sizes` are those of the symbols that the sizes of the inputs do not determine.
    """
    graph = find(name)
    for node in graph.nodes():
        validate(node)
    agrees(graph, model)
    survives_a_file(name)
    symbolic = f"{name}-symbolic"
    inputs = tuple([torch.zeros(a.sizes, dtype=torch.float64) for a in graph.dom])
    general = resized(find(symbolic), sizes) if symbolic in names() else graph
    proves(general, model.double() if hasattr(model, "double") else model, inputs)


def agrees(graph: Graph, model: Any, seed: int = 0) -> None:
    """The graph gives what the module or function gives, in float64, with the weights of the module's state dict."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=a.sizes) for a in graph.dom]
    state = model.double().state_dict() if hasattr(model, "state_dict") else {}
    with torch.no_grad():
        wanted = model(*[torch.from_numpy(x) for x in arrays])
    got = ncd.evaluate(graph, arrays, weights={key: w.numpy() for key, w in state.items()})
    for x, y in zip(got, wanted if isinstance(wanted, tuple) else (wanted,), strict=True):
        np.testing.assert_allclose(x, y.numpy(), rtol=1e-10, atol=1e-10)


def survives_a_file(name: str) -> None:
    """Saved and loaded, the architecture is what it was."""
    from ncd_cat.architectures import diagram

    found = diagram(name)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "diagram.ncd.json"
        ncd.save(found, path)
        assert ncd.load(path) == found


def proves(lhs: Any, rhs: Any, inputs: Any = None) -> None:
    """The two are proved equal without an assumption, and the kernel accepts the certificate."""
    verdict = ncd.prove(lhs, rhs, inputs)
    assert (verdict.status, verdict.assumptions) == ("proved", ()), verdict
    ncd.check(verdict.certificate)
