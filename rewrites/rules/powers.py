"""Powers with fixed rational exponents, on the real numbers where they are defined.

A rule never makes a value undefined that was defined; where it may define one that was not (x · 1/x at 0), it says so as
an assumption unless x is positive by its form.  Source: the laws of exponents in a real closed field.
"""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.axes import Access, Sizes, compose, identity
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Contraction, Term, contraction, terms_of
from ncd_cat.ops.pointwise import Power
from ncd_cat.scalars import ONE, Scalar
from rewrites.facts import nonzero
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import name_of, rebuilt, terms, used_bounds, without_bounds
from rewrites.rules.order import nonnegative

LARGEST_POWER = 8


def exponent(n: Node) -> Fraction:
    """The exponent of a power.  Raises RuleError for another op."""
    if not isinstance(n.op, Power):
        raise RuleError(f"{n.op} is not a power")
    return n.op.exponent


@schema("(c · f · Σ g)^r = c^r · f^r · (Σ g)^r", "(xy)^r = x^r y^r", structure="real field",
        condition="no bracket; for a root, factors part only if none is negative and c > 0, and of c < 0 leaves |c|")  # fmt: skip
def power_of_product(n: Node, args: Args) -> Value:
    """A power of one term: the coefficient and every group of factors that shares no sum with the rest leave the power."""
    r = exponent(n)
    (y, alpha) = n.operands[0]
    (t, *more) = terms(y) or (None,)
    if more or t is None or t.guards or n.sizes != y.sizes or alpha != identity(y.sizes):
        raise RuleError("not a power of one term without brackets, read as it is")
    sign = -ONE if r.denominator != 1 and not t.scalar.positive else ONE
    if sign != ONE and t.scalar in (sign, Scalar.of(0)):
        raise RuleError("a root keeps a sign, and has no other coefficient")
    separate = r.denominator == 1 or (sign == ONE and all(nonnegative(x) for x, _ in t.factors))
    factors: list[tuple[Node, Access]] = []
    for group in components(t, y.sizes) if separate else [t._replace(scalar=sign)]:
        if len(group.factors) == 1 and not group.bounds and group.scalar == ONE:
            x, a = group.factors[0]
            factors.append((node(Power(r), [(x, identity(x.sizes))], x.sizes), a))
        else:
            inner = contraction([group], y.sizes)
            factors.append((node(Power(r), [(inner, identity(inner.sizes))], inner.sizes), identity(inner.sizes)))
    if factors == [(n, identity(n.sizes))]:
        raise RuleError("nothing leaves the power")
    return Value.of(contraction([Term((sign * t.scalar).power(r), (), tuple(factors))], n.sizes))


def components(t: Term, sizes: Sizes) -> list[Term]:
    """The factors grouped by shared bound axes, each group with coefficient 1 and its own bound axes."""
    start = len(sizes)
    if len(used_bounds(t, start)) < len(t.bounds):
        raise RuleError("a sum over an index that is not there")
    groups: list[tuple[set[int], list[int]]] = []
    for k, (_, access) in enumerate(t.factors):
        mine = {d[1] - start for e in access for d in e[1] if d[1] >= start}
        joined = [g for g in groups if g[0] & mine]
        rest = [g for g in groups if not g[0] & mine]
        groups = [*rest, (mine.union(*(g[0] for g in joined)), sorted([k, *(j for g in joined for j in g[1])]))]
    groups.sort(key=lambda g: g[1])
    return [without_bounds(t._replace(scalar=ONE, factors=tuple([t.factors[k] for k in ks])), sorted(bs), sizes) for bs, ks in groups]


def _power_assumes(n: Node, args: Args) -> tuple[str, ...]:
    r, y = exponent(n), n.operands[0][0]
    s, x = exponent(y), y.operands[0][0]
    if x.positive:
        return ()
    if (r * s).denominator == 1 and r.denominator * s.denominator != 1 and not nonnegative(x):
        return (f"{name_of(x)} is positive",)
    return (f"{name_of(x)} is not 0",) if min(r, s) < 0 <= r * s and not nonzero(x) else ()


@schema("(x^s)^r = x^(r·s)", "laws of exponents", structure="real field", assumes=_power_assumes,
        condition="no even power under a root, unless x >= 0; where x^(r·s) alone is defined, x is assumed not to be")  # fmt: skip
def power_of_power(n: Node, args: Args) -> Value:
    """A power of a power: a root requires x >= 0 of itself, and so does a root of an odd power."""
    r, (y, alpha) = exponent(n), n.operands[0]
    s, (x, beta) = exponent(y), y.operands[0]
    if not nonnegative(x) and r.denominator != 1 and s.denominator == 1 and s.numerator % 2 == 0:
        raise RuleError("a root of an even power is an absolute value")
    if r * s == 1:
        return Value(x, beta, y.sizes).at(alpha, n.sizes)
    return Value(node(Power(r * s), [(x, beta)], y.sizes), alpha, n.sizes)


@schema("x^k = x · … · x", "laws of exponents", structure="real field", condition="k is a small natural number")
def power_of_natural(n: Node, args: Args) -> Value:
    """A small natural power is a product."""
    r = exponent(n)
    if r.denominator != 1 or not 1 <= r <= LARGEST_POWER:
        raise RuleError("not a small natural power")
    return Value.of(contraction([Term(ONE, (), (n.operands[0],) * int(r))], n.sizes))


def base_of(factor: tuple[Node, Access]) -> tuple[Node, Access, Fraction]:
    """A factor as a power: the base, how it is read, the exponent."""
    x, access = factor
    if isinstance(x.op, Power) and x.operands[0][1] == identity(x.sizes):
        return x.operands[0][0], access, x.op.exponent
    return x, access, Fraction(1)


def mergeable(t: Term) -> list[list[int]]:
    """Groups of at least two factors that are powers of one base, not all with exponent 1 (descending, last group first)."""
    groups: dict[tuple[Node, Access], list[int]] = {}
    for k, f in enumerate(t.factors):
        x, access, _ = base_of(f)
        groups.setdefault((x, access), []).append(k)
    return [ks for ks in groups.values() if len(ks) > 1 and any(base_of(t.factors[k])[2] != 1 for k in ks)]


def _merged_assumes(n: Node, args: Args) -> tuple[str, ...]:
    found = []
    for which, ks in args:
        factors = [terms(n)[which].factors[k] for k in ks]
        x, _, _ = base_of(factors[0])
        exponents = [base_of(f)[2] for f in factors]
        total, roots = sum(exponents, Fraction(0)), any(e.denominator != 1 for e in exponents)
        safe = (nonnegative(x) and (min(exponents) > 0 or total < 0)) if roots else nonzero(x)
        if x.positive or safe or (total < 0 and not (roots and total.denominator == 1)):
            found += [f"{name_of(x)} has a value"] * (not x.finite or (total == 0 and not x.defined))
            continue
        found.append(f"{name_of(x)} is {'positive' if roots else 'not 0'}")
    return tuple(found)


@schema("x^r · x^s = x^(r+s)", "laws of exponents", structure="real field", assumes=_merged_assumes,
        condition="x is not 0 (positive, for roots) where x^(r+s) alone is defined: shown by its form, else assumed")  # fmt: skip
def power_merge(n: Node, args: Args) -> Value:
    """args: pairs [term, factors], one for a term at most, the factors powers of one base read alike."""
    ts = list(terms(n))
    if len({which for which, _ in args}) != len(args):
        raise RuleError("one group of a term at a time: its positions, and what it assumes, are those of n")
    for which, ks in args:
        t = ts[nat(which, len(ts))]
        chosen = [base_of(t.factors[nat(k, len(t.factors))]) for k in ks]
        if len(set(ks)) != len(ks) or len({(x, a) for x, a, _ in chosen}) != 1:
            raise RuleError("not powers of one base")
        x, access, _ = chosen[0]
        r = sum((e for _, _, e in chosen), Fraction(0))
        if r.denominator == 1 and 0 <= r <= LARGEST_POWER:
            merged = [(x, access)] * int(r)
        else:
            merged = [(node(Power(r), [(x, identity(x.sizes))], x.sizes), access)]
        rest = [f if k not in ks else None for k, f in enumerate(t.factors)]
        ts[which] = t._replace(factors=(*[f for f in rest if f is not None], *merged))
    return rebuilt(ts, n)


def rescalable(t: Term) -> tuple[int, int] | None:
    """A factor x^s with an integer s beside a root of a multiple c · x, as their places; None if there is none."""
    roots = [(j, y, a) for j, (y, a, r) in enumerate(map(base_of, t.factors)) if r.denominator != 1]
    for j, y, access in roots:
        found = _multiple(y, access)
        for k, f in enumerate(t.factors) if found is not None else ():
            x, reading, s = base_of(f)
            if found is not None and (x, reading) == found[1:] and s.denominator == 1:
                return k, j
    return None


def _multiple(y: Node, access: Access) -> tuple[Scalar, Node, Access] | None:
    """y, read through an access, as c · x: c, x and how x is read; None if it is no multiple."""
    if not isinstance(y.op, Contraction):
        return None
    (t, *more) = terms_of(y) or (None,)
    if t is None or more or t.bounds or t.guards or len(t.factors) != 1:
        return None
    ((x, inner),) = t.factors
    return t.scalar, x, compose(inner, access, y.sizes)


@schema("x^s · (c·x)^r = c^(−s) · (c·x)^s · (c·x)^r", "(xy)^s = x^s y^s", structure="real field", condition="s is an integer, c ≠ 0")
def power_rescale(n: Node, args: Args) -> Value:
    """args: term, the factor x^s, the factor (c·x)^r."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    k, j = (nat(a, len(t.factors)) for a in args[1:])
    x, reading, s = base_of(t.factors[k])
    y, access, _ = base_of(t.factors[j])
    found = _multiple(y, access)
    if k == j or found is None or found[1:] != (x, reading) or s.denominator != 1 or not found[0].rational:
        raise RuleError("not an integer power of a number and a power of a multiple of it")
    base = (y, access) if s == 1 else (node(Power(s), [(y, identity(y.sizes))], y.sizes), access)
    ts[which] = t._replace(scalar=t.scalar * found[0].power(-s), factors=tuple([base if i == k else f for i, f in enumerate(t.factors)]))
    return rebuilt(ts, n)


RULES = (power_of_product, power_of_power, power_of_natural, power_merge, power_rescale)
