"""Every verb without weights: on wires, as a family and traced it is one diagram, and means what numpy says."""

from __future__ import annotations

import math
import re
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat import language
from tests.ncd_cat.language.oracle import Case, check

ERF = np.vectorize(math.erf)


def soft(x: np.ndarray, axis: int | tuple[int, ...]) -> np.ndarray:
    e = np.exp(x - x.max(axis=axis, keepdims=True))
    return e / e.sum(axis=axis, keepdims=True)


def attend(q: np.ndarray, k: np.ndarray, v: np.ndarray, scale: float, causal: bool = False) -> np.ndarray:
    scores = np.einsum("...td,...ud->...tu", q, k) * scale
    seen = np.tri(*scores.shape[-2:]) if causal else np.ones(scores.shape[-2:])
    e = np.exp(scores) * seen
    return np.einsum("...tu,...ue->...te", e / e.sum(-1, keepdims=True), v)


def pooled(fold: object, kernel: int, stride: int) -> object:
    def meaning(x: np.ndarray) -> np.ndarray:
        starts = range(0, x.shape[0] - kernel + 1, stride)
        return np.array([[fold(x[i : i + kernel, j : j + kernel], axis=(0, 1)) for j in starts] for i in starts])  # type: ignore[operator]

    return meaning


def indexed(x: np.ndarray, i: np.ndarray) -> np.ndarray:
    return np.take_along_axis(x, i[..., None], -1)[..., 0]


TWO, IMAGE = "q:3 k:4", "x.0:6 x.1:6 c:2"
POINTWISE = {
    "exp": np.exp, "sin": np.sin, "cos": np.cos, "tanh": np.tanh, "absolute": np.abs, "floor": np.floor, "square": np.square, "erf": ERF,
    "relu": lambda x: np.maximum(x, 0), "sigmoid": lambda x: 1 / (1 + np.exp(-x)), "silu": lambda x: x / (1 + np.exp(-x)),
    "gelu": lambda x: x / 2 * (1 + ERF(x / math.sqrt(2))), "softplus": lambda x: np.log1p(np.exp(x)),
    "gelu_tanh": lambda x: x / 2 * (1 + np.tanh(0.7978845608028654 * (x + 0.044715 * x**3))),
}  # fmt: skip
CASES = {name: Case(TWO, getattr(ncd, name), getattr(ncd, name), f) for name, f in POINTWISE.items()} | {
    "log": Case(TWO, ncd.exp >> ncd.log, lambda x: ncd.log(ncd.exp(x)), lambda x: x),
    "sqrt": Case(TWO, ncd.square >> ncd.sqrt, lambda x: ncd.sqrt(ncd.square(x)), np.abs),
    "elementwise": Case(TWO, ncd.elementwise("tanh"), lambda x: ncd.elementwise(x, "tanh"), np.tanh),
    "power": Case(TWO, ncd.exp >> ncd.power(-0.5), lambda x: ncd.exp(x) ** -0.5, lambda x: np.exp(x) ** -0.5),
    # contractions
    "einsum": Case("q:2 d:3, k:4 d:3", ncd.einsum("q d, k d -> q k", q=2, k=4, d=3), lambda x, y: ncd.einsum("q d, k d -> q k", x, y),
                   lambda x, y: x @ y.T),
    "einsum scaled": Case("a:3", ncd.einsum("a ->", scale=0.5, a=3), lambda x: ncd.einsum("a ->", x, scale=0.5), lambda x: x.sum() / 2),
    "einsum grouped": Case("t:5 m:6, n:12 m:6", language.Family("f", 2, lambda x, w: ncd.einsum("t m, (h d) m -> h t d", x, w, h=4)),
                           lambda x, w: ncd.einsum("t m, (h d) m -> h t d", x, w, h=4),
                           lambda x, w: (x @ w.T).reshape(5, 4, 3).transpose(1, 0, 2)),
    "rearrange": Case("t:5 m:6", language.Family("f", 1, lambda x: ncd.rearrange("t (h d) -> h t d", x, h=2)),
                      lambda x: ncd.rearrange("t (h d) -> h t d", x, h=2), lambda x: x.reshape(5, 2, 3).transpose(1, 0, 2)),
    "scale": Case(TWO, ncd.scale(Fraction(1, 3)), lambda x: x / 3, lambda x: x / 3),
    "scale by an axis": Case("q:3 k:4", ncd.scale(ncd.Axis("k", 4) ** -0.5), lambda x: x * x.size("k") ** -0.5, lambda x: x / 2),
    "add": Case(f"{TWO}, {TWO}", ncd.add(), lambda x, y: x + y, np.add),
    "add three": Case(f"{TWO}, {TWO}, {TWO}", ncd.add(n=3), lambda x, y, z: x + y + z, lambda x, y, z: x + y + z),
    "multiply": Case(f"{TWO}, {TWO}", ncd.multiply(), lambda x, y: x * y, np.multiply),
    "subtract": Case(f"{TWO}, {TWO}", ncd.subtract(), lambda x, y: x - y, np.subtract),
    "divide": Case(f"{TWO}, {TWO}", ncd.divide(), lambda x, y: x / y, np.divide),
    "total": Case(TWO, ncd.total("k"), lambda x: ncd.total(x, "k"), lambda x: x.sum(1)),
    "total of a bundle": Case(IMAGE, ncd.total("x"), lambda x: ncd.total(x, "x..."), lambda x: x.sum((0, 1))),
    "mean": Case(TWO, ncd.mean("q k"), lambda x: ncd.mean(x, "q k"), np.mean),
    "cup": Case("k:3 q:2 j:3", ncd.cup("k", "j"), lambda x: ncd.cup(x, "k", "j"), lambda x: np.einsum("kqk->q", x)),
    "cap": Case("k:3", ncd.cap("k:3") @ ncd.identity() >> ncd.identity() @ ncd.identity(),
                lambda x: (ncd.cap("k:3")(), x), lambda x: (np.eye(3), x)),
    # reindexings
    "rename": Case(TWO, ncd.rename(k="j"), lambda x: ncd.rename(x, {"k": "j"}), lambda x: x),
    "order": Case(TWO, ncd.order("k q"), lambda x: ncd.order(x, "k q"), np.transpose),
    "split": Case("a:2 m:6", ncd.split("m -> (h d)", h=2), lambda x: ncd.split(x, "m -> (h d)", d=3), lambda x: x.reshape(2, 2, 3)),
    "merge": Case("h:2 a:5 d:3", ncd.merge("(h d) -> m"), lambda x: ncd.merge(x, "(h d) -> m"),
                  lambda x: x.transpose(0, 2, 1).reshape(6, 5)),
    "merge a bundle": Case(IMAGE, ncd.merge("(x...) -> p"), lambda x: ncd.merge(x, "(x...) -> p"), lambda x: x.reshape(36, 2)),
    "split into a bundle": Case("p:36 c:2", ncd.split("p -> (x...)", x=6), lambda x: ncd.split(x, "p -> (x.0 x.1)", **{"x.0": 6}),
                                lambda x: x.reshape(6, 6, 2)),
    "repeat": Case("k:4", ncd.repeat("q:3"), lambda x: ncd.repeat(x, "q:3"), lambda x: np.tile(x, (3, 1))),
    "index": Case(TWO, ncd.index("k", -1), lambda x: ncd.index(x, "k", 3), lambda x: x[:, 3]),
    "cut": Case(TWO, ncd.cut("k", 1, 2), lambda x: ncd.cut(x, "k", 1, 2), lambda x: x[:, 1:3]),
    "cut one": Case(TWO, ncd.cut("k", 1, 1), lambda x: ncd.cut(x, "k", 1, 1), lambda x: x[:, 1:2]),
    "window": Case("x:5", ncd.window("x", 3, 2, padding=1), lambda x: ncd.window(x, "x", 3, stride=2, padding=(1, 1)),
                   lambda x: np.array([np.pad(x, 1)[2 * i : 2 * i + 3] for i in range(3)])),
    "window apart": Case("x:5 c:2", ncd.window("x", 2, dilation=2, into="v"), lambda x: ncd.window(x, "x", 2, 1, 2, into="v"),
                         lambda x: np.array([x[i : i + 3 : 2] for i in range(3)])),
    "window behind": Case("x:3", ncd.window("x", 2, padding=(1, 0)), lambda x: ncd.window(x, "x", 2, padding=(1, 0)),
                          lambda x: np.array([[0, x[0]], [x[0], x[1]], [x[1], x[2]]])),
    "concat": Case("q:2 k:3, q:2 k:4", ncd.concat(axis="k"), lambda x, y: ncd.concat(x, y, axis="k"),
                   lambda x, y: np.concatenate([x, y], 1)),
    "stack": Case(f"{TWO}, {TWO}", ncd.stack(axis="s"), lambda x, y: ncd.stack(x, y, axis="s"), lambda x, y: np.stack([x, y])),
    "flip": Case(TWO, ncd.flip("k q"), lambda x: ncd.flip(x, "q k"), lambda x: x[::-1, ::-1]),
    "roll": Case(TWO, ncd.roll("k", 1), lambda x: ncd.roll(x, "k", -3), lambda x: np.roll(x, 1, 1)),
    "roll around": Case(TWO, ncd.roll("k", 4), lambda x: x, lambda x: x),
    "pad": Case(TWO, ncd.pad("k", (1, 2)), lambda x: ncd.pad(x, "k", (1, 2)), lambda x: np.pad(x, ((0, 0), (1, 2)))),
    "pad with a number": Case(IMAGE, ncd.pad("x", 1, -2.5), lambda x: ncd.pad(x, "x", 1, value=-2.5),
                              lambda x: np.pad(x, ((1, 1), (1, 1), (0, 0)), constant_values=-2.5)),
    "take": Case("v:2 m:3, int64[b:4 t:5]", ncd.take("v"), lambda x, i: ncd.take(x, i, "v"), lambda x, i: x[i]),
    "take from the middle": Case("a:4 v:2 m:3, int64[t:5]", ncd.take("v"), lambda x, i: ncd.take(x, i, "v"), lambda x, i: x[:, i]),
    "gather": Case("b:3 v:2, int64[b:3]", ncd.gather("v"), lambda x, i: ncd.gather(x, i, "v"), indexed),
    "one_hot": Case("int64[t:5]", ncd.one_hot("v:3"), lambda i: ncd.one_hot(i, "v:3"), lambda i: np.eye(3)[i]),
    # functions of an axis
    "softmax": Case(TWO, ncd.softmax("q"), lambda x: ncd.softmax(x, "q"), lambda x: soft(x, 0)),
    "softmax over a bundle": Case(IMAGE, ncd.softmax("x"), lambda x: ncd.softmax(x, "x..."), lambda x: soft(x, (0, 1))),
    "log_softmax": Case(TWO, ncd.log_softmax("k"), lambda x: ncd.log_softmax(x, "k"), lambda x: np.log(soft(x, 1))),
    "logsumexp": Case(TWO, ncd.logsumexp("k"), lambda x: ncd.logsumexp(x, "k"), lambda x: np.log(np.exp(x).sum(1))),
    "greatest": Case(TWO, ncd.greatest("q"), lambda x: ncd.greatest(x, "q"), lambda x: x.max(0)),
    "least": Case(TWO, ncd.least("q k"), lambda x: ncd.least(x, "q k"), np.min),
    "cumsum": Case(TWO, ncd.cumsum("k"), lambda x: ncd.cumsum(x, "k"), lambda x: x.cumsum(1)),
    "argmax": Case(TWO, ncd.argmax("k"), lambda x: ncd.argmax(x, "k"), lambda x: x.argmax(1)),
    "attention": Case("t:3 d:4, u:5 d:4, u:5 e:2", ncd.attention(), ncd.attention, lambda q, k, v: attend(q, k, v, 0.5)),
    "attention of heads": Case("h:2 t:5 d:4, h:2 u:5 d:4, h:2 u:5 e:3", ncd.attention(0.25, causal=True),
                               lambda q, k, v: ncd.attention(q, k, v, 0.25, causal=True),
                               lambda q, k, v: attend(q, k, v, 0.25, causal=True)),
    # choices
    "less": Case(f"{TWO}, {TWO}", ncd.less(), lambda x, y: y > x, np.less),
    "less_equal": Case(f"{TWO}, {TWO}", ncd.less_equal(), lambda x, y: y >= x, np.less_equal),
    "equal": Case(f"int64[{TWO}], int64[{TWO}]", ncd.equal(), lambda x, y: x == y, np.equal),
    "compared with a number": Case(TWO, ncd.identity() @ ncd.full(TWO, 1) >> ncd.less(), lambda x: x < 1, lambda x: x < 1),
    "maximum": Case(f"{TWO}, {TWO}", ncd.maximum(), ncd.maximum, np.maximum),
    "minimum": Case(f"{TWO}, {TWO}", ncd.minimum(), ncd.minimum, np.minimum),
    "clamp": Case(TWO, ncd.clamp(-0.5, 1), lambda x: ncd.clamp(x, low=-0.5, high=1), lambda x: np.clip(x, -0.5, 1)),
    "where": Case(f"bool[{TWO}], {TWO}, {TWO}", ncd.where(), ncd.where, np.where),
    "masked": Case(f"{TWO}, bool[{TWO}]", ncd.masked(), ncd.masked, lambda x, seen: np.where(seen, x, -np.inf)),
    "causal_mask": Case("t:3 u:4", ncd.identity() @ ncd.causal_mask("t:3", "u:4") >> ncd.masked(),
                        lambda x: ncd.masked(x, ncd.causal_mask("t:3", "u:4")), lambda x: np.where(np.tri(3, 4) > 0, x, -np.inf)),
    # pools
    "max_pool": Case(IMAGE, ncd.max_pool("x", 2), lambda x: ncd.max_pool(x, "x", 2), pooled(np.max, 2, 2)),
    "max_pool overlapping": Case(IMAGE, ncd.max_pool("x", 3, 1), lambda x: ncd.max_pool(x, "x...", 3, stride=1), pooled(np.max, 3, 1)),
    "avg_pool": Case(IMAGE, ncd.avg_pool("x", 3, stride=2), lambda x: ncd.avg_pool(x, "x", 3, 2), pooled(np.mean, 3, 2)),
    "adaptive_avg_pool": Case(IMAGE, ncd.adaptive_avg_pool("x", 1), lambda x: ncd.adaptive_avg_pool(x, "x", 1),
                              lambda x: x.mean((0, 1), keepdims=True)),
    "adaptive_max_pool": Case("x:6", ncd.adaptive_max_pool("x", 2), lambda x: ncd.adaptive_max_pool(x, "x", 2),
                              lambda x: x.reshape(2, 3).max(1)),
    # structure
    "identity": Case(TWO, ncd.identity(), lambda x: x, lambda x: x),
    "copy": Case(TWO, ncd.copy(n=3), lambda x: ncd.copy(x, 3), lambda x: (x, x, x)),
    "copy of a type": Case(f"{TWO}, k:4", ncd.copy(f"{TWO}, k:4"), lambda x, y: (x, y, x, y), lambda x, y: (x, y, x, y)),
    "discard": Case(f"{TWO}, k:4", ncd.discard() @ ncd.identity(), lambda x, y: y, lambda x, y: y),
    "swap": Case(f"{TWO}, k:4", ncd.swap(), ncd.swap, lambda x, y: (y, x)),
    "align": Case("q:3, k:4", language.Family("f", 2, lambda x, y: ncd.add(*ncd.align(x, y))),
                  lambda x, y: ncd.add(*ncd.align(x, y)), np.add.outer),
    "literal": Case("k:2", ncd.identity() @ ncd.literal([3.0, 4.0], "k") >> ncd.add(), lambda x: x + ncd.literal([3.0, 4.0], "k"),
                    lambda x: x + [3, 4]),
    # matrices
    "inverse": Case("i:3 j:3", ncd.inverse("i j"), lambda x: ncd.inverse(x, "i j"), np.linalg.inv),
    "inverse of a batch": Case("i:2 b:3 j:2", ncd.inverse("i j"), lambda x: ncd.inverse(x, "i j"),
                               lambda x: np.linalg.inv(x.transpose(1, 0, 2)).transpose(1, 0, 2)),
    "determinant": Case("b:2 i:3 j:3", ncd.determinant("i j"), lambda x: ncd.determinant(x, "i j"), np.linalg.det),
    "logdet": Case("i:3 j:3", ncd.logdet("i j"), lambda x: ncd.logdet(x, "i j"), lambda x: np.linalg.slogdet(x)[1]),
    "solve": Case("i:3 j:3, i:3 k:2", ncd.solve("i j"), lambda a, b: ncd.solve(a, b, "i j"), lambda a, b: np.linalg.solve(a, b).T),
    "full": Case("k:2", ncd.identity() @ ncd.full("k:2", 7) >> ncd.multiply(), lambda x: x * ncd.full("k:2", 7), lambda x: 7 * x),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_the_ways_to_write_a_verb_give_one_graph_of_the_right_meaning(name: str) -> None:
    check(CASES[name])


def test_a_symbolic_mask_is_the_table_at_numbers() -> None:
    t, u = ncd.symbols("t u")
    mask = ncd.causal_mask(t, u).at()
    for n, m in ((3, 4), (4, 3), (1, 1), (1, 3)):
        (found,) = ncd.evaluate(mask.resize(t=n, u=m), [])
        np.testing.assert_array_equal(found, np.tri(n, m, dtype=bool))


def test_symbolic_sizes_roll_pad_and_flip() -> None:
    f = (ncd.roll("n", 2) >> ncd.pad("n", 1) >> ncd.flip("n")).at(ncd.ty("n", n=ncd.symbols("m").size + 2))
    (found,) = ncd.evaluate(f, [np.arange(5.0)])
    np.testing.assert_array_equal(found, np.pad(np.roll(np.arange(5.0), 2), 1)[::-1])


def test_every_verb_has_a_case_or_a_test_of_its_own() -> None:
    elsewhere = {"Family", "Wire", "batch_norm", "bias", "conv", "conv_transpose", "diagram", "draw", "dropout", "embedding", "group_norm",
                 "instance_norm", "layer_norm", "linear", "rms_norm", "scan", "symbols", "trace", "transpose", "ty", "weight"}  # fmt: skip
    assert set(language.__all__) - {name.split()[0] for name in CASES} <= elsewhere


def test_every_verb_is_in_the_reference_with_an_example() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs" / "reference" / "language.md").read_text("utf-8")
    examples = " ".join([line for line in page.splitlines() if line.startswith(("    >>>", "    ..."))])
    for name in set(language.__all__) - {"Family", "Wire"}:
        assert f"`{name}" in page or f"`@{name}" in page, f"{name} has no line"
        assert f"{name}(" in examples or re.search(rf"\b{name}\b", examples), f"{name} has no example"
