"""Planted redundancies in functions of tensors: simplify finds each, keeps every value, and proves it."""

from __future__ import annotations

import pytest

torch = pytest.importorskip("torch")

from tests.planted_torch import Pair, planted  # noqa: E402
from tests.proofs.test_simplified_planted import is_found  # noqa: E402

PLANTED = planted()


@pytest.mark.parametrize("name", PLANTED)
def test_what_is_planted_is_found(name: str) -> None:
    pair: Pair = PLANTED[name]
    is_found(*pair.graphs())
