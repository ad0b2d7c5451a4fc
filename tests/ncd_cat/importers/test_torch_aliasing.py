"""Inputs are distinct variables, whatever tensors stand for them as examples."""

from __future__ import annotations

from typing import Any

import pytest

from ncd_cat.graph import Graph, Input

torch = pytest.importorskip("torch")

HELD = torch.ones(2, 3)


def difference(x: Any, y: Any) -> Any:
    return x - y


def against_held(x: Any) -> Any:
    return x - HELD


def inputs_read(graph: Graph) -> set[int]:
    return {n.op.position for n in graph.nodes() if isinstance(n.op, Input)}


def test_one_tensor_given_twice_is_two_variables() -> None:
    from ncd_cat.importers.torch import torch_graph

    x = torch.zeros(2, 3)
    assert inputs_read(torch_graph(difference, (x, x))) == {0, 1}
    assert torch_graph(difference, (x, x)).same_as(torch_graph(difference, (x, x.clone())))


def test_a_tensor_that_the_function_holds_is_no_variable() -> None:
    from ncd_cat.importers.torch import torch_graph

    assert torch_graph(against_held, (HELD,)).same_as(torch_graph(against_held, (torch.zeros(2, 3),)))
    assert inputs_read(torch_graph(against_held, (HELD,))) == {0}
