"""The parts of a loop: its operands over the degree axes, and the outputs of its body, which is taken apart and put together again.

Everything that rules about loops compute is here; none of it searches.

>>> from ncd_cat.graph import Weight
>>> from ncd_cat.ops.contraction import add
>>> from ncd_cat.scanning import scan
>>> (final,), _ = scan(lambda s, x: add(s, x), [source(Weight("s"), (3,))], [source(Input(0), (4, 3))])
>>> Loop.of(final.node).port(0) == final
True
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from ncd_cat.axes import Sizes, identity, shift
from ncd_cat.closing import plain
from ncd_cat.graph import Graph, Input, Node, Value, node, source
from ncd_cat.ops.contraction import repeat
from ncd_cat.ops.scan import Scan, instance
from ncd_cat.signature import Kind
from ncd_cat.sizes import Size
from rewrites.rule import RuleError


class Loop(NamedTuple):
    """The parts of a loop: operands with axes (degree, roots), and the outputs of the body, over inputs of the types `dom`."""

    degree: Sizes
    length: Size
    carried: int
    scanned: int
    operands: list[Value]
    dom: list[tuple[Sizes, Kind]]
    outputs: list[Value]
    kinds: list[Kind]

    @staticmethod
    def of(n: Node) -> Loop:
        """The parts of a node.  Raises RuleError if it is no loop."""
        op = n.op
        if not isinstance(op, Scan):
            raise RuleError(f"{op} is no loop")
        operands = [Value(x, a, n.domain(k)) for k, (x, a) in enumerate(n.operands)]
        dom = [(a.sizes, a.kind) for a in op.body.dom]
        return Loop(n.degree, op.length, op.carried, op.scanned, operands, dom, list(op.body.outputs), [a.kind for a in op.body.cod])

    @property
    def body(self) -> Graph:
        """The body as a graph."""
        return plain(self.outputs, self.dom, self.kinds)

    def port(self, k: int) -> Value:
        """Output k of the loop."""
        op = Scan(self.body, self.length, self.carried, self.scanned, k)
        return Value.of(node(op, [(v.node, v.access) for v in self.operands], self.degree + op.out))

    def reads(self, k: int) -> set[int]:
        """The inputs of the body that its output k depends on."""
        return {n.op.position for n in Graph((), (), (self.outputs[k],)).nodes() if isinstance(n.op, Input)}

    def cone(self, *ports: int) -> tuple[set[int], set[int]]:
        """The outputs of the body, and its inputs, that outputs of the loop depend on in any number of steps."""
        outputs, inputs, new = set[int](), set[int](), set(ports)
        while new:
            outputs |= new
            inputs |= {k for port in new for k in self.reads(port)}
            inputs |= {k for k in new if k < self.carried}
            new = {k for k in inputs if k < self.carried} - outputs
        return outputs, inputs

    def kept(self, outputs: set[int], inputs: set[int], port: int) -> tuple[Loop, int]:
        """The loop with these outputs and inputs only, equal operands made one, and the new number of a port."""
        first: dict[Any, int] = {}
        alias = {k: first.setdefault(self._alike(k), k) for k in sorted(inputs)}
        order, chosen = sorted(set(alias.values())), sorted(outputs)
        new = [source(Input(order.index(alias[k]) if k in alias else k, kind), sizes) for k, (sizes, kind) in enumerate(self.dom)]
        made = instance(Graph((), (), tuple([self.outputs[k] for k in chosen])), new, ())
        states = sum(k < self.carried for k in order)
        scanned = sum(self.carried <= k < self.carried + self.scanned for k in order)
        found = Loop(self.degree, self.length, states, scanned, [self.operands[k] for k in order], [self.dom[k] for k in order],
                     made, [self.kinds[k] for k in chosen])  # fmt: skip
        return found, chosen.index(port)

    def _alike(self, k: int) -> Any:
        """What two operands share that are one; a state is alike to itself only."""
        return k if k < self.carried else (self.dom[k], self.operands[k], k < self.carried + self.scanned)

    def at_all_steps(self, v: Value) -> Value:
        """A value of the body over (degree, steps, own); of states it reads those before each step."""
        axis, last = len(self.degree), self.carried + self.scanned
        wide = [x if self.carried <= k < last else repeat(x, [(axis, self.length)]) for k, x in enumerate(self.operands)]
        for n in Graph((), (), (v,)).nodes():
            if isinstance(n.op, Input) and n.op.position < self.carried:
                longer = self._replace(outputs=[*self.outputs, Value.of(n)], kinds=[*self.kinds, n.kind])
                wide[n.op.position] = longer.port(len(self.outputs))
        (found,) = instance(Graph(self.body.dom, (), (v,)), wide, (*self.degree, self.length))
        return found

    def at_step(self, t: Size) -> list[Value]:
        """The operands of one step."""
        rank, last = len(self.degree), self.carried + self.scanned
        return [x.at((*identity(self.degree), (t, ()), *identity(x.sizes[rank + 1 :], rank)), self.degree + x.sizes[rank + 1 :])
                if self.carried <= k < last else x for k, x in enumerate(self.operands)]  # fmt: skip

    def at_steps(self, start: Size, length: Size) -> list[Value]:
        """The operands of some consecutive steps."""
        axis, last = len(self.degree), self.carried + self.scanned

        def cut(x: Value) -> Value:
            sizes = (*x.sizes[:axis], length, *x.sizes[axis + 1 :])
            return x.at(tuple([shift(e, start) if k == axis else e for k, e in enumerate(identity(sizes))]), sizes)

        return [cut(x) if self.carried <= k < last else x for k, x in enumerate(self.operands)]

    def depending(self, inputs: Iterable[int]) -> dict[Node, None]:
        """The nodes of the body that depend on some of its inputs, operands first."""
        found: dict[Node, None] = {}
        for n in self.body.nodes():
            if (isinstance(n.op, Input) and n.op.position in inputs) or any(x in found for x, _ in n.operands):
                found[n] = None
        return found

    def with_inputs(self, steps: Sequence[Node], once: Sequence[Node], values: Sequence[Value]) -> Loop:
        """The loop with nodes of its body as inputs: of `steps` a slice a step is read, those of `once` are shared."""
        last = self.carried + self.scanned
        order: list[int | Node] = [*range(last), *steps, *range(last, len(self.dom)), *once]
        given = dict(zip([*steps, *once], values, strict=True))
        dom = [self.dom[x] if isinstance(x, int) else (x.sizes, x.kind) for x in order]
        new = {x: source(Input(k, kind), sizes).node for k, (x, (sizes, kind)) in enumerate(zip(order, dom, strict=True))}
        found: dict[Node, Node] = {x: new[x] for x in given}
        for n in self.body.nodes():
            if isinstance(n.op, Input) and n not in found:
                found[n] = new[n.op.position]
            elif n not in found:
                found[n] = node(n.op, [(found[x], a) for x, a in n.operands], n.sizes)
        operands = [self.operands[x] if isinstance(x, int) else given[x] for x in order]
        outputs = [Value(found[v.node], v.access, v.sizes) for v in self.outputs]
        return self._replace(scanned=self.scanned + len(steps), operands=operands, dom=dom, outputs=outputs)
