from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Input, source, topological
from ncd_cat.ops.attention import attention
from ncd_cat.scalars import Scalar
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.ncd_cat.ops.oracle import agree, by_array, by_definition, inputs, torched

RNG = np.random.default_rng(0)
SCALE = Scalar.read(3**-0.5)


def operands(t: int = 4, u: int = 5) -> list[Any]:
    return [RNG.normal(size=(2, t, 3)), RNG.normal(size=(2, u, 3)), RNG.normal(size=(2, u, 2))]


def boolean(*sizes: int) -> Any:
    mask = RNG.random(sizes) < 0.6
    mask[..., 0] = True  # every query sees a key
    return mask


@pytest.mark.torch
@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(("t", "u"), [(4, 5), (5, 4), (1, 5), (5, 1), (1, 1)])
def test_attention_as_torch(t: int, u: int, causal: bool) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda q, k, v: attention(q, k, v, scale=SCALE, causal=causal),
          torched(lambda q, k, v: functional.scaled_dot_product_attention(q, k, v, is_causal=causal)), *operands(t, u))  # fmt: skip


@pytest.mark.torch
@pytest.mark.parametrize("mask", [boolean(2, 4, 5), boolean(4, 5), RNG.normal(size=(4, 5)), np.where(boolean(4, 5), 0.5, -np.inf)])
def test_masks_as_torch(mask: Any) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    agree(lambda q, k, v, m: attention(q, k, v, scale=SCALE, mask=m),
          torched(lambda q, k, v, m: functional.scaled_dot_product_attention(q, k, v, attn_mask=m)), *operands(), mask)  # fmt: skip


@given(t=st.integers(1, 3), u=st.integers(1, 3), causal=st.booleans(), kind=st.sampled_from("nbr"), seed=st.integers(0, 99))
def test_array_meaning_is_the_definition(t: int, u: int, causal: bool, kind: str, seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=(2, t, 3)), rng.normal(size=(2, u, 3)), rng.normal(size=(2, u, 2))]
    if kind != "n":
        mask = rng.random((t, u)) < 0.5
        mask[:, 0] = True
        arrays.append(mask if kind == "b" else rng.normal(size=(t, u)))
    q, k, v, *rest = inputs(*arrays)
    node = attention(q, k, v, scale=SCALE, causal=causal, mask=rest[0] if rest else None).node
    np.testing.assert_allclose(by_array(node, arrays), by_definition(node, arrays), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("times", [1, 3])
def test_a_mask_of_numbers_is_a_factor(times: int) -> None:
    arrays = [*operands(), boolean(4, 5).astype(np.int64) * RNG.integers(1, 1 + times, size=(4, 5))]
    q, k, v, m = inputs(*arrays)
    node = attention(q, k, v, scale=SCALE, mask=m).node
    np.testing.assert_allclose(by_array(node, arrays), by_definition(node, arrays), rtol=1e-10)


def test_large_scores_do_not_overflow() -> None:
    q, k, v = operands()
    node = attention(*inputs(q, k, v), scale=SCALE).node
    assert np.isfinite(by_array(node, [1e4 * q, k, v])).all()


def test_symbolic_sizes() -> None:
    t, u, d, e = (symbol(s) for s in "tude")
    q, k, v = source(Input(0), (t, d)), source(Input(1), (u, d)), source(Input(2), (u, e))
    node = attention(q, k, v, scale=Scalar.of(d), causal=True).node
    defined = node.op.definition(q, k, v)
    assert defined is not None and defined.sizes == (t, e)
    for n in topological([node, defined.node]):
        validate(n)


def test_mistakes_are_told() -> None:
    q, k, v = inputs(*operands())
    with pytest.raises(TypeMismatch, match=r"attention: k has sizes \(2, 5, 2\), where \(2, 5, 3\) are expected"):
        attention(q, v, k, scale=SCALE)
    with pytest.raises(TypeMismatch, match=r"mask has sizes \(2, 5, 3\)"):
        attention(q, k, v, scale=SCALE, mask=k)
