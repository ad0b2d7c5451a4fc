"""Blocks: two sums are equal if they are so on every block of an axis, where the brackets of the blocks are decided.

So a concatenation of strided slices is one reading of the array that they are slices of.  Source: the universal property of a
coproduct, for an axis as the disjoint union of its blocks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterator

from ncd_cat.axes import Access, Sizes, add, constant, identity, scale
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Contraction, Term
from ncd_cat.sizes import divide
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.brackets import simplified
from rewrites.rules.linear import reindexed, terms

MOST_BLOCKS = 256


def split_axis(sizes: Sizes, axis: int, count: int) -> tuple[Access, Sizes]:
    """Each axis as an index over axes of which one is two: its block and the place in it.  Raises RuleError."""
    length = divide(sizes[axis], count)
    if length is None:
        raise RuleError(f"an axis of size {sizes[axis]} has not {count} blocks")
    between = (*sizes[:axis], count, length, *sizes[axis + 1 :])
    entry = identity(between)
    joined = add(scale(entry[axis], length), entry[axis + 1])
    return (*entry[:axis], joined, *entry[axis + 2 :]), between


def on_blocks(t: Term, sizes: Sizes, axis: int, count: int) -> Iterator[Term]:
    """The term on each block of one of its own axes, which is then as long as a block.  Raises RuleError, or NotAffine."""
    joined, between = split_axis(sizes, axis, count)
    over = reindexed(t, joined, identity(t.bounds, len(between)), sizes + t.bounds)
    shorter = between[:axis] + between[axis + 1 :]
    own = identity(shorter)
    for k in range(count):
        inner = (*own[:axis], constant(k), *own[axis:])
        yield reindexed(over, inner, identity(t.bounds, len(shorter)), between + t.bounds)


@schema("s = t, if they are equal on every block of an axis", "coproducts", structure="linear",
        condition="on each block the same terms are left when brackets are decided")  # fmt: skip
def blocks(n: Node, args: Args) -> Value:
    """args: another sum over the same axes, an axis, and how many blocks it has."""
    other, axis, count = args
    if type(other) is not Node or not isinstance(other.op, Contraction) or other.sizes != n.sizes:
        raise RuleError("not a sum over the same axes")
    axis, count = nat(axis, len(n.sizes)), nat(count, MOST_BLOCKS + 1)
    if count < 2 or _on_each(n, axis, count) != _on_each(other, axis, count):
        raise RuleError("the two differ on some block")
    return Value.of(other)


def _on_each(n: Node, axis: int, count: int) -> list[Counter[Hashable]]:
    """The terms of a sum that are left on each block, in no order."""
    found: list[Counter[Hashable]] = [Counter() for _ in range(count)]
    for t in terms(n):
        for left, on_block in zip(found, on_blocks(t, n.sizes, axis, count), strict=True):
            guards = [simplified(g) for g in on_block.guards]
            if False not in guards:
                kept = frozenset(g for g in guards if not isinstance(g, bool))
                left[t.scalar, t.bounds, frozenset(Counter(on_block.factors).items()), kept] += 1
    return found


RULES = (blocks,)
