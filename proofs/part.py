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


def parted(a: Node, b: Node, lhs: Graph, rhs: Graph, names: tuple[str, str]) -> str:
    """One line that names two values that agree numerically and could not be joined."""
    said = [f"{name}: {_describe(n, graph)}" for name, n, graph in zip(names, (a, b), (lhs, rhs), strict=True)]
    return f"the two part first at {' and '.join(said)}, which agree numerically"


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
    size, seen, stack = n.sizes[axis], set[tuple[Node, int]](), [(n, axis)]
    while stack:
        n, k = stack.pop()
        name = _source_name(n, k, graph)
        if name:
            return f"{name}:{size}" if name != str(size) else name
        own = (0, ((1, k, 1, n.sizes[k]),))
        below = [(x, j) for x, a in reversed(n.operands) for j, e in enumerate(a) if e[1] and e == own]
        stack += [place for place in below if place not in seen]
        seen.update(below)
    return str(size)


def _source_name(n: Node, axis: int, graph: Graph) -> str:
    """What an axis of an input or weight is called; nothing for another node."""
    if isinstance(n.op, Input):
        array = graph.dom[n.op.position]
        return ".".join(filter(None, [array.name, array.axes[axis].name]))
    return f"{n.op.key}.{axis}" if isinstance(n.op, Weight) else ""
