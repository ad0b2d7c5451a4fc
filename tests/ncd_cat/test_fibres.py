"""φ_! is the transpose of φ*: ⟨φ* y, x⟩ = ⟨y, φ_! x⟩, for index maps of every form."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product as pairs

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import Access, Index, Sizes, add, scale, shift, whole
from ncd_cat.evaluate import evaluate
from ncd_cat.fibres import fibre_sum, stepwise
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.scalars import ONE
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from ncd_cat.welltyped import validate


def at(e: Index, p: tuple[int, ...]) -> int:
    return int(e[0]) + sum(int(s) * ((p[i] // int(t)) % int(n)) for s, i, t, n in e[1])


def pushed(domain: Sizes, access: Access, lead: int, sizes: Sizes, by: Callable[..., Term] = fibre_sum) -> Term:
    x = source(Input(0), domain)
    guards = [g for e, n in zip(access, sizes, strict=True) for g in range_guards(e, n)]
    return by(Term(ONE, (), ((x.node, x.access),), tuple(guards)), domain, access, lead, sizes)


def check(domain: tuple[int, ...], access: Access, lead: int, sizes: tuple[int, ...]) -> Term:
    """Compare with the sum over all p, one after another."""
    found = pushed(domain, access, lead, sizes)
    own = domain[:lead] + sizes
    y = Value.of(contraction([found], own))
    x = np.random.default_rng(0).normal(size=domain)
    want = np.zeros(own)
    for p in pairs(*map(range, domain)):
        q = [at(e, p) for e in access]
        if all(0 <= k < n for k, n in zip(q, sizes, strict=True)):
            want[(*p[:lead], *q)] += x[p]
    z = Value.of(contraction([pushed(domain, access, lead, sizes, stepwise)], own))
    for got in evaluate(Graph((Array.of(domain),), (Array.of(own),) * 2, (y, z)), [x]):
        np.testing.assert_allclose(got, want, atol=1e-12)
    return found


def test_windows_along_several_axes_are_summed_one_after_another() -> None:
    i, j, d, e = (W(k, n) for k, n in enumerate((3, 4, 2, 3)))
    access = (shift(add(scale(i, 2), d), -1), add(scale(j, 2), e))
    check((3, 4, 2, 3), access, 0, (5, 9))
    x = pushed((3, 4, 2, 3), access, 0, (5, 9), stepwise)
    assert len(x.bounds) == 1 and not isinstance(x.factors[0][0].op, Input)


W = whole
SOLVED = {
    "a transpose": ((2, 3), (W(1, 3), W(0, 2)), (3, 2), 0),
    "a repeat is summed": ((2, 3), (W(1, 3),), (3,), 1),
    "the digits of a split are merged": ((2, 3), (add(scale(W(0, 2), 3), W(1, 3)),), (6,), 0),
    "a merge is split": ((6,), ((0, ((1, 0, 3, 2),)), (0, ((1, 0, 1, 3),))), (2, 3), 0),
    "a forgotten digit is summed": ((6,), ((0, ((1, 0, 3, 2),)),), (2,), 1),
    "a slice is a pad": ((3,), (shift(W(0, 3), 2),), (6,), 0),
    "a pad is a slice": ((6,), (shift(W(0, 6), -2),), (3,), 0),
    "a window is summed over the kernel": ((4, 3), (add(W(0, 4), W(1, 3)),), (6,), 1),
    "windows that do not overlap": ((3, 2), (add(scale(W(0, 3), 2), W(1, 2)),), (6,), 0),
    "a flip": ((4,), (shift(scale(W(0, 4), -1), 3),), (4,), 0),
    "a chunk of a merge": ((2, 3), (add(scale(W(0, 2), 3), W(1, 3)),), (9,), 0),
    "a chunk in the middle": ((2, 3), (shift(add(scale(W(0, 2), 3), W(1, 3)), 3),), (12,), 0),
}


@pytest.mark.parametrize("name", SOLVED)
def test_what_can_be_solved_is_summed_only_over_what_is_forgotten(name: str) -> None:
    domain, access, sizes, bounds = SOLVED[name]
    found = check(domain, access, 0, sizes)
    assert len(found.bounds) == bounds
    assert not any(equal for equal, _ in found.guards)


def test_what_else_is_read_stays_in_its_range() -> None:
    chunk = shift(add(scale(W(0, 2), 3), W(1, 3)), 3)
    x, z = source(Input(0), (2, 3)), source(Input(1), (9,))
    t = Term(ONE, (), ((x.node, x.access), (z.node, (chunk,))))
    y = contraction([fibre_sum(t, (2, 3), (chunk,), 0, (12,))], (12,))
    validate(y)
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(2, 3)), rng.normal(size=9)
    got = evaluate(Graph((Array.of((2, 3)), Array.of((9,))), (Array.of((12,)),), (Value.of(y),)), [a, b])[0]
    np.testing.assert_allclose(got, [0, 0, 0, *(a.ravel() * b[3:]), 0, 0, 0])


BRACKETS = {
    "a diagonal": ((3,), (W(0, 3), W(0, 3)), (3, 3)),
    "a stride": ((3,), (scale(W(0, 3), 2),), (6,)),
    "a strided, padded window": ((4, 3), (shift(add(scale(W(0, 4), 2), W(1, 3)), -1),), (7,)),
    "all but everything forgotten": ((2, 2), ((1, ()),), (3,)),
    "two digits the wrong way round": ((2, 3), (add(W(0, 2), scale(W(1, 3), 3)),), (8,)),
    "an axis of size 1": ((1, 3), ((0, ()), W(1, 3)), (1, 3)),
}


@pytest.mark.parametrize("name", BRACKETS)
def test_what_cannot_be_solved_is_a_bracket(name: str) -> None:
    domain, access, sizes = BRACKETS[name]
    check(domain, access, 0, sizes)


@st.composite
def index_maps(draw: st.DrawFn) -> tuple[tuple[int, ...], Access, int, tuple[int, ...]]:
    lead = draw(st.integers(0, 1))
    domain = tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 6]), min_size=lead, max_size=3 + lead)))
    digits = [(k, t, n) for k, size in enumerate(domain) if k >= lead for t in (1, 2, 3) for n in (2, 3, 4, 6) if size % (t * n) == 0]
    sizes, access = [], []
    for _ in range(draw(st.integers(0, 3))):
        chosen = draw(st.lists(st.sampled_from(digits), max_size=3, unique=True)) if digits else []
        parts = [(0, ((draw(st.sampled_from([1, 1, 1, 2, 3, 6, -1])), k, t, n),)) for k, t, n in chosen]
        access.append(add((draw(st.sampled_from([0, 0, 0, 1, -1, 2])), ()), *parts))
        sizes.append(draw(st.sampled_from([1, 2, 3, 4, 6, 7])))
    return domain, tuple(access), lead, tuple(sizes)


@given(index_maps())
def test_fibre_sums_of_any_index_map(given_map: tuple[tuple[int, ...], Access, int, tuple[int, ...]]) -> None:
    check(*given_map)


def test_symbolic_heads_are_split_and_merged() -> None:
    h, d = symbol("h"), symbol("d")
    merge = pushed((h, d), (add(scale(W(0, h), d), W(1, d)),), 0, (h * d,))
    split = pushed((h * d,), ((0, ((1, 0, d, h),)), (0, ((1, 0, 1, d),))), 0, (h, d))
    assert merge.bounds == split.bounds == merge.guards == split.guards == ()
