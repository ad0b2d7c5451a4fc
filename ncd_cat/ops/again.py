"""Computing again: the identity, as a box, so that what is computed from it is another node than what is computed from its operand.

Equal terms are one node of a graph, and so f; copy and copy; (f × f), which naturality of copy makes equal, are one graph.  To
say that f is computed twice, the second f reads its operand through this box, whose definition is its operand: a prover sees
that nothing is changed, evaluation and cost see that f is done again.  Source: naturality of copying, Fox 1976; checkpointing,
Griewank and Walther, Algorithm 799: Revolve (2000).

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (3,))
>>> y = again(x)
>>> print(y.node, "=", Again().definition(x).node)
again(input(0, real)[i0]) : 3 = input(0, real)() : 3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes
from ncd_cat.graph import Node, Value, apply
from ncd_cat.signature import Kind, Op


@dataclass(frozen=True)
class Again(Op):
    """x."""

    glyph = "wire"
    arity = 1

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def definition(self, *operands: Value) -> Value:
        return operands[0]

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (cotangent,)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return arrays[0]


def again(x: Value) -> Value:
    """The value, to compute with once more."""
    return apply(Again(), x, degree=x.sizes)
