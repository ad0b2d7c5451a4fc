"""Running a loop: the body is planned once, over the degree axes on which something depends, and its steps run one by one.

What all steps share keeps the axes that it has: a weight is not repeated along a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ncd_cat.axes import identity, whole
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.lowering import lower
from ncd_cat.evaluation.machine import Machine, Move, Shape, Step, broadcast, follow, ints, permute, reshape
from ncd_cat.evaluation.planning import Plan, plan
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.graph import Input, Node, Value, source, topological
from ncd_cat.ops.scan import Scan, instance
from ncd_cat.signature import Kind

Body = Callable[[Machine, Sequence[Any]], list[Any]]


def plan_scan(op: Scan, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    """The step that runs the loop over `degree`, and the shape that it stores."""
    rank, roots = len(degree), [ints(op.roots(k)) for k in range(len(factors))]
    reads = [read_whole(f, degree + root) for f, root in zip(factors, roots, strict=True)]
    joint = tuple([max(shape[k] for _, shape in reads) for k in range(rank)])
    active = [k for k in range(rank) if joint[k] > 1]
    places = [[i for i, j in enumerate(active) if k < op.carried or shape[j] > 1] for k, (_, shape) in enumerate(reads)]
    over = tuple([joint[k] for k in active])
    body = _planned(op, over, places)
    moves: list[list[Move]] = []
    for k, ((read, shape), root, here) in enumerate(zip(reads, roots, places, strict=True)):
        full = (joint if k < op.carried else shape[:rank]) + root
        kept = tuple([over[i] for i in here]) + root
        front = [len(here), *[j for j in range(len(kept)) if j != len(here)]] if op.sliced(k) else range(len(kept))
        moves.append([*read, *broadcast(shape, full), *reshape(full, kept), *permute(front)])
    after = reshape(over + ints(op.out), joint + ints(op.out))

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        given = [m.cast(follow(move, m, x), a.kind) for move, x, a in zip(moves, xs, op.body.dom, strict=True)]
        return m.cast(follow(after, m, _looped(op, body, m, given, len(over))), kind)

    return run, joint + ints(op.out)


def loop(op: Scan, xp: Any, arrays: Sequence[Any]) -> Any:
    """The loop on arrays of namespace xp with axes (degree, roots)."""
    floats = [x.dtype for x in arrays if xp.isdtype(x.dtype, "real floating")]
    machine = Machine(xp, floats[0] if floats else xp.float64, None)
    degree = tuple(arrays[0].shape[: arrays[0].ndim - len(op.roots(0))])
    domains = [degree + ints(op.roots(k)) for k in range(len(arrays))]
    factors = [Factor(identity(domain), domain, domain, a.kind) for domain, a in zip(domains, op.body.dom, strict=True)]
    run, stored = plan_scan(op, factors, degree, op.kind([]))
    return follow(broadcast(stored, degree + ints(op.out)), machine, run(machine, arrays))


def _looped(op: Scan, body: Body, m: Machine, given: Sequence[Any], axis: int) -> Any:
    last = op.carried + op.scanned
    states, made = list(given[: op.carried]), []
    for t in range(ints((op.length,))[0]):
        found = body(m, [*states, *[x[t, ...] for x in given[op.carried : last]], *given[last:]])
        states = found[: op.carried]
        made += found[op.port : op.port + 1] if op.port >= op.carried else []
    return states[op.port] if op.port < op.carried else m.xp.stack(made, axis=axis)


def _planned(op: Scan, over: Shape, places: Sequence[Sequence[int]]) -> Body:
    """One step over the axes `over`, of which input k has those in places[k]."""
    inputs = []
    for k, (a, here) in enumerate(zip(op.body.dom, places, strict=True)):
        x = source(Input(k, a.kind), (*[over[i] for i in here], *a.sizes))
        inputs.append(x.at((*[whole(i, over[i]) for i in here], *identity(a.sizes, len(over))), over + a.sizes))
    values = lower(instance(op.body, inputs, over), {})
    nodes = topological([v.node for v in values])
    slot, stored = {n: k for k, n in enumerate(nodes)}, dict[Node, Shape]()
    steps: list[tuple[int | Step, list[int]]] = []  # the number of an input, or a step and the slots that it reads
    for n in nodes:
        if isinstance(n.op, Input):
            stored[n] = ints(n.sizes)
            steps.append((n.op.position, []))
            continue
        factors = [Factor(a, ints(x.sizes), stored[x], x.kind) for x, a in n.operands]
        run, stored[n] = plan(n.op, factors, ints(n.degree), n.kind)
        steps.append((run, [slot[x] for x, _ in n.operands]))
    outputs = [(slot[v.node], _read(v, stored[v.node])) for v in values]

    def body(m: Machine, xs: Sequence[Any]) -> list[Any]:
        slots: list[Any] = []
        for move, reads in steps:
            slots.append(xs[move] if isinstance(move, int) else move(m, [slots[j] for j in reads]))
        return [m.cast(follow(moves, m, slots[k]), a.kind) for (k, moves), a in zip(outputs, op.body.cod, strict=True)]

    return body


def _read(v: Value, stored: Shape) -> list[Move]:
    moves, shape = read_whole(Factor(v.access, ints(v.node.sizes), stored, v.kind), ints(v.sizes))
    return [*moves, *broadcast(shape, ints(v.sizes))]
