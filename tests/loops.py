"""The executable meaning of the language, as slow explicit loops: out[p] = op(x₁[η₁(p)], …, x_k[η_k(p)]), index by index.

Tests compare everything faster with this.  Ops that have a definition are evaluated through it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from ncd_cat.axes import Access, Index
from ncd_cat.graph import Graph, Input, Node, Value, Weight, topological
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Reduction
from ncd_cat.signature import Guard

DTYPES = {"real": np.float64, "int": np.int64, "bool": np.bool_}
Point = tuple[int, ...]
Arrays = dict[Node, Any]


def loop_evaluate(value: Value | Node, inputs: Sequence[Any] = (), weights: Mapping[str, Any] | None = None) -> Any:
    """The array of a value or node, over its sizes (ints), given the arrays of the inputs by position and the weights by key.

    Raises NotImplementedError for an op without a meaning, such as an opaque box.
    """
    found: Arrays = {}
    v = Value.of(value) if isinstance(value, Node) else value
    return _value(v, found, inputs, weights or {})


def loop_outputs(graph: Graph, inputs: Sequence[Any] = (), weights: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    """The arrays of all outputs of a graph."""
    found: Arrays = {}
    return tuple([_value(v, found, inputs, weights or {}) for v in graph.outputs])


def points(sizes: Sequence[Any]) -> Iterator[Point]:
    """All index tuples, in row-major order."""
    return product(*[range(n) for n in sizes])


def at(e: Index, p: Sequence[int]) -> int:
    """The value of an index at a point: c + Σ s · ((i div t) mod n)."""
    return int(e[0]) + sum(int(s) * ((p[i] // int(t)) % int(n)) for s, i, t, n in e[1])


def holds(guards: Sequence[Guard], p: Sequence[int]) -> bool:
    """Whether every guard is true at a point."""
    return all(at(e, p) == 0 if equal else at(e, p) >= 0 for equal, e in guards)


def entry(array: Any, access: Access, p: Sequence[int]) -> Any:
    """array[access(p)]; an index that leaves its axis is an error, never a wrap-around."""
    place = tuple(at(e, p) for e in access)
    assert all(0 <= i < n for i, n in zip(place, array.shape, strict=True)), f"index {place} leaves axes {array.shape}"
    return array[place]


def _value(v: Value, found: Arrays, inputs: Sequence[Any], weights: Mapping[str, Any]) -> Any:
    for n in topological([v.node]):
        if n not in found:
            found[n] = np.asarray(_node(n, found, inputs, weights), dtype=DTYPES[n.kind]).reshape(n.sizes)
    return _tabulate(lambda p: entry(found[v.node], v.access, p), v.sizes, v.kind)


def _tabulate(f: Callable[[Point], Any], sizes: Sequence[Any], kind: str) -> Any:
    return np.array([f(p) for p in points(sizes)], dtype=DTYPES[kind]).reshape(tuple(sizes))


def _node(n: Node, found: Arrays, inputs: Sequence[Any], weights: Mapping[str, Any]) -> Any:
    op = n.op
    if isinstance(op, Input):
        return inputs[op.position]
    if isinstance(op, Weight):
        return weights[op.key]
    if isinstance(op, Literal):
        return op.numpy(n.sizes)
    if isinstance(op, Contraction):
        return _tabulate(lambda p: _sum(n, found, p), n.sizes, n.kind)
    if isinstance(op, Reduction):
        return _tabulate(lambda p: _fold(n, op, found, p), n.sizes, n.kind)
    if isinstance(op, Take):
        return _tabulate(lambda p: _taken(n, found, p), n.sizes, n.kind)
    defined = op.definition(*[Value(x, a, n.domain(k)) for k, (x, a) in enumerate(n.operands)])
    if defined is not None:
        return _value(defined, found, inputs, weights)
    operands = [_tabulate(lambda p, x=x, a=a: entry(found[x], a, p), n.domain(k), x.kind)  # type: ignore[misc]
                for k, (x, a) in enumerate(n.operands)]  # fmt: skip
    if isinstance(op, Pointwise):
        met = next((k for k in ("real", "int") if k in (n.kind, *[x.kind for x, _ in n.operands])), "bool")
        return _tabulate(lambda p: op.array(np, *[x[p].astype(DTYPES[met]) for x in operands]), n.sizes, n.kind)
    result = op.array(np, *operands)
    if result is NotImplemented:
        raise NotImplementedError(f"{op} has no meaning")
    return result


def _sum(n: Node, found: Arrays, p: Point) -> Any:
    whole_numbers = n.kind != "real"
    total: Any = 0 if whole_numbers else 0.0
    for term in terms_of(n):
        coefficient: Any = int(term.scalar.rational) if whole_numbers else float(term.scalar)
        for r in points(term.bounds):
            if holds(term.guards, p + r):
                entries = [entry(found[x], a, p + r).item() for x, a in term.factors]
                total += coefficient * np.prod(entries, initial=1) if not whole_numbers else _exact(coefficient, entries)
    return total


def _exact(coefficient: int, entries: Sequence[Any]) -> int:
    for e in entries:
        coefficient *= int(e)
    return coefficient


def _fold(n: Node, op: Reduction, found: Arrays, p: Point) -> Any:
    x, access = n.operands[0]
    entries = [entry(found[x], access, p + r) for r in points(op.bounds) if holds(op.conditions, p + r)]
    return max(entries) if isinstance(op, Max) else min(entries)


def _taken(n: Node, found: Arrays, p: Point) -> Any:
    (x, access), (i, where) = n.operands
    return entry(found[x], access, (*p, int(entry(found[i], where, p))))
