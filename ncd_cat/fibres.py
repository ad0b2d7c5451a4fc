"""The sum over the fibres of an index map, (φ_! x)[q] = Σ_{φ(p) = q} x[p]: the transpose of the reindexing (φ* y)[p] = y[φ(p)].

Where an equation φ_m(p) = q_m can be solved for an axis of p, that axis is read off q and no longer summed: a permutation is
undone, a repeat is summed, the digits of a split are merged, the merge of axes is split into digits, a shifted or padded
reading is shifted back under the bracket of its range, a window is summed over what it does not determine.  What cannot be
solved stays a bracket [φ_m(p) = q_m] under a sum.  Source: the covariant half of the bivariant pair φ_! ⊣ φ* (Lawvere 1969);
Iverson's brackets.

>>> from ncd_cat.axes import whole
>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import contraction, show_contraction
>>> from ncd_cat.scalars import ONE
>>> x = source(Input(0), (3, 4))
>>> summand = Term(ONE, (), ((x.node, x.access),))
>>> print(show_contraction(contraction([fibre_sum(summand, (3, 4), (whole(1, 4),), 0, (4,))], (4,))))
Σ_{i1:3} input(0, real)[i1, i0]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ncd_cat.axes import Access, Digit, Index, NotAffine, Sizes, add, axes_of, identity, scale, shift, substitute, whole
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.scalars import ONE
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, divide, provably_nonnegative


def fibre_sum(t: Term, domain: Sizes, access: Access, lead: int, sizes: Sizes) -> Term:
    """φ_! of one term over `domain`, without bounds of its own, whose first `lead` axes stay: a term over domain[:lead] + sizes.

    `access` is φ: an index over `domain` for each of `sizes`, none of which depends on the leading axes.
    """
    try:
        return _pushed(t, domain, access, lead, sizes, _solved(domain, access, lead, sizes))
    except NotAffine:
        return _pushed(t, domain, access, lead, sizes, _Solution(open=list(range(len(access)))))


def stepwise(t: Term, domain: Sizes, access: Access, lead: int, sizes: Sizes) -> Term:
    """`fibre_sum`, one window after another: φ_! ψ_! for a map φ∘ψ, so that the sums of windows along several axes do not multiply."""
    for m in [m for m, e in enumerate(access) if _overlaps(e) and not _shared(access, m)][1:]:
        used = axes_of(access[m])
        kept = [k for k in range(len(domain)) if k not in used]
        first = (*[whole(k, domain[k]) for k in kept[lead:]], access[m])
        made = (*[domain[k] for k in kept], sizes[m])
        pushed = contraction([fibre_sum(t, domain, first, lead, made[lead:])], made)
        place = {k: j for j, k in enumerate(kept)}
        t, domain = Term(ONE, (), ((pushed, identity(made)),)), made
        access = tuple([whole(len(kept), sizes[m]) if j == m else _moved(e, place) for j, e in enumerate(access)])
    return fibre_sum(t, domain, access, lead, sizes)


def _overlaps(e: Index) -> bool:
    """Whether an index is that of windows: several digits that are no number in mixed radix, or one shifted by less than a place."""
    chain = _chain(e[1])
    return len(e[1]) > 1 and (not chain or divide(e[0], chain[-1][0]) is None)


def _shared(access: Access, m: int) -> bool:
    return any(axes_of(access[m]) & axes_of(e) for j, e in enumerate(access) if j != m)


def _moved(e: Index, place: dict[int, int]) -> Index:
    return add((e[0], tuple([(s, place[k], t, n) for s, k, t, n in e[1]])))


@dataclass
class _Solution:
    """What the equations say: digits of axes of the domain as indices of the target, and axes as combinations of others."""

    digits: dict[int, list[tuple[Size, Size, Index]]] = field(default_factory=dict)  # axis: (stride, extent, value)
    guards: list[Guard] = field(default_factory=list)  # over the target
    combined: dict[int, tuple[int, int]] = field(default_factory=dict)  # axis: sign of its coefficient, equation
    open: list[int] = field(default_factory=list)  # equations that stay brackets


def _pushed(t: Term, domain: Sizes, access: Access, lead: int, sizes: Sizes, found: _Solution) -> Term:
    own = domain[:lead] + sizes
    bounds: list[Size] = []

    def summed(n: Size) -> Index:
        if n == 1:
            return (0, ())
        bounds.append(n)
        return whole(len(own) + len(bounds) - 1, n)

    inner = list(identity(domain[:lead]))
    for k in range(lead, len(domain)):
        if k in found.combined:
            inner.append((0, ()))  # known when the others are
        elif k in found.digits:
            inner.append(add(*[scale(value if value is not None else summed(n), s) for s, n, value in _tiles(found.digits[k], domain[k])]))
        else:
            inner.append(summed(domain[k]))
    target = [whole(lead + m, n) for m, n in enumerate(sizes)]
    guards = list(found.guards)
    solutions: dict[int, Index] = {}
    for k, (sign, m) in found.combined.items():  # inner[k] is 0 as yet, so that this is the rest of the equation
        solutions[k] = scale(add(target[m], scale(substitute(access[m], inner, domain), -1)), sign)
        guards += range_guards(solutions[k], domain[k])
    read = [solutions.get(k, e) for k, e in enumerate(inner)]
    guards += [(True, add(_read(access[m], read, domain), scale(target[m], -1))) for m in found.open]
    guards += [(equal, _read(e, read, domain)) for equal, e in t.guards]
    factors = tuple([(x, tuple([_read(e, read, domain) for e in a])) for x, a in t.factors])
    kept = dict.fromkeys([g for g in guards if g != (True, (0, ()))])
    return Term(t.scalar, tuple(bounds), factors, tuple(kept))


def _read(e: Index, read: Sequence[Index], domain: Sizes) -> Index:
    """An index of the domain read through others; whole axes that only change places keep their digits, also ragged ones."""
    places = {k: read[k][1][0][1] for k in axes_of(e) if read[k][1] and read[k] == whole(read[k][1][0][1], domain[k])}
    return _moved(e, places) if places.keys() == axes_of(e) else substitute(e, read, domain)


def _solved(domain: Sizes, access: Access, lead: int, sizes: Sizes) -> _Solution:
    """The equations φ_m(p) = q_m, solved one after another."""
    found = _Solution()
    rest: list[int] = []
    for m, e in enumerate(access):
        if e == (0, ()) and sizes[m] == 1:
            continue
        if not _radix(e, m, lead, sizes[m], found):
            rest.append(m)
    for k in [k for k, digits in found.digits.items() if not _fits(digits, domain[k])]:
        del found.digits[k]
        rest += [m for m, e in enumerate(access) if k in axes_of(e) and m not in rest]
    seen: set[int] = set()
    for m in sorted(rest):
        axis = _combination(access[m], domain, found, seen)
        if axis is None:
            found.open.append(m)
        else:
            found.combined[axis] = (1 if _coefficient(access[m], axis) == 1 else -1, m)
            seen |= axes_of(access[m])
    return found


def _radix(e: Index, m: int, lead: int, size: Size, found: _Solution) -> bool:
    """Whether q = c + Σ s·digit is a number in mixed radix, shifted by a multiple of its last place; then the digits are known."""
    const, digits = e
    chain = _chain(digits)
    moved = divide(const, chain[-1][0]) if chain else None
    if moved is None or any(t == s for _, k, t, _ in chain for s, _, _ in found.digits.get(k, ())):
        return False
    top = chain[-1]
    radix: Size | None = divide(size, top[0])
    if len(chain) > 1 and (radix is None or not provably_nonnegative(radix - top[3])):
        return False
    values: list[Index] = [(0, ((1, lead + m, s, n),)) for s, _, _, n in chain[:-1]]
    read = whole(lead + m, size)
    if radix is not None and len(chain) > 1:
        read = (0, ((1, lead + m, top[0], radix),) if radix != 1 else ())
    values.append(shift(read, -moved))
    found.guards += range_guards(shift(whole(lead + m, size), -const), top[0] * top[3])  # of the number, then of its last digit
    found.guards += range_guards(values[-1], top[3])
    for (_, k, t, n), value in zip(chain, values, strict=True):
        found.digits.setdefault(k, []).append((t, n, value))
    return True


def _chain(digits: Sequence[Digit]) -> list[Digit]:
    """The digits by rising coefficients 1, n₁, n₁n₂, …; none if their coefficients are not these, or if two are one digit."""
    place = {s: (s, k, t, n) for s, k, t, n in digits}
    chain: list[Digit] = []
    reached: Size = 1
    while reached in place:
        chain.append(place[reached])
        reached = reached * chain[-1][3]
    return chain if len(chain) == len({d[1:3] for d in digits}) == len(digits) else []


def _fits(digits: list[tuple[Size, Size, Index]], size: Size) -> bool:
    """Whether digits of an axis follow one another, with whole digits between them."""
    try:
        return bool(_tiles(digits, size))
    except NotAffine:
        return False


def _tiles(digits: list[tuple[Size, Size, Index]], size: Size) -> list[tuple[Size, Size, Index | None]]:
    """All digits of an axis: the stride, the extent and the value of each, None where it is not determined.  Raises NotAffine."""
    found: list[tuple[Size, Size, Index | None]] = []
    reached: Size = 1
    left = [*digits, (size, 1, (0, ()))]
    while left:
        first = next((d for d in left if all(e is d or divide(e[0], d[0] * d[1]) is not None for e in left)), None)
        gap = divide(first[0], reached) if first is not None else None
        if first is None or gap is None:
            raise NotAffine("digits that overlap")
        if gap != 1:
            found.append((reached, gap, None))
        if first[1] != 1:
            found.append(first)
        reached = first[0] * first[1]
        left.remove(first)
    return found


def _coefficient(e: Index, k: int) -> Size:
    return next(s for s, i, _, _ in e[1] if i == k)


def _combination(e: Index, domain: Sizes, found: _Solution, seen: set[int]) -> int | None:
    """The axis, as large as may be, for which an equation is solved in terms of the others; None if for none."""
    if axes_of(e) & found.combined.keys():
        return None
    free = [d for d in e[1] if _unit(d, e, domain) and d[1] not in found.digits and d[1] not in seen]
    free.sort(key=lambda d: (isinstance(d[3], int), -d[3] if isinstance(d[3], int) else 0, d[1]))
    return free[0][1] if free else None


def _unit(d: Digit, e: Index, domain: Sizes) -> bool:
    s, k, t, n = d
    return s in (1, -1) and t == 1 and n == domain[k] and sum(i == k for _, i, _, _ in e[1]) == 1
