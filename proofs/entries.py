"""Entries, one at a time: the entry p of a node is its op's meaning at the entries that its accesses read, by demand.

What is reached by rational operations is a fraction, exactly; an exponential, a root or an error function makes it a number
of as many digits as are asked for.  So an entry is known to any precision, whatever cancels on the way.  Source: exact real
arithmetic by iterated precision (Brent and Zimmermann 2010, chapter 3).

>>> from ncd_cat.graph import source
>>> from ncd_cat.ops.contraction import add, number, subtract
>>> x = source(Input(0), (2,))
>>> tiny = subtract(add(x, number(1, (2,))), number(1, (2,)))
>>> float(Entries(Point((np.array([1.0, 1e-30]),), {}), 100).at(tiny, (1,)))
1e-30
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import product
from typing import Any

import mpmath
import numpy as np

from ncd_cat.axes import Access, Index
from ncd_cat.evaluation.machine import concrete, ints
from ncd_cat.graph import Input, Node, Value, Weight
from ncd_cat.ops.contraction import Contraction, Term, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.linear_algebra import Inverse, LogAbsDet, OfMatrix
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Pointwise, Power, Where
from ncd_cat.ops.random import Draw
from ncd_cat.ops.reduction import Max, Reduction
from ncd_cat.scalars import CIRCLE, Scalar
from ncd_cat.signature import Guard
from proofs.draws import Point
from proofs.elimination import eliminated

MOST = 8_000  # factors of terms that are read for one entry
LONGEST = 4096  # bits of a fraction that stays one
Place = tuple[int, ...]


class Unknown(Exception):
    """An entry of an op that has no meaning for single numbers."""


class Undefined(Unknown):
    """An entry that is no real number."""


class TooMuch(Unknown):
    """An entry that takes too much work."""


class Entries:
    """Entries of nodes at a point, to `bits` bits, each computed once."""

    def __init__(self, point: Point, bits: int) -> None:
        self.point, self.numbers = point, Numbers(bits)
        self.left = MOST
        self._known: dict[tuple[Node, Place], Any] = {}
        self._defined: dict[Node, Value | None] = {}

    def at(self, v: Value, p: Place) -> Any:
        """The entry of a value at indices p.  Raises Unknown."""
        return self._entry(v.node, v.access, p)

    def _entry(self, n: Node, access: Access, p: Place) -> Any:
        key = n, tuple([_index(e, p) for e in access])
        if key not in self._known:
            self._known[key] = self._compute(*key)
        return self._known[key]

    def _compute(self, n: Node, p: Place) -> Any:
        self.left -= 1
        if self.left < 0:
            raise TooMuch
        if any(not 0 <= i < size for i, size in zip(p, ints(n.sizes), strict=True)):
            raise Unknown
        op = n.op
        if isinstance(op, Input | Weight | Draw | Literal):
            return self.numbers.read(self._array(n)[p].item())
        if isinstance(op, Contraction):
            return self.numbers.short(sum([x for term in terms_of(n) for x in self._terms(term, p)], Fraction(0)))
        if isinstance(op, Reduction):
            (x, access), bounds = n.operands[0], [range(size) for size in ints(op.bounds)]
            found = [self._entry(x, access, p + r) for r in product(*bounds) if _holds(op.conditions, p + r)]
            return max(found) if isinstance(op, Max) else min(found)
        if isinstance(op, Take):
            (x, access), (index, where) = n.operands
            return self._entry(x, access, (*p, int(self._entry(index, where, p))))
        if isinstance(op, OfMatrix):
            return self._of_matrix(n, op, p)
        return self._defined_or_pointwise(n, p)

    def _of_matrix(self, n: Node, op: OfMatrix, p: Place) -> Any:
        """An entry of an inverse, a determinant or its logarithm, by elimination."""
        (x, access), (size, degree) = n.operands[0], (ints((op.size,))[0], p[: len(n.degree)])
        self.left -= size**3
        if self.left < 0:
            raise TooMuch
        rows = [[self._entry(x, access, (*degree, i, j)) for j in range(size)] for i in range(size)]
        if not all(isinstance(x, Fraction) for row in rows for x in row):
            rows = [[self.numbers.real(x) for x in row] for row in rows]
        determinant, inverse = eliminated(rows, self.numbers.small)
        if isinstance(op, Inverse):
            if inverse is None:
                raise Undefined
            return self.numbers.short(inverse[p[-2]][p[-1]])
        if not isinstance(op, LogAbsDet):
            return self.numbers.short(determinant)
        if inverse is None:
            raise Undefined
        return self.numbers.log(abs(determinant))

    def _array(self, n: Node) -> Any:
        op, point = n.op, self.point
        if isinstance(op, Input):
            return point.inputs[op.position]
        if isinstance(op, Literal):
            return op.numpy(ints(n.sizes))
        return point.weights[op.key] if isinstance(op, Weight) else point.draws[op.key]  # type: ignore[attr-defined]

    def _terms(self, term: Term, p: Place) -> list[Any]:
        """The numbers that a term adds up."""
        scalar, found = self.numbers.scalar(term.scalar), []
        for r in product(*[range(size) for size in ints(term.bounds)]):
            if _holds(term.guards, p + r):
                self.left -= len(term.factors)
                value = scalar
                for x, access in term.factors:
                    value = value * self._entry(x, access, p + r)
                found.append(value)
        return found

    def _defined_or_pointwise(self, n: Node, p: Place) -> Any:
        op = n.op
        if n not in self._defined:
            self._defined[n] = op.definition(*[Value(x, a, n.domain(k)) for k, (x, a) in enumerate(n.operands)])
        defined = self._defined[n]
        if defined is not None:
            return self.at(defined, p)
        if isinstance(op, Where):
            taken = 1 if self._entry(*n.operands[0], p) else 2
            return self._entry(*n.operands[taken], p)
        if not isinstance(op, Pointwise):
            raise Unknown
        return self.numbers.applied(op, [self._entry(x, access, p) for x, access in n.operands])


class Numbers:
    """Fractions and floats of `bits` bits as a namespace of functions of numbers, such as `Pointwise.array` takes."""

    def __init__(self, bits: int) -> None:
        self.mp = mpmath.MPContext()
        self.mp.prec = bits

    def read(self, x: float) -> Any:
        """A number from an array."""
        return Fraction(x) if np.isfinite(x) else self.mp.mpf(x)

    def scalar(self, c: Scalar) -> Any:
        """An exact coefficient."""
        roots = [self.power(self.mp.pi() if base == CIRCLE else Fraction(base), exponent) for base, exponent in c.powers]  # type: ignore[arg-type]
        return self.mp.fprod([*roots, self.real(c.rational)]) if roots else c.rational

    def short(self, x: Any) -> Any:
        """The number, as a float if it is a fraction that has grown long."""
        return self.real(x) if isinstance(x, Fraction) and x.denominator.bit_length() + x.numerator.bit_length() > LONGEST else x

    def small(self, x: Any, beside: Any) -> bool:
        """Whether a number is 0, or may be: a float far below another one, which rounding makes of 0."""
        return not x if isinstance(x, Fraction | int) else bool(abs(x) <= abs(beside) * self.mp.mpf(2) ** (-self.mp.prec // 2))

    def real(self, x: Any) -> Any:
        """A fraction or truth value as a float."""
        return self.mp.mpf(x.numerator) / x.denominator if isinstance(x, Fraction | bool | int) else x

    def applied(self, op: Pointwise, given: Sequence[Any]) -> Any:
        """A function of numbers at numbers.  Raises Unknown where it has no real value."""
        try:
            result = self.power(given[0], op.exponent) if isinstance(op, Power) else op.array(self, *given)
        except ArithmeticError:
            raise Undefined from None
        except (AttributeError, TypeError, ValueError):
            raise Unknown from None
        if isinstance(result, self.mp.mpc) or result != result:
            raise Undefined
        return Fraction(int(result)) if isinstance(result, bool) else self.short(result)

    def power(self, x: Any, exponent: Fraction) -> Any:
        """x to a rational exponent."""
        if exponent.denominator == 1:
            return self.short(x ** int(exponent))
        return self.real(x) ** self.real(exponent)

    def exp(self, x: Any) -> Any:
        return self.mp.exp(self.real(x))

    def log(self, x: Any) -> Any:
        return self.mp.log(self.real(x))

    def erf(self, x: Any) -> Any:
        return self.mp.erf(self.real(x))

    def sin(self, x: Any) -> Any:
        return self.mp.sin(self.real(x))

    def cos(self, x: Any) -> Any:
        return self.mp.cos(self.real(x))

    def atan(self, x: Any) -> Any:
        return self.mp.atan(self.real(x))

    def floor(self, x: Any) -> Any:
        return Fraction(int(self.mp.floor(x)) if isinstance(x, self.mp.mpf) else x.__floor__())

    def maximum(self, x: Any, y: Any) -> Any:
        return max(x, y)

    def minimum(self, x: Any, y: Any) -> Any:
        return min(x, y)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return x if condition else y

    def ones_like(self, x: Any) -> Any:
        return Fraction(1)

    def zeros_like(self, x: Any) -> Any:
        return Fraction(0)


def _index(e: Index, p: Place) -> int:
    constant, digits = concrete(e)
    return constant + sum([s * (p[i] // t % n) for s, i, t, n in digits])


def _holds(guards: Sequence[Guard], p: Place) -> bool:
    return all(_index(e, p) == 0 if equal else _index(e, p) >= 0 for equal, e in guards)
