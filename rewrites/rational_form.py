"""The normal form of fractions: one denominator, no common factor, products of sums expanded in the numerator.

Also sums that are parts of a product, where the base of a power, or what is compared with 0, is one of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ncd_cat.axes import Access
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Contraction, Term, terms_of
from ncd_cat.ops.pointwise import Less, Power
from rewrites.chain import Chain
from rewrites.rules import content, rational
from rewrites.rules.powers import base_of

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


def is_sum(x: Node) -> bool:
    """Whether a node is a sum of several terms."""
    return isinstance(x.op, Contraction) and len(x.op.specs) > 1


def fraction(t: Term) -> bool:
    """Whether a term has a sum in a denominator."""
    return any(isinstance(x.op, Power) and x.op.exponent < 0 and is_sum(x.operands[0][0]) for x, _ in t.factors)


def sums(t: Term) -> list[int]:
    """The factors of a term that are sums of several terms."""
    return [k for k, (x, _) in enumerate(t.factors) if is_sum(x)]


def grouped(chain: Chain, nf: Normaliser) -> bool:
    """Make the sums in the numerator of a fraction one factor, which is expanded on its own."""
    for which, t in enumerate(terms_of(chain.node)):
        ks = sums(t)
        if len(ks) > 1 and fraction(t) and one_group(chain, nf, which, tuple(ks)):
            return True
    return False


def one_group(chain: Chain, nf: Normaliser, which: int, ks: tuple[int, ...]) -> bool:
    """Group some factors of a term; the group becomes normal."""
    if not chain.tried(rational.group, which, ks):
        return False
    last = sum(len(t.factors) for t in terms_of(chain.node)[: which + 1]) - 1
    step = nf.step(chain.node.operands[last][0])
    if step is not None:
        chain.replace({last: step})
    return True


def regrouped(chain: Chain, nf: Normaliser) -> bool:
    """Make a part of a product one factor, where it is the base of another factor, or what that compares with 0."""
    for which, t in enumerate(terms_of(chain.node)):
        if not t.bounds or not any(isinstance(x.op, Less | Power) for x, _ in t.factors):
            continue
        for ks in _parts(t, len(chain.node.sizes)):
            trial = Chain(chain.node)
            if len(ks) < len(t.factors) and one_group(trial, nf, which, ks) and _meets(terms_of(trial.node)[which], trial.node):
                return one_group(chain, nf, which, ks)
    return False


def _parts(t: Term, start: int) -> list[tuple[int, ...]]:
    """The factors grouped by shared bound axes, where they have any."""
    groups: list[tuple[set[int], list[int]]] = []
    for k, (_, access) in enumerate(t.factors):
        mine = {d[1] for e in access for d in e[1] if d[1] >= start}
        joined = [g for g in groups if g[0] & mine]
        groups = [g for g in groups if not g[0] & mine]
        groups.append((mine.union(*(g[0] for g in joined)), sorted([k, *(j for g in joined for j in g[1])])))
    return [tuple(ks) for axes, ks in sorted(groups, key=lambda g: g[1]) if axes]


def _meets(t: Term, n: Node) -> bool:
    """Whether the last factor of a term is the base of another, or what another compares with 0."""
    x, access = t.factors[-1]
    for other in t.factors[:-1]:
        if base_of(other)[:2] == (x, access):
            return True
        if isinstance(other[0].op, Less):
            y = Value(*other[0].operands[1], other[0].sizes).at(other[1], n.sizes + t.bounds)
            if (y.node, y.access) == (x, access):
                return True
    return False


def shared(y: Node) -> list[tuple[Node, Access]]:
    """The bases that leave a power of a sum: all of its terms have them, read alike at every index of a sum, and others."""
    ts = content.inner(y) if isinstance(y.op, Contraction) else ()
    bases = dict.fromkeys(base_of(f)[:2] for t in ts[:1] for f in t.factors)
    if len(ts) == 1 and len(bases) < 2:
        return []
    free = [(z, a) for z, a in bases if all(d[1] < len(y.sizes) for e in a for d in e[1])]
    return sorted([f for f in free if min(content.exponents(ts, *f))], key=lambda f: (f[0].order, hash(f[1])))


def candidates(n: Node) -> list[tuple[Node, Access]]:
    """The bases that factor out of a sum: in every term, or in the denominator of one; a denominator is a positive or a whole power."""
    ts, start = terms_of(n), len(n.sizes)
    found: dict[tuple[Node, Access], None] = {}
    for t in ts:
        for f in t.factors:
            z, access, _ = base_of(f)
            if all(d[1] < start for e in access for d in e[1]):
                found[z, access] = None
    return sorted([f for f in found if min(rational.exponents(n, *f))], key=lambda f: (f[0].order, hash(f[1])))


def factored(chain: Chain, nf: Normaliser) -> bool:
    """Take the powers of one base out of a sum; what is left inside becomes normal, and its own powers leave it."""
    if not is_sum(chain.node):
        return False
    for z, access in candidates(chain.node):
        if chain.tried(rational.factor_out, z, access):
            last = len(chain.node.operands) - 1
            step = nf.step(chain.node.operands[last][0])
            if step is not None:
                chain.replace({last: step})
            return True
    return False
