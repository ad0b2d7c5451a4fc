"""Absorption: a sum in which one summand is 2⁵² times another forgets the other, alike at every nearby point.

cosh²(x) − sinh²(x) is 1, and computed to be 0 for large x, however the point is moved.  So a difference counts only if the numbers
on the way to it are not so large that rounding them alone could make it; a constant that stands for −∞ is not on the way.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from ncd_cat.graph import Graph, Value
from ncd_cat.signature import HUGE
from ncd_cat.types import Array

ROUNDING = 2.0**-52


def watched(graph: Graph) -> Graph:
    """The graph with every real array on the way to its outputs as an output."""
    inner = [n for n in graph.live().nodes() if n.operands and n.kind == "real"]
    cod = tuple([Array.of(n.sizes, "float64") for n in inner])
    return Graph(graph.dom, cod, tuple([Value.of(n) for n in inner]))


def greatest(arrays: Iterable[Any]) -> float:
    """The greatest magnitude among finite entries, without those that stand for −∞."""
    found = 0.0
    for x in arrays:
        counted = np.abs(x[np.isfinite(x) & (x > -HUGE)])
        found = max(found, float(counted.max()) if counted.size else 0.0)
    return found
