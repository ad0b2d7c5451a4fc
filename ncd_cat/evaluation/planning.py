"""Planning one node: from its op, and how its operands are stored, to a step on arrays.

An array is stored over the node's axes, with extent 1 along axes on which no entry depends.  Contractions, reductions and
gathers have plans of their own; any other op is asked for its meaning on arrays.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from functools import singledispatch
from math import prod
from typing import Any

import numpy as np

from ncd_cat.axes import axes_of
from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluation.contracting import plan_contraction
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Constant, Machine, Move, Shape, Step, broadcast, composed, follow, ints, permute
from ncd_cat.evaluation.polynomial import makes
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.evaluation.space import Space
from ncd_cat.graph import Input, Node, Weight
from ncd_cat.ops.attention import Average
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.norm import Norm
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Reduction
from ncd_cat.ops.scan import Scan
from ncd_cat.ops.scatter import Scatter
from ncd_cat.ops.softmax import Normaliser
from ncd_cat.signature import Guard, Kind, Op

Plan = tuple[Step, Shape]


def has_plan(op: Op) -> bool:
    """Whether the op can be evaluated as it is, without its definition."""
    return type(op).array is not Op.array or plan.dispatch(type(op)) is not plan.dispatch(Op)


@singledispatch
def plan(op: Op, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    """The step that computes the op over `degree`, and the shape that it stores.

    Here: through `op.array`, on arrays over the degree axes and all root axes.  Raises UnsupportedOp for an opaque box.
    """
    if type(op).array is Op.array:
        raise UnsupportedOp(f"{op} has no meaning on arrays, so it cannot be evaluated: it is equal to itself and nothing more is known")
    rank, roots = len(degree), [ints(op.roots(k)) for k in range(len(factors))]
    reads = [read_whole(f, degree + root) for f, root in zip(factors, roots, strict=True)]
    shape = _joint([s[:rank] for _, s in reads], rank)
    moves = [m + broadcast(s, shape + root) for (m, s), root in zip(reads, roots, strict=True)]
    return _apply(op, moves, [f.kind for f in factors], kind), shape + ints(op.out)


@plan.register
def _(op: Average, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    """Matrix products and arithmetic repeat along degree axes by themselves: a mask that all heads share is not repeated."""
    rank, roots = len(degree), [ints(op.roots(k)) for k in range(len(factors))]
    reads = [read_whole(f, degree + root) for f, root in zip(factors, roots, strict=True)]
    moves = [m + broadcast(s, s[:rank] + root) for (m, s), root in zip(reads, roots, strict=True)]
    return _apply(op, moves, [f.kind for f in factors], kind), _joint([s[:rank] for _, s in reads], rank) + ints(op.out)


@plan.register
def _(op: Literal, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    table = Constant(op.numpy(degree), kind)
    return lambda m, xs: m.constant(table), degree


@plan.register
def _(op: Contraction, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    return plan_contraction(op.specs, factors, degree, kind)


@plan.register
def _(op: Pointwise, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    reads = [read_whole(f, degree) for f in factors]
    return _apply(op, [moves for moves, _ in reads], [f.kind for f in factors], kind), _joint([s for _, s in reads], len(degree))


@plan.register
def _(op: Reduction, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    domain = degree + ints(op.bounds)
    moves, shape = read_whole(factors[0], domain)
    masks = [_holds(g, domain) for g in op.conditions]
    full = _joint([shape, *[c.array.shape for c in masks]], len(domain))
    work = "int" if kind == "bool" else kind

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        x = m.cast(follow(moves, m, xs[0]), work)
        for mask in masks:
            least = -np.inf if work == "real" else -(1 << 63)
            x = m.xp.where(m.constant(mask), x, m.full((), least if isinstance(op, Max) else -least - (work != "real"), work))
        return m.cast(op.array(m.xp, x), kind)

    return run, full[: len(degree)]


@plan.register
def _(op: Take, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    """One gather of rows: degree axes on which both operands depend are merged with the root into the rows' numbers."""
    size, rank = ints((op.size,))[0], len(degree)
    (read_x, over_x), (read_i, over_i) = read_whole(factors[0], (*degree, size)), read_whole(factors[1], degree)
    shape = _joint([over_x[:rank], over_i], rank)
    shared = [k for k in range(rank) if over_x[k] > 1 and over_i[k] > 1]
    by_index = [k for k in range(rank) if k not in shared and over_i[k] > 1]
    others = [k for k in range(rank) if k not in (*shared, *by_index)]
    blocks = prod(shape[k] for k in shared)
    table = read_x + broadcast(over_x, (*over_x[:rank], size)) + permute([*shared, rank, *others, *by_index])
    table.append(lambda m, x: m.xp.reshape(x, (blocks * size, *[shape[k] for k in others])))
    rows = read_i + permute([*shared, *by_index, *others])
    rows.append(lambda m, x: m.xp.reshape(x, (blocks, -1)))
    starts = Constant(np.arange(blocks, dtype=np.int64)[:, None] * size, "int")
    result = [*shared, *by_index, *others]
    after: list[Move] = [lambda m, x: m.xp.reshape(x, tuple(shape[k] for k in result)), *permute([result.index(k) for k in range(rank)])]

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        index = m.cast(follow(rows, m, xs[1]), "int")
        _check_indices(m, index, size)
        places = m.xp.reshape(index + m.constant(starts), (-1,))
        return follow(after, m, m.xp.take(follow(table, m, xs[0]), places, axis=0))

    return run, shape


@plan.register
def _(op: Scan, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    from ncd_cat.evaluation.looping import plan_scan

    return plan_scan(op, factors, degree, kind)


@plan.register
def _(op: Scatter, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    from ncd_cat.evaluation.scattering import plan_scatter

    return plan_scatter(op, factors, degree, kind)


def _check_indices(m: Machine, index: Any, size: int) -> None:
    low, high = int(m.xp.min(index)), int(m.xp.max(index))
    if low < 0 or high >= size:
        raise InputError(f"the index {low if low < 0 else high} is outside an axis of size {size}: indices run from 0 to {size - 1}")


def spares(nodes: Sequence[Node], kept: Set[Node]) -> set[tuple[Node, Node]]:
    """The pairs (n, x), of nodes computed in this order, where n may overwrite the array of x.

    It must be the last that reads x, read it once, and nobody else hold the array: x makes it, and no view of it is taken.
    """
    last = {x: n for n in nodes for x, _ in n.operands}
    views = {x for n in nodes if not _makes(n) for x, _ in n.operands}
    own = {n for n in nodes if _makes(n)} - views - kept
    return {(n, x) for x, n in last.items() if x in own and sum(y is x for y, _ in n.operands) == 1}


def _makes(n: Node) -> bool:
    """Whether the node's array is its own: arithmetic makes one, and so does the meaning of an op on reals."""
    if isinstance(n.op, Contraction):
        return makes(n.op.specs, n.kind)
    return isinstance(n.op, Pointwise | Norm | Normaliser | Average) and all(
        k == "real" for k in (n.kind, *[x.kind for x, _ in n.operands])
    )


@dataclass(frozen=True)
class Planner:
    """The plans of nodes, operands first; layers that repeat are planned once."""

    steps: dict[Node, Step] = field(default_factory=dict)
    stored: dict[Node, Shape] = field(default_factory=dict)
    plans: dict[Any, Plan] = field(default_factory=dict)

    @staticmethod
    def of(nodes: Sequence[Node], kept: Set[Node]) -> Planner:
        """The plans of nodes over all their axes, computed in this order; nothing is written to `kept`.  Raises UnsupportedOp."""
        planner, spare = Planner(), spares(nodes, kept)
        for n in nodes:
            if isinstance(n.op, Input | Weight):
                planner.stored[n] = ints(n.sizes)
                continue
            factors = [Factor(a, ints(x.sizes), planner.stored[x], x.kind, (n, x) in spare) for x, a in n.operands]
            planner.steps[n], planner.stored[n] = planner.plan(n.op, factors, ints(n.degree), n.kind)
        return planner

    def plan(self, op: Op, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
        """The plan of an op, made once."""
        key = (op, degree, kind, tuple(factors))
        if key not in self.plans:
            self.plans[key] = plan(op, factors, degree, kind)
        return self.plans[key]


# ---- helpers ------------------------------------------------------------------------------------------------------


def _joint(shapes: Sequence[Shape], rank: int) -> Shape:
    return tuple([max([s[k] for s in shapes], default=1) for k in range(rank)])


def _apply(op: Op, moves: Sequence[list[Move]], kinds: Sequence[Kind], kind: Kind) -> Step:
    """The op's own meaning; operands meet as reals, or as integers, where truth values are 0 and 1 unless they select."""
    common = "real" if "real" in (kind, *kinds) else "int"
    wanted = ["bool" if k in op.selectors and own == "bool" else common for k, own in enumerate(kinds)]
    reads = [composed(move if own == work else [*move, lambda m, x, work=work: m.cast(x, work)])  # type: ignore[misc]
             for move, own, work in zip(moves, kinds, wanted, strict=True)]  # fmt: skip

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        result = op.array(m.xp, *[read(m, x) for read, x in zip(reads, xs, strict=True)])
        assert result is not NotImplemented, f"{op} declares a meaning on arrays and has none"
        return m.cast(result, kind)

    return run


def _holds(guard: Guard, domain: Shape) -> Constant:
    """Where a guard is true, over the whole axes of the domain, of extent 1 where it does not depend on one."""
    space = Space.of(domain, ())
    labels = tuple(f for f, (axis, _, _) in enumerate(space.fine) if axis in axes_of(guard[1]))
    table = space.table(guard[1], labels).reshape([n if k in axes_of(guard[1]) else 1 for k, n in enumerate(domain)])
    return Constant(table == 0 if guard[0] else table >= 0, "bool")
