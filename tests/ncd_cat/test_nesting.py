"""Blocks: the nodes of one module stand together where they are convex in the graph, and are split where not."""

from __future__ import annotations

import time

from ncd_cat.axes import whole
from ncd_cat.diagram import Block, Diagram
from ncd_cat.graph import Graph, Input, Node, Value, Weight, source
from ncd_cat.ops.activation import Gelu
from ncd_cat.ops.contraction import add, einsum, multiply
from ncd_cat.ops.pointwise import Exp
from ncd_cat.types import Array
from tests.strategies import canonical

Y = Array.of((3,))


def names(diagram: Diagram) -> list[str]:
    return [box.name for box in diagram.boxes if isinstance(box, Block)]


def residual(blocks: int) -> tuple[Value, list[tuple[Node, tuple[str, ...]]]]:
    """x ↦ x + gelu(x·w + b), as often as asked, with the path of every node but the weights."""
    x, paths = source(Input(0), (4, 8)), []
    for k in range(blocks):
        w, b = source(Weight(f"w{k}"), (8, 8)), source(Weight(f"b{k}"), (8,))
        y = einsum("ij,jk->ik", x, w)
        z = add(y, b.at((whole(1, 8),), (4, 8)))
        g = Gelu()(z)
        x = add(x, g)
        paths += [(v.node, (f"h.{k}", part)) for v, part in ((y, "linear"), (z, "linear"), (g, "act"))] + [(x.node, (f"h.{k}",))]
    return x, paths


def test_modules_are_nested_blocks() -> None:
    x, paths = residual(3)
    a = Array.of((4, 8))
    diagram = Diagram.from_graph(Graph((a,), (a,), (x,), (), tuple(paths)))
    assert names(diagram) == ["h.0", "h.1", "h.2"]
    assert [names(box.arg) for box in diagram.boxes if isinstance(box, Block)] == [["linear", "act"]] * 3


def test_a_module_that_is_left_and_entered_again_is_split() -> None:
    x = source(Input(0), (3,))
    first = Exp()(x)
    other = Gelu()(first)
    last = Exp()(other)
    graph = Graph((Y,), (Y,), (last,), (), ((first.node, ("a",)), (other.node, ("b",)), (last.node, ("a",))))
    assert names(Diagram.from_graph(graph)) == ["a", "b", "a"]
    assert Diagram.from_graph(graph).graph == graph


def test_the_parts_of_a_split_module_are_as_long_as_they_can_be() -> None:
    x = source(Input(0), (3,))
    first = Exp()(x)
    second = Gelu()(first)
    middle = Exp()(second)
    last = multiply(middle, first)
    end = Gelu()(add(last, middle))
    paths = ((first, "a"), (second, "a"), (middle, "b"), (last, "a"), (end, "b"))
    graph = Graph((Y,), (Y,), (end,), (), tuple((v.node, (name,)) for v, name in paths))
    diagram = Diagram.from_graph(graph)
    parts = [(box.name, len(box.arg.boxes)) for box in diagram.boxes if isinstance(box, Block)]
    assert [name for name, _ in parts] == ["a", "b", "a", "b"] and parts[0][1] == 4  # two ops and two copies
    assert diagram.graph == canonical(graph)


def test_a_convex_module_is_one_block_in_any_order() -> None:
    x = source(Input(0), (3,))
    first, other = Exp()(x), Gelu()(x)
    last = multiply(first, other)
    graph = Graph((Y,), (Y,), (last,), (), ((first.node, ("a",)), (other.node, ("b",)), (last.node, ("a",))))
    assert names(Diagram.from_graph(graph)) == ["b", "a"]


def test_conversion_is_fast() -> None:
    x, paths = residual(1250)
    a = Array.of((4, 8))
    graph = Graph((a,), (a,), (x,), (), tuple(paths))
    start = time.process_time()
    diagram = Diagram.from_graph(graph)
    middle = time.process_time()
    assert diagram.to_graph() == canonical(graph)
    assert middle - start < 6
    assert time.process_time() - middle < 6
