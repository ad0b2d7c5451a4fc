"""What property tests of the packages share, besides the strategies of `ncd_cat.testing`: arrays, and graphs in one form."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ncd_cat.graph import Graph, Input, Value, topological
from ncd_cat.ops.contraction import number, total
from ncd_cat.testing.graphs import DTYPE as DTYPE
from ncd_cat.testing.graphs import graphs as graphs
from ncd_cat.testing.indices import Draw as Draw
from ncd_cat.testing.indices import accesses as accesses
from ncd_cat.testing.indices import guards as guards
from ncd_cat.testing.indices import indices as indices
from ncd_cat.testing.indices import sizes as sizes
from ncd_cat.testing.values import SCALARS as SCALARS
from ncd_cat.testing.values import UNARY as UNARY
from ncd_cat.testing.values import contractions as contractions
from ncd_cat.testing.values import functions as functions
from ncd_cat.testing.values import gathers as gathers
from ncd_cat.testing.values import placements as placements
from ncd_cat.testing.values import range_guards as range_guards
from ncd_cat.testing.values import views as views
from ncd_cat.testing.values import windows as windows


def arrays(graph: Graph, seed: int = 0) -> tuple[list[Any], dict[str, Any]]:
    """Inputs and weights that fit a graph of concrete sizes."""
    random = np.random.default_rng(seed)
    bits = [random.integers(0, 2, a.sizes) for a in graph.dom]
    inputs = [random.standard_normal(a.sizes) if a.kind == "real" else x.astype(a.dtype) for a, x in zip(graph.dom, bits, strict=True)]
    return inputs, {key: np.asarray(random.standard_normal(n.sizes)) for key, n in graph.weights().items()}


def closed_loop(size: int) -> Value:
    """Σ over an axis that nothing reads: the size of the axis."""
    return total(number(1, (size,)), (0,))


def canonical(graph: Graph) -> Graph:
    """The graph without dead nodes that are used, and with its blocks in the order of its nodes."""
    live = set(topological([v.node for v in graph.outputs]))
    dead = [n for n in dict.fromkeys(graph.dead) if n not in live and not isinstance(n.op, Input)]
    below = set(topological([x for n in dead for x, _ in n.operands]))
    found = replace(graph, dead=tuple(n for n in dead if n not in below))
    paths = {n: path for n, path in graph.blocks if path and not isinstance(n.op, Input)}
    return replace(found, blocks=tuple((n, paths[n]) for n in found.nodes() if n in paths))
