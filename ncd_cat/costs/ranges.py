"""Over what a term of a contraction ranges, once its brackets have spoken.

An equality [e = 0] in which an axis stands alone, with coefficient ±1, determines that axis: it is no longer summed, and what
reads it depends on the other axes of e.  An inequality in one axis narrows it.  Other brackets are left as masks.

>>> from ncd_cat.axes import add, scale, whole
>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.scalars import ONE
>>> x = source(Input(0), (9,)).node  # y[o] = Σ_i [i = 2o + 1] x[i]: a stride, written as a sum
>>> odd = (True, add(whole(1, 9), scale(whole(0, 4), -2), (-1, ())))
>>> span(Term(ONE, (9,), ((x, (whole(1, 9),)),), (odd,)), (4,)).factors
(frozenset({0}),)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from ncd_cat.axes import Index, Sizes, axes_of
from ncd_cat.costs.paths import Labels, sample
from ncd_cat.ops.contraction import Term
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, product, provably_nonnegative


@dataclass(frozen=True)
class Span:
    """The axes that each factor of a term depends on, those that are kept, those that are summed, what is determined, extents."""

    factors: tuple[Labels, ...]
    kept: Labels
    bound: Labels
    solved: Mapping[int, Labels]
    sizes: Mapping[int, Size]

    def volume(self, labels: Labels) -> Size:
        """How many entries an array over these axes has."""
        return product([self.sizes[k] for k in sorted(labels)])

    def reached(self, own: Labels) -> Size:
        """In how many entries over these own axes the term is not 0."""
        return self.volume(_put(own, self.solved))


def span(t: Term, own: Sizes) -> Span:
    """The span of a term of a node of sizes `own`."""
    sizes = own + t.bounds
    read = [frozenset().union(*[axes_of(e) for e in access]) for _, access in t.factors]
    bound = frozenset(range(len(own), len(sizes)))
    solved = _solved(t.guards, sizes)
    kept = _put(range(len(own)), solved)
    return Span(tuple([_put(f, solved) for f in read]), kept, bound - solved.keys(), solved, _narrowed(t.guards, sizes))


def _put(labels: Iterable[int], solved: Mapping[int, Labels]) -> Labels:
    """The axes that these depend on, where some are determined by others."""
    return frozenset().union(*[solved.get(k, frozenset({k})) for k in labels])


def _solved(guards: Sequence[Guard], sizes: Sizes) -> dict[int, Labels]:
    """The axes that equalities determine, the longest of each, by axes that no other equality has a say in; bound ones first."""
    found: dict[int, Labels] = {}
    seen: set[int] = set()
    for e in dict.fromkeys(e for equal, e in guards if equal):
        free = [i for s, i, t, n in e[1] if s in (1, -1) and t == 1 and n == sizes[i] and i not in seen and _once(e, i)]
        if free and not axes_of(e) & found.keys():
            longest = max(free, key=lambda i: (sample(sizes[i]), i))
            found[longest] = frozenset(axes_of(e) - {longest})
        seen |= axes_of(e)
    return {k: others for k, others in found.items() if not others & found.keys()}


def _once(e: Index, axis: int) -> bool:
    return sum(i == axis for _, i, _, _ in e[1]) == 1


def _narrowed(guards: Sequence[Guard], sizes: Sizes) -> dict[int, Size]:
    """The extents of the axes, less what inequalities in one axis cut off."""
    low: dict[int, Size] = {}
    high: dict[int, Size] = {}
    for equal, (c, digits) in guards:
        if equal or len(digits) != 1 or digits[0][2] != 1 or digits[0][3] != sizes[digits[0][1]]:
            continue
        s, i, _, n = digits[0]
        if s == 1:  # i >= -c
            low[i] = _greater(low.get(i, 0), -c)
        elif s == -1:  # i <= c
            high[i] = _greater(high.get(i, 0), n - 1 - c)
    return {k: _left(n - low.get(k, 0) - high.get(k, 0), n) for k, n in enumerate(sizes)}


def _greater(a: Size, b: Size) -> Size:
    return b if provably_nonnegative(b - a) else a


def _left(n: Size, whole: Size) -> Size:
    return n if provably_nonnegative(n) else 0 if isinstance(n, int) else whole
