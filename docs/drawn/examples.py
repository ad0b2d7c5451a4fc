"""A small instance of a rule, in wires with names: the left side as people write it, and what the rule is told.

Rules that have none here are shown at an instance that their tests draw (`equations`).

>>> str(EXAMPLES["exp_of_log"].diagram.dom)
'float32[a b]'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from types import MappingProxyType
from typing import Any

import ncd_cat as ncd
from ncd_cat import language as ly
from ncd_cat.diagram import Diagram
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import view

MAT = "a b"
ZERO = ly.full(MAT, 0)


@dataclass(frozen=True)
class Example:
    """Types of wires, a function of them, and the arguments of the rule."""

    wires: str
    side: Callable[..., Any]
    args: tuple[Any, ...] = ()

    @cached_property
    def diagram(self) -> Diagram:
        """The left side."""
        return ncd.diagram(self.wires)(self.side)  # type: ignore[no-any-return]

    @property
    def node(self) -> Node:
        """The node that the rule is about."""
        (found,) = self.diagram.graph.outputs
        return found.node if found == Value.of(found.node) else view(found)


def _e(wires: str, side: Callable[..., Any], *args: Any) -> Example:
    return Example(wires, side, args)


EXAMPLES: Mapping[str, Example] = MappingProxyType({
    "commute": _e("a b, a b", ly.minimum),
    "fuse": _e("a b, b c, c d", lambda x, y, z: ly.einsum("a c, c d -> a d", ly.einsum("a b, b c -> a c", x, y), z), (0, 0)),
    "distribute": _e("a b, b c, b c", lambda x, y, z: ly.einsum("a b, b c -> a c", x, y + z), (0, 1)),
    "unroll": _e("a b:3", lambda x: ly.total(x, "b"), 0, 0),
    "multiply_out": _e("a b, a b, a b", lambda x, y, z: x * (y + z)),
    "split": _e("a b:7", lambda x: ly.total(x, "b"), 0, 0, 3),
    "exp_of_sum": _e("a b, a b", lambda x, y: ly.exp(x + y)),
    "exp_of_negative": _e(MAT, lambda x: ly.exp(-x)),
    "exp_of_multiple": _e(MAT, lambda x: ly.exp(x * 3)),
    "exp_of_log": _e(MAT, lambda x: ly.exp(ly.log(x))),
    "log_of_exp": _e(MAT, lambda x: ly.log(ly.exp(x))),
    "log_of_product": _e("a b, a b", lambda x, y: ly.log(ly.exp(x) * ly.exp(y))),
    "log_of_power": _e(MAT, lambda x: ly.log(x**-1)),
    "turn_of_sum": _e("a b, a b", lambda x, y: ly.sin(x + y)),
    "turn_of_multiple": _e(MAT, lambda x: ly.sin(x * 2)),
    "turn_of_negative": _e(MAT, lambda x: ly.sin(-x)),
    "power_of_product": _e("a b, a b", lambda x, y: (x * y) ** -1),
    "power_of_power": _e(MAT, lambda x: (x**-1) ** -1),
    "group": _e("a, b, b", lambda x, y, z: ly.einsum("a, b, b -> a", x, y, z), 0, (1, 2)),
    "where_is_product": _e("bool[a b], a b, a b", ly.where),
    "exp_of_where": _e("bool[a b], a b, a b", lambda c, x, y: ly.exp(ly.where(c, x, y))),
    "max_pair": _e("a b, a b", ly.maximum),
    "max_flat": _e("a b, a b, a b", lambda x, y, z: ly.maximum(ly.maximum(x, y), z), 0, (1, 2)),
    "min_as_max": _e("a b, a b", ly.minimum),
    "relu_scale": _e(MAT, lambda x: ly.maximum(x * 3, ZERO())),
    "relu_turn": _e(MAT, lambda x: ly.maximum(x, ZERO())),
    "relu_gate": _e(MAT, lambda x: ly.maximum(x, ZERO()), 0),
    "compare_zero": _e("a b, a b", ly.less),
    "fold_affine": _e(MAT, lambda x: ly.greatest(x * 3, "b")),
    "fold_monotone": _e("a b", lambda x: ly.greatest(ly.exp(x), "b")),
    "fold_fuse": _e("a b c", lambda x: ly.greatest(ly.greatest(x, "c"), "b")),
    "fold_split": _e("a b:7", lambda x: ly.greatest(x, "b"), 0, (3,)),
    "unfold": _e(MAT, lambda x: ly.softmax(x, "b")),
    "hold": _e(MAT, ly.exp),
    "erf_of_negative": _e(MAT, lambda x: ly.erf(-x)),
    "root_of_square": _e(MAT, lambda x: (x * x) ** Fraction(1, 2)),
    "matrix_of_inverse": _e("n:4 m:4", lambda x: ly.inverse(ly.inverse(x, "n m"), "n m")),
    "matrix_transposed": _e("n:4 m:4", lambda x: ly.inverse(ly.rearrange("n m -> m n", x), "m n")),
    "matrix_of_product": _e("n:4 m:4, m:4 k:4", lambda x, y: ly.inverse(ly.einsum("n m, m k -> n k", x, y), "n k"), 0, (0,)),
    "matrix_scaled": _e("n:4 m:4", lambda x: ly.inverse(x * 3, "n m")),
    "push": _e(MAT, lambda x: ly.exp(ly.rearrange("a b -> b a", ly.exp(x))), 0),
    "loop": _e("a", lambda x: ly.total(ly.repeat(x, "b:3"), "b")),
    "collect": _e("a b, a b", lambda x, y: ly.add(x, y, x)),
    "content": _e("a b, a b", lambda x, y: x * 2 + y * 4),
    "gated": _e(MAT, lambda x: x * ly.less(ZERO(), x), 0, 1, 0),
    "relu_square": _e(MAT, lambda x: ly.maximum(x, ZERO()) * ly.maximum(x, ZERO()), 0, 0, 1),
    "relu_of_nonnegative": _e(MAT, lambda x: ly.maximum(x * x, ZERO())),
    "less_scale": _e(MAT, lambda x: ly.less(ZERO(), x * 3)),
    "sign_of_product": _e("a b, a b", lambda x, y: ly.less(ZERO(), x * y), 1),
    "fold_drop": _e("a", lambda x: ly.greatest(ly.repeat(x, "b:3"), "b")),
    "sine_square": _e(MAT, lambda x: ly.sin(x) * ly.sin(x), 0, 0, 1),
    "power_merge": _e(MAT, lambda x: x**-1 * x**-2, (0, (0, 1))),
    "expand": _e("a b, a b", lambda x, y: ly.exp(x * ly.less(ZERO(), y)), 0, 0, 1),
    "less_monotone": _e("a b, a b", lambda x, y: ly.less(ZERO(), ly.exp(x) - ly.exp(y))),
    "matrix_of_number": _e("n:1 m:1", lambda x: ly.inverse(x, "n m")),
    "inverse_cancels": _e("n:4 m:4", lambda x: ly.einsum("n m, m k -> n k", ly.inverse(x, "n m"), ly.rename(x, n="m", m="k")), 0, 0, 1, 0),
    "truth_square": _e("a b, a b", lambda x, y: ly.multiply(*[ly.less(x, y)] * 2), 0, 0, 1),
    "scan_map": _e("t d", lambda x: ly.scan(ly.tanh, [], [x], axis="t")[1]),
    "scan_sum": _e("d, t d", lambda s, x: ly.scan(lambda s, x: s + ly.tanh(x), [s], [x], axis="t")[0], 0),
    "scan_last": _e("d, t:5 d", lambda s, x: ly.scan(lambda s, x: ly.tanh(x), [s], [x], axis="t")[0]),
    "scan_split": _e("d, t:5 d", lambda s, x: ly.scan(lambda s, x: ly.tanh(s + x), [s], [x], axis="t")[0], 2),
    "scan_discard": _e("d, d, t d", lambda s, r, x: ly.scan(lambda s, r, x: (ly.tanh(s + x), r * x), [s, r], [x], axis="t")[0][:1]),
    "implied": _e(MAT, lambda x: ly.less(ZERO(), x) * ly.less(ZERO(), x + 1), 0, 1),
    "take_as_sum": _e("a:3 b, int64[c]", lambda x, i: ly.take(x, i, "a")),
})  # fmt: skip
