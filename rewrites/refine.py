"""Refining and coalescing axes: an axis is split where an index reads digits of it, two are merged where all use D·h + d."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ncd_cat.axes import Index, add, scale, substitute, whole
from ncd_cat.sizes import Size, divide
from rewrites.groups import Axes, Body, Change, Group, indices

Place = tuple[int, int]  # a group (−1: own) and an axis of it; or a group and an index of it


def cuts(own: Axes, bound: list[Axes], current: list[Body], groups: Sequence[Group]) -> list[Change]:
    """Axes of which some index reads a proper digit, where the cut points form a chain of divisors."""
    found: dict[tuple[int, int], set[Size]] = {}
    start = len(own.sizes)
    for g, body in enumerate(current):
        sizes = own.sizes + bound[g].sizes
        for e in indices(body):
            for _, i, t, n in e[1]:
                if n != sizes[i]:
                    place = (-1, i) if i < start else (g, i - start)
                    found.setdefault(place, set()).update((t, t * n))
    changes: list[Change] = []
    for (g, i), points in found.items():
        if g >= 0 and groups[g].fixed:
            continue
        size = own.sizes[i] if g < 0 else bound[g].sizes[i]
        chain = _chain([c for c in points if c not in (1, size)], size)
        if chain:
            changes.append((g, [i], chain))
    return changes


def _chain(cuts: list[Size], size: Size) -> list[tuple[Size, Size]]:
    """Digits (stride, extent), high first, for cut points that divide each other in turn; empty if they do not."""
    if len(cuts) > 1 and not all(isinstance(c, int) for c in cuts):
        return []
    points: list[Size] = [1, *sorted(cuts, key=lambda c: c if isinstance(c, int) else 0), size]
    digits = []
    for low, high in pairwise(points):
        extent = divide(high, low)
        if extent is None:
            return []
        digits.append((low, extent))
    return digits[::-1]


def pairs(own: Axes, bound: list[Axes], current: list[Body], groups: Sequence[Group]) -> list[Change]:
    """Two axes that every index uses as D·h + d, and no other way."""
    start = len(own.sizes)
    uses: dict[tuple[int, int], dict[tuple[int, int], Size]] = {}
    broken: set[tuple[int, int]] = set()
    for g, body in enumerate(current):
        sizes = own.sizes + bound[g].sizes
        for number, e in enumerate(indices(body)):
            for s, i, _, n in e[1]:
                place = (-1, i) if i < start else (g, i - start)
                found = uses.setdefault(place, {})
                if n != sizes[i] or (g, number) in found:
                    broken.add(place)
                found[g, number] = s
    classes: dict[tuple[int, frozenset[tuple[int, int]]], list[tuple[int, int]]] = {}
    for place, where in uses.items():
        if place not in broken and not (place[0] >= 0 and groups[place[0]].fixed):
            classes.setdefault((place[0], frozenset(where)), []).append(place)
    changes: list[Change] = []
    for (g, _), places in classes.items():
        sizes = own.sizes if g < 0 else bound[g].sizes
        changes += [(g, run, [(1, _times(sizes, run))]) for run in _runs(places, uses, sizes)]
    return changes


def _times(sizes: Sequence[Size], run: list[int]) -> Size:
    total: Size = 1
    for i in run:
        total = total * sizes[i]
    return total


def _runs(places: list[Place], uses: dict[Place, dict[Place, Size]], sizes: Sequence[Size]) -> list[list[int]]:
    """Maximal runs of axes, high first, each the next digit above the one after it."""
    above = {}
    for p in places:
        for q in places:
            if p != q and all(uses[p][k] == s * sizes[q[1]] for k, s in uses[q].items()):
                above[q[1]] = p[1]
    lowest = [i for i in above if i not in above.values()]
    runs = []
    for i in lowest:
        run = [i]
        while run[0] in above and above[run[0]] not in run:
            run.insert(0, above[run[0]])
        runs.append(run)
    return runs


def rebased(own: Axes, bound: list[Axes], current: list[Body], changes: list[Change]) -> tuple[Axes, list[Axes], list[Body]]:
    """The axes after the changes, and all indices in terms of them."""
    new_own, own_inner = _changed(own, [c for c in changes if c[0] < 0], 0)
    new_bound, new_bodies = [], []
    for g, body in enumerate(current):
        axes, inner = _changed(bound[g], [c for c in changes if c[0] == g], len(new_own.sizes))
        between, all_inner = own.sizes + bound[g].sizes, own_inner + inner
        readings = tuple([(tag, tuple([substitute(e, all_inner, between) for e in a])) for tag, a in body[0]])
        new_bodies.append((readings, tuple([(equal, substitute(e, all_inner, between)) for equal, e in body[1]])))
        new_bound.append(axes)
    return new_own, new_bound, new_bodies


def _changed(axes: Axes, changes: list[Change], start: int) -> tuple[Axes, list[Index]]:
    """The new axes, and each old axis as an index over them (numbered from `start`)."""
    leading = {olds[0]: (olds, news) for _, olds, news in changes}
    gone = {i for _, olds, _ in changes for i in olds}
    result = Axes([], [])
    inner: list[Index] = [(0, ())] * len(axes.sizes)
    for i, size in enumerate(axes.sizes):
        if i in leading:
            olds, news = leading[i]
            _replace_axes(axes, olds, news, result, inner, start)
        elif i not in gone:
            inner[i] = whole(start + len(result.sizes), size)
            result.sizes.append(size)
            result.meaning.append(axes.meaning[i])
    return result, inner


def _replace_axes(axes: Axes, olds: list[int], news: list[tuple[Size, Size]], result: Axes, inner: list[Index], start: int) -> None:
    if len(olds) == 1:  # refine one axis into digits
        whole_axis = axes.meaning[olds[0]]
        total: Index = (0, ())
        for stride, extent in news:
            total = add(total, scale(whole(start + len(result.sizes), extent), stride))
            result.sizes.append(extent)
            # meanings of axes that were not changed before are whole axes: their digits always exist
            result.meaning.append((0, tuple([(s, i, t * stride, extent) for s, i, t, _ in whole_axis[1]])))
        inner[olds[0]] = total
        return
    size, stride, place = news[0][1], 1 * news[0][0], start + len(result.sizes)
    meaning: Index = (0, ())
    for i in reversed(olds):  # coalesce several axes into one, low digits first
        extent = axes.sizes[i]
        inner[i] = (0, ((1, place, stride, extent),))
        meaning = add(meaning, scale(axes.meaning[i], stride))
        stride = stride * extent
    result.sizes.append(size)
    result.meaning.append(meaning)
