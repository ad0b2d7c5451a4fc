"""Random walks among terms: instances of the rules, their arguments guessed, at the nodes of random graphs.

A move is one instance of one rule as the kernel would take it.  The values before and after are compared in float64; where
these differ, entry by entry in exact arithmetic, so that a rounding error decides nothing.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, NamedTuple
from zlib import crc32

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, note, seed, settings
from hypothesis import strategies as st

from ncd_cat.axes import NotAffine, compose
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Node, Value, Weight, node, topological
from ncd_cat.ops.contraction import terms_of, view
from ncd_cat.types import Array
from ncd_cat.welltyped import check_access, validate
from proofs.draws import Point
from proofs.entries import Entries, Unknown
from proofs.kernel import MALFORMED
from rewrites.chain import Chain, ordered
from rewrites.normal_form import Normaliser
from rewrites.rules import RULES
from tests.strategies import DTYPE

CLOSE, BITS = 1e-7, 400
NAMES = tuple(RULES)
EVERYWHERE = ("hold", "partition")  # rules that apply at every node, and say little
ROUND = 25  # examples that Hypothesis draws at a time
BASE = int(os.environ.get("NCD_FUZZ_SEED", 0 if settings.default.derandomize else secrets.randbelow(10**9)))
CHUNKS = pytest.mark.parametrize(
    ("chunk", "cases"), [(k, 250) for k in range(8)] + [pytest.param(k, 2_000, marks=pytest.mark.slow) for k in range(8, 57)]
)  # 2,000 cases in every run, 100,000 every night


def fuzz(strategy: st.SearchStrategy[Any], law: Callable[[Any], int], chunk: int, cases: int) -> None:
    """Try a law, which says how many cases it has seen, until there are so many; a failure is shrunk, and can be replayed."""
    seen = 0

    def counted(example: Any) -> None:
        nonlocal seen
        note(f"replay with NCD_FUZZ_SEED={BASE}")
        seen += law(example)

    for k in range(cases):
        phases, quiet = [Phase.generate, Phase.shrink], list(HealthCheck)
        quick = settings(phases=phases, max_examples=ROUND, deadline=None, suppress_health_check=quiet, database=None)
        seed((BASE * 1000 + chunk) * 10_000 + k)(quick(given(strategy)(counted)))()
        if seen >= cases:
            return
    pytest.fail(f"{seen} of {cases} cases found")


class Move(NamedTuple):
    """An instance of a rule: node n is the value `other`."""

    rule: str
    args: tuple[Any, ...]
    node: Node
    other: Value

    def backwards(self) -> Move:
        """The same equation from its other side, which is read as it is."""
        return Move(self.rule, self.args, self.other.node, Value.of(self.node))

    def __str__(self) -> str:
        return f"{self.rule}{self.args} at {self.node.op} {self.node.operands} of sizes {self.node.sizes}"


def move(rule: str, n: Node, args: tuple[Any, ...]) -> Move | None:
    """The instance, if the kernel would accept it and it assumes nothing."""
    try:
        if RULES[rule].assumes(n, args):
            return None
        other = RULES[rule].apply(n, args)
        check_access(other.access, other.node.sizes, other.sizes)
        validate(other.node)
    except MALFORMED:
        return None
    return Move(rule, args, n, other)


def guesses(n: Node, random: Random) -> list[tuple[Any, ...]]:
    """Arguments of the shapes that rules take: nothing, a place, two, three, places of factors, an operand's view, cut points."""
    ts = terms_of(n) if hasattr(n.op, "specs") else ()
    which = random.randrange(max(1, len(ts)))
    factors = len(ts[which].factors) if ts else len(n.operands)
    bounds = len(ts[which].bounds) if ts else len(getattr(n.op, "bounds", ()))
    j, k, b = (random.randrange(max(1, count)) for count in (factors, factors, bounds))
    every = tuple((w, k) for w, t in enumerate(ts) for k in reversed(range(len(t.factors))))
    found: list[tuple[Any, ...]] = [(), (j,), (which, b), (which, k), (b, k), (which, j, k), (which, b, 1 + random.randrange(3))]
    found += [((which, k),), every, tuple(f for f in every if random.random() < 0.5), ((which, tuple(range(factors))),)]
    found += [((which, tuple(sorted({j, k}))),), (0, (1,)), (1, (0,)), (0, 1), (1, 0), (which, random.randrange(3))]
    found += [(tuple((1,) if random.random() < 0.5 else () for _ in n.sizes),), (which, tuple(sorted({j, k})), (b,))]
    found += [(x, access) for x, access in n.operands if isinstance(x, Node)]
    return found


def guessed(n: Node, random: Random) -> list[Move]:
    """For each rule, in random order, the instance with the first guess that it accepts."""
    found = []
    for rule in random.sample(NAMES, len(NAMES)):
        args = guesses(n, random)
        taken = next((m for a in random.sample(args, len(args)) if (m := move(rule, n, a)) is not None), None)
        found += [] if taken is None else [taken]
    return found


def normalising(n: Node, nf: Normaliser) -> list[Move]:
    """The instances that bring a node into normal form, each at the node where it is applied."""
    found: dict[Move, None] = {}
    step = nf.step(n)
    for s in ordered([] if step is None else [step]):
        chain = Chain(s.subject)
        for entry in s.entries:
            if entry[0] == "rule":
                made = move(entry[1], chain.node, entry[2])
                found.update({} if made is None else {made: None})
                chain.rule(RULES[entry[1]], *entry[2])
            elif entry[0] == "view":
                chain.view()
            elif entry[0] == "by":
                chain.by(entry[1])
            else:
                chain.replace(dict(entry[1]))
    return list(found)


def replaced(outputs: Sequence[Node], made: Move) -> list[Node]:
    """The outputs with one node in them replaced by what it is equal to.  Raises NotAffine where accesses do not compose."""
    moved: dict[Node, Value] = {}
    for n in topological(list(outputs)):
        if n is made.node:
            moved[n] = made.other
            continue
        operands = [(moved[x].node, compose(moved[x].access, a, x.sizes) if moved[x] != Value.of(x) else a) for x, a in n.operands]
        moved[n] = Value.of(node(n.op, operands, n.sizes))
    return [n if moved[n] == Value.of(n) else view(moved[n]) if moved[n] != Value.of(moved[n].node) else moved[n].node for n in outputs]


def walk(outputs: Sequence[Node], random: Random, steps: int) -> tuple[list[Node], list[Move]]:
    """The outputs after random moves at random nodes, forwards, and now and then backwards along an earlier one."""
    ends, made = list(outputs), list[Move]()
    for _ in range(steps):
        nodes = topological(ends)
        back = [m.backwards() for m in made if m.other.node in nodes and m.other == Value.of(m.other.node)]
        found = back[:1] if back and random.random() < 0.2 else guessed(random.choice(nodes), random)
        if not found:
            continue
        taken = random.choices(found, [1 if m.rule in EVERYWHERE else 9 for m in found])[0]
        try:
            ends = replaced(ends, taken)
        except NotAffine:
            continue
        made.append(taken)
    return ends, made


# ---- values -------------------------------------------------------------------------------------------------------


def point(nodes: Sequence[Node], seed: int, numbers: str = "any") -> Point:
    """Small dyadic numbers for the inputs and weights below nodes; what each gets depends on its name alone."""
    inputs: list[Any] = [None] * 9
    weights = {}
    for x in topological(list(nodes)):
        if isinstance(x.op, Input | Weight):
            random = np.random.default_rng(crc32(repr((x.op, seed)).encode()))
            a = random.integers(-8, 9, x.sizes) / 4 if x.kind == "real" else random.integers(0, 2, x.sizes)
            if numbers == "generic" and x.kind == "real":
                a = random.standard_normal(x.sizes)
            elif numbers != "any" and x.kind == "real":
                a = {"nonzero": np.where(a == 0, 1.0, a), "positive": np.abs(a) + 0.25, "truth": 1.0 * (a > 0), "zero": 0.0 * a}[numbers]
            a = np.asarray(a).astype(DTYPE[x.kind])
            if isinstance(x.op, Input):
                inputs[x.op.position] = a
            else:
                weights[x.op.key] = a
    return Point(tuple(inputs), weights)


def arrays(nodes: Sequence[Node], at: Point) -> list[Any]:
    """The float64 arrays of nodes."""
    below = {x.op.position: x for x in topological(list(nodes)) if isinstance(x.op, Input)}
    places = {position: k for k, position in enumerate(sorted(below))}
    moved: dict[Node, Node] = {}
    for x in topological(list(nodes)):
        op = Input(places[x.op.position], x.kind) if isinstance(x.op, Input) else x.op
        moved[x] = node(op, [(moved[y], a) for y, a in x.operands], x.sizes)
    dom = tuple(Array.of(below[p].sizes, DTYPE[below[p].kind]) for p in places)
    cod = tuple(Array.of(n.sizes, DTYPE[n.kind]) for n in nodes)
    graph = Graph(dom, cod, tuple(Value.of(moved[n]) for n in nodes))
    with np.errstate(all="ignore"):
        found = evaluate(graph, [at.inputs[p] for p in places], weights=at.weights)
    return [np.asarray(x, dtype=np.float64) for x in found]


def apart(pairs: Sequence[tuple[Node, Node]], at: Point) -> int | None:
    """The first pair of nodes with different entries at a point, and the entries known to any precision; None if there is none."""
    found = arrays([n for pair in pairs for n in pair], at)
    for k, (one, other) in enumerate(pairs):
        x, y = found[2 * k], found[2 * k + 1]
        with np.errstate(all="ignore"):
            far = ~((np.abs(x - y) <= CLOSE * (1 + np.abs(x))) | (x == y) | (np.isnan(x) & np.isnan(y)))
        if any(_differ(one, other, at, tuple(map(int, p))) for p in np.argwhere(far)):
            return k
    return None


def _differ(one: Node, other: Node, at: Point, p: tuple[int, ...]) -> bool:
    """Whether two entries differ when computed to many digits."""
    try:
        x, y = (Entries(at, BITS).at(Value.of(n), p) for n in (one, other))
    except Unknown:
        return True
    return bool(abs(x - y) > 1e-30 * (1 + abs(x)))
