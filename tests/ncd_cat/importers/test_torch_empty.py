"""Parts of a tensor that have no entries vanish where they are joined to others."""

from __future__ import annotations

import numpy as np
import pytest

from ncd_cat.errors import NcdError
from ncd_cat.evaluate import evaluate

torch = pytest.importorskip("torch")


def test_an_empty_slice_vanishes_in_a_concatenation() -> None:
    from ncd_cat.importers.torch import torch_graph

    def rotated(x: torch.Tensor) -> torch.Tensor:  # type: ignore[name-defined]
        turned, rest = x[..., :4], x[..., 4:]
        return torch.cat([2 * turned, rest * 3], -1)

    x = torch.randn(2, 4, dtype=torch.float64)
    (found,) = evaluate(torch_graph(rotated, (x,)), [x.numpy()])
    assert np.array_equal(found, rotated(x).numpy())


def test_an_empty_output_is_refused_in_words() -> None:
    from ncd_cat.importers.torch import torch_graph

    with pytest.raises(NcdError):
        torch_graph(lambda x: x[..., 4:], (torch.randn(2, 4),))
