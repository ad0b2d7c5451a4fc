"""Evaluation agrees with the loops, in every namespace."""

import numpy as np
from hypothesis import given, settings

from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph
from tests.loops import loop_outputs
from tests.strategies import arrays, graphs


def agrees(graph: Graph) -> None:
    inputs, weights = arrays(graph)
    expected = loop_outputs(graph, inputs, weights)
    found = evaluate(graph, inputs, weights=weights)
    assert len(found) == len(expected)
    for x, y in zip(found, expected, strict=True):
        assert x.shape == y.shape and x.dtype == y.dtype
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


@given(graphs())
@settings(max_examples=1000, deadline=None)
def test_evaluation_is_the_loops(graph: Graph) -> None:
    agrees(graph)
