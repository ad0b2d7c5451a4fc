"""What tests of the language share: a verb is one function, whether it is applied to wires, taken as a family, or traced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ncd_cat.diagram import Diagram
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, source
from ncd_cat.language import Wire, diagram, trace, ty
from ncd_cat.types import Array
from ncd_cat.welltyped import validate


@dataclass(frozen=True)
class Case:
    """A verb three ways, the types of the wires it is used on, and its meaning on arrays (and weights, if it has any)."""

    types: str
    family: Any  # a family or a diagram
    act: Callable[..., Any]  # what it does to wires
    meaning: Callable[..., Any]
    sizes: Mapping[str, Any] = field(default_factory=dict)


def wires(text: str, **sizes: Any) -> tuple[Wire, ...]:
    """Input wires of these types."""
    return tuple([Wire(source(Input(k, a.kind), a.sizes), a) for k, a in enumerate(ty(text, **sizes).inside)])


def wire(text: str, **sizes: Any) -> Wire:
    """The one input wire of this type."""
    (found,) = wires(text, **sizes)
    return found


def arrays(types: tuple[Array, ...], seed: int = 0) -> list[Any]:
    """An array for each type: normal numbers, or 0 and 1."""
    random = np.random.default_rng(seed)
    return [random.normal(size=a.sizes) if a.kind == "real" else random.integers(0, 2, a.sizes).astype(a.dtype) for a in types]


def values(graph: Graph, seed: int = 0) -> tuple[list[Any], dict[str, Any]]:
    """Inputs and weights that fit a graph; weights are positive, so that variances are."""
    random = np.random.default_rng(seed + 1)
    return arrays(graph.dom, seed), {key: random.uniform(0.5, 1.5, n.sizes) for key, n in graph.weights().items()}


def check(case: Case) -> Graph:
    """Assert that the ways give one well-typed graph, and that it means what it should; return it."""
    types = ty(case.types, **case.sizes)
    graph = trace(case.act, *types.inside)
    for n in graph.nodes():
        validate(n)
    decorated = diagram(case.types, **case.sizes)(case.act)
    taken = case.family if isinstance(case.family, Diagram) else case.family.at(types)
    for other in (decorated.graph, taken.graph, Diagram.from_graph(graph).graph, (Diagram.id(types) >> case.family).graph):
        assert other.same_as(graph)
    inputs, weights = values(graph)
    found = evaluate(graph, inputs, weights=weights)
    wanted = case.meaning(*inputs, **({"w": weights} if weights else {}))
    for y, z, a in zip(found, wanted if isinstance(wanted, tuple) else (wanted,), graph.cod, strict=True):
        assert y.shape == np.shape(z) == a.sizes
        assert np.asarray(y).dtype.kind == {"real": "f", "int": "i", "bool": "b"}[a.kind]
        np.testing.assert_allclose(y, z, rtol=1e-10, atol=1e-10)
    return graph
