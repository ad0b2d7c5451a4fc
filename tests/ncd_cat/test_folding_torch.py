"""Imported models fold: the layers of GPT-2 are one box ×12, and unfold to what they were."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import ncd_cat as ncd
from ncd_cat.diagram.levels import shown
from ncd_cat.diagram.repeats import find_repeats
from tests.test_examples import load

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.torch

LAYERS = tuple(f"h.{k}" for k in range(12))


def test_gpt2_is_twelve_layers(tmp_path: Path) -> None:
    gpt2 = load("gpt2")
    d = ncd.from_torch(gpt2.fused(), gpt2.inputs())
    assert find_repeats(d) == (("", LAYERS),)
    found = d.folded()
    assert found.graph == d.graph and found.unfolded() == d
    (repeat,) = [box for box in found.boxes if box.name == "h ×12"]
    assert all(key.startswith("h.0.") for key in repeat.arg.graph.weights()) and len(repeat.arg.graph.weights()) == 12
    ncd.save(found, tmp_path / "gpt2.ncd.json")
    assert ncd.load(tmp_path / "gpt2.ncd.json") == found
    found.collapse("h.0").draw_discopy(tmp_path / "gpt2.svg")
    assert "h ×12" in (tmp_path / "gpt2.svg").read_text("utf-8") and shown(found.collapse("h.0")) < 40


def test_the_layers_of_transformers_gpt2_share_a_mask() -> None:
    transformers = pytest.importorskip("transformers")
    config: Any = transformers.GPT2Config(n_layer=12, n_embd=8, n_head=2, vocab_size=16, n_positions=16, bos_token_id=0, eos_token_id=0)
    model = transformers.GPT2LMHeadModel(config).eval()
    d = ncd.from_torch(model, (torch.zeros(1, 4, dtype=torch.long),))
    assert find_repeats(d) == (("transformer", LAYERS),)
    assert d.folded().unfolded() == d and d.folded().graph == d.graph
    blocks = next(box for box in d.boxes if box.name == "transformer").arg.folded().boxes
    assert [len(box.dom) for box in blocks if box.name == "h ×12"] == [2]
