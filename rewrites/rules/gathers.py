"""Indexing by data slides through what is computed entry by entry, and a reshape is the identity of a flat axis.

f(x)[i] = f(x[i]): so a logit that is gathered is the product with one row of the table.  A reshape whose digits do not refine is
read through one flat axis, row by row; so reshapes compose.  Source: naturality; row-major order.
"""

from __future__ import annotations

import numpy as np

from ncd_cat.axes import Access, Index, Sizes, add, axes_of, compose, identity, whole, within
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import Contraction, Term, contraction
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.layout import digits, merged
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.opaque import Reshape
from ncd_cat.ops.pointwise import Equal
from ncd_cat.scalars import ONE
from ncd_cat.sizes import product
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.linear import name_of, rebuilt, terms, without_bounds
from rewrites.rules.literals import whole_numbers

LARGEST_CHOICE = 64  # entries of an axis that an indexing is summed over


@schema(
    "f(x, …)[i] = f(x[i], …)",
    "naturality of indexing",
    condition="f is computed entry by entry along the indexed axis, without brackets of it",
)
def take_slide(n: Node, args: Args) -> Value:
    """An indexing of a computed array indexes what it is computed from, where that varies along the axis."""
    if not isinstance(n.op, Take):
        raise RuleError(f"{n.op} is no indexing")
    (y, reading), (index, entry) = n.operands
    if y.op.arity == 0 or y.op.out or not all(within(e, m) for e, m in zip(reading, y.sizes, strict=True)):
        raise RuleError("not an indexing of what is computed entry by entry")
    degree, axis = n.sizes, len(n.sizes)
    op = y.op.reindexed(reading, y.degree, n.domain(0))
    specs = op.specs if isinstance(op, Contraction) else ()  # a term without factors has brackets too
    brackets = [g for s in specs for g in s.guards] + [g for k in range(len(y.operands)) for g in op.guards(k)]
    if any(axis in axes_of(e) for _, e in brackets):
        raise RuleError("a bracket is about the indexed axis")
    operands = []
    for k, (x, a) in enumerate(y.operands):
        roots = y.op.roots(k)
        access = compose(a, reading + identity(roots, axis + 1), y.degree + roots)
        if any(axis in axes_of(e) for e in access):
            if not all(within(e, m) for e, m in zip(access, x.sizes, strict=True)):
                raise RuleError("an operand may be read out of range, under a bracket")
            inner = node(Take(n.op.size), [(x, _moved(access, axis, len(roots))), (index, entry)], degree + roots)
            operands.append((inner, identity(inner.sizes)))
        else:
            operands.append((x, tuple([_without(e, axis) for e in access])))
    lowered = op.reindexed((*identity(degree), (0, ())), n.domain(0), degree)
    return Value.of(node(lowered, operands, degree))


@schema(
    "x[i] = Σ_v [i = v] · x[v]",
    "a choice is a product with a one-hot row",
    condition="the axis is a small number; i is in range, as in every claim",
)
def take_as_sum(n: Node, args: Args) -> Value:
    """An indexing as a sum over the whole axis."""
    if not isinstance(n.op, Take) or not isinstance(n.op.size, int) or n.op.size > LARGEST_CHOICE:
        raise RuleError("not an indexing of a short axis")
    (x, reading), (index, entry) = n.operands
    domain, axis = n.domain(0), len(n.sizes)
    if not (x.finite and x.defined):
        raise RuleError("an entry that is not chosen may be infinite, or have no value")
    chosen = Equal()(
        Value(index, entry, n.sizes).at(identity(n.sizes), domain), literal(np.arange(n.op.size)).at((whole(axis, n.op.size),), domain)
    )
    return Value.of(contraction([Term(ONE, (n.op.size,), ((chosen.node, chosen.access), (x, reading)))], n.sizes))


def _one_hot(n: Node, args: Args) -> tuple[list[Term], int, Term, int, Value]:
    """The terms of n; the number of the term at hand, it, its bound axis and the index that its one-hot factor is of."""
    ts = list(terms(n))
    which = nat(args[0], len(ts))
    t, start = ts[which], len(n.sizes)
    test, access = t.factors[nat(args[1], len(t.factors))]
    if not isinstance(test.op, Equal) or t.guards:
        raise RuleError("not a one-hot factor of a term without brackets")
    sides = [Value(x, a, test.sizes).at(access, n.sizes + t.bounds) for x, a in test.operands]
    names = next((v for v in sides if isinstance(v.node.op, Literal)), None)
    index = next((v for v in sides if v.kind == "int" and v is not names), None)
    used = {d[1] for e in names.access for d in e[1]} if names is not None else set()
    if names is None or index is None or len(used) != 1 or len(names.node.sizes) != 1:
        raise RuleError("not a comparison of an integer with a table")
    (axis,) = used
    size = names.node.sizes[0]
    arange = isinstance(size, int) and names.access == (whole(axis, size),) and bool((whole_numbers(names.node) == np.arange(size)).all())
    elsewhere = [a for k, (_, a) in enumerate(t.factors) if k != args[1]] + [index.access]
    if not arange or axis < start or t.bounds[axis - start] != size or any(axis in axes_of(e) for a in elsewhere for e in a):
        raise RuleError("not a whole one-hot row under a sum")
    return ts, which, t, axis - start, index


def _in_range(n: Node, args: Args) -> tuple[str, ...]:
    _, _, t, axis, index = _one_hot(n, args)
    return (f"{name_of(index.node)} is an index, from 0 to {t.bounds[axis] - 1}",)


@schema(
    "Σ_v [i = v] · t = t",
    "a one-hot row has one 1",
    structure="linear",
    assumes=_in_range,
    condition="v is not in t; i, an integer, is in range: assumed",
)
def one_hot_sum(n: Node, args: Args) -> Value:
    """args: term, the factor [i = v]."""
    ts, which, t, axis, _ = _one_hot(n, args)
    kept = [k for k in range(len(t.bounds)) if k != axis]
    rest = t._replace(factors=tuple([f for k, f in enumerate(t.factors) if k != args[1]]))
    ts[which] = without_bounds(rest, kept, n.sizes)
    return rebuilt(ts, n)


def _moved(access: Access, axis: int, roots: int) -> Access:
    """Indices over (degree, indexed axis, roots) as indices over (degree, roots, indexed axis)."""
    place = {axis: axis + roots, **{axis + 1 + k: axis + k for k in range(roots)}}
    return tuple([_renamed(e, place) for e in access])


def _without(e: Index, axis: int) -> Index:
    """An index over (degree, indexed axis, roots) that does not use the indexed axis, over (degree, roots)."""
    return e[0], tuple([(s, i - (i > axis), t, m) for s, i, t, m in e[1]])


def _renamed(e: Index, place: dict[int, int]) -> Index:
    return add((e[0], tuple([(s, place.get(i, i), t, m) for s, i, t, m in e[1]])))


def _flat(sizes: Sizes) -> Sizes:
    return (product(sizes),)


@schema("reshape(x) = flat(x)[row-major number]", "row-major order", condition="the shapes are not flat already")
def reshape_flat(n: Node, args: Args) -> Value:
    """A reshape as the flat array, read at the row-major number of its new axes."""
    if not isinstance(n.op, Reshape) or (n.op.source, n.op.target) == (_flat(n.op.source),) * 2:
        raise RuleError("not a reshape between shapes of several axes")
    (x, access), degree, start = n.operands[0], n.degree, len(n.degree)
    length = _flat(n.op.source)
    inner = identity(degree) + digits(start, n.op.source)
    flat = node(Reshape(length, length), [(x, compose(access, inner, n.domain(0)))], degree + length)
    return Value(flat, (*identity(degree), merged(start, n.op.target)), n.sizes)


@schema("f(…, flat(x)[α], …) = f(…, x[α], …)", "a flat array is the array", condition="x is read at α by digits")
def reshape_read(n: Node, args: Args) -> Value:
    """args: an operand of n, a flat array."""
    k = nat(args[0], len(n.operands))
    y, access = n.operands[k]
    if not isinstance(y.op, Reshape) or len(y.op.source) != 1 or y.op.source != y.op.target:
        raise RuleError("not a flat array")
    x, reading = y.operands[0]
    operands = [*n.operands[:k], (x, compose(reading, access, y.sizes)), *n.operands[k + 1 :]]
    return Value.of(node(n.op, operands, n.sizes))


RULES = (take_slide, take_as_sum, one_hot_sum, reshape_flat, reshape_read)
