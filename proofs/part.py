"""Where two models part: the first value on each side, inputs first, whose normal form the other side never reaches."""

from __future__ import annotations

from ncd_cat.graph import Graph, Input, Node, Weight, topological
from rewrites.normal_form import Normaliser


def parting(lhs: Graph, rhs: Graph, nf: Normaliser, names: tuple[str, str]) -> str:
    """One line that names, for each side, the first value that could not be joined with one of the other side."""
    reached = [{nf.value(n).node for n in graph.nodes()} | _below(graph, nf) for graph in (lhs, rhs)]
    firsts = [_first(graph, nf, reached[1 - k]) for k, graph in enumerate((lhs, rhs))]
    said = [f"{name}: {_describe(n, graph)}" for name, n, graph in zip(names, firsts, (lhs, rhs), strict=True) if n is not None]
    return "the two part first at " + " and ".join(said) if said else "the outputs read the same values in different order"


def _below(graph: Graph, nf: Normaliser) -> set[Node]:
    """All nodes that occur in the normal forms of the outputs."""
    return set(topological([nf.value(v.node).node for v in graph.outputs]))


def _first(graph: Graph, nf: Normaliser, other: set[Node]) -> Node | None:
    for n in graph.nodes():
        if n.operands and nf.value(n).node not in other:
            return n
    return None


def _describe(n: Node, graph: Graph) -> str:
    path = ".".join(dict(graph.blocks).get(n, ()))
    axes = " ".join(axis_name(n, k, graph) for k in range(len(n.sizes)))
    return f"{n.op} [{axes}]" + (f" in {path}" if path else "")


def axis_name(n: Node, axis: int, graph: Graph) -> str:
    """An axis of a node as name:size, after the axis of an input or weight that it comes from; its size if it comes from none."""
    size, name = n.sizes[axis], ""
    while n.operands and not name:
        found = [(x, k) for x, a in n.operands for k, e in enumerate(a) if e[1] and e == (0, ((1, axis, 1, n.sizes[axis]),))]
        if not found:
            return str(size)
        n, axis = found[0]
    if isinstance(n.op, Input):
        array = graph.dom[n.op.position]
        name = ".".join(filter(None, [array.name, array.axes[axis].name]))
    elif isinstance(n.op, Weight):
        name = f"{n.op.key}.{axis}"
    return str(size) if name in ("", str(size)) else f"{name}:{size}"
