"""A strategy says in which direction, and how far, the equations of the tables are used; it never decides what is true.

Level 0 keeps a sum under a product as an atom, so that its cost is linear in the depth of a model.  Level 1 also
distributes, within a bound, a product over a sum whose other factors are parameters, and in exponents; level 2 any product.
Level 3 also unrolls small sums over a block index (h in D·h + d, such as the heads of an attention), so that blocks which
one model computes together meet blocks that another computes one by one.  The last level goes by cases: maxima and functions of
comparisons become sums over the cells where these have given values (`rewrites.rules.cells`).  `difference`: two sides whose normal
forms differ are equal if that of their difference is 0.  `kinks`: comparisons are turned as is right almost everywhere, for proofs
about derivatives (`proofs.kinks`); no level has it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Strategy:
    """Bounds on the number of terms: of a sum that sums are merged into, of a product distributed, of an exponent, of blocks."""

    sum_terms: int = 6
    product_terms: int = 0
    exponent_terms: int = 0
    blocks: int = 0
    parameters_only: bool = True
    lattice: bool = False
    rational: bool = False
    parts: int = 0
    points: int = 0
    steps: int = 0
    cases: bool = False
    difference: bool = False
    kinks: bool = False


LEVELS = (
    Strategy(),
    Strategy(product_terms=8, exponent_terms=16, lattice=True, steps=64),
    Strategy(sum_terms=12, product_terms=12, exponent_terms=16, parameters_only=False, lattice=True),
    Strategy(sum_terms=16, product_terms=16, exponent_terms=16, blocks=16, parameters_only=False, lattice=True, steps=64),
    Strategy(sum_terms=24, product_terms=24, exponent_terms=16, parameters_only=False, lattice=True, rational=True, difference=True),
    Strategy(sum_terms=48, product_terms=16, exponent_terms=16, parameters_only=False, lattice=True, parts=48),
    Strategy(sum_terms=64, product_terms=48, exponent_terms=32, parameters_only=False, lattice=True, parts=64, points=12, rational=True),
    Strategy(sum_terms=64, product_terms=64, exponent_terms=32, parameters_only=False, lattice=True, rational=True, parts=64,
             cases=True, difference=True),
)  # fmt: skip
