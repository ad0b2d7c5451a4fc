"""Holding a value: the identity on reals, as a box into which no rule looks, so that what it holds is a variable to the rest.

A proof about a deep model is a proof about each of its blocks, in which the values that enter the block stand for themselves:
let x be this value, whatever it is.  Source: cut, the rule of Gentzen 1935; cut points of combinational equivalence checking
(Kuehlmann and Krohm 1997).

>>> from ncd_cat.graph import Input, source
>>> print(Held()(source(Input(0), (3,))).node)
held(input(0, real)[i0]) : 3
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Access, Sizes
from ncd_cat.graph import Node, Value
from ncd_cat.ops.pointwise import Pointwise


@dataclass(frozen=True)
class Held(Pointwise):
    """x, for a real x."""

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return operands[0][0].positive

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        return (cotangent,)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return +arrays[0]
