"""Common factors: a · s + a · t = a · (s + t), where that takes less; the linear map a is a factor with what is summed over.

A term is matched with another by a node that both read, up to a renaming of what is summed: then one reads it for both.
Whoever uses this proves the outcome equal to what it was given; nothing here is trusted.
Source: distributivity, read backwards; Horner 1819.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from ncd_cat.axes import Access, Index, NotAffine, Sizes, axes_of, identity, substitute, whole
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, Term, contraction, terms_of
from ncd_cat.scalars import ONE

MOST_TERMS = 24  # of a sum in which common factors are looked for
Price = Callable[[Node], tuple[float, ...]]


def factored(n: Node, price: Price) -> Node:
    """The contraction n, with common factors taken out as long as what it takes, and the sums made for it, is less."""
    if not isinstance(n.op, Contraction) or not 2 <= len(n.op.specs) <= MOST_TERMS:
        return n
    best, least = n, price(n)
    for other, inner in _shared(n):
        total = tuple(a + b for a, b in zip(price(other), price(inner), strict=True))
        if total < least:
            best, least = other, total
    return best if best is n else factored(best, price)


def _shared(n: Node) -> Iterator[tuple[Node, Node]]:
    """Each way to take one factor out of two or more terms: the new node, and the sum in it."""
    ts = terms_of(n)
    for i, one in enumerate(ts):
        for a in range(len(one.factors)):
            found: list[tuple[int, Term]] = []
            for j, other in enumerate(ts):
                if j > i:
                    rest = next((r for b in range(len(other.factors)) if (r := _renamed(one, a, other, b, n.sizes)) is not None), None)
                    found += [(j, rest)] if rest is not None else []
            if found:
                yield _rebuilt(n, i, a, found)


def _renamed(one: Term, a: int, other: Term, b: int, sizes: Sizes) -> Term | None:
    """What multiplies the b-th factor of a term, if that is the a-th of another up to what is summed: over (sizes, bounds of `one`)."""
    (x, mine), (y, theirs), start = one.factors[a], other.factors[b], len(sizes)
    if x is not y:
        return None
    names: dict[int, Index] = {}
    for e, f in zip(mine, theirs, strict=True):
        pairs = list(zip(e[1], f[1], strict=False))
        if len(e[1]) != len(f[1]) or e[0] != f[0]:
            return None
        for (s, i, t, m), (s2, j, t2, m2) in pairs:
            same = (s, t, m) == (s2, t2, m2) and (i == j if j < start else i >= start and one.bounds[i - start] == other.bounds[j - start])
            if not same or (j >= start and names.setdefault(j, whole(i, m)) != whole(i, m)):
                return None
    if len(set(names.values())) < len(names):
        return None
    domain = sizes + one.bounds
    left = [k for k in range(len(other.bounds)) if start + k not in names]
    inner: list[Index] = list(identity(sizes))
    for k, m in enumerate(other.bounds):
        inner.append(names[start + k] if start + k in names else whole(len(domain) + left.index(k), m))
    return _substituted(other, b, tuple(inner), sizes, tuple([other.bounds[k] for k in left]))


def _substituted(t: Term, without: int, inner: Access, sizes: Sizes, bounds: Sizes) -> Term | None:
    between = sizes + t.bounds
    try:
        factors = tuple([(x, tuple([substitute(e, inner, between) for e in a])) for k, (x, a) in enumerate(t.factors) if k != without])
        return Term(t.scalar, bounds, factors, tuple([(equal, substitute(e, inner, between)) for equal, e in t.guards]))
    except NotAffine:
        return None


def _rebuilt(n: Node, i: int, a: int, found: list[tuple[int, Term]]) -> tuple[Node, Node]:
    ts = terms_of(n)
    one = ts[i]
    domain = n.sizes + one.bounds
    rest = Term(one.scalar, (), tuple([f for k, f in enumerate(one.factors) if k != a]), one.guards)
    summed = [rest, *(t for _, t in found)]
    used = sorted({k for t in summed for e in _indices(t) for k in axes_of(e) if k < len(domain)})
    inner = contraction([_onto(t, used, domain) for t in summed], tuple([domain[k] for k in used]))
    reading = tuple([whole(k, domain[k]) for k in used])
    taken = Term(ONE, one.bounds, (one.factors[a], (inner, reading)))
    gone = {i, *(j for j, _ in found)}
    return contraction([taken, *(t for j, t in enumerate(ts) if j not in gone)], n.sizes), inner


def _indices(t: Term) -> list[Index]:
    return [e for _, a in t.factors for e in a] + [e for _, e in t.guards]


def _onto(t: Term, used: list[int], domain: Sizes) -> Term:
    """A term over `domain` as one over the axes of it that are used."""
    place: dict[int, int] = {k: used.index(k) for k in used}
    place |= {len(domain) + k: len(used) + k for k in range(len(t.bounds))}

    def moved(e: Index) -> Index:
        return e[0], tuple([(s, place[k], m, size) for s, k, m, size in e[1]])

    factors = tuple([(x, tuple([moved(e) for e in a])) for x, a in t.factors])
    return Term(t.scalar, t.bounds, factors, tuple([(equal, moved(e)) for equal, e in t.guards]))
