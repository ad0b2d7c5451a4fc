"""Broadcasting is a functor, P ⊗ −: it preserves composition, products and copies, and reindexings slide through it.

In the term graph an op broadcast over b, then over h, is the op with the degree axes b h: composition, products and
nesting of broadcasts are the data structure, and what is left to say is Yoneda sliding, op(x)[α] = op(x[α]) for a
reindexing α of the degree axes.  A degree axis that no operand reads is a repeat, which slides out.  Source: theorem 2
of arXiv 2604.07242 (there for deterministic ops, which all ops here are).
"""

from __future__ import annotations

from ncd_cat.axes import compose, identity, whole, within
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.pointwise import Pointwise
from rewrites.rule import Args, RuleError, access, nat, schema


def _broadcast(n: Node) -> None:
    """Raise RuleError for an input, a weight or a literal: nothing says that it is alike along its axes."""
    if n.op.arity == 0:
        raise RuleError(f"{n.op} is not broadcast over its axes")


@schema("op(x₁[η₁(α)], …) = op(x₁[η₁], …)[α]", "Yoneda sliding, arXiv 2604.07242", condition="op is not a source")
def slide(n: Node, args: Args) -> Value:
    """args: the node m, and the access α from n's degree axes to m's."""
    m, alpha = args[0], access(args[1], n.degree)
    degree, start = n.degree, len(n.degree)
    _broadcast(n)
    same_operands = [x for x, _ in n.operands] == [x for x, _ in m.operands]
    if len(alpha) != len(m.degree) or not same_operands or n.op != m.op.reindexed(alpha, m.degree, degree):
        raise RuleError("not the same op on the same operands")
    for k, ((_, reading), (_, other)) in enumerate(zip(n.operands, m.operands, strict=True)):
        roots = n.op.roots(k)
        inner = alpha + identity(roots, start)
        if compose(other, inner, m.degree + roots) != reading:
            raise RuleError(f"operand {k} is not read through the access")
    return Value(m, alpha + identity(n.op.out, start), degree + n.op.out)


@schema("f(…, op(x)[α], …) = f(…, op(x[α]), …)", "Yoneda sliding, arXiv 2604.07242",
        condition="op is not a source, and α stays within its degree axes")  # fmt: skip
def push(n: Node, args: Args) -> Value:
    """args: an operand of n.  The access it is read through moves to its operands; the new degree axes are those it uses."""
    k = nat(args[0], len(n.operands))
    y, reading = n.operands[k]
    _broadcast(y)
    domain = n.domain(k)
    split = len(y.degree)
    if not all(within(e, size) for e, size in zip(reading[:split], y.degree, strict=True)):
        raise RuleError("the access may leave the axes of the operand, under a bracket")
    used = sorted({d[1] for e in reading[:split] for d in e[1]})
    degree = tuple(domain[i] for i in used)
    place = {i: whole(j, domain[i]) for j, i in enumerate(used)}
    inner = tuple([place.get(i, (0, ())) for i in range(len(domain))])
    alpha = compose(reading[:split], inner, domain)
    operands = []
    for j, (x, a) in enumerate(y.operands):
        roots = y.op.roots(j)
        operands.append((x, compose(a, alpha + identity(roots, len(degree)), y.degree + roots)))
    moved = node(y.op.reindexed(alpha, y.degree, degree), operands, degree + y.op.out)
    replaced = list(n.operands)
    replaced[k] = (moved, tuple([whole(i, domain[i]) for i in used]) + reading[split:])
    return Value.of(node(n.op, replaced, n.sizes))


@schema("f(x, y) = f(y, x)", "commutativity of f", condition="f is commutative")
def commute(n: Node, args: Args) -> Value:
    """The two operands are exchanged."""
    if not isinstance(n.op, Pointwise) or not n.op.commutative:
        raise RuleError(f"{n.op} is not commutative")
    return Value.of(node(n.op, n.operands[::-1], n.sizes))


RULES = (slide, push, commute)
