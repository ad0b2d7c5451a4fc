"""What a function cannot see: softmax(x + c) = softmax(x) where c is the same along the axis, so c is dropped.

A summand may be hidden in a factor: of Σ q·(k + b), a score for each key, the part Σ q·b does not depend on the key.
Whoever uses this proves the outcome equal to what it was given; nothing here is trusted.
Source: shift invariance of the normalised exponential; the key bias of attention is redundant by it.
"""

from __future__ import annotations

from functools import singledispatch

from ncd_cat.axes import Access, NotAffine, Sizes, axes_of, identity, substitute
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Contraction, Term, contraction, number, terms_of
from ncd_cat.ops.norm import LayerNorm
from ncd_cat.ops.softmax import Softmax
from ncd_cat.signature import Op


@singledispatch
def unburdened(op: Op, n: Node) -> Value:
    """The node without what its op cannot see in its operands."""
    return Value.of(n)


@unburdened.register(Softmax)
@unburdened.register(LayerNorm)
def _(op: Softmax | LayerNorm, n: Node) -> Value:
    """What is the same along the root axes is subtracted by the op itself."""
    x, access = n.operands[0]
    roots = set(range(len(n.degree), len(n.sizes)))
    try:
        y = _varying(x, access, n.sizes, roots)
    except NotAffine:  # readings that do not compose
        return Value.of(n)
    return Value.of(n) if y is None else Value.of(node(op, [(y.node, y.access)], n.sizes))


def _varying(x: Node, access: Access, domain: Sizes, along: set[int], depth: int = 4) -> Value | None:
    """x, read over `domain`, without summands that are the same along some axes; None if it has none."""
    if not isinstance(x.op, Contraction) or not depth:
        return None
    kept: list[Term] = []
    changed = False
    for t in terms_of(x):
        inner = access + identity(t.bounds, len(domain))
        between, whole_domain = x.sizes + t.bounds, domain + t.bounds
        factors = [(y, tuple([substitute(e, inner, between) for e in a])) for y, a in t.factors]
        guards = tuple([(equal, substitute(e, inner, between)) for equal, e in t.guards])
        varies = [any(axes_of(e) & along for e in a) for _, a in factors]
        if any(axes_of(e) & along for _, e in guards):
            kept.append(Term(t.scalar, t.bounds, tuple(factors), guards))
        elif not any(varies):
            changed = True
        else:
            if varies.count(True) == 1:
                k = varies.index(True)
                better = _varying(*factors[k], whole_domain, along, depth - 1)
                if better is not None:
                    factors[k], changed = (better.node, better.access), True
            kept.append(Term(t.scalar, t.bounds, tuple(factors), guards))
    if not changed:
        return None
    return Value.of(contraction(kept, domain)) if kept else number(0, domain)
