"""The linear fragment: contractions form a commutative semiring-enriched hypergraph category, so products fuse and sums add.

Fusing a factor that is itself a contraction is spider fusion with associativity of Σ and ·; the bound axes of the inner
contraction are renamed apart.  Source: Bonchi et al., String diagram rewrite theory I; Penrose's notation.
"""

from __future__ import annotations

from fractions import Fraction
from textwrap import shorten

from ncd_cat.axes import Access, Index, Sizes, identity, substitute, whole
from ncd_cat.covering import covered
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Contraction, Term, contraction, show_contraction, terms_of
from ncd_cat.ops.held import Held
from ncd_cat.scalars import ONE
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.strictness import implied, needed

LARGEST_SUM = 64  # more terms than this are refused: it bounds what a certificate can make the kernel do


def terms(n: Node) -> tuple[Term, ...]:
    """The terms of a contraction.  Raises RuleError for another op."""
    if not isinstance(n.op, Contraction):
        raise RuleError(f"{n.op} is not a contraction")
    return terms_of(n)


def twice(n: Node, args: Args) -> tuple[list[Term], int, int, int]:
    """The terms, which of them, and the places of two equal factors in it.  Raises RuleError for args that name no such."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    factors = ts[which].factors
    j, k = nat(args[1], len(factors)), nat(args[2], len(factors))
    if j == k or factors[j] != factors[k]:
        raise RuleError("not one factor twice")
    return ts, which, j, k


def rebuilt(new: list[Term], n: Node) -> Value:
    """The contraction of new terms on the axes of n."""
    if len(new) > LARGEST_SUM:
        raise RuleError(f"{len(new)} terms are too many")
    return Value.of(contraction(new, n.sizes))


def inlined(t: Term, factor: int, sizes: Sizes) -> list[Term]:
    """The terms that arise when one factor, a contraction, is replaced by its sum."""
    y, access = t.factors[factor]
    own, rest = sizes + t.bounds, t.factors[:factor] + t.factors[factor + 1 :]
    found = []
    for scalar, bounds, factors, guards in terms(y):
        inner: Access = access + identity(bounds, len(own)) if bounds else access
        between = y.sizes + bounds
        added = tuple([(z, tuple([substitute(e, inner, between) for e in a])) for z, a in factors])
        held = tuple([(equal, substitute(e, inner, between)) for equal, e in guards])
        found.append(Term(t.scalar * scalar, t.bounds + bounds, rest + added, t.guards + held))
    return found


def _vanishing(n: Node, args: Args) -> tuple[str, ...]:
    """0 · x = 0 needs x to have a value, ∞ · (2 − 1) = 2 · ∞ − ∞ too: so are the other factors assumed to, where that may be."""
    found = []
    for which, k in args:
        t = terms(n)[which]
        others = t.factors[:k] + t.factors[k + 1 :]
        read, single = _reads(t.factors[k][0])
        found.append(t._replace(factors=tuple([f for f in others if not read or not (single or f[0].finite)])))
    return having_values(found)


def _reads(n: Node) -> tuple[bool, bool]:
    """Whether at every index some term of a sum is seen to be read, and whether there is never more than one."""
    if not isinstance(n.op, Contraction):
        return True, True
    ts = terms_of(n)
    return covered([(t.bounds, t.guards) for t in ts], n.sizes), len(ts) < 2 and not any(t.bounds for t in ts)


def having_values(gone: list[Term]) -> tuple[str, ...]:
    """The assumptions that the factors of terms that vanish have values, for those whose form does not show it."""
    return tuple(f"{name_of(x)} has a value" for t in gone for x, _ in t.factors if not x.defined)


def name_of(n: Node) -> str:
    """A node as an assumption names it: a contraction by its formula, another op by its operands."""
    if isinstance(n.op, Held):
        return name_of(n.operands[0][0])
    if isinstance(n.op, Contraction):
        return shorten(show_contraction(n), 160)
    return f"{n.op}({', '.join(shorten(name_of(x), 100) for x, _ in n.operands)})" if n.operands else str(n.op)


@schema("f · Σ g = Σ f · g", "associativity of products and sums; spider fusion", structure="linear", assumes=_vanishing,
        condition="each replaced factor is a contraction of at most one term, or the only factor of its term")  # fmt: skip
def fuse(n: Node, args: Args) -> Value:
    """args: pairs [term, factor], descending within a term."""
    return _inline_all(n, args, products=False)


@schema("f · (g + h) = f · g + f · h", "distributivity of a commutative ring", structure="linear", assumes=_vanishing)
def distribute(n: Node, args: Args) -> Value:
    """args: pairs [term, factor], descending within a term."""
    return _inline_all(n, args, products=True)


def _inline_all(n: Node, args: Args, products: bool) -> Value:
    current = [[t] for t in terms(n)]
    last = [len(t.factors) for t in terms(n)]
    for pair in args:
        t = nat(pair[0], len(current))
        k = last[t] = nat(pair[1], last[t])
        found: list[Term] = []
        for one in current[t]:
            if not products and len(one.factors) > 1 and len(terms(one.factors[k][0])) > 1:
                raise RuleError("a product with a sum is not fused")
            found += inlined(one, k, n.sizes)
            if len(found) > LARGEST_SUM:
                raise RuleError("too many terms")
        current[t] = found
    return rebuilt([t for ts in current for t in ts], n)


@schema("Σ_{i:n} t(i) = t(0) + … + t(n−1)", "the definition of a finite sum", structure="linear", condition="n is a number")
def unroll(n: Node, args: Args) -> Value:
    """args: term, bound axis."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    axis = nat(args[1], len(t.bounds))
    size, kept = t.bounds[axis], [k for k in range(len(t.bounds)) if k != axis]
    if not isinstance(size, int) or size > LARGEST_SUM:
        raise RuleError(f"an axis of size {size} is not unrolled")
    start = len(n.sizes)
    inner = identity(n.sizes + t.bounds)
    copies = []
    for value in range(size):
        bound = tuple([(value, ()) if k == axis else inner[start + k] for k in range(len(t.bounds))])
        copies.append(without_bounds(reindexed(t, inner[:start], bound, n.sizes + t.bounds), kept, n.sizes))
    return rebuilt(ts[:which] + copies + ts[which + 1 :], n)


@schema("1 · x[α] = x[α]", "unit of the product", structure="linear")
def unit(n: Node, args: Args) -> Value:
    """A contraction that only reads one factor is that factor, read."""
    (scalar, bounds, factors, guards), *more = terms(n)
    if more or scalar != ONE or bounds or guards or len(factors) != 1:
        raise RuleError("not a mere reading of one factor")
    return Value(*factors[0], n.sizes)


def _cancelled(n: Node, args: Args) -> tuple[str, ...]:
    """x − x = 0 needs x to have a value, which it has where what is left needs it; 2·x − x = x needs it not to be infinite."""
    kept = {(t.bounds, t.factors, t.guards) for t in terms_of(_collected(n))}
    gone = [t for t in terms(n) if (t.bounds, t.factors, t.guards) not in kept]
    endless = [t for t in terms(n) if not all(x.finite for x, _ in t.factors) and _meets_opposite(t, n)]
    if all(x.defined for t in (*gone, *endless) for x, _ in t.factors):
        return ()
    reads = needed(terms_of(_collected(n)), n.sizes)
    left = [t._replace(factors=tuple([f for f in t.factors if not implied(f, t, reads)])) for t in gone]
    return having_values([*left, *endless])


def _meets_opposite(t: Term, n: Node) -> bool:
    """Whether a term is added to one of the other sign."""
    alike = [u for u in terms(n) if (u.bounds, u.factors, u.guards) == (t.bounds, t.factors, t.guards)]
    return len({u.scalar.positive for u in alike}) > 1


@schema("a · t + b · t = (a + b) · t", "distributivity of a commutative ring", structure="linear", assumes=_cancelled)
def collect(n: Node, args: Args) -> Value:
    """Equal terms, as they stand, are added; terms with coefficient 0 vanish."""
    return Value.of(_collected(n))


def _collected(n: Node) -> Node:
    found: dict[tuple[object, ...], Term] = {}
    for t in terms(n):
        key = (t.bounds, t.factors, t.guards, t.scalar.powers)
        total = t.scalar if key not in found else found[key].scalar.plus(t.scalar)
        assert total is not None  # the keys agree on the irrational part
        found[key] = t._replace(scalar=total)
    return contraction([t for t in found.values() if t.scalar.rational], n.sizes)


@schema("a · x + b · y = c · (a/c · x + b/c · y)", "distributivity of a field", structure="real field", condition="c ≠ 0")
def content(n: Node, args: Args) -> Value:
    """The coefficient of the first term is taken out of the sum."""
    first = terms(n)[0].scalar
    inverse = first.power(Fraction(-1))
    primitive = contraction([t._replace(scalar=t.scalar * inverse) for t in terms(n)], n.sizes)
    return Value.of(contraction([Term(first, (), ((primitive, identity(n.sizes)),))], n.sizes))


def reindexed(t: Term, own: Access, bound: Access, between: Sizes) -> Term:
    """The term with its own axes and bound axes replaced by indices; `bounds` is left to the caller."""
    inner: tuple[Index, ...] = own + bound
    factors = tuple([(z, tuple([substitute(e, inner, between) for e in a])) for z, a in t.factors])
    return t._replace(factors=factors, guards=tuple([(equal, substitute(e, inner, between)) for equal, e in t.guards]))


def used_bounds(t: Term, start: int) -> list[int]:
    """The positions, among the bound axes, of those that an index mentions."""
    found = {d[1] for _, a in t.factors for e in a for d in e[1]} | {d[1] for _, e in t.guards for d in e[1]}
    return [k for k in range(len(t.bounds)) if start + k in found]


def without_bounds(t: Term, kept: list[int], sizes: Sizes) -> Term:
    """The term with only the bound axes `kept` (the others are not mentioned)."""
    start, zero = len(sizes), (0, ())
    bound = tuple([whole(start + kept.index(k), b) if k in kept else zero for k, b in enumerate(t.bounds)])
    moved = reindexed(t, identity(sizes), bound, sizes + t.bounds)
    return moved._replace(bounds=tuple([t.bounds[k] for k in kept]))


def same_factors(one: tuple[tuple[Node, Access], ...], other: tuple[tuple[Node, Access], ...]) -> bool:
    """Whether two products have the same factors, in any order."""
    if len(one) != len(other):
        return False
    left = list(other)
    for f in one:
        if f not in left:
            return False
        left.remove(f)
    return True


RULES = (fuse, distribute, unroll, unit, collect, content)
