"""The term graph: interned nodes out[p, ·] = op(x₁[η₁(p, ·)], …, x_k[η_k(p, ·)]), the free cartesian category of Br.

A `Node` is an op, its operands each read through an index map (`axes.Access`), and its own sizes: the *degree* axes it
is broadcast over, then the root axes of the op's output.  Broadcasting, copying, swapping and discarding are structure,
not nodes, and equality of nodes is identity: two subterms that are equal up to the cartesian and symmetric monoidal
laws are one object.  A `Value` is a node read through an access: what a wire carries.  Sources: Corradini and Gadducci
1999 (term graphs are the free gs-monoidal category), Fritz and Liang (arXiv 2204.02284), Br of arXiv 2604.07242.

>>> from ncd_cat.axes import whole
>>> x = source(Input(0), (3, 4))
>>> x.at((whole(1, 3), whole(0, 4)), (4, 3)).at((whole(1, 4), whole(0, 3)), (3, 4)) == x
True
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from ncd_cat.axes import Access, NotAffine, Sizes, compose, identity, show
from ncd_cat.signature import Kind, Op

if TYPE_CHECKING:
    from ncd_cat.types import Array


class Node:
    """A node of the term graph.  Made by `node`, compared by identity, immutable."""

    __slots__ = ("__weakref__", "defined", "finite", "kind", "op", "operands", "order", "parts", "positive", "sizes")
    op: Op
    operands: tuple[tuple[Node, Access], ...]
    sizes: Sizes
    kind: Kind
    order: int
    finite: bool
    positive: bool
    defined: bool
    parts: Any  # what the op reads off its node once, such as the terms of a contraction

    @property
    def degree(self) -> Sizes:
        """The sizes of the axes that the op is broadcast over."""
        return self.sizes[: len(self.sizes) - len(self.op.out)]

    def domain(self, k: int) -> Sizes:
        """The sizes of the axes that the access of operand k reads: degree, then the operand's roots."""
        return self.degree + self.op.roots(k)

    def read(self, k: int) -> Value:
        """What the op reads as its operand k, over the degree axes and the operand's roots."""
        return Value(*self.operands[k], self.domain(k))

    def __str__(self) -> str:
        inner = ", ".join(f"{x.op}[{', '.join(show(e) for e in a)}]" for x, a in self.operands)
        return f"{self.op}({inner}) : {' '.join(map(str, self.sizes)) or '()'}"

    __repr__ = __str__


_STORE: WeakValueDictionary[tuple[Any, ...], Node] = WeakValueDictionary()


def node(op: Op, operands: Iterable[tuple[Node, Access]], sizes: Sizes) -> Node:
    """The one node with this op, operands and sizes.  Not type-checked: `welltyped.validate` does that."""
    key = (op, tuple(operands), sizes)
    found = _STORE.get(key)
    if found is None:
        found = object.__new__(Node)
        found.op, found.operands, found.sizes = key
        found.parts = None
        below = [x for x, _ in found.operands]
        found.kind = op.kind([x.kind for x in below])
        found.finite, found.positive, found.defined = op.finite(below), op.positive(found.operands, sizes), op.defined(below)
        found.order = hash((op.order, tuple([(x.order, a) for x, a in found.operands]), sizes))
        _STORE[key] = found
    return found


class Value:
    """A node read through an access: at every index p of `sizes`, the entry access(p) of the node.  Immutable."""

    __slots__ = ("access", "node", "sizes")
    node: Node
    access: Access
    sizes: Sizes

    def __init__(self, node: Node, access: Access, sizes: Sizes) -> None:
        self.node, self.access, self.sizes = node, access, sizes

    @staticmethod
    def of(n: Node) -> Value:
        """The node as it is."""
        return Value(n, identity(n.sizes), n.sizes)

    def at(self, indices: Access, sizes: Sizes) -> Value:
        """The reindexing x ∘ η, η: sizes → self.sizes.  Always succeeds: where digits do not compose, a node is made."""
        try:
            return Value(self.node, compose(self.access, indices, self.sizes), sizes)
        except NotAffine:
            from ncd_cat.ops.contraction import view

            return Value(view(self), indices, sizes)

    @property
    def kind(self) -> Kind:
        """The kind of its entries: "real", "int" or "bool"."""
        return self.node.kind

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Value) and (self.node, self.access, self.sizes) == (other.node, other.access, other.sizes)

    def __hash__(self) -> int:
        return hash((self.node, self.access, self.sizes))

    def __str__(self) -> str:
        return f"{self.node.op}[{', '.join(show(e) for e in self.access)}] : {' '.join(map(str, self.sizes)) or '()'}"

    __repr__ = __str__


def apply(op: Op, *operands: Value, degree: Sizes) -> Value:
    """The op broadcast over `degree`: operand k has axes degree + op.roots(k), the result degree + op.out."""
    return Value.of(node(op, [(x.node, x.access) for x in operands], degree + op.out))


@dataclass(frozen=True)
class Input(Op):
    """The k-th input of a diagram."""

    position: int
    type: Kind = "real"
    glyph = "wire"
    arity = 0

    def check(self, n: Node) -> None:
        super().check(n)
        if self.position < 0:
            raise TypeError(f"there is no input {self.position}")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return self.type


@dataclass(frozen=True)
class Weight(Op):
    """A parameter, named by its key; a variable of every claim, never an array."""

    key: str
    type: Kind = "real"
    glyph = "weight"
    arity = 0

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return self.type


def source(op: Op, sizes: Sizes) -> Value:
    """An input, weight or literal of the given sizes."""
    return Value.of(node(op, (), sizes))


@dataclass(frozen=True)
class Graph:
    """A diagram as a graph: typed inputs, one value per output, and the nodes that nothing uses.

    `dead` lists nodes whose outputs are discarded; `blocks` and `labels` say what the user called things (the module path
    of a node, the names of its axes) and are not part of its meaning.
    """

    dom: tuple[Array, ...]
    cod: tuple[Array, ...]
    outputs: tuple[Value, ...]
    dead: tuple[Node, ...] = ()
    blocks: tuple[tuple[Node, tuple[str, ...]], ...] = ()
    labels: tuple[tuple[Node, Array], ...] = field(default=(), compare=False)

    def nodes(self) -> list[Node]:
        """The nodes in topological order, operands first; the same for equal graphs."""
        return list(self._nodes)

    @cached_property
    def _nodes(self) -> tuple[Node, ...]:
        return tuple(topological([*(v.node for v in self.outputs), *self.dead]))

    def live(self) -> Graph:
        """The graph without dead nodes: discarding is natural for deterministic maps."""
        return Graph(self.dom, self.cod, self.outputs, (), self.blocks, self.labels) if self.dead else self

    def same_as(self, other: Graph) -> bool:
        """Equality up to the laws of a cartesian category: the outputs are the same values of the same inputs."""
        return (self.dom, self.cod, self.outputs) == (other.dom, other.cod, other.outputs)

    def weights(self) -> dict[str, Node]:
        """The weight nodes by key, in topological order."""
        return dict(self._weights)

    @cached_property
    def _weights(self) -> dict[str, Node]:
        return {n.op.key: n for n in self._nodes if isinstance(n.op, Weight)}


def topological(roots: Sequence[Node], known: Container[Node] = ()) -> list[Node]:
    """All nodes below the roots, operands first, by an iterative depth-first walk that stops at `known` ones."""
    done: dict[Node, None] = {}
    stack: list[tuple[Node, bool]] = [(r, False) for r in reversed(roots)]
    while stack:
        n, ready = stack.pop()
        if n in done or n in known:
            continue
        if ready:
            done[n] = None
            continue
        stack.append((n, True))
        stack += [(x, False) for x, _ in reversed(n.operands) if x not in done]
    return list(done)
