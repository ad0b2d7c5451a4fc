"""The normal form by cases: maxima become comparisons, functions of comparisons are expanded, and what is 0 in every cell goes.

The level that uses it has sums of products of truth values with functions without any; see `rewrites.rules.cases`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable
from typing import TYPE_CHECKING

from ncd_cat.axes import axes_of
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Compare, Equal, Maximum, Pointwise
from rewrites.chain import Chain
from rewrites.rule import RuleError
from rewrites.rules import cases, cells, comparison, linear, order

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


def settled(chain: Chain, nf: Normaliser) -> bool:
    """Bring a function computed entry by entry, whose operands are normal, into normal form by cases; whether it had any."""
    op = chain.node.op
    if not isinstance(op, Pointwise) or not (_gated(chain) if isinstance(op, Maximum) else _expanded(chain) or _signed(chain)):
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
    return chain.tried(cases.compare_numbers) or chain.tried(cases.less_monotone)


def _signed(chain: Chain) -> bool:
    """The sign of a product, without factors that are positive, as those of its factors."""
    return chain.tried(comparison.less_scale) or chain.tried(comparison.sign_of_product, 0)


def chosen(chain: Chain) -> bool:
    """Write a short sum over an index that is compared, as a table of numbers, with data out; whether there was one."""
    ts, start = terms_of(chain.node), len(chain.node.sizes)
    for which, t in enumerate(ts):
        tables = [(access, a) for x, access in t.factors if isinstance(x.op, Equal) for y, a in x.operands if isinstance(y.op, Literal)]
        read = {d[1] - start for access, a in tables for e in a for k in axes_of(e) for d in access[k][1]}
        for k, size in enumerate(t.bounds):
            if k in read and isinstance(size, int) and len(ts) + size <= linear.LARGEST_SUM and chain.tried(linear.unroll, which, k):
                return True
    return False


def vanished(chain: Chain) -> bool:
    """Drop the comparisons that others imply and the terms that add up to 0 in every cell; whether there were any."""
    found = False
    for which, t in reversed([*enumerate(terms_of(chain.node))]):
        gates = [k for k, (x, _) in enumerate(t.factors) if isinstance(x.op, Compare)]
        if gates and chain.tried(cells.cells, which):
            found = True
            continue
        for k in reversed(gates):
            found |= chain.tried(cells.implied, which, k)
    if found:
        return True
    groups: dict[Hashable, list[int]] = {}
    for k, t in enumerate(terms_of(chain.node)):
        rest = Counter(f for f in t.factors if not isinstance(f[0].op, Compare))
        for key in ((), (frozenset(rest.items()),)):
            groups.setdefault((t.bounds, frozenset(t.guards), key), []).append(k)
    compared = {k for k, t in enumerate(terms_of(chain.node)) if any(isinstance(x.op, Compare) for x, _ in t.factors)}
    several = sorted({tuple(ks) for ks in groups.values() if len(ks) > 1 and compared.intersection(ks)}, key=lambda ks: (-len(ks), ks))
    return any(chain.tried(cells.cells, *ks) for ks in several)
