"""No two different functions are ever proved equal, and no two equal ones refuted: random graphs and their near misses.

A near miss changes one edge, index, coefficient, bracket, factor or op of a random graph, and counts if the two differ at a
point; an equal pair differs by random instances of the rules.  The hunts for many more are `test_fuzz_*`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.errors import NcdError
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Node, Value, node
from ncd_cat.ops.activation import Relu, Tanh
from ncd_cat.ops.contraction import contraction, terms_of
from ncd_cat.ops.pointwise import Equal, Less, LessEqual, Maximum, Minimum
from ncd_cat.ops.reduction import Max, Min
from ncd_cat.scalars import Scalar
from ncd_cat.types import Array
from ncd_cat.welltyped import validate
from proofs.prove import prove
from rewrites.rules import RULES
from tests.rewrites.instances import INSTANCES, Instance
from tests.strategies import DTYPE, Draw, arrays, graphs

OTHER = {Maximum: Minimum(), Minimum: Maximum(), Less: LessEqual(), LessEqual: Equal(), Equal: Less(), Tanh: Relu(), Relu: Tanh()}
QUICK = settings(phases=[Phase.generate], suppress_health_check=list(HealthCheck))
APART = 1e-6


def mutants(n: Node) -> Iterator[Node]:
    """Nodes that differ from n in one thing."""
    ts = terms_of(n) if hasattr(n.op, "specs") else ()
    for k, t in enumerate(ts):
        new = [t._replace(scalar=t.scalar * Scalar.of(2)), t._replace(scalar=-t.scalar), t._replace(guards=t.guards[1:])]
        new += [t._replace(factors=t.factors[:j] + t.factors[j + 1 :]) for j in range(len(t.factors))]
        new += [t._replace(factors=(*t.factors, f)) for f in t.factors]
        new += [t._replace(guards=(*t.guards[:j], (not g[0], g[1]), *t.guards[j + 1 :])) for j, g in enumerate(t.guards)]
        new += [t._replace(guards=(*t.guards[:j], (g[0], axes.shift(g[1], 1)), *t.guards[j + 1 :])) for j, g in enumerate(t.guards)]
        yield from (contraction([*ts[:k], one, *ts[k + 1 :]], n.sizes) for one in new)
        yield contraction([*ts[:k], *ts[k + 1 :]], n.sizes)
    for k, (x, access) in enumerate(n.operands):
        for other in indices(access):
            yield node(n.op, [*n.operands[:k], (x, other), *n.operands[k + 1 :]], n.sizes)
        for y, _ in n.operands:
            if y.sizes == x.sizes and y is not x:
                yield node(n.op, [*n.operands[:k], (y, access), *n.operands[k + 1 :]], n.sizes)
    if type(n.op) in OTHER:
        yield node(OTHER[type(n.op)], n.operands, n.sizes)
    if isinstance(n.op, Max | Min):
        yield node((Min if isinstance(n.op, Max) else Max)(n.op.bounds, n.op.conditions), n.operands, n.sizes)


def indices(access: axes.Access) -> Iterator[axes.Access]:
    """Accesses that differ in one index."""
    for j, e in enumerate(access):
        changed = [axes.shift(e, 1), axes.shift(e, -1), (e[0], ())]
        changed += [(e[0] + s * (n - 1), ((-s, i, t, n), *e[1][1:])) for s, i, t, n in e[1][:1]]
        changed += [(e[0], e[1][:1])] if len(e[1]) > 1 else []
        yield from ((*access[:j], new, *access[j + 1 :]) for new in changed)
        yield from ((*access[:j], access[j + 1], e, *access[j + 2 :]) for _ in access[j + 1 : j + 2])


def replaced(g: Graph, old: Node, new: Node) -> Graph:
    """The graph with one node in the place of another."""
    moved: dict[Node, Node] = {}
    for n in g.nodes():
        moved[n] = new if n is old else node(n.op, [(moved[x], a) for x, a in n.operands], n.sizes)
    outputs = tuple(Value(moved[v.node], v.access, v.sizes) for v in g.outputs)
    return Graph(g.dom, tuple(Array.of(v.sizes, DTYPE[v.kind]) for v in outputs), outputs)


@st.composite
def near_misses(draw: Draw) -> tuple[Graph, Graph]:
    """A graph and a well-typed one that differs from it in one node, or in how an output is read."""
    g = draw(graphs())
    g = Graph(g.dom, g.cod, g.outputs)
    place = draw(st.integers(0, len(g.outputs) - 1))
    found = [n for n in g.nodes() if n.operands]
    if not found or draw(st.integers(0, 9)) == 0:
        v = g.outputs[place]
        inside = [a for a in indices(v.access) if all(axes.within(e, m) for e, m in zip(a, v.node.sizes, strict=True))]
        others = [Value(v.node, a, v.sizes) for a in inside]
        assume(others)
        return g, Graph(g.dom, g.cod, (*g.outputs[:place], draw(st.sampled_from(others)), *g.outputs[place + 1 :]))
    old = draw(st.sampled_from(found))
    fit = [n for n in mutants(old) if n is not old and n.kind == old.kind and typed(n)]
    assume(fit)
    return g, replaced(g, old, draw(st.sampled_from(fit)))


def typed(n: Node) -> bool:
    try:
        validate(n)
    except TypeError:
        return False
    return True


def differ(one: Graph, other: Graph) -> bool:
    """Whether the two differ, far above rounding, at one of three points."""
    for seed in range(3):
        inputs, weights = arrays(one, seed)
        weights |= {k: v for k, v in arrays(other, seed)[1].items() if k not in weights}
        with np.errstate(all="ignore"):
            pairs = zip(evaluate(one, inputs, weights=weights), evaluate(other, inputs, weights=weights), strict=True)
            gaps = [np.abs(x.astype(float) - y.astype(float)) / (1 + np.abs(x.astype(float))) for x, y in pairs]
        if any(bool((gap[np.isfinite(gap)] > APART).any()) for gap in gaps):
            return True
    return False


@given(near_misses())
@settings(QUICK, max_examples=60)
def test_prove_never_calls_different_programs_equal(pair: tuple[Graph, Graph]) -> None:
    assume(differ(*pair))
    found = prove(*pair, timeout=2)
    assert found.status != "proved"
    if found.counterexample is not None:
        assert found.counterexample.replay(*pair) > 0


# ---- equal pairs --------------------------------------------------------------------------------------------------


@st.composite
def equal_pairs(draw: Draw, name: str) -> tuple[Graph, Graph]:
    """A graph, and the same after an instance of a rule at its output."""
    i: Instance = draw(INSTANCES[name])
    try:
        other = RULES[name].apply(i.node, i.args)
    except ValueError:
        other = Value.of(i.node)
    sizes = (((3, 4), "float64"), ((4,), "float64"), ((3,), "bool"), ((4,), "int64"), ((3, 4), "bool"))
    dom = tuple(Array.of(s, dtype) for s, dtype in sizes)
    cod = (Array.of(i.node.sizes, DTYPE[i.node.kind]),)
    return Graph(dom, cod, (Value.of(i.node),)), Graph(dom, cod, (other,))


UNBOUNDED = ("exp_of_mask", "exp_of_constant")  # a float minimum in the place of −∞
SUPPOSING = ("assumed", "one_hot_sum", "less_or_greater", "seldom_equal")  # what they assume is no part of the pair


@pytest.mark.parametrize("name", [n for n in RULES if n not in (*UNBOUNDED, *SUPPOSING)])
def test_what_a_rule_makes_equal_is_never_refuted(name: str) -> None:
    @given(equal_pairs(name))
    @settings(QUICK, max_examples=8)
    def law(pair: tuple[Graph, Graph]) -> None:
        try:
            found = prove(*pair, timeout=2)
        except NcdError as problem:
            pytest.fail(f"{problem}")
        assert found.status != "refuted", str(found)

    law()


def test_the_hunt_finds_pairs_that_differ() -> None:
    seen: list[Any] = []

    @given(near_misses())
    @settings(QUICK, max_examples=50)
    def law(pair: tuple[Graph, Graph]) -> None:
        seen.append(differ(*pair))

    law()
    assert sum(seen) > len(seen) / 4
