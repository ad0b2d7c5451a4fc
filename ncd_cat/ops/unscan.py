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
>>> [str(v) for v in reversed_loop(op, [s, x], number(1, (2,)), (0, 1)).values()]
['scan(n)[i0] : 2', 'scan(n)[-1*i0 - 1 + n, i1] : n 2']
"""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace

from ncd_cat.axes import Sizes, constant, identity, scale, whole
from ncd_cat.axes import add as sum_of
from ncd_cat.closing import closed, plain
from ncd_cat.graph import Graph, Input, Value, apply, source
from ncd_cat.ops.contraction import add, number
from ncd_cat.ops.scan import Scan, degree_of, instance
from ncd_cat.sizes import Size
from ncd_cat.types import Array


def reversed_loop(op: Scan, operands: Sequence[Value], cotangent: Value, needed: Container[int]) -> dict[int, Value]:
    """The cotangents of the needed operands of a loop, axes (degree, roots), given that of its port, axes (degree, out)."""
    degree, rank = degree_of(op, operands), len(cotangent.sizes) - len(op.out)
    dom, first, last = op.body.dom, op.carried, op.carried + op.scanned
    states = [k for k in range(first) if dom[k].kind == "real"]
    slices, shared = ([k for k in range(*ends) if k in needed] for ends in ((first, last), (last, len(dom))))
    stacked = op.port >= first
    starts = [cotangent if k == op.port else number(0, degree + dom[k].sizes) for k in states]
    sums = [number(0, degree + dom[k].sizes) for k in shared]
    scanned = [*_began(op, operands, degree), *operands[first:last], *([cotangent] * stacked)]
    carried, given = len(starts) + len(sums), [*starts, *sums, *[_flipped(x, rank) for x in scanned], *operands[last:]]
    types = _types([*[dom[k] for k in (*states, *shared)], *dom[:last], *[op.body.cod[op.port]] * stacked, *dom[last:]])
    step = closed(lambda *values: _step(op, values, states, slices, shared), types, carried)
    read = [given[k] for k in step.used]
    count = sum(carried <= k < carried + len(scanned) for k in step.used)
    body = plain(step.body.outputs, _types(step.body.dom), ["real"] * len(step.body.cod))
    ports = [apply(Scan(body, op.length, carried, count, port), *read, degree=degree) for port in range(carried + len(slices))]
    found = dict(zip([*states, *shared], ports, strict=False)) | {
        k: _flipped(v, rank) for k, v in zip(slices, ports[carried:], strict=True)
    }
    return {k: v for k, v in found.items() if k in needed}


def _began(op: Scan, operands: Sequence[Value], degree: Sizes) -> list[Value]:
    """The states that the steps began with, stacked."""
    given = [source(Input(k, a.kind), a.sizes) for k, a in enumerate(op.body.dom[: op.carried])]
    body = replace(op.body, cod=(*op.body.cod[: op.carried], *op.body.dom[: op.carried]), outputs=(*op.body.outputs[: op.carried], *given))
    return [apply(replace(op, body=_named(body), port=op.carried + k), *operands, degree=degree) for k in range(op.carried)]


def _named(body: Graph) -> Graph:
    return plain(body.outputs, _types(body.dom), [a.kind for a in body.cod])


def _types(arrays: Sequence[Array]) -> list[tuple[Sizes, str]]:
    return [(a.sizes, a.kind) for a in arrays]


def _step(op: Scan, values: Sequence[Value], states: Sequence[int], slices: Sequence[int], shared: Sequence[int]) -> list[Value]:
    """One step backwards: (λ', ω', s, x, ȳ, w) to (λ, ω, x̄)."""
    from ncd_cat.reverse import reverse

    start, last = len(states) + len(shared), op.carried + op.scanned
    end = start + last + (op.port >= op.carried)
    own = [*values[start : start + last], *values[end:]]
    outputs = instance(op.body, own, ())
    seeds = [*zip([outputs[k] for k in states], values, strict=False), *[(outputs[op.port], v) for v in values[start + last : end]]]
    found = reverse(seeds, [own[k].node for k in (*states, *slices, *shared)])
    sums = [add(values[len(states) + j], found[own[k].node]) for j, k in enumerate(shared)]
    return [*[found[own[k].node] for k in states], *sums, *[found[own[k].node] for k in slices]]


def _flipped(x: Value, axis: int) -> Value:
    """x read backwards along an axis."""
    n: Size = x.sizes[axis]
    read = [*identity(x.sizes)]
    read[axis] = sum_of(constant(n - 1), scale(whole(axis, n), -1))
    return x.at(tuple(read), x.sizes)
