"""Rules at their edges: brackets of terms that read nothing, …"""

import numpy as np
import pytest

from ncd_cat.axes import whole
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Value, apply
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Sin
from ncd_cat.scalars import ONE
from ncd_cat.types import Array
from proofs.prove import prove
from rewrites.rule import RuleError
from rewrites.rules import RULES


def test_rows_of_a_bracket_are_not_its_first_row() -> None:
    """A term without factors has brackets too: the rows of a triangle are not alike."""
    i, j = (1, 0, 1, 3), (-1, 1, 1, 3)
    triangle = Value.of(contraction([Term(ONE, (), (), ((False, (0, (i, j))),))], (3, 3)))
    index = literal(np.array([2, 0, 1])).at((whole(0, 3),), (3, 3))
    rows = apply(Take(3), triangle.at((whole(2, 3), whole(1, 3)), (3, 3, 3)), index, degree=(3, 3))
    with pytest.raises(RuleError, match="bracket"):
        RULES["take_slide"].apply(rows.node)
    graph, first = (Graph((), (Array.of((3, 3)),), (v,)) for v in (Sin()(rows), Sin()(triangle.at(((0, ()), whole(1, 3)), (3, 3)))))
    np.testing.assert_allclose(evaluate(graph, [])[0], np.sin(np.tri(3)[[2, 0, 1]]))
    assert prove(graph, first).status == "refuted"
