"""Literals: a constant table is reduced to the axes it depends on, and one that is an affine bracket is read as it.

A table that is constant is a number; a 0/1 table equal to [e >= 0] or [e = 0] for an affine e of its indices is that
bracket, so that causal masks, bands, identities and paddings meet their symbolic forms.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Index, compose, identity, shift, whole, within
from ncd_cat.graph import Node, Value, node
from ncd_cat.grid import values
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.pointwise import Equal, Less, LessEqual, Where
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.sizes import Size, product
from rewrites.facts import truth
from rewrites.rule import Args, RuleError, access, equation, nat, schema
from rewrites.rules.linear import name_of, terms

DYADIC, LARGEST_NUMERATOR = 1 << 16, 1 << 40  # denominators and numerators of entries that add up exactly in floats
LARGEST_TABLE = 1 << 22  # entries that a rule compares: it bounds what a certificate can make the kernel do


def _literal(n: Node) -> Literal:
    if not isinstance(n.op, Literal):
        raise RuleError(f"{n.op} is not a literal")
    return n.op


@schema("ℓ = ℓ'[kept axes]", "a table that does not vary along an axis is a repeat")
def literal_drop(n: Node, args: Args) -> Value:
    """Axes along which the table is constant, size-1 axes among them, are dropped."""
    data = _literal(n).numpy([s for s in n.sizes if isinstance(s, int)])
    kept = []
    for k in range(data.ndim):
        first = np.take(data, [0], axis=k)
        if bool((data == first).all()):
            data = first
        else:
            kept.append(k)
    if len(kept) == len(n.sizes):
        raise RuleError("the table varies along every axis")
    reduced = literal(data.reshape([n.sizes[k] for k in kept]))
    return Value(reduced.node, tuple([whole(k, n.sizes[k]) for k in kept]), n.sizes)


@schema("ℓ = c", "a constant table is a number", condition="ℓ has no axes and is finite")
def literal_number(n: Node, args: Args) -> Value:
    """A literal without axes, read as the exact number that its float denotes."""
    data = _literal(n).numpy([s for s in n.sizes if isinstance(s, int)])
    if data.ndim or not np.isfinite(data):
        raise RuleError("not one finite number")
    entry = data[()]
    return number(Scalar.read(float(entry)) if data.dtype.kind == "f" else Scalar.of(int(entry)))


@schema("ℓ = a · [e >= 0] + b · (1 − [e >= 0])", "Iverson 1962", condition="the table has these entries at every index")
def literal_bracket(n: Node, args: Args) -> Value:
    """args: whether the bracket is an equality, its index over the axes of the table; a = 1 and b = 0."""
    data = _literal(n).numpy([s for s in n.sizes if isinstance(s, int)])
    equal, e = bool(args[0]), access((args[1],), n.sizes)[0]
    reached = values(e, data.shape)
    if not bool(((reached == 0 if equal else reached >= 0) == data).all()):
        raise RuleError("the table is not that bracket")
    return Value.of(contraction([Term(ONE, (), (), ((equal, e),))], n.sizes))


@schema("ℓ = [e >= a] [e <= b]", "Iverson 1962", condition="the table has these entries at every index")
def literal_band(n: Node, args: Args) -> Value:
    """args: the indices e − a and b − e over the axes of the table, as of the mask of a sliding window."""
    data = _literal(n).numpy([s for s in n.sizes if isinstance(s, int)])
    below, above = (access((e,), n.sizes)[0] for e in args)
    if not bool((((values(below, data.shape) >= 0) & (values(above, data.shape) >= 0)) == data).all()):
        raise RuleError("the table is not that band")
    return Value.of(contraction([Term(ONE, (), (), ((False, below), (False, above)))], n.sizes))


@schema("x[ℓ[p]] = x[e(p)]", "indexing by constants is a reindexing", condition="ℓ(p) = e(p) at every index")
def take_constant(n: Node, args: Args) -> Value:
    """args: the affine index e over the axes of n that the literal index is equal to."""
    if not isinstance(n.op, Take):
        raise RuleError("not an indexing by constants")
    (x, reading), (index, entry) = n.operands
    e = access((args[0],), n.sizes)[0]
    used = sorted({d[1] for i in (*entry, e) for d in i[1]})
    bounded(n.sizes[k] for k in used)
    if not within(e, n.op.size):
        raise RuleError("the index is out of range")
    sizes = [m if isinstance(m, int) and k in used else 1 for k, m in enumerate(n.sizes)]
    data = whole_numbers(index)
    if not bool((data[tuple(values(i, sizes) for i in entry)] == values(e, sizes)).all()):
        raise RuleError("the indices are not affine as claimed")
    return Value(x, compose(reading, (*identity(n.sizes), e), (*n.sizes, n.op.size)), n.sizes)


def whole_numbers(n: Node) -> NDArray[np.int64]:
    """The entries of an integer table, or of a sum of products of such and of brackets.  Raises RuleError for another node."""
    if isinstance(n.op, Literal):
        data = n.op.numpy([m for m in n.sizes if isinstance(m, int)])
        if data.dtype.kind == "f" or int(np.abs(data.astype(np.int64)).max()) > LARGEST_TABLE:
            raise RuleError("not a table of small integers")
        return data.astype(np.int64)
    bounded(n.sizes)
    sizes = [m for m in n.sizes if isinstance(m, int)]
    total = np.zeros(sizes, dtype=np.int64)
    for t in terms(n):
        c = t.scalar.rational
        if t.bounds or t.scalar.powers or c.denominator != 1 or abs(c) > LARGEST_TABLE:
            raise RuleError("not a sum of products of tables of integers")
        product_of = np.full(sizes, int(c), dtype=np.int64)
        for equal, e in t.guards:
            product_of = product_of * (values(e, sizes) == 0 if equal else values(e, sizes) >= 0)
        for x, reading in t.factors:
            if not all(within(e, m) for e, m in zip(reading, x.sizes, strict=True)):
                raise RuleError("a table is read out of range")
            product_of = product_of * whole_numbers(x)[tuple(values(e, sizes) for e in reading)]
            if int(np.abs(product_of).max()) > LARGEST_TABLE:
                raise RuleError("the entries are not small")
        total = total + product_of
    if int(np.abs(total).max()) > LARGEST_TABLE:
        raise RuleError("the entries are not small")
    return total


def bounded(sizes: Iterable[Size]) -> None:
    """Raise RuleError unless a table of these sizes is small enough to be compared."""
    entries = product(sizes)
    if not isinstance(entries, int) or entries > LARGEST_TABLE:
        raise RuleError(f"a table of {entries} entries is not compared")


@schema("[ℓ(p) = ℓ'(p)] = [e(p) = 0],  [ℓ <= ℓ'] = [e >= 0],  [ℓ < ℓ'] = [e − 1 >= 0]", "Iverson's bracket",
        condition="ℓ'(p) − ℓ(p) = e(p) at every index; ℓ, ℓ' are tables of integers")  # fmt: skip
def compare_tables(n: Node, args: Args) -> Value:
    """args: the affine index e over the axes of n."""
    if not isinstance(n.op, Equal | Less | LessEqual):
        raise RuleError(f"{n.op} is no comparison")
    e = access((args[0],), n.sizes)[0]
    used = sorted({d[1] for _, entry in n.operands for i in (*entry, e) for d in i[1]})
    bounded(n.sizes[k] for k in used)
    sizes = [m if isinstance(m, int) and k in used else 1 for k, m in enumerate(n.sizes)]
    for x, entry in n.operands:
        if not all(within(i, m) for i, m in zip(entry, x.sizes, strict=True)):
            raise RuleError("a table is read out of range")
    left, right = (whole_numbers(x)[tuple(values(i, sizes) for i in entry)] for x, entry in n.operands)
    if not bool((right - left == values(e, sizes)).all()):
        raise RuleError("the difference is not affine as claimed")
    guard = (isinstance(n.op, Equal), shift(e, -1) if isinstance(n.op, Less) else e)
    return Value.of(contraction([Term(ONE, (), (), (guard,))], n.sizes))


@schema("f(…, ℓ[α], …) = f(…, ℓ', …)", "a table read through an access is a table", condition="ℓ'(p) = ℓ(α(p))")
def literal_slice(n: Node, args: Args) -> Value:
    """args: an operand of n, a literal; the new table has the axes that its access uses."""
    k = nat(args[0], len(n.operands))
    (x, reading), domain = n.operands[k], n.domain(k)
    op, used = _literal(x), sorted({d[1] for e in reading for d in e[1]})
    bounded(domain[i] for i in used)
    if not all(within(e, m) for e, m in zip(reading, x.sizes, strict=True)):
        raise RuleError("the table is read out of range")
    sizes = [m if isinstance(m, int) and i in used else 1 for i, m in enumerate(domain)]
    entries = op.numpy([m for m in x.sizes if isinstance(m, int)])[tuple(values(e, sizes) for e in reading)]
    kept = literal(np.broadcast_to(entries, sizes).reshape([sizes[i] for i in used])).node
    operands = [*n.operands[:k], (kept, tuple([whole(i, domain[i]) for i in used])), *n.operands[k + 1 :]]
    return Value.of(node(n.op, operands, n.sizes))


@schema("ℓ[i, j] = ℓ[i, 0] + ℓ[0, j] − ℓ[0, 0]", "an additive table",
        condition="the entries, dyadic fractions and read as such, are so at every index")  # fmt: skip
def literal_sum(n: Node, args: Args) -> Value:
    """args: two axes i, j of the table; the others stay."""
    data = _literal(n).numpy([m for m in n.sizes if isinstance(m, int)])
    i, j = nat(args[0], data.ndim), nat(args[1], data.ndim)
    numerators = data.astype(np.float64) * DYADIC
    if i == j or data.dtype.kind == "b" or not bool((np.abs(numerators) < LARGEST_NUMERATOR).all()):
        raise RuleError("not a table of dyadic fractions, and two axes of it")
    if not bool((numerators == np.rint(numerators)).all()):
        raise RuleError("the entries are no dyadic fractions")
    if not all(Scalar.read(float(x)) == Scalar.of(Fraction(float(x))) for x in np.unique(numerators / DYADIC)):
        raise RuleError("an entry denotes another number than the fraction that it is")  # and what they denote may not add up
    rows, columns = np.take(data, [0], axis=j), np.take(data, [0], axis=i)
    corner = np.take(rows, [0], axis=i)
    if not bool((data == rows + columns - corner).all()) or data.shape[i] == 1 or data.shape[j] == 1:
        raise RuleError("the table is no sum of two, or already one of them")
    parts = [(ONE, rows), (ONE, columns)] + [(-ONE, corner)] * bool(corner.any())
    return Value.of(contraction([Term(c, (), (_spread(x, n.sizes),)) for c, x in parts], n.sizes))


def _spread(data: NDArray[Any], sizes: Sequence[Size]) -> tuple[Node, tuple[Index, ...]]:
    """A table without its axes of size 1, read over all axes."""
    kept = [k for k, m in enumerate(data.shape) if m != 1]
    return literal(data.reshape([data.shape[k] for k in kept])).node, tuple([whole(k, sizes[k]) for k in kept])


where_is_product = equation(
    "where_is_product", "where(c, x, y) = c · x + (1 − c) · y", "a choice by a truth value", variables=3,
    lhs=Where(), condition="c is 0 or 1, x and y are finite and, where their form does not show it, assumed to have values",
    assumes=lambda c, x, y: tuple(f"{name_of(v.node)} has a value" for v in (x, y) if not v.node.defined),
    when=lambda c, x, y: truth(c.node) and x.node.finite and y.node.finite,
    rhs=lambda c, x, y: Value.of(contraction([
        Term(ONE, (), ((c.node, c.access), (x.node, x.access))),
        Term(ONE, (), ((y.node, y.access),)),
        Term(-ONE, (), ((c.node, c.access), (y.node, y.access)))], c.sizes)))  # fmt: skip

RULES = (literal_drop, literal_number, literal_bracket, literal_band, take_constant, compare_tables, literal_slice, literal_sum,
         where_is_product)  # fmt: skip
