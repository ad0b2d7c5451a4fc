"""A broadcast operation may be computed a slab of its degree at a time: out[p, ·] needs its operands at η(p) only.

Runs of cheap operations over one long axis are computed slab by slab, so that what lies between them stays in the cache and
is never stored whole.  Source: loop tiling; for broadcast operations, arXiv 2412.03317.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from math import ceil, prod
from typing import Any, NamedTuple

from ncd_cat.axes import Access, identity, whole
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Machine, Move, Shape, Step, composed, concrete, follow, ints, permute
from ncd_cat.evaluation.planning import Planner, spares
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.graph import Node
from ncd_cat.ops.attention import Average
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.norm import Norm
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.softmax import Normaliser
from ncd_cat.signature import Kind, Op

SLAB = 3 << 15  # entries: a few arrays of this size fit in the cache of one core


class Group(NamedTuple):
    """Nodes computed together, operands first, and the axis along which each is cut; no axes: one node, computed whole."""

    nodes: tuple[Node, ...]
    axis: Mapping[Node, int]


class Read(NamedTuple):
    """How a node outside is read, once: through `moves` to `shape`, cut along `axis` unless it is None."""

    source: int
    moves: list[Move]
    shape: Shape
    axis: int | None


def groups(nodes: Sequence[Node], planner: Planner, slab: int | None) -> list[Group]:
    """The nodes, in order, in groups of slabs of about `slab` entries where that pays; None: every node by itself."""
    if slab is None:
        return [Group((n,), {}) for n in nodes]
    found, axis = list[Group](), dict[Node, int]()
    for n in nodes:
        cut = _joined(n, axis, planner)
        if cut is None:
            found += _closed(axis, slab)
            axis, cut = {}, _first(n, planner)
        if cut is None:
            found.append(Group((n,), {}))
        else:
            axis[n] = cut
    return found + _closed(axis, slab)


def _closed(axis: Mapping[Node, int], slab: int) -> list[Group]:
    """The nodes as one group if it is large and has something to keep in the cache, else one by one."""
    nodes = tuple(axis)
    large = any(_entries(n) > slab for n in nodes)
    inner = len(nodes) > 1 or any(type(n.op).definition is not Op.definition for n in nodes)
    return [Group(nodes, axis)] if large and inner else [Group((n,), {}) for n in nodes]


def _entries(n: Node) -> int:
    """The size of the largest array over the axes of a node or of an operand of it."""
    return max(prod(ints(sizes)) for sizes in (n.sizes, *[n.domain(k) for k in range(len(n.operands))]))


def _cheap(n: Node) -> bool:
    """Whether the node does little for each entry that it reads: a matrix product is best left whole."""
    if isinstance(n.op, Contraction):
        return all(not s.guards and (s.factors < 2 or not s.bounds) for s in n.op.specs) and bool(n.operands)
    return isinstance(n.op, Pointwise | Norm | Normaliser | Average)


def _first(n: Node, planner: Planner) -> int | None:
    """The first axis along which the node can be cut."""
    extents = planner.stored[n][: len(n.degree)]
    return next((k for k, extent in enumerate(extents) if extent > 1), None) if _cheap(n) else None


def _joined(n: Node, axis: Mapping[Node, int], planner: Planner) -> int | None:
    """The axis along which the node is cut if it joins the others: where it reads one of them, the one that it reads whole."""
    if not axis or not _cheap(n):
        return None
    last = next(iter(axis))
    length = last.sizes[axis[last]]
    cuts = {_cut(a[axis[x]], a, length) for x, a in n.operands if x in axis} or {_first(n, planner)}
    cut = cuts.pop()
    fits = cut is not None and not cuts and cut < len(n.degree) and n.sizes[cut] == length and planner.stored[n][cut] > 1
    return cut if fits else None


def _cut(e: Any, access: Access, length: Any) -> int | None:
    """The axis k if the index is exactly i_k and no other index of the access depends on it."""
    if len(e[1]) != 1 or e != whole(e[1][0][1], length):
        return None
    k: int = e[1][0][1]
    return k if sum(k == i for _, digits in access for _, i, _, _ in digits) == 1 else None


# ---- the plan of a group ------------------------------------------------------------------------------------------


def plan_group(g: Group, planner: Planner, wanted: Mapping[Node, Access], slab: int) -> tuple[Step, list[Node], list[Node]]:
    """The step of a group, the nodes that it reads, and those of its own that it makes for others, `wanted` through accesses."""
    first = g.nodes[0]
    length = ints(first.sizes)[g.axis[first]]
    count = ceil(length / max(1, slab * length // max(map(_entries, g.nodes))))
    stride = ceil(length / count)
    sources = list(dict.fromkeys([x for n in g.nodes for x, _ in n.operands if x not in g.axis]))
    reads, places = _reads(g, planner, sources)
    makes = [n for n in g.nodes if n in wanted]
    ends = _ends(g, places, {places[n] for n in makes})
    programs = {size: _members(g, planner, size, reads, places, set(makes)) for size in {stride, length - stride * (count - 1)}}
    pieces = [(start, min(start + stride, length)) for start in range(0, length, stride)]
    exports = [(places[n], (slice(None),) * g.axis[n], _empty(planner.stored[n], wanted[n], n.kind)) for n in makes]
    cuts = [(k, r.moves, None if r.axis is None else (slice(None),) * r.axis) for k, r in ((r.source, r) for r in reads)]

    def run(m: Machine, xs: Sequence[Any]) -> Sequence[Any]:
        views = [(follow(moves, m, xs[k]), before) for k, moves, before in cuts]
        results = [empty(m) for _, _, empty in exports]
        for start, stop in pieces:
            at = slice(start, stop)
            values = [v if before is None else v[(*before, at)] for v, before in views]
            for (step, refs), ended in zip(programs[stop - start], ends, strict=True):
                values.append(step(m, [values[k] for k in refs]))
                for k in ended:
                    values[k] = None
            for result, (k, before, _) in zip(results, exports, strict=True):
                result[(*before, at)] = values[k]
        return results

    return run, sources, makes


def _empty(shape: Shape, access: Access, kind: Kind) -> Callable[[Machine], Any]:
    """An array of this shape, laid out in memory in the order in which the access reads it, so that the reading is a view."""
    digits = [e[1] for e in access]
    single = all(n == 1 or len(ds) == 1 for n, ds in zip(shape, digits, strict=True))
    place = {k: (ds[0][1], -concrete((0, ds))[1][0][2]) for k, ds in enumerate(digits) if ds} if single else {}
    order = sorted(range(len(shape)), key=lambda k: place.get(k, (-1, 0)))
    back = composed(permute([order.index(k) for k in range(len(shape))]))
    return lambda m: back(m, m.xp.empty(tuple([shape[k] for k in order]), dtype=m.dtype(kind), device=m.device))


def _reads(g: Group, planner: Planner, sources: Sequence[Node]) -> tuple[list[Read], dict[Any, int]]:
    """The readings of nodes outside, and where values lie: readings, by (node, access, domain), then the group's own."""
    reads, places = list[Read](), dict[Any, int]()
    for n in g.nodes:
        for k, (x, access) in enumerate(n.operands):
            if x in g.axis or (x, access, n.domain(k), g.axis[n]) in places:
                continue
            moves, shape = read_whole(Factor(access, ints(x.sizes), planner.stored[x], x.kind), ints(n.domain(k)))
            places[x, access, n.domain(k), g.axis[n]] = len(reads)
            reads.append(Read(sources.index(x), moves, shape, g.axis[n] if shape[g.axis[n]] > 1 else None))
    places |= {n: len(reads) + k for k, n in enumerate(g.nodes)}
    return reads, places


def _members(g: Group, planner: Planner, length: int, reads: Sequence[Read], places: Mapping[Any, int],
             kept: Set[Node]) -> list[tuple[Step, list[int]]]:  # fmt: skip
    """The steps of the nodes on slabs of one length, each with the places of its operands."""
    stored, steps, spare = dict[Node, Shape](), list[tuple[Step, list[int]]](), spares(g.nodes, kept)
    for n in g.nodes:
        cut, factors, refs = g.axis[n], list[Factor](), list[int]()
        for k, (x, access) in enumerate(n.operands):
            domain = _resized(ints(n.domain(k)), cut, length)
            inside = x in g.axis
            refs.append(places[x] if inside else places[x, access, n.domain(k), cut])
            if inside:
                narrowed = (*access[: g.axis[x]], whole(cut, length), *access[g.axis[x] + 1 :])
                factors.append(Factor(narrowed, _resized(ints(x.sizes), g.axis[x], length), stored[x], x.kind, (n, x) in spare))
            else:
                read = reads[refs[-1]]
                shape = read.shape if read.axis is None else _resized(read.shape, cut, length)
                factors.append(Factor(identity(domain), domain, shape, x.kind))
        step, stored[n] = planner.plan(n.op, factors, _resized(ints(n.degree), cut, length), n.kind)
        steps.append((step, refs))
    return steps


def _resized(sizes: Shape, axis: int, length: int) -> Shape:
    return (*sizes[:axis], length, *sizes[axis + 1 :])


def _ends(g: Group, places: Mapping[Any, int], kept: set[int]) -> list[list[int]]:
    """The group's own values that nothing reads after each node."""
    last = {places[n]: k for k, n in enumerate(g.nodes)}
    last |= {places[x]: k for k, n in enumerate(g.nodes) for x, _ in n.operands if x in g.axis}
    ends: list[list[int]] = [[] for _ in g.nodes]
    for place, k in last.items():
        if place not in kept:
            ends[k].append(place)
    return ends
