"""A theorem is a named equation between two diagrams of one type, with a proof that is kept as a certificate.

It is declared once: a name, what it says in words, where it comes from, the types of its wires, its two sides, written with
the functions that people build diagrams with, and a near miss: the right side with one edit, for which the equation fails.
Its wires are variables: it holds for all values of them and for every size that is a symbol.

>>> from ncd_cat.language import softmax
>>> shift = Theorem("shift", "softmax(x + 2) = softmax(x)", "folklore", "q k", lambda x: softmax(x + 2, "k"), softmax("k"), softmax("q"))
>>> print(shift.lhs.dom, "->", shift.rhs.cod)
float32[q k] -> float32[q k]
>>> verdict = shift.prove()
>>> verdict.status, "exp_of_sum" in verdict.certificate.rules
('proved', True)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncd_cat.errors import ProofError
from ncd_cat.language import diagram
from ncd_cat.sizes import symbols
from proofs.check import read, statement_of
from proofs.kernel import Statement
from proofs.prove import prove
from proofs.verdict import Verdict

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram

Side = Callable[..., Any]  # a function of wires, or a family
FOLDER = Path(__file__).parent / "certificates"


@dataclass(frozen=True)
class Theorem:
    """left = right on wires of the given types; `near_miss` is a third side, which is not equal to them."""

    name: str
    says: str
    source: str
    wires: str
    left: Side
    right: Side
    near_miss: Side

    @cached_property
    def lhs(self) -> Diagram:
        """The left side."""
        return self._side(self.left)

    @cached_property
    def rhs(self) -> Diagram:
        """The right side."""
        return self._side(self.right)

    @cached_property
    def wrong(self) -> Diagram:
        """The near miss."""
        return self._side(self.near_miss)

    @property
    def sizes(self) -> tuple[str, ...]:
        """The sizes that it holds for all values of, sorted."""
        graphs = [side.graph for side in (self.lhs, self.rhs)]
        sizes = [a.sizes for graph in graphs for a in graph.dom] + [n.sizes for graph in graphs for n in graph.nodes()]
        return tuple(sorted({s for own in sizes for size in own for s in symbols(size)}))

    @property
    def path(self) -> Path:
        """The file of its certificate."""
        return FOLDER / f"{self.name}.json"

    def prove(self, timeout: float | None = None) -> Verdict:
        """Search for a proof, as `prove` does for any two diagrams."""
        return prove(self.lhs, self.rhs, timeout=timeout, names=("left side", "right side"))

    def check(self) -> Statement:
        """What its certificate proves, by the kernel alone.  Raises ProofError unless it is this theorem, FileError without a file."""
        found = statement_of(self.path)
        if not (found.lhs.same_as(self.lhs.graph.live()) and found.rhs.same_as(self.rhs.graph.live())):
            raise ProofError(f"{self.path.name} proves another statement than theorem {self.name}: `make theorems` proves it again")
        return found

    def data(self) -> Any:
        """Its certificate as JSON data, unchecked.  Raises FileError or ProofError where it cannot be read."""
        return read(self.path)

    def __str__(self) -> str:
        return f"{self.name}: {self.says}   [{self.source}]"

    def _side(self, side: Side) -> Diagram:
        return diagram(self.wires, name=self.name)(side)
