"""The normal form of exponents: e^(a+b) = e^a e^b, so sums in them are opened, within a bound, and exp makes factors of their terms."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, terms_of
from rewrites.chain import Chain
from rewrites.linear_form import simplified
from rewrites.rules import linear

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


def opened(chain: Chain, nf: Normaliser) -> bool:
    """Open the sums of an exponent, and its products of sums within the strategy's bound; whether there were any."""
    y = chain.node.operands[0][0]
    if not isinstance(y.op, Contraction):
        return False
    inner = Chain(y)
    alone = [(which, k) for which, k in _sums(y) if len(terms_of(y)[which].factors) == 1]
    if alone and inner.tried(linear.fuse, *alone):
        simplified(inner, nf, fuse_sums=False)
    wide = _sums(inner.node)
    if wide and _spread_size(inner.node) <= nf.strategy.exponent_terms and inner.tried(linear.distribute, *wide):
        simplified(inner, nf, fuse_sums=False)
    if inner.entries:
        chain.replace({0: inner.finished()})
    return bool(inner.entries)


def _sums(n: Node) -> list[tuple[int, int]]:
    """The factors that are sums, as (term, factor), descending within a term."""
    return [(which, k) for which, t in enumerate(terms_of(n)) for k in reversed(range(len(t.factors))) if _width(t.factors[k][0]) > 1]


def _spread_size(n: Node) -> int:
    """How many terms distributing every product over its sums would give."""
    return sum(math.prod(_width(x) for x, _ in t.factors) for t in terms_of(n))


def _width(n: Node) -> int:
    return len(n.op.specs) if isinstance(n.op, Contraction) else 1
