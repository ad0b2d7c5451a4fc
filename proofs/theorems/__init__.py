"""Named theorems: the equations that deep learning is built on, each proved once, with a certificate that the kernel checks.

Each file here is one theory; its `TABLE` declares theorems.  Certificates are in certificates/, one file a theorem;
`python -m proofs.theorems` proves them again.  A theorem serves as a lemma by `proofs.theorems.lemma`.

>>> print(find("softmax-shift"))
softmax-shift: A number added to all scores of a row does not change its softmax.   [Blanchard, Higham and Higham, 2021]
>>> find("softmax-shift").check().assumptions
()
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from types import MappingProxyType

from ncd_cat.errors import InputError
from proofs.theorems import (
    attention,
    attention_parts,
    broadcasting,
    convolution,
    functions,
    gradients,
    gradients_layers,
    gradients_linear,
    linear_maps,
    normalisation,
    recurrences,
    sharding,
    softmax,
)
from proofs.theorems.theorem import Theorem as Theorem

THEORIES = (broadcasting, linear_maps, functions, softmax, attention, attention_parts, normalisation, convolution, recurrences, sharding,
            gradients, gradients_linear, gradients_layers)  # fmt: skip
THEOREMS: Mapping[str, Theorem] = MappingProxyType({t.name: t for theory in THEORIES for t in theory.TABLE})
assert len(THEOREMS) == sum(len(theory.TABLE) for theory in THEORIES), "two theorems share a name"


def find(name: str) -> Theorem:
    """The theorem of that name.  Raises InputError, with the names that are close, if there is none."""
    if name not in THEOREMS:
        close = get_close_matches(name, THEOREMS, n=3, cutoff=0.5)
        advice = f"did you mean {', '.join(close)}?" if close else "`ncd show` lists them"
        raise InputError(f"there is no theorem {name!r}; {advice}")
    return THEOREMS[name]
