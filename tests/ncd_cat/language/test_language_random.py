"""Draws and dropout on wires: each use is another draw, a wire is one, a key names one; what copying and discarding do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.diagram import Diagram
from ncd_cat.diagram.random import Dropout, Sample, is_deterministic
from ncd_cat.errors import InputError
from ncd_cat.ops.random import draws

X = ncd.ty("t:3 d:2")


def keys(f: Diagram) -> list[str]:
    return list(draws(f.graph))


def test_dropout_three_ways_is_the_box() -> None:
    box = Dropout(X.inside[0], 0.25)
    traced = ncd.diagram("t:3 d:2")(lambda x: ncd.dropout(x, 0.25))
    for f in (ncd.dropout(0.25).at(X), traced, Diagram.id(X) >> ncd.dropout(0.25)):
        assert f.graph.same_as(box.graph)
    assert ncd.dropout(0.0).at(X).graph.same_as(Diagram.id(X).graph)


def test_dropout_keeps_entries_as_often_as_it_should_and_scales_them() -> None:
    f = ncd.dropout(0.25).at("n:4000")
    (y,) = ncd.evaluate(f, [np.ones(4000)], seed=1)
    assert set(np.unique(y)) == {0.0, 1 / 0.75} and abs((y == 0).mean() - 0.25) < 0.03
    (u,) = keys(f)
    (y,) = ncd.evaluate(ncd.dropout(0.25).at("n:3"), [np.array([1.0, 2, 3])], draws={u.replace("4000", "3"): np.array([0.1, 0.75, 0.74])})
    np.testing.assert_allclose(y, [1 / 0.75, 0, 4])


def test_each_use_of_a_draw_is_another_and_a_wire_is_one() -> None:
    noise = ncd.draw("t:3 d:2", "normal")
    two = ncd.diagram("t:3 d:2")(lambda x: (x + noise, x + noise))
    assert keys(two) == ["normal[3 2]#0", "normal[3 2]#1"]

    def shared(x: Any) -> Any:
        one = noise()
        return x + one, x - one

    assert keys(ncd.diagram("t:3 d:2")(shared)) == ["normal[3 2]#0"]
    assert keys((noise @ ncd.identity() >> ncd.add() >> ncd.copy()).at(X)) == ["normal[3 2]#0"]
    assert noise.at().graph.same_as(Sample(X.inside[0], "normal").graph)


def test_copying_a_draw_is_not_drawing_twice_and_discarding_it_is_nothing() -> None:
    f = ncd.dropout(0.5)
    assert not (f >> ncd.copy()).at(X).graph.same_as((ncd.copy() >> f @ f).at(X).graph)
    assert (f >> ncd.discard()).at(X).graph.live().same_as(ncd.discard().at(X).graph.live())
    assert not is_deterministic(f.at(X)) and is_deterministic(ncd.dropout(0.5, key="u").at(X))
    g = ncd.dropout(0.5, key="u")
    assert (g >> ncd.copy()).at(X).graph.same_as((ncd.copy() >> g @ g).at(X).graph)


def test_calls_and_steps_draw_anew_and_broadcasting_is_independent() -> None:
    block = ncd.diagram("t d", name="block")(lambda x: ncd.dropout(x, 0.5))
    twice = ncd.diagram("t:3 d:2")(lambda x: block(block(x)))
    assert keys(twice) == ["uniform[3 2]#0", "uniform[3 2]#1"]
    assert keys(block.resize(t=3, d=2) >> block.resize(t=3, d=2)) == ["uniform[3 2]#0", "uniform[3 2]#1"]
    assert keys(block.resize(t=3, d=2).over("b:4")) == ["uniform[4 3 2]#0"]
    assert keys(ncd.dropout(0.5).over("b:4").at("b:4 t:3 d:2")) == ["uniform[4 3 2]#0"]


def test_an_integer_wire_is_a_key() -> None:
    f = ncd.diagram("n:50, int64[]")(lambda x, key: ncd.dropout(x, 0.5, key=key))
    x = np.ones(50)
    (one,), (again,), (other,) = (ncd.evaluate(f, [x, np.asarray(key)]) for key in (1, 1, 2))
    np.testing.assert_array_equal(one, again)
    assert (one != other).any() and is_deterministic(f)


@pytest.mark.parametrize("p", [-0.1, 1.01])
def test_a_probability_is_between_0_and_1(p: float) -> None:
    with pytest.raises(InputError, match="from 0 to 1"):
        ncd.dropout(p).at(X)


def test_a_law_and_a_key_are_what_they_should_be() -> None:
    with pytest.raises(InputError, match="the law of a draw is one of uniform, normal"):
        ncd.draw("t", "cauchy")
    with pytest.raises(InputError, match="a key has no '#' in it"):
        ncd.draw("t", key="#1")
