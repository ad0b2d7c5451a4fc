"""Certificates changed at random, in a number, a name, an order: what the kernel still accepts is still true."""

from __future__ import annotations

import copy
import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, assume, given, settings
from hypothesis import strategies as st

from ncd_cat.graph import Graph, Value
from ncd_cat.ops.contraction import view
from ncd_cat.types import Array
from proofs.certificate import Certificate
from proofs.kernel import ProofError, Statement, check
from rewrites.normal_form import Normaliser
from rewrites.strategy import LEVELS
from tests.strategies import DTYPE
from tests.test_red_team_forms import S, alike, partial, points

Place = tuple[int | str, ...]
Data = dict[str, Any]


@st.composite
def certificates(draw: Callable[[Any], Any]) -> Data:
    """The certificate that a random partial function is its normal form."""
    v, nf = draw(partial()), Normaliser(LEVELS[draw(st.integers(0, len(LEVELS) - 1))])
    m = nf.value(view(v))
    assume(m.kind == v.kind)
    graphs = [Graph((Array.of(S),) * 2, (Array.of(S, DTYPE[v.kind]),), (x,)) for x in (v, m)]
    data: Data = json.loads(json.dumps(Certificate(graphs[0], graphs[1], [(nf.step(view(v)), nf.step(view(m)))]).data))
    return data


def places(data: Any, at: Place = ()) -> Iterator[tuple[Place, Any]]:
    """Every place in the data, with what is there."""
    yield at, data
    for k, x in enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ():
        yield from places(x, (*at, k))


def forged(data: Data, choose: random.Random) -> Data:
    """The certificate with one or two things changed."""
    new = copy.deepcopy(data)
    part = choose.choice(("nodes", "steps", "steps", "statement"))
    for _ in range(choose.choice((1, 1, 2))):
        found = [(at, x) for at, x in places(new[part]) if at]
        *above, last = choose.choice(found)[0]
        owner = new[part]
        for k in above:
            owner = owner[k]
        owner[last] = changed(owner[last], [x for _, x in found], choose)
    return new


def changed(x: Any, others: list[Any], choose: random.Random) -> Any:
    """Another value like x."""
    if isinstance(x, bool):
        return not x
    if isinstance(x, int):
        return choose.choice((x + 1, x - 1, x + 2, -x))
    if isinstance(x, str):
        return choose.choice([y for y in others if isinstance(y, str)])
    if isinstance(x, list) and x:
        k, j = choose.randrange(len(x)), choose.randrange(len(x))
        swapped = [x[j] if i == k else x[k] if i == j else y for i, y in enumerate(x)]
        replaced = [*x[:k], copy.deepcopy(choose.choice(others)), *x[k + 1 :]]
        return choose.choice((x[:k] + x[k + 1 :], [*x[:k], copy.deepcopy(x[k]), *x[k:]], swapped, replaced))
    return x


def accepted(data: Data) -> Statement | None:
    """What the kernel says of the data, whatever assumptions it states; None if it rejects it."""
    for _ in range(2):
        try:
            return check(data)
        except ProofError as problem:
            said = str(problem).partition("the proof rests on the assumptions ")[2].partition(", the certificate states others")[0]
            if not said:
                return None
            data["assumptions"] = [part.strip("'\"") for part in said[1:-1].split("', '")] if said != "[]" else []
    return None


def holds(said: Statement, seed: int) -> bool:
    """Whether the two sides are equal at some points, and, where nothing is assumed, have values at the same ones."""
    for k in range(4):
        inputs, pairs = points(seed + k), zip(said.lhs.outputs, said.rhs.outputs, strict=True)
        if not all(alike(one, other, inputs, total=not said.assumptions) for one, other in pairs):
            return False
    return True


def hunt(count: int, changes: int) -> list[int]:
    seen: list[int] = []

    @given(certificates(), st.integers(0, 10_000))
    @settings(phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None, max_examples=count)
    def law(data: Data, seed: int) -> None:
        choose = random.Random(seed)
        for _ in range(changes):
            said = accepted(forged(data, choose))
            seen.append(said is not None)
            assert said is None or holds(said, seed), f"{said}"

    law()
    return seen


def test_what_the_kernel_accepts_of_forged_certificates_is_true() -> None:
    seen = hunt(15, 25)
    assert 0 < sum(seen) < len(seen) / 2  # a name of an axis may change


@pytest.mark.slow
def test_what_the_kernel_accepts_of_many_more_forged_certificates_is_true() -> None:
    hunt(300, 60)


def test_every_certificate_that_is_forged_here_is_accepted_as_it_is() -> None:
    @given(certificates())
    @settings(phases=[Phase.generate], suppress_health_check=list(HealthCheck), deadline=None, max_examples=15)
    def law(data: Data) -> None:
        said = accepted(data)
        assert said is not None
        assert isinstance(said.lhs.outputs[0], Value)

    law()
