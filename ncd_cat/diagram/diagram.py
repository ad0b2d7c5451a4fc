"""Diagrams: the morphisms of the category, as trees of compositions and products that become layers when asked."""

# DisCoPy carries no types, so its classes are Any to a type checker: "misc" is ignored on each subclass, and only there.
from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from discopy import markov
from discopy.cat import factory
from discopy.drawing import Drawing

from ncd_cat.axes import Axis
from ncd_cat.diagram.meaning import Meant
from ncd_cat.diagram.viewing import Viewed
from ncd_cat.diagram.wires import EMPTY, Layer, Ty, difference, label, ty
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.language.family import Family, family, which
from ncd_cat.language.shaping import repeat
from ncd_cat.language.types import AxesLike, axes_of
from ncd_cat.types import Array

if TYPE_CHECKING:
    from ncd_cat.diagram.box import Box
    from ncd_cat.graph import Graph


@factory
class Diagram(Viewed, Meant, markov.Diagram):  # type: ignore[misc]
    """A morphism dom → cod: layers of boxes, one after another.  Immutable; made by `>>`, `@`, `id` and `from_graph`.

    Compositions and products are kept as a tree until the layers are asked for, so that a loop of them is linear.
    """

    ty_factory, layer_factory = Ty, Layer
    dom: Ty
    cod: Ty
    title = ""  # what a call of the diagram is called, as a block

    def __init__(self, inside: Sequence[Layer], dom: Ty, cod: Ty, _scan: bool = True) -> None:
        self.inside, self.dom, self.cod = tuple(inside), ty(dom), ty(cod)
        if _scan:
            for f, g in pairwise([Diagram.id(self.dom), *self.inside, Diagram.id(self.cod)]):
                check_composable(f, g)

    @staticmethod
    def _tree(kind: str, parts: tuple[Any, ...], dom: Ty, cod: Ty) -> Diagram:
        found: Diagram = object.__new__(Diagram)
        found.dom, found.cod, found.parts = dom, cod, (kind, parts)
        return found

    @staticmethod
    def of_graph(graph: Graph) -> Diagram:
        """`from_graph`, laid out when its layers are asked for; the graph says the block of every node, as a laid out one does."""
        found = Diagram._tree("graph", (graph,), Ty(*graph.dom), Ty(*graph.cod))
        found.graph = graph
        return found

    @cached_property
    def inside(self) -> tuple[Layer, ...]:
        """The layers."""
        layers: list[Layer] = []
        stack = [(self, EMPTY, EMPTY)]
        while stack:
            d, left, right = stack.pop()
            kind, parts = d.__dict__.get("parts", ("", ()))
            if "inside" in d.__dict__ or not kind:
                layers += [layer.widened(left, right) for layer in d.inside] if left or right else d.inside
            elif kind == "graph":
                layers += [layer.widened(left, right) for layer in Diagram.from_graph(*parts).inside]
            elif kind == "then":
                stack += [(f, left, right) for f in reversed(parts)]
            else:
                f, g = parts
                stack += [(g, left @ f.cod, right), (f, left, g.dom @ right)]
        self.__dict__.pop("parts", None)
        return tuple(layers)

    # ---- composition and the structure ----------------------------------------------------------------------------

    @classmethod
    def id(cls, dom: Ty | Array = EMPTY) -> Diagram:
        """The identity."""
        return Diagram((), ty(dom), ty(dom), _scan=False)

    def then(self, *others: Any) -> Diagram:
        """`f >> g`: first f, then g; a family is taken at the type that f gives.

        Raises TypeMismatch, naming the wire, the axis and both sizes.
        """
        parts = [self]
        for g in others:
            parts.append(g.at(parts[-1].cod) if isinstance(g, Family) else g)
            check_composable(parts[-2], parts[-1])
        return Diagram._tree("then", tuple(parts), self.dom, parts[-1].cod) if others else self

    def tensor(self, *others: Any) -> Any:
        """`f @ g`: f beside g."""
        found = self
        for k, g in enumerate(others):
            if isinstance(g, Family) and g.arity == 0:
                g = g.at()
            if isinstance(g, Family):
                return family(found).tensor(*others[k:])
            if not isinstance(g, Diagram):
                raise TypeMismatch(f"{g!r} is no diagram, it cannot stand beside {label(self)}")
            found = Diagram._tree("tensor", (found, g), found.dom @ g.dom, found.cod @ g.cod)
        return found

    def __matmul__(self, other: Any) -> Any:
        return self.tensor(other) if isinstance(other, Family) else super().__matmul__(other)

    @classmethod
    def swap(cls, left: Ty, right: Ty) -> Diagram:
        """The wires of `right`, then those of `left`."""
        from ncd_cat.diagram.structure import Swap

        m, n = len(left), len(right)
        return Swap(left, right) if m == n == 1 else cls.permutation([*range(m, m + n), *range(m)], left @ right)

    braid = swap

    @classmethod
    def permutation(cls, xs: Sequence[int], dom: Ty | None = None) -> Diagram:
        """The diagram whose k-th output is input xs[k].  Raises ValueError unless `xs` permutes the wires of `dom`."""
        xs = list(xs)
        if dom is None or sorted(xs) != list(range(len(dom))):
            raise ValueError(f"{xs} permutes no wires of {dom}")
        if xs == list(range(len(xs))):
            return cls.id(dom)
        from ncd_cat.diagram.boxes import Permutation
        from ncd_cat.diagram.structure import Swap

        return Swap(dom[0], dom[1]) if len(xs) == 2 else Permutation(xs, dom)

    @classmethod
    def copy(cls, x: Ty, n: int = 2) -> Diagram:
        """n copies of all wires of x, one after another; none for n = 0."""
        from ncd_cat.diagram.structure import Copy

        if n == 1:
            return cls.id(x)
        copies: Diagram = cls.id().tensor(*(Copy(x[k], n) for k in range(len(x))))
        return copies.then(cls.permutation([k * n + j for j in range(n) for k in range(len(x))], copies.cod))

    @classmethod
    def discard(cls, x: Ty, n: int = 0) -> Diagram:
        """The discard of all wires of x."""
        return cls.copy(x, 0)

    @classmethod
    def merge(cls, x: Ty, n: int = 2) -> Diagram:
        """Tensors are not merged.  Raises UnsupportedOp."""
        from ncd_cat.diagram.structure import Merge

        return Diagram.id(x).then(Merge(x, n))

    def broadcast(self, *axes: Axis) -> Diagram:
        """The diagram over more axes: every wire gains `axes` in front, what depends on no input is shared."""
        from ncd_cat.diagram.boxes import Broadcast

        return Broadcast(self, axes) if axes else self

    def over(self, axes: AxesLike, *, wires: Sequence[int] | None = None) -> Diagram:
        """The diagram over more axes, such as `f.over("b h:4")`, in front; with `wires`, only these inputs have them.

        The other inputs are repeated along them (inner broadcasting).  Raises TypeMismatch where a wire has such an axis.
        """
        added = axes_of(axes)
        lifted = self.broadcast(*added)
        if wires is None:
            return lifted
        chosen = which(wires, len(self.dom), label(self))
        parts = [Diagram.id(lifted.dom[k]) if k in chosen else repeat(added).at(self.dom[k]) for k in range(len(self.dom))]
        inner: Diagram = Diagram.id().tensor(*parts)
        return inner.then(lifted)

    def block(self, name: str) -> Diagram:
        """The diagram as one box that has a name; its meaning is the same."""
        from ncd_cat.diagram.boxes import Block

        return Block(name, self)

    def to_hypergraph(self) -> Any:
        """Diagrams are compared as graphs.  Raises UnsupportedOp."""
        raise UnsupportedOp("the hypergraph of a diagram is its graph, without copies: use diagram.graph")

    def to_staircases(self) -> Diagram:
        """The same diagram with one box a layer."""
        found = Diagram.id(self.dom)
        for layer in self.inside:
            done, rest = EMPTY, layer.boxes_or_types
            for k in range(1, len(rest), 2):
                done, right = done @ rest[k - 1], EMPTY.tensor(*(x.dom if j % 2 else x for j, x in enumerate(rest) if j > k))
                found, done = found >> done @ rest[k] @ right, done @ rest[k].cod
        return found

    def to_drawing(self, functor_factory: Any = None) -> Any:
        """The diagram in DisCoPy's category of plane graphs."""
        found = Drawing.id(self.dom.to_drawing())
        for layer in self.to_staircases().inside:
            left, box, right = layer.boxes_or_types
            found = found >> left.to_drawing() @ box.to_drawing() @ right.to_drawing()
        return found

    # ---- equality and text ----------------------------------------------------------------------------------------

    @cached_property
    def _hash(self) -> int:
        return hash((self.dom, self.cod, self.inside))

    def __eq__(self, other: object) -> bool:
        if self is other or not isinstance(other, Diagram):
            return self is other
        return (self.dom, self.cod, self.inside) == (other.dom, other.cod, other.inside)

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        return " >> ".join(layer.name for layer in self.inside) or f"Id({self.dom})"

    def __repr__(self) -> str:
        if not self.inside:
            return f"Diagram.id({self.dom!r})"
        single = self.to_staircases()
        return f"Diagram.decode({self.dom!r}, {list(zip(single.boxes, single.offsets, strict=True))!r})"

    @property
    def boxes(self) -> list[Box]:
        """The boxes in order."""
        return [box for layer in self.inside for box in layer.boxes_or_types[1::2]]


def check_composable(f: Any, g: Any) -> None:
    """Raise TypeMismatch, naming the wire, the axis and both sizes, unless `f >> g` is defined."""
    if not isinstance(g, Diagram | Layer):
        raise TypeMismatch(f"{g!r} is no diagram, {label(f)} does not compose with it")
    if f.cod != g.dom:
        raise TypeMismatch(f"{label(f)} does not compose with {label(g)}: {difference(f.cod, g.dom)}")
