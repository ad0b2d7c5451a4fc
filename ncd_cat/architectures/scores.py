"""Scores of attention, S[y, x, h] = k^(−1/2) Σ_k Q[y, k, h] K[x, k, h], step by step and as one contraction.

Outer product, diagonal and inner product are one sum, so the steps are for the eye and cost nothing.  Source: figure 17 of
arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram
from ncd_cat.language import cup, einsum, identity, order, rename, scale, ty
from ncd_cat.sizes import symbol


def stepwise() -> Diagram:
    """(y k h), (x k h) → (y x h): transpose, outer product along the diagonal of h, cup of k, scale."""
    k = symbol("k")
    transposed = (order("k x h") >> rename(k="j")).at(ty("x k h"))
    return identity("y k h") @ transposed >> einsum("y k h, j x h -> y k j x h", j=k) >> cup("k", "j") >> scale(k**-0.5)


def fused() -> Diagram:
    """(y k h), (x k h) → (y x h): one contraction."""
    return einsum("y k h, x k h -> y x h") >> scale(symbol("k") ** -0.5)


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sizes = {"y": 3, "x": 5, "k": 4, "h": 2}
    return {
        "scores": partial(at, fused, **sizes),
        "scores-stepwise": partial(at, stepwise, **sizes),
        "scores-stepwise-symbolic": stepwise,
        "scores-symbolic": fused,
    }
