"""Weights of one side as expressions in those of the other: what they mean, and which are refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat.errors import InputError
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.contraction import einsum
from ncd_cat.specs import read_params
from ncd_cat.types import Array
from proofs.expressions import parsed
from proofs.prove import prove

SIZES = {"q.weight": (2, 3), "k.weight": (4, 3), "h.0.v-proj": (2, 3), "s": (3, 3), "b": (3,), "t": (2, 3, 4)}
KNOWN = {key: source(Weight(key), sizes) for key, sizes in SIZES.items()}
RANDOM = np.random.default_rng(0)
ARRAYS = {key: RANDOM.standard_normal(sizes) for key, sizes in SIZES.items()}
Q, K, V, S, B, T = ARRAYS.values()

MEANINGS = {
    "q.weight": Q,
    '"h.0.v-proj"': V,
    "concat(q.weight, k.weight, h.0.v-proj)": np.concatenate([Q, K, V]),
    "concat(q.weight, h.0.v-proj, axis=1)": np.concatenate([Q, V], 1),
    "concat(q.weight, h.0.v-proj, axis=-1,)": np.concatenate([Q, V], 1),
    "stack(q.weight, h.0.v-proj)": np.stack([Q, V]),
    "stack(q.weight, h.0.v-proj, axis=2)": np.stack([Q, V], 2),
    "transpose(q.weight)": Q.T,
    "q.weight.T": Q.T,
    "(q.weight + h.0.v-proj).T": (Q + V).T,
    "transpose(t, 2, 0, 1)": T.transpose(2, 0, 1),
    "reshape(t, 6, 4)": T.reshape(6, 4),
    "reshape(t[0:2, :, 1], 3, 2)": T[:, :, 1].reshape(3, 2),
    "k.weight[1:3]": K[1:3],
    "k.weight[:, 0:2]": K[:, 0:2],
    "k.weight[::2]": K[::2],
    "k.weight[-1]": K[-1],
    "k.weight[1:][0]": K[1],
    "2 * q.weight - h.0.v-proj / 3": 2 * Q - V / 3,
    "-q.weight * h.0.v-proj": -Q * V,
    "0.5e-1 * (1/2 + 1) * q.weight": 0.075 * Q,
    "q.weight @ s @ k.weight.T": Q @ S @ K.T,
    "s @ b + b": S @ B + B,
    "s + 2 * s @ s": S + 2 * S @ S,
}


def value(v: Value) -> np.ndarray:
    graph = Graph((), (Array.of(v.sizes, "float64"),), (v,))
    (found,) = evaluate(graph, [], xp=np, weights=ARRAYS)
    return np.asarray(found)


@pytest.mark.parametrize("text", MEANINGS)
def test_an_expression_means_what_numpy_says(text: str) -> None:
    np.testing.assert_allclose(value(parsed(text, KNOWN)), MEANINGS[text], atol=1e-12)


@given(st.recursive(st.sampled_from(("q.weight", "h.0.v-proj")), lambda inner: st.one_of(
    st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    st.tuples(st.integers(1, 9), inner).map(lambda t: f"{t[0]}*{t[1]}"),
    inner.map(lambda x: f"concat({x}, {x})[0:2]"),
    inner.map(lambda x: f"-{x}.T.T" if not x.endswith(")") else f"-{x}"),
), max_leaves=6))  # fmt: skip
@settings(max_examples=60, deadline=None)
def test_expressions_are_read_as_python_reads_them(text: str) -> None:
    names = {"concat": lambda *xs: np.concatenate(xs), "q": Q, "v": V}
    expected = eval(text.replace("q.weight", "q").replace("h.0.v-proj", "v"), names)
    np.testing.assert_allclose(value(parsed(text, KNOWN)), expected, atol=1e-9)


@pytest.mark.parametrize(("text", "said"), [
    ("w", "lhs has no weight 'w'; it has q.weight, k.weight, h.0.v-proj, s and 2 more"),
    ("concat(q.weight, w)", "lhs has no weight 'w'"),
    ("concat(q.weight, k.weight, axis=1)", "concat along axis 1 does not fit weights of sizes (2, 3), (4, 3)"),
    ("concat(q.weight, b)", "does not fit weights of sizes (2, 3), (3)"),
    ("concat(q.weight, axis=2)", "concat along axis 2"),
    ("concat()", "takes weights, then numbers"),
    ("stack(q.weight, k.weight)", "stack along axis 0 does not fit"),
    ("transpose(b)", "has no transpose"),
    ("transpose(t, 0, 1)", "transpose of axes [0, 1]"),
    ("reshape(t, 5, 4)", "5"),
    ("reshape(t)", "reshape takes one weight"),
    ("reshape(t, 1/2)", "takes a whole number"),
    ("q.weight + k.weight", "+ of sizes (2, 3) and sizes (4, 3)"),
    ("q.weight + 1", "+ of sizes (2, 3) and 1"),
    ("q.weight @ k.weight", "@ of sizes (2, 3) and sizes (4, 3)"),
    ("q.weight @ 2", "@ of sizes (2, 3) and 2"),
    ("1 / q.weight", "/ of 1 and sizes (2, 3)"),
    ("q.weight / 0", "Fraction(1, 0)"),
    ("q.weight[2:9]", "beyond the axis of size 2"),
    ("q.weight[5]", "empty, backwards, or beyond"),
    ("q.weight[::-1]", "backwards"),
    ("q.weight[0, 0, 0]", "more ranges than the axes"),
    ("q.weight[]", "a range is due"),
    ("q.weight[0", "] is missing"),
    ("(q.weight", ") is missing"),
    ("q.weight q.weight", "'q.weight' is not expected here"),
    ("3", "is a number, not a weight"),
    ("3[0]", "[ of a number"),
    ("", "a weight, a number or a bracket is due, not the end"),
    ("q.weight ** 2", "is due, not *"),
    ("__import__('os')", "cannot be read"),
    ("(" * 100 + "s" + ")" * 100, "nested too deeply"),
])  # fmt: skip
def test_an_expression_that_does_not_fit_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parsed(text, KNOWN)
    assert said in str(caught.value) and str(caught.value).startswith("params: ")


# ---- claims -------------------------------------------------------------------------------------------------------

X = source(Input(0), (3,))


def applied(w: Value) -> Graph:
    y = einsum("i,oi->o", X, w)
    return Graph((Array.of((3,), "float64", "x"),), (Array.of(y.sizes, "float64"),), (y,))


def test_an_update_of_low_rank_is_merged() -> None:
    w, a, b = (source(Weight(key), sizes) for key, sizes in (("w", (4, 3)), ("a", (2, 3)), ("b", (4, 2))))
    y = einsum("i,oi->o", X, w)
    low = einsum("i,ri,or->o", X, a, b)
    apart = Graph((Array.of((3,), "float64", "x"),), (Array.of((4,), "float64"),), (parsed("y + 0.5 * z", {"y": y, "z": low}),))
    assert prove(apart, applied(source(Weight("m"), (4, 3))), params={"m": "w + 0.5 * b @ a"}).status == "proved"
    assert prove(apart, applied(source(Weight("m"), (4, 3))), params={"m": "w + b @ a"}).status == "refuted"


@pytest.mark.parametrize(("text", "said"), [("a.T", "has sizes (3, 2), the weight 'm' of rhs has sizes (2, 3)"), ("c", "no weight 'c'")])
def test_a_weight_that_does_not_fit_is_refused(text: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        prove(applied(source(Weight("a"), (2, 3))), applied(source(Weight("m"), (2, 3))), params={"m": text})
    assert said in str(caught.value)


def test_a_map_in_a_file_holds_expressions(tmp_path: Path) -> None:
    path = tmp_path / "map.toml"
    path.write_text('m = "concat(a, a)"\n')
    twice = applied(parsed("concat(a, a)", {"a": source(Weight("a"), (2, 3))}))
    assert prove(twice, applied(source(Weight("m"), (4, 3))), params=read_params(str(path))).status == "proved"


def test_values_are_of_modules() -> None:
    one = applied(source(Weight("a"), (2, 3)))
    with pytest.raises(InputError, match="weights have values in torch modules only"):
        prove(one, one, params="by value")
    with pytest.raises(InputError, match="'by name' is no map of names"):
        prove(one, one, params="by name")


def test_by_value() -> None:
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)

    class Two(torch.nn.Module):
        def __init__(self, *names: str) -> None:
            super().__init__()
            self.names = names
            for name in names:
                setattr(self, name, torch.nn.Linear(3, 3))

        def forward(self, x):  # type: ignore[no-untyped-def]
            return getattr(self, self.names[1])(torch.relu(getattr(self, self.names[0])(x)))

    one, other, swapped = Two("up", "down"), Two("first", "second"), Two("down", "up")
    x = (torch.zeros(2, 3),)
    with pytest.raises(InputError, match=r"no other weight of lhs holds the numbers of weight 'first.weight'"):
        prove(one, other, x, params="by value")
    other.first.load_state_dict(one.up.state_dict())
    other.second.load_state_dict(one.down.state_dict())
    assert prove(one, other, x, params="by value").status == "proved"
    swapped.down.load_state_dict(one.up.state_dict())
    swapped.up.load_state_dict(one.down.state_dict())
    assert prove(one, swapped, x, params="by value").status == "proved"
    assert prove(one, swapped, x).status == "refuted"
    same = Two("up", "down")
    same.load_state_dict(one.state_dict())
    assert prove(one, same, x, params="by value").status == "proved"
