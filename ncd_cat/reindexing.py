"""Morphisms of St: index maps that stay within their axes, how they compose, and which of them are bijective.

A bijection is seen where it is in mixed radix: each index is a complete number, coefficients 1, n₁, n₁·n₂, …, and
the digits tile every axis.  Sources: the category St of arXiv 2604.07242, section 2; for mixed radix, Knuth, The Art of
Computer Programming, volume 2, section 4.1.

>>> from ncd_cat.axes import add, scale, whole
>>> heads = Reindexing((3, 4, 5), (3, 20), (whole(0, 3), add(scale(whole(1, 4), 5), whole(2, 5))))
>>> print(heads)
(i0:3, i1:4, i2:5) -> (i0, 5*i1 + i2)
>>> split = Reindexing((3, 20), (3, 4, 5), (whole(0, 3), (0, ((1, 1, 5, 4),)), (0, ((1, 1, 1, 5),))))
>>> print(heads >> split)
(i0:3, i1:4, i2:5) -> (i0, i1, i2)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ncd_cat.axes import Access, Digit, Index, Sizes, axes_of, bounds, compose, identity, show, within
from ncd_cat.sizes import Size


@dataclass(frozen=True)
class Reindexing:
    """A morphism dom → cod of St: one index per axis of `cod`, in the axes of `dom`.

    Raises ValueError if an index may leave its axis: a padded reading is a contraction with a guard, not a reindexing.
    """

    dom: Sizes
    cod: Sizes
    indices: Access

    def __post_init__(self) -> None:
        if len(self.indices) != len(self.cod):
            raise ValueError(f"a reindexing into {len(self.cod)} axes has {len(self.indices)} indices")
        for k, (e, n) in enumerate(zip(self.indices, self.cod, strict=True)):
            if any(i >= len(self.dom) for i in axes_of(e)):
                raise ValueError(f"index {show(e)} of axis {k} reads an axis that is not there")
            if not within(e, n):
                low, high = bounds(e)
                raise ValueError(f"index {show(e)} of axis {k} runs from {low} to {high}, outside its size {n}")

    def __rshift__(self, other: Reindexing) -> Reindexing:
        """f >> g, first f: P → Q, then g: Q → R.  Raises ValueError unless f's codomain is g's domain."""
        if self.cod != other.dom:
            raise ValueError(f"index maps do not compose: axes {self.cod} are not axes {other.dom}")
        return Reindexing(self.dom, other.cod, compose(other.indices, self.indices, other.dom))

    @staticmethod
    def id(sizes: Sequence[Size]) -> Reindexing:
        """The identity."""
        return Reindexing(tuple(sizes), tuple(sizes), identity(sizes))

    def __str__(self) -> str:
        source = ", ".join(f"i{k}:{n}" for k, n in enumerate(self.dom))
        return f"({source}) -> ({', '.join(show(e) for e in self.indices)})"


def bijective(sizes: Sequence[Size], indices: Sequence[tuple[Index, Size]]) -> bool:
    """Whether (index, size) pairs are a mixed-radix bijection from the index space `sizes` onto that of their sizes.

    Each index must be a complete number in mixed radix (coefficients 1, n₁, n₁·n₂, … filling its size), and over all
    indices the digits of every axis must tile that axis exactly.
    """
    tiles: dict[int, list[tuple[Size, Size]]] = {i: [] for i, n in enumerate(sizes) if n != 1}
    for (const, digits), size in indices:
        if const != 0 or not complete(digits, size):
            return False
        for _, i, t, n in digits:
            tiles.setdefault(i, []).append((t, n))
    return all(i < len(sizes) and _tiled(tile, sizes[i]) for i, tile in tiles.items())


def complete(digits: Sequence[Digit], size: Size) -> bool:
    """Whether the coefficients are 1, n₁, n₁·n₂, … for the extents n₁, n₂, …, in some order, and the extents fill `size`."""
    left, value = {s: n for s, _, _, n in digits}, size * 0 + 1
    if len(left) != len(digits):
        return False
    while left:
        if value not in left:
            return False
        value = value * left.pop(value)
    return value == size


def _tiled(tiles: list[tuple[Size, Size]], size: Size) -> bool:
    return complete([(t, 0, 1, n) for t, n in tiles], size)
