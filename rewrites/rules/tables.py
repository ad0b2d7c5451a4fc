"""Tables of truth values: a comparison of whole numbers that the program fixes is a table, and a table has one form of many.

So masks that two programs compute in different ways, or that one computes and the other holds, are one literal: its axes stand
in a canonical order, and its first entry is 1.  Source: Iverson 1962; the canonical labelling of a structure by its content.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import identity, whole, within
from ncd_cat.graph import Node, Value
from ncd_cat.grid import values
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.literal import Literal, literal
from ncd_cat.ops.pointwise import Compare, Where
from ncd_cat.scalars import ONE
from rewrites.facts import truth
from rewrites.rule import Args, RuleError, nat, schema
from rewrites.rules.cases import flat
from rewrites.rules.literals import bounded, whole_numbers
from rewrites.rules.order import read


def truth_values(n: Node) -> NDArray[np.bool_]:
    """The entries of a table of truth values.  Raises RuleError for another node."""
    if not isinstance(n.op, Literal) or n.kind != "bool":
        raise RuleError(f"{n.op} is no table of truth values")
    return n.op.numpy([m for m in n.sizes if isinstance(m, int)])


@schema("[s = s'] = ℓ,  [s <= s'] = ℓ,  [s < s'] = ℓ", "Iverson 1962",
        condition="ℓ(p) is the truth at every index p; s, s' are sums of products of tables of integers and of brackets")  # fmt: skip
def comparison_table(n: Node, args: Args) -> Value:
    """The table has the axes that the two sides use."""
    if not isinstance(n.op, Compare):
        raise RuleError(f"{n.op} is no comparison")
    used = sorted({d[1] for _, entry in n.operands for i in entry for d in i[1]})
    bounded(n.sizes[k] for k in used)
    sizes = [m if isinstance(m, int) and k in used else 1 for k, m in enumerate(n.sizes)]
    for x, entry in n.operands:
        if not all(within(i, m) for i, m in zip(entry, x.sizes, strict=True)):
            raise RuleError("a table is read out of range")
    sides = [whole_numbers(x)[tuple(values(i, sizes) for i in entry)] for x, entry in n.operands]
    found = np.broadcast_to(n.op.array(np, *sides), sizes).reshape([sizes[k] for k in used])
    return Value(literal(found).node, tuple([whole(k, n.sizes[k]) for k in used]), n.sizes)


@schema("ℓ[i, j] = ℓ'[j, i]", "a table is its transpose, read with its axes in another order")
def literal_turn(n: Node, args: Args) -> Value:
    """args: the axes of the table ℓ of truth values in the order of those of ℓ'."""
    data = truth_values(n)
    order = [nat(a, data.ndim) for a in args]
    if sorted(order) != list(range(data.ndim)):
        raise RuleError("not an order of the axes of the table")
    entry = identity(n.sizes)
    return Value(literal(data.transpose(order)).node, tuple([entry[k] for k in order]), n.sizes)


@schema("ℓ = 1 − ℓ'", "the complement of a set", condition="ℓ is a table of truth values whose first entry is 0, and ℓ' = 1 − ℓ")
def literal_complement(n: Node, args: Args) -> Value:
    """Each table or its complement begins with 1."""
    data = truth_values(n)
    if data[(0,) * data.ndim]:
        raise RuleError("the first entry is 1")
    other = literal(~data)
    return Value.of(contraction([Term(ONE, (), ()), Term(-ONE, (), ((other.node, identity(n.sizes)),))], n.sizes))


@schema("1 − ℓ = ℓ'", "the complement of a set", condition="ℓ is a table of truth values, and ℓ' = 1 − ℓ")
def table_of_complement(n: Node, args: Args) -> Value:
    """A sum that is 1 minus a table."""
    return complement(complemented(Value.of(n)))


@schema("ℓ[i, j] = ℓ[i, j'] · ℓ[i', j], where ℓ[i', j'] = 1", "a product of sets",
        condition="ℓ is a table of truth values, (i', j') the first place where it is 1, and it is so at every index")  # fmt: skip
def literal_product(n: Node, args: Args) -> Value:
    """args: the axes i of the table; the others are j."""
    data = truth_values(n)
    first = sorted({nat(a, data.ndim) for a in args})
    parts = [first, [k for k in range(data.ndim) if k not in first]]
    if not all(parts) or not is_product(data, first):
        raise RuleError("the table is not the product of two over these axes")
    place = np.unravel_index(int(data.argmax()), data.shape)
    tables = [literal(data[tuple([slice(None) if k in kept else place[k] for k in range(data.ndim)])]).node for kept in parts]
    factors = [(x, tuple([whole(k, n.sizes[k]) for k in kept])) for x, kept in zip(tables, parts, strict=True)]
    return Value.of(contraction([Term(ONE, (), tuple(factors))], n.sizes))


def is_product(data: NDArray[np.bool_], axes: Sequence[int]) -> bool:
    """Whether a table, somewhere 1, is the product of what it is along the given axes and along the others, from its first 1."""
    place = np.unravel_index(int(data.argmax()), data.shape)
    here, there = ([slice(None) if (k in axes) == inside else slice(p, p + 1) for k, p in enumerate(place)] for inside in (True, False))
    return bool(data.any()) and bool((data == (data[tuple(here)] & data[tuple(there)])).all())


@schema("where(1 − c, x, y) = where(c, y, x)", "the complement of a set", structure="cartesian", condition="c is 0 or 1")
def where_of_complement(n: Node, args: Args) -> Value:
    """A choice by a truth value that is written as 1 minus another one."""
    condition, x, y = _choice(n)
    return Where()(complemented(condition), y, x)


@schema("where(ℓ, x, y) = where(ℓ', y, x)", "the complement of a set", structure="cartesian",
        condition="ℓ is a table of truth values, and ℓ' = 1 − ℓ")  # fmt: skip
def where_of_table(n: Node, args: Args) -> Value:
    """A choice by a table, the other way around."""
    condition, x, y = _choice(n)
    return Where()(complement(condition), y, x)


def _choice(n: Node) -> tuple[Value, Value, Value]:
    """The condition of a choice, and what is chosen from, over the axes of the node.  Raises RuleError."""
    if not isinstance(n.op, Where):
        raise RuleError(f"{n.op} is no choice")
    condition, x, y = (read(n, k) for k in range(3))
    return condition, x, y


def complement(v: Value) -> Value:
    """1 minus a table of truth values, as a table that is read in the same way.  Raises RuleError."""
    return Value(literal(~truth_values(v.node)).node, v.access, v.sizes)


def complemented(v: Value) -> Value:
    """The truth value that a value is written as 1 minus.  Raises RuleError."""
    ts = flat(v)
    numbers, others = ([t for t in ts if bool(t.factors) == varies] for varies in (False, True))
    if any(t.bounds or t.guards or t.scalar.powers for t in ts) or sum(t.scalar.rational for t in numbers) != 1:
        raise RuleError("not 1 minus something")
    if len(others) != 1 or others[0].scalar != -ONE or len(others[0].factors) != 1 or not truth(others[0].factors[0][0]):
        raise RuleError("not 1 minus a truth value")
    return Value(*others[0].factors[0], v.sizes)


RULES = (comparison_table, literal_turn, literal_complement, table_of_complement, literal_product, where_of_complement, where_of_table)
