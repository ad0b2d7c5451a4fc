"""Planning a contraction: each term is a sum of products over the ranges where its guards hold, and the terms add up.

Terms that fill different stretches of one axis are concatenated.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from ncd_cat import axes
from ncd_cat.evaluation.guards import Factor, Ranges, bordered, implied, moved, narrow
from ncd_cat.evaluation.machine import Constant, Machine, Move, Shape, Step, broadcast, composed, follow, ints, permute, plus, reshape
from ncd_cat.evaluation.polynomial import is_polynomial, plan_polynomial
from ncd_cat.evaluation.product import plan_product
from ncd_cat.evaluation.reading import reading
from ncd_cat.evaluation.space import Labels, Space
from ncd_cat.ops.contraction import Spec
from ncd_cat.signature import Guard, Kind


class Part(NamedTuple):
    """A planned term: from the arrays of its factors to an array of `shape` over the own axes, narrowed to `ranges`.

    `fresh`: the array is made by the run, so that nobody else holds it.
    """

    run: Step
    shape: Shape
    ranges: Ranges
    fresh: bool


def plan_contraction(specs: Sequence[Spec], factors: Sequence[Factor], own: Shape, kind: Kind) -> tuple[Step, Shape]:
    """The plan of a sum of terms over own axes `own`, and the stored shape of its result."""
    if is_polynomial(specs, kind):
        return plan_polynomial(specs, factors, own, kind)
    parts, start = list[Part](), 0
    for spec in specs:
        part = plan_term(spec, factors[start : start + spec.factors], own, kind, start)
        parts += [part] if part is not None else []
        start += spec.factors
    layers = sorted(_layers(parts, own, kind), key=lambda layer: not layer.fresh)
    if not layers:
        shape = (1,) * len(own)
        return lambda m, xs: m.full(shape, 0, kind), shape
    if len(layers) == 1:
        return layers[0].run, layers[0].shape
    shape, first, rest = tuple(map(max, *[layer.shape for layer in layers])), layers[0], [layer.run for layer in layers[1:]]
    into = first.fresh and first.shape == shape

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        total = first.run(m, xs)
        for layer in rest:
            total = plus(m, total, layer(m, xs), into)
        return total

    return run, shape


# ---- one term -----------------------------------------------------------------------------------------------------


def plan_term(spec: Spec, factors: Sequence[Factor], own: Shape, kind: Kind, first: int) -> Part | None:
    """The plan of one term, whose factors are the operands from number `first` on; None where it is zero everywhere."""
    sizes = own + ints(spec.bounds)
    ranges, guards = narrow([(equal, axes.add(e)) for equal, e in spec.guards], [f.access for f in factors], sizes)
    size = tuple(ranges[k][1] - ranges[k][0] if k in ranges else n for k, n in enumerate(sizes))
    guards = [(equal, moved(e, ranges)) for equal, e in guards]
    if any(n <= 0 for n in size) or any(implied(g) is False for g in guards):
        return None
    guards = [g for g in guards if not implied(g)]
    inner, borders, settled = list[Factor](), list[list[Move]](), list[Guard]()
    for f in factors:
        f, moves, done = bordered(f._replace(access=tuple(moved(e, ranges) for e in f.access)), guards)
        inner.append(f)
        borders.append(moves)
        settled += done
    part = _plan_sum(spec, inner, borders, [g for g in guards if g not in settled], size, len(own), kind, first)
    return part._replace(ranges={k: r for k, r in ranges.items() if k < len(own) and r != (0, own[k])})


def _plan_sum(spec: Spec, factors: Sequence[Factor], borders: Sequence[list[Move]], guards: Sequence[Guard],
              size: Shape, rank: int, kind: Kind, first: int) -> Part:  # fmt: skip
    space = Space.of(size, [e for f in factors for e in f.access] + [e for _, e in guards])
    reads = [reading(f.access, f.shape, space) for f in factors]
    masks = [_mask(g, space) for g in guards]
    inside = [[mask for mask in masks if set(mask[0]) <= set(r.labels)] for r in reads]
    apart = [mask for mask in masks if not any(mask in own for own in inside)]
    work = "int" if kind == "bool" and apart else kind
    operands = [r.labels for r in reads] + [labels for labels, _ in apart]
    unread = [f for f, (axis, _, _) in enumerate(space.fine) if axis >= rank and not any(f in labels for labels in operands)]
    scalar = (float(spec.scalar) if kind == "real" else int(spec.scalar.rational)) * prod(space.extents(unread))
    if not operands:
        shape = (1,) * rank
        return Part(lambda m, xs: m.full(shape, scalar, kind), shape, {}, True)
    product, labels = plan_product(operands, frozenset(f for f, (axis, _, _) in enumerate(space.fine) if axis < rank), space)
    moves, shape = space.spread(labels, rank)
    loads = [_load(border + r.moves, f.kind, work, [(c, _across(on, r.labels, space)) for on, c in own])
             for f, border, r, own in zip(factors, borders, reads, inside, strict=True)]  # fmt: skip
    takes, place = list(zip(range(first, first + len(loads)), loads, strict=True)), composed(moves)
    extra = [Constant(c.array, work) for _, c in apart]
    volumes = [prod(space.extents(r.labels)) for r in reads]
    early = volumes.index(min(volumes)) if volumes and min(volumes) < prod(shape) and scalar != 1 else None
    late = scalar != 1 and early is None

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        arrays = [load(m, xs[k]) for k, load in takes]
        if early is not None:  # the scalar goes where it costs least
            arrays[early] = arrays[early] * scalar
        result = place(m, product(m, arrays + [m.constant(c) for c in extra] if extra else arrays))
        result = result * scalar if late else result
        return result if work == kind else m.cast(result, kind)

    made = late or len(operands) > 1 or labels != operands[0]
    return Part(run, shape, {}, made and prod(space.extents(labels)) == prod(shape))


def _mask(guard: Guard, space: Space) -> tuple[Labels, Constant]:
    labels = space.used(guard[1])
    table = space.table(guard[1], labels)
    return labels, Constant(table == 0 if guard[0] else table >= 0, "bool")


def _across(mask: Labels, labels: Labels, space: Space) -> list[Move]:
    """A mask laid out along the axes of an operand."""
    order = [f for f in labels if f in mask]
    shape = tuple(space.fine[f][2] if f in mask else 1 for f in labels)
    return permute([mask.index(f) for f in order]) + reshape(space.extents(order), shape)


def _load(moves: list[Move], kind: Kind, work: Kind, masks: Sequence[tuple[Constant, list[Move]]]) -> Move:
    read = composed(moves if kind == work else [*moves, lambda m, x: m.cast(x, work)])
    if not masks:
        return read

    def load(m: Machine, x: Any) -> Any:
        x = read(m, x)
        for mask, across in masks:  # where, not times: what a guard hides may be infinite
            x = m.xp.where(follow(across, m, m.constant(mask)), x, m.full((), 0, work))
        return x

    return load


# ---- adding terms up ----------------------------------------------------------------------------------------------


def _layers(parts: Sequence[Part], own: Shape, kind: Kind) -> list[Part]:
    """The parts over the whole of the own axes: stretches of one axis that do not overlap make one layer."""
    layers = [p for p in parts if not p.ranges]
    pending = [_filled(p, list(p.ranges)[1:], own, kind) for p in parts if p.ranges]
    while pending:
        axis = next(iter(pending[0].ranges))
        chosen, rest, end = list[Part](), list[Part](), 0
        for p in sorted(pending, key=lambda p: p.ranges[axis] if axis in p.ranges else (own[axis], 0)):
            fits = axis in p.ranges and p.ranges[axis][0] >= end
            (chosen if fits else rest).append(p)
            end = p.ranges[axis][1] if fits else end
        layers.append(_concatenated(chosen, axis, own, kind))
        pending = rest
    return layers


def _filled(part: Part, along: Sequence[int], own: Shape, kind: Kind) -> Part:
    for axis in along:
        single = _concatenated([part._replace(ranges={axis: part.ranges[axis]})], axis, own, kind)
        part = single._replace(ranges={k: r for k, r in part.ranges.items() if k != axis})
    return part


def _concatenated(parts: Sequence[Part], axis: int, own: Shape, kind: Kind) -> Part:
    """Parts along an axis, one after another, with zeros in between."""
    shape = list(map(max, *[p.shape for p in parts])) if len(parts) > 1 else list(parts[0].shape)
    runs, end = list[Callable[[Machine, Sequence[Any]], Any]](), 0
    for p in parts:
        start, stop = p.ranges[axis]
        runs += [_zeros(shape, axis, start - end, kind)] if start > end else []
        target = (*shape[:axis], stop - start, *shape[axis + 1 :])
        runs.append(_spread(p, broadcast(p.shape, target)))
        end = stop
    runs += [_zeros(shape, axis, own[axis] - end, kind)] if own[axis] > end else []
    shape[axis] = own[axis]
    return Part(lambda m, xs: m.xp.concat([run(m, xs) for run in runs], axis=axis), tuple(shape), {}, True)


def _zeros(shape: Sequence[int], axis: int, count: int, kind: Kind) -> Step:
    target = (*shape[:axis], count, *shape[axis + 1 :])
    return lambda m, xs: m.full(target, 0, kind)


def _spread(part: Part, moves: list[Move]) -> Step:
    return lambda m, xs: follow(moves, m, part.run(m, xs))
