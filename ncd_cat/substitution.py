"""Substitution: giving size symbols their values, and putting a graph in the place of a box.

`inline` is composition in the free cartesian category: each node of the graph is made again on what its inputs are, so that
what the graph shares stays shared.  Source: term graphs of Corradini and Gadducci 1999.

>>> from ncd_cat.ops.pointwise import Exp
>>> from ncd_cat.sizes import symbol
>>> y = Exp()(source(Input(0), (symbol("n"),)))
>>> x = source(Input(0), (3,))
>>> inline(Graph((), (), (y,)), [x], {"n": 3})[y.node] == Exp()(x)
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

from ncd_cat import axes, sizes
from ncd_cat.axes import Access, Axis, Sizes
from ncd_cat.graph import Graph, Input, Node, Value, node, source
from ncd_cat.ops.random import fresh, numbered
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Op
from ncd_cat.sizes import Poly, Size
from ncd_cat.types import Array


def put(value: Any, symbols: Mapping[str, Size]) -> Any:
    """A size, scalar, index, op, graph or tuple of such with the symbols' values in it."""
    if not symbols:
        return value
    if isinstance(value, Poly):
        return sizes.substitute(value, symbols)
    if isinstance(value, Scalar):
        return value.substitute(dict(symbols))
    if isinstance(value, tuple):
        parts = [put(v, symbols) for v in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    if isinstance(value, Op):
        changes = {f.name: put(getattr(value, f.name), symbols) for f in fields(value)}
        return replace(value, **changes) if changes else value
    if isinstance(value, Graph):
        return resized(value, symbols)
    return value


def resized(graph: Graph, symbols: Mapping[str, Size]) -> Graph:
    """The graph with the symbols' values in its sizes."""
    dom = arrays(graph.dom, symbols)
    found = inline(graph, [source(Input(k, a.kind), a.sizes) for k, a in enumerate(dom)], symbols)
    outputs = tuple([read(found[v.node], v.access, v.sizes, symbols) for v in graph.outputs])
    blocks = tuple([(found[n].node, path) for n, path in graph.blocks])
    meant = [(found[n], arrays([a], symbols)[0]) for n, a in graph.labels]
    labels = tuple([(v.node, a) for v, a in meant if v == Value.of(v.node)])
    return numbered(Graph(dom, arrays(graph.cod, symbols), outputs, tuple([found[n].node for n in graph.dead]), blocks, labels))


def inline(graph: Graph, inputs: Sequence[Value], symbols: Mapping[str, Size]) -> dict[Node, Value]:
    """What each node becomes when the inputs are the given values and the symbols have the given values; draws are drawn again."""
    found: dict[Node, Value] = {}
    for n in graph.nodes():
        found[n] = inputs[n.op.position] if isinstance(n.op, Input) else _again(n, found, symbols)
    return found


def read(x: Value, access: Access, domain: Sizes, symbols: Mapping[str, Size]) -> Value:
    """x read through an access over axes `domain`, in which the symbols get their values."""
    if not symbols and x.node.sizes == x.sizes and x.access == axes.identity(x.sizes):
        return Value(x.node, access, domain)
    return x.at(tuple([axes.add(put(e, symbols)) for e in access]) if symbols else access, put(domain, symbols))


def arrays(given: Sequence[Array], symbols: Mapping[str, Size]) -> tuple[Array, ...]:
    """The types with the symbols' values in their sizes."""
    return tuple([replace(a, axes=tuple([Axis(x.name, put(x.size, symbols)) for x in a.axes])) for a in given])


def _again(n: Node, found: Mapping[Node, Value], symbols: Mapping[str, Size]) -> Value:
    operands = [read(found[x], access, n.domain(k), symbols) for k, (x, access) in enumerate(n.operands)]
    return Value.of(node(put(fresh(n.op), symbols), [(v.node, v.access) for v in operands], put(n.sizes, symbols)))
