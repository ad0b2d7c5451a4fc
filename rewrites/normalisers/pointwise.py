"""How each pointwise function is brought into normal form, as a choice of rules; the op's class selects the function."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, contraction, terms_of
from ncd_cat.ops.pointwise import Cos, Equal, Erf, Exp, Less, LessEqual, Log, Maximum, Minimum, Pointwise, Power, Sin, Where
from rewrites import exponent_form, lattice_form
from rewrites.chain import Chain
from rewrites.rational_form import shared
from rewrites.recognise import affine_difference, is_closed, is_inverted
from rewrites.rule import Rule, RuleError
from rewrites.rules import (
    circle,
    comparison,
    conditions,
    content,
    exponential,
    kinks,
    literals,
    order,
    parity,
    powers,
    tables,
)

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


from rewrites.normalisers.shared import arranged, normalise, rewritten


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
    rules = (conditions.compare_truth, comparison.compare_zero, *_table(chain.node), comparison.less_scale)
    if not rewritten(chain, nf, rules) and nf.strategy.kinks:
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
        rules = (conditions.compare_truth, *_table(chain.node))
        rewritten(chain, nf, (*rules, kinks.seldom_equal) if nf.strategy.kinks else rules)


def _table(n: Node) -> tuple[Rule, ...]:
    """The rule that makes a comparison a table, where both sides are seen to be tables that the program fixes."""
    return (tables.comparison_table,) if is_closed(n) else ()


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
    turned = not nf.strategy.product_terms and is_inverted(chain.node)  # else tables themselves are written as 1 − ℓ
    if rewritten(chain, nf, (tables.where_of_complement, *[tables.where_of_table] * turned)):
        return
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
