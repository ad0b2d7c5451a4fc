"""Theorems with their two sides, and their proofs to step through."""

from __future__ import annotations

from docs.drawn.pictures import Picture, picture
from ncd_cat import architectures
from ncd_cat.draw.web.explorer import explorer
from proofs.player import player
from proofs.theorems import find

PLAYED = ("snake-equation", "spider-fusion", "softmax-shift", "query-key", "value-output", "latent-absorption", "lora-merges",
          "batch-norm-into-linear", "repvgg", "gradient-of-softmax", "gradient-of-cross-entropy")  # fmt: skip
EXPLORED = ("transformer", "gpt2", "vit", "resnet", "unet", "llama-block")


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
