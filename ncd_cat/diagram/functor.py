"""Functors: maps of types and boxes that preserve composition, products and the structure; every image is type-checked."""

# DisCoPy carries no types, so its classes are Any to a type checker: "misc" is ignored on each subclass, and only there.
from __future__ import annotations

from functools import reduce
from typing import Any

from discopy import markov

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.wires import Layer, Ty
from ncd_cat.errors import TypeMismatch
from ncd_cat.types import Array


class Category(markov.Category):  # type: ignore[misc]
    """The category of types and diagrams."""

    ob, ar = Ty, Diagram


class Functor(markov.Functor):  # type: ignore[misc]
    """A functor given on arrays and on boxes, which preserves products, copies, swaps, blocks and broadcasts.

    Raises TypeMismatch unless the image of each box has the images of its types.
    """

    dom = cod = Category(Ty, Diagram)

    def __call__(self, other: Any) -> Any:
        if isinstance(other, Ty):
            return sum((self(a) for a in other.inside), self.cod.ob())
        if isinstance(other, Array):
            found = self.ob[Ty(other)]
            return found if isinstance(found, self.cod.ob) else self.cod.ob(found)
        if isinstance(other, Box):
            return self._checked(other, other.image(self))
        layers = (self._layer(layer) for layer in other.to_staircases().inside)
        return reduce(lambda f, g: f.then(g), layers, self.cod.ar.id(self(other.dom)))

    def _layer(self, layer: Layer) -> Any:
        left, box, right = layer.boxes_or_types
        return self.cod.ar.id(self(left)).tensor(self(box)).tensor(self.cod.ar.id(self(right)))

    def _checked(self, box: Box, found: Any) -> Any:
        dom, cod = self(box.dom), self(box.cod)
        if (found.dom, found.cod) != (dom, cod):
            raise TypeMismatch(f"the functor sends {box} to {found.dom} -> {found.cod}, its types to {dom} -> {cod}")
        return found


class Hypergraph(markov.Hypergraph):  # type: ignore[misc]
    """Unused: see `Diagram.to_hypergraph`."""

    category, functor = Category, Functor
