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
from ncd_cat.evaluation.machine import Constant, Machine, Move, Shape, Step, broadcast, follow, ints, permute
from ncd_cat.evaluation.reading import reading
from ncd_cat.evaluation.space import Space
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Reduction
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


def _check_indices(m: Machine, index: Any, size: int) -> None:
    low, high = int(m.xp.min(index)), int(m.xp.max(index))
    if low < 0 or high >= size:
        raise InputError(f"the index {low if low < 0 else high} is outside an axis of size {size}: indices run from 0 to {size - 1}")


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
    """The op's own meaning; operands meet as reals, or as integers, where truth values are 0 and 1."""
    common = "real" if "real" in (kind, *kinds) else "int"

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        arrays = [follow(move, m, x) for move, x in zip(moves, xs, strict=True)]
        result = op.array(m.xp, *[m.cast(a, common) for a in arrays])
        assert result is not NotImplemented, f"{op} declares a meaning on arrays and has none"
        return m.cast(result, kind)

    return run


def _holds(guard: Guard, domain: Shape) -> Constant:
    """Where a guard is true, over the whole axes of the domain, of extent 1 where it does not depend on one."""
    space = Space.of(domain, ())
    labels = tuple(f for f, (axis, _, _) in enumerate(space.fine) if axis in axes_of(guard[1]))
    table = space.table(guard[1], labels).reshape([n if k in axes_of(guard[1]) else 1 for k, n in enumerate(domain)])
    return Constant(table == 0 if guard[0] else table >= 0, "bool")
