"""Deep models whose blocks no level joins at once are joined value by value; fingerprints forget how axes are read."""

from __future__ import annotations

import time
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat.axes import whole
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.contraction import add, einsum, multiply, number, repeat, scale, view
from ncd_cat.ops.held import Held
from ncd_cat.ops.norm import layer_norm
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Atan, Exp, Sin, reciprocal
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from proofs import fingerprint, search, sweep
from proofs.fingerprint import classes, features, near
from proofs.kernel import check
from proofs.prove import prove as proved
from rewrites.normal_form import OutOfTime, undisturbed

WIDTH, HIDDEN = 4, 6
X = source(Input(0), (3, WIDTH))
Activation = Callable[[Value], Value]


def weight(name: str, *sizes: int) -> Value:
    return source(Weight(name), sizes)


def graph(y: Value, x: Value = X) -> Graph:
    return Graph((Array.of(x.sizes, "float64", "x"),), (Array.of(y.sizes, "float64"),), (y,))


def plain(x: Value) -> Value:
    return Sin()(x)


def wordy(x: Value) -> Value:
    """sin(x) of x = x/(1 + x²) + x³/(1 + x²), which distributing alone does not show."""
    d = reciprocal(add(number(1, x.sizes), multiply(x, x)))
    return Sin()(add(multiply(x, d), multiply(x, x, x, d)))


def other(x: Value) -> Value:
    """Agrees with `wordy` in its first step and not in the second."""
    return add(wordy(x), scale(Exp()(x), 2))


def model(f: Activation, layers: int, last: Activation | None = None) -> Graph:
    x = X
    for k in range(layers):
        h = layer_norm(x, 1, weight(f"g{k}", WIDTH), weight(f"b{k}", WIDTH), Scalar.read(1e-5))
        h = einsum("td,ed->te", h, weight(f"in{k}", HIDDEN, WIDTH))
        h = (last if last is not None and k == layers - 1 else f)(h)
        x = add(x, einsum("te,de->td", h, weight(f"out{k}", WIDTH, HIDDEN)))
    return graph(x)


def test_a_deep_model_is_proved_block_by_block(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "DEEP", 0)
    found = proved(model(plain, 5), model(wordy, 5))
    assert (found.status, found.level, found.assumptions) == ("proved", search.SWEEP, ())
    assert found.certificate is not None and check(found.certificate.data).steps == found.steps
    assert any(isinstance(step.result.node.op, Held) for step in found.certificate.steps)


def test_the_cost_is_linear_in_depth() -> None:
    steps, seconds = [], []
    for layers in (4, 8, 16):
        lhs, rhs = model(plain, layers), model(wordy, layers)
        start = time.process_time()
        with undisturbed():
            swept = sweep.Sweep(lhs, rhs)
            ends = swept.run()
        seconds.append(time.process_time() - start)
        assert ends is not None and not swept.open
        steps.append(len(swept.joined))
        assert len(swept._served) <= 4 and None not in swept._served.values()  # blocks that are alike are alike
    assert steps[2] - steps[1] == 2 * (steps[1] - steps[0])
    assert seconds[2] < 12 * seconds[0] + 1


def test_a_wrong_block_is_where_they_part() -> None:
    lhs, rhs = model(plain, 3), model(wordy, 3, last=other)
    with undisturbed():
        swept = sweep.Sweep(lhs, rhs)
        assert swept.run() is None
    assert swept.open == [(view(lhs.outputs[0]), view(rhs.outputs[0]))]  # what is below agrees and is joined
    assert proved(lhs, rhs).status == "refuted"


def test_what_cannot_be_joined_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(x: Value) -> Value:
        return scale(add(Atan()(x), scale(Atan()(scale(x, -1)), -1)), Fraction(1, 2))  # no rule knows that the arctangent is odd

    monkeypatch.setattr(search, "DEEP", 0)
    found = proved(model(Atan(), 2), model(doubled, 2), timeout=3)
    assert found.status == "unknown" and found.reason.endswith("which agree numerically")
    assert "atan [x.a:3 in0.0:6]" in found.reason and "contraction [x.a:3 in0.0:6]" in found.reason


def test_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OutOfTime), undisturbed():
        sweep.Sweep(model(plain, 2), model(wordy, 2), deadline=0.0).run()
    monkeypatch.setattr(search, "DEEP", 0)
    assert proved(model(plain, 2), model(wordy, 2), timeout=0).status in ("unknown", "proved")


def test_transposed_and_split_values_are_candidates() -> None:
    n = symbol("n")
    x, w = source(Input(0), (n, 6)), source(Weight("w"), (6, 6))
    y = Exp()(einsum("ij,jk->ik", x, w))
    split = y.at((whole(0, n), (0, ((3, 1, 1, 2), (1, 2, 1, 3)))), (n, 2, 3))
    turned = Sin()(split.at((whole(2, n), whole(0, 2), whole(1, 3)), (2, 3, n)))
    back = turned.at(((0, ((1, 1, 3, 2),)), (0, ((1, 1, 1, 3),)), whole(0, n)), (n, 6))
    lhs, rhs = graph(Sin()(y), x), graph(back, x)
    found = next(ns for ns in classes(lhs, rhs) if lhs.outputs[0].node in ns)
    assert rhs.outputs[0].node in found


@given(st.integers(0, 1 << 30), st.permutations(range(3)))
@settings(max_examples=30)
def test_fingerprints_forget_axes(seed: int, order: list[int]) -> None:
    x = np.random.default_rng(seed).standard_normal((2, 3, 4))
    moved = np.transpose(x, order)
    assert near(features(x), features(np.broadcast_to(moved.reshape(2, 12), (5, 2, 12))))
    assert not near(features(x), features(x + 1e-3)) and not near(features(x), features(2 * x))


def test_fingerprints_of_nothing() -> None:
    assert features(np.zeros(3)) is None and features(np.full(2, np.nan)) is None and not near(None, None)
    assert near(features(np.array([1.0, -np.inf])), features(np.array([1.0, -3.4e38])))


def test_what_has_no_values_has_no_fingerprints(monkeypatch: pytest.MonkeyPatch) -> None:
    from ncd_cat.graph import apply

    lhs = graph(apply(Opaque("f", "", ((WIDTH,),), (WIDTH,)), X, degree=(3,)))
    assert classes(lhs, lhs) == []
    assert classes(graph(plain(X)), graph(plain(X))) != []
    monkeypatch.setattr(fingerprint, "MOST", 3)
    assert classes(graph(plain(X)), graph(plain(X))) == []


def test_repeated_axes_are_read_through() -> None:
    row = source(Input(0), (WIDTH,))
    lhs, rhs = graph(repeat(plain(row), [(0, 3)]), row), graph(wordy(repeat(row, [(0, 3)])), row)
    assert proved(lhs, rhs).status == "proved"
