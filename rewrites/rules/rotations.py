"""Rotations: the cyclic group acts on the places of an axis, so one rotation after another is one by the sum.

Source: group actions.
"""

from __future__ import annotations

from ncd_cat.axes import compose, whole
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.rolling import Roll, around
from rewrites.rule import Args, RuleError, schema


@schema("roll(roll(x, a), b) = roll(x, a + b), roll(x, 0) = x", "group actions", structure="cartesian",
        condition="the axis is not shorter than that")  # fmt: skip
def roll_roll(n: Node, args: Args) -> Value:
    """Both along one axis, whole."""
    y, access = n.operands[0] if isinstance(n.op, Roll) else (n, ())
    if not isinstance(n.op, Roll) or not isinstance(y.op, Roll) or n.op.size != y.op.size:
        raise RuleError("not a rotation of a rotation")
    size, count = n.op.size, len(n.degree)
    along = whole(count, size)
    if access[-1] != along or any(d[1] == count for e in access[:-1] for d in e[1]):
        raise RuleError("not along one axis")
    x, inner = y.operands[0]
    reading = compose(inner, access, y.sizes)
    by = around(size, n.op.by + y.op.by)
    moved = Value(x, reading, (*n.degree, size))
    return moved if by == 0 else apply(Roll(size, by), moved, degree=n.degree)


RULES = (roll_roll,)
