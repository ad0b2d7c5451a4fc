"""The order of the reals: max is associative, idempotent, and distributes over sums and positive multiples; min(a, b) = −max(−a, −b).

Two arguments are brought to one: max(a, b) = b + max(a − b, 0), and max(−y, 0) = max(y, 0) − y, so that relu, the absolute value,
clamps and leaky relus are sums of terms max(y, 0) with y up to a factor.  Source: max-plus algebra (Butkovič 2010); lattice-ordered
groups (Birkhoff 1942).
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.axes import identity
from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Contraction, Term, contraction, number, terms_of
from ncd_cat.ops.pointwise import Maximum, Minimum, Power
from ncd_cat.ops.reduction import Reduction
from ncd_cat.ops.retraction import Nonnegative
from ncd_cat.scalars import ONE, Scalar
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import inlined

LARGEST_MAXIMUM = 32  # arguments


def read(n: Node, k: int) -> Value:
    """The k-th operand of a pointwise node, over the axes of the node."""
    return Value(*n.operands[k], n.sizes)


def opened(v: Value) -> list[Term]:
    """A value as a sum of terms over its own axes: those of the contraction that it reads, or itself."""
    t = Term(ONE, (), ((v.node, v.access),))
    return inlined(t, 0, v.sizes) if isinstance(v.node.op, Contraction) else [t]


def summed(ts: Sequence[Term], v: Value) -> Value:
    """Terms as a value over the axes of v."""
    return Value.of(contraction(ts, v.sizes))


def nonnegative(n: Node) -> bool:
    """Whether every entry is >= 0 where it is defined.  Sound: False means "not seen"."""
    if n.positive or n.kind == "bool" or n.op.rows == "entries" or isinstance(n.op, Nonnegative):
        return True
    if isinstance(n.op, Power):
        return n.op.exponent.denominator % 2 == 0 or nonnegative(n.operands[0][0])
    if isinstance(n.op, Maximum):
        return any(nonnegative(x) for x, _ in n.operands)
    if isinstance(n.op, Reduction):
        return nonnegative(n.operands[0][0])
    if isinstance(n.op, Contraction):
        return all(term_nonnegative(t) for t in terms_of(n))
    return False


def term_nonnegative(t: Term) -> bool:
    """Whether a term is >= 0 at every index, as far as its form shows."""
    odd = [f for f in set(t.factors) if t.factors.count(f) % 2 and not nonnegative(f[0])]
    return not odd and t.scalar.rational >= 0


def needs_finite(*values: Value) -> None:
    if not all(v.node.finite for v in values):
        raise RuleError("an argument may be infinite")


def zero(n: Node) -> bool:
    """Whether a node is the number 0 by its form."""
    return isinstance(n.op, Contraction) and all(not t.scalar.rational for t in terms_of(n)) and all(not t.factors for t in terms_of(n))


# ---- maxima of two and more ---------------------------------------------------------------------------------------


def arguments(v: Value) -> list[list[Term]]:
    """v as a maximum of sums: a maximum below it, or in it with a positive coefficient, is opened."""
    if isinstance(v.node.op, Maximum):
        return [a for x, access in v.node.operands for a in arguments(Value(x, access, v.node.sizes).at(v.access, v.sizes))]
    ts = opened(v)
    for k, t in enumerate(ts):
        if not (t.bounds or t.guards) and t.scalar.positive and len(t.factors) == 1 and isinstance(t.factors[0][0].op, Maximum):
            x, access = t.factors[0]
            inner = [Value(y, a, x.sizes).at(access, v.sizes) for y, a in x.operands]
            rest = ts[:k] + ts[k + 1 :]
            scaled = [[one._replace(scalar=t.scalar * one.scalar) for one in opened(y)] for y in inner]
            return [a for added in scaled for a in arguments(summed([*rest, *added], v))]
    return [ts]


def _constant(ts: list[Term]) -> Scalar | None:
    """The number that a sum is by its form; None if it is none."""
    if not ts:
        return Scalar.of(0)
    plain = len(ts) == 1 and not (ts[0].factors or ts[0].bounds or ts[0].guards)
    return ts[0].scalar if plain and not ts[0].scalar.powers else None


def collected(ts: list[Term]) -> list[Term]:
    """Like terms added, as they stand; one with coefficient 0 stays if it may have no value."""
    found: dict[object, Term] = {}
    for t in ts:
        key = (t.bounds, frozenset((f, t.factors.count(f)) for f in t.factors), frozenset(t.guards), t.scalar.powers)
        total = t.scalar if key not in found else found[key].scalar.plus(t.scalar)
        assert total is not None  # the keys agree on the irrational part
        found[key] = t._replace(scalar=total)
    return [t for t in found.values() if t.scalar.rational or not all(x.defined for x, _ in t.factors)]


def flattened(n: Node) -> list[Node]:
    """The arguments of nested maxima, as sums over the axes of n, each once and the greatest number only.  Raises RuleError."""
    if not isinstance(n.op, Maximum):
        raise RuleError(f"{n.op} is no maximum")
    needs_finite(read(n, 0), read(n, 1))
    found = [collected(ts) for ts in arguments(Value.of(n))]
    numbers = [c for c in map(_constant, found) if c is not None]
    kept = dict.fromkeys(contraction(ts, n.sizes) for ts in found if _constant(ts) is None)
    if numbers:
        greatest = max(numbers, key=lambda c: c.rational)
        kept.setdefault(contraction([Term(greatest, (), ())] if greatest.rational else [], n.sizes))
    if len(kept) > LARGEST_MAXIMUM:
        raise RuleError(f"a maximum of {len(kept)} arguments is not opened")
    return list(kept)


@schema("max(a + c·max(x, y), b) = r + max(a + c·x − r, a + c·y − r, b − r), the same argument once", "max-plus algebra", structure="order",
        condition="c > 0; all arguments are finite; r is one of them")  # fmt: skip
def max_flat(n: Node, args: Args) -> Value:
    """args: the position of r among the flattened arguments, and the order of the others."""
    nodes = flattened(n)
    at, order = nat(args[0], len(nodes)), [nat(k, len(nodes)) for k in args[1]]
    if sorted([at, *order]) != list(range(len(nodes))):
        raise RuleError("not an order of the arguments")
    reference = terms_of(nodes[at])
    result = number(0, n.sizes)
    for k in reversed(order):
        result = Maximum()(Value.of(difference(nodes[k], nodes[at])), result)
    if not order:
        return Value.of(nodes[at])
    return Value.of(contraction([*reference, Term(ONE, (), ((result.node, result.access),))], n.sizes))


def is_relu_of(n: Node, nodes: list[Node]) -> bool:
    """Whether a maximum is of one of its two flattened arguments, as it stands, and 0."""
    zeros = [k for k in (0, 1) if zero(n.operands[k][0])]
    return bool(zeros) and any(zero(x) for x in nodes) and contraction(collected(opened(read(n, 1 - zeros[-1]))), n.sizes) in nodes


def difference(a: Node, b: Node) -> Node:
    """a − b, for sums over the same axes."""
    return contraction(collected([*terms_of(a), *[t._replace(scalar=-t.scalar) for t in terms_of(b)]]), a.sizes)


@schema("max(a, b) = b + max(a − b, 0)", "lattice-ordered groups", structure="order", condition="a and b are finite")
def max_pair(n: Node, args: Args) -> Value:
    """A maximum of two, neither of which is 0 by its form."""
    if not isinstance(n.op, Maximum):
        raise RuleError(f"{n.op} is no maximum")
    needs_finite(read(n, 0), read(n, 1))
    if any(zero(x) for x, _ in n.operands):
        raise RuleError("a maximum with 0")
    a, b = (contraction(opened(read(n, k)), n.sizes) for k in (0, 1))
    positive = Maximum()(Value.of(difference(a, b)), number(0, n.sizes)).node
    return Value.of(contraction([*terms_of(b), Term(ONE, (), ((positive, identity(n.sizes)),))], n.sizes))


@schema("min(a, b) = a − max(a − b, 0)", "lattice-ordered groups", structure="order", condition="a and b are finite")
def min_as_max(n: Node, args: Args) -> Value:
    """A minimum of two."""
    if not isinstance(n.op, Minimum):
        raise RuleError(f"{n.op} is no minimum")
    a, b = read(n, 0), read(n, 1)
    needs_finite(a, b)
    difference = Value.of(contraction([Term(ONE, (), ((a.node, a.access),)), Term(-ONE, (), ((b.node, b.access),))], n.sizes))
    positive = Maximum()(difference, number(0, n.sizes))
    return Value.of(contraction([Term(ONE, (), ((a.node, a.access),)), Term(-ONE, (), ((positive.node, positive.access),))], n.sizes))


def relu_argument(n: Node) -> Value:
    """The y of max(y, 0)."""
    if not isinstance(n.op, Maximum):
        raise RuleError(f"{n.op} is no maximum")
    zeros = [k for k in (0, 1) if zero(n.operands[k][0])]
    if not zeros:
        raise RuleError("not a maximum with 0")
    return read(n, 1 - zeros[-1])


@schema("max(c·p·y, 0) = c·p·max(y, 0) and max(−c·p·y, 0) = c·p·(max(y, 0) − y)", "positive homogeneity", structure="order",
        condition="c > 0, every p is positive by its form and no part of a sum; y is finite")  # fmt: skip
def relu_scale(n: Node, args: Args) -> Value:
    """The coefficient and the positive factors of the one term that y is leave the maximum."""
    v = relu_argument(n)
    needs_finite(v)
    (t, *more) = opened(v) or (None,)
    if t is None or more or not t.scalar.rational or not t.factors:
        raise RuleError("not a maximum of one term and 0")
    start = len(n.sizes)
    free = [not t.bounds and x.positive and all(d[1] < start for e in a for d in e[1]) for x, a in t.factors]
    if t.guards or all(free):
        free = [False] * len(free)
    inner = t._replace(scalar=ONE, factors=tuple([f for f, out in zip(t.factors, free, strict=True) if not out]))
    size = t.scalar if t.scalar.positive else -t.scalar
    if size == ONE and t.scalar.positive and not any(free):
        raise RuleError("nothing leaves the maximum")
    outside = tuple([f for f, out in zip(t.factors, free, strict=True) if out])
    y = Value.of(contraction([inner], n.sizes))
    relu = Maximum()(y, number(0, n.sizes))
    parts = [Term(size, (), (*outside, (relu.node, relu.access)))]
    if not t.scalar.positive:
        parts.append(Term(-size, (), (*outside, (y.node, y.access))))
    return Value.of(contraction(parts, n.sizes))


@schema("max(y, 0) = y + max(−y, 0)", "lattice-ordered groups", structure="order", condition="y is finite")
def relu_turn(n: Node, args: Args) -> Value:
    """A maximum with 0 by that of the opposite; the maximum is the last operand."""
    v = relu_argument(n)
    needs_finite(v)
    ts = opened(v)
    opposite = Maximum()(summed([t._replace(scalar=-t.scalar) for t in ts], v), number(0, n.sizes))
    return summed([*ts, Term(ONE, (), ((opposite.node, opposite.access),))], v)


def falls_in_maxima(n: Node) -> bool:
    """Whether the y of max(y, 0) has a maximum with a negative coefficient, and none with a positive one."""
    signs = {t.scalar.positive for t in opened(relu_argument(n)) if len(t.factors) == 1 and isinstance(t.factors[0][0].op, Maximum)}
    return signs == {False}


@schema("max(y, 0) = y", "y >= 0", structure="order", condition="y is a sum of products of squares and of what is not negative")
def relu_of_nonnegative(n: Node, args: Args) -> Value:
    """A maximum of 0 and what is not negative by its form."""
    v = relu_argument(n)
    if not nonnegative(v.node):
        raise RuleError("the argument may be negative")
    return v


RULES = (max_pair, max_flat, min_as_max, relu_scale, relu_turn, relu_of_nonnegative)
