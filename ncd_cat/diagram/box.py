"""Boxes: the generators of the free category, each a diagram of one layer; the base class has no meaning of its own.

>>> from ncd_cat.types import Array
>>> print(Box("f", Array.of((2,)), Array.of((3,))).dagger())
Traceback (most recent call last):
    ...
ncd_cat.errors.UnsupportedOp: f has no dagger: only swaps, permutations and permutations of axes have one
"""

# DisCoPy carries no types, so its classes are Any to a type checker: "misc" is ignored on each subclass, and only there.
from __future__ import annotations

from functools import cached_property
from typing import Any

from discopy import markov, monoidal

from ncd_cat import wiring
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.wires import EMPTY, Layer, Ty, ty
from ncd_cat.errors import UnsupportedOp
from ncd_cat.graph import Value
from ncd_cat.types import Array


class Box(markov.Box, Diagram):  # type: ignore[misc]
    """A function without a meaning here, from dom to cod: equal to itself on equal inputs, and to nothing else."""

    is_dagger = False
    legs: tuple[int, ...] | None = None  # of a box that is wires: output k is input legs[k]

    def __init__(self, name: str, dom: Ty | Array, cod: Ty | Array, data: Any = None) -> None:
        self.name, self.dom, self.cod, self.data = name, ty(dom), ty(cod), data

    @cached_property
    def inside(self) -> tuple[Layer, ...]:
        """The one layer: the box, with no wires beside it."""
        return (Layer(EMPTY, self, EMPTY),)

    @cached_property
    def key(self) -> tuple[Any, ...]:
        """What two equal boxes share."""
        return type(self).__name__, self.name, self.dom, self.cod, self.data

    def dagger(self) -> Diagram:
        """The inverse, where the box is a bijection of wires or axes.  Raises UnsupportedOp."""
        raise UnsupportedOp(f"{self} has no dagger: only swaps, permutations and permutations of axes have one")

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        """The outputs of the box on values: what the box means in a graph."""
        return wiring.opaque(self.name, self.dom.inside, self.cod.inside, values, run)

    def image(self, functor: Any) -> Any:
        """The image of the box under a functor."""
        found = functor.ar[self]
        return found if isinstance(found, functor.cod.ar) else functor.cod.ar(found, functor(self.dom), functor(self.cod))

    def to_drawing(self, functor_factory: Any = None) -> Any:
        """The box in DisCoPy's category of plane graphs."""
        return monoidal.Box.to_drawing(self)

    __hash__ = Diagram.__hash__

    def __eq__(self, other: object) -> bool:
        return self.key == other.key if isinstance(other, Box) else Diagram.__eq__(self, other)

    def __str__(self) -> str:
        return str(self.name)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.name!r}, {self.dom!r}, {self.cod!r})"
