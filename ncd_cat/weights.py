"""Renaming weights: a functor on diagrams that is the identity on types and on every box that is no weight.

It acts inside blocks, broadcasts and repeated blocks, and keeps layers, names and discards as they are.

>>> from ncd_cat.diagram import EMPTY, Array, Operation
>>> from ncd_cat.graph import Weight
>>> w = Operation(Weight("weight"), EMPTY, Array.of((2,)))
>>> list(weights_of(prefixed(w.block("layer"), "layers.0.")))
['layers.0.weight']
"""

from __future__ import annotations

from collections.abc import Mapping

from ncd_cat.diagram import Diagram
from ncd_cat.diagram.renaming import renamed
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Node


def weights_of(diagram: Diagram) -> dict[str, Node]:
    """The weights of a diagram by key, each before the nodes that use it."""
    return diagram.graph.weights()


def prefixed(diagram: Diagram, prefix: str) -> Diagram:
    """The diagram with `prefix` before the key of each of its weights."""
    return renamed(diagram, lambda key: prefix + key) if prefix else diagram


def renamed_weights(diagram: Diagram, mapping: Mapping[str, str]) -> Diagram:
    """The diagram with the weights that `mapping` names called otherwise; two that get one name become one weight.

    Raises InputError for a name that no weight has, TypeMismatch, with both sizes, for one name of two weights that differ.
    """
    found = weights_of(diagram)
    for key in mapping:
        if key not in found:
            raise InputError(f"there is no weight {key!r} to rename: this diagram has {', '.join(map(repr, sorted(found))) or 'none'}")
    taken: dict[str, tuple[str, Node]] = {}
    for key, n in found.items():
        name = mapping.get(key, key)
        other, m = taken.setdefault(name, (key, n))
        if (m.sizes, m.kind) != (n.sizes, n.kind):
            types = [f"{k!r} ({x.kind} of sizes {x.sizes})" for k, x in ((other, m), (key, n))]
            raise TypeMismatch(f"weights {' and '.join(types)} cannot both be {name!r}")
    return renamed(diagram, lambda key: mapping.get(key, key))
