"""Which law of loops is used where: what no state enters goes out of a loop, as do states that need no others; sums are taken.

Each move makes the body, the states, the operands or the steps fewer, so that they end: what is done outside once does not
come back, a state that is a sum is no state, a cut loop is two shorter ones.  A loop of a known, small
number of steps to which no law applies is unrolled, as every definition is.  The body of what is left is brought into
normal form, its states and operands into an order that does not depend on how they were given.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ncd_cat.axes import whole
from ncd_cat.graph import Input, Node, source
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.ops.scan import LONGEST, Scan, instance
from ncd_cat.sizes import Poly, Size
from rewrites.chain import Chain, Step, ordered
from rewrites.loop_parts import Loop
from rewrites.rule import Rule
from rewrites.rules import bodies, definitions, loops

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser


def shortened(chain: Chain, steps: int) -> bool:
    """Apply the first law that applies to a loop; a loop of at most `steps` steps is unrolled first."""
    op = chain.node.op
    if not isinstance(op, Scan):
        return False
    if isinstance(op.length, int) and op.length <= steps and chain.tried(definitions.unfold):
        return True
    return any(chain.tried(rule, *args) for rule, args in _moves(chain.node, op))


def _moves(n: Node, op: Scan) -> Iterator[tuple[Rule, tuple[Any, ...]]]:
    yield loops.scan_empty, ()
    yield loops.scan_discard, ()
    if op.port >= op.carried and not Loop.of(n).cone(op.port)[1] & {*range(op.carried)}:
        yield loops.scan_map, ()
    yield loops.scan_last, ()
    for states in _closed(Loop.of(n)):
        yield loops.scan_fission, states
    for state in range(op.carried):
        yield loops.scan_sum, (state,)
    yield definitions.unfold, ()
    yield loops.scan_map, ()
    for cut in _cuts(n, op):
        yield loops.scan_split, (cut,)


def _closed(loop: Loop) -> list[tuple[int, ...]]:
    """No states, and sets of states that depend on each other only, but not all of them; the smallest first."""
    states = [tuple(sorted(k for k in loop.cone(port)[1] if k < loop.carried)) for port in range(loop.carried)]
    return [(), *sorted({s for s in states if len(s) < loop.carried}, key=lambda s: (len(s), s))]


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


# ---- the body -----------------------------------------------------------------------------------------------------


def settled(chain: Chain, nf: Normaliser) -> None:
    """Bring the body into normal form and the operands into canonical order; what then can go out of the loop goes out."""
    order = _order(Loop.of(chain.node))
    if order != sorted(order):
        chain.rule(bodies.scan_arrange, *order)
    if chain.node not in nf.bodies and chain.tried(bodies.scan_body, *judgements(chain.node, nf)):
        nf.bodies.add(chain.node)
        chain.by(nf.step(chain.node))


def _order(loop: Loop) -> list[int]:
    """The inputs in canonical order: by operand; states also by what a step makes of them, whatever the states are."""
    a, b = loop.carried, loop.carried + loop.scanned
    keys = [hash((x.node.order, x.access)) for x in loop.operands]
    new = [source(Input(keys[k], kind), sizes) for k, (sizes, kind) in enumerate(loop.dom)]
    made = instance(loop.body, new, ())
    second = [hash((v.node.order, v.access)) for v in made[:a]] + [0] * (len(keys) - a)
    return sorted(range(len(keys)), key=lambda k: ((k >= a) + (k >= b), keys[k], second[k]))


def judgements(n: Node, nf: Normaliser) -> tuple[Any, ...]:
    """The arguments of `scan_body` that bring the body of a loop into normal form."""
    steps = [nf.step(v.node) for v in n.op.body.outputs]  # type: ignore[attr-defined]
    number = {step: k for k, step in enumerate(ordered([s for s in steps if s is not None]))}
    return tuple([None if s is None else number[s] for s in steps]), tuple([(s.subject, *_entries(s, number)) for s in number])


def _entries(step: Step, number: dict[Step, int]) -> Iterator[tuple[Any, ...]]:
    for name, *args in step.entries:
        if name == "replace":
            yield name, tuple([(k, number[s]) for k, s in args[0]])
        elif name == "by":
            yield name, number[args[0]]
        elif name == "view":
            yield (name,)
        else:
            yield args[0], *args[1]
