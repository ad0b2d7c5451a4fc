"""A loop with state: (s, y[t]) = f(s, x[t], w) for t = 0, 1, …, one step after another, the trace of a body over time.

The body f is a closed diagram: states, then slices of what is scanned, then what all steps share (weights among it), to new
states, then outputs, which are stacked.  A loop over a fixed number of steps is the composition of its steps; one over a
symbolic number is a node of its own.  Sources:
mapAccumL of functional programming; recursion on the natural numbers (Lawvere 1964).

>>> from ncd_cat.closing import plain
>>> from ncd_cat.graph import apply, source
>>> from ncd_cat.ops.contraction import add
>>> s, x = source(Input(0), (2,)), source(Input(1), (4, 2))
>>> body = plain([add(source(Input(0), (2,)), source(Input(1), (2,)))], [((2,), "real")] * 2)
>>> print(apply(Scan(body, 4, 1, 1, 0), s, x, degree=()))
scan(4)[i0] : 2
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ncd_cat.axes import Sizes, constant, identity, renumber
from ncd_cat.closing import plain
from ncd_cat.graph import Graph, Input, Node, Value, node
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import Term, repeat
from ncd_cat.ops.literal import Literal
from ncd_cat.scalars import ONE
from ncd_cat.signature import KINDS, Kind, Op
from ncd_cat.sizes import Size, provably_nonnegative

LONGEST, LARGEST = 64, 1 << 12  # a loop of more steps, or of more nodes in all, is not unrolled


@dataclass(frozen=True)
class Scan(Op):
    """Port `port` of the loop of `body` over `length` steps; it carries the first `carried` inputs, and slices the next `scanned`.

    The ports are the final states, then the outputs of all steps, stacked along a first axis.
    """

    body: Graph
    length: Size
    carried: int
    scanned: int
    port: int
    glyph = "loop"

    def sliced(self, k: int) -> bool:
        """Whether each step reads a slice of operand k."""
        return self.carried <= k < self.carried + self.scanned

    def roots(self, k: int) -> Sizes:
        own = self.body.dom[k].sizes
        return (self.length, *own) if self.sliced(k) else own

    @property
    def out(self) -> Sizes:
        own = self.body.cod[self.port].sizes
        return own if self.port < self.carried else (self.length, *own)

    @property
    def inner(self) -> Sizes:
        return (self.length, *[size for n in self.body.nodes() for size in n.sizes + n.op.inner])

    @property
    def joint(self) -> Scan:
        """What the ports of one loop share."""
        return replace(self, port=0)

    def check(self, n: Node) -> None:
        body, states = self.body, range(self.carried)
        if not 0 < len(body.dom) == len(n.operands):
            raise TypeError(f"{self} takes {len(body.dom)} operands, at least 1, not {len(n.operands)}")
        if min(states.stop, self.scanned, self.port) < 0 or states.stop + self.scanned > len(body.dom) or self.port >= len(body.cod):
            raise TypeError(f"{self} has states, slices or a port that its body has not")
        if not provably_nonnegative(self.length):
            raise TypeError(f"a loop has not {self.length} steps")
        if any(k >= len(body.cod) or (body.cod[k].sizes, body.cod[k].kind) != (body.dom[k].sizes, body.dom[k].kind) for k in states):
            raise TypeError(f"a step of {self} changes the type of a state")
        if any(not _fits(x.kind, a.kind) for (x, _), a in zip(n.operands, body.dom, strict=True)):
            raise TypeError(f"{self} reads an operand of a more general kind than its body")
        _check_body(body)

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return self.body.cod[self.port].kind

    def finite(self, operands: Sequence[Node]) -> bool:
        return all(x.finite for x in operands) and all(v.node.finite for v in self.body.outputs)

    def defined(self, operands: Sequence[Node]) -> bool:
        """What the body says of itself holds for inputs that are finite and defined: so all of them have to be."""
        return self.finite(operands) and all(x.defined for x in operands) and all(v.node.defined for v in self.body.outputs)

    def positive(self, operands: Sequence[tuple[Node, Any]], sizes: Sizes) -> bool:
        starts = self.port >= self.carried or operands[self.port][0].positive or provably_nonnegative(self.length - 1)
        return starts and self.body.outputs[self.port].node.positive and self.defined([x for x, _ in operands])

    def definition(self, *operands: Value) -> Value | None:
        """The composition of the steps, where their number is known and not large."""
        if not isinstance(self.length, int) or self.length > LONGEST or self.length * len(self.body.nodes()) > LARGEST:
            return None
        degree = degree_of(self, operands)
        states, outputs = list(operands[: self.carried]), []
        for t in range(self.length):
            states, made = step(self, operands, states, t, degree)
            outputs += made[self.port - self.carried : self.port - self.carried + 1] if self.port >= self.carried else []
        return states[self.port] if self.port < self.carried else stacked(outputs, len(degree))

    def pullback(self, n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
        """A loop in reverse, with the states of this one as a residual."""
        from ncd_cat.ops.unscan import reversed_loop
        from ncd_cat.reverse import led

        operands = [led(n.read(k), lead) for k in range(len(n.operands))]
        for k, v in reversed_loop(self, operands, cotangent, needed).items():
            yield n.read(k), Term(ONE, (), ((v.node, v.access),))

    def array(self, xp: Any, *arrays: Any) -> Any:
        from ncd_cat.evaluation.looping import loop

        return loop(self, xp, arrays)

    @property
    def order(self) -> int:
        outputs = tuple([(v.node.order, v.access, v.sizes) for v in self.body.outputs])
        return hash((self.tag, outputs, self.length, self.carried, self.scanned, self.port))

    def __str__(self) -> str:
        return f"scan({self.length})"


def _fits(kind: Kind, wider: Kind) -> bool:
    return KINDS.index(kind) >= KINDS.index(wider)


def _check_body(body: Graph) -> None:
    """Raise TypeError unless the body is closed, has the types that it declares, and says nothing but its meaning."""
    dom, cod = ([(a.sizes, a.kind) for a in arrays] for arrays in (body.dom, body.cod))
    if [v.sizes for v in body.outputs] != [sizes for sizes, _ in cod]:
        raise TypeError("the body of a loop declares other outputs than it has")
    if body != plain(body.outputs, dom, [kind for _, kind in cod]):
        raise TypeError("the body of a loop holds names, or nodes that nothing uses")
    if any(not _fits(v.kind, kind) for v, (_, kind) in zip(body.outputs, cod, strict=True)):
        raise TypeError("the body of a loop declares a kind that its output has not")
    for n in body.nodes():
        if isinstance(n.op, Input):
            if n.op.position >= len(dom) or (n.sizes, n.kind) != dom[n.op.position]:
                raise TypeError(f"the body of a loop reads an input {n.op.position} that it does not declare")
        elif n.op.arity == 0 and not isinstance(n.op, Literal):
            raise TypeError(f"the body of a loop holds {n.op}: it has to be an operand")


# ---- one step -----------------------------------------------------------------------------------------------------


def degree_of(op: Scan, operands: Sequence[Value]) -> Sizes:
    """The degree axes, given operands with axes (degree, roots)."""
    return operands[0].sizes[: len(operands[0].sizes) - len(op.roots(0))]


def instance(body: Graph, inputs: Sequence[Value], degree: Sizes) -> list[Value]:
    """The outputs of the body on inputs with axes (degree, own): what depends on no input is the same along the degree."""
    rank, found = len(degree), dict[Node, Value]()

    def read(v: Value) -> Value:
        access = tuple([renumber(e, rank) for e in v.access])
        if v.node not in found:
            return Value(v.node, access, degree + v.sizes)
        x, access = found[v.node], identity(degree) + access
        bare = x.sizes == x.node.sizes and x.access == identity(x.sizes)
        return Value(x.node, access, degree + v.sizes) if bare else x.at(access, degree + v.sizes)

    for n in body.nodes():
        if isinstance(n.op, Input):
            found[n] = inputs[n.op.position]
        elif any(x in found for x, _ in n.operands):
            own = n.degree
            operands = [read(Value(x, a, n.domain(k))) for k, (x, a) in enumerate(n.operands)]
            op = n.op.reindexed(identity(own, rank), own, degree + own)
            found[n] = Value.of(node(op, [(v.node, v.access) for v in operands], degree + n.sizes))
    return [read(v) for v in body.outputs]


def step(op: Scan, operands: Sequence[Value], states: Sequence[Value], t: Size, degree: Sizes) -> tuple[list[Value], list[Value]]:
    """The states after step t, and its outputs, over the degree axes."""
    rank, last = len(degree), op.carried + op.scanned
    slices = [x.at((*identity(degree), constant(t), *identity(x.sizes[rank + 1 :], rank)), degree + x.sizes[rank + 1 :])
              for x in operands[op.carried : last]]  # fmt: skip
    made = instance(op.body, [*states, *slices, *operands[last:]], degree)
    return made[: op.carried], made[op.carried :]


def stacked(values: Sequence[Value], axis: int) -> Value:
    """Values of equal sizes along a new axis."""
    return concatenate([repeat(v, [(axis, 1)]) for v in values], axis) if len(values) > 1 else repeat(values[0], [(axis, 1)])
