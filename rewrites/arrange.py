"""Canonical arrangement: the axes of a node refined to digits, coalesced, and ordered by colour refinement.

A node's own axes become those it depends on, an axis split where an operand reads digits of it and two axes merged where
every index uses them as D·h + d; axes, bound axes, factors and terms are then put into an order that does not depend on
the order in which they came.  Ties are broken by individualisation; a wrong tie can only miss an equality, never invent
one, because the certificate states the renaming and the kernel checks it.  Source: Weisfeiler and Leman 1968; McKay and
Piperno, Practical graph isomorphism II.
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.axes import Sizes, whole
from rewrites.groups import Arrangement, Axes, Group
from rewrites.ordering import ordered
from rewrites.refine import cuts, pairs, rebased

__all__ = ["Arrangement", "Group", "arrange"]


def arrange(sizes: Sizes, groups: Sequence[Group]) -> Arrangement:
    """The canonical arrangement of groups over own axes `sizes`."""
    own = Axes(list(sizes), [whole(k, n) for k, n in enumerate(sizes)])
    bound = [Axes(list(g.bounds), [whole(len(sizes) + k, n) for k, n in enumerate(g.bounds)]) for g in groups]
    current = [(g.readings, g.guards) for g in groups]
    for find in (cuts, pairs):
        changes = find(own, bound, current, groups)
        if changes:
            own, bound, current = rebased(own, bound, current, changes)
    return ordered(own, bound, current, groups)
