"""Loops that are equal are proved equal, for every number of steps; those that are not are not."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings

from ncd_cat.axes import add as plus
from ncd_cat.axes import constant, scale, shift, whole
from ncd_cat.graph import Graph, Input, Node, Value, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import add, contraction, einsum, linear_combination, multiply, number, term, total
from ncd_cat.ops.contraction import scale as times
from ncd_cat.ops.pointwise import Exp, reciprocal
from ncd_cat.ops.reduction import cumulative_sum
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.scanning import scan
from ncd_cat.sizes import symbol
from ncd_cat.substitution import resized
from ncd_cat.types import Array
from proofs.certificate import Certificate
from proofs.check import check
from proofs.prove import prove
from rewrites.normal_form import Normaliser
from rewrites.rules import RULES
from rewrites.strategy import LEVELS
from tests.loops import loop_outputs
from tests.rewrites.instances import POOL, Instance
from tests.rewrites.loop_instances import loops
from tests.rewrites.test_rules import equal

N, M = symbol("n"), symbol("m")
W, U = source(Weight("w"), (3, 4)), source(Weight("u"), (3, 3))
Values = Sequence[Value]
Program = Callable[..., Values]


def rnn(s: Value, x: Value) -> Value:
    return Tanh()(add(einsum("sd,d->s", W, x), einsum("st,t->s", U, s)))


def rnns(s: Value, x: Value) -> Values:
    return [rnn(s, x)] * 2


def row(x: Value, t: int) -> Value:
    return x.at((constant(t), whole(0, x.sizes[1])), x.sizes[1:])


def rest(x: Value, n: Any) -> Value:
    return x.at((shift(whole(0, n), 1), whole(1, x.sizes[1])), (n, x.sizes[1]))


def split(s: Value, x: Value, y: Value) -> Values:
    (middle,), (first,) = scan(rnns, [s], [x])
    finals, (second,) = scan(rnns, [middle], [y])
    return [*finals, concatenate([first, second], 0)]


def whole_loop(s: Value, x: Value, y: Value) -> Values:
    finals, stacks = scan(rnns, [s], [concatenate([x, y], 0)])
    return [*finals, *stacks]


def hoisted(s: Value, x: Value) -> Values:
    return scan(lambda s, z: [Tanh()(add(einsum("st,t->s", U, s), z))] * 2, [s], [einsum("sd,nd->ns", W, x)])[1]


def two_loops(s: Value, x: Value) -> Values:
    (y,) = scan(rnns, [s], [x])[1]
    return scan(lambda a, b: [Tanh()(add(a, b))] * 2, [s], [y])[1]


def one_loop(s: Value, x: Value) -> Values:
    def both(r: Value, s: Value, x: Value) -> Values:
        s = rnn(s, x)
        r = Tanh()(add(s, r))
        return r, s, r

    return scan(both, [s, s], [x])[1]


def linear_attention(q: Value, k: Value, v: Value) -> Values:
    def step(state: Value, q: Value, k: Value, v: Value) -> Values:
        state = add(state, einsum("d,e->de", k, v))
        return state, einsum("d,de->e", q, state)

    return scan(step, [number(0, (2, 5))], [q, k, v])[1]


def normalised(q: Value, k: Value, v: Value) -> Values:
    """The same, divided by Σ ⟨q, exp k⟩."""

    def step(state: Value, z: Value, q: Value, k: Value, v: Value) -> Values:
        state, z = add(state, einsum("d,e->de", Exp()(k), v)), add(z, Exp()(k))
        return state, z, einsum("d,de,->e", q, state, reciprocal(einsum("d,d->", q, z)))

    return scan(step, [number(0, (2, 5)), number(0, (2,))], [q, k, v])[1]


def causal(q: Value, k: Value, v: Value, f: Callable[[Value], Value] = lambda x: x) -> Value:
    """Σ_u [u ≤ t] ⟨q_t, f(k)_u⟩ v_u."""
    t, e = q.sizes[0], v.sizes[1]
    guard = (False, plus(whole(0, t), scale(whole(2, t), -1)))
    factors = [(q, (whole(0, t), whole(3, 2))), (f(k), (whole(2, t), whole(3, 2))), (v, (whole(2, t), whole(1, e)))]
    return Value.of(contraction([term(ONE, (t, 2), factors, [guard], sizes=(t, e))], (t, e)))


def parallel(q: Value, k: Value, v: Value) -> Values:
    sums = causal(q, k, number(1, (v.sizes[0], 1)), Exp())
    return [einsum("te,ts->te", causal(q, k, v, Exp()), reciprocal(sums))]


def unrolled(s: Value, x: Value) -> Values:
    for t in range(5):
        s = rnn(s, row(x, t))
    return [s]


def sums(x: Value) -> Values:
    return scan(lambda s, x: [add(s, x)] * 2, [number(0, (4,))], [x])[1]


def summed_states(s: Value, h: Value, x: Value) -> Values:
    return scan(lambda s, h, x: [add(s, h), rnn(h, x)], [s, h], [x])[0][:1]


def sum_of_states(s: Value, h: Value, x: Value) -> Values:
    (before,) = scan(lambda h, x: [rnn(h, x), h], [h], [x])[1]
    return [add(s, total(before, (0,)))]


def two_outputs(s: Value, x: Value) -> Values:
    y, z = scan(lambda s, x: [rnn(s, x), s, rnn(s, x)], [s], [x])[1]
    return scan(lambda a, y, z: [Tanh()(add(a, multiply(y, z)))] * 2, [s], [y, z])[1]


def one_loop_of_both(s: Value, x: Value) -> Values:
    def both(s: Value, a: Value, x: Value) -> Values:
        new = rnn(s, x)
        a = Tanh()(add(a, multiply(s, new)))
        return new, a, a

    return scan(both, [s, s], [x])[1]


QKV = ((N, 2), (N, 2), (N, 5))
EQUAL: dict[str, tuple[tuple[Any, ...], Program, Program]] = {
    "itself": (((3,), (N, 4)), lambda s, x: scan(rnn, [s], [x])[0], lambda s, x: scan(rnn, [s], [x])[0]),
    "splitting": (((3,), (N, 4), (M, 4)), whole_loop, split),
    "peeling": (((3,), (N + 1, 4)), lambda s, x: scan(rnn, [s], [x])[0], lambda s, x: scan(rnn, [rnn(s, row(x, 0))], [rest(x, N)])[0]),
    "hoisting": (((3,), (N, 4)), lambda s, x: scan(rnns, [s], [x])[1], hoisted),
    "a map": (((N, 4),), lambda x: scan(lambda x: Tanh()(einsum("sd,d->s", W, x)), [], [x])[1],
              lambda x: [Tanh()(einsum("sd,nd->ns", W, x))]),
    "the last": (((3,), (N, 3)), lambda s, x: scan(lambda s, x: Tanh()(x), [s], [x])[0],
                 lambda s, x: [Tanh()(x.at(((N - 1, ()), whole(0, 3)), (3,)))]),
    "a sum": (((3,), (N, 3)), lambda s, x: scan(add, [s], [x])[0], lambda s, x: [add(s, total(x, (0,)))]),
    "partial sums": (((N, 4),), sums, lambda x: [cumulative_sum(x, 0)]),
    "partial sums from the end": (((N, 4),), lambda x: scan(lambda s, x: [add(s, x)] * 2, [number(0, (4,))], [x], reverse=True)[1],
                                  lambda x: [_flipped(cumulative_sum(_flipped(x), 0))]),
    "fusing": (((3,), (N, 4)), two_loops, one_loop),
    "fusing two outputs": (((3,), (N, 4)), two_outputs, one_loop_of_both),
    "a sum of states": (((3,), (3,), (N, 4)), summed_states, sum_of_states),
    "unrolling": (((3,), (5, 4)), lambda s, x: scan(rnn, [s], [x])[0], unrolled),
    "linear attention": (QKV, linear_attention, lambda q, k, v: [causal(q, k, v)]),
    "normalised linear attention": (QKV, normalised, parallel),
    "the order of states": (((3,), (3,), (N, 3)), lambda a, b, x: scan(lambda a, b, x: (Tanh()(add(b, x)), multiply(a, b)), [a, b], [x])[0],
                            lambda a, b, x: scan(lambda b, a, x: (multiply(b, a), Tanh()(add(x, b))), [b, a], [x])[0][::-1]),
    "no steps": (((3,), (N, 3)), lambda s, x: scan(lambda s: Tanh()(s), [s], length=0)[0], lambda s, x: [s]),
    "a state that stays": (((3,), (N, 3)), lambda s, x: scan(lambda s, x: [s, multiply(s, x)], [s], [x])[1],
                           lambda s, x: [einsum("d,nd->nd", s, x)]),
}  # fmt: skip


def _flipped(x: Value) -> Value:
    n = x.sizes[0]
    return x.at(((n - 1, ((-1, 0, 1, n),)), whole(1, x.sizes[1])), x.sizes)


def graph(dom: Sequence[Any], program: Program) -> Graph:
    outputs = tuple(program(*[source(Input(k), sizes) for k, sizes in enumerate(dom)]))
    return Graph(tuple(map(Array.of, dom)), tuple(Array.of(v.sizes) for v in outputs), outputs)


@pytest.mark.parametrize("name", EQUAL)
def test_equal_loops_are_proved_equal(name: str) -> None:
    dom, one, other = EQUAL[name]
    verdict = prove(graph(dom, one), graph(dom, other))
    assert verdict.status == "proved", verdict.reason
    assert verdict.certificate is not None
    check(verdict.certificate)


DIFFERENT: dict[str, tuple[tuple[Any, ...], Program, Program]] = {
    "another order of slices": (((3,), (N, 4)), lambda s, x: scan(rnn, [s], [x])[0], lambda s, x: scan(rnn, [s], [x], reverse=True)[0]),
    "sums before and after": (((N, 4),), sums, lambda x: scan(lambda s, x: [add(s, x), s], [number(0, (4,))], [x])[1]),
    "twice the steps": (((3,),), lambda s: scan(Tanh(), [s], length=2)[0], lambda s: scan(Tanh(), [s], length=4)[0]),
    "a state that decays": (((3,), (N, 3)), lambda s, x: scan(add, [s], [x])[0],
                            lambda s, x: scan(lambda s, x: linear_combination([(Scalar.of(2), s), (ONE, x)]), [s], [x])[0]),
    "states exchanged": (((3,), (3,), (N, 3)), lambda a, b, x: scan(lambda a, b, x: (Tanh()(add(b, x)), b), [a, b], [x])[0],
                         lambda a, b, x: scan(lambda a, b, x: (Tanh()(add(a, x)), b), [a, b], [x])[0]),
    "one slice too late": (((3,), (N + 1, 4)), lambda s, x: scan(rnn, [s], [x])[0], lambda s, x: scan(rnn, [rnn(s, row(x, 0))], [x])[0]),
}  # fmt: skip


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_loops_are_refuted(name: str) -> None:
    dom, one, other = DIFFERENT[name]
    assert prove(graph(dom, one), graph(dom, other)).status == "refuted"


# ---- each law, at symbolic lengths --------------------------------------------------------------------------------

S, X, Y = source(Input(0), (2,)), source(Input(1), (N, 2)), source(Input(1), (N + 3, 2))


def first(body: Callable[..., Any], x: Value = X, states: int = 1) -> Node:
    return scan(body, [S] * states, [x])[0][0].node


def port(body: Callable[..., Any], x: Value = X) -> Node:
    return scan(body, [S], [x])[1][0].node


def loop(s: Value, x: Value) -> Values:
    return [Tanh()(add(s, times(x, 2))), multiply(s, x)]


SYMBOLIC: dict[str, tuple[Node, tuple[Any, ...]]] = {
    "scan_discard": (first(lambda s, r, x: [Tanh()(add(s, x)), multiply(r, x)], states=2), ()),
    "scan_map": (port(lambda s, x: [s, Tanh()(x)]), ()),
    "scan_last": (first(lambda s, x: Tanh()(x)), ()),
    "scan_split": (port(loop, Y), (N,)),
    "scan_fission": (port(loop), ()),
    "scan_sum": (port(lambda s, x: [add(s, Tanh()(x)), multiply(s, x)]), (0,)),
    "scan_arrange": (first(lambda s, r, x: [Tanh()(add(s, x)), multiply(r, s)], states=2), (1, 0, 2)),
}


SYMBOLIC["scan_fission of a state"] = (first(lambda s, r, x: [multiply(s, Tanh()(r)), Tanh()(add(r, x))], states=2), (1,))


@pytest.mark.parametrize("name", SYMBOLIC)
def test_a_law_holds_at_every_length(name: str) -> None:
    n, args = SYMBOLIC[name]
    other = RULES[name.split(maxsplit=1)[0]].apply(n, args)
    length = N + 3 if name == "scan_split" else N
    types = (Array.of((2,), "float64"), Array.of((length, 2), "float64"))
    both = Graph(types, (Array.of(n.sizes, "float64"),) * 2, (Value.of(n), other))
    for size in (1, 2, 4):
        concrete = resized(both, {"n": size})
        random = np.random.default_rng(size)
        x, y = loop_outputs(concrete, [random.standard_normal(a.sizes) for a in concrete.dom])
        np.testing.assert_allclose(x, y, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("level", [0, 1, 3])
def test_the_normal_form_of_a_loop_has_its_values(level: int) -> None:
    @given(loops(POOL))
    @settings(max_examples=25, suppress_health_check=list(HealthCheck), deadline=None)
    def law(n: Node) -> None:
        nf = Normaliser(LEVELS[level])
        found = nf.value(n)
        assume(not Certificate(graph_of(n), graph_of(n), [(nf.step(n), None)]).assumptions)
        assert equal(Instance(n), found)

    law()


def graph_of(n: Node) -> Graph:
    return Graph((), (Array.of(n.sizes),), (Value.of(n),))


def test_a_body_may_be_shown_equal_by_a_view() -> None:
    n = first(lambda s, x: Tanh()(add(s, x)))
    body = n.op.body.outputs[0].node  # type: ignore[attr-defined]
    other = RULES["scan_body"].apply(n, ((0,), ((body, ("view",)),)))
    assert str(other.node.op.body.outputs[0].node.op) == "contraction"  # type: ignore[attr-defined]
    unviewed = RULES["scan_body"].apply(other.node, ((0,), ((other.node.op.body.outputs[0].node, ("unit",)),)))  # type: ignore[attr-defined]
    assert unviewed.node is n


def test_a_sum_of_loops_of_a_few_steps_is_unrolled_where_that_is_asked_for() -> None:
    def by_hand(s: Value, x: Value) -> Values:
        for t in range(4):
            s = add(multiply(s, s), row(x, t))
        return [s]

    given = ((3,), (4, 3))
    verdict = prove(graph(given, lambda s, x: scan(lambda s, x: add(multiply(s, s), x), [s], [x])[0]), graph(given, by_hand))
    assert verdict.status == "proved"
    unrolled = Normaliser(LEVELS[1]).value(scan(add, [source(Input(0), (3,))], [source(Input(1), (4, 3))])[0][0].node)
    summed = Normaliser(LEVELS[0]).value(scan(add, [source(Input(0), (3,))], [source(Input(1), (4, 3))])[0][0].node)
    assert len(unrolled.node.operands) == 5 and len(summed.node.operands) == 2


def test_a_loop_without_a_value_keeps_its_body() -> None:
    """What rules say of numbers may not hold of a state that is none: 1/s at s = 0."""
    n = scan(lambda s, x: multiply(reciprocal(s), s, x), [S], [X])[0][0].node
    body = n.op.body.outputs[0].node  # type: ignore[attr-defined]
    assert not n.defined
    with pytest.raises(ValueError, match="may have no value"):
        RULES["scan_body"].apply(n, ((0,), ((body, ("power_merge", (0, (0, 1)))),)))


