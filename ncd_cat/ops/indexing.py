"""Indexing by data: out[p] = x[η(p), i[ζ(p)], …], the gather that embeds tokens.

Indexing by constants is a reindexing and has no op here.  The claim holds for all indices in range.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ncd_cat.axes import Access, Index, Sizes, axes_of, identity, whole
from ncd_cat.graph import Node, Value, apply
from ncd_cat.signature import Kind, Op
from ncd_cat.sizes import Size

if TYPE_CHECKING:
    from ncd_cat.ops.contraction import Contraction, Term


@dataclass(frozen=True)
class Indexing(Op):
    """A function of an array and of places in an axis, which are data."""

    glyph = "index"
    arity = 2

    def check(self, n: Node) -> None:
        super().check(n)
        check_index_kind(self, n)

    @abstractmethod
    def roots(self, k: int) -> Sizes: ...


@dataclass(frozen=True)
class Take(Indexing):
    """x and an index i: the entry of x's one root axis, of size `size`, that i names; all other axes are degree axes."""

    size: Size

    def roots(self, k: int) -> Sizes:
        return (self.size,) if k == 0 else ()

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def pullback(self, n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
        """Entries of the cotangent are added up by their index, along the axes that x lacks too: no one-hot matrix is made."""
        from ncd_cat.ops.contraction import Term
        from ncd_cat.ops.scatter import Scatter
        from ncd_cat.scalars import ONE

        (x, access), (index, entry), rank = *n.operands, len(n.sizes)
        if 0 not in needed:
            return
        used = {k for e in access for k in axes_of(e)}
        kept, summed = ([k for k in range(rank) if (k in used) == wanted] for wanted in (True, False))
        place = {k: j for j, k in enumerate([*kept, rank])}
        sizes, bounds = tuple([n.sizes[k] for k in kept]), tuple([n.sizes[k] for k in summed])
        inner, front = lead + sizes + bounds, len(lead)
        spot = {k: front + j for j, k in enumerate([*kept, *summed])}
        reads = tuple([whole(spot[k], n.sizes[k]) for k in range(rank)])
        index_read = Value(index, entry, n.sizes).at(reads, inner)
        added = apply(Scatter(bounds, self.size), cotangent.at((*identity(lead), *reads), inner), index_read, degree=lead + sizes)
        yield Value(x, tuple([_renamed(e, place) for e in access]), (*sizes, self.size)), Term(ONE, (), ((added.node, added.access),))

    def array(self, xp: Any, *arrays: Any) -> Any:
        x, index = arrays
        return xp.take_along_axis(x, xp.astype(index, xp.int64)[..., None], axis=-1)[..., 0]


def check_index_kind(op: Op, n: Node) -> None:
    """Raise TypeError unless operand 1, an index, has whole numbers; a number by itself, as proofs write it, has kind real."""
    from ncd_cat.ops.contraction import Contraction

    index = n.operands[1][0]
    if index.kind == "real" and not (isinstance(index.op, Contraction) and not index.operands and _whole(index.op)):
        raise TypeError(f"{op} takes an index of whole numbers, not of reals")


def _whole(op: Contraction) -> bool:
    return all(spec.scalar.rational.denominator == 1 and not spec.scalar.powers for spec in op.specs)


def _renamed(e: Index, place: dict[int, int]) -> Index:
    return e[0], tuple([(s, place[k], t, m) for s, k, t, m in e[1]])


def embedding(table: Value, index: Value) -> Value:
    """The rows of a table (n, *rest) at indices (*shape): an array (*shape, *rest)."""
    n, rest, shape = table.sizes[0], table.sizes[1:], index.sizes
    degree, k = shape + rest, len(shape)
    rows = tuple(whole(k + j, m) for j, m in enumerate(rest))
    return apply(Take(n), table.at((whole(len(degree), n), *rows), (*degree, n)),
                 index.at(tuple(whole(j, m) for j, m in enumerate(shape)), degree), degree=degree)  # fmt: skip
