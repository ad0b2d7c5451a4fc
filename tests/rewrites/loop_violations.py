"""Nodes and arguments at which each law of loops must refuse."""

from __future__ import annotations

from typing import Any

from ncd_cat.graph import Input, Node, Value, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import Term, add, contraction, linear_combination, multiply, number
from ncd_cat.ops.pointwise import Exp, Log, reciprocal
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.scanning import scan
from ncd_cat.sizes import symbol
from rewrites.loop_parts import Loop

N = symbol("n")
S, X, Y = source(Weight("s"), (2,)), source(Weight("x"), (3, 2)), source(Weight("y"), (N, 2))
I0 = source(Input(0), (2,)).node


def final(step: Any, *xs: Value, shared: Any = (), **options: Any) -> Node:
    """The final state of a loop that starts with S."""
    return scan(step, [S], xs, shared, **options)[0][0].node


def outputs(step: Any, *xs: Value, **options: Any) -> Node:
    """The first outputs of a loop that starts with S."""
    return scan(step, [S], xs, **options)[1][0].node


def rnn(s: Value, x: Value) -> Value:
    return Tanh()(add(s, x))


def both(s: Value, x: Value) -> list[Value]:
    return [rnn(s, x), s]


RNN, SUM, PLAIN = final(rnn, X), final(add, X), Tanh()(X).node
OUTPUTS = outputs(both, X)


LOOP = Loop.of(RNN)
LOGS = final(lambda s, x: Log()(add(s, x)), X)
UNDO = multiply(Value.of(I0), reciprocal(Value.of(I0))).node  # 1 where it is not 0

COUNTED = scan(lambda s: [Value.of(contraction([Term(ONE, (), ((s.node, s.access),)), Term(ONE, (), ())], ())), s],
               [source(Input(0, "int"), ())], length=3)[1][0].node  # fmt: skip
COUPLED = scan(lambda a, b: (rnn(a, b), multiply(a, b)), [S, S], length=3)[0][0].node

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "scan_empty": [(RNN, ()), (final(Tanh(), length=N - 1), ()), (PLAIN, ())],
    "scan_discard": [(RNN, ()), (outputs(lambda s, x: [s, number(1)], X), ()), (PLAIN, ())],
    "scan_map": [(outputs(lambda s, x: [rnn(s, x), s], X), ()), (RNN, ()), (PLAIN, ())],
    "scan_last": [
        (RNN, ()),
        (outputs(lambda s, x: [x, x], X), ()),  # no state
        (final(lambda s, w: w, shared=[S], length=N - 1), ()),  # perhaps no step
        (PLAIN, ()),
    ],
    "scan_split": [
        (RNN, (0,)),
        (RNN, (3,)),
        (RNN, (-1,)),
        (RNN, (True,)),
        (RNN, (1.5,)),
        (RNN, ()),
        (final(rnn, Y), (1,)),  # n may be 1
        (final(Tanh(), length=3), (4,)),
        (outputs(lambda s: [Tanh()(s), s], length=3), (0,)),
        (PLAIN, (1,)),
    ],
    "scan_fission": [
        (RNN, ()),
        (final(lambda s, x: add(s, Exp()(x)), X), ()),  # what is positive stays
        (RNN, (1,)),
        (COUPLED, (0,)),  # the other state enters it, a step later
        (COUPLED, (1,)),
        (scan(lambda a, b: (Tanh()(a), add(a, b)), [S, S], length=N - 1)[0][1].node, (0,)),  # perhaps no step
        (PLAIN, ()),
    ],
    "scan_sum": [
        (RNN, (0,)),
        (SUM, (1,)),
        (final(lambda s, x: linear_combination([(Scalar.of(2), s), (ONE, x)]), X), (0,)),
        (final(lambda s, x: add(s, Tanh()(s)), X), (0,)),
        (final(lambda s, x: add(s, s), X), (0,)),
        (final(lambda s, x: multiply(s, x), X), (0,)),
        (final(lambda s, x: add(s.at(((1, ((-1, 0, 1, 2),)),), (2,)), x), X), (0,)),  # the state in reverse
        (scan(lambda s, r: (add(s, r), add(r, Tanh()(s))), [S, S], length=3)[0][0].node, (0,)),  # through the other state
        (final(lambda s, w: add(s, w), shared=[S], length=N - 1), (0,)),  # perhaps no step
        (outputs(lambda s, x: [add(s, x), number(1)], X), (0,)),  # the port is constant
        (COUNTED, (0,)),  # 1 is a real number, the state is an integer
        (PLAIN, (0,)),
    ],
    "scan_arrange": [(RNN, (1, 0)), (RNN, (0,)), (RNN, (0, 0)), (RNN, (0, 2)), (PLAIN, (0,))],
    "scan_body": [
        (LOGS, ((None,), ())),  # without a value at some numbers
        (RNN, ((0,), ())),
        (RNN, ((None, None), ())),
        (RNN, ((0,), ((I0,),))),  # about another node
        (RNN, ((0,), ((LOOP.outputs[0].node, ("nothing",)),))),
        (RNN, ((0,), ((LOOP.outputs[0].node, ("unfold",), ("unfold",)),))),
        (RNN, ((None,), ((UNDO, ("power_merge", (0, (0, 1)))),))),  # it assumes that the state is not 0
        (RNN, ((0,), ((LOOP.outputs[0].node, ("by", 0)),))),  # by itself
        (RNN, ((0,), ((LOOP.outputs[0].node, ("replace", ((0, 0),))),))),
        (RNN, ()),
        (PLAIN, ((), ())),
    ],
}
