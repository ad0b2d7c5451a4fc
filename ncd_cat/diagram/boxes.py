"""The boxes that carry the mathematics of Br: index maps, ops lifted over axes; and, from `inner`, those with a diagram inside.

>>> from ncd_cat.axes import whole
>>> from ncd_cat.ops.pointwise import Exp
>>> x, y = Array.of((2, 3)), Array.of((3, 2))
>>> transpose, exp = Reindex(x, y, (whole(1, 2), whole(0, 3))), Operation(Exp(), y, y)
>>> print(transpose >> exp)
[b, a] >> exp
>>> transpose.dagger().graph.same_as(Reindex(y, x, (whole(1, 3), whole(0, 2))).graph)
True
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncd_cat import wiring
from ncd_cat.axes import Access, Sizes, identity, show, whole
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.functor import Functor
from ncd_cat.diagram.inner import Block, Broadcast, Inner
from ncd_cat.diagram.wires import Ty, atomic, ty
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Input, Value, Weight, source
from ncd_cat.graph import node as make_node
from ncd_cat.reindexing import Reindexing
from ncd_cat.signature import Op
from ncd_cat.types import Array
from ncd_cat.welltyped import validate


class Permutation(Box):
    """Wires that cross: output k is input xs[k]."""

    draw_as_wires = True

    def __init__(self, xs: Sequence[int], dom: Ty) -> None:
        if sorted(xs) != list(range(len(dom))):
            raise ValueError(f"{list(xs)} permutes no wires of {dom}")
        inside = dom.inside
        Box.__init__(self, f"Permutation({', '.join(map(str, xs))})", dom, Ty(*[inside[x] for x in xs]), tuple(xs))
        self.legs = self.data

    def dagger(self) -> Diagram:
        return Permutation(sorted(range(len(self.data)), key=self.data.__getitem__), self.cod)

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        return [values[x] for x in self.data]

    def image(self, functor: Functor) -> Any:
        images = [functor(self.dom[k]) for k in range(len(self.dom))]
        starts = [sum(len(y) for y in images[:k]) for k in range(len(images))]
        return functor.cod.ar.permutation([starts[x] + j for x in self.data for j in range(len(images[x]))], functor(self.dom))

    def swaps(self) -> Diagram:
        """The permutation as swaps of neighbours."""
        found, row = Diagram.id(self.dom), list(range(len(self.data)))
        for k, x in enumerate(self.data):
            for j in range(row.index(x), k, -1):
                cod = found.cod
                found = found >> cod[: j - 1] @ Diagram.swap(cod[j - 1], cod[j]) @ cod[j + 1 :]
                row[j - 1], row[j] = row[j], row[j - 1]
        return found

    def to_drawing(self, functor_factory: Any = None) -> Any:
        found = Box.to_drawing(self)
        (crossing,) = found.box_nodes
        above, below = list(found.graph.predecessors(crossing)), list(found.graph.successors(crossing))
        found.graph.remove_edges_from([*[(x, crossing) for x in above], *[(crossing, x) for x in below]])
        found.add_edges([(above[x], below[k]) for k, x in enumerate(self.data)])
        return found

    def __repr__(self) -> str:
        return f"Permutation({list(self.data)!r}, {self.dom!r})"


class Reindex(Box):
    """x ↦ x ∘ η for an index map η from the axes of `cod` to those of `dom`: views, transposes, repeats, slices, new names.

    Raises TypeMismatch where an index may leave its axis.
    """

    def __init__(self, dom: Array | Ty, cod: Array | Ty, access: Access) -> None:
        x, y = atomic("Reindex", ty(dom)).inside[0], atomic("Reindex", ty(cod)).inside[0]
        try:
            Reindexing(y.sizes, x.sizes, tuple(access))
        except ValueError as problem:
            raise TypeMismatch(f"{x} cannot be read as {y}: {problem}") from None
        name = f"[{', '.join(show(e, [a.name for a in y.axes]) for e in access)}]"
        Box.__init__(self, name, Ty(x), Ty(y), tuple(access))

    def dagger(self) -> Diagram:
        """The inverse of a permutation of axes.  Raises UnsupportedOp for other index maps."""
        x, y = self.dom.inside[0], self.cod.inside[0]
        place = {e: k for k, (e, n) in enumerate(zip(self.data, x.sizes, strict=True)) if n != 1}
        wide = {e: n for e, n in zip(identity(y.sizes), y.sizes, strict=True) if n != 1}
        same = place.keys() == wide.keys() and len(place) == sum(n != 1 for n in x.sizes)
        if not same or any(x.sizes[place[e]] != n for e, n in wide.items()):
            raise UnsupportedOp(f"{self} : {x} -> {y} has no dagger: it does not permute the axes")
        return Reindex(y, x, tuple(whole(place.get(e, 0), n) for e, n in zip(identity(y.sizes), y.sizes, strict=True)))

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        return [wiring.read(values[0], self.data, self.cod.inside[0].sizes)]

    def __repr__(self) -> str:
        return f"Reindex({self.dom!r}, {self.cod!r}, {self.data!r})"


class Operation(Box):
    """An op lifted over its degree: cod[p, ·] = op(dom₀[access₀(p, ·)], …); several ops are the ports of one box.

    Without `accesses` each operand has the degree axes and its roots, in order.  Raises TypeMismatch unless it is well typed.
    """

    def __init__(self, op: Op | Sequence[Op], dom: Ty | Array, cod: Ty | Array, accesses: Sequence[Access] | None = None) -> None:
        ops = (op,) if isinstance(op, Op) else tuple(op)
        dom, cod = ty(dom), ty(cod)
        if accesses is None:
            degree = cod.inside[0].sizes[: len(cod.inside[0].sizes) - len(ops[0].out)]
            accesses = [_plain(ops[0], k, a, degree) for k, a in enumerate(dom.inside)]
        Box.__init__(self, str(ops[0]), dom, cod, (ops, tuple(accesses)))
        if len(ops) != len(cod) or len(accesses) != len(dom):
            raise TypeMismatch(f"{self.name} has {len(ops)} outputs and {len(accesses)} operands, its type is {dom} -> {cod}")
        operands = [(source(Input(k, a.kind), a.sizes).node, e) for k, (a, e) in enumerate(zip(dom.inside, accesses, strict=True))]
        for each, a in zip(ops, cod.inside, strict=True):
            try:
                validate(make_node(each, operands, a.sizes))
            except TypeError as problem:
                raise TypeMismatch(str(problem)) from None

    @property
    def drawing_name(self) -> str:
        """A short name: the op's without its fields, or the last two parts of a weight's key."""
        op = self.data[0][0]
        return ".".join(op.key.split(".")[-2:]) if isinstance(op, Weight) else self.name.split("(")[0].split("<")[0]

    @staticmethod
    def of(ops: tuple[Op, ...], accesses: tuple[Access, ...], dom: Ty, cod: Ty) -> Operation:
        """The box of nodes that are known to be well typed."""
        found: Operation = object.__new__(Operation)
        Box.__init__(found, str(ops[0]), dom, cod, (ops, accesses))
        return found

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        ops, accesses = self.data
        found = []
        for op, a in zip(ops, self.cod.inside, strict=True):
            degree = a.sizes[: len(a.sizes) - len(op.out)]
            operands = [wiring.read(v, e, degree + op.roots(k)) for k, (v, e) in enumerate(zip(values, accesses, strict=True))]
            found.append(run.make(op, operands, a.sizes))
            run.labels.setdefault(found[-1].node, a)
        return found

    def __repr__(self) -> str:
        return f"Operation({list(self.data[0])!r}, {self.dom!r}, {self.cod!r}, {list(self.data[1])!r})"


def _plain(op: Op, k: int, given: Array, degree: Sizes) -> Access:
    due = degree + op.roots(k)
    if given.sizes != due:
        raise TypeMismatch(f"{op} takes sizes {due} as operand {k}, not {given}")
    return identity(due)


__all__ = ["Block", "Broadcast", "Inner", "Operation", "Permutation", "Reindex"]
