"""The neighbourhood of a step: which boxes a rule takes away and which it puts there, alone where the whole is too large to see.

Both sides of an instance share all that lies below the boxes that change; that is cut off and becomes inputs, so that what is
left is the equation itself.

>>> from proofs.replay import replay
>>> from proofs.theorems import THEOREMS
>>> move = replay(THEOREMS["log-softmax"].data())[0]
>>> [len(nodes) for nodes in changes(move)]
[1, 2]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph, Input, Node, Value, Weight, node, topological
from ncd_cat.ops.literal import Literal
from ncd_cat.types import Array
from proofs.replay import Move

LARGE = 40  # axes that boxes read in a picture which is still seen at a glance
Names = dict[Node, Node]
DTYPES = {"real": "float32", "int": "int64", "bool": "bool"}


def size(graph: Graph) -> int:
    """How large a picture of the graph is: the axes of all that its boxes read, those inside of loops too."""
    inner = [getattr(n.op, f.name) for n in graph.nodes() for f in fields(n.op) if f.type == "Graph"]
    return sum(max(1, len(access)) for n in graph.nodes() for _, access in n.operands) + sum(map(size, inner))


def changes(move: Move) -> tuple[list[Node], list[Node]]:
    """The nodes that the step takes away, and those that it makes; at least the two at the top."""
    top = move.subject.node
    old, new = topological([top]), topological([move.result.node])
    gone, made = {*old} - {*new}, {*new} - {*old}
    return [n for n in old if n in gone or n is top], [n for n in new if n in made or n is move.result.node]


def instance(move: Move, gone: Sequence[Node], made: Sequence[Node]) -> tuple[tuple[Graph, Graph], tuple[Names, Names]]:
    """The two sides of a step as diagrams of their own, and for each which of its nodes stands for which of the whole."""
    labels = dict(move.before.labels) | dict(move.after.labels)
    tops = (move.subject.node, move.result.node)
    below = [{*topological([n])} for n in tops]
    old = _top(tops[0], gone) if tops[0] not in below[1] else []
    new = _top(tops[1], made) if tops[1] not in below[0] else []
    inside = {*old, *new}
    read = [*[x for n in (*old, *new) for x, _ in n.operands], *tops]
    cut = dict.fromkeys([x for x in read if x not in inside and not isinstance(x.op, Weight | Literal)])
    dom = tuple([_array(n, labels) for n in cut])
    ends: dict[Node, Node] = {n: node(Input(k, n.kind), (), n.sizes) for k, n in enumerate(cut)}
    top = (labels.get(tops[0]) if move.subject == Value.of(tops[0]) else None) or Array.of(move.subject.sizes, DTYPES[move.subject.kind])
    sides = [(old, move.subject), (new, move.result)]
    graphs, maps = [], []
    for nodes, shown in sides:
        known = _rebuilt(nodes, ends)
        names = tuple([(known[n], labels[n]) for n in nodes if n in labels])
        graphs.append(Graph(dom, (top,), (Value(known.get(shown.node, shown.node), shown.access, shown.sizes),), labels=names))
        maps.append(known)
    return (graphs[0], graphs[1]), (maps[0], maps[1])


def _top(top: Node, nodes: Sequence[Node]) -> list[Node]:
    """As many of the nodes as can be seen, those nearest to the top."""
    inside, found = {*nodes}, {top: None} if top.operands else {}
    queue = list(found)
    for n in queue:
        for x, _ in n.operands:
            if x in inside and x.operands and x not in found and len(found) < LARGE:
                found[x] = None
                queue.append(x)
    return [n for n in nodes if n in found]


def _rebuilt(nodes: Sequence[Node], ends: Mapping[Node, Node]) -> dict[Node, Node]:
    known = dict(ends)
    for n in nodes:
        known[n] = node(n.op, [(known.get(x, x), access) for x, access in n.operands], n.sizes)
    return known


def _array(n: Node, labels: Mapping[Node, Array]) -> Array:
    """The type of a wire that is cut: its names where it has some, else those of the symbols that its sizes are."""
    plain = Array.of(n.sizes, DTYPES[n.kind])
    symbols = [str(size) if str(size).isidentifier() else "" for size in n.sizes]
    names = [symbol or axis.name for symbol, axis in zip(symbols, plain.axes, strict=True)]
    distinct = len({*names}) == len(names)
    return labels.get(n) or (Array(tuple(map(Axis, names, n.sizes)), plain.dtype) if distinct else plain)
