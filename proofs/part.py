"""Where two models part: the first value on each side, inputs first, whose normal form the other side never reaches."""

from __future__ import annotations

from ncd_cat.graph import Graph, Node
from ncd_cat.sizes import Size
from rewrites.normal_form import Normaliser


def parting(lhs: Graph, rhs: Graph, nf: Normaliser, names: tuple[str, str]) -> str:
    """One line that names, for each side, the first value that could not be joined with one of the other side."""
    reached = [{nf.value(n).node for n in graph.nodes()} | _below(graph, nf) for graph in (lhs, rhs)]
    firsts = [_first(graph, nf, reached[1 - k]) for k, graph in enumerate((lhs, rhs))]
    said = [f"{name}: {_describe(n, graph)}" for name, n, graph in zip(names, firsts, (lhs, rhs), strict=True) if n is not None]
    return "the two part first at " + " and ".join(said) if said else "the outputs read the same values in different order"


def _below(graph: Graph, nf: Normaliser) -> set[Node]:
    """All nodes that occur in the normal forms of the outputs."""
    from ncd_cat.graph import topological

    return set(topological([nf.value(v.node).node for v in graph.outputs]))


def _first(graph: Graph, nf: Normaliser, other: set[Node]) -> Node | None:
    for n in graph.nodes():
        if n.operands and nf.value(n).node not in other:
            return n
    return None


def _describe(n: Node, graph: Graph) -> str:
    path = ".".join(dict(graph.blocks).get(n, ()))
    return f"{n.op} {_shape(n.sizes)}" + (f" in {path}" if path else "")


def _shape(sizes: tuple[Size, ...]) -> str:
    return "[" + " ".join(map(str, sizes)) + "]"
