"""How each kind of node is brought into normal form, as a choice of rules; the op's class selects the function."""

from __future__ import annotations

from functools import singledispatch
from itertools import combinations
from typing import TYPE_CHECKING

from ncd_cat.axes import identity
from ncd_cat.graph import Input, Weight, node
from ncd_cat.ops.contraction import Contraction, contraction, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.linear_algebra import OfMatrix
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Reshape
from ncd_cat.ops.pointwise import Cos, Equal, Erf, Exp, Less, LessEqual, Log, Maximum, Minimum, Pointwise, Power, Sin, Where
from ncd_cat.ops.random import Draw
from ncd_cat.ops.reduction import Reduction
from ncd_cat.ops.scan import Scan
from ncd_cat.scalars import ONE
from ncd_cat.signature import Op
from rewrites import case_form, exponent_form, inverse_form, lattice_form, symmetry
from rewrites.arrange import Group, arrange
from rewrites.chain import Chain
from rewrites.linear_form import simplified
from rewrites.loop_form import settled
from rewrites.points import ascending
from rewrites.rational_form import factored, shared
from rewrites.recognise import affine_difference, affine_entries, bands, brackets
from rewrites.rule import Rule, RuleError
from rewrites.rules import (
    broadcast,
    circle,
    comparison,
    conditions,
    content,
    exponential,
    folds,
    gathers,
    kinks,
    linear,
    literals,
    order,
    parity,
    powers,
    transpose,
)

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


@singledispatch
def normalise(op: Op, chain: Chain, nf: Normaliser) -> None:
    """Bring the chain's node, whose operands are normal, into normal form.  Any op: its degree axes are arranged."""
    n = chain.node
    readings = tuple([(hash((k, x.order)), access) for k, (x, access) in enumerate(n.operands)])
    roots = [n.op.roots(k) for k in range(len(n.operands))]
    found = arrange(n.degree, [Group(r, (reading,), (), True) for r, reading in zip(roots, readings, strict=True)])
    places = sorted(found.groups, key=lambda p: p.origin)
    operands = [(x, p.readings[0][1]) for (x, _), p in zip(n.operands, places, strict=True)]
    m = node(n.op, operands, found.sizes + n.op.out)
    if m is not n:
        chain.rule(broadcast.slide, m, found.access)


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


def rewritten(chain: Chain, nf: Normaliser, rules: tuple[Rule, ...]) -> bool:
    """Apply the first of the rules that applies, and go on with the normal form of its result."""
    for rule in rules:
        if chain.tried(rule):
            nf.follow(chain)
            return True
    return False


# ---- pointwise ----------------------------------------------------------------------------------------------------


def arranged(chain: Chain) -> None:
    """The degree axes of an op are those its operands use, in canonical order; the operands of a commutative one too."""
    n = chain.node
    if len(n.operands) == 1:
        x, access = n.operands[0]
        if x.sizes != n.sizes or access != identity(n.sizes):
            chain.rule(broadcast.slide, node(n.op, [(x, identity(x.sizes))], x.sizes), access)
        return
    if isinstance(n.op, Pointwise) and n.op.commutative and n.operands[0][0].order > n.operands[1][0].order:
        chain.rule(broadcast.commute)
    normalise.dispatch(Op)(chain.node.op, chain, None)


@normalise.register(Pointwise)
def _(op: Pointwise, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)


@normalise.register(Maximum)
def _(op: Maximum, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if rewritten(chain, nf, (order.relu_of_nonnegative,)):
        return
    if not (lattice_form.flattened(chain, nf) if nf.strategy.lattice else rewritten(chain, nf, (order.max_pair,))):
        rewritten(chain, nf, (order.relu_scale,))


@normalise.register(Minimum)
def _(op: Minimum, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    rewritten(chain, nf, (order.min_as_max,))


@normalise.register(Less)
@normalise.register(LessEqual)
def _(op: Less | LessEqual, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if _tabulated(chain, nf):
        return
    if not rewritten(chain, nf, (conditions.compare_truth, comparison.compare_zero, comparison.less_scale)) and nf.strategy.kinks:
        _turned(chain, nf)


def _turned(chain: Chain, nf: Normaliser) -> None:
    """A comparison of 0 with an opposite as one with what it is the opposite of."""
    y = chain.node.operands[-1][0]
    ts = terms_of(y) if isinstance(y.op, Contraction) else ()
    if len(ts) == 1 and not ts[0].scalar.positive:
        rewritten(chain, nf, (kinks.less_or_greater,))


@normalise.register(Equal)
def _(op: Equal, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if not _tabulated(chain, nf):
        rewritten(chain, nf, (conditions.compare_truth, kinks.seldom_equal) if nf.strategy.kinks else (conditions.compare_truth,))


def _tabulated(chain: Chain, nf: Normaliser) -> bool:
    """A comparison of two tables whose entries are affine as a bracket; whether it was one."""
    e = affine_difference(chain.node)
    if e is None or not chain.tried(literals.compare_tables, e):
        return False
    nf.follow(chain)
    return True


@normalise.register(Where)
def _(op: Where, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if nf.strategy.lattice or all(x.defined for x, _ in chain.node.operands[1:]):  # else it is a product under an assumption only
        rewritten(chain, nf, (literals.where_is_product,))


@normalise.register(Sin)
@normalise.register(Cos)
def _(op: Sin | Cos, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if nf.strategy.rational:
        rewritten(chain, nf, (circle.turn_of_negative, circle.turn_of_sum, circle.turn_of_multiple))


@normalise.register(Erf)
def _(op: Erf, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    rewritten(chain, nf, (parity.erf_of_negative,))


@normalise.register(Log)
def _(op: Log, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if not rewritten(chain, nf, (exponential.log_of_exp, exponential.log_of_power)) and (nf.strategy.cases or _certain(chain)):
        rewritten(chain, nf, (exponential.log_of_product,))


def _certain(chain: Chain) -> bool:
    """Whether the logarithm of a product opens without assumptions."""
    try:
        return not exponential.log_of_product.assumes(chain.node, ())
    except RuleError:
        return False


POWERS = (powers.power_of_power, powers.power_of_natural, parity.root_of_square, content.power_of_absolute, powers.power_of_product)


@normalise.register(Power)
def _(op: Power, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    if rewritten(chain, nf, POWERS) or op.exponent.denominator == 1:
        return
    if any(chain.tried(content.power_of_content, *z) for z in shared(chain.node.operands[0][0])):
        nf.follow(chain)


MULTIPLES = (exponential.exp_of_multiple,)
EXPONENTIALS = (exponential.exp_of_mask, exponential.exp_of_constant, exponential.exp_of_where, exponential.exp_of_log,
                exponential.exp_of_negative)  # fmt: skip


@normalise.register(Exp)
def _(op: Exp, chain: Chain, nf: Normaliser) -> None:
    arranged(chain)
    again = chain.node.operands[0][0] in nf.opened
    if not again and exponent_form.opened(chain, nf):
        arranged(chain)
    y = chain.node.operands[0][0]
    if isinstance(y.op, Contraction) and (again or len(y.op.specs) > 1):
        # the terms of an exponent are not opened again, or a deep model would unfold into one exponent
        nf.opened.update(nf.value(contraction([t._replace(scalar=c)], y.sizes)).node for t in terms_of(y) for c in (t.scalar, -t.scalar))
    rules = EXPONENTIALS if again else (*EXPONENTIALS, exponential.exp_of_sum)
    rewritten(chain, nf, (*rules, *MULTIPLES) if nf.strategy.rational else rules)


# ---- folds, indexing, constants -----------------------------------------------------------------------------------


def refolded(chain: Chain) -> None:
    """The axes of a fold in canonical order."""
    n = chain.node
    op, (x, access) = n.op, n.operands[0]
    assert isinstance(op, Reduction)
    found = arrange(n.sizes, [Group(op.bounds, ((x.order, access),), op.conditions)])
    (place,) = found.groups
    m = node(type(op)(place.bounds, place.guards), [(x, place.readings[0][1])], found.sizes)
    if m is not n:
        chain.rule(transpose.refold, m, found.access, place.meaning)


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
    elif chain.tried(literals.literal_number):
        nf.follow(chain)


# ---- contractions -------------------------------------------------------------------------------------------------


@normalise.register(Contraction)
def _(op: Contraction, chain: Chain, nf: Normaliser) -> None:
    simplified(chain, nf, fuse_sums=True)
    while nf.strategy.cases and (case_form.chosen(chain) or case_form.vanished(chain)):
        simplified(chain, nf, fuse_sums=True)
    if nf.strategy.rational and factored(chain, nf):
        simplified(chain, nf, fuse_sums=False)
    symmetry.oriented(chain, nf)
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
