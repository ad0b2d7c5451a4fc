"""Every builder of an op, evaluated over two namespaces and in float32, against the loops."""

from collections.abc import Callable
from typing import Any

import array_api_strict
import numpy as np
import pytest

from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Value
from ncd_cat.ops.activation import Gelu, GeluTanh, Silu, Softplus
from ncd_cat.ops.attention import attention
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.norm import batch_norm, group_norm, layer_norm, rms_norm
from ncd_cat.ops.pooling import adaptive_avg_pool, adaptive_max_pool, avg_pool, max_pool
from ncd_cat.ops.reduction import argmax, cumulative_sum
from ncd_cat.ops.rounding import Ceil, FloorDivide, Remainder, Round, Sign, Trunc
from ncd_cat.ops.softmax import log_softmax, logsumexp, softmax
from ncd_cat.ops.transposed import transposed_convolution
from ncd_cat.scalars import Scalar
from ncd_cat.types import Array
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import inputs

EPS, SCALE = Scalar.read(1e-5), Scalar.read(3**-0.5)
RNG = np.random.default_rng(0)
SEEN = np.array([[True, False, True], [True, True, False], [False, False, True], [True, True, True]])
IMAGE, POSITIVE = (2, 4, 5, 6), np.abs(RNG.normal(size=4)) + 0.1

CASES: dict[str, tuple[Callable[..., Value], list[Any]]] = {  # builder, arrays or their sizes
    "softmax": (lambda x: softmax(x, 1), [(2, 3, 4)]),
    "log softmax": (lambda x: log_softmax(x, 0), [(2, 3, 4)]),
    "logsumexp": (lambda x: logsumexp(x, (0, 2)), [(2, 3, 4)]),
    "layer norm": (lambda x, w, b: layer_norm(x, 2, w, b, EPS), [(2, 3, 4), (3, 4), (3, 4)]),
    "rms norm": (lambda x, w: rms_norm(x, 1, w, EPS), [(2, 3, 4), (4,)]),
    "batch norm": (lambda x, m, v, w, b: batch_norm(x, m, v, w, b, EPS), [IMAGE, (4,), POSITIVE, (4,), (4,)]),
    "group norm": (lambda x, w, b: group_norm(x, 2, w, b, EPS), [IMAGE, (4,), (4,)]),
    "attention": (lambda q, k, v: attention(q, k, v, scale=SCALE), [(2, 4, 3), (2, 3, 3), (2, 3, 2)]),
    "causal attention": (lambda q, k, v: attention(q, k, v, scale=SCALE, causal=True), [(4, 3), (3, 3), (3, 2)]),
    "masked attention": (lambda q, k, v, m: attention(q, k, v, scale=SCALE, mask=m), [(2, 4, 3), (2, 3, 3), (2, 3, 2), SEEN]),
    "biased attention": (lambda q, k, v, m: attention(q, k, v, scale=SCALE, mask=m, causal=True), [(4, 3), (3, 3), (3, 2), (4, 3)]),
    "convolution": (lambda x, w, b: convolution(x, w, b, stride=(2, 1), padding=(1, 0)), [IMAGE, (3, 4, 3, 2), (3,)]),
    "grouped convolution": (lambda x, w: convolution(x, w, groups=2, dilation=(1, 2)), [IMAGE, (6, 2, 3, 2)]),
    "depthwise convolution": (lambda x, w: convolution(x, w, groups=4, padding=(1, 1)), [IMAGE, (4, 1, 3, 3)]),
    "transposed convolution": (
        lambda x, w, b: transposed_convolution(x, w, b, stride=(2, 3), padding=(1, 0), output_padding=(1, 0), dilation=(2, 1), groups=2),
        [(2, 4, 3, 2), (4, 1, 3, 2), (2,)],
    ),
    "tiling": (lambda x, w: transposed_convolution(x, w, stride=(2, 2)), [(2, 4, 3, 2), (4, 3, 2, 2)]),
    "ragged adaptive pool": (lambda x: adaptive_max_pool(adaptive_avg_pool(x, (3, 4)), (2, 3)), [IMAGE]),
    "max pool": (lambda x: max_pool(x, (3, 2), (2, 2), (1, 1)), [IMAGE]),
    "average pool": (lambda x: avg_pool(x, (3, 2), (2, 2), (1, 1), count_include_pad=False), [IMAGE]),
    "adaptive pool": (lambda x: adaptive_avg_pool(x, (1, 3)), [IMAGE]),
    "cumulative sum": (lambda x: cumulative_sum(x, 1), [(2, 3, 4)]),
    "argmax": (lambda x: argmax(x, 1), [(2, 3, 4)]),
    "pointwise": (lambda x: Gelu()(GeluTanh()(Silu()(Softplus()(x)))), [(3, 4)]),
    "rounding": (lambda x: Sign()(Round()(Ceil()(Trunc()(x)))), [np.arange(-8, 8) / 4]),
    "division": (lambda x, y: Remainder()(FloorDivide()(x, y), y), [np.arange(-6, 6) / 2, np.tile([0.5, -2.0, 3.0], 4)]),
}


def case(name: str) -> tuple[Graph, list[Any], Any]:
    """The graph, its arrays, and its value by loops."""
    build, given = CASES[name]
    arrays = [a if isinstance(a, np.ndarray) else RNG.normal(size=a) for a in given]
    value = build(*inputs(*arrays))
    dom = tuple([Array.of(a.shape, str(a.dtype)) for a in arrays])
    return Graph(dom, (Array.of(value.sizes, "float64"),), (value,)), arrays, loop_evaluate(value, arrays)


@pytest.mark.parametrize("xp", [np, array_api_strict], ids=["numpy", "strict"])
@pytest.mark.parametrize("name", CASES)
def test_evaluation_agrees_with_the_loops(name: str, xp: Any) -> None:
    graph, arrays, wanted = case(name)
    (found,) = evaluate(graph, [xp.asarray(a) for a in arrays], xp=xp)
    np.testing.assert_allclose(np.from_dlpack(found) if xp is not np else found, wanted, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", sorted({*CASES} - {"argmax", "rounding", "division"}))
def test_float32_stays_float32(name: str) -> None:
    graph, arrays, wanted = case(name)
    (found,) = evaluate(graph, [a.astype(np.float32) if a.dtype == np.float64 else a for a in arrays])
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-5)
