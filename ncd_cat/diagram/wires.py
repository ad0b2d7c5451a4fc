"""Objects and layers: a type is a tuple of arrays, one a wire; a layer is a box beside wires that pass it."""

# DisCoPy carries no types, so its classes are Any to a type checker: "misc" is ignored on each subclass, and only there.
from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from discopy import monoidal
from discopy.cat import factory

from ncd_cat.errors import TypeMismatch
from ncd_cat.types import Array

if TYPE_CHECKING:
    from ncd_cat.diagram.box import Box
    from ncd_cat.diagram.diagram import Diagram


@factory
class Ty(monoidal.Ty):  # type: ignore[misc]
    """A tuple of array types, one a wire; `@` concatenates.  Raises TypeMismatch on anything that is not an `Array`."""

    ob_factory = Array
    inside: tuple[Array, ...]

    def __init__(self, *inside: Array) -> None:
        for a in inside:
            if not isinstance(a, Array):
                raise TypeMismatch(f"a type is made of arrays, such as Array.of((2, 3)), not of {a!r}")
        self.inside = inside

    @property
    def name(self) -> str:
        """The type as text."""
        return str(self)

    def tensor(self, *others: Ty | Array) -> Ty:
        """The concatenation."""
        if not all(isinstance(other, Ty | Array) for other in others):
            return NotImplemented  # type: ignore[no-any-return]  # the other side may know how: `x @ f` whiskers
        return Ty(*self.inside, *(a for other in others for a in ty(other).inside))

    def to_drawing(self) -> Any:
        """The type in DisCoPy's category of plane graphs: each wire with its axes, and its dtype unless it is of reals."""
        return monoidal.Ty(*[" ".join([*map(str, a.axes), *[a.dtype] * (a.kind != "real")]) for a in self.inside])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Ty) and self.inside == other.inside

    def __hash__(self) -> int:
        return hash(self.inside)

    def __repr__(self) -> str:
        return f"Ty({', '.join(map(repr, self.inside))})"


EMPTY = Ty()


def ty(x: Ty | Array) -> Ty:
    """The type; an array is a type with one wire."""
    return x if isinstance(x, Ty) else Ty(x)


def atomic(box: str, x: Ty) -> Ty:
    """The type, of one wire.  Raises TypeMismatch."""
    if not isinstance(x, Ty) or len(x) != 1:
        raise TypeMismatch(f"{box} is of one wire, not of {x}: use Diagram.{box.lower()} for several")
    return x


def difference(given: Ty, taken: Ty) -> str:
    """Where two types part, in words."""
    m, n = len(given), len(taken)
    if m != n:
        return f"the first gives {m} wire{'s' * (m != 1)}, the second takes {n}"
    wire, x, y = next((k, x, y) for k, (x, y) in enumerate(zip(given.inside, taken.inside, strict=True)) if x != y)
    head = f"wire {wire} is {x}, but {y} is taken"
    if len(x.axes) != len(y.axes) or x.dtype != y.dtype:
        return head
    k, a, b = next((k, a, b) for k, (a, b) in enumerate(zip(x.axes, y.axes, strict=True)) if a != b)
    if a.name == b.name:
        return f"{head}; axis {a.name} has sizes {a.size} and {b.size}"
    return f"{head}; axis {k} is {a.name} (size {a.size}) on the one side and {b.name} (size {b.size}) on the other"


class Layer(monoidal.Layer):  # type: ignore[misc]
    """A box beside wires that pass it; its types and its name are made when they are asked for."""

    def __init__(self, left: Ty, box: Box, right: Ty, *more: Any) -> None:
        self.boxes_or_types = (left, box, right, *more)
        self.data, self.is_dagger = None, False

    @cached_property
    def dom(self) -> Ty:
        """The wires that enter."""
        return EMPTY.tensor(*(x.dom if k % 2 else x for k, x in enumerate(self.boxes_or_types)))

    @cached_property
    def cod(self) -> Ty:
        """The wires that leave."""
        return EMPTY.tensor(*(x.cod if k % 2 else x for k, x in enumerate(self.boxes_or_types)))

    @cached_property
    def inside(self) -> tuple[Layer, ...]:
        """The layer, as the only one of a diagram."""
        return (self,)

    @property
    def name(self) -> str:
        """The layer as text: wires that pass it, and its box."""
        return " @ ".join(str(x) for k, x in enumerate(self.boxes_or_types) if k % 2 or x) or str(self.boxes_or_types[1])

    def widened(self, left: Ty, right: Ty) -> Layer:
        """The layer with more wires beside it."""
        first, *middle, last = self.boxes_or_types
        return Layer(left @ first, *middle, last @ right)

    @property
    def key(self) -> tuple[Any, ...]:
        """What two equal layers share."""
        return tuple([x.key if k % 2 else x for k, x in enumerate(self.boxes_or_types)])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Layer) and self.key == other.key

    def __hash__(self) -> int:
        return hash(self.key)


def label(f: Diagram | Layer) -> str:
    """A short name of a diagram: its text, or its first and last box."""
    text = f.name if isinstance(f, Layer) else str(f) if len(f.inside) < 4 else f"{f.inside[0].name} >> … >> {f.inside[-1].name}"
    return text if len(text) <= 120 else f"{text[:60]} … {text[-40:]}"
