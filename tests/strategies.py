"""Random well-typed things for property tests: sizes, index maps in range, values, graphs, and arrays that fit them.

Graphs are grown from a few inputs and weights by drawing ops whose operands read what is there through random index
maps: slices, strides, flips, diagonals, repeats, windows, splits and merges.  They share, discard and return values
freely, have several outputs, and hold closed loops (sums over an axis that nothing reads).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Access, Index, Sizes, constant, whole
from ncd_cat.graph import Graph, Input, Value, Weight, apply, node, source, topological
from ncd_cat.ops import activation, norm, pointwise, softmax
from ncd_cat.ops.concatenation import concatenate, pad, range_guards
from ncd_cat.ops.contraction import Term, contraction, number, total
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Min, Reduction
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Guard
from ncd_cat.types import Array

Draw = Callable[[Any], Any]
DTYPE = {"real": "float64", "int": "int64", "bool": "bool"}
SCALARS = (Scalar.of(1), Scalar.of(-2), Scalar.of(Fraction(1, 3)), Scalar.of(2).power(Fraction(1, 2)))
UNARY: tuple[Pointwise, ...] = (
    activation.Tanh(), pointwise.Sin(), pointwise.Erf(), activation.Sigmoid(), activation.Relu(),
    activation.Gelu(), activation.GeluTanh(), activation.Silu(), activation.Absolute(), activation.Softplus(),
)  # fmt: skip
BINARY: tuple[Pointwise, ...] = (pointwise.Maximum(), pointwise.Minimum())


def sizes(max_axes: int = 3, max_size: int = 4) -> st.SearchStrategy[Sizes]:
    """Axis sizes; size 1 is as likely as any."""
    size = st.sampled_from([*range(2, max_size + 1), 1])
    return st.sampled_from([*range(1, max_axes + 1), 0]).flatmap(lambda rank: st.lists(size, min_size=rank, max_size=rank)).map(tuple)


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
    places = [(i, 1, m) for i, m in enumerate(domain)] * 3
    places += [(i, t, n) for i, m in enumerate(domain) for t in range(1, int(m) + 1) for n in range(1, int(m) // t + 1)]
    places = [(i, t, n) for i, t, n in places if 1 < n <= room + 1]
    if not places:
        return None
    i, t, n = draw(st.sampled_from(places))
    s = draw(st.integers(1, room // (n - 1)))
    return (s * draw(st.sampled_from((1, 1, 1, -1))), i, t, n)


@st.composite
def accesses(draw: Draw, domain: Sizes, target: Sizes) -> Access:
    """An index map domain → target: one index in range for each axis of `target`."""
    return tuple(draw(indices(domain, int(n))) for n in target)


@st.composite
def guards(draw: Draw, domain: Sizes, count: int = 2) -> tuple[Guard, ...]:
    """Iverson brackets over `domain`, true at some points and false at others as a rule."""
    found = []
    for _ in range(draw(st.integers(0, count))):
        e = axes.add(draw(indices(domain, 5)), constant(-draw(st.integers(0, 3))))
        found.append((draw(st.booleans()), axes.scale(e, draw(st.sampled_from((1, -1))))))
    return tuple(found)


@st.composite
def views(draw: Draw, pool: Sequence[Value], domain: Sizes | None = None) -> Value:
    """A value of the pool read through a random index map, over `domain` if that is given."""
    x = draw(st.sampled_from(list(pool)))
    if domain is None and draw(st.booleans()):
        return x
    over = draw(sizes()) if domain is None else domain
    return x.at(draw(accesses(over, x.sizes)), over)


# ---- one more value, from a pool ----------------------------------------------------------------------------------


@st.composite
def contractions(draw: Draw, pool: Sequence[Value]) -> Value:
    """A sum of up to three terms, each with up to three factors, two bound axes and two guards."""
    own = draw(sizes())
    terms = []
    for _ in range(draw(st.sampled_from((1, 2, 3, 0)))):
        bounds = draw(sizes(2, 3))
        factors = [draw(views(pool, own + bounds)) for _ in range(draw(st.sampled_from((2, 1, 3, 0))))]
        read = tuple((x.node, x.access) for x in factors)
        terms.append(Term(draw(st.sampled_from(SCALARS)), bounds, read, draw(guards(own + bounds))))
    return Value.of(contraction(terms, own))


@st.composite
def placements(draw: Draw, pool: Sequence[Value]) -> Value:
    """Padding, cutting or concatenation along an axis: factors read outside their arrays, under guards."""
    x = draw(st.sampled_from([v for v in pool if v.sizes] or [number(1, (2,))]))
    axis = draw(st.integers(0, len(x.sizes) - 1))
    if draw(st.booleans()):
        least = 1 - int(x.sizes[axis])
        before = draw(st.integers(least, 2))
        return pad(x, axis, before, draw(st.integers(max(least, least - before), 2)))
    sized = st.integers(1, 3).map(lambda n: (*x.sizes[:axis], n, *x.sizes[axis + 1 :]))
    return concatenate([x, *[draw(views(pool, draw(sized))) for _ in range(draw(st.integers(1, 2)))]], axis)


@st.composite
def windows(draw: Draw, pool: Sequence[Value]) -> Value:
    """A padded window over an axis, out[i] = Σ_w or max_w x[i + d·w − p] where that is inside."""
    x = draw(st.sampled_from([v for v in pool if len(v.sizes) == 1 and v.kind != "bool"] or [number(2, (3,))]))
    n, width, dilation = int(x.sizes[0]), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding = dilation * draw(st.integers(0, width - 1))
    e = axes.add(whole(0, n), axes.scale(whole(1, width), dilation), constant(-padding))
    read, inside = x.at((e,), (n, width)), tuple(range_guards(e, n))
    if draw(st.booleans()):
        return Value.of(contraction([Term(Scalar.of(1), (width,), ((read.node, read.access),), inside)], (n,)))
    fold = draw(st.sampled_from((Max, Min)))((width,), inside)
    return Value.of(node(fold, [(read.node, read.access)], (n,)))


@st.composite
def functions(draw: Draw, pool: Sequence[Value]) -> Value:
    """A pointwise function, softmax, norm or fold."""
    degree = draw(sizes())
    kind = draw(st.integers(0, 4))
    if kind == 0:
        return draw(st.sampled_from(UNARY))(draw(views(pool, degree)))
    if kind == 1:
        return draw(st.sampled_from(BINARY))(draw(views(pool, degree)), draw(views(pool, degree)))
    if kind == 2:  # only what is given is compared: a rounding error must not decide
        given = [v for v in pool if isinstance(v.node.op, Input | Weight)]
        compare = draw(st.sampled_from((pointwise.Less(), pointwise.LessEqual(), pointwise.Equal())))
        condition = compare(draw(views(given, degree)), draw(views(given, degree)))
        return pointwise.Where()(condition, draw(views(pool, degree)), draw(views(pool, degree)))
    size = draw(st.integers(1, 4))
    x = draw(views(pool, (*degree, size)))
    if kind == 3:
        first = axes.add(constant(draw(st.integers(0, 3))), axes.scale(whole(len(degree), size), -1))
        root: Reduction = draw(st.sampled_from((Max, Min)))((size,), ((False, first),))
        return Value.of(node(root, [(x.node, x.access)], degree))
    return draw(st.sampled_from((softmax.softmax(x, len(degree)), norm.rms_norm(x, 1, None, Scalar.of(Fraction(1, 10))))))


@st.composite
def gathers(draw: Draw, pool: Sequence[Value]) -> Value:
    """A gather by a constant or given table of indices."""
    degree, size = draw(sizes()), draw(st.integers(2, 4))
    table = literal(np.arange(6).reshape(2, 3) % size)
    index = draw(views([table, *[v for v in pool if isinstance(v.node.op, Input) and v.kind == "int"]], degree))
    x = draw(views(pool, (*degree, size)))
    return apply(Take(size), x, index, degree=degree)


# ---- graphs and their arrays --------------------------------------------------------------------------------------


@st.composite
def graphs(draw: Draw, max_nodes: int = 5) -> Graph:
    """A graph with up to three inputs (reals, integers in {0, 1}, truth values), two weights and several outputs."""
    kinds = draw(st.lists(st.sampled_from(("real", "real", "int", "bool")), max_size=3))
    dom = tuple(Array.of(draw(sizes(3, 4)), DTYPE[kind]) for kind in kinds)
    pool = [source(Input(k, a.kind), a.sizes) for k, a in enumerate(dom)]
    pool += [source(Weight(name), draw(sizes(2, 4))) for name in ("w", "v")]
    for _ in range(draw(st.sampled_from(range(max_nodes, 0, -1)))):
        pool.append(draw(draw(st.sampled_from((contractions, contractions, placements, windows, functions, gathers)))(pool)))
    outputs = tuple(draw(views(pool)) for _ in range(draw(st.integers(0, 2)))) + (pool[-1],)
    dead = tuple(v.node for v in draw(st.lists(st.sampled_from(pool), max_size=2)))
    cod = tuple(Array.of(v.sizes, DTYPE[v.kind]) for v in outputs)  # type: ignore[arg-type]
    return Graph(dom, cod, outputs, dead)


def arrays(graph: Graph, seed: int = 0) -> tuple[list[Any], dict[str, Any]]:
    """Inputs and weights that fit a graph of concrete sizes."""
    random = np.random.default_rng(seed)
    bits = [random.integers(0, 2, a.sizes) for a in graph.dom]
    inputs = [random.standard_normal(a.sizes) if a.kind == "real" else x.astype(a.dtype) for a, x in zip(graph.dom, bits, strict=True)]
    return inputs, {key: np.asarray(random.standard_normal(n.sizes)) for key, n in graph.weights().items()}


def closed_loop(size: int) -> Value:
    """Σ over an axis that nothing reads: the size of the axis."""
    return total(number(1, (size,)), (0,))


def canonical(graph: Graph) -> Graph:
    """The graph without dead nodes that are used, and with its blocks in the order of its nodes."""
    live = set(topological([v.node for v in graph.outputs]))
    dead = [n for n in dict.fromkeys(graph.dead) if n not in live and not isinstance(n.op, Input)]
    below = set(topological([x for n in dead for x, _ in n.operands]))
    found = replace(graph, dead=tuple(n for n in dead if n not in below))
    paths = {n: path for n, path in graph.blocks if path and not isinstance(n.op, Input)}
    return replace(found, blocks=tuple((n, paths[n]) for n in found.nodes() if n in paths))
