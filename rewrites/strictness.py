"""Strictness: f(…, ⊥, …) = ⊥, so where a term goes, what another term reads as well need not be assumed to have a value.

Sums, products, maxima, powers, exponentials, logarithms, sines and cosines are strict, as partial functions on the real numbers; a
choice and a comparison are not taken to be.  Source: denotational semantics, Scott 1970.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ncd_cat.axes import Access, NotAffine, Sizes, identity, substitute
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, Term, terms_of
from ncd_cat.ops.pointwise import Cos, Exp, Log, Maximum, Minimum, Power, Sin
from ncd_cat.signature import Guard

STRICT = (Cos, Exp, Log, Maximum, Minimum, Power, Sin)
DEEPEST, MOST = 6, 256  # how far down, and how many values, are looked at


class Read(NamedTuple):
    """A node that is read, over the axes of a sum and then `bounds`, wherever the guards hold."""

    node: Node
    access: Access
    bounds: Sizes
    guards: tuple[Guard, ...]


def needed(ts: Sequence[Term], sizes: Sizes) -> list[Read]:
    """What the sum of some terms over axes `sizes` needs to have a value, as far as it is looked at."""
    tops = (Read(x, a, t.bounds, t.guards) for t in ts if t.scalar.rational for x, a in t.factors)
    return list(islice((r for top in tops for r in _below(top, sizes, DEEPEST)), MOST))


def _below(r: Read, sizes: Sizes, depth: int) -> Iterator[Read]:
    yield r
    if depth and not r.node.defined:
        try:
            inner = _inside(r, sizes)
        except NotAffine:
            return
        for one in inner:
            yield from _below(one, sizes, depth - 1)


def _inside(r: Read, sizes: Sizes) -> list[Read]:
    """What a strict op needs.  Raises NotAffine."""
    n = r.node
    if isinstance(n.op, Contraction):
        return [one for t in terms_of(n) if t.scalar.rational for one in _of_term(t, r, sizes)]
    if not isinstance(n.op, STRICT) or (isinstance(n.op, Power) and not n.op.exponent):
        return []
    return [r._replace(node=x, access=tuple([substitute(e, r.access, n.sizes) for e in a])) for x, a in n.operands]


def _of_term(t: Term, r: Read, sizes: Sizes) -> list[Read]:
    inner = r.access + identity(t.bounds, len(sizes) + len(r.bounds))
    between = r.node.sizes + t.bounds
    held = tuple([(equal, substitute(e, inner, between)) for equal, e in t.guards])
    return [Read(x, tuple([substitute(e, inner, between) for e in a]), r.bounds + t.bounds, r.guards + held) for x, a in t.factors]


def implied(factor: tuple[Node, Access], t: Term, reads: Sequence[Read]) -> bool:
    """Whether a factor of a term has a value wherever what is read has values.  Infinities may be hidden: a finite factor only."""
    x, access = factor
    return x.finite and any(
        (r.node, r.access) == (x, access) and r.bounds == t.bounds[: len(r.bounds)] and set(r.guards) <= set(t.guards) for r in reads
    )
