"""Lowering gives size symbols their values and replaces ops that have no plan by their definitions, bottom up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ncd_cat import axes
from ncd_cat.axes import Access, Sizes
from ncd_cat.evaluation.planning import has_plan
from ncd_cat.graph import Graph, Node, Value, node, topological
from ncd_cat.substitution import arrays, put


def lower(values: Sequence[Value], symbols: Mapping[str, int]) -> list[Value]:
    """The values with concrete sizes, in terms of ops that can be evaluated or have no meaning at all."""
    found: dict[Node, Value] = {}
    for n in topological([v.node for v in values]):
        found[n] = _lower(n, found, symbols)
    return [_read(found[v.node], v.access, v.sizes, symbols) for v in values]


def _lower(n: Node, found: dict[Node, Value], symbols: Mapping[str, int]) -> Value:
    if not symbols and has_plan(n.op) and all(found[x].node is x for x, _ in n.operands):
        return Value.of(n)
    op, own = put(n.op, symbols), put(n.sizes, symbols)
    degree = own[: len(own) - len(op.out)]
    operands = [_read(found[x], a, n.domain(k), symbols) for k, (x, a) in enumerate(n.operands)]
    defined = None if has_plan(op) else op.definition(*operands)
    if defined is None:
        return Value.of(node(op, [(v.node, v.access) for v in operands], degree + op.out))
    inner = {v.node: Value.of(v.node) for v in operands}
    for m in _between(defined.node, set(inner)):
        inner[m] = _lower(m, inner, {})
    return _read(inner[defined.node], defined.access, defined.sizes, {})


def _between(root: Node, known: set[Node]) -> list[Node]:
    """The nodes below the root that are not below known ones, operands first."""
    done = dict.fromkeys(known)
    stack = [root]
    while stack:
        waiting = [x for x, _ in stack[-1].operands if x not in done]
        stack += waiting
        if not waiting:
            done[stack.pop()] = None
    return list(done)[len(known) :]


def _read(x: Value, access: Access, domain: Sizes, symbols: Mapping[str, int]) -> Value:
    indices = tuple([axes.add(put(e, symbols)) for e in access]) if symbols else access
    return x.at(indices, put(domain, symbols))


def instance(graph: Graph, symbols: Mapping[str, int]) -> Graph:
    """The graph at these values of its size symbols."""
    if not symbols:
        return graph.live()
    return Graph(arrays(graph.dom, symbols), arrays(graph.cod, symbols), tuple(lower(graph.outputs, symbols)))

