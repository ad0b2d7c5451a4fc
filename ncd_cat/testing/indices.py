"""Random morphisms of St: sizes, indices in range, index maps between them, and brackets.

Digits are drawn first and then fitted into the room that the axis leaves, so that every index is in range by construction.

>>> from hypothesis import find
>>> print(find(reindexings(dom=(3,), cod=(3, 3)), lambda f: all(digits for _, digits in f.indices)))
(i0:3) -> (i0, i0)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Access, Index, Sizes, constant
from ncd_cat.reindexing import Reindexing
from ncd_cat.signature import Guard

Draw = Callable[[Any], Any]


def sizes(max_axes: int = 3, max_size: int = 4) -> st.SearchStrategy[Sizes]:
    """Axis sizes; size 1 is as likely as any."""
    size = st.sampled_from([*range(2, max_size + 1), 1])
    return st.sampled_from([*range(1, max_axes + 1), 0]).flatmap(lambda rank: st.lists(size, min_size=rank, max_size=rank)).map(tuple)


def numbers(sizes: Sizes) -> tuple[int, ...]:
    """Sizes that are numbers, as all are here."""
    return tuple([n for n in sizes if isinstance(n, int)])


@st.composite
def indices(draw: Draw, domain: Sizes, size: int) -> Index:
    """An index over `domain` whose values lie in [0, size)."""
    parts, room = [], size - 1
    for _ in range(draw(st.sampled_from((1, 2, 1, 0)))):
        found = draw(_digits(domain, room))
        if found is not None:
            parts.append(found)
            room -= abs(found[0]) * (found[3] - 1)
    low = sum(s * (n - 1) for s, _, _, n in parts if s < 0)
    return axes.add(constant(draw(st.integers(0, room)) - low), *[(0, (d,)) for d in parts])


@st.composite
def _digits(draw: Draw, domain: Sizes, room: int) -> Any:
    """A digit (s, i, t, n) with |s|·(n − 1) <= room, or None; whole axes more often than not."""
    places = [(i, 1, m) for i, m in enumerate(numbers(domain))] * 3
    places += [(i, t, n) for i, m in enumerate(numbers(domain)) for t in range(1, m + 1) for n in range(1, m // t + 1)]
    places = [(i, t, n) for i, t, n in places if 1 < n <= room + 1]
    if not places:
        return None
    i, t, n = draw(st.sampled_from(places))
    s = draw(st.integers(1, room // (n - 1)))
    return (s * draw(st.sampled_from((1, 1, 1, -1))), i, t, n)


@st.composite
def accesses(draw: Draw, domain: Sizes, target: Sizes) -> Access:
    """An index map domain → target: one index in range for each axis of `target`."""
    return tuple(draw(indices(domain, n)) for n in numbers(target))


@st.composite
def guards(draw: Draw, domain: Sizes, count: int = 2) -> tuple[Guard, ...]:
    """Iverson brackets over `domain`, true at some points and false at others as a rule."""
    found = []
    for _ in range(draw(st.integers(0, count))):
        e = axes.add(draw(indices(domain, 5)), constant(-draw(st.integers(0, 3))))
        found.append((draw(st.booleans()), axes.scale(e, draw(st.sampled_from((1, -1))))))
    return tuple(found)


@st.composite
def reindexings(draw: Draw, dom: Sizes | None = None, cod: Sizes | None = None) -> Reindexing:
    """A morphism of St: slices, strides, flips, diagonals, repeats, windows, splits and merges of axes of up to four entries."""
    source = draw(sizes()) if dom is None else dom
    target = draw(sizes()) if cod is None else cod
    return Reindexing(source, target, draw(accesses(source, target)))
