from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.errors import TypeMismatch
from ncd_cat.language import diagram, einsum, linear, literal, repeat, scan, weight

X = np.random.default_rng(0).normal(size=(4, 5, 3))


def final_and_sums(x: Any, **options: Any) -> Any:
    (last,), (sums,) = scan(lambda s, row: (s + row, s + row), [repeat(literal(0.0, ""), "b:4 d:3")], [x], axis="t", **options)
    return last, sums


def test_a_loop_runs_along_an_axis_and_puts_it_first() -> None:
    last, sums = ncd.evaluate(diagram("b:4 t:5 d:3 -> b:4 d:3, t:5 b:4 d:3")(lambda x: final_and_sums(x)), [X])
    np.testing.assert_allclose(sums, np.moveaxis(np.cumsum(X, 1), 1, 0), rtol=1e-12)
    np.testing.assert_allclose(last, X.sum(1), rtol=1e-12)


def test_in_reverse_the_last_slice_comes_first() -> None:
    (sums,) = ncd.evaluate(diagram("b:4 t:5 d:3 -> t:5 b:4 d:3")(lambda x: final_and_sums(x, reverse=True)[1]), [X])
    np.testing.assert_allclose(sums, np.moveaxis(np.cumsum(X[:, ::-1], 1)[:, ::-1], 1, 0), rtol=1e-12)


def test_steps_share_wires_and_weights_from_outside() -> None:
    @diagram("t d, d -> t d", t=5, d=3)
    def recurrent(x: Any, start: Any) -> Any:
        def step(s: Any, row: Any) -> Any:
            s = linear(s, "d", "d:3", name="f") + row * start
            return s, s * 2

        return scan(step, [weight("first", "d:3")], [x], axis="t")[1][0]

    rng = np.random.default_rng(1)
    x, w = rng.normal(size=(5, 3)), rng.normal(size=(3, 3))
    start, b, s = rng.normal(size=(3, 3))
    (got,) = ncd.evaluate(recurrent, [x, start], weights={"f.weight": w, "f.bias": b, "first": s})
    for k, row in enumerate(x):
        s = w @ s + b + row * start
        np.testing.assert_allclose(got[k], 2 * s, rtol=1e-10)


def test_arrays_are_scanned_along_the_same_axis_wherever_it_is() -> None:
    @diagram("t d, e t -> t d e", t=5, d=3, e=2)
    def outer(x: Any, y: Any) -> Any:
        return scan(lambda x, y: einsum("d, e -> d e", x, y), [], [x, y], axis="t")[1][0]

    rng = np.random.default_rng(2)
    x, y = rng.normal(size=(5, 3)), rng.normal(size=(2, 5))
    np.testing.assert_allclose(ncd.evaluate(outer, [x, y])[0], x[:, :, None] * y.T[:, None], rtol=1e-12)


MISTAKES: dict[str, tuple[Callable[[Any], Any], str]] = {
    "no axis": (lambda x: scan(lambda s, r: s, [], [x], axis="u"), r"scan: float32\[t:5 d:3\] has no axis u; its axes are t d"),
    "nothing scanned": (lambda x: scan(lambda s: s, [x], [], axis="t"), "nothing is scanned along the axis"),
    "state changes": (lambda x: scan(lambda s, r: r, [x], [x], axis="t"), r"state 0 is float32\[t:5 d:3\] before .* float32\[d:3\] after"),
    "too few": (lambda x: scan(lambda s, t, r: s, [x, x], [x], axis="t"), "a step gives 1 wire; 2 new states come first"),
    "nothing given": (lambda x: scan(lambda s, r: None, [x], [x], axis="t"), "a step of scan returns nothing"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(mistake: str) -> None:
    function, message = MISTAKES[mistake]
    with pytest.raises(TypeMismatch, match=message):
        diagram("t:5 d:3")(function)
