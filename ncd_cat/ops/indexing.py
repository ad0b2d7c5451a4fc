"""Indexing by data: out[p] = x[η(p), i[ζ(p)], …], the gather that embeds tokens.

Indexing by constants is a reindexing and has no op here.  The claim holds for all indices in range.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes
from ncd_cat.graph import Node, Value, apply
from ncd_cat.signature import Kind, Op
from ncd_cat.sizes import Size


@dataclass(frozen=True)
class Take(Op):
    """x and an index i: the entry of x's one root axis, of size `size`, that i names; all other axes are degree axes."""

    size: Size
    glyph = "index"
    arity = 2

    def roots(self, k: int) -> Sizes:
        return (self.size,) if k == 0 else ()

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def array(self, xp: Any, *arrays: Any) -> Any:
        x, index = arrays
        return xp.take_along_axis(x, xp.astype(index, xp.int64)[..., None], axis=-1)[..., 0]


def embedding(table: Value, index: Value) -> Value:
    """The rows of a table (n, *rest) at indices (*shape): an array (*shape, *rest)."""
    from ncd_cat.axes import whole

    n, rest, shape = table.sizes[0], table.sizes[1:], index.sizes
    degree, k = shape + rest, len(shape)
    rows = tuple(whole(k + j, m) for j, m in enumerate(rest))
    return apply(Take(n), table.at((whole(len(degree), n), *rows), (*degree, n)),
                 index.at(tuple(whole(j, m) for j, m in enumerate(shape)), degree), degree=degree)  # fmt: skip
