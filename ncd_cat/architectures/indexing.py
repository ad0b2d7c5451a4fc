"""A subtensor is a composite with a covector: ⟨i| along an axis is the map A ↦ A[i], and along two axes the order is free.

⟨i| ⊗ b, then ⟨j|, is a ⊗ ⟨j|, then ⟨i|: the interchange law.  Both are the inner product with the basis covectors e_i and e_j,
taken at once.  Source: figures 8 and 9 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from ncd_cat.diagram import Diagram
from ncd_cat.language import einsum, identity, index, literal, ty
from ncd_cat.sizes import Size, symbol


def entry(a: Size = 4, b: Size = 3, i: int = 2) -> Diagram:
    """(a b) → (b): the subtensor A[i, :].

    >>> print(entry())
    [2, b]
    """
    return index("a", i).at(ty("a b", a=a, b=b))  # type: ignore[no-any-return]


def first_then_second(a: Size = 4, b: Size = 3, i: int = 2, j: int = 1) -> Diagram:
    """(a b) → (): ⟨i| along a, then ⟨j| along b."""
    return entry(a, b, i) >> index("b", j)


def second_then_first(a: Size = 4, b: Size = 3, i: int = 2, j: int = 1) -> Diagram:
    """(a b) → (): ⟨j| along b, then ⟨i| along a."""
    return identity(ty("a b", a=a, b=b)) >> index("b", j) >> index("a", i)  # type: ignore[no-any-return]


def at_once(a: int = 4, b: int = 3, i: int = 2, j: int = 1) -> Diagram:
    """(a b) → (): the inner product with the outer product of two basis covectors."""
    ends = (literal(np.eye(n)[k], axis) for n, k, axis in ((a, i, "a"), (b, j, "b")))
    return identity(ty("a b", a=a, b=b)).tensor(*ends) >> einsum("a b, a, b -> ", a=a, b=b)  # type: ignore[no-any-return]


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    a, b = symbol("a"), symbol("b")
    return {
        "corner-reversed-symbolic": partial(second_then_first, a, b, -1, 0),
        "corner-symbolic": partial(first_then_second, a, b, -1, 0),
        "index": entry,
        "index-first-symbolic": partial(entry, a, b, 0),
        "subtensor": first_then_second,
        "subtensor-at-once": at_once,
        "subtensor-reversed": second_then_first,
    }
