"""Definitions: a derived op is, on its operands, the diagram that defines it; broadcasting it broadcasts the diagram."""

from __future__ import annotations

from ncd_cat.graph import Node, Value
from rewrites.rule import Args, RuleError, schema


@schema("op(x₁, …) = definition of op (x₁, …)", "the op's own declaration")
def unfold(n: Node, args: Args) -> Value:
    """A derived op is replaced by its definition, at any degree."""
    operands = [Value(x, access, n.domain(k)) for k, (x, access) in enumerate(n.operands)]
    other = n.op.definition(*operands)
    if other is None:
        raise RuleError(f"{n.op} is primitive")
    return other


RULES = (unfold,)
