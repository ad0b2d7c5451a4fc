"""Whatever instances of the rules are applied, in either direction, wherever in a random diagram, the values stay."""

from __future__ import annotations

from random import Random
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import assume
from hypothesis import strategies as st

from ncd_cat.axes import NotAffine
from ncd_cat.graph import Graph, Node, Value
from ncd_cat.ops.contraction import add, number, scale, subtract, view
from ncd_cat.ops.pointwise import Exp, Log
from ncd_cat.welltyped import check_access
from proofs.kernel import MALFORMED
from rewrites.normal_form import Normaliser
from rewrites.rules import RULES
from rewrites.strategy import LEVELS
from tests import strategies as some
from tests.fuzzing import CHUNKS, NAMES, Move, apart, arrays, fuzz, move, normalising, point, replaced, walk
from tests.rewrites.instances import INSTANCES, POOL
from tests.strategies import Draw, graphs

SEEDS = st.integers(0, 2**32)
STEPS, SHOWN = 8, 6  # moves of a walk, and of those that a normaliser makes


class Planted(NamedTuple):
    """An instance of a rule, which reals it is about, and a node that grows from its left side."""

    move: Move
    numbers: str
    top: Node


@st.composite
def planted(draw: Draw) -> Planted:
    """A random instance of a random rule inside a random diagram."""
    name = draw(st.sampled_from(NAMES))
    i = draw(INSTANCES[name])
    try:
        other = RULES[name].apply(i.node, i.args)
        check_access(other.access, other.node.sizes, other.sizes)
    except MALFORMED:
        assume(False)
    pool = [*POOL, Value.of(i.node)]
    for _ in range(draw(st.integers(1, 2))):
        pool.append(draw(draw(st.sampled_from((some.contractions, some.functions, some.placements)))([*pool[-2:], *pool])))
    return Planted(Move(name, i.args, i.node, other), i.numbers, view(pool[-1]))


def the_same(pairs: list[tuple[Node, Node]], made: list[Move], seed: int, numbers: str = "any") -> None:
    """Demand that moves, and the pairs of nodes that they lead between, are equations at a random point."""
    every = [*[(m.node, view(m.other)) for m in made], *pairs]
    wrong = apart(every, point([n for pair in every for n in pair], seed % 1000, numbers))
    guilty = made if wrong is None or wrong >= len(made) else made[wrong : wrong + 1]
    assert wrong is None, "values change by\n" + "\n".join(map(str, guilty))


@CHUNKS
def test_moves_in_a_random_diagram_keep_its_values(chunk: int, cases: int) -> None:
    def law(example: tuple[Graph, int]) -> int:
        g, seed = example
        random, tops = Random(seed), [view(v) for v in g.outputs]
        ends, made = walk(tops, random, STEPS)
        known = normalising(random.choice(tops), Normaliser(random.choice(LEVELS)))
        made += random.sample(known, min(SHOWN, len(known)))
        the_same(list(zip(tops, ends, strict=True)), made, seed)
        return len(made)

    fuzz(st.tuples(graphs(), SEEDS), law, chunk, cases)


@CHUNKS
def test_an_instance_of_any_rule_inside_a_random_diagram_keeps_its_values(chunk: int, cases: int) -> None:
    def law(example: tuple[Planted, int]) -> int:
        (first, numbers, top), seed = example
        try:
            (after,) = replaced([top], first)
        except NotAffine:
            assume(False)
        ends, made = walk([after], Random(seed), STEPS // 2)
        the_same([(top, after), (top, *ends)], [first, *made], seed, numbers)
        return 1 + len(made)

    fuzz(st.tuples(planted(), SEEDS), law, chunk, cases)


def test_the_fuzzer_applies_many_rules() -> None:
    used: set[str] = set()

    def law(example: tuple[Graph, int]) -> int:
        g, seed = example
        ends, made = walk([view(v) for v in g.outputs], Random(seed), STEPS)
        used.update(m.rule for m in made)
        for end in ends:
            used.update(m.rule for m in normalising(end, Normaliser(LEVELS[2])))
        return len(made)

    fuzz(st.tuples(graphs(), SEEDS), law, 1000, 200)
    assert len(used) >= 25, sorted(used)


def test_a_false_equation_is_noticed() -> None:
    x = POOL[0]
    wrong = Move("exp of twice", (), Exp()(scale(x, 2)).node, scale(Exp()(x), 2))
    at = point([wrong.node], 0)
    assert apart([(wrong.node, view(wrong.other)), (x.node, x.node)], at) == 0
    assert apart([(x.node, x.node), (x.node, view(number(0, x.sizes)))], at) == 1


def test_a_rounding_error_is_no_difference() -> None:
    x, big = POOL[0], number(10**30, (3, 4))
    same = subtract(add(x, big), big)
    at = point([same.node], 0)
    assert not np.array_equal(*arrays([same.node, x.node], at))
    assert apart([(same.node, x.node)], at) is None


def test_what_assumes_something_is_no_move() -> None:
    n = Exp()(Log()(POOL[0])).node
    assert RULES["exp_of_log"].apply(n) == POOL[0]
    assert move("exp_of_log", n, ()) is None


def test_a_hunt_without_cases_fails() -> None:
    with pytest.raises(pytest.fail.Exception, match="0 of 2 cases"):
        fuzz(st.integers(), lambda k: 0, 0, 2)
