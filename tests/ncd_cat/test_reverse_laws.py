"""The axioms RD.1 to RD.7 of a reverse derivative category, on random diagrams: Cockett et al., arXiv 1910.07065, definition 13."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.errors import UnsupportedOp
from ncd_cat.gradient import hessian, jacobian, jvp, vjp
from ncd_cat.language import ty
from ncd_cat.testing import diagrams, graphs
from tests.derivatives import agrees, pairing

X = ty("q:2 k:3")
MAPS = diagrams(X, max_steps=3, learned=False)
FEW = settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))


def draw(types: Any, seed: int) -> list[Any]:
    random = np.random.default_rng(seed)
    return [random.normal(size=a.sizes) if a.kind == "real" else random.integers(0, 2, a.sizes).astype(a.dtype) for a in types]


def run(f: Any, *arrays: Any) -> list[Any]:
    found = list(ncd.evaluate(f, arrays))
    assume(all(np.isfinite(x).all() and np.abs(x).max(initial=0) < 1e6 for x in found))
    return found


def same(xs: list[Any], ys: list[Any]) -> None:
    for x, y in zip(xs, ys, strict=True):
        np.testing.assert_allclose(x, y, rtol=1e-8, atol=1e-8)


def total(x: Any) -> Any:
    """One real number, of the first real wire."""
    return ncd.total(x, " ".join(x.names)) if x.names else x


def smooth(f: Any) -> bool:
    return all(a.kind == "real" for a in f.cod.inside)


@FEW
@given(MAPS, st.integers(0, 9))
def test_a_sum_has_the_sum_of_derivatives_and_zero_has_zero(f: Any, seed: int) -> None:
    assume(smooth(f))
    (x,), w = draw(f.dom.inside, seed), draw(f.cod.inside, seed + 1)
    doubled = ncd.trace(lambda x: tuple([y + 2 * y for y in _wires(f(x))]), *f.dom.inside)
    same(run(vjp(doubled), x, *w), [3 * g for g in run(vjp(f), x, *w)])
    nothing = ncd.trace(lambda x: tuple([0 * y for y in _wires(f(x))]), *f.dom.inside)
    assert all(not g.any() for g in run(vjp(nothing), x, *w))


def _wires(found: Any) -> tuple[Any, ...]:
    return found if isinstance(found, tuple) else (found,)


@FEW
@given(MAPS, st.integers(0, 9))
def test_it_is_additive_and_linear_in_the_cotangent(f: Any, seed: int) -> None:
    assume(smooth(f))
    (x,), v, w = draw(f.dom.inside, seed), draw(f.cod.inside, seed + 1), draw(f.cod.inside, seed + 2)
    back = vjp(f)
    one, other = run(back, x, *v), run(back, x, *w)
    same(run(back, x, *[2 * a - b for a, b in zip(v, w, strict=True)]), [2 * a - b for a, b in zip(one, other, strict=True)])
    moved = jvp(back, wrt=list(range(1, 1 + len(v))))
    same(run(moved, x, *v, *w), other)  # D of R[f] in its second place is R[f] itself, wherever that is


def test_of_identities_and_projections() -> None:
    f = ncd.trace(lambda x, y, z: (y, x), *ty("a:2, b:3, c:4").inside)
    x, y, z = draw(f.dom, 0)
    v, w = draw(f.cod, 1)
    same(list(ncd.evaluate(vjp(f), [x, y, z, v, w])), [w, v, np.zeros(4)])


@FEW
@given(MAPS, MAPS, st.integers(0, 9))
def test_a_pair_sends_back_the_sum(f: Any, g: Any, seed: int) -> None:
    assume(smooth(f) and smooth(g))
    (x,), v, w = draw(f.dom.inside, seed), draw(f.cod.inside, seed + 1), draw(g.cod.inside, seed + 2)
    both = ncd.trace(lambda x: (*_wires(f(x)), *_wires(g(x))), *f.dom.inside)
    same(run(vjp(both), x, *v, *w), [a + b for a, b in zip(run(vjp(f), x, *v), run(vjp(g), x, *w), strict=True)])


@FEW
@given(st.data(), MAPS, st.integers(0, 9))
def test_the_chain_rule(data: st.DataObject, f: Any, seed: int) -> None:
    g = data.draw(diagrams(f.cod, max_steps=2, learned=False))
    assume(smooth(f) and smooth(g))
    (x,), w = draw(f.dom.inside, seed), draw(g.cod.inside, seed + 1)
    same(run(vjp(f >> g), x, *w), run(vjp(f), x, *run(vjp(g), *run(f, x), *w)))


@FEW
@given(MAPS, st.integers(0, 9))
def test_mixed_partials_commute(f: Any, seed: int) -> None:
    assume(smooth(f) and len(f.cod.inside) == 1)
    number = ncd.trace(lambda x: total(f(x) * f(x)), *f.dom.inside)
    (x,) = draw(f.dom.inside, seed)
    (found,) = run(hessian(number), x)
    flat = found.reshape(x.size, x.size)
    np.testing.assert_allclose(flat, flat.T, rtol=1e-7, atol=1e-7 * (1 + np.abs(flat).max()))


@FEW
@given(MAPS, st.integers(0, 9))
def test_the_jacobian_is_that_of_both_directions(f: Any, seed: int) -> None:
    assume(smooth(f) and len(f.cod.inside) == 1)
    (x, v), (w,) = draw([*f.dom.inside] * 2, seed), draw(f.cod.inside, seed + 1)
    (j,) = run(jacobian(f), x)
    same(run(jvp(f), x, v), [np.tensordot(j, v, v.ndim)])
    same(run(vjp(f), x, w), [np.tensordot(w, j, w.ndim)])
    np.testing.assert_allclose(pairing(run(jvp(f), x, v), [w]), pairing([v], run(vjp(f), x, w)), rtol=1e-8, atol=1e-8)


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(graphs(), st.integers(0, 9))
def test_random_graphs_agree_with_differences(g: Any, seed: int) -> None:
    arrays, random = draw(g.dom, seed), np.random.default_rng(seed + 1)
    weights = {key: random.normal(size=n.sizes) for key, n in g.weights().items()}
    found = ncd.evaluate(g, arrays, weights=weights)
    assume(all(np.isfinite(x).all() and np.abs(x).max(initial=0) < 1e2 for x in found))
    try:
        agrees(g, arrays, weights, seed, 1e-4)
    except UnsupportedOp as refused:
        raise AssertionError(f"{refused}") from refused
