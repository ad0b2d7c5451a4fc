"""Iverson brackets: an affine condition that the ranges of its indices imply is 1, one that they contradict is 0.

Decided by interval arithmetic, soundly and without search.  Source: Iverson 1962; Knuth, Two notes on notation.
"""

from __future__ import annotations

from math import gcd

from ncd_cat import axes
from ncd_cat.axes import Index, bounds, shift, whole
from ncd_cat.covering import negated
from ncd_cat.graph import Node, Value
from ncd_cat.signature import Guard
from ncd_cat.sizes import Poly, provably_nonnegative
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import having_values, rebuilt, reindexed, same_factors, terms


def simplified(guard: Guard) -> Guard | bool:
    """True or False where the ranges of the indices decide the bracket, else the bracket in lowest terms."""
    equal, e = guard
    low, high = bounds(e)
    if provably_nonnegative(-1 - high):  # always negative
        return False
    if equal:
        if provably_nonnegative(low - 1):
            return False
        if not e[1]:
            return True if e[0] == 0 else guard
        if len(e[1]) == 1 and 0 in (low, high):  # at an end of its range it is a bound
            return simplified((False, axes.scale(e, -1) if low == 0 else e))
        flip = e[1][0][0]
        return (True, axes.scale(e, -1)) if isinstance(flip, int) and flip < 0 else guard
    if provably_nonnegative(low):
        return True
    return (False, _lowest(e))


def _lowest(e: Index) -> Index:
    """The inequality e >= 0 divided by the common divisor of its coefficients, the constant rounded down."""
    coefficients = [d[0] for d in e[1]]
    if not all(isinstance(c, int) for c in [*coefficients, e[0]]):
        return e
    common = gcd(*[c for c in coefficients if isinstance(c, int)])
    if common <= 1 or not isinstance(e[0], int):
        return e
    return e[0] // common, tuple([(c // common, i, t, n) for c, i, t, n in e[1] if isinstance(c, int)])


def _zeros(n: Node, args: Args) -> tuple[str, ...]:
    """0 · x = 0 needs x to have a value; under a bracket that never holds x is not read."""
    return having_values([t for t in terms(n) if not t.scalar.rational])


@schema("[p] · t = t where p always holds, 0 where it never does; 0 · t = 0", "interval arithmetic", structure="linear", assumes=_zeros)
def bracket(n: Node, args: Args) -> Value:
    """All brackets of all terms are simplified, equal ones merged, and terms that are 0 dropped."""
    found = []
    for t in terms(n):
        results = [simplified(g) for g in t.guards]
        kept = dict.fromkeys(g for g in results if not isinstance(g, bool))
        if False not in results and t.scalar.rational:
            found.append(t._replace(guards=tuple(kept)))
    return rebuilt(found, n)


@schema("Σ_{i:n} [i >= c] t(i) = Σ_{i:n−c} t(i + c),  Σ_{i:n} [i <= c] t(i) = Σ_{i:c+1} t(i)", "substitution in a sum",
        structure="linear", condition="0 <= c < n")  # fmt: skip
def narrow(n: Node, args: Args) -> Value:
    """args: term, guard.  The guard compares one whole bound axis, with coefficient 1 or −1, to a constant."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    equal, (c, digits) = t.guards[nat(args[1], len(t.guards))]
    start = len(n.sizes)
    if equal or len(digits) != 1 or digits[0][0] not in (1, -1) or digits[0][1] < start:
        raise RuleError("not a bound of one summed index")
    sign, axis, stride, extent = digits[0]
    size = t.bounds[axis - start]
    if stride != 1 or extent != size:
        raise RuleError("not a bound of a whole axis")
    first, length = (-c, size + c) if sign == 1 else (0 * c, c + 1)  # i >= −c, or i <= c
    if not (provably_nonnegative(first) and provably_nonnegative(length - 1) and provably_nonnegative(size - first - length)):
        raise RuleError("the bracket does not cut the axis")
    bound_sizes = tuple(length if start + k == axis else b for k, b in enumerate(t.bounds))
    inner = [whole(start + k, b) for k, b in enumerate(bound_sizes)]
    inner[axis - start] = shift(inner[axis - start], first)
    moved = reindexed(t, axes.identity(n.sizes), tuple(inner), n.sizes + t.bounds)
    ts[which] = moved._replace(bounds=bound_sizes, guards=tuple(g for k, g in enumerate(moved.guards) if k != args[1]))
    return rebuilt(ts, n)


@schema("Σ_{i:n} t(i) = Σ_{i:c} t(i) + Σ_{i:n−c} t(i + c)", "a sum over a disjoint union", structure="linear", condition="0 < c < n")
def split(n: Node, args: Args) -> Value:
    """args: term, bound axis, and the c where the axis is cut in two."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    axis, cut = nat(args[1], len(t.bounds)), args[2]
    size, start = t.bounds[axis], len(n.sizes)
    if type(cut) not in (int, Poly) or not (provably_nonnegative(cut - 1) and provably_nonnegative(size - cut - 1)):
        raise RuleError("the cut is not inside the axis")
    halves = []
    for first, length in ((0 * cut, cut), (cut, size - cut)):
        reduced = tuple([length if k == axis else b for k, b in enumerate(t.bounds)])
        inner = [whole(start + k, b) for k, b in enumerate(reduced)]
        inner[axis] = shift(inner[axis], first)
        halves.append(reindexed(t, axes.identity(n.sizes), tuple(inner), n.sizes + t.bounds)._replace(bounds=reduced))
    return rebuilt(ts[:which] + halves + ts[which + 1 :], n)


def _unread(n: Node, args: Args) -> tuple[str, ...]:
    """t − t = 0, where p holds, needs t to have a value."""
    one, other = (terms(n)[a] for a in args)
    return having_values([one]) if set(one.guards) < set(other.guards) else ()


@schema("t − [p] · t = [not p] · t,  [p] · t + [not p] · t = t", "p or not p", structure="linear", condition="p is an inequality",
        assumes=_unread)  # fmt: skip
def complement(n: Node, args: Args) -> Value:
    """args: two terms, alike up to one bracket that only the second has, or that the second has negated."""
    ts = list(terms(n))
    first, second = (nat(a, len(ts)) for a in args)
    one, other = ts[first], ts[second]
    if first == second or one.bounds != other.bounds or not same_factors(one.factors, other.factors):
        raise RuleError("the terms differ in more than a bracket")
    here, there = set(one.guards), set(other.guards)
    if here < there and len(there - here) == 1 and one.scalar == -other.scalar:
        guards = (*one.guards, negated(*(there - here)))
    elif len(here - there) == 1 and len(there - here) == 1 and one.scalar == other.scalar and negated(*(here - there)) in there - here:
        guards = tuple([g for g in one.guards if g in there])
    else:
        raise RuleError("no complementary brackets")
    ts[first] = one._replace(guards=guards)
    return rebuilt(ts[:second] + ts[second + 1 :], n)


RULES = (bracket, narrow, split, complement)
