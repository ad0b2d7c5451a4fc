"""The normal form of a polynomial in inputs and weights: its monomials, multiplied out at once and arranged.

It decides equality in the free commutative semiring of tensors, and costs one rule for each side, however deep that is.
Source: as `rewrites.rules.polynomials`.
"""

from __future__ import annotations

from collections.abc import Iterable

from ncd_cat.axes import NotAffine
from ncd_cat.graph import Input, Node, Weight
from ncd_cat.ops.contraction import Contraction
from rewrites.chain import Chain, Step
from rewrites.normal_form import Normaliser
from rewrites.rules.polynomials import multiply_out


def polynomials(nodes: Iterable[Node]) -> bool:
    """Whether there are only sums and products of inputs and weights."""
    return all(isinstance(n.op, Contraction | Input | Weight) for n in nodes)


def multiplied(n: Node, nf: Normaliser) -> Step | None:
    """The judgement that a polynomial is the sum of its monomials, in their order; None where it is not multiplied out."""
    chain = Chain(n)
    try:
        if not chain.tried(multiply_out):
            return None
        nf.settle(chain)
    except NotAffine:
        return None
    return chain.finished()
