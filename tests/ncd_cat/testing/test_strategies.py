"""The strategies give what they promise: well-typed things, of the variety that is promised; and they shrink."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.axes import NotAffine
from ncd_cat.diagram import Block, Diagram
from ncd_cat.graph import Graph, Input, Weight, source, topological
from ncd_cat.language.structure import require_linear
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.scan import Scan
from ncd_cat.ops.softmax import Softmax
from ncd_cat.reindexing import Reindexing
from ncd_cat.testing import arrays, assert_equivalent, axes, diagrams, reindexings, types
from ncd_cat.types import Array
from ncd_cat.welltyped import check_access, validate

SOME = settings(max_examples=40)
FINDING = settings(max_examples=2000, phases=[Phase.generate], derandomize=True, database=None, suppress_health_check=list(HealthCheck))


@given(axes(min_axes=1))
def test_axes_have_different_names_and_positive_sizes(found: tuple[ncd.Axis, ...]) -> None:
    assert 1 <= len(found) <= 3 and len({a.name for a in found}) == len(found)
    assert all(isinstance(a.size, int) and 1 <= a.size <= 4 for a in found)


@given(types(min_wires=1, dtypes=("float64", "float32", "int64", "bool")), st.data())
def test_arrays_have_their_types(found: ncd.Ty, data: Any) -> None:
    given_arrays = data.draw(arrays(found))
    assert len(given_arrays) == len(found)
    for x, a in zip(given_arrays, found.inside, strict=True):
        assert x.shape == a.sizes and x.dtype == a.dtype
    (same,) = ncd.evaluate(Diagram.id(found[:1]), given_arrays[:1])
    np.testing.assert_array_equal(same, given_arrays[0])
    sizes = {b.name: b.size for a in found.inside for b in a.axes}
    assert all(b.size == sizes[b.name] for a in found.inside for b in a.axes)


@given(reindexings(), st.data())
def test_reindexings_stay_in_their_axes_and_compose(f: Reindexing, data: Any) -> None:
    check_access(f.indices, f.cod, f.dom)
    g = data.draw(reindexings(dom=f.cod))
    assert (f >> Reindexing.id(f.cod)).indices == f.indices
    try:
        composed = f >> g
    except NotAffine:  # a digit of a sum need not be one
        return
    points = np.arange(prod(g.cod)).reshape(g.cod)  # type: ignore[arg-type]
    inner = source(Input(0), g.cod).at(g.indices, g.dom)
    for read in (inner.at(f.indices, f.dom), source(Input(0), g.cod).at(composed.indices, f.dom)):
        (y,) = ncd.evaluate(Graph((Array.of(g.cod),), (Array.of(f.dom),), (read,)), [points * 1.0])
        np.testing.assert_array_equal(y, points[_at(g, _at(f, np.indices(f.dom)))])  # type: ignore[arg-type]


def _at(f: Reindexing, where: Any) -> Any:
    """Where the points of the domain go, by the definition of digits."""
    shape = np.shape(where)[1:] if len(where) else ()
    return tuple([c + sum([s * (where[i] // t % n) for s, i, t, n in digits], np.zeros(shape, int)) for c, digits in f.indices])


@SOME
@given(diagrams())
def test_diagrams_are_well_typed_and_run(f: Diagram) -> None:
    graph = f.graph
    for n in topological([v.node for v in graph.outputs]):
        validate(n)
    assert [v.sizes for v in graph.outputs] == [a.sizes for a in f.cod.inside]
    assert Diagram(f.inside, f.dom, f.cod) == f  # every layer composes
    assert_equivalent(f, Diagram.from_graph(graph))


@SOME
@given(diagrams(ncd.ty("float64[q:2 k:3], float64[k:3]"), linear=True))
def test_linear_diagrams_are_linear_in_each_wire(f: Diagram) -> None:
    x, y = (np.random.default_rng(k).normal(size=(2, 3)) for k in range(2))
    z = np.zeros(3)
    weights = {key: np.ones(n.sizes) for key, n in f.graph.weights().items()}
    one, other, both = (ncd.evaluate(f, [a, z], weights=weights) for a in (x, y, 2 * x - y))
    for a, b, c in zip(one, other, both, strict=True):
        np.testing.assert_allclose(2 * a - b, c, atol=1e-8)


@SOME
@given(diagrams(ncd.ty("float64[q:2 k:3]"), linear=True, learned=False))
def test_linear_diagrams_of_one_wire_transpose(f: Diagram) -> None:
    require_linear(f.graph, "transpose")
    assert len(f.cod) == 1


def contains(op: type) -> Callable[[Diagram], bool]:
    return lambda f: any(isinstance(n.op, op) for n in f.graph.nodes())


VARIETY: dict[str, Callable[[Diagram], bool]] = {
    "a softmax": contains(Softmax), "a weight": contains(Weight), "a loop": contains(Scan), "a contraction": contains(Contraction),
    "a block": lambda f: any(isinstance(b, Block) for b in f.boxes),
    "sharing": lambda f: len({v.node for v in f.graph.outputs}) < len(f.graph.outputs),
    "a discarded wire": lambda f: len(f.graph.nodes()) > len(f.graph.live().nodes()),
    "two outputs": lambda f: len(f.cod) >= 2, "no outputs": lambda f: len(f.cod) == 0,
    "depth": lambda f: f.depth() >= 5,
}  # fmt: skip


@pytest.mark.parametrize("name", VARIETY)
def test_diagrams_have_the_variety_that_is_promised(name: str) -> None:
    assert VARIETY[name](find(diagrams(), VARIETY[name], settings=FINDING))


def test_diagrams_shrink_to_what_matters() -> None:
    quick = settings(max_examples=300, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    f = find(diagrams(), lambda f: any(isinstance(n.op, Softmax) for n in f.graph.nodes()), settings=quick)
    assert len(f.graph.nodes()) <= 3 and len(f.dom) <= 2  # a wire that has nothing to do with it may be left
    assert all(len(a.axes) <= 1 for a in f.dom.inside)
    assert find(diagrams(), lambda f: True, settings=quick).graph.same_as(Diagram.id(ncd.ty("float64[]")).graph)


# ---- equality on numbers ------------------------------------------------------------------------------------------

SCORES = ncd.einsum("q d, k d -> q k")


def test_equal_diagrams_are_equivalent_at_symbols_and_numbers() -> None:
    assert_equivalent(SCORES, SCORES.resize(q=3, d=2))
    assert_equivalent(SCORES.resize(q=3, d=2), SCORES)
    assert_equivalent(SCORES, ncd.diagram("q d, k d")(lambda x, y: ncd.order(ncd.einsum("q d, k d -> k q", x, y), "q k")))
    assert_equivalent(SCORES, lambda x, y: x @ y.T)
    assert_equivalent(lambda x, y: x @ y.T, SCORES)
    assert_equivalent(SCORES, lambda x, y: [x @ y.T], inputs=[np.ones((2, 3)), np.ones((4, 3))])
    layer = ncd.linear("m", "n:3", name="f").at("t m")
    assert_equivalent(layer, ncd.diagram("t m")(lambda x: ncd.linear(x, "m", "n:3", name="f")))
    assert_equivalent(ncd.dropout(0.5).at("t:9"), ncd.dropout(0.5).at("t:9"))


def test_differences_are_reported() -> None:
    x = ncd.ty("q:2 k:3")
    with pytest.raises(AssertionError, match=r"float32\[q:2 k:3\], differs at \(0, 0\): .* is not .*\n.*shapes \(2, 3\), from seed 0"):
        assert_equivalent(ncd.softmax("k").at(x), ncd.softmax("q").at(x))
    with pytest.raises(AssertionError, match=r"differs at \(1,\): 2.0 is not 0.0\n  .* as given\n  1 of 2 entries differ, by up to 2"):
        assert_equivalent(ncd.relu.at("q:2"), lambda x: np.array([x[0], 0.0]), inputs=[np.array([1.0, 2.0])])
    with pytest.raises(AssertionError, match=r"has the shapes \(2,\) and \(3,\)"):
        assert_equivalent(ncd.total("k").at(x), ncd.total("q").at(x))
    with pytest.raises(AssertionError, match="2 outputs are not 1"):
        assert_equivalent(ncd.copy(x), ncd.identity(x))
    with pytest.raises(AssertionError, match=r"the inputs have \[2, 2\] axes on one side and \[2\] on the other"):
        assert_equivalent(SCORES, ncd.identity(x))
    with pytest.raises(AssertionError, match="one of the two has to be a diagram"):
        assert_equivalent(np.exp, np.exp)
    with pytest.raises(AssertionError, match="differs"):
        assert_equivalent(ncd.softmax("k").at(x), lambda x: x * np.nan)


def test_a_rounding_error_is_no_difference() -> None:
    x = ncd.ty("q:2 k:3")
    assert_equivalent(ncd.scale(1).at(x), lambda x: x * (1 + 1e-12))
    with pytest.raises(AssertionError):
        assert_equivalent(ncd.scale(1).at(x), lambda x: x * (1 + 1e-5))
    assert_equivalent(ncd.scale(1).at(x), lambda x: x * (1 + 1e-5), rtol=1e-4)


def test_nothing_else_needs_hypothesis() -> None:
    code = "import sys, ncd_cat; ncd_cat.softmax, ncd_cat.prove, ncd_cat.Diagram; print('hypothesis' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
