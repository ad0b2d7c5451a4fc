"""Well-typed nodes: random graphs are, and what is wrong with a node is said by op, operand and axis."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given

from ncd_cat.axes import Index, whole
from ncd_cat.graph import Graph, Input, Node, apply, node, source
from ncd_cat.ops.concatenation import pad
from ncd_cat.ops.contraction import Contraction, Spec, Term, contraction, einsum
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Opaque, Reshape
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.reduction import Max
from ncd_cat.scalars import ONE
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.strategies import graphs

X = source(Input(0), (3, 4))
x = X.node
PLAIN = (whole(0, 3), whole(1, 4))


def plus(e: Index, k: int) -> Index:
    return (e[0] + k, e[1])


n = symbol("n")
ILL_TYPED: dict[str, tuple[Callable[[], Node], str]] = {
    "operand missing": (lambda: node(Exp(), [], ()), "takes 1 operands, not 0|index out of range"),
    "operand too many": (lambda: node(Exp(), [(x, PLAIN)] * 2, (3, 4)), "exp takes 1 operands, not 2"),
    "index missing": (lambda: node(Exp(), [(x, PLAIN[:1])], (3, 4)), "with 1 indices, it has 2 axes"),
    "no such axis": (lambda: node(Exp(), [(x, (whole(0, 3), whole(2, 4)))], (3, 4)), "is not one of axes"),
    "negative axis": (lambda: node(Exp(), [(x, (whole(-1, 3), whole(1, 4)))], (3, 4)), "is not one of axes"),
    "too far": (lambda: node(Exp(), [(x, (plus(whole(0, 3), 1), whole(1, 4)))], (3, 4)), "axis 0 .size 3. of operand 0 .*from 1 to 3"),
    "too low": (lambda: node(Exp(), [(x, (plus(whole(0, 3), -1), whole(1, 4)))], (3, 4)), "runs from -1 to 1"),
    "digit beyond": (lambda: node(Exp(), [(x, ((0, ((1, 0, 2, 2),)), whole(1, 4)))], (3, 4)), "is not one of axes"),
    "symbol too far": (lambda: node(Exp(), [(source(Input(0), (n,)).node, ((1, ((1, 0, 1, n),)),))], (n,)), "runs from 1 to n"),
    "no size": (lambda: source(Input(0), (3, 0)).node, "axis 1 of size 0"),
    "size unknown": (lambda: source(Input(0), (n - 1,)).node, "a size is at least 1"),
    "kind": (lambda: source(Input(0, "complex"), (3,)).node, "of kind 'complex'"),
    "output": (lambda: node(Reshape((12,), (12,)), [(x, PLAIN)], (3, 4)), "do not end in"),
    "reshape": (lambda: node(Reshape((3, 4), (11,)), [(x, PLAIN)], (11,)), "cannot be reshaped"),
    "factors": (lambda: node(Contraction((Spec(ONE, (), 2, ()),)), [(x, PLAIN)], (3, 4)), "of .2. factors has 1 operands"),
    "factors below 0": (lambda: node(Contraction((Spec(ONE, (), -1, ()), Spec(ONE, (), 1, ()))), [], ()), "factors has 0 operands"),
    "bound of size 0": (lambda: contraction([Term(ONE, (0,), ())], ()), "axis 0 of size 0"),
    "guard elsewhere": (lambda: contraction([Term(ONE, (), (), ((False, whole(3, 5)),))], ()), "is not one of axes"),
    "guard of a fold": (lambda: node(Max((4,), ((False, whole(5, 2)),)), [(x, PLAIN)], (3,)), "is not one of axes"),
    "fold over nothing": (lambda: node(Max((0,)), [(x, PLAIN)], (3,)), "size 0|is not one of axes"),
    "ports": (lambda: node(Opaque("f", "", (), (3,)), [(x, PLAIN)], (3,)), "f takes 0 operands, not 1"),
    "port below 0": (lambda: node(Opaque("f", "", (), (3,), -1), [], (3,)), "f takes 0 operands"),
    "literal too short": (lambda: node(Literal("float64", bytes(8)), [], (2,)), "has not 8 bytes"),
    "literal of symbols": (lambda: node(Literal("float64", bytes(8)), [], (n,)), "numbers as sizes"),
    "literal dtype": (lambda: node(Literal("float32", bytes(8)), [], (2,)), "holds one of"),
    "literal nan": (lambda: node(Literal("float64", np.float64("nan").tobytes()), [], ()), "no nan"),
    "literal bool": (lambda: node(Literal("bool", b"\x02"), [], ()), "0 or 1"),
    "literal operand": (lambda: node(Literal("bool", b"\x01"), [(x, PLAIN)], ()), "takes 0 operands"),
    "take": (lambda: apply(Take(3), X, source(Input(1, "int"), (3,)), degree=(3,)).node, "is not one of axes"),
}


@pytest.mark.parametrize(("make", "message"), ILL_TYPED.values(), ids=ILL_TYPED)
def test_ill_typed_nodes_are_named(make: Callable[[], Node], message: str) -> None:
    with pytest.raises((TypeError, IndexError), match=message):
        validate(make())


def test_guards_excuse_what_they_exclude() -> None:
    validate(pad(X, 1, 2, 1).node)
    part = X.at((whole(0, 3), (1, ((1, 1, 1, 3),))), (3, 3))
    validate(pad(part, 1, 2, 1).node)  # the guard is on i - 2, the index is i - 1
    e: Index = (-1, ((1, 0, 1, 4),))
    reading = [Term(ONE, (), ((x, (whole(1, 3), e)),), ((False, e),))]
    validate(contraction(reading, (4, 3)))
    too_weak = [Term(ONE, (), ((x, (whole(1, 3), e)),), ((False, plus(e, 1)),))]
    with pytest.raises(TypeError, match="runs from -1 to 2"):
        validate(contraction(too_weak, (4, 3)))
    equality = [Term(ONE, (), ((x, (whole(1, 3), e)),), ((True, plus(e, -1)),))]
    validate(contraction(equality, (4, 3)))
    equality = [Term(ONE, (), ((x, (whole(1, 3), e)),), ((True, plus(e, 5)),))]
    with pytest.raises(TypeError, match="runs from -1 to 2"):
        validate(contraction(equality, (4, 3)))


def test_symbolic_nodes_are_checked() -> None:
    h, d = symbol("h"), symbol("d")
    flat = source(Input(0), (h * d,))
    heads = flat.at(((0, ((d, 0, 1, h), (1, 1, 1, d))),), (h, d))
    validate(Exp()(heads).node)
    validate(einsum("hd,hd->h", heads, heads).node)


@given(graphs())
def test_random_graphs_are_well_typed(graph: Graph) -> None:
    for n in graph.nodes():
        validate(n)
