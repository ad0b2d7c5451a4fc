"""The term graph: interned nodes out[p, ·] = op(x₁[η₁(p, ·)], …, x_k[η_k(p, ·)]), the free cartesian category of Br.

A `Node` is an op, its operands each read through an index map (`axes.Access`), and its own sizes: the *degree* axes it
is broadcast over, then the root axes of the op's output.  Broadcasting, copying, swapping and discarding are structure,
not nodes, and equality of nodes is identity: two subterms that are equal up to the cartesian and symmetric monoidal
laws are one object.  A `Value` is a node read through an access: what a wire carries.  Sources: Corradini and Gadducci
1999 (term graphs are the free gs-monoidal category), Fritz and Liang (arXiv 2204.02284), Br of arXiv 2604.07242.

>>> x = source(Input(0), (3, 4))
>>> x.at((whole(1, 3), whole(0, 4)), (4, 3)).at((whole(1, 4), whole(0, 3)), (3, 4)) == x
True
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakValueDictionary
from zlib import crc32

from ncd_cat.axes import Access, Index, NotAffine, Sizes, add, axes_of, bounds, compose, identity, scale, show, substitute, whole, within
from ncd_cat.sizes import Size, divide, provably_nonnegative

if TYPE_CHECKING:
    from ncd_cat.types import Array

Guard = tuple[bool, Index]  # (True, e) is [e = 0], (False, e) is [e >= 0]
KINDS = ("real", "int", "bool")
HUGE = 1e30  # a constant of this size is infinite, or a float minimum that stands for −∞ in a mask
Kind = str  # "real", "int" or "bool": casts between float types are the identity over the reals


@dataclass(frozen=True)
class Op(ABC):
    """An operation, declared once: its type, array meaning, definition, glyph (and reverse, in later layers).

    Subclasses are frozen dataclasses and final or abstract.  An op either has a `definition` in terms of simpler ops
    or is primitive; it has an `array` meaning unless its definition is to be evaluated instead.
    """

    glyph: ClassVar[str] = "box"
    tag: ClassVar[int]
    arity: ClassVar[int | None] = None  # None: any number of operands

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.tag = crc32(cls.__name__.encode())

    def roots(self, k: int) -> Sizes:
        """The sizes of the axes of operand k that the op itself consumes, besides the degree axes."""
        return ()

    @property
    def out(self) -> Sizes:
        """The sizes of the root axes of the output; they come last among a node's own axes."""
        return ()

    def guards(self, k: int) -> tuple[Guard, ...]:
        """The guards under which operand k is read, over the degree axes and its root axes."""
        return ()

    def reindexed(self, inner: Access, degree: Sizes, new: Sizes) -> Op:
        """The op when its degree axes are read through `inner`: an op that holds indices of them composes these."""
        return self

    def check(self, n: Node) -> None:
        """Raise TypeError unless the fields fit the node, as far as `validate` does not see: counts, guards, data."""
        if self.arity is not None and len(n.operands) != self.arity:
            raise TypeError(f"{self} takes {self.arity} operands, not {len(n.operands)}")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        """The kind of the output."""
        return "real"

    def finite(self, operands: Sequence[Node]) -> bool:
        """Whether no entry comes from a constant that is, or stands for, an infinity.  Sound: False means "not seen"."""
        return all(x.finite for x in operands)

    def positive(self, operands: Sequence[tuple[Node, Access]]) -> bool:
        """Whether every entry is > 0 where it is defined.  Sound: False means "not seen"."""
        return False

    def definition(self, *operands: Value) -> Value | None:
        """The op in simpler terms, given operands whose axes are (degree axes, roots of the operand); None: primitive.

        The result has axes (degree axes, root axes of the output).
        """
        return None

    def array(self, xp: Any, *arrays: Any) -> Any:
        """The meaning on arrays of namespace xp whose axes are (degree axes, roots); NotImplemented: use the definition."""
        return NotImplemented

    @property
    def order(self) -> int:
        """A number for canonical orders, the same in every process."""
        return hash((self.tag, *(_stable(getattr(self, f.name)) for f in fields(self))))

    def __str__(self) -> str:
        values = [f"{getattr(self, f.name)}" for f in fields(self)]
        return type(self).__name__.lower() + (f"({', '.join(values)})" if values else "")


def _stable(value: Any) -> Any:
    if isinstance(value, str):
        return crc32(value.encode())
    if isinstance(value, tuple):
        return tuple([_stable(v) for v in value])
    return 0 if value is None else value


class Node:
    """A node of the term graph.  Made by `node`, compared by identity, immutable."""

    __slots__ = ("__weakref__", "finite", "kind", "op", "operands", "order", "positive", "sizes")
    op: Op
    operands: tuple[tuple[Node, Access], ...]
    sizes: Sizes
    kind: Kind
    order: int
    finite: bool
    positive: bool

    @property
    def degree(self) -> Sizes:
        """The sizes of the axes that the op is broadcast over."""
        return self.sizes[: len(self.sizes) - len(self.op.out)]

    def domain(self, k: int) -> Sizes:
        """The sizes of the axes that the access of operand k reads: degree, then the operand's roots."""
        return self.degree + self.op.roots(k)

    def __str__(self) -> str:
        inner = ", ".join(f"{x.op}[{', '.join(show(e) for e in a)}]" for x, a in self.operands)
        return f"{self.op}({inner}) : {' '.join(map(str, self.sizes)) or '()'}"

    __repr__ = __str__


_STORE: WeakValueDictionary[tuple[Any, ...], Node] = WeakValueDictionary()


def node(op: Op, operands: Iterable[tuple[Node, Access]], sizes: Sizes) -> Node:
    """The one node with this op, operands and sizes.  Not type-checked: `validate` does that."""
    key = (op, tuple(operands), sizes)
    found = _STORE.get(key)
    if found is None:
        found = object.__new__(Node)
        found.op, found.operands, found.sizes = key
        below = [x for x, _ in found.operands]
        found.kind = op.kind([x.kind for x in below])
        found.finite, found.positive = op.finite(below), op.positive(found.operands)
        found.order = hash((op.order, tuple([(x.order, a) for x, a in found.operands]), sizes))
        _STORE[key] = found
    return found


def guards_reindexed(guards: tuple[Guard, ...], inner: Access, degree: Sizes, new: Sizes, bounds: Sizes) -> tuple[Guard, ...]:
    """Guards over (degree, bounds) as guards over (new, bounds), degree axes read through `inner`."""
    extended = inner + identity(bounds, len(new))
    return tuple([(equal, substitute(e, extended, degree + bounds)) for equal, e in guards])


def validate(n: Node) -> None:
    """Raise TypeError, naming the op, the operand and the axis, unless the node is well typed.

    Every index must lie within its axis, by interval arithmetic or because a guard of the op says so.
    """
    op = n.op
    if n.kind not in KINDS:
        raise TypeError(f"{op} is of kind {n.kind!r}, not one of {', '.join(KINDS)}")
    check_sizes(op, n.sizes)
    if len(n.sizes) < len(op.out) or n.sizes[len(n.sizes) - len(op.out) :] != op.out:
        raise TypeError(f"{op} has axes of sizes {n.sizes}, which do not end in {op.out}")
    op.check(n)
    for k, (x, access) in enumerate(n.operands):
        domain, guards = n.domain(k), op.guards(k)
        check_sizes(op, op.roots(k))
        if len(access) != len(x.sizes):
            raise TypeError(f"{op} reads operand {k} ({x.op}) with {len(access)} indices, it has {len(x.sizes)} axes")
        for axis, (e, size) in enumerate(zip(access, x.sizes, strict=True)):
            if _whole(e, size, domain):
                continue
            check_index(e, domain)
            above = (size - 1 - e[0], tuple((-s, i, t, m) for s, i, t, m in e[1]))
            if not (_nonnegative(e, guards) and _nonnegative(above, guards)):
                low, high = bounds(e)
                where = f"axis {axis} (size {size}) of operand {k} ({x.op})"
                raise TypeError(f"{op} reads {where} at {show(e)}, which runs from {low} to {high}")
        for _, e in guards:
            check_index(e, domain)


def check_access(access: Access, read: Sizes, domain: Sizes) -> None:
    """Raise TypeError unless every index, over axes of sizes `domain`, provably stays within its axis of sizes `read`."""
    for e, size in zip(access, read, strict=True):
        if not _whole(e, size, domain):
            check_index(e, domain)
            if not within(e, size):
                raise TypeError(f"index {show(e)} may leave its axis, of size {size}")


def _whole(e: Index, size: Size, domain: Sizes) -> bool:
    """Whether an index is a whole axis of the size that is read, or 0: the common cases, seen at a glance."""
    const, digits = e
    if const != 0 or len(digits) > 1:
        return False
    if not digits:
        return True
    s, i, t, n = digits[0]
    return s == 1 == t and n == size and 0 <= i < len(domain) and domain[i] == size


def _nonnegative(e: Index, guards: tuple[Guard, ...]) -> bool:
    """Whether e >= 0 by interval arithmetic, after taking from e a multiple of one guard [g >= 0], or of each in turn."""
    if provably_nonnegative(bounds(e)[0]):
        return True
    rest = e
    for guard in guards:
        rest = _without(rest, guard)
        if any(provably_nonnegative(bounds(f)[0]) for f in (rest, _without(e, guard))):
            return True
    return False


def _without(e: Index, guard: Guard) -> Index:
    """e − k·g for the guard [g >= 0] or [g = 0], with the k that removes the first digit of g; e if k may be negative."""
    equal, g = guard
    places = {d[1:]: d[0] for d in e[1]}
    for d in g[1][:1]:
        k = divide(places.get(d[1:], 0), d[0])
        if k is not None and k != 0 and (equal or provably_nonnegative(k)):
            return add(e, scale(g, -k))
    return e


def check_sizes(op: Op, sizes: Sizes) -> None:
    """Raise TypeError unless every size is at least 1, whatever its symbols are."""
    for k, size in enumerate(sizes):
        if not provably_nonnegative(size - 1):
            raise TypeError(f"{op} has an axis {k} of size {size}: a size is at least 1")


def check_index(e: Index, domain: Sizes) -> None:
    """Raise TypeError unless every digit of the index is a digit of an axis of `domain`."""
    for _, i, stride, extent in e[1]:
        whole_digit = 0 <= i < len(domain) and provably_nonnegative(stride - 1) and provably_nonnegative(extent - 1) and extent != 1
        if not whole_digit or not provably_nonnegative(domain[i] - stride * extent):
            raise TypeError(f"index {show(e)} is not one of axes of sizes {domain}")


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

    `dead` lists nodes whose outputs are discarded; `names` and `blocks` say what the user called things (output names;
    the module path of a node) and are not part of its meaning.
    """

    dom: tuple[Array, ...]
    cod: tuple[Array, ...]
    outputs: tuple[Value, ...]
    dead: tuple[Node, ...] = ()
    blocks: tuple[tuple[Node, tuple[str, ...]], ...] = ()

    def nodes(self) -> list[Node]:
        """The nodes in topological order, operands first; the same for equal graphs."""
        return topological([*(v.node for v in self.outputs), *self.dead])

    def live(self) -> Graph:
        """The graph without dead nodes: discarding is natural for deterministic maps."""
        return Graph(self.dom, self.cod, self.outputs, (), self.blocks)

    def same_as(self, other: Graph) -> bool:
        """Equality up to the laws of a cartesian category: the outputs are the same values of the same inputs."""
        return (self.dom, self.cod, self.outputs) == (other.dom, other.cod, other.outputs)

    def weights(self) -> dict[str, Node]:
        """The weight nodes by key, in topological order."""
        return {n.op.key: n for n in self.nodes() if isinstance(n.op, Weight)}


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


__all__ = [
    "Graph", "Guard", "Input", "Kind", "Node", "Op", "Value", "Weight", "apply", "axes_of", "node", "source", "topological",
    "validate", "whole",
]  # fmt: skip
