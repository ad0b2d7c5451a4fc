"""Cells: a polynomial in comparisons is one polynomial where these have given values, and cells that are empty do not count.

That a cell is empty, or that it lies in a hyperplane, is linear arithmetic over the monomials that are compared
(`rewrites.halfspaces`).  Source: the decision of piecewise polynomial identities; Fourier 1826, Motzkin 1936.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator, Sequence
from fractions import Fraction

from ncd_cat.axes import Access, Sizes, identity
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.pointwise import Compare, Less
from ncd_cat.scalars import ONE
from rewrites.halfspaces import Halfspace, meet, opposite
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.cases import flat
from rewrites.rules.linear import having_values, rebuilt, terms
from rewrites.rules.order import read, term_nonnegative, zero

MOST_GATES, MOST_TERMS = 8, 64
Factor = tuple[Node, Access]
Cell = list[tuple[Factor, bool]]


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
    """The comparisons of 0 with a sum of monomials, over axes `domain`, as halfspaces; and what is known of the monomials."""

    def __init__(self, gates: Sequence[Factor], domain: Sizes) -> None:
        self.sums = {g: flat(read(g[0], 1).at(g[1], domain)) for g in gates if _comparison(g)}
        monomials = {_key(t): t._replace(scalar=t.scalar.power(Fraction(0))) for ts in self.sums.values() for t in ts if t.scalar.rational}
        self.known = [
            Halfspace({key: Fraction(1)}, strict=not t.bounds and not t.guards and all(x.positive for x, _ in t.factors))
            for key, t in monomials.items() if not _number(t) and term_nonnegative(t)
        ]  # fmt: skip

    def halfspace(self, ts: Sequence[Term], value: bool) -> Halfspace:
        """Where a sum of terms is positive, or where it is not."""
        ts = collected(ts)
        form = {_key(t): t.scalar.rational for t in ts if not _number(t)}
        positive = Halfspace(form, sum((t.scalar.rational for t in ts if _number(t)), Fraction(0)), True)
        return positive if value else opposite(positive)

    def halfspaces(self, cell: Cell) -> list[Halfspace]:
        """A cell as an intersection."""
        return self.known + [self.halfspace(self.sums[g], value) for g, value in cell if g in self.sums]

    def vanishing(self, cell: Cell) -> Iterator[list[Term]]:
        """The sums that are 0 in a cell: not positive there, and nowhere negative."""
        for g, value in cell:
            if g in self.sums and not value:
                negative = self.halfspace([t._replace(scalar=-t.scalar) for t in self.sums[g]], True)
                if not meet([*self.halfspaces(cell), negative]):
                    yield self.sums[g]


def _number(t: Term) -> bool:
    return not (t.bounds or t.factors or t.guards or t.scalar.powers)


def _comparison(g: Factor) -> bool:
    """Whether a truth value compares 0 with a finite number."""
    return isinstance(g[0].op, Less) and zero(g[0].operands[0][0]) and g[0].finite


def _cells(space: _Space, gates: Sequence[Factor], cell: Cell) -> Iterator[Cell]:
    """The cells that are not seen to be empty."""
    if not meet(space.halfspaces(cell)):
        return
    if not gates:
        yield cell
        return
    for value in (False, True):
        yield from _cells(space, gates[1:], [*cell, (gates[0], value)])


def _inside(ts: Sequence[Term], cell: Cell) -> list[Term]:
    """The sum in a cell."""
    off, gates = {g for g, value in cell if not value}, {g for g, _ in cell}
    kept = [t for t in ts if off.isdisjoint(t.factors)]
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
    for cell in _cells(space, gates, []):
        left = _inside(chosen, cell)
        for equation in space.vanishing(cell) if left else ():
            left = _solved(left, equation)
        if left:
            raise RuleError("the sum is not seen to be 0 in a cell")
    return rebuilt([t for k, t in enumerate(terms(n)) if k not in args], n)


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


RULES = (cells, by_difference)
