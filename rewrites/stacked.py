"""Guesses for sums over blocks of an axis: which one reading the slices may be that a concatenation puts side by side.

A guess only: the rule `blocks` compares the two on every block.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ncd_cat.axes import Index, NotAffine, Sizes, add, constant, identity, scale, substitute
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Term, contraction, terms_of
from ncd_cat.sizes import Size, divide
from rewrites.chain import Chain
from rewrites.recognise import in_digits
from rewrites.rules.blocks import blocks, on_blocks
from rewrites.rules.brackets import simplified

MOST = 16  # blocks that are looked at


def unstacked(chain: Chain) -> bool:
    """Whether a sum was one term on each block of an axis, and the current node is one term now that is the same there."""
    n = chain.node
    ts = terms_of(n)
    if not 1 < len(ts) <= MOST or not all(t.guards for t in ts):
        return False
    return any(_joined(chain, axis) for axis, size in enumerate(n.sizes) if divide(size, len(ts)) is not None and _cut(ts, axis))


def _cut(ts: Sequence[Term], axis: int) -> bool:
    """Whether every term has a bracket about an axis alone."""
    return all(any({d[1] for d in e[1]} == {axis} for _, e in t.guards) for t in ts)


def _joined(chain: Chain, axis: int) -> bool:
    n = chain.node
    try:
        parts = _parts(n, axis)
        found = _one(parts, n.sizes, axis) if parts else None
    except NotAffine:
        return False
    return found is not None and chain.tried(blocks, contraction([found], n.sizes), axis, len(parts))


def _parts(n: Node, axis: int) -> list[Term]:
    """The one term that is left on each block; none if there is not one on each."""
    ts = terms_of(n)
    found: dict[int, Term] = {}
    for t in ts:
        for k, part in enumerate(on_blocks(t, n.sizes, axis, len(ts))):
            guards = [simplified(g) for g in part.guards]
            if False in guards:
                continue
            if k in found:
                return []
            found[k] = part._replace(guards=tuple(g for g in guards if not isinstance(g, bool)))
    return [found[k] for k in sorted(found)] if len(found) == len(ts) else []


def _one(parts: Sequence[Term], sizes: Sizes, axis: int) -> Term | None:
    """The term that may be each of the given ones on its block: they read the same arrays, evenly further in each."""
    first, count = parts[0], len(parts)
    length = divide(sizes[axis], count)
    nodes = [x for x, _ in first.factors]
    if length is None or any(t._replace(factors=()) != first._replace(factors=()) or [x for x, _ in t.factors] != nodes for t in parts):
        return None
    shorter = (*sizes[:axis], length, *sizes[axis + 1 :])
    own = list(identity(sizes))
    own[axis] = constant(0) if length == 1 else (0, ((1, axis, 1, length),))
    inner, between = (*own, *identity(first.bounds, len(sizes))), shorter + first.bounds
    factors = []
    for j, x in enumerate(nodes):
        read = []
        for p in range(len(x.sizes)):
            start = _start([t.factors[j][1][p] for t in parts], axis, length)
            if start is None:
                return None
            read.append(add(substitute(first.factors[j][1][p], inner, between), start))
        factors.append((x, tuple(read)))
    return first._replace(factors=tuple(factors), guards=tuple([(eq, substitute(e, inner, between)) for eq, e in first.guards]))


def _start(indices: Sequence[Index], axis: int, length: Size) -> Index | None:
    """How much further an index reads on each block than on the first, as digits of the number of the block."""
    digits, steps = indices[0][1], [e[0] - indices[0][0] for e in indices]
    if any(e[1] != digits for e in indices):
        return None
    if all(isinstance(c, int) for c in steps):
        _, found = in_digits(np.array(steps), axis)
        return 0, tuple([(s, i, t * length, m) for s, i, t, m in found])
    block: Index = (0, ((1, axis, length, len(indices)),))
    return scale(block, steps[1]) if all(c == k * steps[1] for k, c in enumerate(steps)) else None
