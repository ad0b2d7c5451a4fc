"""Graphs and diagrams: there and back is the identity, up to the laws of a cartesian category and no further."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import Axis, whole
from ncd_cat.diagram import EMPTY, Block, Box, Broadcast, Copy, Diagram, Discard, Operation, Permutation, Reindex, Swap, Ty
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.language import linear, relu, ty
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Exp
from ncd_cat.scalars import ONE
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from tests.strategies import arrays, canonical, graphs

X, Y, S = Array.of((2, 3), name="x"), Array.of((3,)), Array.of(())
LOOPS = [contraction([Term(ONE, (n,), ())], ()).op for n in (2, 3)]  # Σ over an axis that nothing reads
BOXES: tuple[Box, ...] = (
    Box("f", X, Y), Box("g", Ty(Y, Y), Ty(X, Y)), Box("c", EMPTY, Y), Box("h", Y, EMPTY), Operation(Exp(), Y, Y),
    Operation(Weight("w"), EMPTY, X), Reindex(X, Array.of((3, 2)), (whole(1, 2), whole(0, 3))),
    Reindex(Array.of((3, 2)), X, (whole(1, 3), whole(0, 2))), Reindex(Y, X, (whole(1, 3),)),
    *(Operation(op, EMPTY, S) for op in LOOPS),
)  # fmt: skip


@st.composite
def diagrams(draw: Any, depth: int = 2) -> Diagram:
    """A diagram grown by boxes, copies, discards, permutations, blocks and broadcasts."""
    found = Diagram.id(Ty(*draw(st.lists(st.sampled_from((X, Y)), max_size=3))))
    for _ in range(draw(st.integers(0, 6))):
        found = found >> draw(layers(found.cod, depth))
    return found


@st.composite
def layers(draw: Any, row: Ty, depth: int) -> Diagram:
    """One step from the wires of `row`."""
    order = draw(st.permutations(range(len(row))))
    ready = Diagram.permutation(order, row)
    row = ready.cod
    kind = draw(st.integers(0, 5))
    if kind == 0 and len(row):
        return ready >> draw(st.sampled_from((Copy(row[0]), Copy(row[0], 3), Discard(row[0])))) @ row[1:]
    if kind == 1 and depth:
        inner = draw(diagrams(depth - 1))
        inner = Block(draw(st.sampled_from("ab")), inner) if draw(st.booleans()) else inner
        fits = row[: len(inner.dom)] == inner.dom
        return ready >> inner @ row[len(inner.dom) :] if fits else ready
    if kind == 2 and depth:
        inner = draw(diagrams(depth - 1)).broadcast(Axis(f"z{depth}", 2))
        closed = Diagram.id().tensor(*(Box("new", EMPTY, a) for a in inner.dom.inside)) >> inner
        return ready >> closed @ row
    fitting = [box for box in BOXES if box.dom == row[: len(box.dom)]]
    box = draw(st.sampled_from(fitting))
    return ready >> box @ row[len(box.dom) :]


@given(graphs(), st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=8))
def test_graph_to_diagram_and_back_is_the_identity(graph: Graph, paths: list[list[str]]) -> None:
    named = replace(graph, blocks=tuple((n, tuple(path)) for n, path in zip(graph.nodes(), paths, strict=False)))
    expected = canonical(named)
    diagram = Diagram.from_graph(named)
    found = diagram.to_graph()
    assert found == expected
    assert [a.name for a in (*found.dom, *found.cod)] == [a.name for a in (*graph.dom, *graph.cod)]
    assert Diagram(diagram.inside, diagram.dom, diagram.cod) == diagram  # every layer composes


@given(diagrams())
def test_diagram_to_graph_and_back_is_equal_up_to_the_laws(diagram: Diagram) -> None:
    again = Diagram.from_graph(diagram.graph)
    assert again.graph == diagram.graph
    assert (again.dom, again.cod) == (diagram.dom, diagram.cod)
    assert Diagram.from_graph(again.graph) == again
    for n in diagram.graph.nodes():
        validate(n)


@given(diagrams(1), diagrams(1))
def test_interchange(f: Diagram, g: Diagram) -> None:
    first, second = (f @ g.dom >> f.cod @ g).graph, (f.dom @ g >> f @ g.cod).graph
    assert first.same_as(second)
    assert set(first.dead) == set(second.dead)


@given(diagrams(1))
def test_copy_and_discard_are_natural(f: Diagram) -> None:
    assert (f >> Diagram.copy(f.cod)).graph.same_as((Diagram.copy(f.dom) >> f @ f).graph)
    assert (f >> Diagram.discard(f.cod)).graph.live().same_as(Diagram.discard(f.dom).graph)


@given(diagrams(1), diagrams(1))
def test_swap_is_natural_and_symmetric(f: Diagram, g: Diagram) -> None:
    assert (f @ g >> Diagram.swap(f.cod, g.cod)).graph.same_as((Diagram.swap(f.dom, g.dom) >> g @ f).graph)
    both = Diagram.swap(f.dom, g.dom) >> Diagram.swap(g.dom, f.dom)
    assert both.graph.same_as(Diagram.id(f.dom @ g.dom).graph)


@given(diagrams(1))
def test_counit_leaves_no_dead_node(f: Diagram) -> None:
    if len(f.cod):
        found = f >> Copy(f.cod[0]) @ f.cod[1:] >> Discard(f.cod[0]) @ f.cod
        assert found.graph == f.graph


def test_loops_of_different_sizes_stay_different() -> None:
    two, three = (Operation(op, EMPTY, S) for op in LOOPS)
    assert not two.graph.same_as(three.graph)
    assert not (two @ three).graph.same_as((two @ two).graph)
    assert (two @ three >> Diagram.swap(Ty(S), Ty(S))).graph.same_as((three @ two).graph)


def test_two_boxes_of_one_name_and_other_types_differ() -> None:
    f, g = Box("f", Y, Ty(Y, Y)), Box("f", Y, Y)
    assert not (f >> Diagram.id(Ty(Y)) @ Discard(Ty(Y))).graph.same_as(g.graph)


def test_ports_of_one_box_are_one_box_again() -> None:
    f = Box("f", Y, Ty(Y, X))
    assert len(Diagram.from_graph(f.graph).boxes) == 1
    assert [n.op.port for n in f.graph.nodes() if isinstance(n.op, Opaque)] == [0, 1]


# ---- broadcasts ---------------------------------------------------------------------------------------------------


@given(graphs())
def test_broadcast_is_the_graph_at_every_index(graph: Graph) -> None:
    diagram = Diagram.from_graph(graph).broadcast(Axis("z", 3))
    for n in diagram.graph.nodes():
        validate(n)
    slices = [arrays(graph, seed)[0] for seed in range(3)]
    weights = arrays(graph)[1]
    found = evaluate(diagram, [np.stack(xs) for xs in zip(*slices, strict=True)], weights=weights)
    for z, inputs in enumerate(slices):
        for whole_result, expected in zip(found, evaluate(graph, inputs, weights=weights), strict=True):
            np.testing.assert_allclose(np.asarray(whole_result)[z], expected, rtol=1e-9, atol=1e-9)


def test_a_bracket_of_a_digit_that_does_not_divide_its_axis_is_broadcast() -> None:
    odd = (0, ((1, 0, 1, 2),))  # i mod 2, for i below 3
    x, inputs = source(Input(0), (3,)), (Array.of((3,)),)
    graph = Graph(inputs, inputs, (Value.of(contraction([Term(ONE, (), ((x.node, x.access),), ((True, odd),))], (3,))),))
    found = Diagram.from_graph(graph).broadcast(Axis("z", 2)).graph
    np.testing.assert_array_equal(evaluate(found, [np.ones((2, 3))])[0], [[1, 0, 1]] * 2)


@given(diagrams(1))
def test_broadcast_is_a_functor(f: Diagram) -> None:
    z, x = Axis("z", 2), f.cod
    assert (f >> Diagram.copy(x)).broadcast(z).graph.same_as((f.broadcast(z) >> Diagram.copy(x).broadcast(z)).graph)
    assert (f @ f).broadcast(z).graph.same_as((f.broadcast(z) @ f.broadcast(z)).graph)
    assert f.broadcast(Axis("y", 3)).broadcast(z).graph.same_as(f.broadcast(z, Axis("y", 3)).graph)
    assert Diagram.id(x).broadcast(z).graph.same_as(Diagram.id(Broadcast(Diagram.id(x), (z,)).cod).graph)


def test_broadcast_prepends_the_axes_to_the_degree_and_shares_weights() -> None:
    weight, exp = Operation(Weight("w"), EMPTY, X), Operation(Exp(), X, X)
    graph = (weight @ exp).broadcast(Axis("z", 5)).graph
    assert graph.outputs[0].node.sizes == (2, 3)
    assert graph.outputs[1].node.sizes == (5, 2, 3)
    assert [len(n.operands) for n in graph.nodes() if n.op == Exp()] == [1]


def test_blocks_inside_a_broadcast_keep_their_names() -> None:
    inner = Operation(Exp(), Y, Y).block("act").block("mlp")
    assert [path for _, path in inner.broadcast(Axis("z", 2)).block("h").graph.blocks] == [("h", "mlp", "act")]


# ---- what the laws do not equate ----------------------------------------------------------------------------------


def test_wires_that_cross_are_not_wires_that_do_not() -> None:
    both = Ty(Y, Y)
    assert not Diagram.swap(Ty(Y), Ty(Y)).graph.same_as(Diagram.id(both).graph)
    assert not Permutation((2, 0, 1), Ty(Y, Y, Y)).graph.same_as(Permutation((1, 2, 0), Ty(Y, Y, Y)).graph)
    assert Swap(Ty(Y), Ty(Y)).graph.same_as(Permutation((1, 0), both).graph)


def test_transposing_twice_is_nothing_and_once_is_not() -> None:
    square = Array.of((3, 3))
    t = Reindex(square, square, (whole(1, 3), whole(0, 3)))
    assert (t >> t).graph.same_as(Diagram.id(Ty(square)).graph)
    assert not t.graph.same_as(Diagram.id(Ty(square)).graph)


def test_what_stands_between_the_parts_of_a_block_is_in_the_block() -> None:
    """A function without weights, between two parts with names of their own."""
    inside = linear("c", "d", name="first") >> relu >> linear("d", "c", name="last")
    found = inside.block("both").at(ty("b c"))
    assert str(found) == "both"
    assert str(found.expand("both", depth=1)).count("relu") == 1
