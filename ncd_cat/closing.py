"""Closing a function of values: a graph without free variables, and what it used from outside, as inputs of their own.

The function is called on fresh inputs, which are equal to no other value, so that it may use values from outside: they
are found as what depends on none of the fresh ones.  What is constant (literals, numbers) stays inside.  Sources: lambda
lifting after Johnsson 1985; fresh names after Gabbay and Pitts, A new approach to abstract syntax with variable binding.

>>> from ncd_cat.graph import Weight
>>> from ncd_cat.ops.contraction import multiply
>>> w = source(Weight("w"), (3,))
>>> found = closed(lambda x: [multiply(x, w)], [((3,), "real")])
>>> [v.node.op.key for v in found.captured], len(found.body.dom)
(['w'], 2)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from ncd_cat.axes import Sizes
from ncd_cat.errors import UnsupportedOp
from ncd_cat.graph import Graph, Input, Node, Value, node, source, topological
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.random import Draw
from ncd_cat.signature import Kind
from ncd_cat.types import Array

DTYPES = {"real": "float64", "int": "int64", "bool": "bool"}
FIRST = 1 << 40  # no diagram has so many inputs: an input from here on that leaves its function is seen at once


class Fresh(int):
    """The number of an input that is no other's: two are equal if they are one object."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


class Closed(NamedTuple):
    """A body whose inputs are those of `used`, then one for each captured value."""

    body: Graph
    used: tuple[int, ...]
    captured: tuple[Value, ...]


def plain(outputs: Sequence[Value], dom: Iterable[tuple[Sizes, Kind]], cod: Iterable[Kind] | None = None) -> Graph:
    """The graph of the outputs, with axes called a, b, c, … and nothing in it that is no part of its meaning."""
    kinds = [v.kind for v in outputs] if cod is None else cod
    types = tuple([Array.of(v.sizes, DTYPES[kind]) for v, kind in zip(outputs, kinds, strict=True)])
    return Graph(tuple([Array.of(sizes, DTYPES[kind]) for sizes, kind in dom]), types, tuple(outputs))


def closed(function: Callable[..., Sequence[Value]], types: Sequence[tuple[Sizes, Kind]], kept: int = 0) -> Closed:
    """The function as a graph, and what it captured; inputs from number `kept` on that it does not read are left out.

    Raises UnsupportedOp where it captures a flagged draw: each step would have to draw anew.
    """
    fresh = [source(Input(Fresh(FIRST + k), kind), sizes).node for k, (sizes, kind) in enumerate(types)]
    outputs = function(*map(Value.of, fresh))
    nodes = topological([v.node for v in outputs])
    used = tuple([k for k, x in enumerate(fresh) if k < kept or x in nodes])
    captured = _captured(nodes, {v.node for v in outputs}, set(fresh))
    renamed = {x: source(Input(j, x.kind), x.sizes).node for j, x in enumerate([*[fresh[k] for k in used], *captured])}
    for n in nodes:
        if n not in renamed and any(renamed.get(x, x) is not x for x, _ in n.operands):
            renamed[n] = node(n.op, [(renamed.get(x, x), a) for x, a in n.operands], n.sizes)
    results = [Value(renamed.get(v.node, v.node), v.access, v.sizes) for v in outputs]
    dom = [types[k] for k in used] + [(x.sizes, x.kind) for x in captured]
    return Closed(plain(results, dom), used, tuple(map(Value.of, captured)))


def _captured(nodes: Sequence[Node], outputs: set[Node], fresh: set[Node]) -> list[Node]:
    """The last nodes, on each path to an output, that depend on variables and on none of the fresh ones."""
    varies, inside = set[Node](), set(fresh)
    for n in nodes:
        if is_variable(n) or any(x in varies for x, _ in n.operands):
            varies.add(n)
        if any(x in inside for x, _ in n.operands):
            inside.add(n)
    read = outputs | {x for n in nodes if n in inside for x, _ in n.operands}
    found = [n for n in nodes if n in varies and n not in inside and n in read]
    for n in topological(found):
        if isinstance(n.op, Draw) and n.op.flagged:
            raise UnsupportedOp(f"{n.op} is drawn once, and every step would use that one draw: draw for all steps, and scan over them")
    return found


def is_variable(n: Node) -> bool:
    """Whether a node is an input, a weight, or another source that is no constant."""
    return n.op.arity == 0 and not isinstance(n.op, Literal)
