"""How loops are written: what is captured, what is refused, in words that name the wire and both sizes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ncd_cat.closing import closed
from ncd_cat.diagram import Diagram
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Graph, Input, Value, Weight, source, topological
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import add, einsum, multiply, number, scale
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp
from ncd_cat.ops.random import draw, sample
from ncd_cat.ops.scan import Scan
from ncd_cat.scanning import scan
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from tests.loops import loop_evaluate

N = symbol("n")
S, X = source(Input(0), (3,)), source(Input(1), (4, 3))


def inside(v: Value) -> set[str]:
    """The names of the ops in the body of a loop."""
    assert isinstance(v.node.op, Scan)
    return {type(n.op).__name__ for n in v.node.op.body.nodes()}


def operands(v: Value) -> list[str]:
    return [str(x.op) for x, _ in v.node.operands]


def test_what_is_used_from_outside_is_shared_by_all_steps() -> None:
    w, table = source(Weight("w"), (3, 3)), literal(np.arange(3.0))
    squared = einsum("ij,jk->ik", w, w)
    (final,), _ = scan(lambda s, x: add(einsum("ij,j->i", squared, s), x, S, table), [number(0, (3,))], [X])
    assert operands(final) == ["contraction", "input(1, real)", "contraction", "input(0, real)"]
    assert inside(final) == {"Input", "Contraction", "Literal"}
    a, rows, v = np.ones(3), np.arange(12.0).reshape(4, 3), np.eye(3) * 2
    expected = np.zeros(3)
    for row in rows:
        expected = v @ v @ expected + row + a + np.arange(3)
    np.testing.assert_allclose(loop_evaluate(final, [a, rows], {"w": v}), expected)


def test_an_input_outside_is_never_taken_for_one_of_the_body() -> None:
    """The body's own inputs have the numbers 0 and 1, as do those outside, of the same sizes."""
    other = source(Input(1), (3,))
    (final,), _ = scan(lambda s, x: add(s, multiply(x, S, other)), [S], [source(Input(2), (4, 3))])
    a, b, rows = np.full(3, 2.0), np.full(3, 5.0), np.arange(12.0).reshape(4, 3)
    np.testing.assert_allclose(loop_evaluate(final, [a, b, rows]), a + (rows * a * b).sum(0))


def test_a_loop_inside_may_use_what_is_around_the_outer_one() -> None:
    def outer(s: Value, x: Value) -> Value:
        (inner,), _ = scan(lambda t: add(t, multiply(s, x), S), [s], length=2)
        return inner

    (final,), _ = scan(outer, [number(1, (3,))], [X])
    a, rows = np.full(3, 0.5), np.arange(12.0).reshape(4, 3) / 10
    s = np.ones(3)
    for row in rows:
        s = s + 2 * (s * row + a)
    np.testing.assert_allclose(loop_evaluate(final, [a, rows]), s)


def test_equal_loops_are_one_node_however_they_are_written() -> None:
    def body(s: Value, x: Value) -> Value:
        return Tanh()(add(s, x))

    graph = Graph((Array.of((3,)),) * 2, (Array.of((3,)),), (body(S, source(Input(1), (3,))),))
    written = [scan(f, [S], [X])[0][0] for f in (body, graph, Diagram.from_graph(graph), lambda s, x: [body(s, x)])]
    assert all(v == written[0] for v in written)
    assert scan(lambda s, x, y: body(s, x), [S], [X], [S])[0][0] == written[0]  # what is not read is no operand
    assert scan(lambda s, x, y: body(s, x), [S], [X, scale(X, 2)])[0][0] == written[0]


def test_a_loop_without_operands_is_a_repeat() -> None:
    assert scan(lambda x: Exp()(number(1, (2,))), [], [X])[1] == [Value(Exp()(number(1, (2,))).node, ((0, ((1, 1, 1, 2),)),), (4, 2))]


def test_states_are_of_a_kind_that_holds_every_step() -> None:
    start = source(Input(0, "bool"), (3,))
    (final,), _ = scan(lambda s, x: add(s, x), [start], [X])
    assert final.kind == "real"
    (count,), _ = scan(lambda s, x: add(s, x), [start], [source(Input(1, "int"), (4, 3))])
    assert count.kind == "int"


def step(s: Value, *rest: Value) -> Value:
    return Tanh()(s)


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: scan(step, [S]), "nothing is scanned, so the number of steps is not known: give length="),
    (lambda: scan(step, [S], [X, source(Input(2), (5, 3))]), "array 1 has 5 slices along its axis 0, but array 0 has 4 along axis 0"),
    (lambda: scan(step, [S], [X], length=N), "array 0 has 4 slices along its axis 0, but length is n"),
    (lambda: scan(step, [S], [X], axes=2), "scan along axis 2: the array has 2 axes"),
    (lambda: scan(step, [S], [X], axes=[0, 1]), "1 arrays are scanned, along 2 axes"),
    (lambda: scan(step, [S], length=-1), "a loop has not -1 steps"),
    (lambda: scan(step, [S], length=N - 3), "a loop has not -3 [+] n steps"),
    (lambda: scan(lambda s, x: x.at(((0, ()),), (2,)), [S], [X]), r"state 0 has sizes \(3,\) before a step and \(2,\) after it"),
    (lambda: scan(lambda s, x: [], [S], [X]), "a step gives 0 values: 1 new states come first, then outputs"),
    (lambda: scan(Graph((Array.of((2,)),), (Array.of((2,)),), (source(Input(0), (2,)),)), [S], length=2),
     r"the body takes float32\[a:2\]; it is given states, slices and shared values of sizes \(3,\)"),
]  # fmt: skip


@pytest.mark.parametrize(("write", "message"), REFUSED)
def test_what_does_not_fit_is_refused_by_name(write: Callable[[], Any], message: str) -> None:
    with pytest.raises(TypeMismatch, match=message):
        write()


def test_a_flagged_draw_in_a_body_is_refused_and_one_with_a_key_is_shared() -> None:
    with pytest.raises(UnsupportedOp, match="every step would use that one draw"):
        scan(lambda s, x: multiply(s, sample((3,))), [S], [X])
    (final,), _ = scan(lambda s, x: multiply(s, draw("mask", (3,))), [S], [X])
    assert operands(final) == ["input(0, real)", "uniform(mask)"]
    (given,), _ = scan(lambda s, u: multiply(s, u), [S], [sample((4, 3))])
    assert operands(given) == ["input(0, real)", "uniform"]


def test_closing_is_the_same_each_time() -> None:
    def body(x: Value) -> list[Value]:
        return [multiply(x, S), add(x, X.at(((0, ()), (0, ((1, 0, 1, 3),))), (3,)))]

    one, other = (closed(body, [((3,), "real")]) for _ in range(2))
    assert one == other and [n.order for n in one.body.nodes()] == [n.order for n in other.body.nodes()]
    assert not any(n.op.position > 2 for n in topological([v.node for v in one.body.outputs]) if isinstance(n.op, Input))
