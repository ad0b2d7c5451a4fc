"""Planning a contraction that sums over nothing: Σ c · Π factors, entry by entry, in arrays that nobody needs any more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, NamedTuple

from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Machine, Move, Shape, Step, composed, minus, plus, times
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.ops.contraction import Spec
from ncd_cat.signature import Kind


class Read(NamedTuple):
    """A factor: its operand, how that is read, the shape that this gives, and whether the array may be overwritten."""

    source: int
    move: Move
    shape: Shape
    spare: bool


class Monomial(NamedTuple):
    """c · x₁ ⋯ xₙ, or x₁ ⋯ xₙ where it is to be subtracted; `free`: nobody else holds the array that `run` returns."""

    run: Step
    shape: Shape
    free: bool
    subtract: bool


def is_polynomial(specs: Sequence[Spec], kind: Kind) -> bool:
    """Whether no term sums over anything or has a guard, not all are bare numbers, and the sum is no truth value."""
    return any(s.factors for s in specs) and kind != "bool" and not any(s.bounds or s.guards for s in specs)


def makes(specs: Sequence[Spec], kind: Kind) -> bool:
    """Whether the plan of a polynomial makes the array that it returns: one that only reads an operand may not."""
    return is_polynomial(specs, kind) and (len(specs) > 1 or specs[0].factors > 1 or _number(specs[0], kind) != 1)


def plan_polynomial(specs: Sequence[Spec], factors: Sequence[Factor], own: Shape, kind: Kind) -> tuple[Step, Shape]:
    """The plan of a sum of monomials over own axes `own`, and the stored shape of its result."""
    reads = [_read(k, f, own, kind) for k, f in enumerate(factors)]
    positive = any(s.factors and _number(s, kind) != -1 for s in specs)
    terms, start = list[Monomial](), 0
    for spec in [s for s in specs if s.factors]:
        subtract = positive and _number(spec, kind) == -1
        terms.append(_monomial(1 if subtract else _number(spec, kind), reads[start : start + spec.factors], subtract))
        start += spec.factors
    shape = _joint([t.shape for t in terms])
    terms.sort(key=lambda t: (t.subtract, not (t.free and t.shape == shape)))
    numbers = [_number(s, kind) for s in specs if not s.factors]
    return _summed(terms, sum(numbers) if numbers else None), shape


def _number(spec: Spec, kind: Kind) -> float:
    return float(spec.scalar) if kind == "real" else int(spec.scalar.rational)


def _summed(terms: Sequence[Monomial], constant: float | None) -> Step:
    """The terms added up one after another, in one array as soon as there is one; then the constant."""
    first, shape, free = terms[0].run, terms[0].shape, terms[0].free
    joins = list[tuple[Step, Callable[..., Any], bool]]()
    for t in terms[1:]:
        joint = _joint([shape, t.shape])
        joins.append((t.run, minus if t.subtract else plus, free and joint == shape))
        shape, free = joint, True
    if constant is not None:
        joins.append((lambda m, xs: constant, plus, free))
    if not joins:
        return first

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        total = first(m, xs)
        for term, join, into in joins:
            total = join(m, total, term(m, xs), into)
        return total

    return run


def _monomial(scalar: float, reads: Sequence[Read], subtract: bool) -> Monomial:
    """The plan of one term: the factor that may be overwritten first, the scalar on the smallest array that there is."""
    shape = _joint([r.shape for r in reads])
    first, *rest = sorted(reads, key=lambda r: not (r.spare and r.shape == shape))
    late = scalar != 1 and prod(first.shape) == prod(shape)
    early = scalar != 1 and not late
    take, source, free, joint = first.move, first.source, first.spare or early, first.shape
    joins = list[tuple[Move, int, bool]]()
    for r in rest:
        wide = _joint([joint, r.shape])
        joins.append((r.move, r.source, free and wide == joint))
        free, joint = True, wide
    last = free

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        x = take(m, xs[source])
        x = x * scalar if early else x
        for read, k, into in joins:
            x = times(m, x, read(m, xs[k]), into)
        return times(m, x, scalar, last) if late else x

    plain = not joins and scalar == 1
    return Monomial((lambda m, xs: take(m, xs[source])) if plain else run, shape, free or late, subtract)


def _read(source: int, f: Factor, own: Shape, kind: Kind) -> Read:
    moves, shape = read_whole(f, own)
    cast: list[Move] = [] if f.kind == kind else [lambda m, x: m.cast(x, kind)]
    return Read(source, composed(moves + cast), shape, f.spare and not cast and prod(shape) == prod(f.shape))


def _joint(shapes: Sequence[Shape]) -> Shape:
    return tuple([max(sizes) for sizes in zip(*shapes, strict=True)])
