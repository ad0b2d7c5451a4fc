"""Cups and caps: a cup against a cap is a wire (snake), and a closed loop is the size of its axis.

A cap δ_ij is the bracket [i = j], a cup is a sum over a repeated index; so the snake equation, sliding along a cup and
yanking all say that a bracket of equality under a sum eliminates the summed index.  Sources: Kelly and Laplaza 1980;
Selinger, A survey of graphical languages for monoidal categories, section 4.8.
"""

from __future__ import annotations

from ncd_cat.axes import add, identity, scale
from ncd_cat.graph import Node, Value
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.scalars import Scalar
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import rebuilt, reindexed, terms, used_bounds, without_bounds


@schema("Σ_{i:n} t = n · t", "the closed loop of a compact closed category", structure="linear", condition="i is not in t")
def loop(n: Node, args: Args) -> Value:
    """Every sum over an index that its term does not mention becomes the size of its axis."""
    found = []
    for t in terms(n):
        kept = used_bounds(t, len(n.sizes))
        scalar = t.scalar
        for k, b in enumerate(t.bounds):
            scalar = scalar if k in kept else scalar * Scalar.of(b)
        found.append(t if len(kept) == len(t.bounds) else without_bounds(t, kept, n.sizes)._replace(scalar=scalar))
    return rebuilt(found, n)


@schema("Σ_i [i = e] · t(i) = [0 <= e < n] · t(e)", "the snake equation", structure="linear", condition="i is not in e")
def snake(n: Node, args: Args) -> Value:
    """args: term, guard.  The guard is an equality in which a whole bound axis has coefficient 1 or −1."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t = ts[which]
    equal, e = t.guards[nat(args[1], len(t.guards))]
    start, total = len(n.sizes), len(n.sizes) + len(t.bounds)
    whole_axes = [d for d in e[1] if d[1] >= start and d[2] == 1 and d[3] == t.bounds[d[1] - start] and d[0] in (1, -1)]
    alone = [d for d in whole_axes if sum(other[1] == d[1] for other in e[1]) == 1]
    if not equal or not alone:
        raise RuleError("no bound axis is alone in that equality")
    sign, axis = alone[-1][0], alone[-1][1]
    rest = (e[0], tuple(d for d in e[1] if d[1] != axis))
    solved = add(scale(rest, -sign))
    size = t.bounds[axis - start]
    inner = list(identity(n.sizes + t.bounds))
    inner[axis] = solved
    moved = reindexed(t, tuple(inner[:start]), tuple(inner[start:total]), n.sizes + t.bounds)
    guards = tuple(g for k, g in enumerate(moved.guards) if k != args[1]) + tuple(range_guards(solved, size))
    kept = [k for k in range(len(t.bounds)) if start + k != axis]
    ts[which] = without_bounds(moved._replace(guards=guards), kept, n.sizes)
    return rebuilt(ts, n)


RULES = (loop, snake)
