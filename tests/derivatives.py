"""What tests of derivatives share: R against central differences, and ⟨D v, w⟩ = ⟨v, R w⟩."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

import ncd_cat as ncd
from ncd_cat.gradient import jvp, vjp
from ncd_cat.graph import Graph, Value
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from tests.ncd_cat.ops.oracle import inputs

STEP = 1e-5
DTYPES = {"real": "float64", "int": "int64", "bool": "bool"}


def graph(build: Callable[..., Value | Sequence[Value]], *arrays: Any) -> Graph:
    """What `build` makes of inputs like the arrays."""
    made = build(*inputs(*arrays))
    outputs = (made,) if isinstance(made, Value) else tuple(made)
    dom, cod = [Array.of(a.shape, str(a.dtype)) for a in arrays], [Array.of(v.sizes, DTYPES[v.kind]) for v in outputs]
    return Graph(tuple(dom), tuple(cod), outputs)


def agrees(g: Graph, arrays: Sequence[Any], weights: dict[str, Any] | None = None, seed: int = 0, tolerance: float = 1e-6) -> None:
    """Assert that R and D of the real inputs and weights are those of central differences, and well typed."""
    random, weights = np.random.default_rng(seed), weights or {}
    real = [k for k, a in enumerate(g.dom) if a.kind == "real"]
    named = [key for key, n in g.weights().items() if n.kind == "real"]
    outputs = [k for k, a in enumerate(g.cod) if a.kind == "real"]
    v = [random.normal(size=arrays[k].shape) for k in real]
    u = [random.normal(size=weights[key].shape) for key in named]
    w = [random.normal(size=g.cod[k].sizes) for k in outputs]

    def moved(step: float) -> list[Any]:
        at = [a + step * v[real.index(k)] if k in real else a for k, a in enumerate(arrays)]
        found = ncd.evaluate(g, at, weights={**weights, **{key: weights[key] + step * d for key, d in zip(named, u, strict=True)}})
        return [found[k] for k in outputs]

    slope = [(x - y) / (2 * STEP) for x, y in zip(moved(STEP), moved(-STEP), strict=True)]
    back, forth = (f(g, wrt=[*real, *named]) for f in (vjp, jvp))
    for n in back.to_graph().nodes():
        validate(n)
    cotangents = ncd.evaluate(back, [*arrays, *w], weights=weights)
    tangents = ncd.evaluate(forth, [*arrays, *v, *u], weights=weights)
    scale = 1 + sum(float(np.abs(s).max(initial=0)) for s in slope)
    for got, wanted in zip(tangents, slope, strict=True):
        np.testing.assert_allclose(got, wanted, atol=tolerance * scale, rtol=tolerance)
    np.testing.assert_allclose(pairing([*v, *u], cotangents), pairing(tangents, w), rtol=1e-9, atol=1e-9 * scale)


def pairing(x: Sequence[Any], y: Sequence[Any]) -> float:
    """⟨x, y⟩."""
    return sum([float(np.sum(a * b)) for a, b in zip(x, y, strict=True)])
