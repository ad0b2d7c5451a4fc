"""The adjoints of a convolution, which is linear in its array, in its kernel and in its bias.

    ⟨conv(x, w) + b, g⟩ = ⟨x, x̄⟩ + ⟨w, w̄⟩ + ⟨b, b̄⟩,   w̄[o, c, d] = Σ_{n, i} g[n, o, i] · x[n, c, s·i + r·d − p]

x̄ is the transposed convolution of g by w, w̄ the contraction above, and b̄ sums over all but the channels.  For a transposed
convolution, which is the adjoint of one, x̄ is the convolution of g by w, and x and g change places in w̄.
Source: Dumoulin and Visin, arXiv 1603.07285, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ncd_cat.axes import add, identity, scale, whole
from ncd_cat.graph import Value
from ncd_cat.importers.aten.call import Call, family
from ncd_cat.importers.aten.windows import each
from ncd_cat.importers.joins import section
from ncd_cat.ops.contraction import contraction, term, total
from ncd_cat.ops.convolution import Window, convolution, reading
from ncd_cat.ops.layout import digits
from ncd_cat.ops.transposed import transposed_convolution
from ncd_cat.scalars import ONE


def backward(call: Call, g: Value, x: Value, weight: Value, bias: Any, stride: Any, padding: Any, dilation: Any, transposed: bool,
             output_padding: Any, groups: int, wanted: Sequence[bool]) -> tuple[Value | None, ...]:  # fmt: skip
    """The adjoints at the cotangent g in the array, the kernel and the bias, those that are wanted."""
    n = len(weight.sizes) - 2
    small, large = (x, g) if transposed else (g, x)
    geometry = zip(*(_numbers(v) for v in (large, weight, small)), *(each(a, n) for a in (stride, dilation, padding)), strict=True)
    parts = [Window(m, k, s, r, p, (count - 1) * s + r * (k - 1) + 1 - m - p) for m, k, count, s, r, p in geometry]
    along = _convolved if transposed else _spread
    return (
        along(g, weight, parts, groups) if wanted[0] else None,
        _of_kernel(large, small, parts, groups) if wanted[1] else None,
        total(g, [k for k in range(n + 2) if k != 1]) if wanted[2] else None,
    )


def _numbers(x: Value) -> list[int]:
    return [int(str(size)) for size in x.sizes[2:]]


def _spread(g: Value, weight: Value, parts: Sequence[Window], groups: int) -> Value:
    """The transposed convolution of g, of the sizes of the array that the windows read."""
    return transposed_convolution(
        g, weight, stride=[p.stride for p in parts], padding=[p.before for p in parts], dilation=[p.dilation for p in parts],
        output_padding=[-p.after + p.before for p in parts], groups=groups)  # fmt: skip


def _convolved(g: Value, weight: Value, parts: Sequence[Window], groups: int) -> Value:
    """The convolution of g, without the windows behind that the transposed convolution had no entries for."""
    y = convolution(g, weight, stride=[p.stride for p in parts], padding=[p.before for p in parts],
                    dilation=[p.dilation for p in parts], groups=groups)  # fmt: skip
    for k, p in enumerate(parts, 2):
        y = section(y, k, 0, int(str(p.count)))
    return y


def _of_kernel(x: Value, g: Value, parts: Sequence[Window], groups: int) -> Value:
    """w̄: own axes (group, output channel, input channel, *kernel), bound axes (batch, *windows)."""
    batch, outputs, inputs = x.sizes[0], int(str(g.sizes[1])) // groups, int(str(x.sizes[1])) // groups
    own = (groups, outputs, inputs, *(p.kernel for p in parts))
    bounds = (batch, *(p.count for p in parts))
    first, group = whole(len(own), batch), whole(0, groups)
    entries, guards = reading(parts, len(own) + 1, 3)
    read_g = (first, add(scale(group, outputs), whole(1, outputs)), *identity(bounds[1:], len(own) + 1))
    read_x = (first, add(scale(group, inputs), whole(2, inputs)), *entries)
    y = Value.of(contraction([term(ONE, bounds, [(g, read_g), (x, read_x)], guards, sizes=own)], own))
    return y.at((*digits(0, own[:2]), *identity(own[2:], 1)), (groups * outputs, *own[2:]))


TABLE = family({"convolution_backward.default": backward})
