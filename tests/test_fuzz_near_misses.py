"""No two different diagrams are proved equal: random ones that differ in one edge, constant, op or axis, and disguised by moves.

A near miss counts if the two differ, far above rounding, at one of two points; what proves is every level of normal form, and
the parts and sweeps of `prove` for a few.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import numpy as np
from hypothesis import strategies as st

from ncd_cat.axes import NotAffine
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Node, Value, topological
from ncd_cat.ops.contraction import view
from ncd_cat.types import Array
from proofs.prove import prove
from rewrites.normal_form import Normaliser
from rewrites.strategy import LEVELS
from tests.fuzzing import CHUNKS, Move, arrays, fuzz, point, replaced, walk
from tests.strategies import DTYPE, graphs
from tests.test_soundness import mutants, typed

Pair = tuple[Node, Node]
MISSES, APART = 10, 1e-6  # near misses of one diagram; relative difference
DISGUISED = 0.3  # of the near misses are led away by two moves


def misses(top: Node, random: Random) -> list[Pair]:
    """A node and some that grow like it from one changed node below."""
    found: dict[Pair, None] = {}
    below = [n for n in topological([top]) if n.operands]
    for _ in range(MISSES):
        old = random.choice(below)
        fit = [n for n in mutants(old) if n is not old and n.kind == old.kind and typed(n)]
        if fit:
            (new,) = replaced([top], Move("another", (), old, Value.of(random.choice(fit))))
            found.update({(top, new): None} if new is not top and new.kind == top.kind else {})
    return list(found)


def differ(pairs: Sequence[Pair], seed: int) -> list[Pair]:
    """The pairs with different values at one of two points.  What looks up a table outside has none."""
    try:
        return [pair for pair, far in zip(pairs, _far(pairs, seed), strict=True) if far]
    except InputError:
        return [] if len(pairs) == 1 else [found for pair in pairs for found in differ([pair], seed)]


def _far(pairs: Sequence[Pair], seed: int) -> list[bool]:
    nodes = [n for pair in pairs for n in pair]
    far = [False] * len(pairs)
    for k in (0, 1):
        found = arrays(nodes, point(nodes, seed % 1000 + k))
        for j in range(len(pairs)):
            x, y = found[2 * j : 2 * j + 2]
            with np.errstate(all="ignore"):
                gap = np.abs(x - y) / (1 + np.abs(x))
            far[j] |= bool((gap[np.isfinite(gap)] > APART).any())
    return far


def disguised(pair: Pair, random: Random) -> Pair:
    """The pair, one side of it rewritten by two moves; truth values that become numbers are left."""
    (end,), _ = walk([pair[1]], random, 2)
    return pair if end.kind != pair[0].kind else (pair[0], end)


def graph(n: Node, dom: tuple[Array, ...]) -> Graph:
    return Graph(dom, (Array.of(n.sizes, DTYPE[n.kind]),), (Value.of(n),))


def drawn(example: tuple[Graph, int]) -> list[Pair]:
    """Pairs of different nodes over the inputs of a graph."""
    g, seed = example
    random, tops = Random(seed), [view(v) for v in g.outputs]
    try:
        pairs = misses(random.choice(tops), random)
        different = differ(pairs, seed) if pairs else []
        return [disguised(pair, random) if random.random() < DISGUISED else pair for pair in different]
    except NotAffine:
        return []


@CHUNKS
def test_no_level_proves_what_differs(chunk: int, cases: int) -> None:
    def law(example: tuple[Graph, int]) -> int:
        pairs = drawn(example)
        for level, strategy in enumerate(LEVELS):
            nf = Normaliser(strategy)
            for one, other in pairs:
                assert nf.value(one) != nf.value(other), f"level {level} proves different diagrams equal: {one} and {other}"
        return len(pairs)

    fuzz(st.tuples(graphs(), st.integers(0, 2**32)), law, chunk, cases)


@CHUNKS
def test_prove_does_not_prove_what_differs(chunk: int, cases: int) -> None:
    def law(example: tuple[Graph, int]) -> int:
        pairs = drawn(example)[:2]
        for one, other in pairs:
            found = prove(graph(one, example[0].dom), graph(other, example[0].dom), timeout=2)
            assert found.status != "proved", f"different diagrams are proved equal: {one} and {other}"
            if found.counterexample is not None:
                assert found.counterexample.replay(graph(one, example[0].dom), graph(other, example[0].dom)) > 0
        return len(pairs)

    fuzz(st.tuples(graphs(), st.integers(0, 2**32)), law, chunk, cases // 50)
