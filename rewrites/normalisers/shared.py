"""The normal form of a node, chosen by the class of its op: what all ops share, degree axes in canonical order.

The choices for each op are in `structural` and `pointwise`.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from ncd_cat.axes import identity
from ncd_cat.graph import node
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Reduction
from ncd_cat.signature import Op
from rewrites.arrange import Group, arrange
from rewrites.chain import Chain
from rewrites.rule import Rule
from rewrites.rules import (
    broadcast,
    transpose,
)

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


@singledispatch
def normalise(op: Op, chain: Chain, nf: Normaliser) -> None:
    """Bring the chain's node, whose operands are normal, into normal form.  Any op: its degree axes are arranged."""
    n = chain.node
    readings = tuple([(hash((k, x.order)), access) for k, (x, access) in enumerate(n.operands)])
    roots = [n.op.roots(k) for k in range(len(n.operands))]
    found = arrange(n.degree, [Group(r, (reading,), (), True) for r, reading in zip(roots, readings, strict=True)])
    places = sorted(found.groups, key=lambda p: p.origin)
    operands = [(x, p.readings[0][1]) for (x, _), p in zip(n.operands, places, strict=True)]
    m = node(n.op, operands, found.sizes + n.op.out)
    if m is not n:
        chain.rule(broadcast.slide, m, found.access)


def rewritten(chain: Chain, nf: Normaliser, rules: tuple[Rule, ...]) -> bool:
    """Apply the first of the rules that applies, and go on with the normal form of its result."""
    for rule in rules:
        if chain.tried(rule):
            nf.follow(chain)
            return True
    return False


def arranged(chain: Chain) -> None:
    """The degree axes of an op are those its operands use, in canonical order; the operands of a commutative one too."""
    n = chain.node
    if len(n.operands) == 1:
        x, access = n.operands[0]
        if x.sizes != n.sizes or access != identity(n.sizes):
            chain.rule(broadcast.slide, node(n.op, [(x, identity(x.sizes))], x.sizes), access)
        return
    if isinstance(n.op, Pointwise) and n.op.commutative and n.operands[0][0].order > n.operands[1][0].order:
        chain.rule(broadcast.commute)
    normalise.dispatch(Op)(chain.node.op, chain, None)


def refolded(chain: Chain) -> None:
    """The axes of a fold in canonical order."""
    n = chain.node
    op, (x, access) = n.op, n.operands[0]
    assert isinstance(op, Reduction)
    found = arrange(n.sizes, [Group(op.bounds, ((x.order, access),), op.conditions)])
    (place,) = found.groups
    m = node(type(op)(place.bounds, place.guards), [(x, place.readings[0][1])], found.sizes)
    if m is not n:
        chain.rule(transpose.refold, m, found.access, place.meaning)
