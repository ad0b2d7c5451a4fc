"""Guesses: applications of defined ops that a node may be a part of, read off a function and its argument.

An exponential may be that of a softmax or a sigmoid of its argument, a root of a mean square that of a norm; who asks compares
normal forms, so that a guess may be wrong.  Source: the definitions of the ops, `ncd_cat.ops`, read from the inside out.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from functools import singledispatch

from ncd_cat.axes import NotAffine
from ncd_cat.graph import Node, Value
from ncd_cat.ops.activation import Absolute, Gelu, GeluTanh, Relu, Sigmoid, Silu, Softplus, Tanh
from ncd_cat.ops.contraction import Contraction, Term, linear_combination, terms_of
from ncd_cat.ops.layout import last, unlast
from ncd_cat.ops.norm import layer_norm, rms_norm
from ncd_cat.ops.pointwise import Erf, Exp, Maximum, Power, Where
from ncd_cat.ops.softmax import LogSoftmax, LogSumExp, Softmax, log_softmax, logsumexp, softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Op
from rewrites.rules.linear import inlined

MOST_AXES, MOST_TERMS, DEPTH = 6, 8, 3
ROOT_2, HALF = Scalar.of(2).power(Fraction(1, 2)), Scalar.of(Fraction(1, 2))


@singledispatch
def suggested(op: Op, n: Node) -> Iterator[Value]:
    """Applications of defined ops that nodes above this one may be."""
    return iter(())


@suggested.register(Exp)
def _(op: Exp, n: Node) -> Iterator[Value]:
    for x in _arguments(n):
        for k in range(min(len(x.sizes), MOST_AXES)):
            yield from (f(x, k) for f in (softmax, log_softmax, logsumexp))
        for y in (x, _scaled(x, -ONE)):
            yield from (f(y) for f in (Sigmoid(), Silu(), Softplus(), Tanh()))
            yield Tanh()(_scaled(y, HALF))


@suggested.register(Softmax)
@suggested.register(LogSoftmax)
@suggested.register(LogSumExp)
def _(op: Op, n: Node) -> Iterator[Value]:
    x, access = n.operands[0]
    argument = Value(x, access, n.domain(0))
    if len(op.roots(0)) == 1:
        yield from (f(argument, len(n.degree)) for f in (softmax, log_softmax, logsumexp))


@suggested.register(Sigmoid)
def _(op: Sigmoid, n: Node) -> Iterator[Value]:
    for x in _arguments(n):
        yield Silu()(x)
        yield Tanh()(_scaled(x, HALF))


@suggested.register(Erf)
def _(op: Erf, n: Node) -> Iterator[Value]:
    yield Gelu()(_scaled(_argument(n, 0), ROOT_2))


@suggested.register(Tanh)
def _(op: Tanh, n: Node) -> Iterator[Value]:
    for x in _arguments(n):
        yield GeluTanh()(x)


@suggested.register(Maximum)
@suggested.register(Where)
def _(op: Op, n: Node) -> Iterator[Value]:
    for k in range(len(n.operands) - 2, len(n.operands)):
        yield from (f(_argument(n, k)) for f in (Relu(), Absolute()))


@suggested.register(Power)
def _(op: Power, n: Node) -> Iterator[Value]:
    """A root of a mean square, and a number: of x, or of x less its mean."""
    y = n.operands[0][0]
    steps = list(_opened(y))
    eps = next((t.scalar for ts in steps for t in ts if not t.factors and not t.bounds), Scalar.of(0))
    for x, over in dict.fromkeys([(x, tuple(over)) for ts in steps for t in ts for x, over in _squares(t, len(y.sizes))]):
        moved = last(x, over)
        yield from (unlast(f, over) for f in (rms_norm(moved, len(over), None, eps), layer_norm(moved, len(over), None, None, eps)))


def _opened(n: Node) -> Iterator[list[Term]]:
    """The terms of a sum, and again with the sums and products in it that are used as they are written out; squares stay."""
    ts = list(terms_of(n)) if isinstance(n.op, Contraction) else []
    for _ in range(DEPTH):
        yield ts
        found: list[Term] = []
        for t in ts:
            place = next((k for k, (x, _) in enumerate(t.factors) if isinstance(x.op, Contraction)), None)
            try:
                found += [t] if place is None or _square(t) else inlined(t, place, n.sizes)
            except NotAffine:
                found.append(t)
        if found == ts or len(found) > MOST_TERMS:
            return
        ts = found


def _square(t: Term) -> bool:
    return len(t.factors) == 2 and t.factors[0] == t.factors[1]


def _squares(t: Term, start: int) -> Iterator[tuple[Value, list[int]]]:
    """What a term sums the squares of, and over which of its axes; if that is centred, what is centred too."""
    if not t.bounds or t.guards or not _square(t):
        return
    x, access = t.factors[0]
    over = [k for k, e in enumerate(access) if any(d[1] >= start for d in e[1])]
    for y in [Value.of(x), *_summands(Value.of(x))]:
        if y.sizes == x.sizes:
            yield y, over


def _argument(n: Node, k: int) -> Value:
    x, access = n.operands[k]
    return Value(x, access, n.sizes)


def _arguments(n: Node) -> Iterator[Value]:
    """The argument of a function, and the summands of it that are arrays as they are."""
    x = _argument(n, 0)
    yield x
    yield from _summands(x)


def _summands(x: Value) -> Iterator[Value]:
    for ts in _opened(x.node):
        for t in ts:
            if len(t.factors) == 1 and not t.bounds and not t.guards:
                y, access = t.factors[0]
                yield Value(y, access, x.node.sizes).at(x.access, x.sizes)


def _scaled(x: Value, by: Scalar) -> Value:
    """by · x, where x may be a multiple itself."""
    ts = terms_of(x.node) if isinstance(x.node.op, Contraction) else ()
    if len(ts) == 1 and len(ts[0].factors) == 1 and not ts[0].bounds and not ts[0].guards:
        y, access = ts[0].factors[0]
        inner = Value(y, access, x.node.sizes).at(x.access, x.sizes)
        by = by * ts[0].scalar
        return inner if by == ONE else linear_combination([(by, inner)])
    return linear_combination([(by, x)])
