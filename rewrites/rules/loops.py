"""Loops with state: laws of (s, y[t]) = f(s, x[t], w), t = 0, …, n − 1, each true for every n, symbolic or not.

What no state enters is done for all steps at once; a loop some of whose states depend on each other only is two loops, one on
the outputs of the other; a state that is only added to is a sum; one loop over n + m steps is two.  Peeling a step off is
splitting at 1 or at n − 1, unrolling is the definition (`definitions.unfold`).  Sources: the scan laws of Bird, An introduction
to the theory of lists, 1987; loop fission and loop-invariant code motion as in Allen and Cocke, A catalogue of optimizing
transformations, 1972.
"""

from __future__ import annotations

from collections.abc import Container

from ncd_cat.axes import Sizes, add, identity, renumber, scale, shift, whole
from ncd_cat.graph import Graph, Input, Node, Value, node, source
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import Contraction, Term, contraction, term, terms_of
from ncd_cat.ops.scan import instance
from ncd_cat.scalars import ONE
from ncd_cat.signature import KINDS, Guard
from ncd_cat.sizes import Poly, provably_nonnegative
from rewrites.loop_parts import Loop
from rewrites.rule import Args, RuleError, nat, schema


def _port(n: Node) -> int:
    port: int = n.op.port  # type: ignore[attr-defined]
    return port


def _some_steps(loop: Loop) -> None:
    if not provably_nonnegative(loop.length - 1):
        raise RuleError("the loop may have no steps")


@schema("scan(f) over 0 steps = s", "the definition of recursion, at 0", condition="the port is a state")
def scan_empty(n: Node, args: Args) -> Value:
    """A loop without steps gives the first state."""
    loop = Loop.of(n)
    if loop.length != 0 or _port(n) >= loop.carried:
        raise RuleError("the loop has steps")
    return loop.operands[_port(n)]


@schema("scan(f) = scan(g), where g is f without what the port does not depend on", "copy and discard are natural")
def scan_discard(n: Node, args: Args) -> Value:
    """States, inputs and outputs that do not matter to the port are dropped; operands that are equal become one."""
    loop, port = Loop.of(n), _port(n)
    outputs, inputs = loop.cone(port)
    if not inputs:
        raise RuleError("the port is constant")
    found, new = loop.kept(outputs, inputs, port)
    if len(found.operands) == len(loop.operands) and len(found.outputs) == len(loop.outputs):
        raise RuleError("everything matters to the port")
    return found.port(new)


@schema("scan(f)[t] = f(s[t], x[t]), where s[t] is the state before step t", "broadcasting is a functor",
        condition="the port is an output, and not a state before each step")  # fmt: skip
def scan_map(n: Node, args: Args) -> Value:
    """An output is the body broadcast over the steps, on the states before each; without states it needs no loop."""
    loop, port = Loop.of(n), _port(n)
    if port < loop.carried:
        raise RuleError("the port is a state")
    v = loop.outputs[port]
    if isinstance(v.node.op, Input) and v.node.op.position < loop.carried and v == Value.of(v.node):
        raise RuleError("the port is a state before each step")
    return loop.at_all_steps(v)


@schema("scan(f) = f(x[n−1])", "the definition of recursion, at n", condition="the port is a state that no state enters, and n >= 1")
def scan_last(n: Node, args: Args) -> Value:
    """A state that is made anew in every step is the one that the last step makes."""
    loop, port = Loop.of(n), _port(n)
    _some_steps(loop)
    if port >= loop.carried or min(loop.reads(port), default=loop.carried) < loop.carried:
        raise RuleError("a state enters the state")
    (found,) = instance(Graph(loop.body.dom, (), (loop.outputs[port],)), loop.at_step(loop.length - 1), loop.degree)
    return found


@schema("scan(f) over n steps = scan(f) over c steps, then over n − c", "Bird's law of scans and concatenation",
        condition="1 <= c <= n − 1; or 0 <= c <= n, where the port is a state and nothing is scanned")  # fmt: skip
def scan_split(n: Node, args: Args) -> Value:
    """args: c."""
    loop, port = Loop.of(n), _port(n)
    (cut,) = args
    least = 1 if loop.scanned or port >= loop.carried else 0
    if type(cut) not in (int, Poly) or not (provably_nonnegative(cut - least) and provably_nonnegative(loop.length - cut - least)):
        raise RuleError("the cut is not inside the loop")
    early = loop._replace(length=cut, operands=loop.at_steps(0 * cut, cut))
    late = loop._replace(length=loop.length - cut, operands=loop.at_steps(cut, loop.length - cut))
    late = late._replace(operands=[*[early.port(k) for k in range(loop.carried)], *late.operands[loop.carried :]])
    return late.port(port) if port < loop.carried else concatenate([early.port(port), late.port(port)], len(loop.degree))


# ---- what other states do not enter -----------------------------------------------------------------------------------------


@schema("scan(g ⨾ f) = scan(f) on the outputs of scan(g)", "loop fission; without states, loop-invariant code motion",
        condition="what is moved out depends, in any number of steps, on no states but those of g")  # fmt: skip
def scan_fission(n: Node, args: Args) -> Value:
    """args: the states of g, perhaps none.  What only they and no states enter is done before the loop, for all steps at once.

    What is positive stays: of an input the body would not know that it is.
    """
    loop = _parted(Loop.of(n))
    own = {nat(k, loop.carried) for k in args}
    late = loop.depending(set(range(loop.carried)) - own)
    read = {v.node for v in loop.outputs} | {x for m in loop.body.nodes() if m in late or m.positive for x, _ in m.operands}
    movable = [x for x in loop.depending(range(len(loop.dom))) if x in read and x not in late and not x.positive]
    moved = [x for x in movable if not isinstance(x.op, Input) or x.op.position in own]
    if not moved:
        raise RuleError("a state enters everything")
    varying = loop.depending(range(loop.carried + loop.scanned))
    steps, once = ([x for x in moved if (x in varying) == each] for each in (True, False))
    values = [_at_all_steps(loop, x, own) for x in steps]
    values += instance(Graph(loop.body.dom, (), tuple(map(Value.of, once))), loop.operands, loop.degree)
    return loop.with_inputs(steps, once, values).port(_port(n))


def _at_all_steps(loop: Loop, x: Node, own: Container[int]) -> Value:
    """A node of the body at all steps, (degree, steps, own): of all states, only some may enter it, in any number of steps."""
    longer = loop._replace(outputs=[*loop.outputs, Value.of(x)], kinds=[*loop.kinds, x.kind])
    outputs, inputs = longer.cone(len(loop.outputs))
    states = [k for k in inputs if k < loop.carried]
    if not states:
        return loop.at_all_steps(Value.of(x))
    if any(k not in own for k in states):
        raise RuleError("another state enters what is moved out")
    _some_steps(loop)
    found, port = longer.kept(outputs, inputs, len(loop.outputs))
    return found.port(port)


def _parted(loop: Loop) -> Loop:
    """The loop with the terms of each sum that no state enters, where some are, as a sum of their own."""
    late, varying, found = loop.depending(range(loop.carried)), loop.depending(range(len(loop.dom))), dict[Node, Node]()
    for n in loop.body.nodes():
        m = node(n.op, [(found[x], a) for x, a in n.operands], n.sizes)
        found[n] = m
        if n in late and isinstance(n.op, Contraction):
            ts = terms_of(n)
            free = [k for k, t in enumerate(ts) if not any(x in late for x, _ in t.factors)]
            if any(x in varying for k in free for x, _ in ts[k].factors) and not (len(free) == 1 and _is_slice(ts[free[0]], n.sizes)):
                own = contraction([terms_of(m)[k] for k in free], n.sizes)
                rest = [t for k, t in enumerate(terms_of(m)) if k not in free]
                found[n] = contraction([*rest, Term(ONE, (), ((own, identity(n.sizes)),))], n.sizes)
    return loop._replace(outputs=[Value(found[v.node], v.access, v.sizes) for v in loop.outputs])


def _is_slice(t: Term, sizes: Sizes) -> bool:
    return t[:2] == (ONE, ()) and not t.guards and [(type(x.op), x.sizes, a) for x, a in t.factors] == [(Input, sizes, identity(sizes))]


# ---- a state that is only added to --------------------------------------------------------------------------------


@schema("scan(λ s x. s + g(x)) = s + Σ_t g(x[t]), and before step t it is s + Σ_r [r < t] g(x[r])", "induction on the number of steps",
        structure="linear", condition="no state enters g, and n >= 1")  # fmt: skip
def scan_sum(n: Node, args: Args) -> Value:
    """args: a state.  It is no state any more: the loop reads its sums, before and after each step, as slices."""
    loop, port = Loop.of(n), _port(n)
    p = nat(args[0], loop.carried)
    _some_steps(loop)
    if not loop.cone(port)[1]:
        raise RuleError("the port is constant")
    start, rest = loop.operands[p], _addend(loop, p)
    added = None if rest is None else _at_all_steps(loop, rest, ())
    if port == p:
        return _partial_sum(loop, start, added, None)
    before, after = _partial_sum(loop, start, added, -1), _partial_sum(loop, start, added, 0)
    state, updated = source(Input(p, loop.dom[p][1]), loop.dom[p][0]).node, loop.outputs[p].node
    used = [x for x in dict.fromkeys((updated, state)) if x in loop.body.nodes()]
    values = [before if x is state else after for x in used]
    if any(KINDS.index(v.kind) < KINDS.index(x.kind) for v, x in zip(values, used, strict=True)):
        raise RuleError("the sum is of a more general kind than the state")
    found = loop.with_inputs(used, [], values)
    reduced, new = found.kept(*found.cone(port), port)
    return reduced.port(new)


def _addend(loop: Loop, p: int) -> Node | None:
    """What a step adds to state p; None for nothing.  Raises RuleError unless a step adds to it, as a whole."""
    v, state = loop.outputs[p], source(Input(p, loop.dom[p][1]), loop.dom[p][0]).node
    if v == Value.of(state):
        return None
    if v != Value.of(v.node) or not isinstance(v.node.op, Contraction):
        raise RuleError("the state is not added to")
    ts, plus = list(terms_of(v.node)), Term(ONE, (), ((state, identity(state.sizes)),))
    if plus not in ts:
        raise RuleError("the state is not added to")
    ts.remove(plus)
    return contraction(ts, v.node.sizes) if ts else None


def _partial_sum(loop: Loop, start: Value, added: Value | None, delay: int | None) -> Value:
    """start + Σ_r [r <= t + delay] added[r], over (degree, steps t, own); the whole sum, over (degree, own), for no delay."""
    rank, own = len(loop.degree), start.sizes[len(loop.degree) :]
    sizes = loop.degree + (() if delay is None else (loop.length,)) + own
    place = len(sizes) - len(own)
    keep = identity(loop.degree) + tuple([renumber(e, place - rank) for e in identity(own, rank)])
    terms = [term(ONE, (), [(start, keep)], sizes=sizes)]
    if added is not None:
        r = whole(len(sizes), loop.length)
        guards: list[Guard] = [] if delay is None else [(False, shift(add(whole(rank, loop.length), scale(r, -1)), delay))]
        terms.append(term(ONE, (loop.length,), [(added, (*keep[:rank], r, *keep[rank:]))], guards, sizes=sizes))
    return Value.of(contraction(terms, sizes))


RULES = (scan_empty, scan_discard, scan_map, scan_last, scan_split, scan_fission, scan_sum)
