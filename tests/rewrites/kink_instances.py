"""Random instances of the rules about kinks, by name: comparisons of polynomials that vanish almost nowhere."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import composite

from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Term, add, contraction, linear_combination, multiply, number
from ncd_cat.ops.pointwise import Equal, Exp, Less, Maximum
from ncd_cat.scalars import ONE, Scalar
from tests import strategies as some
from tests.strategies import Draw

Given = tuple[Node, tuple[Any, ...], str, bool]
SIGNED = [Scalar.of(c) for c in (1, -1, 2, Fraction(-1, 3))]


@composite
def generic(draw: Draw, real: Sequence[Value]) -> Value:
    """A polynomial in inputs and weights, perhaps plus a function of others, that is not 0 for almost all of their values."""
    own, bounds = draw(some.sizes(2, 3)), draw(some.sizes(1, 3))
    x, y, *others = draw(st.permutations(real))
    u, v = (draw(some.views([z], own)) for z in (x, y))
    other = draw(some.views(others, own))
    below = draw(st.sampled_from((Exp()(other), Maximum()(other, number(0, own)), number(1, own))))
    c = draw(st.sampled_from(SIGNED))
    long = [draw(some.views([z], own + bounds)) for z in (x, y)]
    summed = Value.of(contraction([Term(c, bounds, tuple([(z.node, z.access) for z in long]))], own))
    positive = Exp()(other)
    shifted = linear_combination([(c, multiply(u, u)), (ONE, number(-1, own))])
    weighed = linear_combination([(c, multiply(u, positive)), (ONE, v), (ONE, below)])
    sums = (linear_combination([(c, u)]), linear_combination([(c, u), (ONE, below)]), summed, add(summed, below))
    return draw(st.sampled_from((*sums, shifted, multiply(add(u, below), v), weighed)))


@composite
def compared(draw: Draw, real: Sequence[Value]) -> Given:
    y = draw(generic(real))
    return Less()(number(0, y.sizes), y).node, (), "generic", True


@composite
def equal(draw: Draw, real: Sequence[Value]) -> Given:
    y = draw(generic(real))
    sides = draw(st.permutations((number(0, y.sizes), y)))
    split = (linear_combination([(ONE, y), (ONE, y)]), y)
    return Equal()(*draw(st.sampled_from((sides, split)))).node, (), "generic", True


def laws(real: Sequence[Value]) -> dict[str, st.SearchStrategy[Given]]:
    """Instances over some real inputs and weights."""
    return {"less_or_greater": compared(real), "seldom_equal": equal(real)}
