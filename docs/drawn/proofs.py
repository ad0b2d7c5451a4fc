"""Theorems with their two sides, and their proofs to step through."""

from __future__ import annotations

from docs.drawn.pictures import Picture, picture
from ncd_cat import architectures
from ncd_cat.draw.web.explorer import explorer
from proofs.beside import compared
from proofs.player import player
from proofs.theorems import find

PLAYED = ("snake-equation", "spider-fusion", "softmax-shift", "query-key", "value-output", "latent-absorption", "lora-merges",
          "batch-norm-into-linear", "repvgg", "gradient-of-softmax", "gradient-of-cross-entropy")  # fmt: skip
EXPLORED = ("transformer", "gpt2", "vit", "resnet", "unet", "llama-block")
PAIRS = (("scores-stepwise", "scores"), ("attention", "attention-fused"), ("attention", "attention-unscaled"),
         ("mlp-symbolic", "mlp-split-symbolic"), ("mlp", "mlp-gelu-tanh"), ("convolution", "convolution-windowed"),
         ("multi-head-attention", "multi-head-attention-fused"), ("multi-head-attention", "multi-head-attention-interleaved"))  # fmt: skip


def paired(one: str, other: str) -> tuple[str, Picture]:
    """What is proved of two architectures, and the picture of one over the other."""
    found = compared(architectures.diagram(one), architectures.diagram(other), names=(one, other))
    status = found.verdict.status
    return status, Picture(f"pair-{one}-{other}", f"{one} and {other}, side by side: {status}", found.scene())


def sides(name: str) -> tuple[Picture, Picture]:
    """The two sides of a theorem."""
    theorem = find(name)
    one, other = [
        picture(f"theorem-{name}-{side}", f"{side} side of {name}", diagram)
        for side, diagram in (("left", theorem.lhs), ("right", theorem.rhs))
    ]
    return one, other


def played(name: str) -> str:
    """The page on which its proof is stepped through."""
    return player(find(name).path, name)


def explored(name: str) -> str:
    """The page on which the blocks of an architecture are opened and closed."""
    return explorer(architectures.diagram(name), depth=0)
