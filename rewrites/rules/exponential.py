"""The exponential is a homomorphism from sums to products, and exp(−∞) is 0.

Softmax, masks and shift invariance are consequences: exp(a + b) = exp(a) · exp(b), and a factor that does not depend on
a summed index leaves the sum and the power of the sum.  Source: the functional equation of exp; arXiv 2511.12638.
"""

from __future__ import annotations

import numpy as np

from ncd_cat.axes import Access, identity
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Contraction, Term, contraction, number
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.pointwise import Exp, Log, Power, Where
from ncd_cat.scalars import ONE, Scalar
from rewrites.facts import MINUS_INFINITY, approximate, table
from rewrites.rule import Args, RuleError, equation, schema
from rewrites.rules.linear import name_of, terms
from rewrites.rules.powers import LARGEST_POWER, components


def _argument(n: Node) -> Node:
    """The node y of exp(y).  Raises RuleError unless n is one."""
    if not isinstance(n.op, Exp) or n.operands[0][1] != identity(n.sizes) or n.operands[0][0].sizes != n.sizes:
        raise RuleError("not an exponential of a node as it is")
    return n.operands[0][0]


@schema("exp(a + b) = exp(a) · exp(b)", "the functional equation of exp", structure="real field")
def exp_of_sum(n: Node, args: Args) -> Value:
    """The exponential of a sum of at least two terms."""
    ts = terms(_argument(n))
    if len(ts) < 2:
        raise RuleError("not a sum")
    whole = identity(n.sizes)
    factors = tuple([(node(Exp(), [(contraction([t], n.sizes), whole)], n.sizes), whole) for t in ts])
    return Value.of(contraction([Term(ONE, (), factors)], n.sizes))


@schema("exp(−t) = 1 / exp(t)", "the functional equation of exp", structure="real field", condition="t is not −∞")
def exp_of_negative(n: Node, args: Args) -> Value:
    """The exponential of one term with a negative coefficient."""
    (t, *more) = terms(_argument(n)) or (None,)
    if more or t is None or t.scalar.positive or not t.factors or not all(x.finite for x, _ in t.factors):
        raise RuleError("not one finite term with a negative coefficient")
    whole = identity(n.sizes)
    inner = node(Exp(), [(contraction([t._replace(scalar=-t.scalar)], n.sizes), whole)], n.sizes)
    return Value.of(node(Power(MINUS_ONE), [(inner, whole)], n.sizes))


MINUS_ONE = -ONE.rational


@schema(
    "exp(c · t) = exp(t)^c", "the functional equation of exp", structure="real field", condition="c is rational and positive, t is not −∞"
)
def exp_of_multiple(n: Node, args: Args) -> Value:
    """The exponential of one term with a positive rational part of its coefficient other than 1."""
    (t, *more) = terms(_argument(n)) or (None,)
    if more or t is None or not t.factors or not all(x.finite for x, _ in t.factors):
        raise RuleError("not one finite term")
    c = t.scalar.rational
    if c <= 0 or c == 1:
        raise RuleError("nothing leaves the exponential")
    whole = identity(n.sizes)
    inner = node(Exp(), [(contraction([t._replace(scalar=t.scalar * Scalar.of(1 / c))], n.sizes), whole)], n.sizes)
    if c.denominator == 1 and c <= LARGEST_POWER:
        return Value.of(contraction([Term(ONE, (), ((inner, whole),) * int(c))], n.sizes))
    return Value.of(node(Power(c), [(inner, whole)], n.sizes))


def _mask(n: Node) -> tuple[Node, Access, bool, float]:
    """The literal l of exp(l) or exp(c · l) with c > 0, its access, whether it is infinite, and its least entry."""
    y = _argument(n)
    x, access, scale = y, identity(n.sizes), ONE
    if isinstance(y.op, Contraction):
        (t, *more) = terms(y) or (None,)
        if more or t is None or t.bounds or t.guards or len(t.factors) != 1:
            raise RuleError("not the exponential of a literal")
        (x, access), scale = t.factors[0], t.scalar
    if not isinstance(x.op, Literal) or not (scale.positive and approximate(scale)):
        raise RuleError("not the exponential of a literal")
    entries = table(x) * approximate(scale) if approximate(scale) < -MINUS_INFINITY else table(x)
    zero = table(x) == 0  # of the table: a product with a tiny scale may be 0 in floats only
    if not (zero | (entries <= MINUS_INFINITY)).all():
        raise RuleError("not a mask of 0 and −∞")
    return x, access, bool(np.isneginf(table(x)[~zero]).all()), float(entries.min())


def _mask_assumes(n: Node, args: Args) -> tuple[str, ...]:
    _, _, infinite, least = _mask(n)
    return () if infinite else (float_minimum(least),)


def float_minimum(value: float) -> str:
    """The assumption that a large negative constant stands for −∞."""
    return f"the constant {value:.3g} in a mask is read as −∞"


@schema("exp(0) = 1, exp(−∞) = 0", "limits of exp", structure="real field", assumes=_mask_assumes,
        condition="every entry is 0, −∞, or a float minimum that is read as −∞ (an assumption)")  # fmt: skip
def exp_of_mask(n: Node, args: Args) -> Value:
    """The exponential of a literal mask is a literal of zeros and ones."""
    x, access, _, _ = _mask(n)
    return Value(literal(table(x) == 0).node, access, n.sizes)


def _constant(n: Node) -> float:
    y = _argument(n)
    (t, *more) = terms(y) or (None,)
    if t is None:
        return 0.0
    if more or t.factors or t.bounds or t.guards or t.scalar.powers:
        raise RuleError("not the exponential of a constant")
    value = approximate(t.scalar)
    if t.scalar.rational and value > MINUS_INFINITY:
        raise RuleError("not 0 or −∞")
    return value


def _constant_assumes(n: Node, args: Args) -> tuple[str, ...]:
    value = _constant(n)
    return (float_minimum(value),) if value <= MINUS_INFINITY else ()


@schema("exp(0) = 1, exp(−∞) = 0", "limits of exp", structure="real field", assumes=_constant_assumes,
        condition="the constant is 0, or a float minimum that is read as −∞ (an assumption)")  # fmt: skip
def exp_of_constant(n: Node, args: Args) -> Value:
    """The exponential of a constant that is 0 or stands for −∞."""
    return number(1 if _constant(n) == 0 else 0, n.sizes)


exp_of_where = equation(
    "exp_of_where", "exp(where(c, x, y)) = where(c, exp(x), exp(y))", "a function of a choice", variables=3, structure="cartesian",
    lhs=lambda c, x, y: Exp()(Where()(c, x, y)), rhs=lambda c, x, y: Where()(c, Exp()(x), Exp()(y)))  # fmt: skip

exp_of_log = equation(
    "exp_of_log", "exp(log(x)) = x", "log is the inverse of exp", variables=1, lhs=lambda x: Exp()(Log()(x)), rhs=lambda x: x,
    condition="x is positive: shown by its form, else assumed",
    assumes=lambda x: () if x.node.positive else (f"{x.node.op} under a logarithm is positive",))  # fmt: skip

log_of_exp = equation(
    "log_of_exp", "log(exp(x)) = x", "log is the inverse of exp", variables=1, condition="x is not −∞",
    lhs=lambda x: Log()(Exp()(x)), rhs=lambda x: x, when=lambda x: x.node.finite)  # fmt: skip


def _log_groups(n: Node) -> list[Term]:
    """The coefficient of the one term that a logarithm is of, and its groups of factors that share no sum.  Raises RuleError."""
    (y, alpha) = n.operands[0] if isinstance(n.op, Log) else (n, ())
    (t, *more) = (terms(y) if isinstance(n.op, Log) else ()) or (None,)
    if more or t is None or t.guards or not t.scalar.positive or (alpha, y.sizes) != (identity(n.sizes), n.sizes):
        raise RuleError("not the logarithm of one term with a positive coefficient and without brackets")
    return [*components(t, y.sizes), *([Term(t.scalar, (), ())] if t.scalar != ONE else [])]


def _logs_assume(n: Node, args: Args) -> tuple[str, ...]:
    """The product is positive, so that one group is if the others are."""
    unknown = [g for g in _log_groups(n) if not all(x.positive for x, _ in g.factors)]
    return tuple([f"{name_of(contraction([g], n.sizes))} is positive" for g in unknown]) if len(unknown) > 1 else ()


@schema("log(c · f · Σ g) = log(c) + log(f) + log(Σ g)", "log is a homomorphism", structure="real field", assumes=_logs_assume,
        condition="no bracket; c > 0; all factors but one are positive: shown by their form, else assumed")  # fmt: skip
def log_of_product(n: Node, args: Args) -> Value:
    """The logarithm of one term: the coefficient and each group of factors that shares no sum with the rest."""
    groups, whole = _log_groups(n), identity(n.sizes)
    parts = [contraction([g], n.sizes) for g in groups]
    if parts == [n.operands[0][0]]:
        raise RuleError("nothing leaves the logarithm")
    return Value.of(contraction([Term(ONE, (), ((node(Log(), [(x, whole)], n.sizes), whole),)) for x in parts], n.sizes))


@schema("log(x^r) = r · log(x)", "log is a homomorphism", structure="real field",
        condition="x is positive by its form, or the numerator of r is odd: then x^r is positive only where x is")  # fmt: skip
def log_of_power(n: Node, args: Args) -> Value:
    """The logarithm of a power."""
    (y, alpha) = n.operands[0]
    as_it_is = (alpha, y.sizes) == (identity(n.sizes), n.sizes)
    if not isinstance(n.op, Log) or not isinstance(y.op, Power) or not as_it_is:
        raise RuleError("not the logarithm of a power")
    if not y.operands[0][0].positive and y.op.exponent.numerator % 2 == 0:
        raise RuleError("a power of what may be negative")
    log = node(Log(), y.operands, y.sizes)
    return Value.of(contraction([Term(Scalar.of(y.op.exponent), (), ((log, identity(n.sizes)),))], n.sizes))


RULES = (exp_of_sum, exp_of_negative, exp_of_multiple, exp_of_mask, exp_of_constant, exp_of_where, exp_of_log, log_of_exp, log_of_product,
         log_of_power)  # fmt: skip
