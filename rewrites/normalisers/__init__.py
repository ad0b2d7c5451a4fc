"""How each kind of node is brought into normal form, as a choice of rules; the op's class selects the function."""

from __future__ import annotations

from rewrites.normalisers import pointwise, structural
from rewrites.normalisers.shared import arranged, normalise, refolded, rewritten

__all__ = ["arranged", "normalise", "pointwise", "refolded", "rewritten", "structural"]
