"""Cases: a truth value t is 0 or 1, so that f(t) = f(0) + t · (f(1) − f(0)), and max(y, 0) = y · [0 < y].

A function of maxima and comparisons becomes a polynomial in comparisons, and a comparison of two values of a monotone function is
one of its arguments.  Source: Boole, The laws of thought, 1854 (the expansion theorem).
"""

from __future__ import annotations

from fractions import Fraction

from ncd_cat.axes import Access, within
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Contraction, Term, contraction, number
from ncd_cat.ops.pointwise import Compare, Exp, Less, Log, Pointwise, Power
from ncd_cat.scalars import ONE, Scalar
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.conditions import compared, constant
from rewrites.rules.linear import LARGEST_SUM, inlined, name_of
from rewrites.rules.order import collected, needs_finite, opened, read, relu_argument, summed, zero

Factor = tuple[Node, Access]


def flat(v: Value) -> list[Term]:
    """A value as a sum of terms; where it is one product, the sums in it are multiplied out."""
    ts = opened(v)
    if len(ts) != 1 or ts[0].bounds or ts[0].guards:
        return ts
    while any(isinstance(x.op, Contraction) for t in ts for x, _ in t.factors) and len(ts) <= LARGEST_SUM:
        ts = [new for t in ts for new in _multiplied(t, v)]
    return ts


def _multiplied(t: Term, v: Value) -> list[Term]:
    """A term with its first factor that is a sum replaced."""
    k = next((k for k, (x, _) in enumerate(t.factors) if isinstance(x.op, Contraction)), None)
    return [t] if k is None else inlined(t, k, v.sizes)


@schema("max(y, 0) = y · [0 < y] = y − y · [0 < −y]", "the definition of max", structure="order", condition="y is finite")
def relu_gate(n: Node, args: Args) -> Value:
    """args: 0 or 1, which of the two."""
    v = relu_argument(n)
    needs_finite(v)
    turned = nat(args[0], 2)
    compared = summed([t._replace(scalar=-t.scalar) for t in opened(v)], v) if turned else v
    gate = Less()(number(0, n.sizes), compared)
    gated = Term(-ONE if turned else ONE, (), ((v.node, v.access), (gate.node, gate.access)))
    return summed([*[Term(ONE, (), ((v.node, v.access),))] * turned, gated], v)


# ---- functions of truth values ------------------------------------------------------------------------------------


def _branches(n: Node, args: Args) -> tuple[Factor, Value, Value]:
    """The truth value t, and n where t is 0 and where it is 1.  args: an operand, a term of it, a factor of that."""
    if not isinstance(n.op, Pointwise):
        raise RuleError(f"{n.op} is not computed entry by entry")
    k = nat(args[0], len(n.operands))
    v = read(n, k)
    ts = flat(v)
    t = ts[nat(args[1], len(ts))]
    gate = x, access = t.factors[nat(args[2], len(t.factors))]
    if not isinstance(x.op, Compare) or any(d[1] >= len(n.sizes) for e in access for d in e[1]):
        raise RuleError("not a truth value that is the same for all summed indices")
    if t.guards or not all(within(e, m) for e, m in zip(access, x.sizes, strict=True)):
        raise RuleError("the truth value is not read everywhere")
    without = [one for one in ts if gate not in one.factors]
    with_it = [one._replace(factors=tuple([f for f in one.factors if f != gate])) for one in ts]
    low, high = (_with_operand(n, k, summed(collected(some), v)) for some in (without, with_it))
    return gate, low, high


def _with_operand(n: Node, k: int, v: Value) -> Value:
    return Value.of(node(n.op, [*n.operands[:k], (v.node, v.access), *n.operands[k + 1 :]], n.sizes))


def _branches_have_values(n: Node, args: Args) -> tuple[str, ...]:
    (t, _), low, high = _branches(n, args)
    return tuple([f"{name_of(v)} has a value" for v in (t, low.node, high.node) if not v.defined])


@schema("f(a + t·b) = f(a) + t · (f(a + b) − f(a))", "the expansion theorem, Boole 1854", structure="real field",
        assumes=_branches_have_values, condition="t is a truth value; all is finite; f(a), f(a + b) have values")  # fmt: skip
def expand(n: Node, args: Args) -> Value:
    """args: an operand of a function computed entry by entry, a term of it, the factor t of that term."""
    gate, low, high = _branches(n, args)
    needs_finite(low, high)
    parts = [Term(ONE, (), ((low.node, low.access),)), Term(ONE, (), (gate, (high.node, high.access)))]
    return Value.of(contraction([*parts, Term(-ONE, (), (gate, (low.node, low.access)))], n.sizes))


# ---- comparisons of monotone functions ----------------------------------------------------------------------------


@schema("[0 < f(a) − f(b)] = [0 < a − b]", "monotone functions", structure="order", condition=
        "f is exp, or log or a power on what is positive by its form; for a negative power the order is turned; all is finite")  # fmt: skip
def less_monotone(n: Node, args: Args) -> Value:
    """A comparison with 0 of two terms with opposite coefficients: products of exponentials, or one logarithm or power each."""
    if not isinstance(n.op, Less) or not zero(n.operands[0][0]):
        raise RuleError("not a comparison with 0")
    v = read(n, 1)
    needs_finite(v)
    ts = flat(v)
    if len(ts) != 2 or any(t.bounds or t.guards or not t.scalar.rational for t in ts) or ts[0].scalar != -ts[1].scalar:
        raise RuleError("not two terms with opposite coefficients")
    high, low = sorted(ts, key=lambda t: not t.scalar.positive)
    inner = _logarithms(high, low, v) or _same_function(high, low, v)
    return Less()(number(0, n.sizes), summed(inner, v))


def _operand(f: Factor, v: Value) -> Value:
    """The operand of a factor of the form f(x), over the axes of v."""
    x, access = f
    return Value(*x.operands[0], x.sizes).at(access, v.sizes)


def _logarithms(high: Term, low: Term, v: Value) -> list[Term]:
    """log(high) − log(low), for two products of powers of exponentials; nothing for others."""
    found = []
    for t, sign in ((high, 1), (low, -1)):
        for f in t.factors:
            r, y = (f[0].op.exponent, _operand(f, v)) if isinstance(f[0].op, Power) else (Fraction(1), Value(*f, v.sizes))
            if not isinstance(y.node.op, Exp):
                return []
            a = _operand((y.node, y.access), v)
            found.append(Term(Scalar.of(sign * r), (), ((a.node, a.access),)))
    return found


def _same_function(high: Term, low: Term, v: Value) -> list[Term]:
    """a − b for log(a) − log(b) and for powers; the order is turned for negative ones.  Raises RuleError for others."""
    if len(high.factors) != 1 or len(low.factors) != 1 or high.factors[0][0].op != low.factors[0][0].op:
        raise RuleError("not two values of one function")
    op = high.factors[0][0].op
    if not isinstance(op, Log | Power) or (isinstance(op, Power) and not op.exponent):
        raise RuleError("not a logarithm or a power")
    a, b = (_operand(t.factors[0], v) for t in (high, low))
    if not (a.node.positive and b.node.positive):
        raise RuleError("not of something positive")
    sign = -ONE if isinstance(op, Power) and op.exponent < 0 else ONE
    return [Term(sign, (), ((a.node, a.access),)), Term(-sign, (), ((b.node, b.access),))]


@schema("[a < b], [a <= b] and [a = b] for numbers a, b", "the order of the rational numbers", structure="order")
def compare_numbers(n: Node, args: Args) -> Value:
    """A comparison of two numbers is one."""
    if not isinstance(n.op, Compare):
        raise RuleError(f"{n.op} is no comparison")
    a, b = (constant(x) for x, _ in n.operands)
    if a is None or b is None:
        raise RuleError("not a comparison of two numbers")
    return number(compared(n.op, a, b), n.sizes)


RULES = (relu_gate, expand, less_monotone, compare_numbers)
