"""Rotations: the cyclic group acts on the places of an axis, so one rotation after another is one by the sum.

Source: group actions.
"""

from __future__ import annotations

from ncd_cat.axes import compose, identity
from ncd_cat.graph import Node, Value
from ncd_cat.ops.rolling import Roll, roll
from rewrites.rule import Args, RuleError, schema


@schema("roll(roll(x, a), b) = roll(x, a + b), roll(x, 0) = x", "group actions", structure="cartesian",
        condition="the axis is not shorter than that")  # fmt: skip
def roll_roll(n: Node, args: Args) -> Value:
    """Both along the same axes, each of them whole."""
    y, access = n.operands[0] if isinstance(n.op, Roll) else (n, ())
    if not isinstance(n.op, Roll) or not isinstance(y.op, Roll) or n.op.sizes != y.op.sizes:
        raise RuleError("not a rotation of a rotation")
    start, count = len(n.degree), len(n.op.sizes)
    rest, along = access[: len(access) - count], access[len(access) - count :]
    if along != identity(n.op.sizes, start) or any(d[1] >= start for e in rest for d in e[1]):
        raise RuleError("not along the same axes")
    x, inner = y.operands[0]
    moved = Value(x, compose(inner, access, y.sizes), (*n.degree, *n.op.sizes))
    axes = range(start, start + count)
    return roll(moved, axes, [a + b for a, b in zip(n.op.by, y.op.by, strict=True)])


RULES = (roll_roll,)
