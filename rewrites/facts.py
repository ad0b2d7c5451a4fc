"""Facts about a node at every index, read off its form: a truth value, the entries of a literal, the size of a scalar.

That a node is positive, or finite, each op declares itself (`signature.Op`).  All facts are sound: False means "not seen".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Compare, Power
from ncd_cat.ops.retraction import Nonzero, PositiveRows
from ncd_cat.scalars import Scalar
from ncd_cat.signature import HUGE

MINUS_INFINITY = -HUGE  # a constant below this, in a mask, is a float minimum and is read as −∞


def truth(n: Node) -> bool:
    """Whether every entry is 0 or 1."""
    found = _two_values(n, {})
    return found is not None and {found[0], found[0] + found[1]} <= {0, 1}


def nonzero(n: Node) -> bool:
    """Whether no entry is 0."""
    if n.positive or isinstance(n.op, Nonzero):
        return True
    if isinstance(n.op, Power):
        return nonzero(n.operands[0][0])
    ts = terms_of(n) if isinstance(n.op, Contraction) else ()
    plain = len(ts) == 1 and not (ts[0].bounds or ts[0].guards) and bool(ts[0].scalar.rational)
    return plain and all(nonzero(x) for x, _ in ts[0].factors)


def _two_values(n: Node, known: dict[Node, tuple[Fraction, Fraction] | None]) -> tuple[Fraction, Fraction] | None:
    """(a, b) if every entry is seen to be a or a + b, as those of a + b·t are for truth values t."""
    if n not in known:
        if n.kind == "bool" or isinstance(n.op, Compare) or (isinstance(n.op, Literal) and np.isin(table(n), (0, 1)).all()):
            known[n] = Fraction(0), Fraction(1)
        elif isinstance(n.op, PositiveRows):
            known[n] = (Fraction(0), Fraction(1)) if truth(n.operands[0][0]) else None
        else:
            known[n] = _two_values_of_sum(n, known) if isinstance(n.op, Contraction) else None
    return known[n]


def _two_values_of_sum(n: Node, known: dict[Node, tuple[Fraction, Fraction] | None]) -> tuple[Fraction, Fraction] | None:
    """The same for a sum of terms, all but one of which are constants."""
    constant = varying = Fraction(0)
    for t in terms_of(n):
        pairs = [_two_values(x, known) for x, _ in t.factors]
        if t.bounds or t.scalar.powers or None in pairs:
            return None
        a, b = _times([pair for pair in pairs if pair is not None], bool(t.guards))
        if b is None or (b and varying):
            return None
        constant, varying = constant + t.scalar.rational * a, varying + t.scalar.rational * b
    return constant, varying


def _times(pairs: Sequence[tuple[Fraction, Fraction]], guarded: bool) -> tuple[Fraction, Fraction | None]:
    """The two values of a product: of one factor, or of truth values; the second is None where there may be more."""
    if guarded or len(pairs) > 1:
        return Fraction(0), Fraction(1) if all({a, a + b} <= {0, 1} for a, b in pairs) else None
    return pairs[0] if pairs else (Fraction(1), Fraction(0))


def approximate(c: Scalar) -> float:
    """The rational part of a scalar, roughly; infinite if it is too large for a float."""
    try:
        return float(c.rational)
    except OverflowError:
        return math.inf


def table(n: Node) -> NDArray[np.float64]:
    """The entries of a literal as float64."""
    assert isinstance(n.op, Literal)
    return n.op.numpy([s for s in n.sizes if isinstance(s, int)]).astype(np.float64)
