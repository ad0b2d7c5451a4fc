"""A scalar is an exact positive or negative real c · Π bᵉ: a rational times rational powers of primes and of sizes.

Coefficients of a contraction are scalars, so 1/√6, 1/n and n·(n+1) are exact and compare by identity of their normal
form: c is a `Fraction`; a prime base carries an exponent strictly between 0 and 1; a size base any nonzero exponent.

>>> root = Scalar.of(6).power(Fraction(-1, 2))
>>> root * root == Scalar.of(Fraction(1, 6))
True
>>> str(Scalar.read(0.408248290463863))
'1/6*sqrt(6)'
>>> str(Scalar.read(1e-5))
'1/100000'
"""

from __future__ import annotations

import math
import reprlib
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from ncd_cat import sizes
from ncd_cat.sizes import Poly, Size

Powers = tuple[tuple[Size, Fraction], ...]  # primes first, then polynomials, each sorted

LARGEST_BASE = 1 << 40  # a prime base in data is below this: Miller's test decides it
LARGEST_FACTOR = 1 << 12  # primes are found by trial division up to here: it bounds the work on hostile input


class Scalar:
    """An exact real number.  Final and immutable; zero is `Scalar.of(0)`."""

    __slots__ = ("_hash", "powers", "rational")
    _hash: int
    rational: Fraction
    powers: Powers

    def __init__(self, rational: Fraction, powers: Powers = ()) -> None:
        object.__setattr__(self, "rational", rational)
        object.__setattr__(self, "powers", powers if rational else ())
        object.__setattr__(self, "_hash", hash((rational, self.powers)))

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError("a scalar is immutable")

    def __reduce__(self) -> tuple[Any, ...]:
        return Scalar, (self.rational, self.powers)

    @staticmethod
    def of(value: Scalar | Fraction | Size) -> Scalar:
        """The scalar of an integer, a fraction or a size (a polynomial size is a base with exponent 1)."""
        if isinstance(value, Scalar):
            return value
        if isinstance(value, Poly):
            return _normal(Fraction(1), [(value, Fraction(1))])
        return Scalar(Fraction(value))

    @staticmethod
    def read(value: float) -> Scalar:
        """The real number that a float in a program most plausibly denotes.

        A float with a short decimal form denotes that decimal (1e-5 is 1/100000); the float nearest to a simple fraction
        denotes it; one within 2 units in the last place of the root of a simple fraction denotes that root
        (0.408248290463863 is 1/√6), or of a very simple one times π or 1/π, or that product; any other is taken as it stands.
        Raises ValueError for nan and infinities.
        """
        if not math.isfinite(value):
            raise ValueError(f"{value} is not a real number")
        decimal = Fraction(repr(value))
        if len(repr(value).split("e")[0].strip("-0.").replace(".", "")) <= 12:
            return Scalar(decimal)
        simple = decimal.limit_denominator(4096)
        if simple and float(simple) == value:
            return Scalar(simple)
        square = (decimal * decimal).limit_denominator(1 << 16)
        if square and square.numerator < 1 << 16 and abs(math.sqrt(square) - abs(value)) <= 2 * math.ulp(value):
            root = Scalar(square).power(Fraction(1, 2))
            if root.powers:
                return root if value > 0 else -root
        return _circular(value) or Scalar(decimal)

    def __hash__(self) -> int:
        return self._hash

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        same_hash = isinstance(other, Scalar) and self._hash == other._hash
        return same_hash and self.rational == other.rational and self.powers == other.powers  # type: ignore[attr-defined]

    def __mul__(self, other: Scalar) -> Scalar:
        if not isinstance(other, Scalar):
            return NotImplemented
        if other is ONE or self is ONE:
            return self if other is ONE else other
        if not self.powers and not other.powers:
            return Scalar(self.rational * other.rational)
        return _normal(self.rational * other.rational, [*self.powers, *other.powers])

    def __neg__(self) -> Scalar:
        return Scalar(-self.rational, self.powers)

    def plus(self, other: Scalar) -> Scalar | None:
        """The sum, where it is a scalar: the irrational parts agree, or one of the two is zero.  Else None."""
        if not self.rational or not other.rational:
            return other if not self.rational else self
        return Scalar(self.rational + other.rational, self.powers) if self.powers == other.powers else None

    def power(self, exponent: Fraction) -> Scalar:
        """The real power.  Raises ValueError for 0 to a negative, a negative to a fraction, or a base too large."""
        if abs(exponent) > 64 or (not self.rational and exponent < 0):
            raise ValueError(f"({self}) to the power {exponent} is not supported")
        if exponent.denominator == 1:
            return _normal(self.rational ** int(exponent), [(b, e * exponent) for b, e in self.powers])
        if self.rational <= 0:
            raise ValueError(f"({self}) to the power {exponent} is not a real number")
        primes = [*_primes(self.rational.numerator), *((p, -e) for p, e in _primes(self.rational.denominator))]
        return _normal(Fraction(1), [*((p, e * exponent) for p, e in primes), *((b, e * exponent) for b, e in self.powers)])

    @property
    def positive(self) -> bool:
        """Whether the number is > 0 (every base is)."""
        return self.rational > 0

    def __float__(self) -> float:
        """The nearest float.  Raises TypeError where a size is a symbol."""
        value = float(self.rational)
        for base, exponent in self.powers:
            if base == CIRCLE:
                value *= math.pi ** float(exponent)
                continue
            if isinstance(base, Poly):
                raise TypeError(f"the size {base} is a symbol: give it a value to evaluate {self}")
            value *= float(base) ** float(exponent)
        return value

    def substitute(self, values: dict[str, Size]) -> Scalar:
        """The scalar with size symbols replaced."""
        result = Scalar(self.rational)
        for base, exponent in self.powers:
            result = result * Scalar.of(sizes.substitute(base, values)).power(exponent)
        return result

    def __str__(self) -> str:
        powers = [f"sqrt({b})" if e == Fraction(1, 2) else f"({b})**({e})" if e != 1 else f"({b})" for b, e in self.powers]
        if powers and self.rational == 1:
            return "*".join(powers)
        roots = [b for b, e in self.powers if e == Fraction(1, 2) and isinstance(b, int)]
        if len(roots) > 1 and len(roots) == len(powers):
            powers = [f"sqrt({sizes.product(roots)})"]
        return "*".join([str(self.rational), *powers])

    __repr__ = __str__

    def to_json(self) -> Any:
        """A string p/q, or [p/q, [[base, exponent], ...]]."""
        if not self.powers:
            return str(self.rational)
        return [str(self.rational), [[sizes.to_json(b), str(e)] for b, e in self.powers]]

    @staticmethod
    def from_json(data: Any) -> Scalar:
        """The inverse of `to_json`.  Raises ValueError on anything that is not in normal form."""
        try:
            text, powers = (data, []) if isinstance(data, str) else data
            result = Scalar(read_fraction(text), tuple([(_read_base(b), read_fraction(e)) for b, e in powers]))
            normal = all(_is_base(b, e) for b, e in result.powers) and _normal(result.rational, result.powers) == result
            if normal and result.to_json() == data:
                return result
        except (TypeError, ValueError, ZeroDivisionError):
            pass
        raise ValueError(f"not a scalar in normal form: {reprlib.repr(data)}")


CIRCLE = Poly(((((sizes.CIRCLE, 1),), 1),))
ZERO, ONE, PI = Scalar(Fraction(0)), Scalar(Fraction(1)), Scalar(Fraction(1), ((CIRCLE, Fraction(1)),))


def ratio(exponent: int | float | Fraction) -> Fraction:
    """An exponent as a fraction: 0.5 is 1/2.  Raises ValueError if no simple fraction is this float."""
    found = Fraction(exponent).limit_denominator(1000)
    if float(found) != float(exponent):
        raise ValueError(f"an exponent is a simple fraction such as 1/2 or -0.5, not {exponent}")
    return found


def _circular(value: float) -> Scalar | None:
    """The number √q or q times a power of π, q a very simple fraction, that a float denotes to 2 units in its last place."""
    for exponent in (Fraction(1, 2), Fraction(1)):
        for sign in (1, -1):
            rest = abs(value) / math.pi ** (sign * float(exponent))
            square = Fraction(rest * rest).limit_denominator(64)
            found = Scalar(Fraction(1), ((CIRCLE, sign * exponent),))
            if 0 < square <= 64 and abs(math.sqrt(square) * float(found) - abs(value)) <= 2 * math.ulp(value):
                root = found * Scalar(square).power(Fraction(1, 2))
                return root if value > 0 else -root
    return None


def _primes(n: int) -> list[tuple[int, int]]:
    """The prime factors of n >= 1 with their exponents, ascending."""
    found, p = [], 2
    while p * p <= n:
        if p > LARGEST_FACTOR:
            raise ValueError(f"a root of {n} is not supported: its prime factors are too large")
        e = 0
        while n % p == 0:
            n, e = n // p, e + 1
        if e:
            found.append((p, e))
        p += 1 if p == 2 else 2
    return [*found, (n, 1)] if n > 1 else found


def _read_base(data: Any) -> Size:
    return CIRCLE if data == sizes.to_json(CIRCLE) else sizes.from_json(data)


def _is_base(base: Size, exponent: Fraction) -> bool:
    if isinstance(base, Poly):
        return base == CIRCLE or sizes.provably_nonnegative(base - 1)
    return 0 < exponent < 1 and _is_prime(base)


def _is_prime(n: int) -> bool:
    """Whether 2 <= n <= LARGEST_BASE is prime: Miller's test to the bases that decide it there (OEIS A014233)."""
    small = (2, 3, 5, 7, 11, 13)
    if not 2 <= n <= LARGEST_BASE or any(n % p == 0 for p in small):
        return n in small
    odd, twos = n - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    return all(pow(p, odd, n) == 1 or any(pow(p, odd << k, n) == n - 1 for k in range(twos)) for p in small)


def read_fraction(text: Any) -> Fraction:
    """The fraction written p or p/q in lowest terms.  Raises ValueError on anything else: "1e999999999" is short and huge."""
    if type(text) is not str or not text.removeprefix("-").replace("/", "", 1).isdecimal() or str(Fraction(text)) != text:
        raise ValueError(f"not a fraction in lowest terms: {reprlib.repr(text)}")
    return Fraction(text)


def _factors(base: Size) -> list[tuple[Size, int]]:
    """A polynomial as primes and symbols that divide it and what is left, if that is seen to be a size; else as it is."""
    if isinstance(base, int) or (len(base.terms) == 1 and base.terms[0][1] == 1 == sum(e for _, e in base.terms[0][0])):
        return [(base, 1)]
    content = math.gcd(*[c for _, c in base.terms])
    least = {s: min(dict(m).get(s, 0) for m, _ in base.terms) for s, _ in base.terms[0][0]}
    shared = [(sizes.symbol(s), e) for s, e in least.items() if e]
    rest = sizes.divide(base, content * sizes.product([s for s, e in shared for _ in range(e)]))
    if content > LARGEST_FACTOR or rest is None or not sizes.provably_nonnegative(rest - 1):
        return [(base, 1)]
    return [*_primes(content), *shared, *([] if rest == 1 else [(rest, 1)])]


def _normal(rational: Fraction, powers: Iterable[tuple[Size, Fraction]]) -> Scalar:
    total: dict[Size, Fraction] = {}
    for base, exponent in [(b, k * e) for p, e in powers for b, k in _factors(p)]:
        total[base] = total.get(base, Fraction(0)) + exponent
    for base, exponent in total.items():
        if isinstance(base, int):
            whole = math.floor(exponent)
            rational, total[base] = rational * Fraction(base) ** whole, exponent - whole
    kept = [(b, e) for b, e in total.items() if e]
    return Scalar(rational, tuple(sorted(kept, key=lambda p: (isinstance(p[0], Poly), p[0] if isinstance(p[0], int) else 0, str(p[0])))))
