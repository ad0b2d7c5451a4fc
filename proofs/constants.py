"""Values that seem not to vary: a node that has one value at random points, wherever it is looked at, may be that constant.

A guess only, from two points; the prover decides.  So a key bias's gradient becomes 0, and that of log det diag eˢ becomes 1.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from ncd_cat.errors import NcdError
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Node, Value
from ncd_cat.ops.contraction import number
from ncd_cat.ops.random import draws as drawn
from ncd_cat.substitution import resized
from ncd_cat.types import Array
from proofs.draws import STYLES, draw, ports_of, small_sizes

MOST_NODES, MOST_ENTRIES, MOST_GUESSES = 300, 1 << 16, 3
SMALL = 1e-11  # relative to the greatest value on the way


def constants(graph: Graph) -> dict[Node, Value]:
    """The topmost nodes that seem to be one small fraction at every index, with that constant."""
    nodes = [n for n in graph.live().nodes() if n.operands and n.kind == "real"]
    if not nodes or len(nodes) > MOST_NODES or drawn(graph):
        return {}
    every = replace(graph, cod=tuple([Array.of(n.sizes) for n in nodes]), outputs=tuple([Value.of(n) for n in nodes]), blocks=(), labels=())
    try:
        rows = [_values(every, seed) for seed in (0, 1)]
    except (NcdError, MemoryError):
        return {}
    found: dict[Node, Value] = {}
    below: set[Node] = set()
    for n, one, other in reversed(list(zip(nodes, *rows, strict=True))):
        if n in below or len(found) >= MOST_GUESSES:
            continue
        c = _constant(one, other)
        if c is not None and Value.of(n) != number(c, n.sizes):
            found[n] = number(c, n.sizes)
            below |= set(Graph((), (), (Value.of(n),)).nodes())
    return found


def _values(graph: Graph, seed: int) -> list[np.ndarray]:
    sizes = next(iter(small_sizes(graph, graph)), {})
    concrete = resized(graph, sizes) if sizes else graph
    ports = ports_of((concrete,))
    if ports.entries > MOST_ENTRIES:
        raise NcdError("too large to look at")
    point = draw(ports, STYLES[1 - seed], seed)
    with np.errstate(all="ignore"):
        return [np.asarray(a) for a in evaluate(concrete, list(point.inputs), weights=point.weights)]


def _constant(one: np.ndarray, other: np.ndarray) -> Fraction | None:
    """The small fraction that all entries are, up to rounding."""
    values = np.concatenate([one.ravel(), other.ravel()])
    if not values.size or not np.isfinite(values).all():
        return None
    guess = Fraction(float(values[0])).limit_denominator(8)
    return guess if abs(guess) <= 8 and np.abs(values - float(guess)).max() <= SMALL else None
