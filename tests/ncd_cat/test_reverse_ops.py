"""Every op has a derivative that agrees with differences, or is listed here as having none, with the reason."""

from collections.abc import Callable
from dataclasses import fields
from inspect import isabstract
from typing import Any

import numpy as np
import pytest

from ncd_cat.errors import UnsupportedOp
from ncd_cat.gradient import grad
from ncd_cat.graph import Input, Value, Weight, apply, topological
from ncd_cat.ops import activation, pointwise, retraction, rounding
from ncd_cat.ops.attention import attention
from ncd_cat.ops.contraction import Contraction, linear_combination, multiply, total
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.indexing import embedding
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.norm import batch_norm, layer_norm, rms_norm
from ncd_cat.ops.opaque import Opaque, Reshape
from ncd_cat.ops.pooling import max_pool
from ncd_cat.ops.random import Draw, KeyedDraw
from ncd_cat.ops.reduction import ArgMax, Max, Min, fold
from ncd_cat.ops.rolling import roll
from ncd_cat.ops.scan import Scan
from ncd_cat.ops.scatter import scatter
from ncd_cat.ops.softmax import log_softmax, logsumexp, softmax
from ncd_cat.ops.transposed import transposed_convolution
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.scanning import scan
from ncd_cat.signature import Op
from tests.derivatives import agrees, graph
from tests.ncd_cat.ops.test_every_op import ops

RNG = np.random.default_rng(0)
EPS, SCALE = Scalar.read(1e-5), Scalar.read(3**-0.5)
X, POSITIVE, INDEX = RNG.normal(size=(3, 4)), RNG.uniform(0.5, 2, size=(3, 4)), RNG.integers(0, 3, size=(5,))
SEEN = np.array([[True, False, True], [True, True, False], [False, False, True], [True, True, True]])
QKV, IMAGE = [RNG.normal(size=s) for s in [(2, 4, 3), (2, 3, 3), (2, 3, 2)]], RNG.normal(size=(2, 4, 5, 6))

ELSEWHERE = ("ncd_cat.ops.linear_algebra", "ncd_cat.ops.again")  # tested with the ops
WITHOUT: dict[type[Op], str] = {
    Input: "is what derivatives are taken of", Weight: "is what derivatives are taken of", Literal: "is constant", Draw: "has no operand",
    KeyedDraw: "its key is an integer", Opaque: "has no meaning here", ArgMax: "an integer", rounding.Trunc: "an integer",
    pointwise.Less: "a truth value", pointwise.LessEqual: "a truth value", pointwise.Equal: "a truth value",
}  # fmt: skip


def pointed(op: pointwise.Pointwise, *arrays: Any) -> tuple[Callable[..., Value], list[Any]]:
    return op, list(arrays)


def linear(*values: Value) -> Value:
    return linear_combination([(Scalar.of(2), multiply(*values)), (-ONE, values[0])])


def recurrent(s: Value, x: Value, w: Value) -> list[Value]:
    states, made = scan(lambda s, x: (multiply(activation.Tanh()(s), w), multiply(s, x)), [s], [x])
    return [*states, *made]


NUMBERS = [op for op in ops() if issubclass(op, pointwise.Pointwise) and not isabstract(op)]
UNARY = [op for op in NUMBERS if op.arity == 1 and not fields(op) and op not in WITHOUT]
CASES: dict[Any, tuple[Callable[..., Any], list[Any]]] = {op: pointed(op(), X) for op in UNARY} | {
    pointwise.Log: pointed(pointwise.Log(), POSITIVE),
    "root": pointed(pointwise.Power(pointwise.Fraction(1, 2)), POSITIVE),
    pointwise.Power: pointed(pointwise.Power(pointwise.Fraction(-5, 2)), POSITIVE),
    pointwise.Maximum: pointed(pointwise.Maximum(), X, X[::-1].copy()),
    pointwise.Minimum: pointed(pointwise.Minimum(), X, -X),
    pointwise.Where: pointed(pointwise.Where(), X > 0, X, 2 * X),
    rounding.FloorDivide: pointed(rounding.FloorDivide(), 5 * X, POSITIVE),
    rounding.Remainder: pointed(rounding.Remainder(), 5 * X, POSITIVE),
    Contraction: (linear, [X, X[::-1].copy()]),
    "Softmax": (lambda x: softmax(x, 0), [X]),
    "LogSoftmax": (lambda x: log_softmax(x, 0), [X]),
    "LogSumExp": (lambda x: logsumexp(x, (0, 1)), [X]),
    "LayerNorm": (lambda x, w, b: layer_norm(x, 2, w, b, EPS), [RNG.normal(size=(2, 3, 4)), X, X]),
    "RMSNorm": (lambda x, w: rms_norm(x, 1, w, EPS), [X, X[0]]),
    "BatchNorm": (lambda x, m, v: batch_norm(x, m, v, None, None, EPS), [X, X[0], POSITIVE[0]]),
    "Attention": (lambda q, k, v: attention(q, k, v, scale=SCALE, causal=True), QKV),
    "MaskedAttention": (lambda q, k, v, m: attention(q, k, v, scale=SCALE, mask=m), [*QKV, RNG.normal(size=(4, 3))]),
    "boolean mask": (lambda q, k, v, m: attention(q, k, v, scale=SCALE, mask=m), [*QKV, SEEN]),
    "Convolution": (lambda x, w, b: convolution(x, w, b, stride=(2, 1), padding=(1, 0), groups=2),
                    [IMAGE, RNG.normal(size=(6, 2, 3, 2)), RNG.normal(size=6)]),
    "TransposedConvolution": (lambda x, w: transposed_convolution(x, w, stride=(2, 3), padding=(1, 0), output_padding=(1, 0), groups=2),
                              [IMAGE, RNG.normal(size=(4, 1, 3, 2))]),
    "one operand twice": (lambda x: convolution(x, x, None, padding=(1, 1)), [RNG.normal(size=(2, 2, 3, 3))]),
    "Roll": (lambda x: multiply(roll(x, (0,), (1,)), roll(x, (1, 0), (-3, 2))), [X]),
    "Take": (embedding, [X, INDEX]),
    "Scatter": (lambda x, i: scatter(x, i, 3), [RNG.normal(size=(5, 2)), INDEX]),
    Max: (lambda x: max_pool(x, (3, 2), (2, 2), (1, 1)), [IMAGE]),
    Min: (lambda x: fold(Min, x, (0,)), [X]),
    Reshape: (lambda x: apply(Reshape((3, 4), (2, 6)), multiply(x, x), degree=()), [X]),
    retraction.PositiveRows: (lambda x: apply(retraction.PositiveRows(4, True), x, degree=(3,)), [np.where(X > 1, X, POSITIVE)]),
    "rows": (lambda x: apply(retraction.PositiveRows(4, False), x, degree=(3,)), [X]),
    Scan: (recurrent, [X[0], X, X[1]]),
    "a long loop": (recurrent, [X[0], RNG.normal(size=(70, 4)), X[1]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES, ids=lambda c: c if isinstance(c, str) else c.__name__)
def test_an_op_agrees_with_differences(name: Any) -> None:
    build, arrays = CASES[name]
    agrees(graph(build, *arrays), arrays)


def test_every_op_is_among_them() -> None:
    found = {type(n.op) for build, arrays in CASES.values() for v in graph(build, *arrays).outputs for n in topological([v.node])}
    made = {type(n.op) for n in grad(graph(lambda q, k, v: total(attention(q, k, v, scale=SCALE), (0, 1, 2)), *QKV)).to_graph().nodes()}
    final = {c for c in ops() if not isabstract(c) and not c.__subclasses__() and c.__module__ not in ELSEWHERE}
    assert final - found - made == WITHOUT.keys() - found


@pytest.mark.parametrize("op", [op for op in WITHOUT if op not in (Opaque, Input, Weight, Literal, Draw)], ids=lambda c: c.__name__)
def test_what_is_no_real_number_has_no_cotangent(op: type[Op]) -> None:
    assert op is KeyedDraw or op(*[4] * (op is ArgMax)).kind(["real", "real"]) != "real"  # type: ignore[arg-type]


def test_an_opaque_box_refuses_and_says_who_it_is() -> None:
    with pytest.raises(UnsupportedOp, match="mystery has no derivative here"):
        grad(graph(lambda x: total(apply(Opaque("mystery", "", ((3,),), (3,)), x, degree=()), (0,)), X[0, :3]))
