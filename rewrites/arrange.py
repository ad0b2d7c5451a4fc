"""Canonical arrangement: the axes of a node refined to digits, coalesced, and ordered by colour refinement.

A node's own axes become those it depends on, an axis split where an operand reads digits of it and two axes merged where
every index uses them as D·h + d; axes, bound axes, factors and terms are then put into an order that does not depend on
the order in which they came.  Ties are broken by individualisation; a wrong tie can only miss an equality, never invent
one, because the certificate states the renaming and the kernel checks it.  Source: Weisfeiler and Leman 1968; McKay and
Piperno, Practical graph isomorphism II.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ncd_cat.axes import Access, Index, Sizes, add, scale, substitute, whole
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, divide

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
class _Axes:
    """A working list of axes: sizes, and each as an index over the axes that it was made from."""

    sizes: list[Size]
    meaning: list[Index]


def arrange(sizes: Sizes, groups: Sequence[Group]) -> Arrangement:
    """The canonical arrangement of groups over own axes `sizes`."""
    own = _Axes(list(sizes), [whole(k, n) for k, n in enumerate(sizes)])
    bound = [_Axes(list(g.bounds), [whole(len(sizes) + k, n) for k, n in enumerate(g.bounds)]) for g in groups]
    current = [(g.readings, g.guards) for g in groups]
    for find in (_cuts, _pairs):
        changes = find(own, bound, current, groups)
        if changes:
            own, bound, current = _rebased(own, bound, current, changes)
    return _ordered(own, bound, current, groups)


# ---- refining and coalescing --------------------------------------------------------------------------------------

_Body = tuple[tuple[Reading, ...], tuple[Guard, ...]]
_Change = tuple[int, list[int], list[tuple[Size, Size]]]  # group (−1: own), old axes, new axes as (stride, size), high first


def _indices(body: _Body) -> list[Index]:
    return [e for _, a in body[0] for e in a] + [e for _, e in body[1]]


def _cuts(own: _Axes, bound: list[_Axes], current: list[_Body], groups: Sequence[Group]) -> list[_Change]:
    """Axes of which some index reads a proper digit, where the cut points form a chain of divisors."""
    found: dict[tuple[int, int], set[Size]] = {}
    start = len(own.sizes)
    for g, body in enumerate(current):
        sizes = own.sizes + bound[g].sizes
        for e in _indices(body):
            for _, i, t, n in e[1]:
                if n != sizes[i]:
                    place = (-1, i) if i < start else (g, i - start)
                    found.setdefault(place, set()).update((t, t * n))
    changes: list[_Change] = []
    for (g, i), cuts in found.items():
        if g >= 0 and groups[g].fixed:
            continue
        size = own.sizes[i] if g < 0 else bound[g].sizes[i]
        chain = _chain([c for c in cuts if c not in (1, size)], size)
        if chain:
            changes.append((g, [i], chain))
    return changes


def _chain(cuts: list[Size], size: Size) -> list[tuple[Size, Size]]:
    """Digits (stride, extent), high first, for cut points that divide each other in turn; empty if they do not."""
    if len(cuts) > 1 and not all(isinstance(c, int) for c in cuts):
        return []
    points: list[Size] = [1, *sorted(cuts, key=lambda c: c if isinstance(c, int) else 0), size]
    digits = []
    for low, high in zip(points, points[1:], strict=False):
        extent = divide(high, low)
        if extent is None:
            return []
        digits.append((low, extent))
    return digits[::-1]


def _pairs(own: _Axes, bound: list[_Axes], current: list[_Body], groups: Sequence[Group]) -> list[_Change]:
    """Two axes that every index uses as D·h + d, and no other way."""
    start = len(own.sizes)
    uses: dict[tuple[int, int], dict[tuple[int, int], Size]] = {}
    broken: set[tuple[int, int]] = set()
    for g, body in enumerate(current):
        sizes = own.sizes + bound[g].sizes
        for number, e in enumerate(_indices(body)):
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
    changes: list[_Change] = []
    for (g, _), places in classes.items():
        sizes = own.sizes if g < 0 else bound[g].sizes
        changes += [(g, run, [(1, _times(sizes, run))]) for run in _runs(places, uses, sizes)]
    return changes


def _times(sizes: Sequence[Size], run: list[int]) -> Size:
    total: Size = 1
    for i in run:
        total = total * sizes[i]
    return total


def _runs(places: list[tuple[int, int]], uses: dict[tuple[int, int], dict[tuple[int, int], Size]], sizes: Sequence[Size]) -> list[list[int]]:
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


def _rebased(own: _Axes, bound: list[_Axes], current: list[_Body], changes: list[_Change]) -> tuple[_Axes, list[_Axes], list[_Body]]:
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


def _changed(axes: _Axes, changes: list[_Change], start: int) -> tuple[_Axes, list[Index]]:
    """The new axes, and each old axis as an index over them (numbered from `start`)."""
    leading = {olds[0]: (olds, news) for _, olds, news in changes}
    gone = {i for _, olds, _ in changes for i in olds}
    result, inner = _Axes([], []), [(0, ())] * len(axes.sizes)
    for i, size in enumerate(axes.sizes):
        if i in leading:
            olds, news = leading[i]
            _replace_axes(axes, olds, news, result, inner, start)
        elif i not in gone:
            inner[i] = whole(start + len(result.sizes), size)
            result.sizes.append(size)
            result.meaning.append(axes.meaning[i])
    return result, inner


def _replace_axes(axes: _Axes, olds: list[int], news: list[tuple[Size, Size]], result: _Axes, inner: list[Index], start: int) -> None:
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


# ---- ordering -----------------------------------------------------------------------------------------------------


def _ordered(own: _Axes, bound: list[_Axes], current: list[_Body], groups: Sequence[Group]) -> Arrangement:
    start = len(own.sizes)
    used = {d[1] for body in current for e in _indices(body) for d in e[1] if d[1] < start}
    colours = [hash((1, n)) for n in own.sizes]
    bound_colours = [[hash((2, n, k if g.fixed else -1)) for k, n in enumerate(axes.sizes)] for axes, g in zip(bound, groups, strict=True)]
    signatures = _refine(colours, bound_colours, current, used)
    kept = sorted(used, key=lambda i: (colours[i], i))
    inner = {i: k for k, i in enumerate(kept)}
    placed = []
    for g, (readings, guards) in enumerate(current):
        count = len(bound[g].sizes)
        order = list(range(count)) if groups[g].fixed else sorted(range(count), key=lambda k: (bound_colours[g][k], k))
        numbers = {**inner, **{start + k: len(kept) + j for j, k in enumerate(order)}}
        sigs, key = signatures[g]
        ranked = list(range(len(readings))) if groups[g].fixed else sorted(range(len(readings)), key=lambda k: (sigs[k], k))
        placed.append(Placed(
            g, tuple([bound[g].sizes[k] for k in order]), tuple([bound[g].meaning[k] for k in order]),
            tuple([(k, tuple([_renamed(e, numbers) for e in readings[k][1]])) for k in ranked]),
            tuple(sorted([(equal, _renamed(e, numbers)) for equal, e in guards], key=hash)), key))  # fmt: skip
    placed.sort(key=lambda p: (p.key, p.origin))
    return Arrangement(tuple([own.sizes[i] for i in kept]), tuple([own.meaning[i] for i in kept]), tuple(placed))


def _renamed(e: Index, numbers: dict[int, int]) -> Index:
    digits = [(s, numbers[i], t, n) for s, i, t, n in e[1]]
    return (e[0], tuple(digits)) if len(digits) < 2 else add((e[0], tuple(digits)))


def _refine(own: list[int], bound: list[list[int]], current: list[_Body], used: set[int]) -> list[tuple[list[int], int]]:
    """Refine the colours in place until they are stable and as distinct as individualisation makes them."""
    start, distinct = len(own), -1
    for _ in range(12):
        signatures = []
        marks: dict[tuple[int, int], list[int]] = {}
        for g, (readings, guards) in enumerate(current):
            colour = own + bound[g]
            sigs = [hash((tag, tuple([_colour(e, colour) for e in a]))) for tag, a in readings]
            held = [hash((equal, _colour(e, colour))) for equal, e in guards]
            key = hash((tuple(sorted(sigs)), tuple(sorted(held))))
            signatures.append((sigs, key))
            for sig, a in [*((s, a) for s, (_, a) in zip(sigs, readings, strict=True)), *((h, (e,)) for h, (_, e) in zip(held, guards, strict=True))]:
                for position, e in enumerate(a):
                    for s, i, t, n in e[1]:
                        marks.setdefault((-1, i) if i < start else (g, i - start), []).append(hash((sig, key, position, s, t, n)))
        count = len({own[i] for i in used}) + sum(len(set(b)) for b in bound)
        if count == len(used) + sum(map(len, bound)):
            return signatures
        if count == distinct and not _individualise(own, bound, used):
            return signatures
        distinct = count
        for (g, i), found in marks.items():
            colours = own if g < 0 else bound[g]
            colours[i] = hash((colours[i], tuple(sorted(found))))
    return signatures


def _colour(e: Index, colour: list[int]) -> int:
    if len(e[1]) == 1:
        s, i, t, n = e[1][0]
        return hash((e[0], s, colour[i], t, n))
    return hash((e[0], tuple(sorted([hash((s, colour[i], t, n)) for s, i, t, n in e[1]]))))


def _individualise(own: list[int], bound: list[list[int]], used: set[int]) -> bool:
    """Give one axis among the first that share a colour a colour of its own."""
    for colours, places in [(own, sorted(used)), *((b, list(range(len(b)))) for b in bound)]:
        seen: set[int] = set()
        for i in places:
            if colours[i] in seen:
                colours[i] = hash((colours[i], 3))
                return True
            seen.add(colours[i])
    return False
