"""A loop means its steps, one after another: unrolled, run on arrays, broadcast, saved, and against torch's recurrent nets."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import array_api_strict
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

from ncd_cat.axes import Axis, whole
from ncd_cat.closing import plain
from ncd_cat.codec import decode, encode
from ncd_cat.diagram import Diagram
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Node, Value, Weight, node, source, topological
from ncd_cat.ops.activation import Sigmoid, Tanh
from ncd_cat.ops.contraction import add, einsum, linear_combination, multiply, number, scale
from ncd_cat.ops.indexing import embedding
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp, Less, Log
from ncd_cat.ops.scan import LONGEST, Scan
from ncd_cat.scalars import ONE
from ncd_cat.scanning import scan
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from ncd_cat.wiring import Run
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import by_array, by_definition
from tests.rewrites.instances import POOL, arrays
from tests.rewrites.loop_instances import loops

N = symbol("n")
W, U = source(Weight("w"), (3, 4)), source(Weight("u"), (3, 3))


def graph(dom: list[Any], outputs: list[Value], dtype: str = "float64") -> Graph:
    return Graph(tuple(Array.of(sizes, dtype) for sizes in dom), tuple(Array.of(v.sizes, dtype) for v in outputs), tuple(outputs))


def rnn(s: Value, x: Value) -> list[Value]:
    new = Tanh()(add(einsum("sd,d->s", W, x), einsum("st,t->s", U, s)))
    return [new, new, einsum("s->", new)]


def by_hand(s: Any, x: Any, w: Any, u: Any) -> list[Any]:
    states = []
    for row in x:
        s = np.tanh(w @ row + u @ s)
        states.append(s)
    return [s, np.array(states), np.array(states).sum(-1)]


def numbers(seed: int, *shapes: tuple[int, ...]) -> list[Any]:
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape) for shape in shapes]


@given(loops(POOL))
@settings(max_examples=60, suppress_health_check=list(HealthCheck), deadline=None)
def test_running_a_loop_is_running_its_steps(n: Node) -> None:
    for x in topological([n]):
        validate(x)
    inputs, weights = arrays(n, "any")
    operands = [loop_evaluate(Value(x, a, n.domain(k)), inputs, weights) for k, (x, a) in enumerate(n.operands)]
    expected = loop_evaluate(n, inputs, weights)
    found = n.op.array(np, *operands)
    assert found.shape == expected.shape and found.dtype == {"real": np.float64, "int": np.int64, "bool": np.bool_}[n.kind]
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


@given(loops(POOL))
@settings(max_examples=20, suppress_health_check=list(HealthCheck), deadline=None)
def test_a_loop_is_data(n: Node) -> None:
    assert decode(encode([n]))[-1] is n


@pytest.mark.parametrize("length", [1, 2, 6, LONGEST + 1])
def test_a_loop_of_a_symbolic_length_runs(length: int) -> None:
    (final,), stacks = scan(rnn, [source(Input(0), (3,))], [source(Input(1), (N, 4))])
    s, x, w, u = numbers(0, (3,), (length, 4), (3, 4), (3, 3))
    for namespace in (np, array_api_strict):
        given = [namespace.asarray(a) for a in (s, x)]
        found = evaluate(graph([(3,), (N, 4)], [final, *stacks]), given, weights={"w": w, "u": u})
        for y, expected in zip(found, by_hand(s, x, w, u), strict=True):
            np.testing.assert_allclose(np.asarray(y), expected, rtol=1e-12, atol=1e-12)


def test_reverse_reads_and_stacks_from_the_end_along_any_axis() -> None:
    (final,), (stack, _) = scan(rnn, [source(Input(0), (3,))], [source(Input(1), (4, 5))], axes=1, reverse=True)
    s, x, w, u = numbers(1, (3,), (4, 5), (3, 4), (3, 3))
    expected = by_hand(s, x.T[::-1], w, u)
    np.testing.assert_allclose(loop_evaluate(final, [s, x], {"w": w, "u": u}), expected[0], rtol=1e-12)
    np.testing.assert_allclose(loop_evaluate(stack, [s, x], {"w": w, "u": u}), expected[1][::-1], rtol=1e-12)


def test_a_loop_over_more_axes_is_a_loop_at_each_index() -> None:
    (final,), (stack, _) = scan(rnn, [source(Input(0), (3,))], [source(Input(1), (N, 4))])
    inner = graph([(3,), (N, 4)], [final, stack])
    b = symbol("b")
    wide = Run().over((b,), inner, [source(Input(0), (b, 3)), source(Input(1), (b, N, 4))])
    s, x, w, u = numbers(2, (5, 3), (5, 6, 4), (3, 4), (3, 3))
    weights = {"w": w, "u": u}
    found = evaluate(graph([(b, 3), (b, N, 4)], wide), [s, x], weights=weights)
    for k in range(5):
        for y, expected in zip(found, evaluate(inner, [s[k], x[k]], weights=weights), strict=True):
            np.testing.assert_allclose(y[k], expected, rtol=1e-12, atol=1e-12)


def test_no_steps_and_one() -> None:
    s, x = source(Input(0), (3,)), source(Input(1), (1, 4))
    assert scan(lambda s: Tanh()(s), [s], length=0) == ([s], [])
    (none,), _ = scan(lambda s: Tanh()(s), [s], length=N - 1)
    validate(none.node)
    a, row, w, u = numbers(3, (3,), (1, 4), (3, 4), (3, 3))
    two = evaluate(graph([(3,), (N,)], [none]), [a, np.zeros(1)])[0], evaluate(graph([(3,), (N,)], [none]), [a, np.zeros(3)])[0]
    np.testing.assert_allclose(two[0], a)
    np.testing.assert_allclose(two[1], np.tanh(np.tanh(a)))
    (final,), (stack, _) = scan(rnn, [s], [x])
    assert stack.sizes == (1, 3)
    np.testing.assert_allclose(loop_evaluate(stack, [a, row], {"w": w, "u": u})[0], by_hand(a, row, w, u)[0])
    np.testing.assert_allclose(loop_evaluate(final, [a, row], {"w": w, "u": u}), by_hand(a, row, w, u)[0])


def test_a_long_loop_is_not_unrolled() -> None:
    s, x = source(Input(0), (3,)), source(Input(1), (LONGEST + 1, 3))
    (final,), _ = scan(add, [s], [x])
    assert final.node.op.definition(s, x) is None
    (short,), _ = scan(add, [s], [source(Input(1), (LONGEST, 3))])
    a, b = numbers(4, (3,), (LONGEST, 3))
    np.testing.assert_allclose(by_definition(short.node, [a, b]), a + b.sum(0), rtol=1e-12)
    np.testing.assert_allclose(by_array(short.node, [a, b]), a + b.sum(0), rtol=1e-12)


def test_tokens_stay_integers_and_truth_values_stay_truth_values() -> None:
    ids = source(Input(0, "int"), (4,))

    def step(s: Value, token: Value) -> list[Value]:
        new = add(s, embedding(source(Weight("e"), (5, 2)), token))
        return [new, Less()(number(0, (2,)), new)]

    (final,), (positive,) = scan(step, [number(0, (2,))], [ids])
    assert (final.kind, positive.kind) == ("real", "bool")
    (e,) = numbers(5, (5, 2))
    tokens = np.array([4, 0, 2, 2])
    both = Graph((Array.of((4,), "int64"),), (Array.of((2,)), Array.of((4, 2), "bool")), (final, positive))
    found = evaluate(both, [tokens], weights={"e": e})
    np.testing.assert_allclose(found[0], e[tokens].sum(0), rtol=1e-12)
    np.testing.assert_array_equal(found[1], np.cumsum(e[tokens], 0) > 0)


def test_a_loop_in_a_loop() -> None:
    x = source(Input(0), (3, 4, 2))

    def outer(s: Value, rows: Value) -> list[Value]:
        (inner,), _ = scan(lambda t, row: Tanh()(add(add(t, row), s)), [s], [rows])
        return [inner, inner]

    (final,), (stack,) = scan(outer, [number(0, (2,))], [x])
    (a,) = numbers(6, (3, 4, 2))
    s = np.zeros(2)
    for rows in a:
        t = s
        for row in rows:
            t = np.tanh(t + row + s)
        s = t
    (found, last) = evaluate(graph([(3, 4, 2)], [final, stack]), [a])
    np.testing.assert_allclose(found, s, rtol=1e-12)
    np.testing.assert_allclose(last[-1], s, rtol=1e-12)
    np.testing.assert_allclose(loop_evaluate(final, [a]), s, rtol=1e-12)


def test_the_ports_are_one_box_of_a_diagram() -> None:
    (final,), stacks = scan(rnn, [source(Input(0), (3,))], [source(Input(1), (N, 4))])
    given = graph([(3,), (N, 4)], [final, *stacks])
    diagram = Diagram.from_graph(given)
    assert [box.name for box in diagram.boxes].count("scan(n)") == 1 and diagram.graph.same_as(given)


@pytest.mark.torch
@pytest.mark.parametrize("reverse", [False, True])
def test_a_recurrent_net_is_that_of_torch(reverse: bool) -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    net = torch.nn.RNN(4, 3, bidirectional=True).double()
    x = torch.randn(6, 4, dtype=torch.float64)
    suffix = "_l0_reverse" if reverse else "_l0"
    w, u = (source(Weight(f"weight_{k}{suffix}"), sizes) for k, sizes in (("ih", (3, 4)), ("hh", (3, 3))))
    c, d = (source(Weight(f"bias_{k}{suffix}"), (3,)) for k in ("ih", "hh"))

    def step(s: Value, x: Value) -> list[Value]:
        new = Tanh()(add(einsum("sd,d->s", w, x), c, einsum("st,t->s", u, s), d))
        return [new, new]

    (final,), (stack,) = scan(step, [number(0, (3,))], [source(Input(0), (6, 4))], reverse=reverse)
    weights = {key: value.numpy() for key, value in net.state_dict().items()}
    found = evaluate(graph([(6, 4)], [final, stack]), [x.numpy()], weights=weights)
    with torch.no_grad():
        y, h = net(x)
    np.testing.assert_allclose(found[0], h[int(reverse)].numpy(), rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(found[1], y[:, 3:].numpy() if reverse else y[:, :3].numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.torch
def test_two_states_are_those_of_an_lstm() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(1)
    net = torch.nn.LSTM(4, 3).double()
    x = torch.randn(5, 4, dtype=torch.float64)
    w, u = source(Weight("weight_ih_l0"), (12, 4)), source(Weight("weight_hh_l0"), (12, 3))
    c, d = source(Weight("bias_ih_l0"), (12,)), source(Weight("bias_hh_l0"), (12,))

    def step(h: Value, cell: Value, x: Value) -> list[Value]:
        z = add(einsum("gd,d->g", w, x), c, einsum("gt,t->g", u, h), d)
        i, f, g, o = (z.at(((3 * k, ((1, 0, 1, 3),)),), (3,)) for k in range(4))
        cell = add(multiply(Sigmoid()(f), cell), multiply(Sigmoid()(i), Tanh()(g)))
        h = multiply(Sigmoid()(o), Tanh()(cell))
        return [h, cell, h]

    finals, (stack,) = scan(step, [number(0, (3,))] * 2, [source(Input(0), (5, 4))])
    weights = {key: value.numpy() for key, value in net.state_dict().items()}
    found = evaluate(graph([(5, 4)], [*finals, stack]), [x.numpy()], weights=weights)
    with torch.no_grad():
        y, (h, cell) = net(x)
    for one, expected in zip(found, (h[0], cell[0], y), strict=True):
        np.testing.assert_allclose(one, expected.numpy(), rtol=1e-12, atol=1e-12)


# ---- facts and types ----------------------------------------------------------------------------------------------


def test_facts_hold_at_every_step() -> None:
    s, x = source(Input(0), (3,)), source(Input(1), (N, 3))
    exps, _ = scan(lambda s, x: Exp()(add(s, x)), [s], [x])
    assert exps[0].node.positive and exps[0].node.finite and exps[0].node.defined
    logs, _ = scan(lambda s, x: Log()(add(s, x)), [s], [x])
    assert not logs[0].node.positive and not logs[0].node.defined
    mask = literal(np.array([0.0, -np.inf, 0.0]))
    masked, outputs = scan(lambda s, x: [Exp()(add(s, x)), Exp()(x)], [s], [mask.at((whole(1, 3),), (4, 3))])
    assert not any(v.node.positive or v.node.finite for v in (*masked, *outputs))  # exp(−∞) is 0
    maybe, _ = scan(lambda s: Exp()(s), [s], length=N - 1)
    assert not maybe[0].node.positive  # no step, perhaps
    sure, _ = scan(lambda s: Exp()(s), [Exp()(s)], length=N - 1)
    assert sure[0].node.positive


def test_what_is_no_loop_is_refused() -> None:
    (final,), _ = scan(rnn, [source(Input(0), (3,))], [source(Input(1), (5, 4))])
    n = final.node
    op = n.op
    assert isinstance(op, Scan)
    body = op.body
    weight = plain([source(Weight("w"), (3,))], [((3,), "real")])
    widened = replace(body, cod=(Array.of((4,), "float64"), *body.cod[1:]))
    named = replace(body, dom=(Array((Axis("q", 3),), "float64"), *body.dom[1:]))
    undeclared = plain([source(Input(7), (3,))], [((3,), "real")])
    integers = plain([scale(source(Input(0), (3,)), 1)], [((3,), "real")], ["int"])
    wrong = [
        (replace(op, carried=2), n.operands, "the type of a state"),
        (replace(op, carried=-1), n.operands, "has not"),
        (replace(op, scanned=9), n.operands, "has not"),
        (replace(op, length=N - 5), n.operands, "has not -5 [+] n steps"),
        (op, n.operands[:-1], "takes 4 operands"),
        (replace(op, body=named), n.operands, "holds names"),
        (replace(op, body=widened), n.operands, "the type of a state"),
        (Scan(replace(integers, cod=(Array.of((2,), "int64"),)), 2, 0, 0, 0), n.operands[:1], "declares other outputs"),
        (Scan(weight, 2, 1, 0, 0), n.operands[:1], "has to be an operand"),
        (Scan(undeclared, 2, 1, 0, 0), n.operands[:1], "does not declare"),
        (Scan(integers, 2, 0, 0, 0), n.operands[:1], "a kind that its output has not"),
    ]
    for changed, operands, message in wrong:
        with pytest.raises(TypeError, match=message):
            validate(node(changed, operands, changed.out))
    (counted,), _ = scan(lambda s: linear_combination([(ONE, s), (ONE, s)]), [source(Input(0, "int"), (3,))], length=2)
    assert counted.kind == "int"
    with pytest.raises(TypeError, match="more general kind"):
        validate(node(counted.node.op, [(source(Input(0), (3,)).node, (whole(0, 3),))], (3,)))
