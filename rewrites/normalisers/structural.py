"""How variables, loops, folds, readings, constants and contractions are brought into normal form, as a choice of rules."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from ncd_cat.graph import Input, Weight
from ncd_cat.ops.contraction import Contraction
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.linear_algebra import OfMatrix
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Reshape
from ncd_cat.ops.random import Draw
from ncd_cat.ops.reduction import Reduction
from ncd_cat.ops.scan import Scan
from ncd_cat.scalars import ONE
from ncd_cat.signature import Op
from rewrites import case_form, inverse_form, symmetry
from rewrites.chain import Chain
from rewrites.linear_form import simplified
from rewrites.loop_form import settled
from rewrites.points import ascending
from rewrites.rational_form import factored
from rewrites.recognise import affine_entries, bands, brackets, canonical_order, factors
from rewrites.rules import (
    folds,
    gathers,
    linear,
    literals,
    tables,
)
from rewrites.stacked import unstacked

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


from rewrites.normalisers.shared import normalise, refolded, rewritten


@normalise.register(Input)
@normalise.register(Weight)
@normalise.register(Draw)
def _(op: Input | Weight | Draw, chain: Chain, nf: Normaliser) -> None:
    """A variable is normal."""


@normalise.register(Scan)
def _(op: Scan, chain: Chain, nf: Normaliser) -> None:
    """A loop to which no law applies: its body is normal, its degree axes are arranged."""
    settled(chain, nf)
    normalise.dispatch(Op)(chain.node.op, chain, nf)


# ---- folds, indexing, constants -----------------------------------------------------------------------------------


@normalise.register(Reduction)
def _(op: Reduction, chain: Chain, nf: Normaliser) -> None:
    refolded(chain)
    if not rewritten(chain, nf, (folds.fold_drop, folds.fold_fuse, folds.fold_monotone, folds.fold_affine)):
        _imaged(chain, nf)


def _imaged(chain: Chain, nf: Normaliser) -> None:
    """Join two folded axes that are read through one sum; write a fold out that the strategy cuts."""
    n = chain.node
    count = len(n.op.bounds) if isinstance(n.op, Reduction) else 0
    if any(chain.tried(folds.fold_image, i, j) for i in range(count) for j in range(count) if i != j):
        nf.follow(chain)
    elif nf.cuts is not None:
        found = sorted(nf.cuts.domain(n.domain(0), n.operands, n.op.guards(0)).items())
        places = [(k - len(n.sizes), ascending(frozenset(points))) for k, points in found if k >= len(n.sizes) and points]
        if any(chain.tried(folds.fold_split, *place) for place in places):
            nf.follow(chain)


@normalise.register(Take)
def _(op: Take, chain: Chain, nf: Normaliser) -> None:
    e = affine_entries(chain.node)
    if e is not None and chain.tried(literals.take_constant, e):
        return
    given = nf.strategy.rational and not isinstance(chain.node.operands[1][0].op, Literal)
    rules = (gathers.take_slide, gathers.take_as_sum) if given else (gathers.take_slide,)
    if not rewritten(chain, nf, rules):
        normalise.dispatch(Op)(op, chain, nf)


@normalise.register(OfMatrix)
def _(op: OfMatrix, chain: Chain, nf: Normaliser) -> None:
    if not inverse_form.opened(chain, nf):
        normalise.dispatch(Op)(op, chain, nf)


@normalise.register(Reshape)
def _(op: Reshape, chain: Chain, nf: Normaliser) -> None:
    if not rewritten(chain, nf, (gathers.reshape_flat,)):
        normalise.dispatch(Op)(op, chain, nf)


@normalise.register(Literal)
def _(op: Literal, chain: Chain, nf: Normaliser) -> None:
    chain.tried(literals.literal_drop)
    if chain.node.sizes:
        pairs = combinations(range(len(chain.node.sizes)), 2) if nf.strategy.lattice else ()
        guesses = {literals.literal_bracket: brackets(chain.node), literals.literal_band: bands(chain.node), literals.literal_sum: pairs}
        if any(chain.tried(rule, *args) for rule, guessed in guesses.items() for args in guessed):
            nf.follow(chain)
        elif chain.node.kind == "bool":
            _oriented(chain, nf)
    elif chain.tried(literals.literal_number):
        nf.follow(chain)


def _oriented(chain: Chain, nf: Normaliser) -> None:
    """A table of truth values as a product of such, or with its axes in canonical order; or 1 minus it, where products are distributed."""
    if any(chain.tried(tables.literal_product, *axes) for axes in factors(chain.node)):
        nf.follow(chain)
        return
    order = canonical_order(chain.node)
    if order != tuple(range(len(order))):
        chain.rule(tables.literal_turn, *order)
    if nf.strategy.product_terms and chain.tried(tables.literal_complement):
        nf.follow(chain)


# ---- contractions -------------------------------------------------------------------------------------------------


@normalise.register(Contraction)
def _(op: Contraction, chain: Chain, nf: Normaliser) -> None:
    unstacked(chain)
    simplified(chain, nf, fuse_sums=True)
    while nf.strategy.cases and (case_form.chosen(chain) or case_form.vanished(chain)):
        simplified(chain, nf, fuse_sums=True)
    if nf.strategy.rational and factored(chain, nf):
        simplified(chain, nf, fuse_sums=False)
    symmetry.oriented(chain, nf)
    if not nf.strategy.product_terms and chain.tried(tables.table_of_complement):
        nf.follow(chain)
        return
    n = chain.node
    if chain.tried(linear.unit):
        return
    if isinstance(n.op, Contraction) and len(n.op.specs) > 1 and n.op.specs[0].scalar != ONE and _keeps_kind(n.op, n.kind):
        chain.rule(linear.content)
        nf.normal(chain.node.operands[0][0])


def _keeps_kind(op: Contraction, kind: str) -> bool:
    """Whether a sum without its content has entries of the same kind: one of whole numbers may stand for an index."""
    first = op.specs[0].scalar.rational
    return kind == "real" or all((spec.scalar.rational / first).denominator == 1 for spec in op.specs)
