"""Kinks: [0 < y] = 1 − [0 < −y] and [a = b] = 0 except where y, or a − b, is 0: almost nowhere, if it is a polynomial that is not 0.

A derivative is what it is almost everywhere; at a kink it is a selection, and two ways to write one function may select otherwise.
These rules state what they leave out as an assumption, whose exceptions have measure zero: a polynomial in entries of inputs and
weights that is not the polynomial 0, for all values of what else is read, vanishes on a null set.  Sources: Caron and Traynor, The
zero set of a polynomial, 2005; Tonelli's theorem.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from ncd_cat.graph import Input, Node, Value, Weight, topological
from ncd_cat.ops.contraction import Contraction, Term, contraction, number
from ncd_cat.ops.pointwise import Equal, Less
from ncd_cat.scalars import ONE
from ncd_cat.sizes import provably_nonnegative
from rewrites.rule import Args, RuleError, schema
from rewrites.rules.linear import inlined, name_of
from rewrites.rules.order import collected, opened, read, summed, zero

MOST_TERMS = 64
POLYNOMIAL = "it is a polynomial in inputs and weights that are read nowhere else, and not the polynomial 0"


def _multiplied(v: Value) -> list[Term]:
    """A value as a sum of products in which no factor is a sum.  Raises RuleError where that takes many terms."""
    done: list[Term] = []
    rest = opened(v)
    while rest:
        t, *rest = rest
        k = next((k for k, (x, _) in enumerate(t.factors) if isinstance(x.op, Contraction)), None)
        if k is None:
            done.append(t)
        else:
            rest = [*inlined(t, k, v.sizes), *rest]
        if len(done) + len(rest) > MOST_TERMS:
            raise RuleError("too many terms")
    return collected(done)


def _variable(n: Node) -> bool:
    return isinstance(n.op, Input | Weight) and n.kind == "real"


def _certainly_positive(t: Term, variables: set[Node]) -> bool:
    """Whether the coefficients of a term in the variables are positive: it is there at every index, and so is what else is in it."""
    others = [x for x, _ in t.factors if x not in variables]
    present = not t.guards and all(provably_nonnegative(n - 1) for n in t.bounds)
    return present and t.scalar.positive and all(x.positive for x in others)


def _vanishes_almost_nowhere(v: Value) -> bool:
    """Whether every entry of v is a polynomial that is not 0, in the entries of the inputs and weights that are read nowhere else.

    It is one if its terms of some degrees in these have positive coefficients only, or negative ones only.
    """
    ts = _multiplied(v)
    factors = {x for t in ts for x, _ in t.factors}
    elsewhere = {y for y in topological([x for x in factors if not _variable(x)]) if _variable(y)}
    variables = {x for x in factors if _variable(x)} - elsewhere
    if not all(x.finite and x.defined for x in factors):
        return False
    parts: dict[Hashable, list[Term]] = {}
    for t in ts:
        degrees = Counter(x for x, _ in t.factors if x in variables)
        parts.setdefault(frozenset(degrees.items()), []).append(t)
    return any(_one_sign(part, variables) for part in parts.values())


def _one_sign(part: Sequence[Term], variables: set[Node]) -> bool:
    signed = [part, [t._replace(scalar=-t.scalar) for t in part]]
    return any(all(_certainly_positive(t, variables) for t in side) for side in signed)


def _not_zero(n: Node, args: Args) -> tuple[str, ...]:
    """What is assumed: that the difference of the two sides of a comparison, up to its sign, is not 0."""
    ts = _multiplied(_difference(n, args))
    signed = ts if ts[0].scalar.positive else [t._replace(scalar=-t.scalar) for t in ts]
    return (f"{name_of(contraction(signed, n.sizes))} is not 0, as almost everywhere",)


def _difference(n: Node, args: Args) -> Value:
    """The y of [0 < y], the b − a of [a = b].  Raises RuleError unless it vanishes almost nowhere."""
    if args or not isinstance(n.op, Less | Equal):
        raise RuleError("not a comparison")
    a, b = read(n, 0), read(n, 1)
    y = b if zero(a.node) else a if zero(b.node) else summed([*opened(b), *[t._replace(scalar=-t.scalar) for t in opened(a)]], b)
    if not _vanishes_almost_nowhere(y):
        raise RuleError("what is compared may be equal on a set of positive measure")
    return y


@schema("[0 < y] = 1 − [0 < −y]", "Caron and Traynor 2005", structure="order", assumes=_not_zero,
        condition=f"y is not 0, which is so almost everywhere: {POLYNOMIAL}")  # fmt: skip
def less_or_greater(n: Node, args: Args) -> Value:
    """A comparison with 0, by that of the opposite."""
    y = _difference(n, args)
    if not isinstance(n.op, Less) or not zero(n.operands[0][0]):
        raise RuleError("not a strict comparison of 0 with something")
    opposite = Less()(number(0, n.sizes), summed([t._replace(scalar=-t.scalar) for t in opened(y)], y))
    return Value.of(contraction([Term(ONE, (), ()), Term(-ONE, (), ((opposite.node, opposite.access),))], n.sizes))


@schema("[a = b] = 0", "Caron and Traynor 2005", structure="order", assumes=_not_zero,
        condition=f"y = b − a is not 0, which is so almost everywhere: {POLYNOMIAL}")  # fmt: skip
def seldom_equal(n: Node, args: Args) -> Value:
    """An equality of reals."""
    _difference(n, args)
    if not isinstance(n.op, Equal):
        raise RuleError("not an equality")
    return number(0, n.sizes)


RULES = (less_or_greater, seldom_equal)
