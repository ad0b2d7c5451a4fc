"""Sizes come from the shapes of the arrays; whatever does not fit is named."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ncd_cat.axes import Axis
from ncd_cat.errors import InputError, UnsupportedOp
from ncd_cat.evaluate import compile, evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, node, source
from ncd_cat.ops.contraction import add, einsum, mean, number, repeat, scale
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from tests.by_hand import graph, real

RANDOM = np.random.default_rng(0)


def symbolic() -> Graph:
    h, d, t = symbol("h"), symbol("d"), symbol("t")
    x, w = source(Input(0), (t, h * d)), source(Weight("w"), (h, d))
    y = einsum("td,d->t", x, w.at(((0, ((1, 0, d, h),)), (0, ((1, 0, 1, d),))), (h * d,)))
    return Graph((Array((Axis("t", t), Axis("m", h * d)), "float64", "x"),), (Array((Axis("t", t),), "float64"),), (mean(y, (0,)),))


def test_sizes_come_from_the_shapes() -> None:
    run = compile(symbolic())
    for t, h, d in ((2, 3, 4), (1, 1, 1), (5, 2, 1)):
        x, w = RANDOM.standard_normal((t, h * d)), RANDOM.standard_normal((h, d))
        np.testing.assert_allclose(run(x, weights={"w": w})[0], (x @ w.reshape(-1)).mean())


def test_ops_take_their_sizes_from_the_shapes() -> None:
    n = symbol("n")
    x, w = source(Input(0), (2, n)), source(Weight("w"), (4, 1, 2))
    y = add(softmax(x, 1), scale(x, Scalar.of(n).power(Fraction(-1, 2))))
    z = convolution(repeat(x, [(1, 1)]), w, padding=(1,))
    g = Graph((Array((Axis("a", 2), Axis("n", n)), "float64"),), (), (y, z))
    for size in (1, 4):
        table, kernel = RANDOM.standard_normal((2, size)), RANDOM.standard_normal((4, 1, 2))
        e = np.exp(table)
        found = evaluate(g, [table], weights={"w": kernel})
        np.testing.assert_allclose(found[0], e / e.sum(1, keepdims=True) + table / np.sqrt(size))
        np.testing.assert_allclose(found[1][1, 2], np.correlate(np.pad(table[1], 1), kernel[2, 0], "valid"))


def test_sizes_that_do_not_fit_are_named() -> None:
    says = r"input 0 \(x\) has shape \(2, 13\), but its axis 'm' \(axis 1\) has size 12 \(that is d\*h\), not 13"
    with pytest.raises(InputError, match=says):
        evaluate(symbolic(), [np.ones((2, 13))], weights={"w": np.ones((3, 4))})


def test_a_size_that_no_shape_determines_is_named() -> None:
    g = graph([number(1, (symbol("n"),))])
    with pytest.raises(InputError, match="determines the size n"):
        evaluate(g, [])


# ---- what does not fit --------------------------------------------------------------------------------------------


def weighted() -> Graph:
    x, _ = real(0, 2, 3)
    return graph([einsum("ij,kj->ik", x, source(Weight("fc.weight"), (4, 3)))], Array.of((2, 3), "float64", "x"))


@pytest.mark.parametrize(
    ("arrays_", "weights", "says"),
    [
        ([np.ones((2, 3))], {}, r"weight 'fc.weight' of shape \(4, 3\) is not given: pass weights="),
        ([np.ones((2, 3))], {"fc.weight": np.ones((3, 4))},
         r"weight 'fc.weight' has shape \(3, 4\), but its axis 0 has size 4, not 3"),
        ([np.ones((2, 4))], {"fc.weight": np.ones((4, 3))},
         r"input 0 \(x\) has shape \(2, 4\), but its axis 'b' \(axis 1\) has size 3, not 4"),
        ([np.ones(2)], {"fc.weight": np.ones((4, 3))}, r"input 0 \(x\) has shape \(2,\), but 2 axes are expected: \(2, 3\)"),
        ([], {"fc.weight": np.ones((4, 3))}, r"takes 1 arrays \(input 0 \(x\)\), 0 were given"),
        ([np.ones((2, 3), complex)], {"fc.weight": np.ones((4, 3))}, r"input 0 \(x\) takes real numbers, but was given complex128"),
    ],
)  # fmt: skip
def test_errors_say_what_does_not_fit(arrays_: list[Any], weights: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        evaluate(weighted(), arrays_, weights=weights)


def test_other_weights_are_ignored() -> None:
    found = evaluate(weighted(), [np.ones((2, 3))], weights={"fc.weight": np.ones((4, 3)), "other": None})
    assert found[0].tolist() == [[3.0] * 4] * 2


def test_reals_are_no_indices() -> None:
    g = graph([scale(source(Input(0, "int"), (2,)), 1)], Array.of((2,), "int64", "ids"))
    with pytest.raises(InputError, match=r"input 0 \(ids\) takes integers, but was given float64"):
        evaluate(g, [np.ones(2)])


def test_an_opaque_box_cannot_be_evaluated() -> None:
    x, a = real(0, 2)
    box = Value.of(node(Opaque("aten.foo", "", ((2,),), (2,)), [(x.node, x.access)], (2,)))
    with pytest.raises(UnsupportedOp, match=r"aten\.foo has no meaning on arrays"):
        compile(graph([box], a))


def test_diagrams_are_evaluated_as_their_graphs() -> None:
    from ncd_cat.diagram import Diagram

    g, table = weighted(), RANDOM.standard_normal((4, 3))
    found = evaluate(Diagram.from_graph(g), [np.eye(2, 3)], weights={"fc.weight": table})
    assert np.array_equal(found[0], table.T[:2])
