"""Folds by max and min: monotone maps leave them, folds of folds are one, and a fold forgets how often it reads an entry.

Source: max-plus algebra (Butkovič 2010); the algebra of programming (Bird and de Moor 1997), on folds of idempotent operations.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

from ncd_cat.axes import Index, add, axes_of, identity, scale, shift, substitute, whole
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.ops.pointwise import Exp, Log, Maximum, Minimum, Power
from ncd_cat.ops.reduction import Max, Min, Reduction
from ncd_cat.scalars import ONE
from ncd_cat.sizes import Size
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.brackets import simplified
from rewrites.rules.linear import terms
from rewrites.rules.order import needs_finite, opened, read, relu_argument
from rewrites.rules.parts import intervals

LARGEST_FOLD = 32  # parts of a fold


def _fold(n: Node) -> tuple[Reduction, Value]:
    """The fold that a node is and what it folds, over the node's axes and the bound ones."""
    if not isinstance(n.op, Max | Min):
        raise RuleError(f"{n.op} is no fold")
    return n.op, Value(*n.operands[0], n.sizes + n.op.bounds)


@schema("max_i (a + c·x(i)) = a + c·max_i x(i), and c·min_i x(i) for c < 0", "monotone maps commute with max", structure="order",
        condition="i is not in a; the rest is one term without brackets; all is finite")  # fmt: skip
def fold_affine(n: Node, args: Args) -> Value:
    """Terms that do not depend on the folded index, and the coefficient of the one that does, leave the fold."""
    op, v = _fold(n)
    needs_finite(v)
    if op.conditions:
        return _scaled(n, op, v)
    start, domain = len(n.sizes), v.sizes
    ts = opened(v)
    inner = [t for t in ts if any(start <= k < len(domain) for k in _axes(t))]
    outer = [t for t in ts if t not in inner]
    if len(inner) != 1 or not inner[0].scalar.rational:
        raise RuleError("not one term that depends on the folded index")
    (t,) = inner
    free = [not t.bounds and not t.guards and x.positive and all(d[1] < start for e in a for d in e[1]) for x, a in t.factors]
    if t.scalar == ONE and not outer and not any(free):
        raise RuleError("nothing leaves the fold")
    kept = contraction([t._replace(scalar=ONE, factors=tuple([f for f, out in zip(t.factors, free, strict=True) if not out]))], domain)
    fold = (Max if isinstance(op, Max) == t.scalar.positive else Min)(op.bounds, op.conditions)
    folded = node(fold, [(kept, identity(domain))], n.sizes)
    taken = tuple([f for f, out in zip(t.factors, free, strict=True) if out])
    return Value.of(contraction([*_lowered(outer, n, domain), Term(t.scalar, (), (*taken, (folded, identity(n.sizes))))], n.sizes))


def _scaled(n: Node, op: Reduction, v: Value) -> Value:
    """Under brackets entries may be read out of range, so that only the coefficient of what is read as it is leaves."""
    (t, *more) = terms(v.node) or (None,)
    if t is None or more or not t.scalar.rational or t.scalar == ONE:
        raise RuleError("not one term with a coefficient")
    kept = contraction([t._replace(scalar=ONE)], v.node.sizes)
    fold = (Max if isinstance(op, Max) == t.scalar.positive else Min)(op.bounds, op.conditions)
    folded = node(fold, [(kept, v.access)], n.sizes)
    return Value.of(contraction([Term(t.scalar, (), ((folded, identity(n.sizes)),))], n.sizes))


def _axes(t: Term) -> set[int]:
    return {d[1] for _, a in t.factors for e in a for d in e[1]} | {d[1] for _, e in t.guards for d in e[1]}


def _lowered(ts: Sequence[Term], n: Node, domain: tuple[Size, ...]) -> list[Term]:
    """Terms over (own, folded) axes that do not mention the folded ones, over own axes: later axes move down."""
    start, by = len(n.sizes), len(domain) - len(n.sizes)

    def index(e: Index) -> Index:
        return e[0], tuple([(s, i if i < start else i - by, t, m) for s, i, t, m in e[1]])

    return [t._replace(factors=tuple([(x, tuple([index(e) for e in a])) for x, a in t.factors]),
                       guards=tuple([(equal, index(e)) for equal, e in t.guards])) for t in ts]  # fmt: skip


@schema("max_i f(x(i)) = f(max_i x(i)), and f(min_i x(i)) for a negative power", "monotone maps commute with max", structure="order",
        condition="f is exp, max with 0, or log or a power other than 0 of what is positive by its form; all is finite")  # fmt: skip
def fold_monotone(n: Node, args: Args) -> Value:
    """A monotone function leaves the fold."""
    op, v = _fold(n)
    y = v.node
    needs_finite(v)
    x = relu_argument(y) if isinstance(y.op, Maximum) else read(y, 0) if isinstance(y.op, Exp | Log | Power) else None
    if x is None or (isinstance(y.op, Log | Power) and not x.node.positive) or (isinstance(y.op, Power) and not y.op.exponent):
        raise RuleError(f"{y.op} is not known to be monotone")
    falls = isinstance(y.op, Power) and y.op.exponent < 0
    fold = (Min if isinstance(op, Max) else Max)(op.bounds, op.conditions) if falls else op
    inner = x.at(v.access, v.sizes)
    folded = Value.of(node(fold, [(inner.node, inner.access)], n.sizes))
    if isinstance(y.op, Maximum):
        return Maximum()(folded, number(0, n.sizes))
    return Value.of(node(y.op, [(folded.node, folded.access)], n.sizes))


@schema("max_i max_j x(i, j) = max_{i,j} x(i, j)", "associativity of max", structure="order")
def fold_fuse(n: Node, args: Args) -> Value:
    """A fold of a fold of the same kind is one."""
    op, v = _fold(n)
    y = v.node
    if type(y.op) is not type(op) or not isinstance(y.op, Reduction):
        raise RuleError("not a fold of a fold")
    inner = v.access + identity(y.op.bounds, len(v.sizes))
    between = y.sizes + y.op.bounds
    (x, access) = y.operands[0]
    guards = tuple([(equal, substitute(e, inner, between)) for equal, e in y.op.conditions])
    moved = tuple([substitute(e, inner, between) for e in access])
    return Value.of(node(type(op)(op.bounds + y.op.bounds, op.conditions + guards), [(x, moved)], n.sizes))


@schema("max_{i,j} x(s·i + j) = max_k x(k)", "idempotence of max", structure="order",
        condition="i and j are read through s·i + j only, which takes every value: s is at most the size of j")  # fmt: skip
def fold_image(n: Node, args: Args) -> Value:
    """args: two folded axes i, j."""
    op, v = _fold(n)
    i, j = nat(args[0], len(op.bounds)), nat(args[1], len(op.bounds))
    high, low, start = op.bounds[i], op.bounds[j], len(n.sizes)
    if i == j or not (isinstance(high, int) and isinstance(low, int)) or min(high, low) < 2:
        raise RuleError("not two folded axes of numbers as sizes")
    indices = [*v.access, *(e for _, e in op.conditions)]
    ratios = {ratio for e in indices if (ratio := _ratio(e, (start + i, high), (start + j, low))) is not None}
    if len(ratios) != 1 or not 1 <= (s := next(iter(ratios))) <= low:
        raise RuleError("the axes are not read through one sum")
    size = s * (high - 1) + low
    bounds = tuple([size if k == j else b for k, b in enumerate(op.bounds) if k != i])
    places = [k - (k > i) for k in range(len(op.bounds))]

    def moved(e: Index) -> Index:
        coefficient = sum([d[0] for d in e[1] if d[1] == start + j], start=0 * size)
        rest = [(c, k if k < start else start + places[k - start], t, m) for c, k, t, m in e[1] if k not in (start + i, start + j)]
        return add((e[0], tuple(rest)), scale(whole(start + places[j], size), coefficient))

    fold = type(op)(bounds, tuple([(equal, moved(e)) for equal, e in op.conditions]))
    return Value.of(node(fold, [(v.node, tuple([moved(e) for e in v.access]))], n.sizes))


def _ratio(e: Index, high: tuple[int, int], low: tuple[int, int]) -> int | None:
    """The s of q·(s·i + j) in an index; None where neither axis is in it, 0 where they are in another form."""
    mine = {d[1]: d for d in e[1] if d[1] in (high[0], low[0])}
    if not mine:
        return None
    if len(mine) != 2 or sum(d[1] in mine for d in e[1]) != 2:
        return 0
    (s, _, t, m), (q, _, u, k) = mine[high[0]], mine[low[0]]
    regular = (t, m, u, k) == (1, high[1], 1, low[1]) and isinstance(s, int) and isinstance(q, int)
    return s // q if regular and isinstance(s, int) and isinstance(q, int) and s % q == 0 else 0


@schema("max_i x = x", "idempotence of max", structure="order", condition="no index reads i, which has at least one value")
def fold_drop(n: Node, args: Args) -> Value:
    """All folded axes that nothing reads are dropped; a fold over none is its entry."""
    op, v = _fold(n)
    start = len(n.sizes)
    used = {d[1] for e in (*v.access, *(e for _, e in op.conditions)) for d in e[1]}
    kept = [k for k in range(len(op.bounds)) if start + k in used]
    if len(kept) == len(op.bounds) and (kept or op.conditions):
        raise RuleError("every folded axis is read")
    inner = (*identity(n.sizes), *[whole(start + kept.index(k), b) if k in kept else (0, ()) for k, b in enumerate(op.bounds)])
    access = tuple([substitute(e, inner, v.sizes) for e in v.access])
    conditions = tuple([(equal, substitute(e, inner, v.sizes)) for equal, e in op.conditions])
    if not kept and not conditions:
        return Value(v.node, access, n.sizes)
    return Value.of(node(type(op)(tuple([op.bounds[k] for k in kept]), conditions), [(v.node, access)], n.sizes))


def _restricted(n: Node, k: int, start: Size, length: Size) -> Value | None:
    """The fold over a part of its k-th axis; None if a condition never holds there.  Raises RuleError if one may hold somewhere only."""
    op, v = _fold(n)
    at = len(n.sizes) + k
    bounds = tuple([length if j == k else b for j, b in enumerate(op.bounds)])
    inner = list(identity(n.sizes + bounds))
    inner[at] = shift(whole(at, length), start)
    conditions = []
    for equal, e in op.conditions:
        found = simplified((equal, substitute(e, tuple(inner), v.sizes)))
        if found is False:
            return None
        if not isinstance(found, bool):
            conditions.append(found)
        if not isinstance(found, bool) and at in axes_of(e):
            raise RuleError("a condition holds in a part of the part")
    part = v.at(tuple(inner), n.sizes + bounds)
    return Value.of(node(type(op)(bounds, tuple(conditions)), [(part.node, part.access)], n.sizes))


@schema("max_{i:n} x(i) = max(max_{i:c} x(i), max_{i:n−c} x(i + c)), and so for more parts", "a fold over a disjoint union",
        structure="order", condition="every condition on i holds everywhere in a part, or nowhere: such parts go, but not all")  # fmt: skip
def fold_split(n: Node, args: Args) -> Value:
    """args: a folded axis, and the points, ascending, where it is cut."""
    op, _ = _fold(n)
    k, points = nat(args[0], len(op.bounds)), args[1]
    if not 1 <= len(points) < LARGEST_FOLD:
        raise RuleError(f"{len(points)} cuts are too few or too many")
    found = [_restricted(n, k, start, length) for start, length in intervals(points, op.bounds[k])]
    parts = [part for part in found if part is not None]
    if not parts:
        raise RuleError("no condition holds anywhere")
    pair = Maximum() if isinstance(op, Max) else Minimum()
    return reduce(lambda rest, part: pair(part, rest), reversed(parts[:-1]), parts[-1])


RULES = (fold_affine, fold_monotone, fold_fuse, fold_image, fold_drop, fold_split)
