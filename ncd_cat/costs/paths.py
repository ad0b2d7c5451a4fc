"""The work of Σ_bound Π factors along the best order of pairwise products: the order matters, (QKᵀ)V is not Q(KᵀV).

A product over a space of V entries is V multiplications, and V additions more if it sums; an axis that one factor alone has
is summed before it meets another.  The best order is found by dynamic programming over the subsets of the factors, as in the
optimal search of opt_einsum (Smith and Gray, JOSS 2018); of many factors, the pair with the smallest product comes first.

>>> q, d, k, e = range(4)
>>> sides = [frozenset({q, d}), frozenset({k, d}), frozenset({k, e})]  # (QKᵀ)V, with n tokens and d features
>>> work_of_product(sides, frozenset({q, e}), {q: 100, k: 100, d: 8, e: 8})  # as Q(KᵀV)
25600
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ncd_cat.sizes import Size, product, substitute, symbols

Labels = frozenset[int]
Sample = Mapping[str, int]
SAMPLE = 64  # what a size symbol is taken to be where orders are compared
MOST_FACTORS = 6  # of which all orders are compared
Tree = int | tuple["Tree", "Tree"]


def work_of_product(factors: Sequence[Labels], kept: Labels, sizes: Mapping[int, Size], at: Sample | None = None) -> Size:
    """The operations on numbers that the product of factors over these axes takes, summed over the axes not in `kept`.

    Where sizes are symbols, orders are compared at the values `at`, else at `SAMPLE` for each.
    """
    if not factors:
        return 0
    values = {k: sample(n, at) for k, n in sizes.items()}
    tree = _best(factors, kept, values) if len(factors) <= MOST_FACTORS else _greedy(factors, kept, values)
    return _walk(tree, factors, kept, sizes)[1]


def sample(n: Size, at: Sample | None = None) -> int:
    """A size with a number for each symbol: that of `at`, else `SAMPLE`."""
    value = n if isinstance(n, int) else substitute(n, {**dict.fromkeys(symbols(n), SAMPLE), **(at or {})})
    assert isinstance(value, int)
    return value


def _best(factors: Sequence[Labels], kept: Labels, sizes: Mapping[int, int]) -> Tree:
    """The tree of least work, the first of equals."""
    everything = (1 << len(factors)) - 1
    whole = {s: _whole(s, factors) for s in range(1, everything + 1)}
    needed = {s: kept | (whole[everything ^ s] if s != everything else frozenset()) for s in whole}
    found: dict[int, tuple[int, Tree]] = {}
    for s in sorted(whole, key=lambda s: (s.bit_count(), s)):
        if s.bit_count() == 1:
            k = s.bit_length() - 1
            found[s] = (_volume(factors[k], sizes) if factors[k] - needed[s] else 0), k
            continue
        splits = [(a, s ^ a) for a in range((s - 1) & s, 0, -1) if a & s == a and a > s ^ a]
        found[s] = min(
            ((found[a][0] + found[b][0] + _pair(whole[a] & needed[a], whole[b] & needed[b], needed[s], sizes), (found[a][1], found[b][1]))
             for a, b in splits), key=lambda choice: choice[0],
        )  # fmt: skip
    return found[everything][1]


def _whole(subset: int, factors: Sequence[Labels]) -> Labels:
    return frozenset().union(*[f for k, f in enumerate(factors) if subset >> k & 1])


def _pair(a: Labels, b: Labels, needed: Labels, sizes: Mapping[int, int]) -> int:
    return _volume(a | b, sizes) * (2 if (a | b) - needed else 1)


def _volume(labels: Labels, sizes: Mapping[int, int]) -> int:
    result = 1
    for k in labels:
        result *= sizes[k]
    return result


def _greedy(factors: Sequence[Labels], kept: Labels, sizes: Mapping[int, int]) -> Tree:
    """Of the pending factors, always the two whose product is over the smallest space."""
    pending: list[tuple[Tree, Labels]] = list(enumerate(factors))
    while len(pending) > 1:
        pairs = [(i, j) for j in range(len(pending)) for i in range(j)]
        i, j = min(pairs, key=lambda p: _volume(pending[p[0]][1] | pending[p[1]][1], sizes))
        (right, b), (left, a) = pending.pop(j), pending.pop(i)
        pending.append(((left, right), (a | b) & kept.union(*[labels for _, labels in pending])))
    return pending[0][0]


def _walk(tree: Tree, factors: Sequence[Labels], kept: Labels, sizes: Mapping[int, Size]) -> tuple[Labels, Size]:
    """The axes of what a tree makes, where `kept` is needed outside it, and its work."""
    if isinstance(tree, int):
        labels = factors[tree]
        return labels & kept, product([sizes[k] for k in sorted(labels)]) if labels - kept else 0
    left, right = tree
    a, before = _walk(left, factors, kept | _axes(right, factors), sizes)
    b, after = _walk(right, factors, kept | _axes(left, factors), sizes)
    volume = product([sizes[k] for k in sorted(a | b)])
    return (a | b) & kept, before + after + volume * (2 if (a | b) - kept else 1)


def _axes(tree: Tree, factors: Sequence[Labels]) -> Labels:
    return factors[tree] if isinstance(tree, int) else _axes(tree[0], factors) | _axes(tree[1], factors)
