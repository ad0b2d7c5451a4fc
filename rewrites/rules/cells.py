"""Cells: a polynomial in comparisons is one polynomial where these have given values, and cells that are empty do not count.

That a cell is empty, or that it lies in a hyperplane, is linear arithmetic over the monomials that are compared
(`rewrites.halfspaces`).  Source: the decision of piecewise polynomial identities; Fourier 1826, Motzkin 1936.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction
from typing import NamedTuple

from ncd_cat.axes import Access, Sizes, identity
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.pointwise import Compare, Equal, Less
from ncd_cat.scalars import ONE
from rewrites.halfspaces import Halfspace, meet
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.cases import flat
from rewrites.rules.linear import having_values, rebuilt, terms
from rewrites.rules.order import read, term_nonnegative

MOST_GATES, MOST_TERMS, MOST_CELLS = 12, 64, 256
Factor = tuple[Node, Access]


class Cell(NamedTuple):
    """Where some comparisons do not hold and others do."""

    off: frozenset[Factor] = frozenset()
    where: tuple[Halfspace, ...] = ()


def _key(t: Term) -> Hashable:
    """A term up to its rational coefficient and the order of its factors."""
    return t.bounds, frozenset(Counter(t.factors).items()), frozenset(t.guards), t.scalar.powers


def collected(ts: Sequence[Term]) -> list[Term]:
    """Terms with equal monomials added; those with coefficient 0 left out."""
    found: dict[Hashable, Term] = {}
    for t in ts:
        total = t.scalar if (key := _key(t)) not in found else found[key].scalar.plus(t.scalar)
        assert total is not None  # the keys agree on the irrational part
        found[key] = t._replace(scalar=total)
    return [t for t in found.values() if t.scalar.rational]


class _Space:
    """The comparisons of sums of monomials, over axes `domain`, as halfspaces; and what is known of the monomials."""

    def __init__(self, gates: Sequence[Factor], domain: Sizes) -> None:
        self.sums = {g: _compared(Value(*g, domain)) for g in gates if isinstance(g[0].op, Less | Equal) and g[0].finite}
        monomials = {_key(t): t._replace(scalar=t.scalar.power(Fraction(0))) for ts in self.sums.values() for t in ts if t.scalar.rational}
        self.known = [
            Halfspace({key: Fraction(1)}, strict=not t.bounds and not t.guards and all(x.positive for x, _ in t.factors))
            for key, t in monomials.items() if not _number(t) and term_nonnegative(t)
        ]  # fmt: skip

    def signs(self, g: Factor, value: bool) -> list[tuple[Halfspace, ...]]:
        """Where a comparison has a value: a union of intersections."""
        if g not in self.sums:
            return [()]
        ts = self.sums[g]
        if isinstance(g[0].op, Less):
            return [(_positive(ts) if value else _not_positive(ts),)]
        minus = _opposite(ts)
        return [(_not_positive(ts), _not_positive(minus))] if value else [(_positive(ts),), (_positive(minus),)]

    def vanishing(self, cell: Cell) -> Iterator[list[Term]]:
        """The sums that are 0 in a cell: nowhere positive or negative there."""
        for ts in self.sums.values():
            if not any(meet([*self.known, *cell.where, _positive(side)]) for side in (ts, _opposite(ts))):
                yield ts


def _compared(v: Value) -> list[Term]:
    """The sum y of [0 < y] or [y = 0], for a comparison over the axes of v."""
    a, b = (read(v.node, k).at(v.access, v.sizes) for k in (0, 1))
    return [*flat(b), *_opposite(flat(a))]


def _opposite(ts: Sequence[Term]) -> list[Term]:
    return [t._replace(scalar=-t.scalar) for t in ts]


def _form(ts: Sequence[Term]) -> tuple[dict[Hashable, Fraction], Fraction]:
    """The coefficients of a sum of terms, and its constant."""
    constant = sum((t.scalar.rational for t in ts if _number(t)), Fraction(0))
    return {_key(t): t.scalar.rational for t in collected(ts) if not _number(t)}, constant


def _positive(ts: Sequence[Term]) -> Halfspace:
    """Where a sum of terms is positive; at least 1 if it is a whole number."""
    form, constant = _form(ts)
    whole = all(t.scalar.rational.denominator == 1 and not t.scalar.powers and all(x.kind == "int" for x, _ in t.factors) for t in ts)
    return Halfspace(form, constant - 1) if whole else Halfspace(form, constant, True)


def _not_positive(ts: Sequence[Term]) -> Halfspace:
    form, constant = _form(_opposite(ts))
    return Halfspace(form, constant)


def _number(t: Term) -> bool:
    return not (t.bounds or t.factors or t.guards or t.scalar.powers)


def _cells(space: _Space, gates: Sequence[Factor], cell: Cell) -> Iterator[Cell]:
    """The cells that are not seen to be empty."""
    if not meet([*space.known, *cell.where]):
        return
    if not gates:
        yield cell
        return
    for value in (False, True):
        for where in space.signs(gates[0], value):
            off = cell.off if value else cell.off | {gates[0]}
            yield from _cells(space, gates[1:], Cell(off, (*cell.where, *where)))


def _inside(ts: Sequence[Term], cell: Cell, gates: Sequence[Factor]) -> list[Term]:
    """The sum in a cell."""
    kept = [t for t in ts if cell.off.isdisjoint(t.factors)]
    return collected([t._replace(factors=tuple([f for f in t.factors if f not in gates])) for t in kept])


def _solved(ts: list[Term], equation: Sequence[Term]) -> list[Term]:
    """A sum where another one is 0, which is solved for a factor that one term of it is."""
    if any(t.bounds or t.guards for t in equation):
        return ts
    for t in collected(equation):
        rest = [u for u in collected(equation) if _key(u) != _key(t)]
        if len(t.factors) != 1 or any(t.factors[0] in u.factors for u in rest):
            continue
        (x,), inverse = t.factors, t.scalar.power(Fraction(-1))
        while any(x in u.factors for u in ts) and len(ts) <= MOST_TERMS:
            ts = collected([new for u in ts for new in _replaced(u, x, [r._replace(scalar=-(r.scalar * inverse)) for r in rest])])
        return ts
    return ts


def _replaced(t: Term, x: Factor, by: Sequence[Term]) -> list[Term]:
    """A term with one factor x, if it has any, replaced by a sum."""
    if x not in t.factors:
        return [t]
    k = t.factors.index(x)
    others = t.factors[:k] + t.factors[k + 1 :]
    return [t._replace(scalar=t.scalar * r.scalar, factors=others + r.factors) for r in by]


def _chosen(n: Node, args: Args) -> list[Term]:
    """Some terms of a sum with the same brackets and sums.  Raises RuleError."""
    ts = terms(n)
    chosen = [ts[k] for k in sorted({nat(a, len(ts)) for a in args})]
    if len(chosen) != len(args) or not chosen or len({(t.bounds, frozenset(t.guards)) for t in chosen}) != 1:
        raise RuleError("not terms with the same brackets and sums")
    return chosen


@schema("Σ p(t₁, …, t_k) = 0, where p is 0 in each cell of the truth values t that is not empty", "Fourier–Motzkin elimination",
        structure="order", assumes=lambda n, args: having_values(_chosen(n, args)), condition=
        "a cell is empty, or lies where a sum is 0, by linear arithmetic; what vanishes is assumed to have values")  # fmt: skip
def cells(n: Node, args: Args) -> Value:
    """args: the terms that vanish together."""
    chosen = _chosen(n, args)
    if not all(x.finite for t in chosen for x, _ in t.factors):
        raise RuleError("a factor may be infinite")
    gates = list(dict.fromkeys(f for t in chosen for f in t.factors if isinstance(f[0].op, Compare)))
    if not gates or len(gates) > MOST_GATES or len(chosen) > MOST_TERMS:
        raise RuleError("no comparison, or too many")
    space = _Space(gates, n.sizes + chosen[0].bounds)
    for count, cell in enumerate(_cells(space, gates, Cell())):
        left = _inside(chosen, cell, gates)
        for equation in space.vanishing(cell) if left else ():
            left = _solved(left, equation)
        if left or count > MOST_CELLS:
            raise RuleError("the sum is not seen to be 0 in a cell")
    return rebuilt([t for k, t in enumerate(terms(n)) if k not in args], n)


def _follows(n: Node, args: Args) -> tuple[list[Term], int, int]:
    """The terms, which of them, and the factor in it that the other comparisons in it imply.  Raises RuleError."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    k = nat(args[1], len(t.factors))
    gates = [f for f in dict.fromkeys(t.factors) if isinstance(f[0].op, Compare)]
    if t.factors[k] not in gates or len(gates) > MOST_GATES:
        raise RuleError("not a comparison among few")
    space = _Space(gates, n.sizes + t.bounds)
    rest = [where for g in gates if g != t.factors[k] for where in space.signs(g, True)[0]]
    if any(meet([*space.known, *rest, *where]) for where in space.signs(t.factors[k], False)):
        raise RuleError("the comparison does not follow from the others")
    return ts, which, k


def _dropped(n: Node, args: Args) -> tuple[str, ...]:
    ts, which, k = _follows(n, args)
    return having_values([ts[which]._replace(factors=ts[which].factors[k : k + 1])])


@schema("t₁ · … · t_k = t₂ · … · t_k, where t₂, …, t_k imply t₁", "Fourier–Motzkin elimination", structure="order", assumes=_dropped,
        condition="t₁ follows by linear arithmetic; it is assumed to have a value")  # fmt: skip
def implied(n: Node, args: Args) -> Value:
    """args: a term, the factor of it that is t₁."""
    ts, which, k = _follows(n, args)
    t = ts[which]
    ts[which] = t._replace(factors=tuple([f for f in t.factors if f != t.factors[k]]))
    return rebuilt(ts, n)


def _subtracted(n: Node, args: Args) -> Term:
    """The y of (x − y) + y as a term.  Raises RuleError."""
    (y,) = args
    if type(y) is not Node or y.sizes != n.sizes or not (n.finite and y.finite):
        raise RuleError("not a finite node with the same axes")
    return Term(ONE, (), ((y, identity(n.sizes)),))


@schema("x = (x − y) + y", "a group", structure="linear", condition="both are finite; y is assumed to have a value",
        assumes=lambda n, args: having_values([_subtracted(n, args)]))  # fmt: skip
def by_difference(n: Node, args: Args) -> Value:
    """args: the node y, with the axes of n."""
    x, other = Value.of(n), _subtracted(n, args)
    one = Term(ONE, (), ((x.node, x.access),))
    difference = contraction([one, other._replace(scalar=-ONE)], n.sizes)
    return Value.of(contraction([Term(ONE, (), ((difference, x.access),)), other], n.sizes))


RULES = (cells, implied, by_difference)
