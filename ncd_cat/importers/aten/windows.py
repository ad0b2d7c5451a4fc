"""Operators on windows: convolution and pooling over one, two or three axes, in the builders of `ncd_cat.ops`.

A number given for the stride, the padding or the dilation stands for all axes.  Transposed convolutions, and adaptive
pools whose windows differ in size, have no meaning here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncd_cat.graph import Value
from ncd_cat.importers.aten.call import Call, Handler, family
from ncd_cat.ops import convolution as convolutions
from ncd_cat.ops import pooling


def convolution(
    call: Call, x: Value, weight: Value, bias: Value | None = None, stride: Any = 1, padding: Any = 0, dilation: Any = 1, groups: int = 1
) -> Value:
    n = len(weight.sizes) - 2
    strides, dilations = _each(stride, n), _each(dilation, n)
    if isinstance(padding, str):
        kernel = [int(str(k)) for k in weight.sizes[2:]]
        padding = convolutions.same_padding(kernel, dilations) if padding == "same" else 0
    return convolutions.convolution(x, weight, bias, stride=strides, padding=_each(padding, n), dilation=dilations, groups=groups)


def any_convolution(call: Call, x: Value, weight: Value, bias: Value | None, stride: Any, padding: Any, dilation: Any, transposed: bool,
                    output_padding: Any, groups: int, *args: Any) -> Value | None:  # fmt: skip
    return None if transposed else convolution(call, x, weight, bias, stride, padding, dilation, groups)


def _each(given: Any, n: int) -> list[Any]:
    found = list(given) if isinstance(given, (list, tuple)) else [given]
    return found * n if len(found) == 1 else found


def max_pool(call: Call, x: Value, kernel: Any, stride: Any = (), padding: Any = 0, dilation: Any = 1, ceil_mode: bool = False) -> Value:
    n = _spatial(call)
    return pooling.max_pool(x, _each(kernel, n), _each(stride, n) if stride else (), _each(padding, n), _each(dilation, n), ceil_mode)


def max_pool_with_places(call: Call, *args: Any) -> tuple[Value, None]:
    return max_pool(call, *args), None


def avg_pool(call: Call, x: Value, kernel: Any, stride: Any = (), padding: Any = 0, ceil_mode: bool = False, count_include_pad: bool = True,
             divisor: int | None = None) -> Value:  # fmt: skip
    n = _spatial(call)
    return pooling.avg_pool(x, _each(kernel, n), _each(stride, n) if stride else (), _each(padding, n), ceil_mode=ceil_mode,
                            count_include_pad=count_include_pad, divisor=divisor)  # fmt: skip


def adaptive_avg_pool(call: Call, x: Value, sizes: Any) -> Value | None:
    parts = _each(sizes, _spatial(call))
    return pooling.adaptive_avg_pool(x, parts) if _divides(x, parts) else None


def adaptive_max_pool(call: Call, x: Value, sizes: Any) -> tuple[Value, None] | None:
    parts = _each(sizes, _spatial(call))
    return (pooling.adaptive_max_pool(x, parts), None) if _divides(x, parts) else None


def _divides(x: Value, parts: Sequence[int | None]) -> bool:
    return all(m is None or n % m == 0 for n, m in zip(x.sizes[-len(parts) :], parts, strict=True))  # type: ignore[operator]  # integers


def _spatial(call: Call) -> int:
    """How many spatial axes the operator has: the digit in its name, "max_pool2d"."""
    return int(call.name.split(".")[1].partition("d_with")[0].rstrip("d")[-1])


def _families() -> dict[str, Handler]:
    table: dict[str, Handler] = {"convolution.default": any_convolution}
    for d in (1, 2, 3):
        table |= {f"conv{d}d.default": convolution, f"conv{d}d.padding": convolution, f"avg_pool{d}d.default": avg_pool,
                  f"max_pool{d}d.default": max_pool, f"max_pool{d}d_with_indices.default": max_pool_with_places,
                  f"adaptive_avg_pool{d}d.default": adaptive_avg_pool, f"_adaptive_avg_pool{d}d.default": adaptive_avg_pool,
                  f"adaptive_max_pool{d}d.default": adaptive_max_pool}  # fmt: skip
    return table


TABLE = family(_families())
