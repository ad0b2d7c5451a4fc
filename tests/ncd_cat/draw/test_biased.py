"""A linear map with its bias in one contraction, as importers make it, is L with +; other constants are added as darts."""

from __future__ import annotations

import pytest

from ncd_cat.axes import identity, whole
from ncd_cat.diagram import Diagram
from ncd_cat.draw.telling import tell
from ncd_cat.graph import Node, Value, Weight, source
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.scalars import ONE, Scalar
from tests.by_hand import graph, real

X, ARRAY = real(0, 2, 3)
W, B = source(Weight("fc.weight"), (4, 3)), source(Weight("fc.bias"), (4,))
MAPPED = Term(ONE, (3,), ((X.node, (whole(0, 2), whole(2, 3))), (W.node, (whole(1, 4), whole(2, 3)))))
BIAS = Term(ONE, (), ((B.node, (whole(1, 4),)),))


def glyphs(n: Node) -> list[tuple[str, str, str]]:
    story = tell(Diagram.from_graph(graph([Value.of(n)], ARRAY)))
    return [(e.kind, e.text, e.sub) for e in story.elements]


def test_a_map_and_a_bias_are_one_glyph() -> None:
    assert glyphs(contraction([MAPPED, BIAS], (2, 4))) == [("learned", "L", "+")]
    assert glyphs(contraction([BIAS, MAPPED], (2, 4))) == [("learned", "L", "+")]


def test_a_number_stands_above_the_wires() -> None:
    assert glyphs(contraction([MAPPED, Term(Scalar.of(3), (), ())], (2, 4))) == [("learned", "L", ""), ("darts", "+3", "")]


@pytest.mark.parametrize("other", [
    BIAS._replace(scalar=Scalar.of(2)), BIAS._replace(guards=((False, (-1, ((1, 1, 1, 4),))),)), MAPPED,
])  # fmt: skip
def test_what_is_no_bias_has_no_plus(other: Term) -> None:
    assert ("learned", "L", "+") not in glyphs(contraction([MAPPED, other], (2, 4)))


def test_a_bias_of_all_axes_is_one_too() -> None:
    whole_bias = source(Weight("b"), (2, 4))
    added = Term(ONE, (), ((whole_bias.node, identity((2, 4))),))
    assert glyphs(contraction([MAPPED, added], (2, 4))) == [("learned", "L", "+")]
