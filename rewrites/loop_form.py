"""Which law of loops is used where: what no state enters goes out of a loop, sums are taken, loops over one axis become one.

Each move makes the body, the states, the operands or the steps fewer, so that they end: what is done outside once does not
come back, a state that is a sum is no state, two loops are one, a cut loop is two shorter ones.  A loop of a known, small
number of steps to which no law applies is unrolled, as every definition is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ncd_cat.axes import whole
from ncd_cat.graph import Node
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.scan import LONGEST, Scan
from ncd_cat.sizes import Poly, Size
from rewrites.chain import Chain
from rewrites.rule import Rule
from rewrites.rules import definitions, loops


def shortened(chain: Chain, steps: int) -> bool:
    """Apply the first law that applies to a loop; a loop of at most `steps` steps is unrolled first."""
    op = chain.node.op
    if not isinstance(op, Scan):
        return False
    if isinstance(op.length, int) and op.length <= steps and chain.tried(definitions.unfold):
        return True
    return any(chain.tried(rule, *args) for rule, args in _moves(chain.node, op))


def _moves(n: Node, op: Scan) -> Iterator[tuple[Rule, tuple[Any, ...]]]:
    for rule in (loops.scan_empty, loops.scan_discard, loops.scan_map, loops.scan_last, loops.scan_hoist):
        yield rule, ()
    for state in range(op.carried):
        yield loops.scan_sum, (state,)
    slices = range(op.carried, op.carried + op.scanned)
    for k in slices:
        yield loops.scan_fuse, tuple([j for j in slices if j == k or (j > k and _together(n, j, k))])
    yield definitions.unfold, ()
    for cut in _cuts(n, op):
        yield loops.scan_split, (cut,)


def _together(n: Node, j: int, k: int) -> bool:
    """Whether two operands may be outputs of one loop."""
    one, other = (n.operands[i][0] for i in (j, k))
    return isinstance(one.op, Scan) and isinstance(other.op, Scan) and one.op.joint == other.op.joint and one.operands == other.operands


def _cuts(n: Node, op: Scan) -> Iterator[Size]:
    """Where a loop may be cut: after the steps that are certain of a symbolic number, and between parts of an operand."""
    if isinstance(op.length, Poly):
        certain = dict(op.length.terms).get((), 0)
        if 0 < certain <= LONGEST:
            yield certain
    steps = whole(len(n.degree), op.length)
    for x, access in n.operands[op.carried : op.carried + op.scanned]:
        if isinstance(x.op, Contraction):
            guards = [e for t in terms_of(x) for equal, e in t.guards if not equal and len(e[1]) == 1]
            for first, (sign, axis, _, _) in [(c, digit) for c, (digit,) in guards]:
                if axis < len(access) and access[axis] == steps and sign in (1, -1):
                    yield -first if sign == 1 else first + 1
