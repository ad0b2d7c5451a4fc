"""Ordering axes, factors and terms by colour refinement, so that the result does not depend on how they came.

Ties are broken by individualisation.  Source: Weisfeiler and Leman 1968; McKay and Piperno, Practical graph isomorphism II.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ncd_cat.axes import Index, add
from rewrites.groups import Arrangement, Axes, Body, Group, Placed, indices


def ordered(own: Axes, bound: list[Axes], current: list[Body], groups: Sequence[Group]) -> Arrangement:
    start = len(own.sizes)
    used = {d[1] for body in current for e in indices(body) for d in e[1] if d[1] < start}
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


def _refine(own: list[int], bound: list[list[int]], current: list[Body], used: set[int]) -> list[tuple[list[int], int]]:
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
            seen = [(s, a) for s, (_, a) in zip(sigs, readings, strict=True)]
            seen += [(h, (e,)) for h, (_, e) in zip(held, guards, strict=True)]
            for sig, a in seen:
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
    """Give one axis among the first that share a colour a colour of its own; in each term alike, so that like terms stay alike."""
    if _distinguished(own, sorted(used)):
        return True
    changed = [_distinguished(b, range(len(b))) for b in bound]
    return any(changed)


def _distinguished(colours: list[int], places: Sequence[int]) -> bool:
    """Give one axis of the first class of several a colour of its own: the class does not depend on how the axes came."""
    count = Counter(colours[i] for i in places)
    several = [colour for colour, times in count.items() if times > 1]
    if several:
        first = min(several)
        i = next(i for i in places if colours[i] == first)
        colours[i] = hash((first, 3))
    return bool(several)
