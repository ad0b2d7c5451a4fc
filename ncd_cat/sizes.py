"""A size is a positive integer, or a polynomial with integer coefficients in symbols that stand for positive integers.

Sizes are compared and hashed on every step of the normal form, so they are plain tuples of integers and not SymPy
expressions; `to_sympy` serves the boundary (printing, cost, conditions).

>>> h, d = symbol("h"), symbol("d")
>>> str(h * d + 2 * h)
'd*h + 2*h'
>>> divide(h * d + 2 * h, h) == d + 2
True
>>> provably_nonnegative(h * d - 1)
True
"""

from __future__ import annotations

import reprlib
from collections.abc import Iterable, Mapping
from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    import sympy

CIRCLE = "π"  # the one symbol that stands for a number and is no size: a base of scalars
LARGEST, LARGEST_DEGREE = 64, 10  # of a polynomial that is read: they bound the work on hostile input
LARGEST_PRODUCT = 1 << 12  # terms of a product, before they are collected
LARGEST_EXPANSION = 1 << 10  # terms of a polynomial with its symbols shifted: of a larger one no sign is seen

Monomial = tuple[tuple[str, int], ...]  # sorted (symbol, exponent > 0)


class Poly:
    """A polynomial that is not a constant: constants are `int`.  Make one with `symbol` and arithmetic.

    `Poly` is final and immutable; `terms` is sorted, without zero coefficients.
    """

    __slots__ = ("_hash", "terms")
    _hash: int
    terms: tuple[tuple[Monomial, int], ...]

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        object.__setattr__(self, "terms", terms)
        named = tuple((tuple((crc32(s.encode()), e) for s, e in m), c) for m, c in terms)
        object.__setattr__(self, "_hash", hash(named))  # the same in every process

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a size is immutable")

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __reduce__(self) -> tuple[Any, ...]:
        return Poly, (self.terms,)

    def __add__(self, other: Size) -> Size:
        return _collect([*self.terms, *_terms(other)])

    def __mul__(self, other: Size) -> Size:
        if not isinstance(other, int | Poly):
            return NotImplemented
        terms = _terms(other)
        if len(self.terms) * len(terms) > LARGEST_PRODUCT:
            raise ValueError(f"a product of sizes with {len(self.terms)} and {len(terms)} terms is too large to work with")
        return _collect((_times(m, n), c * k) for m, c in self.terms for n, k in terms)

    def __pow__(self, exponent: int | float | Fraction) -> Any:
        """A size for a natural exponent, else an exact scalar: d**-0.5 is 1/√d."""
        from ncd_cat.scalars import Scalar, ratio

        if isinstance(exponent, int) and exponent >= 0:
            return product([self] * exponent)
        return Scalar.of(self).power(ratio(exponent))

    def __neg__(self) -> Size:
        return _collect((m, -c) for m, c in self.terms)

    def __sub__(self, other: Size) -> Size:
        return self + (-other)

    def __rsub__(self, other: int) -> Size:
        return -self + other

    __radd__, __rmul__ = __add__, __mul__

    def __str__(self) -> str:
        return " + ".join(_show(m, c) for m, c in self.terms).replace("+ -", "- ")

    __repr__ = __str__


Size = int | Poly


def symbol(name: str) -> Poly:
    """The size named `name`, any integer of at least 1.  Raises ValueError if the name is not an identifier, or is π."""
    if not name.isidentifier() or name == CIRCLE:
        raise ValueError(f"a size symbol is a name such as 'n' or 'd_head', not {name!r}")
    return Poly(((((name, 1),), 1),))


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes; 1 for none."""
    result: Size = 1
    for size in sizes:
        result = result * size
    return result


def divide(a: Size, b: Size) -> Size | None:
    """The exact quotient a / b for b != 0, or None where b does not divide a as a polynomial."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if a % b == 0 else None
    names = sorted({*symbols(a), *symbols(b)})

    def order(term: tuple[Monomial, int]) -> tuple[int, list[int]]:  # graded lexicographic: products keep it
        powers = [dict(term[0]).get(s, 0) for s in names]
        return sum(powers), powers

    lead, coefficient = max(_terms(b), key=order)
    result: Size = 0
    rest = a
    for _ in range(64):  # long division; each round removes the leading monomial, 64 bounds hostile input
        if rest == 0:
            return result
        top, c = max(_terms(rest), key=order)
        powers = dict(top)
        for s, e in lead:
            powers[s] = powers.get(s, 0) - e
        if c % coefficient or min(powers.values(), default=0) < 0:
            return None
        step = _collect([(tuple(sorted((s, e) for s, e in powers.items() if e)), c // coefficient)])
        result, rest = result + step, rest - step * b
    return None


def provably_nonnegative(a: Size) -> bool:
    """Whether a >= 0 follows, for all symbols >= 1, by writing each symbol as 1 + (something >= 0).

    Sound and incomplete: False means "not seen", never "negative".
    """
    if isinstance(a, int):
        return a >= 0
    if sum([prod([e + 1 for _, e in m]) for m, _ in a.terms]) > LARGEST_EXPANSION:
        return False
    shifted = substitute(a, {s: symbol(s) + 1 for s in symbols(a)})
    return all(c >= 0 for _, c in _terms(shifted))


def signed_parts(a: Size) -> tuple[Size, Size]:
    """(p, q) with a = p − q and p, q >= 0 for all symbols >= 1: the terms with positive and with negative coefficients."""
    if isinstance(a, int):
        return (a, 0) if a >= 0 else (0, -a)
    return _collect(t for t in a.terms if t[1] > 0), _collect((m, -c) for m, c in a.terms if c < 0)


def symbols(a: Size) -> tuple[str, ...]:
    """The names of the symbols in a size, sorted."""
    return () if isinstance(a, int) else tuple(sorted({s for m, _ in a.terms for s, _ in m}))


def substitute(a: Size, values: Mapping[str, Size]) -> Size:
    """The size with symbols replaced; symbols that `values` does not name stay."""
    if isinstance(a, int):
        return a
    total: Size = 0
    for m, c in a.terms:
        factor: Size = c
        for s, e in m:
            for _ in range(e):
                factor = factor * values.get(s, Poly(((((s, 1),), 1),)))
        total = total + factor
    return total


def to_sympy(a: Size) -> sympy.Expr:
    """The size as a SymPy expression in positive integer symbols."""
    import sympy

    def monomial(m: Monomial) -> sympy.Expr:
        return sympy.Mul(*(sympy.Symbol(s, positive=True, integer=True) ** e for s, e in m))

    return sympy.Add(*(c * monomial(m) for m, c in _terms(a)))


def to_json(a: Size) -> Any:
    """An int, or a list of [coefficient, [[symbol, exponent], ...]]."""
    return a if isinstance(a, int) else [[c, [list(p) for p in m]] for m, c in a.terms]


def from_json(data: Any) -> Size:
    """The inverse of `to_json`.  Raises ValueError on anything else, and on a polynomial that is too large to work with."""
    if type(data) is int:
        return data
    try:
        terms = [(tuple([(s, e) for s, e in monomial]), c) for c, monomial in data]
        powers = [p for m, _ in terms for p in m]
        names = all(type(s) is str and s.isidentifier() and s != CIRCLE for s, _ in powers)
        known = names and all(type(c) is int for c in [*(c for c, _ in data), *(e for _, e in powers)])
        small = known and len(terms) <= LARGEST and all(sum(e for _, e in m) <= LARGEST_DEGREE for m, _ in terms)
        if small and all(e > 0 for _, e in powers):
            found = _collect((_times(m, ()), c) for m, c in terms)
            if to_json(found) == data:
                return found
    except (TypeError, ValueError):
        pass
    raise ValueError(f"not a size in normal form: {reprlib.repr(data)}")


def _terms(a: Size) -> tuple[tuple[Monomial, int], ...]:
    return a.terms if isinstance(a, Poly) else (((), a),) if a else ()


def _times(m: Monomial, n: Monomial) -> Monomial:
    powers = dict(m)
    for s, e in n:
        powers[s] = powers.get(s, 0) + e
    return tuple(sorted(powers.items()))


def _collect(terms: Iterable[tuple[Monomial, int]]) -> Size:
    found: dict[Monomial, int] = {}
    for m, c in terms:
        found[m] = found.get(m, 0) + c
    kept = tuple(sorted((m, c) for m, c in found.items() if c))
    if not kept:
        return 0
    return kept[0][1] if len(kept) == 1 and kept[0][0] == () else Poly(kept)


def _show(m: Monomial, c: int) -> str:
    powers = [s if e == 1 else f"{s}**{e}" for s, e in m]
    return "*".join([str(c)] * (c != 1 or not powers) + powers)
