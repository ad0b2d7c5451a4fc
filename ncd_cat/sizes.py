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

from collections.abc import Iterable, Mapping
from functools import reduce
from typing import TYPE_CHECKING, Any
from zlib import crc32

if TYPE_CHECKING:
    import sympy

Monomial = tuple[tuple[str, int], ...]  # sorted (symbol, exponent > 0)


class Poly:
    """A polynomial that is not a constant: constants are `int`.  Make one with `symbol` and arithmetic.

    `Poly` is final and immutable; `terms` is sorted, without zero coefficients.
    """

    __slots__ = ("_hash", "terms")
    terms: tuple[tuple[Monomial, int], ...]

    def __init__(self, terms: tuple[tuple[Monomial, int], ...]) -> None:
        object.__setattr__(self, "terms", terms)
        named = tuple((tuple((crc32(s.encode()), e) for s, e in m), c) for m, c in terms)
        object.__setattr__(self, "_hash", hash(named))  # the same in every process

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a size is immutable")

    def __hash__(self) -> int:
        return int(self._hash)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Poly) and self.terms == other.terms

    def __reduce__(self) -> tuple[Any, ...]:
        return Poly, (self.terms,)

    def __add__(self, other: Size) -> Size:
        return _collect([*self.terms, *_terms(other)])

    def __mul__(self, other: Size) -> Size:
        return _collect((_times(m, n), c * k) for m, c in self.terms for n, k in _terms(other))

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
    """The size named `name`, any integer of at least 1.  Raises ValueError if the name is not an identifier."""
    if not name.isidentifier():
        raise ValueError(f"a size symbol is a name such as 'n' or 'd_head', not {name!r}")
    return Poly(((((name, 1),), 1),))


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes; 1 for none."""
    return reduce(lambda a, b: a * b, sizes, 1)


def divide(a: Size, b: Size) -> Size | None:
    """The exact quotient a / b for b != 0, or None where b does not divide a as a polynomial."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b if a % b == 0 else None
    divisor, rest, quotient = _terms(b), a, 0
    lead, coefficient = max(divisor, key=_degree)
    result: Size = quotient
    for _ in range(64):  # long division; each round removes the leading monomial, 64 bounds hostile input
        if rest == 0:
            return result
        top, c = max(_terms(rest), key=_degree)
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
    shifted = substitute(a, {s: symbol(s) + 1 for s in symbols(a)})
    return all(c >= 0 for _, c in _terms(shifted))


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
                factor = factor * values.get(s, symbol(s))
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
    """The inverse of `to_json`.  Raises ValueError on anything else."""
    if type(data) is int:
        return data
    if not isinstance(data, list) or not data:
        raise ValueError(f"not a size: {data!r:.60}")
    total: Size = 0
    for c, powers in data:
        if type(c) is not int or not all(type(s) is str and type(e) is int and 0 < e < 64 for s, e in powers):
            raise ValueError(f"not a size: {data!r:.60}")
        monomial = _collect([(tuple(sorted((symbol(s), (s, e))[1] for s, e in powers)), c)])
        total = total + monomial
    return total


def _terms(a: Size) -> tuple[tuple[Monomial, int], ...]:
    return a.terms if isinstance(a, Poly) else (((), a),) if a else ()


def _times(m: Monomial, n: Monomial) -> Monomial:
    powers = dict(m)
    for s, e in n:
        powers[s] = powers.get(s, 0) + e
    return tuple(sorted(powers.items()))


def _degree(term: tuple[Monomial, int]) -> tuple[int, Monomial]:
    return sum(e for _, e in term[0]), term[0]


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
