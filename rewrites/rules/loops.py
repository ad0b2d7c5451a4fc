"""Loops with state: laws of (s, y[t]) = f(s, x[t], w), t = 0, …, n − 1, each true for every n, symbolic or not.

What no state enters is done for all steps at once; a state that is only added to is a sum; two loops over one axis are one
loop, one loop over n + m steps is two.  Peeling a step off is splitting at 1 or at n − 1, unrolling is the definition
(`definitions.unfold`).  Sources: the scan laws of Bird, An introduction to the theory of lists, 1987; loop fusion and
loop-invariant code motion as in Allen and Cocke, A catalogue of optimizing transformations, 1972.
"""

from __future__ import annotations

from ncd_cat.axes import Sizes, add, compose, identity, renumber, scale, shift, whole, within
from ncd_cat.graph import Graph, Input, Node, Value, node, source
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import Contraction, Term, contraction, term, terms_of
from ncd_cat.ops.scan import instance
from ncd_cat.scalars import ONE
from ncd_cat.signature import KINDS, Guard, Kind
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


@schema("scan(f)[t] = f(x[t])", "broadcasting is a functor", condition="the port is an output that reads no state")
def scan_map(n: Node, args: Args) -> Value:
    """An output that no state enters is the body broadcast over the steps."""
    loop, port = Loop.of(n), _port(n)
    if port < loop.carried or min(loop.reads(port), default=loop.carried) < loop.carried:
        raise RuleError("a state enters the output")
    return loop.at_all_steps(loop.outputs[port])


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


# ---- what no state enters -----------------------------------------------------------------------------------------


@schema("scan(λ s x. f(s, g(x))) = scan(λ s z. f(s, z)) on z[t] = g(x[t])", "loop-invariant code motion", condition="no state enters g")
def scan_hoist(n: Node, args: Args) -> Value:
    """What no state enters is done before the loop: for all steps at once, or once where it depends on no slice.

    What is positive stays: of an input the body would not know that it is.
    """
    loop = _parted(Loop.of(n))
    late, all_nodes = loop.depending(range(loop.carried)), loop.depending(range(len(loop.dom)))
    early = [x for x in all_nodes if x not in late and not isinstance(x.op, Input) and not x.positive]
    read = {v.node for v in loop.outputs} | {x for m in loop.body.nodes() if m in late or m.positive for x, _ in m.operands}
    moved = [x for x in early if x in read]
    if not moved:
        raise RuleError("a state enters everything")
    sliced = loop.depending(range(loop.carried, loop.carried + loop.scanned))
    steps, once = ([x for x in moved if (x in sliced) == each] for each in (True, False))
    values = [loop.at_all_steps(Value.of(x)) for x in steps]
    values += instance(Graph(loop.body.dom, (), tuple(map(Value.of, once))), loop.operands, loop.degree)
    return loop.with_inputs(steps, once, values).port(_port(n))


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
        structure="linear", condition="the state does not enter g, and n >= 1")  # fmt: skip
def scan_sum(n: Node, args: Args) -> Value:
    """args: a state.  It is no state any more: the loop reads its sums, before and after each step, as slices."""
    loop, port = Loop.of(n), _port(n)
    p = nat(args[0], loop.carried)
    _some_steps(loop)
    if not loop.cone(port)[1]:
        raise RuleError("the port is constant")
    start, rest = loop.operands[p], _addend(loop, p)
    added = None if rest is None else _outputs_of(loop, rest, p)
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


def _outputs_of(loop: Loop, rest: Node, p: int) -> Value:
    """A node of the body at all steps, (degree, steps, own), which state p must not enter in any number of steps."""
    kind: Kind = rest.kind
    longer = loop._replace(outputs=[*loop.outputs, Value.of(rest)], kinds=[*loop.kinds, kind])
    outputs, inputs = longer.cone(len(loop.outputs))
    if p in inputs:
        raise RuleError("what is added depends on the state")
    if min(inputs, default=loop.carried) >= loop.carried:
        return loop.at_all_steps(Value.of(rest))
    found, port = longer.kept(outputs, inputs, len(loop.outputs))
    return found.port(port)


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


# ---- two loops over one axis --------------------------------------------------------------------------------------


@schema("scan(f) on the outputs of scan(g) = scan(g ⨾ f)", "loop fusion", condition="over the same steps; f reads g[t] in step t")
def scan_fuse(n: Node, args: Args) -> Value:
    """args: the scanned operands that are outputs of one other loop, ascending."""
    loop, ks = Loop.of(n), [nat(k, len(n.operands)) for k in args]
    if not ks or sorted(set(ks)) != ks or not loop.carried <= ks[0] <= ks[-1] < loop.carried + loop.scanned:
        raise RuleError("not scanned operands, ascending")
    others = [_source_of(n, loop, k) for k in ks]
    first = others[0][0]
    if any(other != first for other, _ in others[1:]):
        raise RuleError("not outputs of one loop")
    rest = [k for k in range(loop.carried, len(loop.dom)) if k not in ks]
    a, b = loop.carried, loop.carried + loop.scanned
    order = [*[(0, k) for k in range(a)], *[(1, k) for k in range(first.carried)], *[(0, k) for k in rest if k < b],
             *[(1, k) for k in range(first.carried, first.carried + first.scanned)], *[(0, k) for k in rest if k >= b],
             *[(1, k) for k in range(first.carried + first.scanned, len(first.dom))]]  # fmt: skip
    dom = [(loop, first)[which].dom[k] for which, k in order]
    new = {place: source(Input(j, kind), sizes) for j, (place, (sizes, kind)) in enumerate(zip(order, dom, strict=True))}
    inner = instance(first.body, [new[1, k] for k in range(len(first.dom))], ())
    joined = {k: inner[port] for k, (_, port) in zip(ks, others, strict=True)}
    outer = instance(loop.body, [joined[k] if k in joined else new[0, k] for k in range(len(loop.dom))], ())
    c = first.carried
    both = Loop(loop.degree, loop.length, a + c, loop.scanned - len(ks) + first.scanned, [(loop, first)[w].operands[k] for w, k in order],
                dom, [*outer[:a], *inner[:c], *outer[a:]], [*loop.kinds[:a], *first.kinds[:c], *loop.kinds[a:]])  # fmt: skip
    return both.port(_port(n) if _port(n) < a else _port(n) + c)


def _source_of(n: Node, loop: Loop, k: int) -> tuple[Loop, int]:
    """The loop, over n's degree, whose outputs operand k is, step by step; and the port."""
    y, access = n.operands[k]
    other, port, rank = Loop.of(y), _port(y), len(loop.degree)
    split = len(other.degree)
    if port < other.carried or other.length != loop.length or y.sizes[split:] != n.domain(k)[rank:]:
        raise RuleError("not the outputs of a loop over the same steps")
    alpha = access[:split]
    if access[split:] != identity(y.sizes[split:], rank) or any(d[1] >= rank for e in alpha for d in e[1]):
        raise RuleError("the outputs are not read in their order")
    if not all(within(e, size) for e, size in zip(alpha, other.degree, strict=True)):
        raise RuleError("the access may leave the axes of the operand")
    operands = []
    for j, (x, a) in enumerate(y.operands):
        roots = y.op.roots(j)
        operands.append(Value(x, compose(a, alpha + identity(roots, rank), other.degree + roots), loop.degree + roots))
    return other._replace(degree=loop.degree, operands=operands), port


RULES = (scan_empty, scan_discard, scan_map, scan_last, scan_split, scan_hoist, scan_sum, scan_fuse)
