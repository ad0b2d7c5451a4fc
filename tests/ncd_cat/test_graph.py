"""Nodes: equality is identity, the order is the same everywhere."""

from __future__ import annotations

import gc
import subprocess
import sys
from fractions import Fraction
from weakref import ref

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import whole
from ncd_cat.graph import Graph, Input, Value, Weight, source, topological
from ncd_cat.ops.activation import Gelu
from ncd_cat.ops.contraction import add, einsum, multiply, number, scale, total
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Exp, Maximum
from ncd_cat.scalars import Scalar
from ncd_cat.types import Array
from tests.loops import loop_outputs
from tests.strategies import accesses, graphs, sizes

X = source(Input(0), (3, 4))
x = X.node
PLAIN = (whole(0, 3), whole(1, 4))


# ---- interning ----------------------------------------------------------------------------------------------------


def test_equal_terms_are_one_node() -> None:
    assert Exp()(X).node is Exp()(X).node
    assert Exp()(X).node is not Gelu()(X).node
    assert source(Input(0), (3, 4)).node is x and source(Input(1), (3, 4)).node is not x
    assert source(Input(0), (4, 3)).node is not x and source(Input(0, "int"), (3, 4)).node is not x
    assert source(Weight("w"), (3, 4)).node is not x


def test_views_make_no_node() -> None:
    turned = X.at((whole(1, 3), whole(0, 4)), (4, 3))
    assert turned.node is x
    assert turned.at((whole(1, 4), whole(0, 3)), (3, 4)) == X
    assert hash(turned.at((whole(1, 4), whole(0, 3)), (3, 4))) == hash(X)
    assert turned != X and X != 3


def test_nodes_that_nothing_holds_are_forgotten() -> None:
    own = source(Weight("forgotten"), (3, 4))  # other tests may hold terms of other sources
    made = [Exp()(scale(own, Fraction(k, 7))) for k in range(50)]
    held = [ref(v.node) for v in made]
    assert all(r() is v.node for r, v in zip(held, made, strict=True))
    del made
    gc.collect()
    assert not any(r() for r in held)


def test_a_reshape_that_is_no_index_map_becomes_a_node() -> None:
    y = source(Input(0), (6, 4)).at((0 * 1, ()) and ((0, ((1, 0, 4, 6),)), (0, ((1, 0, 1, 4),))), (24,))
    reading = y.at(((0, ((8, 0, 1, 3), (1, 1, 1, 8))),), (3, 8))
    assert reading.sizes == (3, 8)
    data = np.arange(24.0).reshape(6, 4)
    again = reading.at(((0, ((1, 0, 8, 3),)), (0, ((1, 0, 1, 8),))), (24,))
    np.testing.assert_array_equal(loop_outputs(Graph((), (), (again,)), [data], {})[0], data.reshape(24))


@given(st.data())
def test_reading_a_reading_is_reading_once(data: st.DataObject) -> None:
    a, b, c = (data.draw(sizes(2, 4)) for _ in range(3))
    v = source(Input(0), c)
    first, second = data.draw(accesses(b, c)), data.draw(accesses(a, b))
    values = np.random.default_rng(0).standard_normal(c)  # type: ignore[call-overload]
    found = loop_outputs(Graph((), (), (v.at(first, b).at(second, a),)), [values], {})[0]
    (middle,) = loop_outputs(Graph((), (), (v.at(first, b),)), [values], {})
    expected = loop_outputs(Graph((), (), (source(Input(0), b).at(second, a),)), [middle], {})[0]
    np.testing.assert_array_equal(found, expected)


# ---- walks --------------------------------------------------------------------------------------------------------


@given(graphs())
def test_operands_come_first(graph: Graph) -> None:
    order = graph.nodes()
    place = {m: k for k, m in enumerate(order)}
    assert len(place) == len(order)
    for m in order:
        assert all(place[y] < place[m] for y, _ in m.operands)
    assert {v.node for v in graph.outputs} | set(graph.dead) <= set(place)


def test_a_walk_stops_at_what_is_known() -> None:
    y = Exp()(X)
    z = add(y, X)
    assert topological([z.node]) == [x, y.node, z.node]
    assert topological([z.node], {y.node, x}) == [z.node]
    assert topological([z.node, y.node, z.node]) == [x, y.node, z.node]


def test_deep_graphs_do_not_recurse() -> None:
    y = X
    for _ in range(5000):
        y = Exp()(y)
    assert len(topological([y.node])) == 5001


def test_graphs_know_their_weights_and_their_equals() -> None:
    w = source(Weight("w"), (4, 5))
    y = einsum("ij,jk->ik", X, w)
    a, b = Array.of((3, 4)), Array.of((3, 5))
    graph = Graph((a,), (b,), (y,), (Exp()(X).node,))
    assert graph.weights() == {"w": w.node}
    assert graph.live().dead == () and graph.live().same_as(graph) and graph.live() != graph
    assert not graph.same_as(Graph((a,), (b,), (scale(y, 2),)))


def test_closed_loops_of_different_sizes_differ() -> None:
    two, three = (total(number(1, (k,)), (0,)) for k in (2, 3))
    assert two != three
    assert two == total(number(1, (2,)), (0,))


def test_orders_are_the_same_in_every_process() -> None:
    code = ("from ncd_cat.graph import *; from ncd_cat.ops.contraction import *; from ncd_cat.ops.literal import literal; "
            "from ncd_cat.ops.opaque import Opaque; from ncd_cat.sizes import symbol; "
            "x = source(Weight('w'), (symbol('n'), 3)); y = einsum('ij->ji', x); "
            "print(y.node.order, literal([1.5]).node.order, node(Opaque('f', 'a', (), (3,)), [], (3,)).order)")  # fmt: skip
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True,
                       env={"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)}).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    assert len(found) == 1


def test_texts() -> None:
    assert str(X) == "input(0, real)[i0, i1] : 3 4" == repr(X)
    assert str(Maximum()(X, X).node) == "maximum(input(0, real)[i0, i1], input(0, real)[i0, i1]) : 3 4"
    assert str(multiply(X, X, scalar=Scalar.of(2)).node.op) == "contraction"
    assert str(Take(3)) == "take(3)"
    assert str(literal([1, 2]).node.op).startswith("literal<")


def test_definitions_and_meanings_default_to_none() -> None:
    op = Opaque("f", "", ((3,),), (3,))
    assert op.definition(X) is None and op.array(np, 1.0) is NotImplemented
    assert isinstance(X, Value) and X.kind == "real"
