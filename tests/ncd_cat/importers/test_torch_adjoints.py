"""The gradients of convolutions and of transposed ones, in the array, the kernel and the bias, against PyTorch's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ncd_cat.errors import UnsupportedOp
from ncd_cat.evaluate import evaluate
from ncd_cat.importers.torch import import_torch
from tests.exported import draw

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

# strides, paddings, dilations, groups, output paddings where transposed
GEOMETRIES = (
    ((1, 1), (0, 0), (1, 1), 1, (0, 0)),
    ((2, 3), (1, 2), (1, 1), 2, (1, 2)),
    ((2, 1), (0, 1), (1, 2), 2, (0, 1)),
    ((1, 2), (2, 0), (3, 1), 1, (2, 1)),
    ((2,), (1,), (3,), 2, (2,)),
    ((3,), (0,), (1,), 3, (2,)),
    ((2, 1, 2), (1, 0, 1), (1, 2, 1), 1, (1, 1, 0)),
)


@pytest.mark.parametrize("transposed", [False, True])
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_gradients_of_convolutions(geometry: tuple[Any, ...], transposed: bool) -> None:
    stride, padding, dilation, groups, more = geometry
    more = more if transposed else (0,) * len(more)
    n, outputs = len(stride), 3 * groups
    kernel = (2 * groups, 3) if transposed else (outputs, 2)
    for extra in (0, 1, 2):  # entries behind the last window, or none
        x, w = draw((2, 2 * groups, *(9 + extra, 8 + extra, 7 + extra)[:n]), (*kernel, *(3, 2, 2)[:n]))
        (g,) = draw(tuple(torch.convolution(x, w, None, stride, padding, dilation, transposed, more, groups).shape), seed=1)

        def gradients(g: Any, x: Any, w: Any) -> Any:
            options = (stride, padding, dilation, transposed, more, groups, (True, True, True))
            return torch.ops.aten.convolution_backward(g, x, w, [outputs], *options)

        found = import_torch(gradients, (g, x, w))
        assert found.opaque == ()
        for got, want in zip(evaluate(found.graph, [a.numpy() for a in (g, x, w)]), gradients(g, x, w), strict=True):
            np.testing.assert_allclose(got, want.numpy(), rtol=1e-10, atol=1e-10)


def test_gradients_by_name() -> None:
    """torch.nn.grad makes an array of memory that is never written, nor read, to say the sizes."""
    x, w, g = draw((2, 3, 6, 8), (5, 3, 3, 3), (2, 5, 4, 6))
    of_array = import_torch(lambda g, w: torch.nn.grad.conv2d_input((2, 3, 6, 8), w, g), (g, w))
    of_kernel = import_torch(lambda g, x: torch.nn.grad.conv2d_weight(x, (5, 3, 3, 3), g), (g, x))
    (first,) = evaluate(of_array.graph, [g.numpy(), w.numpy()])
    (second,) = evaluate(of_kernel.graph, [g.numpy(), x.numpy()])
    np.testing.assert_allclose(first, torch.nn.grad.conv2d_input((2, 3, 6, 8), w, g).numpy(), atol=1e-12)
    np.testing.assert_allclose(second, torch.nn.grad.conv2d_weight(x, (5, 3, 3, 3), g).numpy(), atol=1e-12)


def test_gradient_of_the_kernel_reads_the_array() -> None:
    def unwritten(g: Any, w: Any) -> Any:
        x = g.new_empty((2, 3, 6, 8))
        return torch.ops.aten.convolution_backward(g, x, w, None, (1, 1), (0, 0), (1, 1), False, (0, 0), 1, (True, True, False))[:2]

    with pytest.raises(UnsupportedOp, match="never written"):
        import_torch(unwritten, tuple(draw((2, 5, 4, 6), (5, 3, 3, 3))))
