"""One entry with many digits is the entry that the loops compute with few, and keeps what cancels."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings

from ncd_cat.axes import whole
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Gelu, GeluTanh
from ncd_cat.ops.contraction import add, einsum, multiply, number, repeat, scale, subtract
from ncd_cat.ops.indexing import embedding
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Cos, Erf, Exp, Floor, Less, Log, Maximum, Minimum, Power, Sin, Where
from ncd_cat.ops.reduction import Max, Min, fold
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from proofs import entries
from proofs.draws import STYLES, Point, draw, ports_of
from proofs.entries import Entries, Unknown
from tests.loops import loop_outputs
from tests.strategies import graphs

X = source(Input(0), (2, 3))
POINT = Point((np.array([[0.5, -1.25, 2.0], [0.0, 3.0, -0.75]]),), {"w": np.array([1.0, 2.0, 4.0])})
W = source(Weight("w"), (3,))


def at(x: Value, p: tuple[int, ...], bits: int = 200) -> float:
    return float(Entries(POINT, bits).at(x, p))


@given(graphs())
@settings(max_examples=40, deadline=None)
def test_entries_are_those_of_the_loops(g: Graph) -> None:
    point = draw(ports_of([g]), STYLES[0], 3)
    with np.errstate(all="ignore"):
        wanted = loop_outputs(g, point.inputs, point.weights)[0]
    place = tuple(n - 1 for n in wanted.shape)
    try:
        found = float(Entries(point, 200).at(g.outputs[0], place))
    except (Unknown, OverflowError):
        assert not np.isfinite(wanted[place]) or abs(wanted[place]) > 1e300 or not _plain(g)
        return
    assert found == pytest.approx(float(wanted[place]), rel=1e-6, abs=1e-9)


def _plain(g: Graph) -> bool:
    return all(n.kind != "real" or n.defined for n in g.nodes())


ROOT = Scalar.of(2).power(Fraction(1, 2))
CASES: dict[str, tuple[Value, Callable[[np.ndarray], np.ndarray]]] = {
    "exp": (Exp()(X), np.exp), "sin": (Sin()(X), np.sin), "cos": (Cos()(X), np.cos), "floor": (Floor()(X), np.floor),
    "floor of a float": (Floor()(Exp()(X)), lambda x: np.floor(np.exp(x))),
    "cube": (Power(Fraction(-3))(add(X, number(4, (2, 3)))), lambda x: (x + 4) ** -3),
    "root": (Power(Fraction(1, 2))(multiply(X, X)), np.abs), "log": (Log()(Exp()(X)), lambda x: x),
    "max": (Maximum()(X, scale(X, -1)), np.abs), "min": (Minimum()(X, scale(X, -1)), lambda x: -np.abs(x)),
    "less": (Less()(X, number(1, (2, 3))), lambda x: x < 1), "coefficient": (scale(X, ROOT), lambda x: x * np.sqrt(2)),
    "where": (Where()(Less()(X, number(1, (2, 3))), X, Power(Fraction(-1))(X)), lambda x: np.where(x < 1, x, 1 / np.where(x < 1, 1, x))),
    "fold": (repeat(fold(Max, X, (1,)), [(1, 3)]), lambda x: np.broadcast_to(x.max(1, keepdims=True), (2, 3))),
    "least": (repeat(fold(Min, X, (1,)), [(1, 3)]), lambda x: np.broadcast_to(x.min(1, keepdims=True), (2, 3))),
    "flip": (X.at((whole(0, 2), (2, ((-1, 1, 1, 3),))), (2, 3)), lambda x: x[:, ::-1]),
    "softmax": (softmax(X, 1), lambda x: np.exp(x) / np.exp(x).sum(1, keepdims=True)),
    "product": (repeat(einsum("ij,j->i", X, W), [(1, 3)]), lambda x: np.broadcast_to((x @ [1, 2, 4])[:, None], (2, 3))),
    "gather": (embedding(W, literal(np.array([[2, 0, 1], [1, 1, 2]]))), lambda x: np.array([[4.0, 1, 2], [2, 2, 4]])),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_function(case: str) -> None:
    value, meaning = CASES[case]
    wanted = meaning(POINT.inputs[0])
    for place in np.ndindex(2, 3):
        assert at(value, place) == pytest.approx(float(wanted[place]), rel=1e-14)


def test_what_cancels_is_kept() -> None:
    tiny = number(Fraction(1, 10**40), (2, 3))
    assert at(subtract(Exp()(add(X, tiny)), Exp()(X)), (0, 0)) == pytest.approx(np.exp(0.5) * 1e-40, rel=1e-9)
    apart = subtract(Gelu()(X), GeluTanh()(X))
    assert at(apart, (0, 2)) == pytest.approx(at(apart, (0, 2), 1000), rel=1e-15) and at(apart, (0, 2)) != 0
    assert at(subtract(Erf()(X), Erf()(X)), (0, 0)) == 0


def test_thirds_are_exact() -> None:
    third = scale(X, Fraction(1, 3))
    assert at(Less()(add(add(third, third), third), X), (0, 0)) == 0
    assert Entries(POINT, 53).at(third, (0, 0)) == Fraction(1, 6)


def test_long_fractions_become_floats(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entries, "LONGEST", 16)
    assert not isinstance(Entries(POINT, 100).at(scale(X, Fraction(1, 3**20)), (0, 0)), Fraction)


@pytest.mark.parametrize("value", [
    Log()(scale(Exp()(X), -1)), Power(Fraction(1, 2))(scale(Exp()(X), -1)), Power(Fraction(-1))(subtract(X, X)),
    Value.of(source(Input(0), (2, 3)).node).at((whole(0, 2), (3, ())), (2,)),
])  # fmt: skip
def test_what_is_no_real_number_is_unknown(value: Value) -> None:
    with pytest.raises(Unknown):
        at(value, (0, 0)[: len(value.sizes)])


def test_boxes_and_large_sums_are_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    from ncd_cat.graph import apply

    with pytest.raises(Unknown):
        at(apply(Opaque("f", "", ((3,),), (3,)), X, degree=(2,)), (0, 0))
    monkeypatch.setattr(entries, "MOST", 3)
    with pytest.raises(Unknown):
        at(einsum("ij,j->i", X, W), (0,))
