"""Facts about a node at every index, read off its form: a truth value, the entries of a literal, the size of a scalar.

That a node is positive, or finite, each op declares itself (`signature.Op`).  All facts are sound: False means "not seen".
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Compare
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import HUGE

MINUS_INFINITY = -HUGE  # a constant below this, in a mask, is a float minimum and is read as −∞


def truth(n: Node) -> bool:
    """Whether every entry is 0 or 1."""
    if n.kind == "bool" or isinstance(n.op, Compare):
        return True
    if isinstance(n.op, Literal):
        return bool(np.isin(table(n), (0, 1)).all())
    if isinstance(n.op, Contraction) and len(n.op.specs) <= 1:
        return all(t.scalar == ONE and not t.bounds and all(truth(x) for x, _ in t.factors) for t in terms_of(n))
    return False


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
