"""Facts are properties of a node at every index, derived from the node alone: positive, finite, a truth value.

Each is decided by recursion on the term, soundly and without search: False means "not seen".  A recursion that would go
deeper than `DEPTH` answers False.
"""

from __future__ import annotations

import math

import numpy as np

from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Compare, Exp, Maximum, Power, Where
from ncd_cat.ops.reduction import Reduction
from ncd_cat.scalars import Scalar

DEPTH = 40
MINUS_INFINITY = -1e30  # a constant below this, in a mask, is a float minimum and is read as −∞


def positive(n: Node, depth: int = DEPTH) -> bool:
    """Whether every entry is > 0 (where it is defined)."""
    if depth == 0:
        return False
    match n.op:
        case Exp():
            return exponent_finite(n.operands[0][0], depth - 1)
        case Literal():
            return bool((table(n) > 0).all())
        case Contraction():
            return _positive_sum(n, depth - 1)
        case Power() | Take() | Reduction():
            return positive(n.operands[0][0], depth - 1)
        case Maximum():
            return any(positive(x, depth - 1) for x, _ in n.operands)
    return False


def _positive_sum(n: Node, depth: int) -> bool:
    """All terms are positive or, under a bracket, at least not negative; one has no bracket."""
    terms = terms_of(n)
    free = any(not t.guards for t in terms)
    return free and all(t.scalar.positive and all(positive(x, depth) for x, _ in t.factors) for t in terms)


def exponent_finite(n: Node, depth: int = DEPTH) -> bool:
    """Whether no entry can be −∞, so that its exponential is not 0."""
    return finite(n, depth)


def finite(n: Node, depth: int = DEPTH) -> bool:
    """Whether no entry comes from an infinite constant, nor from a float minimum that stands for one."""
    if depth == 0:
        return False
    if isinstance(n.op, Literal):
        return bool((np.abs(table(n)) < -MINUS_INFINITY).all())
    if isinstance(n.op, Contraction) and any(abs(approximate(t.scalar)) >= -MINUS_INFINITY for t in terms_of(n)):
        return False
    if isinstance(n.op, Exp):
        return True
    return all(finite(x, depth - 1) for x, _ in n.operands)


def truth(n: Node) -> bool:
    """Whether every entry is 0 or 1."""
    if n.kind == "bool" or isinstance(n.op, Compare):
        return True
    if isinstance(n.op, Literal):
        return bool(np.isin(table(n), (0, 1)).all())
    if isinstance(n.op, Contraction) and len(n.op.specs) <= 1:
        return all(t.scalar == Scalar.of(1) and not t.bounds and all(truth(x) for x, _ in t.factors) for t in terms_of(n))
    return False


def approximate(c: Scalar) -> float:
    """The size of a scalar, roughly: symbolic sizes count as 1, too large a number as infinite."""
    try:
        return float(c.rational)
    except OverflowError:
        return math.inf


def table(n: Node) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """The entries of a literal as float64."""
    assert isinstance(n.op, Literal)
    return n.op.numpy([s for s in n.sizes if isinstance(s, int)]).astype(np.float64)


__all__ = ["MINUS_INFINITY", "Where", "finite", "positive", "table", "truth"]
