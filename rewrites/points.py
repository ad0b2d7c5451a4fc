"""Cut points: where along an axis two programs treat one part otherwise than the next, read off slices, brackets and windows.

A slice of an input or weight cuts it at both ends.  Cuts travel along accesses, from an array to the axes that read it and back,
so that a sum over an axis, or an output, is cut where anything below it is.  Points only guide the search: any set of them is sound.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cmp_to_key

from ncd_cat.axes import Index, Sizes, axes_of, bounds
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, provably_nonnegative

Points = frozenset[Size]
NONE: Points = frozenset()
ROUNDS = 4  # from arrays up and back down
Bodies = list[tuple[Sizes, list[tuple[Node, Sequence[Index]]], tuple[Guard, ...]]]


def inside(points: Points, size: Size) -> Points:
    """The points strictly inside an axis."""
    return frozenset([p for p in points if provably_nonnegative(p - 1) and provably_nonnegative(size - p - 1)])


def ascending(points: Points) -> tuple[Size, ...]:
    """The points in order; one that cannot be compared with an earlier one is left out."""
    kept: list[Size] = []
    for p in sorted(points, key=str):
        if all(provably_nonnegative(p - q) or provably_nonnegative(q - p) for q in kept):
            kept.append(p)
    return tuple(sorted(kept, key=cmp_to_key(_compared)))


def _compared(p: Size, q: Size) -> int:
    """The order of two sizes that can be compared."""
    return 0 if p == q else 1 if provably_nonnegative(p - q) else -1


def bodies(n: Node) -> Bodies:
    """The parts of a node that have bound axes of their own: (domain, what is read, guards)."""
    if isinstance(n.op, Contraction):
        return [(n.sizes + t.bounds, list(t.factors), t.guards) for t in terms_of(n)]
    return [(n.domain(k), [(x, a)], n.op.guards(k)) for k, (x, a) in enumerate(n.operands)]


def everywhere(size: Size, limit: int) -> Points:
    """All points of an axis that is short enough."""
    return frozenset(range(1, size)) if isinstance(size, int) and size <= limit else NONE


class Cuts:
    """Cut points of every axis of every node below some roots; `limit`: irregular axes up to this size are cut everywhere."""

    def __init__(self, given: Mapping[Node, tuple[Points, ...]], limit: int = 0) -> None:
        self.given, self.limit = given, limit
        self._known: dict[Node, tuple[Points, ...]] = {}

    def own(self, n: Node) -> tuple[Points, ...]:
        """The cut points of the own axes of a node, from what it reads and from its brackets."""
        found = self._known.get(n)
        if found is None:
            found = self._known[n] = self._own(n)
        return found

    def _own(self, n: Node) -> tuple[Points, ...]:
        table = isinstance(n.op, Literal)
        found = [
            set(everywhere(m, self.limit) if table else p) for m, p in zip(n.sizes, self.given.get(n, [NONE] * len(n.sizes)), strict=True)
        ]
        for domain, read, guards in bodies(n):
            for axis, points in self.domain(domain, read, guards).items():
                if axis < len(n.degree):
                    found[axis] |= points
        return tuple([inside(frozenset(p), size) for p, size in zip(found, n.sizes, strict=True)])

    def domain(self, sizes: Sizes, read: Sequence[tuple[Node, Sequence[Index]]], guards: Sequence[Guard]) -> dict[int, set[Size]]:
        """The cut points of the axes that factors and guards are read over."""
        found: dict[int, set[Size]] = {}
        for x, access in read:
            for e, points in zip(access, self.own(x), strict=True):
                for axis, p in self._pulled(e, points, sizes):
                    found.setdefault(axis, set()).update(p)
        for guard in guards:
            for axis, p in self._fenced(guard, sizes):
                found.setdefault(axis, set()).update(p)
        return {axis: set(inside(frozenset(p), sizes[axis])) for axis, p in found.items()}

    def _pulled(self, e: Index, points: Points, sizes: Sizes) -> Iterator[tuple[int, Points]]:
        """Cut points of an array as cut points of the axes of the index that reads it."""
        const, digits = e
        if not points or not digits:
            return
        if len(digits) == 1:
            s, i, t, n = digits[0]
            if isinstance(s, int) and t * n == sizes[i]:
                moved = [self._solved(s, p - const) for p in points]
                yield i, frozenset([q * t for q in moved if q is not None])
            return
        ordered = sorted(digits, key=lambda d: d[0] if isinstance(d[0], int) else 0, reverse=True)
        (s, i, t, n), rest = ordered[0], ordered[1:]
        low, high = bounds((0, tuple(rest)))
        blocks = isinstance(s, int) and s > 0 and low == 0 and isinstance(high, int) and high < s and isinstance(const, int)
        if not blocks or not all(isinstance(p, int) for p in points):
            for _, axis, _, _ in digits:
                yield axis, everywhere(sizes[axis], self.limit)
            return
        whole = [p - const for p in points if isinstance(p, int) and isinstance(const, int)]
        split = [divmod(p, s) for p in whole if isinstance(s, int)]
        if t * n == sizes[i]:
            yield i, frozenset([q * t for q, _ in split] + [(q + 1) * t for q, r in split if r])
        yield from self._pulled((0, tuple(rest)), frozenset([r for _, r in split if r]), sizes)

    @staticmethod
    def _solved(s: int, p: Size) -> Size | None:
        """The cut of i where s·i passes p."""
        if s == 1:
            return p
        if not isinstance(p, int):
            return None
        return -(-p // s) if s > 0 else (-p) // -s + 1

    def _fenced(self, guard: Guard, sizes: Sizes) -> Iterator[tuple[int, Points]]:
        """Where a bracket of one index changes its value; a bracket of several cuts everywhere, within the limit."""
        equal, (const, digits) = guard
        if len(digits) != 1:
            for _, axis, _, _ in digits:
                yield axis, everywhere(sizes[axis], self.limit)
            return
        s, i, t, n = digits[0]
        if not isinstance(s, int) or t * n != sizes[i]:
            return
        at = self._solved(s, -const)
        if at is not None:
            points: list[Size] = [at, at + 1] if equal else [at]
            yield i, frozenset([p * t for p in points])


def sources(nodes: Sequence[Node], limit: int = 0) -> dict[Node, tuple[Points, ...]]:
    """The cut points of inputs, weights and tables that nodes, given operands first, make of them."""
    given: dict[Node, tuple[Points, ...]] = {}
    for _ in range(ROUNDS):
        cuts = Cuts(given, limit)
        found: dict[Node, list[set[Size]]] = {n: [set(p) for p in cuts.own(n)] for n in nodes}
        for n in reversed(nodes):
            for domain, read, guards in bodies(n):
                axes = cuts.domain(domain, read, guards)
                if isinstance(n.op, Take) and isinstance(n.operands[1][0].op, Literal):  # a permutation, or a choice, by a table
                    used = [k for k, size in enumerate(domain) for e in n.operands[1][1] if k in axes_of(e)]
                    axes |= {k: set(everywhere(domain[k], limit)) for k in (*used, len(n.degree)) if k < len(domain)}
                for k, points in enumerate(found[n][: len(n.degree)]):
                    axes.setdefault(k, set()).update(points)
                for x, access in read:
                    _push(x, access, axes, domain, found[x], limit)
        new = {n: tuple([inside(frozenset(p), m) for p, m in zip(found[n], n.sizes, strict=True)]) for n in nodes if not n.operands}
        if new == given:
            break
        given = new
    return {n: points for n, points in given.items() if any(points)}


def _push(x: Node, access: Sequence[Index], axes: Mapping[int, set[Size]], domain: Sizes, found: list[set[Size]], limit: int) -> None:
    """Cut points of the axes that read an array as cut points of the array; a slice cuts at its ends."""
    for k, (const, digits) in enumerate(access):
        size = x.sizes[k]
        low, high = bounds((const, digits))
        found[k].update((low, high + 1))
        if len(digits) == 1 and (digits[0][0] != 1 or digits[0][2] != 1):
            found[k].update(everywhere(size, limit))
        for s, i, t, n in digits:
            if t * n == domain[i] and isinstance(s, int) and s > 0:
                scaled = [q * s + const for q in axes.get(i, ()) if t == 1]
                found[k].update(scaled)
