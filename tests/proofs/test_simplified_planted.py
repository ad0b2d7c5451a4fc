"""Planted redundancies: simplify finds each, keeps every value, proves it, and finds nothing more the second time."""

from __future__ import annotations

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.costs.node import Tally
from ncd_cat.costs.paths import sample
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph
from proofs.draws import STYLES, draw, ports_of
from proofs.kernel import check
from tests import planted, planted_functions

PLANTED = {**planted.planted(), **planted_functions.planted()}


def totals(graph: Graph) -> tuple[float, float]:
    """The operations of a graph, and its work."""
    tally, nodes = Tally(), graph.live().nodes()
    return float(sum(tally.operations(n) for n in nodes)), float(sum(sample(tally.work(n)) for n in nodes))


def is_found(given: Graph, wanted: Graph) -> None:
    """What simplify makes of the given graph is no dearer than the one wanted, equal to it, proved, and stays as it is."""
    found = ncd.simplify(given)
    simpler = found.to_graph()
    assert check(found.trace.certificate.data).rhs.outputs == simpler.outputs
    for got, most in zip(totals(simpler), totals(wanted), strict=True):
        assert got <= most, found.trace
    point = draw(ports_of((given, wanted)), STYLES[1], 0)
    values = [evaluate(g, list(point.inputs), weights=dict(point.weights)) for g in (given, wanted, simpler)]
    for x, y, z in zip(*values, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-10)
        np.testing.assert_allclose(x, z, rtol=1e-10, atol=1e-10)
    assert ncd.simplify(found).to_graph().outputs == simpler.outputs


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str) -> None:
    pair: planted.Pair = PLANTED[name]
    is_found(*pair.graphs())


def test_there_are_many() -> None:
    assert len(PLANTED) >= 60
