from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ncd_cat.errors import TypeMismatch, UnsupportedOp
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, apply, source, topological
from ncd_cat.ops.convolution import Window, convolution
from ncd_cat.ops.transposed import TransposedConvolution, transposed_convolution
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate
from tests.ncd_cat.ops.oracle import agree, by_array, by_definition, inputs, torched

RNG = np.random.default_rng(0)
CASES = {  # x, weight, stride, padding, output padding, dilation, groups
    "plain": ((2, 4, 5), (4, 3, 3), (1,), (0,), (0,), (1,), 1),
    "a tiling": ((2, 4, 3, 2), (4, 3, 2, 3), (2, 3), (0, 0), (0, 0), (1, 1), 1),
    "a tiling of one axis": ((2, 2, 3, 2), (2, 3, 2, 3), (2, 2), (0, 1), (0, 1), (1, 1), 1),
    "a kernel of one": ((2, 4, 3), (4, 3, 1), (1,), (0,), (0,), (1,), 1),
    "gaps": ((1, 2, 3), (2, 3, 2), (3,), (0,), (1,), (1,), 1),
    "groups": ((2, 4, 3), (4, 3, 3), (2,), (1,), (1,), (1,), 2),
    "depthwise": ((2, 4, 3), (4, 1, 3), (2,), (1,), (0,), (1,), 4),
    "dilated": ((1, 2, 4), (2, 3, 3), (2,), (2,), (0,), (3,), 1),
    "output padding past the stride": ((1, 2, 4), (2, 3, 2), (1,), (1,), (2,), (3,), 1),
    "two axes": ((2, 4, 3, 2), (4, 2, 3, 2), (2, 3), (1, 0), (1, 2), (1, 2), 2),
    "three axes": ((1, 2, 2, 2, 3), (2, 2, 2, 1, 2), (1, 2, 2), (1, 0, 1), (0, 1, 1), (2, 1, 1), 1),
    "without batch": ((4, 3), (4, 2, 2), (2,), (0,), (0,), (1,), 1),
}


@pytest.mark.torch
@pytest.mark.parametrize("case", CASES)
def test_transposed_convolution_as_torch(case: str) -> None:
    functional = pytest.importorskip("torch.nn.functional")
    xs, ws, stride, padding, more, dilation, groups = CASES[case]
    f = getattr(functional, f"conv_transpose{len(ws) - 2}d")
    arrays = RNG.normal(size=xs), RNG.normal(size=ws), RNG.normal(size=ws[1] * groups)
    value = agree(lambda x, w, b: transposed_convolution(x, w, b, stride=stride, padding=padding, output_padding=more, dilation=dilation,
                                                         groups=groups),
                  torched(lambda x, w, b: f(x, w, b, stride, padding, more, groups, dilation)), *arrays, tolerance=1e-12)  # fmt: skip
    node = next(n for n in topological([value.node]) if isinstance(n.op, TransposedConvolution))
    np.testing.assert_allclose(by_array(node, arrays), by_definition(node, arrays), rtol=1e-12, atol=1e-12)


def evaluated(value: Value, *arrays: Any) -> Any:
    return evaluate(Graph(tuple([Array.of(a.shape) for a in arrays]), (Array.of(value.sizes),), (value,)), arrays)[0]


@given(st.integers(1, 12), st.integers(1, 4), st.integers(1, 4), st.integers(1, 3), st.integers(0, 3), st.integers(-2, 3))
def test_it_is_the_adjoint_of_convolution(n: int, kernel: int, stride: int, dilation: int, before: int, after: int) -> None:
    """⟨conv(u, w), x⟩ = ⟨u, transposed conv(x, w)⟩, for the same fields and the same w, whether windows fit the axis or not."""
    window = Window(n, kernel, stride, dilation, before, after)
    assume(n + before + after >= dilation * (kernel - 1) + 1)
    u, w, x = RNG.normal(size=(4, n)), RNG.normal(size=(6, 2, kernel)), RNG.normal(size=(6, window.count))
    read = u[:, : n + after] if after < 0 else u
    pads = [(before, max(after, 0))]
    forth = evaluated(convolution(*inputs(read, w), stride=(stride,), dilation=(dilation,), padding=pads, groups=2), read, w)
    op = TransposedConvolution(2, 3, 2, ((n, kernel, stride, dilation, before, after),))
    value = apply(op, *inputs(x, w), degree=())
    validate(value.node)
    back = evaluated(value, x, w)
    np.testing.assert_allclose(np.vdot(forth, x), np.vdot(u, back), rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(back, by_definition(value.node, [x, w]), rtol=1e-10, atol=1e-10)


def test_tiling_windows_have_no_bracket() -> None:
    x, w = source(Input(0), (4, symbol("n"), 3)), source(Input(1), (4, 3, 2, 3))
    value = transposed_convolution(x, w, stride=(2, 3))
    assert value.sizes == (3, 2 * symbol("n"), 9)
    defined = value.node.op.definition(*[Value(y, a, value.node.domain(k)) for k, (y, a) in enumerate(value.node.operands)])
    assert defined is not None and defined.node.op.guards(0) == ()


def test_symbolic_sizes_take_their_values() -> None:
    c, o, n = symbol("c"), symbol("o"), symbol("n")
    value = transposed_convolution(source(Input(0), (c, n)), source(Input(1), (c, o, 3)), stride=(2,), padding=(1,), output_padding=(1,))
    assert value.sizes == (o, 2 * n)
    operands = [Value(x, a, value.node.domain(k)) for k, (x, a) in enumerate(value.node.operands)]
    for node in topological([value.node, value.node.op.definition(*operands).node]):
        validate(node)
    x, w = RNG.normal(size=(2, 5)), RNG.normal(size=(2, 3, 3))
    graph = Graph((Array.of((c, n)), Array.of((c, o, 3))), (Array.of(value.sizes),), (value,))
    wanted = transposed_convolution(*inputs(x, w), stride=(2,), padding=(1,), output_padding=(1,))
    np.testing.assert_allclose(evaluate(graph, [x, w])[0], loop_evaluate(wanted, [x, w]), atol=1e-12)


def test_mistakes_are_told() -> None:
    x, w = source(Input(0), (2, 4, 7)), source(Input(1), (4, 3, 3))
    with pytest.raises(TypeMismatch, match="4 input channels in 3 groups do not fit a weight of sizes"):
        transposed_convolution(x, w, groups=3)
    with pytest.raises(TypeMismatch, match="4 input channels in 1 groups do not fit a weight of sizes"):
        transposed_convolution(x, source(Input(1), (3, 4, 3)))
    with pytest.raises(TypeMismatch, match="transposed convolution: the bias has sizes"):
        transposed_convolution(x, w, source(Input(2), (4,)))
    with pytest.raises(TypeMismatch, match="needs an array with 3 or more axes"):
        transposed_convolution(source(Input(0), (7,)), source(Input(1), (4, 3, 3, 3)))
    with pytest.raises(TypeMismatch, match="a padding of 5 leaves spatial axis 0, of size 7, a size of -1"):
        transposed_convolution(x, w, padding=(5,))
    with pytest.raises(UnsupportedOp, match="an output padding below the stride or the dilation"):
        transposed_convolution(x, w, stride=(2,), output_padding=(2,))
    with pytest.raises(UnsupportedOp, match="kernel of the symbolic size n"):
        transposed_convolution(x, source(Input(1), (4, 3, symbol("n"))))


def test_hostile_geometry_is_ill_typed() -> None:
    x, w = source(Input(0), (4, 3)), source(Input(1), (4, 3, 2))
    for geometry in [(6, 2, -2, 1, 0, 0), (6, 2, 2, -1, 0, 0), (6, 2, 2, 1, -1, 1), (3, 4, 2, 1, 0, 0)]:
        with pytest.raises(TypeError):
            validate(apply(TransposedConvolution(3, 4, 1, (geometry,)), x, w, degree=()).node)
