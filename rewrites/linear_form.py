"""The normal form of contractions: products fuse, brackets are decided, indices eliminated, powers merged, like terms collected.

Each move is an instance of a rule of the linear fragment or of powers; the order is fixed, and all bounds come from the
strategy.  What is left is arranged canonically (`arrange.py`).
"""

from __future__ import annotations

from itertools import combinations, permutations
from typing import TYPE_CHECKING

from ncd_cat.axes import NotAffine
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, Term, contraction, terms_of
from ncd_cat.ops.pointwise import Equal, Less, Maximum, Sin
from ncd_cat.sizes import Size
from rewrites import inverse_form
from rewrites.arrange import Arrangement, Group, arrange
from rewrites.chain import Chain
from rewrites.facts import truth
from rewrites.points import Cuts, ascending
from rewrites.rational_form import fraction, grouped, regrouped, sums
from rewrites.rules import brackets, circle, comparison, conditions, cup_cap, gathers, linear, powers, transpose

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


def simplified(chain: Chain, nf: Normaliser, fuse_sums: bool) -> None:
    """Fuse, decide brackets, eliminate indices, merge powers, collect and arrange, until nothing changes."""
    for _ in range(24):
        before = chain.node
        nf.replace_operands(chain)
        _fused(chain, nf, fuse_sums)
        eliminated(chain, nf)
        if inverse_form.cancelled(chain, nf):
            continue
        _complemented(chain)
        _unrolled(chain, nf)
        _parted(chain, nf)
        merged(chain, nf)
        if nf.strategy.rational and chain.node is before and not grouped(chain, nf) and regrouped(chain, nf):
            merged(chain, nf)
        if chain.node is before:
            break
    placed(chain)
    if alike(chain.node):
        chain.rule(linear.collect)
        placed(chain)


def merged(chain: Chain, nf: Normaliser) -> None:
    """Merge powers of one base, a group in each term, and join factors that are maxima or truth values."""
    for which, t in enumerate(terms_of(chain.node)):
        places = powers.rescalable(t)
        if places is not None and chain.tried(powers.power_rescale, which, *places):
            nf_operands(chain, nf)
            break
    merge = [(which, tuple(ks)) for which, t in enumerate(terms_of(chain.node)) for ks in powers.mergeable(t)[:1]]
    if merge and (chain.tried(powers.power_merge, *merge) or [pair for pair in merge if chain.tried(powers.power_merge, pair)]):
        nf_operands(chain, nf)
    _gated(chain, nf)


def nf_operands(chain: Chain, nf: Normaliser) -> None:
    """Make sure that operands which a rule has just made are normal."""
    for x, _ in chain.node.operands:
        nf.step(x)


def _fused(chain: Chain, nf: Normaliser, fuse_sums: bool) -> None:
    """Fuse contractions into the terms that use them; distribute over sums where the strategy says so."""
    ts = terms_of(chain.node)
    total, fuse, spread = len(ts), [], []
    for which, t in enumerate(ts):
        for k in reversed(range(len(t.factors))):
            x = t.factors[k][0]
            count = len(x.op.specs) if isinstance(x.op, Contraction) else 0
            if not isinstance(x.op, Contraction):
                continue
            if count <= 1:
                fuse.append((which, k))
            elif any(spec.guards for spec in x.op.specs) and _decided(t, k, chain.node) <= 1:
                spread.append((which, k))
            elif len(t.factors) == 1 and fuse_sums and total + count - 1 <= nf.strategy.sum_terms:
                fuse.append((which, k))
                total += count - 1
            elif fuse_sums and _spreads(t, k, nf, len(ts) == 1) and total + count - 1 <= nf.strategy.product_terms:
                spread.append((which, k))
                total += count - 1
    if fuse and not chain.tried(linear.fuse, *fuse):
        for pair in fuse:  # an index that digits do not reach through keeps its factor whole
            if len(fuse) > 1 and chain.tried(linear.fuse, pair):
                return
    elif not fuse and spread:
        chain.tried(linear.distribute, spread[0])


def _decided(t: Term, k: int, n: Node) -> int:
    """How many terms are left of the product with one factor, a sum of guarded terms, when its brackets are decided."""
    try:
        return sum(all(brackets.simplified(g) is not False for g in one.guards) for one in linear.inlined(t, k, n.sizes))
    except NotAffine:
        return len(t.factors[k][0].operands) + 2


def _spreads(t: Term, k: int, nf: Normaliser, alone: bool) -> bool:
    """Whether the strategy distributes the term over its k-th factor: the others are parameters, or it is put together of pieces."""
    if not nf.strategy.product_terms or (nf.strategy.rational and not t.bounds and (fraction(t) or (alone and len(sums(t)) < 2))):
        return False
    op = t.factors[k][0].op
    if not nf.strategy.parameters_only or (isinstance(op, Contraction) and all(spec.guards for spec in op.specs)):
        return True
    return all(nf.parameters_only(x) for j, (x, _) in enumerate(t.factors) if j != k)


def _complemented(chain: Chain) -> None:
    """Join the first two terms that differ by complementary brackets."""
    ts = terms_of(chain.node)
    if len(ts) < 2 or not any(t.guards for t in ts):
        return
    for (i, one), (j, other) in permutations(enumerate(ts), 2):
        alike = other.guards and one.bounds == other.bounds and len(one.factors) == len(other.factors)
        if alike and chain.tried(brackets.complement, i, j):
            return


def _unrolled(chain: Chain, nf: Normaliser) -> None:
    """Unroll the first small sum over a block index: a bound axis that an index reads above another one."""
    start, ts = len(chain.node.sizes), terms_of(chain.node)
    for which, t in enumerate(ts):
        high = {d[1] - start for _, a in t.factors for e in a if len(e[1]) > 1 for d in e[1] if d[0] != 1 and d[1] >= start}
        for k in sorted(high):
            size = t.bounds[k]
            if isinstance(size, int) and len(ts) - 1 + size <= nf.strategy.blocks:
                chain.rule(linear.unroll, which, k)
                return


def _gated(chain: Chain, nf: Normaliser) -> None:
    """Join a factor with a comparison of it with 0, two equal maxima with 0, two equal sines."""
    for which, t in enumerate(terms_of(chain.node)):
        signs = [k for k, (x, _) in enumerate(t.factors) if isinstance(x.op, Less)]
        relus = [k for k, (x, _) in enumerate(t.factors) if isinstance(x.op, Maximum)]
        places = [(comparison.gated, (c, k)) for c in signs for k in range(len(t.factors)) if k != c and not nf.strategy.cases]
        places += [(comparison.relu_square, pair) for pair in combinations(relus, 2)]
        twice = [(j, k) for j, k in combinations(range(len(t.factors)), 2) if t.factors[j] == t.factors[k]]
        places += [(conditions.truth_square, pair) for pair in twice if truth(t.factors[pair[0]][0])]
        sines = [k for k, (x, _) in enumerate(t.factors) if nf.strategy.rational and isinstance(x.op, Sin)]
        places += [(circle.sine_square, pair) for pair in combinations(sines, 2)]
        alone = [k for k, (x, _) in enumerate(t.factors) if nf.strategy.rational and isinstance(x.op, Equal) and t.bounds]
        if any(chain.tried(rule, which, *args) for rule, args in places) or any(chain.tried(gathers.one_hot_sum, which, k) for k in alone):
            nf_operands(chain, nf)
            return


def _parted(chain: Chain, nf: Normaliser) -> None:
    """Split sums over axes that anything below them cuts, while the strategy's bound on terms allows."""
    if nf.cuts is None:
        return
    done: set[tuple[Term, int]] = set()  # splits that have no form as digits
    while len(terms_of(chain.node)) < nf.strategy.parts:
        ts = terms_of(chain.node)
        places = ((which, k, p) for which, t in enumerate(ts) for k, p in _cut(nf.cuts, chain.node, t) if (t, k) not in done)
        which, k, points = next(places, (0, 0, ()))
        if not points:
            return
        size = ts[which].bounds[k]
        single = isinstance(size, int) and len(points) == size - 1 and len(ts) + size <= nf.strategy.parts
        if not (chain.tried(linear.unroll, which, k) if single else chain.tried(brackets.split, which, k, points[0])):
            done.add((ts[which], k))


def _cut(cuts: Cuts, n: Node, t: Term) -> list[tuple[int, tuple[Size, ...]]]:
    """The bound axes of a term that are cut, and where."""
    start = len(n.sizes)
    found = cuts.domain(n.sizes + t.bounds, t.factors, t.guards)
    return [(axis - start, ascending(frozenset(points))) for axis, points in sorted(found.items()) if axis >= start and points]


def eliminated(chain: Chain, nf: Normaliser) -> None:
    """Decide brackets, eliminate summed indices that an equality fixes or an inequality cuts, and close loops."""
    cuts: set[Cut] = set()
    for _ in range(64):
        ts = terms_of(chain.node)
        if any(t.guards or not t.scalar.rational for t in ts):
            before = chain.node
            if chain.tried(brackets.bracket) and chain.node is before:
                chain.entries.pop()
            ts = terms_of(chain.node)
        moves = [(which, g) for which, t in enumerate(ts) for g in range(len(t.guards))]
        if not any(chain.tried(cup_cap.snake, *move) or _narrowed(chain, *move, cuts) for move in moves):
            break
    while cuts and _divided(chain, nf, cuts):
        pass
    start = len(chain.node.sizes)
    if any(len(linear.used_bounds(t, start)) < len(t.bounds) for t in terms_of(chain.node)):
        chain.rule(cup_cap.loop)


Cut = tuple[Node, int, Size, Size, Size]  # where a cut axis is read: node, position, coefficient; its size; the cut


def _narrowed(chain: Chain, which: int, g: int, cuts: set[Cut]) -> bool:
    """Cut a summed index by an inequality, and remember where the axis was read."""
    start, t = len(chain.node.sizes), terms_of(chain.node)[which]
    const, digits = t.guards[g][1]
    if not chain.tried(brackets.narrow, which, g):
        return False
    sign, axis = digits[0][0], digits[0][1]
    cut = -const if sign == 1 else const + 1
    cuts.update((*place, t.bounds[axis - start], cut) for place in _places(t, axis))
    return True


def _divided(chain: Chain, nf: Normaliser, cuts: set[Cut]) -> bool:
    """Split a sum over an axis that another term's bracket cuts, so that halves meet halves."""
    start, ts = len(chain.node.sizes), terms_of(chain.node)
    if len(ts) >= nf.strategy.exponent_terms:
        return False
    for which, t in enumerate(ts):
        for k, size in enumerate(t.bounds):
            for *place, cut_size, cut in sorted(cuts, key=lambda c: (c[0].order, c[1], hash(c[2:]))):
                if cut_size == size and tuple(place) in _places(t, start + k):
                    return chain.tried(brackets.split, which, k, cut)
    return False


def _places(t: Term, axis: int) -> set[tuple[Node, int, Size]]:
    """Where a term reads an axis as a whole: the node, the position, the coefficient."""
    return {(x, position, d[0]) for x, a in t.factors for position, e in enumerate(a) for d in e[1] if d[1] == axis and d[2] == 1}


def placed(chain: Chain) -> None:
    """Arrange the axes, factors and terms canonically."""
    n = chain.node
    ts = terms_of(n)
    found = arrange(n.sizes, [Group(t.bounds, tuple([(x.order, access) for x, access in t.factors]), t.guards) for t in ts])
    m = contraction([_term(ts, found, k) for k in range(len(ts))], found.sizes)
    if m is not n:
        chain.tried(transpose.transpose, m, found.access, tuple([(p.origin, p.meaning) for p in found.groups]))


def _term(ts: tuple[Term, ...], found: Arrangement, k: int) -> Term:
    place = found.groups[k]
    t = ts[place.origin]
    return Term(t.scalar, place.bounds, tuple([(t.factors[j][0], access) for j, access in place.readings]), place.guards)


def alike(n: Node) -> bool:
    keys = [(t.bounds, t.factors, t.guards, t.scalar.powers) for t in terms_of(n)]
    return len(set(keys)) < len(keys)
