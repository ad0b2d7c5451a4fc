"""Transposition: a contraction is its wiring, so bending, crossing, splitting and merging its axes only renames indices.

One schema says it all: n = m ∘ α when, after substituting α for m's axes and a mixed-radix bijection for its bound axes,
the two have the same terms.  It is associativity and commutativity of the product, the transpose of a linear map by cup
and cap, double transpose, the transpose of a composite, and the splitting and merging of axes.  Source: coherence for
compact closed categories (Kelly and Laplaza 1980); completeness for linear maps (Hasegawa, Hofmann and Plotkin 2008).
"""

from __future__ import annotations

from ncd_cat.axes import Access, Sizes, renumber, substitute
from ncd_cat.graph import Node, Value
from ncd_cat.ops.reduction import Reduction
from ncd_cat.reindexing import bijective
from rewrites.rule import Args, RuleError, access, nat, schema
from rewrites.rules.linear import reindexed, same_factors, terms


@schema("n = m[α]", "coherence for compact closed categories", structure="linear",
        condition="m[α], its bound axes renamed by a bijection, has the terms of n")  # fmt: skip
def transpose(n: Node, args: Args) -> Value:
    """args: the node m, the access α, and for each term of m [the term of n, the indices for the bound axes of m's]."""
    m, alpha, renamings = args[0], access(args[1], n.sizes), args[2]
    ours, theirs = terms(n), terms(m)
    if len(alpha) != len(m.sizes) or len(renamings) != len(theirs) or sorted(r[0] for r in renamings) != list(range(len(ours))):
        raise RuleError("the two contractions do not have as many terms")
    for t, (k, bound) in zip(theirs, renamings, strict=True):
        mine = ours[nat(k, len(ours))]
        indices = access(bound, n.sizes + mine.bounds)
        check_bijection(n.sizes, mine.bounds, t.bounds, indices)
        moved = reindexed(t, alpha, indices, m.sizes + t.bounds)
        if moved.scalar != mine.scalar or set(moved.guards) != set(mine.guards) or not same_factors(moved.factors, mine.factors):
            raise RuleError(f"term {k} is not the renamed one")
    return Value(m, alpha, n.sizes)


@schema("max_{i} x[η(i)] = max_{j} x[η(β(j))]", "a fold does not depend on the order of its entries", structure="order",
        condition="β is a bijection")  # fmt: skip
def refold(n: Node, args: Args) -> Value:
    """args: the node m, the access α, the indices for the bound axes of m; n and m are folds of one kind."""
    m = args[0]
    if not isinstance(n.op, Reduction) or not isinstance(m.op, type(n.op)):
        raise RuleError("not two folds of one kind")
    alpha, indices = access(args[1], n.sizes), access(args[2], n.sizes + n.op.bounds)
    if len(alpha) != len(m.sizes):
        raise RuleError("the access does not fit")
    check_bijection(n.sizes, n.op.bounds, m.op.bounds, indices)
    between, inner = m.sizes + m.op.bounds, alpha + indices
    (x, entries), (y, other) = n.operands[0], m.operands[0]
    moved = tuple([substitute(e, inner, between) for e in other])
    guards = {(equal, substitute(e, inner, between)) for equal, e in m.op.conditions}
    if x is not y or moved != entries or guards != set(n.op.conditions):
        raise RuleError("the entries are not the same")
    return Value(m, alpha, n.sizes)


def check_bijection(own: Sizes, bounds: Sizes, renamed: Sizes, indices: Access) -> None:
    """Raise RuleError unless indices, over (own, bounds), map the bound axes one to one onto axes of sizes `renamed`."""
    start = len(own)
    if len(indices) != len(renamed) or any(d[1] < start for e in indices for d in e[1]):
        raise RuleError("the bound axes are not renamed among themselves")
    if not bijective(bounds, [(renumber(e, -start), b) for e, b in zip(indices, renamed, strict=True)]):
        raise RuleError("the renaming of the bound axes is no bijection")


RULES = (transpose, refold)
