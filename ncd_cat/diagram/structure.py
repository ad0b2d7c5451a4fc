"""The structure of a cartesian category: swap, copy, discard; and what is refused, so that no box of DisCoPy's own leaks in.

A merge of tensors would impose the Frobenius laws on wires that carry nonlinear maps.  Source: Fritz and Liang, arXiv
2204.02284.
"""

# DisCoPy carries no types, so its classes are Any to a type checker: "misc" is ignored on each subclass, and only there.
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from discopy import markov, monoidal

from ncd_cat import wiring
from ncd_cat.diagram.box import Box
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.functor import Functor, Hypergraph
from ncd_cat.diagram.wires import EMPTY, Ty, atomic, label
from ncd_cat.errors import UnsupportedOp
from ncd_cat.graph import Value


class Swap(markov.Swap, Box):  # type: ignore[misc]
    """Two wires that cross."""

    draw_as_wires, draw_as_braid = True, False
    legs = (1, 0)

    def __init__(self, left: Ty, right: Ty) -> None:
        self.left, self.right = atomic("Swap", left), atomic("Swap", right)
        Box.__init__(self, f"Swap({left}, {right})", left @ right, right @ left)

    def dagger(self) -> Diagram:
        return Swap(self.right, self.left)

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        return values[::-1]

    def image(self, functor: Functor) -> Any:
        return functor.cod.ar.swap(functor(self.left), functor(self.right))

    __eq__, __hash__, __str__ = Box.__eq__, Box.__hash__, Box.__str__

    def __repr__(self) -> str:
        return f"Swap({self.left!r}, {self.right!r})"


class Copy(markov.Copy, Box):  # type: ignore[misc]
    """n copies of one wire; a Discard for n = 0."""

    draw_as_spider, color, drawing_name = True, "black", ""

    def __init__(self, x: Ty, n: int = 2) -> None:
        Box.__init__(self, f"Copy({x}, {n})" if n != 2 else f"Copy({x})", atomic("Copy", x), x**n)
        self.legs = (0,) * n

    def dagger(self) -> Diagram:
        return Merge(self.dom, len(self.cod))

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        return values * len(self.cod)

    def image(self, functor: Functor) -> Any:
        return functor.cod.ar.copy(functor(self.dom), len(self.cod))

    def __repr__(self) -> str:
        return f"Copy({self.dom!r}, {len(self.cod)})"


class Discard(markov.Discard, Copy):  # type: ignore[misc]
    """One wire that ends."""

    def __init__(self, x: Ty, n: int = 0) -> None:
        Box.__init__(self, f"Discard({x})", atomic("Discard", x), EMPTY)
        self.legs = ()

    def act(self, values: list[Value], run: wiring.Run) -> list[Value]:
        run.discarded.append(values[0].node)
        return []

    def __repr__(self) -> str:
        return f"Discard({self.dom!r})"


class Merge(markov.Merge, Box):  # type: ignore[misc]
    """Refused: a merge of tensors would impose the Frobenius laws on wires that carry nonlinear maps."""

    def __init__(self, x: Ty, n: int = 2) -> None:
        raise UnsupportedOp(f"{n} wires {x} have no merge: tensors are copied and discarded; add them, or concatenate them, instead")


class Trace(markov.Trace, Box):  # type: ignore[misc]
    """Refused: a wire is not fed back into its past."""

    def __init__(self, arg: Diagram, left: bool = False) -> None:
        raise UnsupportedOp(f"{label(arg)} has no trace: a recurrence is unrolled")


class Sum(markov.Sum, Box):  # type: ignore[misc]
    """Refused: diagrams are not added formally."""

    def __init__(self, terms: Sequence[Diagram], dom: Ty | None = None, cod: Ty | None = None) -> None:
        raise UnsupportedOp("diagrams have no formal sum: add their outputs, with a contraction")


class Bubble(monoidal.Bubble, Box):  # type: ignore[misc]
    """Refused without a meaning: `block` gives a diagram a name, `broadcast` adds axes."""

    def __init__(self, *args: Diagram, **kwargs: Any) -> None:
        raise UnsupportedOp("a bubble has no meaning: use diagram.block(name), or diagram.broadcast(axis)")


Diagram.braid_factory, Diagram.copy_factory, Diagram.discard_factory = Swap, Copy, Discard
Diagram.merge_factory, Diagram.trace_factory, Diagram.sum_factory, Diagram.bubble_factory = Merge, Trace, Sum, Bubble
Diagram.hypergraph_factory = Hypergraph
