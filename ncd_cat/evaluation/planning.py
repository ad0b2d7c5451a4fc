"""Planning one node: from its op, and how its operands are stored, to a step on arrays.

An array is stored over the node's axes, with extent 1 along axes on which no entry depends.  Contractions, reductions and
gathers have plans of their own; any other op is asked for its meaning on arrays.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import singledispatch
from math import prod
from typing import Any

import numpy as np

from ncd_cat.axes import axes_of
from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluation.contracting import plan_contraction
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Constant, Machine, Move, Shape, Step, broadcast, follow, permute, reshape
from ncd_cat.evaluation.reading import reading
from ncd_cat.evaluation.space import Space
from ncd_cat.graph import Guard, Kind, Op
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Reduction

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
    reads = [read_whole(f, degree + op.roots(k)) for k, f in enumerate(factors)]  # type: ignore[arg-type, operator]
    rank = len(degree)
    shape = _joint([s[:rank] for _, s in reads], rank)
    moves = [m + broadcast(s, shape + tuple(op.roots(k))) for k, (m, s) in enumerate(reads)]  # type: ignore[arg-type]
    return _apply(op, moves, [f.kind for f in factors], kind), shape + tuple(op.out)  # type: ignore[arg-type]


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
    domain = degree + tuple(op.bounds)  # type: ignore[arg-type]
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
    """A gather along one merged axis (shared, root): degree axes on which both operands depend are shared."""
    size, rank = int(op.size), len(degree)  # type: ignore[arg-type]
    (read_x, over_x), (read_i, over_i) = read_whole(factors[0], (*degree, size)), read_whole(factors[1], degree)
    shared = [k for k in range(rank) if over_x[k] > 1 and over_i[k] > 1]
    only_x, only_i = [k for k in range(rank) if k not in shared and over_x[k] > 1], [k for k in range(rank) if k not in shared and over_i[k] > 1]
    blocks, rest = [degree[k] for k in shared], [k for k in range(rank) if k not in (*shared, *only_x, *only_i)]
    ordered = (*[over_x[k] for k in (*shared, rank, *only_x)], *[1 for _ in (*only_i, *rest)])
    rows = (prod(blocks) * size, *[degree[k] for k in only_x])
    read_x = read_x + broadcast(over_x, (*over_x[:rank], size)) + permute([*shared, rank, *only_x, *only_i, *rest])
    read_x += reshape((*ordered[: len(shared)], size, *ordered[len(shared) + 1 :]), rows)
    order_i = [*shared, *only_i, *only_x, *rest]
    read_i = read_i + permute(order_i) + reshape(tuple(over_i[k] for k in order_i), (prod(blocks), prod(degree[k] for k in only_i)))
    starts = Constant(np.arange(prod(blocks), dtype=np.int64)[:, None] * size, "int")
    result = [*shared, *only_i, *only_x, *rest]
    shape = tuple(max(a, b) for a, b in zip(over_x[:rank], over_i, strict=True))
    after = permute([result.index(k) for k in range(rank)])

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        index = m.cast(follow(read_i, m, xs[1]), "int")
        low, high = int(m.xp.min(index)), int(m.xp.max(index))
        if low < 0 or high >= size:
            raise InputError(f"the index {low if low < 0 else high} is outside an axis of size {size}: indices run from 0 to {size - 1}")
        index = index if len(blocks) == 0 else index + m.constant(starts)
        taken = m.xp.take(follow(read_x, m, xs[0]), m.xp.reshape(index, (-1,)), axis=0)
        return follow(after, m, m.xp.reshape(taken, tuple(shape[k] for k in result)))

    return run, shape


# ---- helpers ------------------------------------------------------------------------------------------------------


def read_whole(factor: Factor, domain: Shape) -> tuple[list[Move], Shape]:
    """Read an operand over whole axes, of extent 1 where it depends on no part of one."""
    space = Space.of(domain, factor.access)
    labels, moves = reading(factor.access, factor.shape, space)
    spread, shape = space.spread(labels)
    return moves + spread, shape


def _joint(shapes: Sequence[Shape], rank: int) -> Shape:
    return tuple([max([s[k] for s in shapes], default=1) for k in range(rank)])


def _apply(op: Op, moves: Sequence[list[Move]], kinds: Sequence[Kind], kind: Kind) -> Step:
    """The op's own meaning; numbers of different kinds meet as the richer of the two."""
    common = "real" if "real" in (kind, *kinds) else "int" if len(set(kinds)) > 1 else None

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        arrays = [follow(move, m, x) for move, x in zip(moves, xs, strict=True)]
        result = op.array(m.xp, *[m.cast(a, common) for a in arrays] if common else arrays)
        assert result is not NotImplemented, f"{op} declares a meaning on arrays and has none"
        return m.cast(result, kind)

    return run


def _holds(guard: Guard, domain: Shape) -> Constant:
    """Where a guard is true, over the whole axes of the domain, of extent 1 where it does not depend on one."""
    space = Space.of(domain, ())
    labels = tuple(f for f, (axis, _, _) in enumerate(space.fine) if axis in axes_of(guard[1]))
    table = space.table(guard[1], labels).reshape([n if k in axes_of(guard[1]) else 1 for k, n in enumerate(domain)])
    return Constant(table == 0 if guard[0] else table >= 0, "bool")
