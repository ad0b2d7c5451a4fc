"""Nodes and arguments at which each law of loops must refuse."""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import shift, whole
from ncd_cat.graph import Input, Node, Value, Weight, source
from ncd_cat.ops.activation import Tanh
from ncd_cat.ops.contraction import add, linear_combination, multiply, number, scale
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


def fuses(y: Node, *access: Any, length: int = 3) -> Node:
    """A loop that scans a node through an access, over `length` steps."""
    return final(rnn, Value(y, access, (length, 2)))


INNER = outputs(both, X)
BACK = (2, ((-1, 0, 1, 3),))
LOOP = Loop.of(RNN)
LOGS = final(lambda s, x: Log()(add(s, x)), X)
UNDO = multiply(Value.of(I0), reciprocal(Value.of(I0))).node  # 1 where it is not 0

VIOLATIONS: dict[str, list[tuple[Node, tuple[Any, ...]]]] = {
    "scan_empty": [(RNN, ()), (final(Tanh(), length=N - 1), ()), (PLAIN, ())],
    "scan_discard": [(RNN, ()), (outputs(lambda s, x: [s, number(1)], X), ()), (PLAIN, ())],
    "scan_map": [(OUTPUTS, ()), (RNN, ()), (PLAIN, ())],
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
    "scan_hoist": [(RNN, ()), (final(lambda s, x: add(s, Exp()(x)), X), ()), (PLAIN, ())],
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
        (PLAIN, (0,)),
    ],
    "scan_fuse": [
        (RNN, (1,)),  # X is no loop
        (fuses(INNER, whole(0, 3), whole(1, 2)), ()),
        (fuses(INNER, whole(0, 3), whole(1, 2)), (0,)),
        (fuses(INNER, whole(0, 3), whole(1, 2)), (1, 1)),
        (fuses(INNER, BACK, whole(1, 2)), (1,)),  # in reverse
        (fuses(INNER, shift(whole(0, 2), 1), whole(1, 2), length=2), (1,)),  # of another length
        (fuses(INNER, whole(0, 3), (0, ())), (1,)),
        (final(rnn, Value(RNN, (whole(1, 2),), (3, 2))), (1,)),  # a final state
        (scan(lambda s, a, b: add(s, add(a, b)), [S], [Value.of(INNER), Value.of(outputs(both, scale(X, 2)))])[0][0].node, (1, 2)),
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
