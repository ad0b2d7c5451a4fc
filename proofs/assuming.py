"""What a claim may assume: that an input or a weight is positive, written "x > 0".

A positive number is an exponential, x = exp(log x): that is how an assumption enters a proof, as a rule that states it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, Node


def positive(assume: Sequence[str], graphs: Sequence[Graph]) -> tuple[dict[str, None], frozenset[Node]]:
    """The names that are assumed to be positive, and the inputs and weights of the graphs that they name.

    Raises InputError for another form of assumption, or for a name that neither side has.
    """
    names: dict[str, None] = {}
    nodes: set[Node] = set()
    for text in [assume] if isinstance(assume, str) else assume:
        found = re.fullmatch(r"\s*(\S+)\s*>\s*0(?:\.0*)?\s*", text)
        if found is None:
            raise InputError(f"assume: {text!r} is not of the form 'x > 0', for an input or a weight x")
        name = found[1]
        mine = {n for graph in graphs for n in _named(name, graph)}
        if not mine and not any(name in _names(graph) for graph in graphs):
            known = sorted({other for graph in graphs for other in _names(graph)})
            raise InputError(f"assume: there is no real input or weight {name!r}; there are {', '.join(known) or 'none'}")
        names[name] = None
        nodes |= mine
    return names, frozenset(nodes)


def _names(graph: Graph) -> set[str]:
    return {a.name for a in graph.dom if a.name and a.kind == "real"} | {key for key, n in graph.weights().items() if n.kind == "real"}


def _named(name: str, graph: Graph) -> list[Node]:
    """The nodes of an input, by its name in this graph, or of a weight."""
    weights = graph.weights()
    if name in weights:
        return [weights[name]]
    places = {k for k, a in enumerate(graph.dom) if a.name == name}
    return [n for n in graph.nodes() if isinstance(n.op, Input) and n.op.position in places and n.kind == "real"]
