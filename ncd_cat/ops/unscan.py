"""The reverse derivative of a loop is a loop that runs backwards: it carries the cotangents of the states.

    (λ, ω, x̄[t]) = R[f](s[t], x[t], w; λ', ȳ[t]) + (0, ω', 0)   for t = n − 1, …, 0

λ is the cotangent of the state, ω the sum of the cotangents of what all steps share.  The states s[t] that the steps began with
are outputs of the loop itself, run once more with these ports.  Source: reverse-mode differentiation of loops, Griewank and
Walther, Evaluating Derivatives (2008); the transpose of a recurrence.

>>> from ncd_cat.closing import plain
>>> from ncd_cat.graph import Input, apply, source
>>> from ncd_cat.ops.contraction import multiply, number
>>> from ncd_cat.sizes import symbol
>>> s, x = source(Input(0), (2,)), source(Input(1), (symbol("n"), 2))
>>> body = plain([multiply(source(Input(0), (2,)), source(Input(1), (2,)))], [((2,), "real")] * 2)
>>> op = Scan(body, symbol("n"), 1, 1, 0)
>>> [str(v) for v in reversed_loop(op, [s, x], number(1, (2,)))]
['scan(n)[i0] : 2', 'scan(n)[-1*i0 - 1 + n, i1] : n 2']
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ncd_cat.axes import Sizes, add, constant, identity, scale, whole
from ncd_cat.closing import plain
from ncd_cat.graph import Graph, Input, Value, apply, source
from ncd_cat.ops import contraction
from ncd_cat.ops.contraction import number
from ncd_cat.ops.scan import Scan, degree_of, instance
from ncd_cat.sizes import Size
from ncd_cat.types import Array


def reversed_loop(op: Scan, operands: Sequence[Value], cotangent: Value) -> list[Value | None]:
    """The cotangents of the operands of a loop, axes (degree, roots), given that of its port, axes (degree, out)."""
    degree, rank = degree_of(op, operands), len(cotangent.sizes) - len(op.out)
    first, last = op.carried, op.carried + op.scanned
    dom = op.body.dom
    states = [k for k in range(first) if dom[k].kind == "real"]
    shared = [k for k in range(last, len(dom)) if dom[k].kind == "real"]
    stacked = op.port >= first
    body = _body(op, states, shared)
    starts = [cotangent if k == op.port else number(0, degree + dom[k].sizes) for k in states]
    sums = [number(0, degree + dom[k].sizes) for k in shared]
    scanned = [*_began(op, operands, degree), *operands[first:last], *([cotangent] * stacked)]
    given = [*starts, *sums, *[_flipped(x, rank) for x in scanned], *operands[last:]]
    ports = [
        apply(Scan(body, op.length, len(starts) + len(sums), len(scanned), port), *given, degree=degree) for port in range(len(body.cod))
    ]
    found: list[Value | None] = [None] * len(operands)
    for k, v in zip([*states, *shared], ports, strict=False):
        found[k] = v
    slices = [k for k in range(first, last) if dom[k].kind == "real"]
    for k, v in zip(slices, ports[len(starts) + len(sums) :], strict=True):
        found[k] = _flipped(v, rank)
    return found


def _began(op: Scan, operands: Sequence[Value], degree: Sizes) -> list[Value]:
    """The states that the steps began with, stacked."""
    given = [source(Input(k, a.kind), a.sizes) for k, a in enumerate(op.body.dom[: op.carried])]
    body = replace(op.body, cod=(*op.body.cod[: op.carried], *op.body.dom[: op.carried]), outputs=(*op.body.outputs[: op.carried], *given))
    return [apply(replace(op, body=_named(body), port=op.carried + k), *operands, degree=degree) for k in range(op.carried)]


def _named(body: Graph) -> Graph:
    return plain(body.outputs, _types(body.dom), [a.kind for a in body.cod])


def _types(arrays: Sequence[Array]) -> list[tuple[Sizes, str]]:
    return [(a.sizes, a.kind) for a in arrays]


def _body(op: Scan, states: Sequence[int], shared: Sequence[int]) -> Graph:
    """One step backwards: (λ', ω', s, x, ȳ, w) to (λ, ω, x̄)."""
    from ncd_cat.reverse import reverse

    dom, last = op.body.dom, op.carried + op.scanned
    stacked = op.body.cod[op.port : op.port + 1] if op.port >= op.carried else ()
    carried = [dom[k] for k in (*states, *shared)]
    types = _types([*carried, *dom[:last], *stacked, *dom[last:]])
    inputs = [source(Input(k, kind), sizes) for k, (sizes, kind) in enumerate(types)]
    start = len(carried)
    own = [*inputs[start : start + last], *inputs[start + last + len(stacked) :]]
    outputs = instance(op.body, own, ())
    seeds = [(outputs[k], v) for k, v in zip(states, inputs, strict=False)]
    seeds += [(outputs[op.port], v) for v in inputs[start + last : start + last + len(stacked)]]
    real = [k for k, a in enumerate(dom) if a.kind == "real"]
    found = reverse(seeds, [own[k].node for k in real])
    sums = [contraction.add(inputs[len(states) + j], found[own[k].node]) for j, k in enumerate(shared)]
    slices = [found[own[k].node] for k in real if op.carried <= k < last]
    return plain([*[found[own[k].node] for k in states], *sums, *slices], types, ["real"] * (start + len(slices)))


def _flipped(x: Value, axis: int) -> Value:
    """x read backwards along an axis."""
    n: Size = x.sizes[axis]
    read = [*identity(x.sizes)]
    read[axis] = add(constant(n - 1), scale(whole(axis, n), -1))
    return x.at(tuple(read), x.sizes)
