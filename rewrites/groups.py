"""Groups of readings: what the canonical arrangement of axes sees of a node, terms and operands as index maps with tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from ncd_cat.axes import Access, Index, Sizes
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size

Reading = tuple[int, Access]  # a tag that stands for the node, and how it is read


class Group(NamedTuple):
    """One term, or one operand list: bound axes, the tagged readings, the guards; `fixed` bound axes keep their order."""

    bounds: Sizes
    readings: tuple[Reading, ...]
    guards: tuple[Guard, ...] = ()
    fixed: bool = False


class Placed(NamedTuple):
    """A group in canonical form: where it came from, its bound axes with their old meaning, its readings with theirs."""

    origin: int
    bounds: Sizes
    meaning: Access  # the new bound axes as indices over (old own axes, old bound axes)
    readings: tuple[tuple[int, Access], ...]  # (position of the reading in the old group, new access)
    guards: tuple[Guard, ...]
    key: int


@dataclass(frozen=True)
class Arrangement:
    """Own axes `sizes`, each an index `access` over the old ones, and the groups in canonical order."""

    sizes: Sizes
    access: Access
    groups: tuple[Placed, ...]


@dataclass
class Axes:
    """A working list of axes: sizes, and each as an index over the axes that it was made from."""

    sizes: list[Size]
    meaning: list[Index]


Body = tuple[tuple[Reading, ...], tuple[Guard, ...]]
Change = tuple[int, list[int], list[tuple[Size, Size]]]  # group (−1: own), old axes, new axes as (stride, size), high first


def indices(body: Body) -> list[Index]:
    """All indices of a group."""
    return [e for _, a in body[0] for e in a] + [e for _, e in body[1]]
