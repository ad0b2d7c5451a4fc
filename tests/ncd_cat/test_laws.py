"""The laws of the category and of evaluation, on random diagrams: those that hold for all maps, and those of linear ones only.

Sources: figures 9 to 12 and 18 of arXiv 2402.05424.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, Phase, find, given, settings
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.axes import constant, identity
from ncd_cat.diagram import Diagram, Reindex, Ty
from ncd_cat.testing import arrays, assert_equivalent, diagrams, reindexings, types
from ncd_cat.testing.indices import indices
from ncd_cat.types import Array
from ncd_cat.weights import prefixed

SOME = settings(max_examples=25)
FINDING = settings(max_examples=400, phases=[Phase.generate], derandomize=True, database=None, suppress_health_check=list(HealthCheck))
Z, Y = ncd.Axis("z", 2), ncd.Axis("y", 3)
AC = (ncd.ty("float64[a:3]"), ncd.ty("float64[c:2]"))


@st.composite
def pairs(draw: Any, linear: bool = False) -> tuple[Diagram, Diagram]:
    """Two diagrams that compose, with weights of their own."""
    f = draw(diagrams(max_steps=3, linear=linear))
    return f, prefixed(draw(diagrams(f.cod, max_steps=3, linear=linear)), "second.")


def run(f: Diagram, inputs: list[Any], weights: dict[str, Any]) -> list[Any]:
    return [np.asarray(y) for y in ncd.evaluate(f, inputs, weights=weights)]


def weights_of(*fs: Diagram) -> dict[str, Any]:
    random = np.random.default_rng(0)
    return {key: random.normal(size=n.sizes) for f in fs for key, n in f.graph.weights().items()}


def agree(one: list[Any], other: list[Any]) -> bool:
    return all(x.shape == y.shape and np.allclose(x, y, rtol=1e-9, atol=1e-9) for x, y in zip(one, other, strict=True))


# ---- evaluation is a functor --------------------------------------------------------------------------------------


@SOME
@given(pairs(), st.data())
def test_evaluation_preserves_composition(fg: tuple[Diagram, Diagram], data: Any) -> None:
    f, g = fg
    x, w = data.draw(arrays(f.dom)), weights_of(f, g)
    assert agree(run(f >> g, x, w), run(g, run(f, x, w), w))


@SOME
@given(diagrams(max_steps=3), diagrams(max_steps=3), st.data())
def test_evaluation_preserves_products(f: Diagram, g: Diagram, data: Any) -> None:
    g = prefixed(g, "second.")
    x, y, w = data.draw(arrays(f.dom)), data.draw(arrays(g.dom)), weights_of(f, g)
    assert agree(run(f @ g, [*x, *y], w), [*run(f, x, w), *run(g, y, w)])


@SOME
@given(types(max_wires=2), types(max_wires=2), st.data())
def test_evaluation_preserves_the_structure(s: Ty, t: Ty, data: Any) -> None:
    x, y = data.draw(arrays(s)), data.draw(arrays(t))
    assert agree(run(Diagram.id(s), x, {}), x)
    assert agree(run(Diagram.copy(s, 3), x, {}), x * 3)
    assert agree(run(Diagram.swap(s, t), [*x, *y], {}), [*y, *x])
    assert run(Diagram.discard(s), x, {}) == []


@SOME
@given(diagrams(max_steps=4))
def test_maps_without_draws_may_be_copied_and_discarded(f: Diagram) -> None:
    assert (f >> Diagram.copy(f.cod)).graph.same_as((Diagram.copy(f.dom) >> f @ f).graph)
    assert (f >> Diagram.discard(f.cod)).graph.live().same_as(Diagram.discard(f.dom).graph)


@SOME
@given(pairs(), diagrams(max_steps=3))
def test_the_category_is_symmetric_monoidal(fg: tuple[Diagram, Diagram], h: Diagram) -> None:
    f, g = fg
    h = prefixed(h, "third.")
    assert (f @ h.dom >> f.cod @ h).graph.same_as((f.dom @ h >> f @ h.cod).graph)
    assert (f @ h >> Diagram.swap(f.cod, h.cod)).graph.same_as((Diagram.swap(f.dom, h.dom) >> h @ f).graph)
    assert ((f >> g) @ h).graph.same_as((f @ h >> g @ h.cod).graph)
    assert (Diagram.id(f.dom) >> f).graph == f.graph


# ---- broadcasting -------------------------------------------------------------------------------------------------


@SOME
@given(pairs(), diagrams(max_steps=3))
def test_broadcasting_is_a_monoidal_functor(fg: tuple[Diagram, Diagram], h: Diagram) -> None:
    f, g = fg
    h = prefixed(h, "third.")
    assert (f >> g).over((Z,)).graph.outputs == (f.over((Z,)) >> g.over((Z,))).graph.outputs
    assert (f @ h).over((Z,)).graph.same_as((f.over((Z,)) @ h.over((Z,))).graph)
    assert Diagram.id(f.dom).over((Z,)).graph.same_as(Diagram.id(f.over((Z,)).dom).graph)


@SOME
@given(diagrams(max_steps=4))
def test_broadcasting_keeps_copies_and_nests(f: Diagram) -> None:
    lifted = f.over((Z,))
    assert (f >> Diagram.copy(f.cod)).over((Z,)).graph.same_as((lifted >> Diagram.copy(lifted.cod)).graph)
    assert f.over((Y,)).over((Z,)).graph.same_as(f.over((Z, Y)).graph)


@SOME
@given(diagrams(max_steps=4), st.integers(0, 1), st.data())
def test_an_index_slides_past_what_is_broadcast(f: Diagram, i: int, data: Any) -> None:
    """(z ⊗ f) ⨾ ⟨i| = ⟨i| ⨾ f: this is what broadcasting is."""
    lifted = f.over((Z,))
    assert_equivalent(lifted >> entries(lifted.cod, i), entries(lifted.dom, i) >> f)
    x, w = data.draw(arrays(lifted.dom)), weights_of(f)
    assert agree([y[i] for y in run(lifted, x, w)], run(f, [a[i] for a in x], w))


def entries(t: Ty, i: int) -> Diagram:
    """⟨i| on the first axis of every wire."""
    return each(t, lambda a: ncd.index(a.axes[0].name, i).at(a))


def each(t: Ty, make: Any) -> Diagram:
    found: Diagram = Diagram.id().tensor(*[make(a) for a in t.inside])
    return found


@SOME
@given(diagrams(max_steps=4), reindexings(cod=(2,)))
def test_reindexings_slide_past_what_is_broadcast(f: Diagram, eta: Any) -> None:
    """Yoneda: for η: P → z, (z ⊗ f) ⨾ η = η ⨾ (P ⊗ f)."""
    new = tuple([ncd.Axis(f"p{k}", n) for k, n in enumerate(eta.dom)])

    def slide(a: Array) -> Diagram:
        rest = a.axes[1:]
        read = (*eta.indices, *identity([b.size for b in rest], len(new)))
        return Reindex(a, Array((*new, *rest), a.dtype), read)

    one, other = f.over((Z,)), f.over(new)
    assert_equivalent(one >> each(one.cod, slide), each(one.dom, slide) >> other)


@SOME
@given(indices((3,), 4), types(min_wires=1, max_wires=1))
def test_reindexings_compose_as_index_maps_do(e: Any, t: Ty) -> None:
    p, q = ncd.Axis("p", 3), ncd.Axis("q1", 4)
    (a,) = t.inside
    rest = identity([b.size for b in a.axes], 1)
    whole_p, read = Array((p, *a.axes), a.dtype), Reindex(Array((q, *a.axes), a.dtype), Array((p, *a.axes), a.dtype), (e, *rest))
    for i in range(3):
        at = Reindex(whole_p, a, (constant(i), *identity([b.size for b in a.axes])))
        value = e[0] + sum(s * (i // t_ % n) for s, _, t_, n in e[1])
        direct = Reindex(read.dom.inside[0], a, (constant(value), *identity([b.size for b in a.axes])))
        assert (read >> at).graph.same_as(direct.graph)


# ---- cups and caps ------------------------------------------------------------------------------------------------


@given(st.integers(1, 4))
def test_the_snake_is_straight(n: int) -> None:
    snake = ncd.diagram("float64[k]", k=n)(lambda x: ncd.einsum("k, k j, j l -> l", x, ncd.cap("k", "j", n), ncd.cap("j", "l", n)))
    assert_equivalent(snake, lambda x: x)
    bent = ncd.diagram("float64[k]", k=n)(lambda x: ncd.cup(ncd.einsum("k, j l -> k j l", x, ncd.cap("j", "l", n)), "k", "j"))
    assert_equivalent(bent, lambda x: x)
    assert_equivalent(ncd.cup("k", "j").at(ncd.ty("float64[k j]", k=n, j=n)), np.trace)


@SOME
@given(diagrams(ncd.ty("float64[a:3]"), linear=True, max_steps=3), st.data())
def test_the_transpose_is_the_adjoint(f: Diagram, data: Any) -> None:
    g = ncd.transpose(f)
    x, y, w = data.draw(arrays(f.dom)), data.draw(arrays(f.cod)), weights_of(f)
    assert np.isclose((run(f, x, w)[0] * y[0]).sum(), (x[0] * run(g, y, w)[0]).sum())
    assert_equivalent(ncd.transpose(g), f)


@SOME
@given(st.data())
def test_the_transpose_turns_composites_round(data: Any) -> None:
    f = data.draw(diagrams(ncd.ty("float64[a:3]"), linear=True, max_steps=2))
    g = prefixed(data.draw(diagrams(f.cod, linear=True, max_steps=2)), "second.")
    assert_equivalent(ncd.transpose(f >> g), ncd.transpose(g) >> ncd.transpose(f))


# ---- linear maps interchange, others do not -----------------------------------------------------------------------


def along(f: Diagram, x: Any, w: dict[str, Any]) -> Any:
    """f on the first axis of x, broadcast over the others, which come first in the result."""
    rest = x.shape[1:]
    z = tuple([ncd.Axis(f"z{k}", n) for k, n in enumerate(rest)])
    return run(f.over(z), [np.moveaxis(x, 0, -1)], w)[0]


def interchanged(f: Diagram, g: Diagram, x: Any) -> tuple[Any, Any]:
    """(F ⊗ c) ⨾ (b ⊗ G) and (a ⊗ G) ⨾ (F ⊗ d) on x (a, c): each map along its own axis, in two orders; axes (b, d)."""
    w = weights_of(f, g)
    rank = len(f.cod.inside[0].axes)
    first = along(f, x, w)  # (c, b)
    one = run(g.over(f.cod.inside[0].axes) if rank else g, [np.moveaxis(first, 0, -1)], w)[0]
    second = along(g, x.T, w)  # (a, d)
    other = along(f, second, w)  # (d, b)
    return one, np.transpose(other, (*range(other.ndim - rank, other.ndim), *range(other.ndim - rank)))


@SOME
@given(diagrams(AC[0], linear=True, max_steps=2), diagrams(AC[1], linear=True, max_steps=2), arrays(ncd.ty("float64[a:3 c:2]").inside[0]))
def test_linear_maps_interchange(f: Diagram, g: Diagram, x: Any) -> None:
    f, g = apart(f, "first."), apart(g, "second.")
    one, other = interchanged(f, g, x)
    assert one.shape == other.shape and np.allclose(one, other)


def apart(f: Diagram, name: str) -> Diagram:
    """The diagram with weights, and names of axes, of its own."""
    f = prefixed(f, name)
    new = {a.name: f"{name[:-1]}_{a.name}" for a in f.cod.inside[0].axes}
    found: Diagram = f >> ncd.rename(new)
    return found


def test_softmax_does_not_interchange() -> None:
    total, soft = apart(ncd.total("a").at(AC[0]), "first."), apart(ncd.softmax("c").at(AC[1]), "second.")

    def fails(x: Any) -> bool:
        one, other = interchanged(total, soft, x)
        return not np.allclose(one, other)

    x = find(arrays(ncd.ty("float64[a:3 c:2]").inside[0]), fails, settings=FINDING)
    assert fails(x) and x.shape == (3, 2)
    rows, columns = apart(ncd.softmax("a").at(AC[0]), "first."), apart(ncd.softmax("c").at(AC[1]), "second.")
    y = find(arrays(ncd.ty("float64[a:3 c:2]").inside[0]), lambda x: not np.allclose(*interchanged(rows, columns, x)), settings=FINDING)
    assert not np.allclose(*interchanged(rows, columns, y))


def outer(f: Diagram, g: Diagram, x: Any, y: Any) -> tuple[Any, Any]:
    """F x ⊗ G y and (F ⊗ G)(x ⊗ y)."""
    w = weights_of(f, g)
    one = np.multiply.outer(run(f, [x], w)[0], run(g, [y], w)[0])
    product = ncd.einsum("a, c -> a c", a=3, c=2)
    (xy,) = ncd.evaluate(product, [x, y])
    return one, interchanged(f, g, np.asarray(xy))[0]


@SOME
@given(diagrams(AC[0], linear=True, max_steps=2), diagrams(AC[1], linear=True, max_steps=2), arrays(AC[0]), arrays(AC[1]))
def test_the_outer_product_is_natural_for_linear_maps(f: Diagram, g: Diagram, xs: list[Any], ys: list[Any]) -> None:
    one, other = outer(apart(f, "first."), apart(g, "second."), xs[0], ys[0])
    assert one.shape == other.shape and np.allclose(one, other)


def test_the_outer_product_is_not_natural_for_others() -> None:
    f, g = apart(ncd.tanh.at(AC[0]), "first."), apart(ncd.identity(AC[1]), "second.")
    both = st.tuples(arrays(AC[0].inside[0]), arrays(AC[1].inside[0]))
    x, y = find(both, lambda xy: not np.allclose(*outer(f, g, *xy)), settings=FINDING)
    assert not np.allclose(*outer(f, g, x, y))
