"""Random instances of the laws of loops: bodies with states, slices and shared values, broadcast over a degree."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import assume, reject
from hypothesis import strategies as st

from ncd_cat.axes import NotAffine, identity
from ncd_cat.closing import plain
from ncd_cat.graph import Input, Node, Value, node, source
from ncd_cat.ops.contraction import linear_combination
from ncd_cat.ops.pointwise import Sin
from ncd_cat.ops.scan import Scan, instance
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE
from rewrites.loop_form import judgements
from rewrites.loop_parts import Loop
from rewrites.normal_form import Normaliser
from rewrites.rule import Rule, RuleError
from rewrites.rules.loops import scan_fission, scan_map
from rewrites.strategy import LEVELS
from tests import strategies as some
from tests.strategies import Draw

REALS = ("real", "real", "int", "bool")


@st.composite
def parts(draw: Draw, pool: list[Value]) -> Value:
    """A value of a body: a contraction, a gather, or a function that does not compare what is computed."""
    kind = draw(st.integers(0, 3))
    if kind == 0:
        return draw(some.gathers(pool))
    if kind == 1:
        degree = draw(some.sizes(2, 3))
        return softmax(draw(some.views(pool, (*degree, 2))), len(degree))
    return Sin()(draw(some.contractions(pool))) if kind == 2 else draw(some.contractions(pool))


@st.composite
def loops(draw: Draw, pool: tuple[Value, ...], states: int | None = None, added: bool = False, least: int = 1) -> Node:
    """A port of a loop of up to three steps; where `added`, a step adds to the first state what depends on slices and shared values."""
    degree, length = draw(some.sizes(1, 2)), draw(st.integers(least, 3))
    carried = draw(st.integers(0, 2)) if states is None else states
    scanned, shared = draw(st.integers(0 if carried else 1, 2)), draw(st.integers(0, 1))
    kinds = ["real"] * carried + [draw(st.sampled_from(REALS)) for _ in range(scanned + shared)]
    dom = [(draw(some.sizes(2, 3)), kind) for kind in kinds]
    inputs = [source(Input(k, kind), sizes) for k, (sizes, kind) in enumerate(dom)]
    grown = [*inputs, draw(parts(inputs))]
    free = grown if not added else [*inputs[carried:], *([draw(parts(inputs[carried:]))] if len(inputs) > carried else [])]
    made = [Sin()(draw(some.views(grown, sizes))) for sizes, _ in dom[:carried]]
    if added:
        terms = [(ONE, draw(some.views(free, dom[0][0]))) for _ in range(draw(st.integers(0, 2)) if free else 0)]
        made[0] = linear_combination(draw(st.permutations([(ONE, inputs[0]), *terms]))) if terms else inputs[0]
        grown.append(made[0])
    results = [*made, *[draw(some.views(grown)) for _ in range(draw(st.integers(0 if carried else 1, 2)))]]
    body = plain(results, dom, kinds[:carried] + [v.kind for v in results[carried:]])
    op = Scan(body, length, carried, scanned, draw(st.integers(0, len(results) - 1)))
    operands = []
    for k, (_, kind) in enumerate(dom):
        fit = [v for v in pool if kind == "real" or v.kind == kind]
        assume(fit)
        operands.append(draw(some.views(fit, degree + op.roots(k))))
    return unrollable(node(op, [(v.node, v.access) for v in operands], degree + op.out))


def unrollable(n: Node) -> Node:
    """The node, if the brackets of its body have a form in digits over more axes."""
    try:
        n.op.definition(*[Value(x, a, n.domain(k)) for k, (x, a) in enumerate(n.operands)])
    except NotAffine:
        reject()
    return n


@st.composite
def discardable(draw: Draw, pool: tuple[Value, ...]) -> Node:
    """A loop in which something does not matter, or is read twice."""
    loop = Loop.of(draw(loops(pool)))
    a, b = loop.carried, loop.carried + loop.scanned
    k = draw(st.integers(a, len(loop.dom))) if draw(st.booleans()) else len(loop.dom)
    x = loop.operands[k] if k < len(loop.dom) else loop.operands[draw(st.integers(0, len(loop.dom) - 1))]
    kind = loop.dom[k][1] if k < len(loop.dom) else x.kind
    longer = loop._replace(operands=[*loop.operands, x], dom=[*loop.dom, (x.sizes[len(loop.degree) :], kind)])
    if a <= k < b:  # as one more slice
        order = [*range(b), len(loop.dom), *range(b, len(loop.dom))]
        dom = [(loop.dom[k] if j == len(loop.dom) else loop.dom[j]) for j in order]
        new = [source(Input(order.index(j), kind), sizes) for j, (sizes, kind) in enumerate(loop.dom)]
        outputs = instance(loop.body, new, ())
        longer = loop._replace(scanned=loop.scanned + 1, operands=[longer.operands[j] for j in order], dom=dom, outputs=outputs)
    return unrollable(longer.port(draw(st.integers(0, len(loop.outputs) - 1))).node)


@st.composite
def parted(draw: Draw, pool: tuple[Value, ...]) -> tuple[Node, tuple[Any, ...]]:
    """A loop with two states, the first of which does not depend on the second; or one from which something goes out."""
    if draw(st.booleans()):
        return draw(loops(pool).filter(lambda n: applies(scan_fission, n))), ()
    loop = Loop.of(draw(loops(pool, states=2)))
    inputs = [source(Input(k, kind), sizes) for k, (sizes, kind) in enumerate(loop.dom)]
    alone = [x for k, x in enumerate(inputs) if k != 1]
    first = Sin()(draw(some.views([*alone, draw(parts(alone))], loop.dom[0][0])))
    joined = draw(parts([inputs[0], inputs[1], first]))
    second = Sin()(draw(some.views([joined], loop.dom[1][0])))
    found = loop._replace(outputs=[first, second, *loop.outputs[2:]])
    n = found.port(draw(st.integers(0, len(found.outputs) - 1))).node
    assume(applies(scan_fission, n, (0,)))
    return unrollable(n), (0,)


@st.composite
def arranged(draw: Draw, pool: tuple[Value, ...]) -> tuple[Node, tuple[Any, ...]]:
    """A loop, and an order of its inputs."""
    n = draw(loops(pool))
    loop = Loop.of(n)
    ends = (0, loop.carried, loop.carried + loop.scanned, len(loop.dom))
    return n, tuple([k for a, b in pairwise(ends) for k in draw(st.permutations(range(a, b)))])


@st.composite
def rebodied(draw: Draw, pool: tuple[Value, ...]) -> tuple[Node, tuple[Any, ...]]:
    """A loop that has a value at all numbers, and the judgements that bring its body into normal form."""
    n = draw(loops(pool))
    assume(n.defined)
    return n, judgements(n, Normaliser(LEVELS[0]))


def laws(pool: tuple[Value, ...]) -> dict[str, st.SearchStrategy[tuple[Node, tuple[Any, ...]]]]:
    """For each law of loops by name, nodes and arguments at which it applies."""
    plainly = {
        "scan_empty": loops(pool, states=2).map(without_steps),
        "scan_discard": discardable(pool).filter(_varies),
        "scan_map": loops(pool).filter(lambda n: applies(scan_map, n)),
        "scan_last": loops(pool, states=1).filter(lambda n: _stateless(n) and n.op.port == 0),  # type: ignore[attr-defined]
    }
    return {
        **{name: s.map(lambda n: (n, ())) for name, s in plainly.items()},
        "scan_split": loops(pool, least=2).flatmap(lambda n: st.integers(1, n.op.length - 1).map(lambda c: (n, (c,)))),  # type: ignore[attr-defined]
        "scan_sum": st.integers(1, 2).flatmap(lambda k: loops(pool, states=k, added=True)).filter(_varies).map(lambda n: (n, (0,))),
        "scan_fission": parted(pool),
        "scan_arrange": arranged(pool),
        "scan_body": rebodied(pool),
    }  # fmt: skip


def _port(n: Node) -> int:
    port: int = n.op.port  # type: ignore[attr-defined]
    return port


def _varies(n: Node) -> bool:
    return bool(Loop.of(n).cone(_port(n))[1])


def _stateless(n: Node) -> bool:
    return min(Loop.of(n).reads(_port(n)), default=1) >= 1


def applies(rule: Rule, n: Node, args: tuple[Any, ...] = ()) -> bool:
    """Whether a rule applies."""
    try:
        rule.apply(n, args)
    except (RuleError, NotAffine):
        return False
    return True


def without_steps(n: Node) -> Node:
    """A state of a loop like this one that has no steps, where nothing is scanned."""
    loop = Loop.of(n)
    a, b = loop.carried, loop.carried + loop.scanned
    shared = loop._replace(scanned=0, length=0, operands=[x if not a <= k < b else x.at(_first(x, len(loop.degree)), loop.degree + size)
                                                          for k, (x, (size, _)) in enumerate(zip(loop.operands, loop.dom, strict=True))])
    return shared.port(min(_port(n), a - 1)).node


def _first(x: Value, rank: int) -> tuple[Any, ...]:
    return (*identity(x.sizes[:rank]), (0, ()), *identity(x.sizes[rank + 1 :], rank))
