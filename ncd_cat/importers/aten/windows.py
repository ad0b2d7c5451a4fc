"""Operators on windows, convolution and pooling over one, two or three axes, in the builders of `ncd_cat.ops`; resampling.

A number given for the stride, the padding or the dilation stands for all axes.  Resampling with antialiasing, and places of
greatest entries, have no meaning here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ncd_cat.graph import Value
from ncd_cat.importers.aten.call import Call, Handler, family
from ncd_cat.importers.aten.gathers import take
from ncd_cat.importers.rearrange import repeat_each
from ncd_cat.ops import convolution as convolutions
from ncd_cat.ops import pooling, resampling, transposed
from ncd_cat.ops.literal import literal


def convolution(
    call: Call, x: Value, weight: Value, bias: Value | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Value:
    n = len(weight.sizes) - 2
    strides, dilations = each(stride, n), each(dilation, n)
    if isinstance(padding, str):
        kernel = [int(str(k)) for k in weight.sizes[2:]]
        padding = convolutions.same_padding(kernel, dilations) if padding == "same" else 0
    return convolutions.convolution(x, weight, bias, stride=strides, padding=each(padding, n), dilation=dilations, groups=groups)


def transposed_convolution(call: Call, x: Value, weight: Value, bias: Value | None = None, stride: Any = 1, padding: Any = 0,
                           output_padding: Any = 0, groups: int = 1, dilation: Any = 1) -> Value:  # fmt: skip
    n = len(weight.sizes) - 2
    options = {"stride": stride, "padding": padding, "output_padding": output_padding, "dilation": dilation}
    return transposed.transposed_convolution(x, weight, bias, groups=groups, **{name: each(given, n) for name, given in options.items()})


def any_convolution(call: Call, x: Value, weight: Value, bias: Value | None, stride: Any, padding: Any, dilation: Any, backwards: bool,
                    output_padding: Any, groups: int, *args: Any) -> Value:  # fmt: skip
    if backwards:
        return transposed_convolution(call, x, weight, bias, stride, padding, output_padding, groups, dilation)
    return convolution(call, x, weight, bias, stride, padding, dilation, groups)


def each(given: Any, n: int) -> list[Any]:
    """One entry for each of n axes: as given, or one for all."""
    found = list(given) if isinstance(given, (list, tuple)) else [given]
    return found * n if len(found) == 1 else found


def max_pool(call: Call, x: Value, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False) -> Value:
    n = _spatial(call)
    return pooling.max_pool(x, each(kernel, n), each(stride, n) if stride else (), each(padding, n), each(dilation, n), ceil_mode)


def max_pool_with_places(call: Call, *args: Any) -> tuple[Value, None]:
    return max_pool(call, *args), None


def avg_pool(call: Call, x: Value, kernel: Any, stride: Any = (), padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
             divisor: int | None = None) -> Value:  # fmt: skip
    n = _spatial(call)
    return pooling.avg_pool(x, each(kernel, n), each(stride, n) if stride else (), each(padding, n), ceil_mode=ceil_mode,
                            count_include_pad=count_include_pad, divisor=divisor)  # fmt: skip


def adaptive_avg_pool(call: Call, x: Value, sizes: Any) -> Value:
    return pooling.adaptive_avg_pool(x, each(sizes, _spatial(call)))


def adaptive_max_pool(call: Call, x: Value, sizes: Any) -> tuple[Value, None]:
    return pooling.adaptive_max_pool(x, each(sizes, _spatial(call))), None


def _spatial(call: Call) -> int:
    """How many spatial axes the operator has: the digit in its name, "max_pool2d"."""
    return int(call.name.split(".")[1].partition("d_with")[0].rstrip("d")[-1])


# ---- resampling ---------------------------------------------------------------------------------------------------


def _factors(call: Call, x: Value, given: Sequence[Any]) -> list[tuple[int, int, int, float | None]]:
    """(axis, old size, new size, factor if one is given) of each spatial axis, from arguments such as (sizes, factors)."""
    found = [f for a in given for f in (a if isinstance(a, list) else [a]) if isinstance(f, float)]
    factors: Sequence[float | None] = found or [None] * (len(x.sizes) - 2)
    return [(k, int(str(x.sizes[k])), int(str(call.sizes[k])), f) for k, f in enumerate(factors, 2)]


def interpolated(matrix: Callable[..., Any]) -> Handler:
    """Interpolation axis by axis: arguments (sizes, align_corners, factors), the factors in a list or one by one."""

    def handler(call: Call, x: Value, sizes: Any, align_corners: bool, *factors: Any) -> Value:
        for k, n, m, factor in _factors(call, x, factors):
            x = x if n == m and factor in (None, 1.0) else resampling.resampled(x, k, matrix(n, m, align_corners, factor))
        return x

    return handler


def nearest(call: Call, x: Value, *args: Any) -> Value:
    """Nearest neighbours: each entry repeated where the factor is whole, else chosen by a table."""
    for k in range(2, len(x.sizes)):
        n, m = int(str(x.sizes[k])), int(str(call.sizes[k]))
        places = _places(call, k)
        whole = m % n == 0 and places == [i // (m // n) for i in range(m)]
        x = repeat_each(x, k, m // n) if whole else take(x, k, literal(places))
    return x


def _places(call: Call, axis: int) -> list[int]:
    """The entries that places of an axis read, as torch chooses them: it rounds, and doubles by a rule of its own."""
    import torch

    sizes = [1, 1, *call.node.args[0].meta["val"].shape[2:]]
    own = torch.arange(sizes[axis], dtype=torch.float64).reshape([-1 if k == axis else 1 for k in range(len(sizes))])
    chosen = call.node.target(own.expand(sizes).contiguous(), *call.node.args[1:], **call.node.kwargs)
    return [int(i) for i in chosen.movedim(axis, 0).flatten(1)[:, 0]]


def _families() -> dict[str, Handler]:
    table: dict[str, Handler] = {"convolution.default": any_convolution, "conv_transpose1d.default": transposed_convolution,
                                 "conv_transpose2d.input": transposed_convolution,
                                 "conv_transpose3d.input": transposed_convolution}  # fmt: skip
    for d, order in ((1, ""), (2, "bi"), (3, "tri")):
        table |= {f"conv{d}d.default": convolution, f"conv{d}d.padding": convolution, f"avg_pool{d}d.default": avg_pool,
                  f"max_pool{d}d.default": max_pool, f"max_pool{d}d_with_indices.default": max_pool_with_places,
                  f"adaptive_avg_pool{d}d.default": adaptive_avg_pool, f"_adaptive_avg_pool{d}d.default": adaptive_avg_pool,
                  f"adaptive_max_pool{d}d.default": adaptive_max_pool}  # fmt: skip
        for o in ("default", "vec"):
            table |= {f"upsample_{order}linear{d}d.{o}": interpolated(resampling.linear_matrix),
                      f"upsample_nearest{d}d.{o}": nearest, f"_upsample_nearest_exact{d}d.{o}": nearest}  # fmt: skip
    return table | {f"upsample_bicubic2d.{o}": interpolated(resampling.cubic_matrix) for o in ("default", "vec")}


TABLE = family(_families())
