"""Polynomials: products of sums of products are sums of products, in a commutative ring.

One instance multiplies out a whole tree of sums and products, so that a proof need not mention what is between.
Source: Mac Lane and Birkhoff, Algebra, chapter III (the polynomial ring is free).
"""

from __future__ import annotations

from ncd_cat.graph import Node, Value
from ncd_cat.ops.contraction import Contraction, Term, terms_of
from rewrites.rule import Args, RuleError, schema
from rewrites.rules.linear import inlined, rebuilt, terms

LARGEST = 64  # more monomials, or more factors of one, are refused: it bounds what a certificate can make the kernel do


@schema("Π Σ … Π Σ f = Σ Π f", "distributivity and associativity of a commutative ring", structure="linear",
        condition="all factors are finite, and no sum below is empty or in brackets; args: none")  # fmt: skip
def multiply_out(n: Node, args: Args) -> Value:
    """Every factor that is a contraction is replaced by its sum, and so are its factors, until none is left."""
    if args or not (n.finite and n.defined):
        raise RuleError("a product with a factor that may be infinite, or have no value, is not multiplied out")
    todo, found = [*reversed(terms(n))], list[Term]()
    while todo:
        t = todo.pop()
        k = next((k for k in reversed(range(len(t.factors))) if isinstance(t.factors[k][0].op, Contraction)), None)
        if k is None:
            found.append(t)
            continue
        below = terms_of(t.factors[k][0])
        if not below or any(one.guards for one in below):
            raise RuleError("a sum that is empty, or in brackets, is not multiplied out")
        todo += reversed(inlined(t, k, n.sizes))
        if len(found) + len(todo) > LARGEST or len(todo[-1].factors) > LARGEST:
            raise RuleError("the polynomial is too large")
    return rebuilt(found, n)


RULES = (multiply_out,)
