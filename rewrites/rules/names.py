"""Names for values: an array is the array that holds it, so a proof may go on with a box in place of a term.

To the other rules such a box is a variable, of which they know what its op declares: whether it is positive, finite, defined.
Source: the cut rule of Gentzen 1935.
"""

from __future__ import annotations

from ncd_cat.graph import Node, Value
from ncd_cat.ops.held import Held
from rewrites.rule import Args, RuleError, schema


@schema("x = held(x)", "the definition of held", condition="x is real, and not held already")
def hold(n: Node, args: Args) -> Value:
    """A real array."""
    if args or n.kind != "real" or isinstance(n.op, Held):
        raise RuleError(f"{n.op} cannot be held")
    return Held()(Value.of(n))


RULES = (hold,)
