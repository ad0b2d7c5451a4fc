"""What the twins of models of sequences have in common."""

from __future__ import annotations

from typing import Any

import pytest

torch = pytest.importorskip("torch")


def drawn(module: Any, seed: int = 0) -> Any:
    """The module in float64, for evaluation, with every weight drawn at random, biases and norms too."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for w in module.double().parameters():
            w.copy_(torch.randn(w.shape, generator=generator, dtype=w.dtype) / 2)
    return module.eval()


def turned(x: Any, cos: Any, sin: Any) -> Any:
    """x (…, t, d) with the pairs of entries c and d/2 + c turned by angles (t, c)."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)
