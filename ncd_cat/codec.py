"""The term graph as data: a table that lists nodes, operands first, is a free cartesian category written down.

An entry of a table is `[op, fields, operands, sizes]`: the name of an op class, its dataclass fields in order, one
`[entry, access]` per operand, and the node's own sizes.  A graph that is a field of an op (the body of a loop) is written
over the same table, its nodes before the node of the op.  Nothing in a table is ever executed or imported: it names op classes
of this package and gives them numbers, text and bytes.  Reading fails closed: what is not exactly the canonical form of a
well typed node is an error that names its entry.

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import einsum
>>> x = source(Input(0), (2, 3))
>>> table = encode([einsum("ij->ji", x).node])
>>> table
[['Input', [0, 'real'], [], [2, 3]], ['Contraction', [[['1', [], 1, []]]], [[0, [1, 0]]], [3, 2]]]
>>> decode(encode([x.node])) == [x.node]
True
"""

from __future__ import annotations

import reprlib
from collections.abc import Sequence
from typing import Any

from ncd_cat.axes import Access, Axis
from ncd_cat.errors import UnsupportedOp
from ncd_cat.fields import as_list, decode_access, decode_sizes, encode_access, encode_sizes, form, natural, op_classes
from ncd_cat.graph import Graph, Input, Node, Value, node, topological
from ncd_cat.signature import Op
from ncd_cat.sizes import from_json, to_json
from ncd_cat.types import Array
from ncd_cat.welltyped import check_access, validate

LIMIT = 1 << 28  # bytes of literal tables that one table of nodes may hold
LARGEST_NESTED = 1 << 22  # nodes below the graphs that are fields of ops, each graph counted once
PARTS = ["dom", "cod", "outputs", "dead", "blocks"]
MALFORMED = (ValueError, TypeError, LookupError, ArithmeticError, RecursionError)


class Table:
    """A table that grows: `add` appends what is not there yet below a node and gives the node's entry number."""

    def __init__(self) -> None:
        self.entries: list[Any] = []
        self.ids: dict[Node, int] = {}

    def add(self, n: Node) -> int:
        """The entry number of the node."""
        if n not in self.ids:
            for below in topological([n], self.ids):
                entry = self._entry(below)
                if below not in self.ids:  # a graph inside may have brought it
                    self.ids[below] = len(self.entries)
                    self.entries.append(entry)
        return self.ids[n]

    def _entry(self, n: Node) -> list[Any]:
        op = encode_op(n.op, self)
        return [*op, [[self.ids[x], encode_access(a, x.sizes)] for x, a in n.operands], encode_sizes(n.sizes)]


class Reader:
    """Reads entries one after another into `nodes`; each operand must come before its use."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.nodes: list[Node] = []
        self.room = limit
        self.nested = LARGEST_NESTED
        self.bodies: set[Graph] = set()

    def extend(self, entries: Any) -> list[Node]:
        """Read entries and return all nodes so far.  Raises ValueError, naming the entry, unless all are well typed."""
        for data in as_list(entries):
            try:
                found = self._node(data)
                validate(found)
            except MALFORMED as problem:
                name = reprlib.repr(data[0] if type(data) is list and data else data)
                raise ValueError(f"entry {len(self.nodes)} ({name}): {problem}") from None
            self.nodes.append(found)
        return self.nodes

    def _node(self, data: Any) -> Node:
        name, values, operands, own = as_list(data)
        return node(self.op(name, values), [self._operand(x) for x in as_list(operands)], decode_sizes(own))

    def op(self, name: Any, values: Any) -> Op:
        """The op of this name and these fields.  Raises ValueError unless there is one; whether it fits is not checked here."""
        if type(name) is not str or name not in op_classes():
            raise ValueError("there is no such op")
        shape = form(op_classes()[name])
        for k in shape.blobs:
            self.room -= natural(as_list(as_list(values)[k])[0])
        if self.room < 0:
            raise ValueError("literal tables are larger than the limit")
        if shape.graphs:
            values = [self._body(v) if k in shape.graphs else v for k, v in enumerate(as_list(values))]
        return shape.record.read(values)  # type: ignore[no-any-return]

    def _body(self, data: Any) -> Graph:
        """A graph that is a field of an op; equal ones, such as those of the outputs of one loop, are checked once."""
        graph = read_graph(data, self)
        if graph not in self.bodies:
            self.nested -= len(graph.nodes())
            if self.nested < 0:
                raise ValueError("the graphs inside of ops are larger than the limit")
            check_graph(graph)
            self.bodies.add(graph)
        return graph

    def _operand(self, data: Any) -> tuple[Node, Access]:
        index, access = as_list(data)
        n = self.node(index)
        return n, decode_access(access, n.sizes)

    def node(self, index: Any) -> Node:
        """The node of an entry.  Raises ValueError unless it has been read."""
        if natural(index) >= len(self.nodes):
            raise ValueError(f"there is no entry {index} before this one")
        found: Node = self.nodes[index]
        return found


def encode_op(op: Op, table: Table) -> list[Any]:
    """The op as [name, fields]; the nodes of a graph in one of its fields are added to the table.  Raises UnsupportedOp."""
    shape = form(type(op))
    if op_classes().get(shape.name) is not type(op):
        raise UnsupportedOp(f"{op} is an op of class {type(op).__qualname__}, which is not one of ncd_cat: no file can name it")
    values: list[Any] = shape.record.write([getattr(op, name) for name in shape.names])
    for k in shape.graphs:
        values[k] = encode_graph(values[k], table)
    return [shape.name, values]


def encode(roots: Sequence[Node]) -> list[Any]:
    """The table of all nodes below the roots."""
    table = Table()
    for n in roots:
        table.add(n)
    return table.entries


def decode(entries: Any, *, limit: int = LIMIT) -> list[Node]:
    """The nodes of a table, one per entry.  Raises ValueError, naming the entry, on anything malformed or ill typed."""
    return Reader(limit).extend(entries)


# ---- values and graphs --------------------------------------------------------------------------------------------


def encode_value(v: Value, table: Table) -> list[Any]:
    """The value as [entry, access, sizes]; its node is added to the table."""
    return [table.add(v.node), encode_access(v.access, v.node.sizes), encode_sizes(v.sizes)]


def decode_value(data: Any, nodes: Reader) -> Value:
    """The inverse of `encode_value`.  Raises ValueError, or TypeError unless every index lies within its axis."""
    index, access, own = as_list(data)
    n, sizes = nodes.node(index), decode_sizes(own)
    v = Value(n, decode_access(access, n.sizes), sizes)
    check_access(v.access, n.sizes, sizes)
    return v


def encode_array(a: Array) -> list[Any]:
    """The type as [axes, dtype, name], an axis as [name, size]."""
    return [[[x.name, to_json(x.size)] for x in a.axes], a.dtype, a.name]


def decode_array(data: Any) -> Array:
    """The inverse of `encode_array`.  Raises ValueError."""
    own, dtype, name = as_list(data)
    found = []
    for label, size in map(as_list, as_list(own)):
        if type(label) is not str:
            raise ValueError(f"not the name of an axis: {reprlib.repr(label)}")
        found.append(Axis(label, size if type(size) is int else from_json(size)))
    if type(dtype) is not str or type(name) is not str:
        raise ValueError(f"not an array type: {reprlib.repr(data)}")
    return Array(tuple(found), dtype, name)


def encode_graph(graph: Graph, table: Table) -> dict[str, Any]:
    """The graph as data; its nodes are added to the table."""
    labels = [[table.add(n), encode_array(a)] for n, a in graph.labels]
    return {
        "dom": [encode_array(a) for a in graph.dom],
        "cod": [encode_array(a) for a in graph.cod],
        "outputs": [encode_value(v, table) for v in graph.outputs],
        "dead": [table.add(n) for n in graph.dead],
        "blocks": [[table.add(n), list(path)] for n, path in graph.blocks],
        **({"labels": labels} if labels else {}),
    }


def decode_graph(data: Any, nodes: Reader) -> Graph:
    """The inverse of `encode_graph`.  Raises ValueError unless outputs and inputs have the declared types."""
    graph = read_graph(data, nodes)
    check_graph(graph)
    return graph


def read_graph(data: Any, nodes: Reader) -> Graph:
    """The graph that the data describes, its types not compared.  Raises ValueError on anything malformed."""
    if type(data) is not dict or list(data) not in (PARTS, [*PARTS, "labels"]):
        raise ValueError(f"not a graph: {reprlib.repr(data)}")
    try:
        dom, cod = (tuple(decode_array(a) for a in as_list(data[key])) for key in ("dom", "cod"))
        outputs = tuple(decode_value(v, nodes) for v in as_list(data["outputs"]))
        dead = tuple(nodes.node(k) for k in as_list(data["dead"]))
        blocks = tuple((nodes.node(k), _path(path)) for k, path in map(as_list, as_list(data["blocks"])))
        labels = tuple(_label(item, nodes) for item in as_list(data.get("labels", [])))
    except MALFORMED as problem:
        raise ValueError(f"a graph that cannot be read: {problem}") from None
    return Graph(dom, cod, outputs, dead, blocks, labels)


def _label(data: Any, nodes: Reader) -> tuple[Node, Array]:
    index, label = as_list(data)
    n, a = nodes.node(index), decode_array(label)
    if n.sizes != a.sizes:
        raise ValueError(f"entry {index} has sizes {n.sizes}, its axes are called {a}")
    return n, a


def check_graph(graph: Graph) -> None:
    """Raise ValueError unless the inputs that the graph reads, and its outputs, have the declared types."""
    for k, (v, a) in enumerate(zip(graph.outputs, graph.cod, strict=False)):
        if v.sizes != a.sizes:
            raise ValueError(f"output {k} has sizes {v.sizes}, its type is {a}")
    if len(graph.outputs) != len(graph.cod):
        raise ValueError(f"{len(graph.outputs)} outputs are declared as {len(graph.cod)}")
    for n in graph.nodes():
        if isinstance(n.op, Input):
            k = n.op.position
            if k >= len(graph.dom) or (n.sizes, n.kind) != (graph.dom[k].sizes, graph.dom[k].kind):
                declared = graph.dom[k] if k < len(graph.dom) else "not declared"
                raise ValueError(f"input {k} is read as {n.kind} of sizes {n.sizes}, its type is {declared}")


def _path(data: Any) -> tuple[str, ...]:
    if any(type(part) is not str for part in as_list(data)):
        raise ValueError(f"not a module path: {reprlib.repr(data)}")
    return tuple(data)


__all__ = [
    "LIMIT", "Reader", "Table", "check_graph", "decode", "decode_access", "decode_array", "decode_graph", "decode_sizes", "decode_value",
    "encode", "encode_access", "encode_array", "encode_graph", "encode_op", "encode_sizes", "encode_value", "read_graph",
]  # fmt: skip
