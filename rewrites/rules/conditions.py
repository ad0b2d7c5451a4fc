"""Conditions: x = r(x) for a retraction r onto S says that x lies in S, and truth values t are compared as numbers: f(t) = a + b·t.

An assumption about an input or a weight is one rule, which states it; what follows from it is read off the form of r(x).
Source: idempotents split (Freyd, Abelian categories, 1964); functions on {0, 1} are affine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from ncd_cat.graph import Input, Node, Value, Weight, apply
from ncd_cat.ops.contraction import Contraction, Term, contraction, number, subtract, terms_of
from ncd_cat.ops.pointwise import Compare, Equal, Less
from ncd_cat.ops.retraction import Nonnegative, Nonzero, Positive, PositiveRows
from ncd_cat.scalars import Scalar
from rewrites.facts import truth
from rewrites.rule import Args, RuleError, schema
from rewrites.rules.linear import name_of, twice
from rewrites.rules.order import nonnegative, read


@dataclass(frozen=True)
class Condition:
    """What is said of an array, and the retraction onto the arrays of which it holds; `truths` if it can be said of truth values."""

    said: str
    retraction: Callable[[Value], Value]
    truths: bool = False


def _truth(v: Value) -> Value:
    return Less()(number(0, v.sizes), v)


def _rows(v: Value) -> Value:
    if not v.sizes:
        raise RuleError("a number has no rows")
    return apply(PositiveRows(v.sizes[-1], nonnegative(v.node) or truth(v.node)), v, degree=v.sizes[:-1])


def _rows_of_complement(v: Value) -> Value:
    if not truth(v.node):
        raise RuleError("rows of 1 − x are about truth values")
    one = number(1, v.sizes)
    return subtract(one, _rows(subtract(one, v)))


CONDITIONS = {
    "truth": Condition("is 0 or 1", _truth),
    "positive": Condition("is positive", Positive()),
    "nonnegative": Condition("is not negative", Nonnegative()),
    "nonzero": Condition("is not 0", Nonzero()),
    "rows": Condition("has a positive sum in every row", _rows, truths=True),
    "rows of complement": Condition("is not 1 throughout a row", _rows_of_complement, truths=True),
}


def _said(n: Node, args: Args) -> tuple[str, ...]:
    return tuple([f"{name_of(n)} {CONDITIONS[a].said if type(a) is str else f'is {_number(a)}'}" for a in args])


def _number(given: Any) -> Fraction:
    """The number that two integers are the quotient of.  Raises ValueError, TypeError or ZeroDivisionError."""
    numerator, denominator = given
    if type(numerator) is not int or type(denominator) is not int:
        raise RuleError(f"{given!r:.60} is not a quotient of integers")
    return Fraction(numerator, denominator)


@schema("x = r(x) for x in S", "idempotents split", assumes=_said, structure="real field",
        condition="x is an input or a weight, and r is the retraction onto S, in which x is assumed to lie")  # fmt: skip
def assumed(n: Node, args: Args) -> Value:
    """args: names of conditions, the retraction of the first innermost; or one quotient of integers that x is everywhere."""
    if not isinstance(n.op, Input | Weight) or not args or len(set(args)) != len(args):
        raise RuleError(f"{n.op} is no input or weight, or nothing is assumed of it, or something twice")
    v = Value.of(n)
    if type(args[0]) is not str:
        (given,) = args
        return number(_number(given), n.sizes)
    for name in args:
        condition = CONDITIONS[name]
        if n.kind == "bool" and not condition.truths:
            raise RuleError(f"{n.op} {condition.said}: that is about numbers, not about truth values")
        v = condition.retraction(v)
    return v


# ---- comparisons of truth values ----------------------------------------------------------------------------------


def constant(n: Node) -> Fraction | None:
    """The rational number that a node is everywhere by its form; None if it is none."""
    ts = terms_of(n) if isinstance(n.op, Contraction) else None
    if ts is None or len(ts) > 1 or any(t.factors or t.bounds or t.guards or t.scalar.powers for t in ts):
        return None
    return ts[0].scalar.rational if ts else Fraction(0)


@schema("[t < c] = [0 < c] + ([1 < c] − [0 < c]) · t, and so for <=, = and the other order", "functions on {0, 1} are affine",
        structure="order", condition="every entry of t is seen to be 0 or 1, and to have a value if it is read no more")  # fmt: skip
def compare_truth(n: Node, args: Args) -> Value:
    """A comparison of a truth value with a number."""
    if not isinstance(n.op, Compare):
        raise RuleError(f"{n.op} is no comparison")
    values = [read(n, k) for k in (0, 1)]
    numbers = [constant(v.node) for v in values]
    (k, *more) = [k for k in (0, 1) if numbers[k] is None] or (0, 1)
    t, c = values[k], numbers[1 - k]
    if more or c is None or not truth(t.node):
        raise RuleError("not a comparison of one truth value with a number")
    at = [compared(n.op, *((x, c) if k == 0 else (c, x))) for x in (Fraction(0), Fraction(1))]
    if at[0] == at[1] and not t.node.defined:
        raise RuleError("what is no more read may have no value")
    slope = Term(Scalar.of(Fraction(at[1] - at[0])), (), ((t.node, t.access),))
    return Value.of(contraction([Term(Scalar.of(1), (), ())] * at[0] + [slope] * (at[0] != at[1]), n.sizes))


def compared(op: Compare, x: Fraction, y: Fraction) -> int:
    """What a comparison of two numbers is."""
    if isinstance(op, Equal):
        return int(x == y)
    return int(x < y if isinstance(op, Less) else x <= y)


@schema("t · t = t", "idempotence of conjunction", structure="order", condition="every entry of t is seen to be 0 or 1")
def truth_square(n: Node, args: Args) -> Value:
    """args: term, two equal factors t."""
    ts, which, j, k = twice(n, args)
    t = ts[which]
    if not truth(t.factors[j][0]):
        raise RuleError("not a truth value")
    ts[which] = t._replace(factors=tuple([f for i, f in enumerate(t.factors) if i != k]))
    return Value.of(contraction(ts, n.sizes))


RULES = (assumed, compare_truth, truth_square)
