"""Index arithmetic of St, the axis-stride category: objects are lists of axis sizes, maps P → Q have one index per axis of Q.

An *index* is c + Σ s · ((i div t) mod e): an affine expression in the digits of the axes i of P, stored as
`(c, ((s, i, t, e), ...))`.  Whole axes are the digits with t = 1 and e = the size of i, so a slice, a stride, a diagonal,
a repeat (an axis that no index uses), a convolution window (s·i + d·w − p) and a merged axis (D·h + d) are affine, and
the split of an axis (i div D, i mod D) is a pair of digits.  Index maps act contravariantly on arrays,
(x ∘ η)[p] = x[η(p)], and compose by substitution.  Source: the categories St and Br of arXiv 2604.07242, section 2.

>>> merged = add(scale(whole(1, 4), 5), whole(2, 5))
>>> print(show(merged), "|", show(digit(merged, 5, 4, 20)), "|", show(digit(merged, 1, 5, 20)))
5*i1 + i2 | i1 | i2
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

from ncd_cat.sizes import Poly, Size, divide, provably_nonnegative, signed_parts

if TYPE_CHECKING:
    from ncd_cat.scalars import Scalar

Digit = tuple[Size, int, Size, Size]  # coefficient, axis, stride, extent
Index = tuple[Size, tuple[Digit, ...]]
Access = tuple[Index, ...]
Sizes = tuple[Size, ...]


class NotAffine(ValueError):
    """An index map has no form as an affine map of digits: a reshape such as (6, 4) to (8, 3)."""


@dataclass(frozen=True)
class Axis:
    """A named tensor axis and its size: `Axis("q", 3)`, or `Axis("q")` for the symbolic size q; q**-0.5 is a scalar."""

    name: str
    size: Size

    def __init__(self, name: str, size: Size | None = None) -> None:
        from ncd_cat.sizes import symbol

        object.__setattr__(self, "name", name)
        object.__setattr__(self, "size", symbol(name.replace(".", "_").replace("'", "_")) if size is None else size)
        if isinstance(size, int) and size < 0:
            raise ValueError(f"axis {name!r} cannot have size {size}")

    def __pow__(self, exponent: int | float | Fraction) -> Scalar:
        from ncd_cat.scalars import Scalar, ratio

        return Scalar.of(self.size).power(ratio(exponent))

    def __str__(self) -> str:
        return self.name if str(self.size) == self.name else f"{self.name}:{self.size}"


# ---- indices ------------------------------------------------------------------------------------------------------


def whole(axis: int, size: Size) -> Index:
    """The index that reads an axis as it is; the only index of an axis of size 1 is 0."""
    return (0, ()) if size == 1 else (0, ((1, axis, 1, size),))


def constant(value: Size) -> Index:
    """The index that is the same everywhere."""
    return (value, ())


def identity(sizes: Sequence[Size], start: int = 0) -> Access:
    """The identity of `sizes`, with axes numbered from `start`."""
    return tuple([(0, ()) if n == 1 else (0, ((1, start + k, 1, n),)) for k, n in enumerate(sizes)])


def scale(e: Index, by: Size) -> Index:
    """by · e."""
    if by == 1:
        return e
    if by == 0:
        return (0, ())
    return e[0] * by, tuple([(s * by, i, t, n) for s, i, t, n in e[1]])


def add(*indices: Index) -> Index:
    """The sum of indices, in normal form: digits sorted, equal ones collected, adjacent ones merged."""
    const: Size = 0
    digits: list[Digit] = []
    for c, ds in indices:
        const = const + c
        digits += ds
    return const, _collect(digits)


def shift(e: Index, by: Size) -> Index:
    """e + by."""
    return e[0] + by, e[1]


def bounds(e: Index) -> tuple[Size, Size]:
    """A lower and an upper bound of the value; the least and the greatest where the sign of each coefficient is provable."""
    low = high = e[0]
    for s, _, _, n in e[1]:
        if provably_nonnegative(s):
            high = high + s * (n - 1)
        elif provably_nonnegative(-s):
            low = low + s * (n - 1)
        else:
            up, down = signed_parts(s)
            low, high = low - down * (n - 1), high + up * (n - 1)
    return low, high


def within(e: Index, size: Size) -> bool:
    """Whether 0 <= e < size provably holds at every index."""
    low, high = bounds(e)
    return provably_nonnegative(low) and provably_nonnegative(size - 1 - high)


def axes_of(e: Index) -> set[int]:
    """The axes that an index depends on."""
    return {d[1] for d in e[1]}


def renumber(e: Index, by: int) -> Index:
    """The index with every axis number raised by `by`."""
    return e if not by else (e[0], tuple([(s, i + by, t, n) for s, i, t, n in e[1]]))


def substitute(e: Index, inner: Sequence[Index], sizes: Sequence[Size]) -> Index:
    """e ∘ inner: each axis k of e, of size sizes[k], replaced by inner[k].  Raises NotAffine."""
    const, digits = e
    if len(digits) == 1:  # one whole axis, the common case
        s, i, t, n = digits[0]
        if t == 1 and n == sizes[i]:
            c, ds = inner[i]
            if s == 1:
                return (c, ds) if const == 0 else (const + c, ds)
    parts: list[Index] = [(const, ())]
    for s, i, t, n in digits:
        part = inner[i] if t == 1 and n == sizes[i] else digit(inner[i], t, n, sizes[i])
        parts.append(scale(part, s))
    return add(*parts)


def compose(outer: Access, inner: Access, sizes: Sequence[Size]) -> Access:
    """outer ∘ inner, where `sizes` are those of the object between them.  Raises NotAffine."""
    return tuple([substitute(e, inner, sizes) for e in outer])


def digit(e: Index, stride: Size, extent: Size, size: Size) -> Index:
    """(e div stride) mod extent, for an index known to lie in [0, size).  Raises NotAffine."""
    quotient = _divide(e, stride)[0]
    if stride * extent == size:
        return quotient
    return _divide(quotient, extent)[1]


def _divide(e: Index, by: Size) -> tuple[Index, Index]:
    """(e div by, e mod by)."""
    if by == 1:
        return e, (0, ())
    const, digits = e
    whole_part: list[Digit] = []
    rest: list[Digit] = []
    for s, i, t, n in digits:
        q = divide(s, by)
        if q is not None:
            whole_part.append((q, i, t, n))
            continue
        cut = divide(by, s)  # the digit's values reach over the modulus: split it there
        inner = None if cut is None or not provably_nonnegative(cut - 1) else divide(n, cut)
        if cut is None or inner is None or inner == 1:
            rest.append((s, i, t, n))
        else:
            whole_part.append((1, i, t * cut, inner))
            rest.append((s, i, t, cut))
    high: Size
    low: Size
    if isinstance(const, int) and isinstance(by, int):
        high, low = divmod(const, by)
    else:
        exact = divide(const, by)
        high, low = (exact, 0) if exact is not None else (0, const)
    remainder = (low, _collect(rest))
    if not within(remainder, by):
        raise NotAffine(f"({show(e)}) div {by} is not affine")
    return (high, _collect(whole_part)), remainder


def _collect(digits: list[Digit]) -> tuple[Digit, ...]:
    if len(digits) <= 1:
        return tuple(digits) if not digits or (digits[0][0] != 0 and digits[0][3] != 1) else ()
    found: dict[tuple[int, Size, Size], Size] = {}
    for s, i, t, n in digits:
        if n != 1:
            key = (i, t, n)
            found[key] = found[key] + s if key in found else s
    merged = [(s, i, t, n) for (i, t, n), s in found.items() if s != 0]
    if len(merged) > 1:
        merged.sort(key=_place)
        count = len(merged)
        _merge_adjacent(merged)
        if 1 < len(merged) < count:
            return _collect(merged)  # merged digits may be out of order, or equal to others
    return tuple(merged)


def _place(d: Digit) -> tuple[int, int, Size | str, Size | str]:
    _, i, t, n = d
    if isinstance(t, Poly) or isinstance(n, Poly):
        return i, 1, str(t), str(n)
    return i, 0, t, n


def _merge_adjacent(digits: list[Digit]) -> None:
    """Replace s·(i div t mod n) + s·n·(i div t·n mod m) by s·(i div t mod n·m), in place, as often as it applies."""
    done = False
    while not done:
        done = True
        at = {(i, t): k for k, (_, i, t, _) in enumerate(digits)}
        for k, (s, i, t, n) in enumerate(digits):
            above = at.get((i, t * n))
            if above is not None and above != k and digits[above][0] == s * n:
                digits[k] = (s, i, t, n * digits[above][3])
                del digits[above]
                done = False
                break


def show(e: Index, names: Sequence[str] | None = None) -> str:
    """The index as a person writes it."""

    def letter(d: Digit) -> str:
        s, i, t, n = d
        name = names[i] if names is not None and i < len(names) else f"i{i}"
        body = name if t == 1 else f"({name} div {t})"
        coefficient = f"({s})" if isinstance(s, Poly) and len(s.terms) > 1 else str(s)
        return body if s == 1 else f"{coefficient}*{body}"

    parts = [letter(d) for d in e[1]] + [str(e[0])] * (e[0] != 0 or not e[1])
    return " + ".join(parts).replace("+ -", "- ")
