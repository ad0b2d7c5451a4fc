from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Input, Value, source, topological
from ncd_cat.ops.norm import batch_norm, group_norm, instance_norm, layer_norm, rms_norm
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.ncd_cat.ops.oracle import agree, by_array, by_definition, inputs, torched

EPS = Scalar.read(1e-5)
RNG = np.random.default_rng(0)


def draw(*sizes: int) -> Any:
    return RNG.normal(size=sizes)


@pytest.mark.torch
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_layer_norm_as_torch(axes: int) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    x, roots = draw(2, 3, 4), (2, 3, 4)[3 - axes :]
    w, b = draw(*roots), draw(*roots)
    agree(lambda x: layer_norm(x, axes, None, None, EPS), torched(lambda x: functional.layer_norm(x, roots)), x)
    agree(lambda x, w: layer_norm(x, axes, w, None, EPS), torched(lambda x, w: functional.layer_norm(x, roots, w)), x, w)
    agree(lambda x, b: layer_norm(x, axes, None, b, EPS), torched(lambda x, b: functional.layer_norm(x, roots, None, b)), x, b)
    agree(lambda x, w, b: layer_norm(x, axes, w, b, EPS), torched(lambda x, w, b: functional.layer_norm(x, roots, w, b)), x, w, b)


@pytest.mark.torch
def test_rms_norm_as_torch() -> None:
    functional = pytest.importorskip("torch.nn.functional")
    build: Callable[..., Value] = lambda x, w: rms_norm(x, 2, w, EPS)  # noqa: E731
    agree(build, torched(lambda x, w: functional.rms_norm(x, (3, 4), w, 1e-5)), draw(2, 3, 4), draw(3, 4))


@pytest.mark.torch
@pytest.mark.parametrize("sizes", [(2, 3), (2, 3, 4), (2, 3, 2, 2)])
def test_batch_norm_as_torch(sizes: tuple[int, ...]) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    mean, var, w, b = draw(3), draw(3) ** 2, draw(3), draw(3)
    agree(lambda x, m, v, w, b: batch_norm(x, m, v, w, b, EPS),
          torched(functional.batch_norm), draw(*sizes), mean, var, w, b)  # fmt: skip
    agree(lambda x, m, v: batch_norm(x, m, v, None, None, EPS), torched(functional.batch_norm), draw(*sizes), mean, var)


@pytest.mark.torch
@pytest.mark.parametrize("groups", [1, 2, 3, 6])
def test_group_norm_as_torch(groups: int) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x, w, b: group_norm(x, groups, w, b, EPS),
          torched(lambda x, w, b: functional.group_norm(x, groups, w, b)), draw(2, 6, 3, 2), draw(6), draw(6))  # fmt: skip


@pytest.mark.torch
def test_instance_norm_as_torch() -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda x, w, b: instance_norm(x, w, b, EPS),
          torched(lambda x, w, b: functional.instance_norm(x, weight=w, bias=b)), draw(2, 3, 4), draw(3), draw(3))  # fmt: skip


@given(n=st.integers(1, 4), m=st.integers(1, 3), seed=st.integers(0, 99))
def test_array_meaning_is_the_definition(n: int, m: int, seed: int) -> None:
    x = np.random.default_rng(seed).normal(size=(2, m, n))
    for build in (layer_norm, lambda x, k, w, b, eps: rms_norm(x, k, w, eps)):
        for axes in (1, 2):
            node = build(*inputs(x), axes, None, None, EPS).node  # type: ignore[operator]
            np.testing.assert_allclose(by_array(node, [x]), by_definition(node, [x]), rtol=1e-10, atol=1e-10)


@given(seed=st.integers(0, 99))
def test_batch_norm_s_array_meaning_is_its_definition(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(2, 3)), rng.normal(size=3), rng.random(3)]
    node = batch_norm(*inputs(*arrays), None, None, EPS).node
    np.testing.assert_allclose(by_array(node, arrays), by_definition(node, arrays), rtol=1e-12)


def test_layer_norm_does_not_see_a_shift() -> None:
    x = draw(2, 5)
    node = layer_norm(*inputs(x), 1, None, None, EPS).node
    np.testing.assert_allclose(by_array(node, [x + 7]), by_array(node, [x]), atol=1e-12)


def test_symbolic_sizes() -> None:
    b, m = symbol("b"), symbol("m")
    x, w = source(Input(0), (b, m)), source(Input(1), (m,))
    value = layer_norm(x, 1, w, w, EPS)
    unfolded = value.node.operands[0][0]
    defined = unfolded.op.definition(x)
    assert defined is not None and value.sizes == defined.sizes == (b, m)
    for n in topological([value.node, defined.node]):
        validate(n)


def test_mistakes_are_told() -> None:
    x, w = source(Input(0), (2, 6)), source(Input(1), (5,))
    with pytest.raises(TypeMismatch, match=r"LayerNorm: .* has sizes \(5,\), the axes it belongs to have sizes \(6,\)"):
        layer_norm(x, 1, w, None, EPS)
    with pytest.raises(TypeMismatch, match=r"RMSNorm over 3 axes: the array has 2, of sizes \(2, 6\)"):
        rms_norm(x, 3, None, EPS)
    with pytest.raises(TypeMismatch, match="6 channels do not split into 4 groups"):
        group_norm(x, 4, None, None, EPS)
