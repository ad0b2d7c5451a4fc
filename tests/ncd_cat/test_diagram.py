"""The category: composition, structure, and no box of DisCoPy's own in any of it."""

from __future__ import annotations

import time
from importlib import import_module

import numpy as np
import pytest
from discopy import cat, markov

from ncd_cat.axes import Axis, whole
from ncd_cat.diagram import (
    EMPTY,
    Block,
    Box,
    Broadcast,
    Copy,
    Diagram,
    Discard,
    Layer,
    Operation,
    Permutation,
    Reindex,
    Swap,
    Ty,
)
from ncd_cat.errors import TypeMismatch
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Weight, source
from ncd_cat.ops.contraction import add
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.softmax import Softmax
from ncd_cat.sizes import symbol
from ncd_cat.types import Array

module = import_module("ncd_cat.diagram")
A, B = Array((Axis("q", 3), Axis("k", 4))), Array((Axis("k", 4),), "float64")
X, Y = Ty(A), Ty(B)
f, g, h = Box("f", X, Y), Box("g", Y, X), Box("h", Y @ Y, X)
SQUARE = Array.of((2, 3))
TURN = Reindex(SQUARE, Array.of((3, 2)), (whole(1, 2), whole(0, 3)))
EXAMPLES: tuple[Diagram, ...] = (
    Diagram.id(X), f, f >> g, f @ g, Copy(X), Copy(X, 3), Discard(X), Swap(X, Y), Permutation((2, 0, 1), X @ Y @ X), TURN,
    Operation(Exp(), X, X), Operation(Softmax(4), X, X), Operation(Weight("w"), EMPTY, X), f.block("mlp"),
    f.broadcast(Axis("b", 5)), (f >> g).block("a").broadcast(Axis("b", 2)), f @ X >> h @ X if X == Y else f @ Y >> h,
)  # fmt: skip


# ---- the category -------------------------------------------------------------------------------------------------


def test_composition_is_associative_and_unital() -> None:
    assert (f >> g) >> f == f >> (g >> f)
    assert Diagram.id(X) >> f == f == f >> Diagram.id(Y)
    assert hash(Diagram.id(X) >> f) == hash(f)
    assert f >> g != g >> f


def test_product_is_associative_and_unital() -> None:
    assert (f @ g) @ h == f @ (g @ h)
    assert f @ Diagram.id() == f == Diagram.id() @ f
    assert (X @ Y) @ X == X @ (Y @ X)
    assert X @ EMPTY == X == EMPTY @ X
    assert f @ g == f @ Y >> Y @ g


def test_types_are_tuples_of_arrays() -> None:
    assert X @ Y == Ty(A, B) == X @ B
    assert (X @ Y)[1] == Y and (X @ Y)[:1] == X and len(X @ Y) == 2 and list(X @ Y) == [X, Y]
    assert X**3 == Ty(A, A, A)
    assert Ty(Array(A.axes, name="x")) == X
    assert str(X @ Y) == (X @ Y).name == "float32[q:3 k:4] @ float64[k:4]"
    with pytest.raises(TypeMismatch, match="made of arrays"):
        Ty("x")  # type: ignore[arg-type]


def test_wires_whisker_on_both_sides() -> None:
    assert X @ f == Diagram.id(X) @ f and f @ X == f @ Diagram.id(X)
    assert f @ A == f @ X
    assert (X @ f @ Y).dom == X @ X @ Y


@pytest.mark.parametrize("d", EXAMPLES, ids=str)
def test_repr_reads_back(d: Diagram) -> None:
    names = {**vars(module), "Axis": Axis, "Array": Array, "Exp": Exp, "Softmax": Softmax, "Weight": Weight}
    names |= {c.__name__: c for c in (Permutation, Reindex, Operation, Block, Broadcast)}
    assert eval(repr(d), names) == d
    assert eval(repr(d.dom), names) == d.dom


def test_text_is_what_one_writes() -> None:
    assert str(f >> g) == "f >> g"
    assert str(f @ g) == "f @ float64[k:4] >> float64[k:4] @ g"
    assert str(Diagram.id(X)) == "Id(float32[q:3 k:4])"
    assert str(TURN) == "[b, a]"
    assert str(f.broadcast(Axis("b", 5))) == "broadcast(b:5; f)"


# ---- nothing leaks ------------------------------------------------------------------------------------------------

MADE = {
    "id": Diagram.id(X @ Y), "swap": Diagram.swap(X @ Y, Y), "braid": Diagram.braid(X, Y), "copy": Diagram.copy(X @ Y, 3),
    "discard": Diagram.discard(X @ Y), "permutation": Diagram.permutation([2, 0, 1], X @ Y @ X), "twist": Diagram.twist(X),
    "then": f >> g, "tensor": f @ g, "slice": (f >> g >> f)[1:], "swap dagger": Diagram.swap(X @ X, Y)[::-1], "block": f.block("b"),
    "broadcast": f.broadcast(Axis("b", 2)), "permute": Diagram.id(X @ Y @ X).permute(1, 2, 0), "simplify": (f @ f).simplify(),
    "substitute": (f >> g).substitute(0, f), "interchange": (f @ g).interchange(0, 1), "staircases": (f @ g).to_staircases(),
    "foliation": (f @ g).foliation(), "callable": Diagram.from_callable(X @ X, X)(add),
    "decode": Diagram.decode(X, [(f, 0)]), "graph": Diagram.from_graph((f >> Diagram.copy(Y)).graph), "turn": TURN.dagger(),
}  # fmt: skip


@pytest.mark.parametrize("d", MADE.values(), ids=MADE)
def test_every_method_stays_in_the_category(d: Diagram) -> None:
    assert isinstance(d, Diagram) and type(d.dom) is type(d.cod) is Ty
    for layer in d.inside:
        assert type(layer) is Layer and type(layer.dom) is type(layer.cod) is Ty
    for box in d.boxes:
        assert isinstance(box, Box) and type(box).__module__.startswith("ncd_cat.")


def test_every_factory_is_ours() -> None:
    functions_of_ours = ("spider_factory", "twist_factory")
    factories = {name for c in Diagram.__mro__ for name in vars(c) if name.endswith("_factory") and name not in functions_of_ours}
    assert {"braid_factory", "copy_factory", "sum_factory", "bubble_factory", "hypergraph_factory", "layer_factory"} <= factories
    for name in factories:
        assert getattr(Diagram, name).__module__.startswith("ncd_cat.diagram"), name
    assert Diagram.factory is Diagram and Ty.factory is Ty


def test_structural_boxes_are_discopys_too() -> None:
    assert issubclass(Copy, markov.Copy) and issubclass(Swap, markov.Swap) and issubclass(Discard, markov.Discard)
    assert isinstance(Copy(X, 0), Discard)
    assert isinstance(f, markov.Diagram) and isinstance(f, cat.Box)


def test_swaps_and_permutations_have_inverses() -> None:
    permutations = (Swap(X, Y), Permutation((2, 0, 1), X @ Y @ X), Diagram.swap(X @ Y, Y @ X))
    for d in (*permutations, TURN, TURN.block("turn"), TURN.broadcast(Axis("z", 2))):
        assert (d >> d[::-1]).graph.same_as(Diagram.id(d.dom).graph)
        assert d[::-1][::-1].graph.same_as(d.graph)


def test_a_permutation_is_its_swaps() -> None:
    p = Permutation((2, 0, 3, 1), X @ Y @ X @ Y)
    assert all(isinstance(box, Swap) for box in p.swaps().boxes)
    assert p.swaps().graph.same_as(p.graph)


def test_depth_counts_ops() -> None:
    assert (f >> g).depth() == 2 and (f @ g).depth() == 1 and Diagram.copy(X).depth() == 0


# ---- graphs -------------------------------------------------------------------------------------------------------


def test_a_diagram_is_a_function_of_values() -> None:
    x = source(Input(0), (3, 4))
    y = (f >> g)(x)[0]
    assert y == g(*f(x))[0]
    assert y.sizes == (3, 4)


def test_diagrams_evaluate() -> None:
    x = np.arange(12.0).reshape(3, 4) / 10
    exp = Operation(Exp(), X, X)
    turned = Reindex(A, Array((Axis("k", 4), Axis("q", 3))), (whole(1, 3), whole(0, 4)))
    (found,) = evaluate(Copy(X) >> exp @ X >> Swap(X, X) >> X @ turned >> Discard(X) @ turned.cod, [x])
    np.testing.assert_allclose(np.asarray(found), np.exp(x).T)


def test_symbolic_sizes() -> None:
    n = Array((Axis("n"),))
    exp = Operation(Exp(), n, n)
    assert exp.graph.outputs[0].sizes == (symbol("n"),)
    assert Diagram.from_graph(exp.graph).graph == exp.graph


def test_a_function_that_gives_another_type_is_refused() -> None:
    with pytest.raises(TypeMismatch, match="the function gives sizes"):
        Diagram.from_callable(X, Y)(lambda x: x)


def test_names_of_wires_survive() -> None:
    named = Array(A.axes, name="hidden_states")
    graph = Graph((named,), (Array(A.axes, name="logits"),), (source(Input(0), (3, 4)),))
    found = Diagram.from_graph(graph).graph
    assert (found.dom[0].name, found.cod[0].name) == ("hidden_states", "logits")


# ---- speed, drawing -----------------------------------------------------------------------------------------------


def test_composing_in_a_loop_is_linear() -> None:
    start = time.process_time()
    d = e = Diagram.id(X)
    for _ in range(1000):
        d = d >> f >> g
        e = e @ f
    assert len(d) == 2000 and len(e) == 1000
    assert time.process_time() - start < 6


def test_nesting_is_deep_enough() -> None:
    d: Diagram = f >> g
    for k in range(60):
        d = d.block(f"h{k}")
    assert d.graph.same_as((f >> g).graph)


def test_drawing() -> None:
    d = (f @ Y >> h >> Copy(X) >> X @ f.block("mlp")) @ X >> Permutation((2, 0, 1), X @ Y @ X) >> Discard(X) @ (X @ Y)
    found = d.broadcast(Axis("z", 2)).to_drawing()
    assert len(found.dom) == 3 and len(found.cod) == 2


def test_the_module_names_its_boxes_and_no_others() -> None:
    assert module.Broadcast is Broadcast
    with pytest.raises(AttributeError, match="Cup"):
        _ = module.Cup
