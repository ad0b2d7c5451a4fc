"""Fingerprints: numbers that every value of two diagrams has at one point, and that no permutation or splitting of axes changes.

They are means over all entries, so repeating an axis leaves them too.  Values that are equal up to such a reading have equal
fingerprints at every point; values that differ rarely have.  Source: combinational equivalence checking by simulation and
sweeping (Kuehlmann and Krohm 1997), where words of truth values stand for the means here.

>>> import numpy as np
>>> x = np.arange(6.0).reshape(2, 3)
>>> near(features(x), features(np.repeat(x.T.reshape(3, 2, 1), 4, 2))), near(features(x), features(x + 1))
(True, False)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, prod
from typing import Any

import numpy as np

from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluate import compile
from ncd_cat.evaluation.drawing import Random
from ncd_cat.evaluation.lowering import instance
from ncd_cat.evaluation.machine import ints
from ncd_cat.graph import Graph, Node, Value
from ncd_cat.types import Array
from proofs.draws import STYLES, Point, Style, small_sizes
from proofs.pair import Pair

CLOSE = 1e-8  # how far fingerprints of equal values may be apart, by rounding
LIMIT = 1e6  # greater entries, infinite ones too, count as this
MOST = 1 << 26  # numbers that all values of a side may have together
Features = tuple[float, ...]


def classes(lhs: Graph, rhs: Graph, seed: int = 0) -> list[list[Node]]:
    """The real values of two graphs that are no sources, those with equal fingerprints together, in the order of the graphs.

    Nothing, if the graphs cannot be evaluated, or are too large for all their values to be kept.
    """
    buckets: dict[int, list[tuple[Features, list[Node]]]] = {}
    for n, found in _fingerprints(lhs, rhs, seed).items():
        place = floor(found[0] / CLOSE)
        known = next((ns for k in (place, place - 1, place + 1) for other, ns in buckets.get(k, ()) if near(found, other)), None)
        if known is None:
            buckets.setdefault(place, []).append((found, [n]))
        else:
            known.append(n)
    return [ns for bucket in buckets.values() for _, ns in bucket]


def features(x: Any) -> Features | None:
    """The fingerprint of an array; None for one that is 0 everywhere, or nowhere a number."""
    x = np.clip(x[~np.isnan(x)].astype(np.float64), -LIMIT, LIMIT)
    size = float(np.sqrt(np.mean(x * x))) if x.size else 0.0
    if size == 0:
        return None
    return float(np.log(size)), float(np.mean(x)) / size, float(np.mean(np.abs(x))) / size, float(np.mean(np.cos(3 * x / size)))


def near(a: Features | None, b: Features | None) -> bool:
    """Whether two fingerprints are the same up to rounding."""
    return a is not None and b is not None and max(abs(x - y) for x, y in zip(a, b, strict=True)) < CLOSE


def _fingerprints(lhs: Graph, rhs: Graph, seed: int) -> dict[Node, Features]:
    sizes = next(small_sizes(lhs, rhs))
    found: dict[Node, Features] = {}
    try:
        pair = Pair(instance(lhs, sizes), instance(rhs, sizes))
        point = _point(pair, seed)
        for graph in (lhs, rhs):
            nodes = [n for n in graph.live().nodes() if n.operands and n.kind == "real" and n not in found]
            whole = instance(_with_outputs(graph, nodes), sizes)
            if sum(prod(ints(v.sizes)) for v in whole.outputs) > MOST:
                return {}
            made = map(features, _values(whole, point))
            found.update((n, f) for n, f in zip(nodes, made, strict=True) if f is not None)
    except (InputError, UnsupportedOp):
        return {}
    return found


def _point(pair: Pair, seed: int) -> Point:
    """A random point; with positive weights, if the sides have no values otherwise."""
    point = pair.fitting(STYLES[0], seed)
    return point if pair.gap(point) is not None else pair.fitting(Style("normal", "positive"), seed)


def _with_outputs(graph: Graph, nodes: Sequence[Node]) -> Graph:
    return Graph(graph.dom, tuple([Array.of(n.sizes, "float64") for n in nodes]), tuple([Value.of(n) for n in nodes]))


def _values(graph: Graph, point: Point) -> tuple[Any, ...]:
    function = compile(graph)
    drawn: Any = {"draws": point.draws} if isinstance(function, Random) else {}
    with np.errstate(all="ignore"):
        found: tuple[Any, ...] = function(*point.inputs, weights=point.weights, **drawn)
    return found
