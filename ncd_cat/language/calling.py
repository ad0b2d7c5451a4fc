"""Calling diagrams on wires: a diagram written at symbolic sizes is used at the sizes, and the names, of the wires given.

The symbols of its type are solved for from the wires, position by position; what the diagram then does is its graph, put in
the place of the call, under its name.

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.language import einsum, ty
>>> scores = einsum("q d, k d -> q k")
>>> x = Wire(source(Input(0), (5, 4)), ty("t:5 m:4").inside[0])
>>> print(call(scores, (x, x))[0].value.sizes)
(5, 5)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input
from ncd_cat.language.wire import Wire, typed, walk
from ncd_cat.sizes import Poly, Size, divide, symbol, symbols
from ncd_cat.substitution import inline, put, read
from ncd_cat.types import Array
from ncd_cat.wiring import Run


def call(diagram: Any, wires: Sequence[Wire]) -> tuple[Wire, ...]:
    """The outputs of a diagram on wires, at their sizes.  Raises TypeMismatch, naming the wire, the axis and both sizes."""
    name = diagram.title or "the diagram"
    dom = diagram.dom.inside
    if len(wires) != len(dom):
        raise TypeMismatch(f"{name} takes {len(dom)} wires, {', '.join(map(str, dom))}; {len(wires)} were given")
    found: dict[str, Size] = {}
    for k, (a, w) in enumerate(zip(dom, wires, strict=True)):
        _solve(a, w, found, f"{name}: wire {k}{f' ({a.name})' * bool(a.name)}")
    _solve_products(dom, wires, found)
    for k, (a, w) in enumerate(zip(dom, wires, strict=True)):
        _check(a, w, found, f"{name}: wire {k}{f' ({a.name})' * bool(a.name)}")
    run = walk(wires) or Run()
    return placed(diagram.graph, wires, found, run.within(diagram.title) if diagram.title else run, run)


def placed(graph: Graph, wires: Sequence[Wire], sizes: dict[str, Size], inner: Run, outer: Run) -> tuple[Wire, ...]:
    """The outputs of a graph on wires, at these values of its symbols; `inner` is the walk inside it, `outer` that around it."""
    found = inline(graph, [w.value for w in wires], sizes)
    paths, labels = dict(graph.blocks), dict(graph.labels)
    for n, v in found.items():
        if not isinstance(n.op, Input):
            inner.made.setdefault(v.node, (*inner.path, *paths.get(n, ())))
            if n in labels and v.node.sizes == put(labels[n].sizes, sizes):
                inner.labels.setdefault(v.node, Array(tuple(_sized(labels[n], sizes)), labels[n].dtype))
    inner.discarded += [found[n].node for n in graph.dead]
    names = {a.name: b.name for x, w in zip(graph.dom, wires, strict=True) for a, b in zip(x.axes, w.axes, strict=True)}
    dtypes = {x.dtype: w.type.dtype for x, w in reversed(list(zip(graph.dom, wires, strict=True)))}
    outputs = [read(found[v.node], v.access, v.sizes, sizes) for v in graph.outputs]
    return tuple([Wire(v, _renamed(a, names, sizes, dtypes), outer) for v, a in zip(outputs, graph.cod, strict=True)])


def apply_strictly(diagram: Any, wires: Sequence[Wire]) -> tuple[Wire, ...]:
    """The outputs of a diagram on wires that have exactly its types.  Raises TypeMismatch, naming the wire and the axis."""
    from ncd_cat.diagram import Ty
    from ncd_cat.diagram.wires import difference, label

    given = Ty(*[w.type for w in wires])
    if given != diagram.dom:
        raise TypeMismatch(f"{label(diagram)} does not take {given}: {difference(given, diagram.dom)}")
    run = walk(wires) or Run()
    found = run.through(diagram, [w.value for w in wires])
    return tuple([Wire(v, a, run) for v, a in zip(found, diagram.cod.inside, strict=True)])


def apply_over(family: Any, axes: tuple[Axis, ...], wires: Sequence[Wire]) -> tuple[Wire, ...]:
    """A family on wires whose first axes are `axes`, along which it is broadcast.  Raises TypeMismatch if they are not."""
    for w in wires:
        if w.axes[: len(axes)] != axes:
            raise TypeMismatch(f"{family}: {w.type} does not begin with the axes {' '.join(map(str, axes))} that it is broadcast over")
    run = walk(wires) or Run()
    types = [Array(w.axes[len(axes) :], w.type.dtype) for w in wires]
    graph = family.graph(*types)
    found = run.over(tuple([a.size for a in axes]), graph, [w.value for w in wires], axes)
    what = f"{family} over more axes"
    return tuple([Wire(v, typed((*axes, *a.axes), a.dtype, what), run) for v, a in zip(found, graph.cod, strict=True)])


def _solve(formal: Array, w: Wire, found: dict[str, Size], where: str) -> None:
    if len(formal.axes) != len(w.axes) or formal.kind != w.type.kind:
        raise TypeMismatch(f"{where} is {formal}, but {w.type} was given")
    for a, b in zip(formal.axes, w.axes, strict=True):
        if isinstance(a.size, Poly) and a.size == symbol(symbols(a.size)[0]):
            found.setdefault(symbols(a.size)[0], b.size)


def _solve_products(dom: Sequence[Array], wires: Sequence[Wire], found: dict[str, Size]) -> None:
    """Find the symbols that stand in products with known sizes: of a size 4·d that is 12, d is 3."""
    pairs = [(a.size, b.size) for x, w in zip(dom, wires, strict=True) for a, b in zip(x.axes, w.axes, strict=True)]
    for formal, given in pairs:
        unknown = [s for s in symbols(formal) if s not in found]
        others = divide(formal, symbol(unknown[0])) if len(unknown) == 1 else None
        if others is not None and unknown[0] not in symbols(others):
            value = divide(given, put(others, found))
            found.update({unknown[0]: value} if value is not None else {})


def _check(formal: Array, w: Wire, found: dict[str, Size], where: str) -> None:
    for a, b in zip(formal.axes, w.axes, strict=True):
        expected = put(a.size, found)
        if expected != b.size:
            meaning = f" (that is {a.size})" if expected != a.size else ""
            parts = f"axis {a.name} has size {expected}{meaning}, axis {b.name} {b.size}"
            raise TypeMismatch(f"{where} is {formal}, but {w.type} was given: {parts}")


def _renamed(a: Array, names: dict[str, str], sizes: dict[str, Size], dtypes: dict[str, str]) -> Array:
    """The type of an output, its axes called as those of the wires given, where no two of them then have one name, and its dtype."""
    new = [names.get(x.name, x.name) for x in a.axes]
    chosen = [n if new.count(n) == 1 else x.name for n, x in zip(new, a.axes, strict=True)]
    chosen = chosen if len(set(chosen)) == len(chosen) else [x.name for x in a.axes]
    return Array(tuple([Axis(n, x.size) for n, x in zip(chosen, _sized(a, sizes), strict=True)]), dtypes.get(a.dtype, a.dtype))


def _sized(a: Array, sizes: dict[str, Size]) -> list[Axis]:
    return [Axis(x.name, put(x.size, sizes)) for x in a.axes]
