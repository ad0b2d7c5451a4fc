"""Boxes with a diagram inside: blocks, which give it a name, and broadcasts, which give it more axes, the power functor.

>>> from ncd_cat.types import Array
>>> x = Ty(Array.of((2,)))
>>> print(Box("f", x, x).block("layer").broadcast(Axis("b", 3)))
broadcast(b:3; layer)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

from ncd_cat import wiring
from ncd_cat.axes import Axis, Sizes
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.functor import Functor
from ncd_cat.diagram.wires import Ty, label
from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.graph import Value
from ncd_cat.types import Array


class Inner(Box):
    """A box with a diagram inside: a Block or a Broadcast."""

    arg: Diagram
    names: tuple[str, ...] = ()  # of the modules that the box is

    def around(self, arg: Diagram) -> Inner:
        """The same box around another diagram of the same type."""
        raise NotImplementedError

    def mapped(self, change: Callable[[Diagram], Diagram]) -> Diagram:
        """The box around what `change` makes of its inside, which has the same type."""
        return self.around(change(self.arg))

    @property
    def frame(self) -> tuple[Any, ...]:
        """What the box is, besides its inside."""
        return ()

    @property
    def renamings(self) -> tuple[Callable[[str], str], ...]:
        """How the keys of the inside's weights are read: once, as they are."""
        return (str,)

    def to_drawing(self, functor_factory: Any = None) -> Any:
        dom, cod = self.dom.to_drawing(), self.cod.to_drawing()
        return self.arg.to_drawing().bubble(dom=dom, cod=cod, name=self.name, draw_as_square=True)


class Block(Inner):
    """A diagram that has a name, such as a module of a model; it means what the diagram means.

    A closed one is drawn as a box, without its inside.
    """

    def __init__(self, name: str, arg: Diagram, closed: bool = False) -> None:
        self.arg, self.closed, self.names = arg, closed, (name,)
        Box.__init__(self, name, arg.dom, arg.cod, arg)

    def around(self, arg: Diagram) -> Block:
        return self if arg is self.arg else Block(self.name, arg, self.closed)

    def shut(self, closed: bool) -> Block:
        """The block with its inside hidden, or shown."""
        return self if closed == self.closed else Block(self.name, self.arg, closed)

    @property
    def frame(self) -> tuple[Any, ...]:
        return self.name, self.closed

    @cached_property
    def key(self) -> tuple[Any, ...]:
        return type(self).__name__, self.dom, self.cod, self.data, *self.frame

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        return run.within(self.name).through(self.arg, values)

    def image(self, functor: Functor) -> Any:
        found = functor(self.arg)
        return Block(self.name, found, self.closed) if isinstance(found, Diagram) else found

    def dagger(self) -> Diagram:
        return Block(self.name, self.arg.dagger(), self.closed)

    def to_drawing(self, functor_factory: Any = None) -> Any:
        return Box.to_drawing(self) if self.closed else super().to_drawing()

    def __repr__(self) -> str:
        return f"Block({self.name!r}, {self.arg!r}{', closed=True' * self.closed})"


class Broadcast(Inner):
    """A diagram over more axes: (−)^axes is a functor, so this is the same ops with `axes` before their degree axes.

    What the diagram makes from nothing, such as its weights, is shared: it does not depend on the new axes.  Its draws do.
    """

    def __init__(self, arg: Diagram, axes: Sequence[Axis]) -> None:
        self.arg, self.axes = arg, tuple(axes)
        dom, cod = (Ty(*(_widened(a, self.axes) for a in x.inside)) for x in (arg.dom, arg.cod))
        Box.__init__(self, f"broadcast({', '.join(map(str, self.axes))}; {label(arg)})", dom, cod, (arg, self.axes))

    @cached_property
    def sizes(self) -> Sizes:
        """The sizes of the added axes."""
        return tuple(a.size for a in self.axes)

    def around(self, arg: Diagram) -> Broadcast:
        return self if arg is self.arg else Broadcast(arg, self.axes)

    @property
    def frame(self) -> tuple[Any, ...]:
        return self.axes

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        return run.over(self.sizes, self.arg.graph, values, self.axes)

    def image(self, functor: Functor) -> Any:
        found = functor(self.arg)
        if not isinstance(found, Diagram):
            raise UnsupportedOp(f"{self} has no image: there is no broadcast in the codomain of the functor")
        return Broadcast(found, self.axes)

    def dagger(self) -> Diagram:
        return Broadcast(self.arg.dagger(), self.axes)

    def __repr__(self) -> str:
        return f"Broadcast({self.arg!r}, {self.axes!r})"


def _widened(a: Array, axes: tuple[Axis, ...]) -> Array:
    taken = {b.name for b in a.axes}
    for axis in axes:
        if axis.name in taken:
            raise TypeMismatch(f"{a} has an axis {axis.name} already: rename one before you broadcast over {axis}")
    return Array((*axes, *a.axes), a.dtype, a.name)


__all__ = ["Block", "Broadcast", "Inner"]
