"""The normal form by cases: maxima become comparisons, functions of comparisons are expanded, and what is 0 in every cell goes.

The level that uses it has sums of products of truth values with functions without any; see `rewrites.rules.cases`.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.pointwise import Compare, Maximum, Pointwise
from rewrites.chain import Chain
from rewrites.rule import RuleError
from rewrites.rules import cases, cells, order

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


def settled(chain: Chain, nf: Normaliser) -> bool:
    """Bring a function computed entry by entry, whose operands are normal, into normal form by cases; whether it had any."""
    op = chain.node.op
    if not isinstance(op, Pointwise) or not (_gated(chain) if isinstance(op, Maximum) else _expanded(chain)):
        return False
    nf.follow(chain)
    return True


def _gated(chain: Chain) -> bool:
    """A maximum as a product with a comparison, of what is compared up to its sign."""
    if chain.tried(order.max_pair):
        return True
    try:
        y = order.relu_argument(chain.node).node
    except RuleError:
        return False
    ts = terms_of(y) if isinstance(y.op, Contraction) else ()
    return chain.tried(order.relu_of_nonnegative) or chain.tried(cases.relu_gate, int(len(ts) == 1 and not ts[0].scalar.positive))


def _expanded(chain: Chain) -> bool:
    """A function of a sum in which there are truth values; a comparison of two values of a monotone function."""
    n = chain.node
    for k in range(len(n.operands)):
        for which, t in enumerate(cases.flat(order.read(n, k))):
            if any(isinstance(x.op, Compare) and chain.tried(cases.expand, k, which, j) for j, (x, _) in enumerate(t.factors)):
                return True
    return chain.tried(cases.less_monotone)


def vanished(chain: Chain) -> bool:
    """Drop the terms of a sum that add up to 0 in every cell; whether there were any."""
    groups: dict[Hashable, list[int]] = {}
    for k, t in enumerate(terms_of(chain.node)):
        groups.setdefault((t.bounds, frozenset(t.guards)), []).append(k)
    return any(chain.tried(cells.cells, *ks) for ks in sorted(groups.values(), reverse=True))
