"""Index maps against the integers they stand for: every claim is checked at every point."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Access, Axis, Index, NotAffine, Sizes, identity, whole
from ncd_cat.reindexing import Reindexing, bijective
from ncd_cat.sizes import substitute as specialise
from ncd_cat.sizes import symbol
from tests.strategies import accesses, indices, sizes


def value(e: Index, point: tuple[int, ...]) -> int:
    """The integer that an index stands for."""
    return e[0] + sum(s * ((point[i] // t) % n) for s, i, t, n in e[1])  # type: ignore[operator, return-value]


def points(space: Sizes) -> list[tuple[int, ...]]:
    return list(product(*[range(int(n)) for n in space]))


def image(access: Access, point: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(value(e, point) for e in access)


def digit_lists(space: Sizes) -> st.SearchStrategy[list[Any]]:
    """Digits of axes with any coefficients, repeated and overlapping."""
    places = [(i, t, n) for i, m in enumerate(space) for t in range(1, int(m) + 1) for n in range(1, int(m) // t + 1)]
    digit = st.tuples(st.integers(-4, 4), st.sampled_from(places)) if places else st.nothing()
    return st.lists(digit.map(lambda d: (d[0], *d[1])), max_size=6)


SPACE: Sizes = (12, 4, 1)


@given(digit_lists(SPACE), digit_lists(SPACE), st.integers(-5, 5))
def test_sums_are_sums(first: list[Any], second: list[Any], by: int) -> None:
    e, f = (by, tuple(first)), (2, tuple(second))
    for p in points(SPACE):
        assert value(axes.add(e, f), p) == value(e, p) + value(f, p)
        assert value(axes.scale(e, by), p) == by * value(e, p)
        assert value(axes.shift(e, by), p) == by + value(e, p)


@given(digit_lists(SPACE))
def test_the_normal_form_is_one(digits: list[Any]) -> None:
    e = axes.add((0, tuple(digits)))
    assert axes.add(e) == e
    assert axes.add((0, tuple(reversed(digits)))) == e
    assert axes.add(*((0, (d,)) for d in digits)) == e


@given(digit_lists(SPACE), st.integers(-3, 3))
def test_bounds_are_the_extremes_or_beyond(digits: list[Any], const: int) -> None:
    e = axes.add((const, tuple(digits)))
    low, high = axes.bounds(e)
    values = [value(e, p) for p in points(SPACE)]
    assert low <= min(values) and max(values) <= high
    for size in (1, 5, 20):
        assert not axes.within(e, size) or all(0 <= v < size for v in values)


@st.composite
def chains(draw: Any) -> tuple[Sizes, Sizes, Sizes, Access, Access]:
    a, b, c = draw(sizes(3, 6)), draw(sizes(3, 6)), draw(sizes(3, 6))
    return a, b, c, draw(accesses(a, b)), draw(accesses(b, c))


@given(chains())
def test_composition_is_substitution(chain: tuple[Sizes, Sizes, Sizes, Access, Access]) -> None:
    a, b, _, inner, outer = chain
    try:
        found = axes.compose(outer, inner, b)
    except NotAffine:
        assume(False)
    for p in points(a):
        assert image(found, p) == image(outer, image(inner, p))
    for e in found:
        assert axes.add(e) == e


@given(st.data(), st.sampled_from([(12, 3, 4), (12, 2, 2), (8, 2, 4), (6, 3, 2), (6, 1, 3)]))
def test_a_digit_is_a_quotient_and_a_remainder(data: st.DataObject, place: tuple[int, int, int]) -> None:
    size, stride, extent = place
    space = (4, 6, 2)
    e = data.draw(indices(space, size))
    try:
        found = axes.digit(e, stride, extent, size)
    except NotAffine:
        assume(False)
    for p in points(space):
        assert value(found, p) == value(e, p) // stride % extent


def test_a_reshape_that_is_not_affine_is_refused() -> None:
    flat = axes.add(axes.scale(whole(0, 6), 4), whole(1, 4))
    with pytest.raises(NotAffine):
        axes.digit(flat, 3, 8, 24)


@given(chains())
def test_identities_are_units(chain: tuple[Sizes, Sizes, Sizes, Access, Access]) -> None:
    a, b, _, inner, _ = chain
    for p in points(a):
        assert image(axes.compose(identity(b), inner, b), p) == image(inner, p)
    try:
        found = axes.compose(inner, identity(a), a)
    except NotAffine:  # a digit that does not divide its axis
        assume(False)
    assert found == inner


@given(chains())
def test_reindexings_form_a_category(chain: tuple[Sizes, Sizes, Sizes, Access, Access]) -> None:
    a, b, c, inner, outer = chain
    f, g = Reindexing(a, b, inner), Reindexing(b, c, outer)
    try:
        h = f >> g
    except NotAffine:
        assume(False)
    assert (h.dom, h.cod) == (a, c)
    for p in points(a):
        assert image((f >> Reindexing.id(b)).indices, p) == image(f.indices, p)


# ---- bijections ---------------------------------------------------------------------------------------------------


@st.composite
def splits(draw: Any) -> tuple[Sizes, list[tuple[Index, int]]]:
    """An index space whose axes are cut into digits, and the digits merged again in random groups; sometimes spoilt."""
    space = draw(st.lists(st.sampled_from((1, 2, 3, 4, 6, 8)), min_size=1, max_size=3))
    digits = []
    for i, size in enumerate(space):
        stride = 1
        while stride < size:
            extent = draw(st.sampled_from([n for n in range(2, size + 1) if (size // stride) % n == 0]))
            digits.append((i, stride, extent))
            stride *= extent
    found = []
    order = draw(st.permutations(digits))
    while order:
        group, order = order[: (count := draw(st.integers(1, len(order))))], order[count:]
        size, parts = 1, []
        for i, t, n in group:
            parts.append((size, i, t, n))
            size *= n
        found.append((axes.add((0, tuple(parts))), size))
    if draw(st.booleans()):
        e, size = draw(st.tuples(indices(tuple(space), 4), st.sampled_from((2, 4))))
        found[draw(st.integers(0, max(0, len(found) - 1))) :] = [(e, size)]
    return tuple(space), found


@given(splits())
def test_bijective_is_right(case: tuple[Sizes, list[tuple[Index, int]]]) -> None:
    space, pairs = case
    images = {image(tuple(e for e, _ in pairs), p) for p in points(space)}
    truth = images == set(points(tuple(n for _, n in pairs))) and len(images) == len(points(space))
    assert truth or not bijective(space, pairs)


@given(splits())
def test_bijective_sees_splits_and_merges(case: tuple[Sizes, list[tuple[Index, int]]]) -> None:
    space, pairs = case
    images = {image(tuple(e for e, _ in pairs), p) for p in points(space)}
    onto = images == set(points(tuple(n for _, n in pairs))) and len(images) == len(points(space))
    plain = all(e[0] == 0 and all(s > 0 for s, *_ in e[1]) for e, _ in pairs)  # type: ignore[operator]
    tiled = all(int(n) % (t * m) == 0 for e, _ in pairs for _, i, t, m in e[1] for n in [space[i]])  # type: ignore[operator]
    assert not (onto and plain and tiled) or bijective(space, pairs)


def test_bijective_knows_what_is_not() -> None:
    assert bijective((2, 3), [(whole(1, 3), 3), (whole(0, 2), 2)])
    assert not bijective((3, 3), [(whole(0, 3), 3), (whole(0, 3), 3)])  # a diagonal
    assert not bijective((2, 3), [(whole(0, 2), 2)])  # an axis is forgotten
    assert not bijective((3,), [((0, ((-1, 0, 1, 3),)), 3)])  # a flip is no number in mixed radix
    assert not bijective((4,), [((0, ((1, 0, 1, 2),)), 2)])  # a digit is forgotten
    assert not bijective((2,), [(whole(0, 2), 2), (whole(1, 2), 2)])  # no such axis


# ---- symbols ------------------------------------------------------------------------------------------------------

N, M = symbol("n"), symbol("m")
COEFFICIENTS = (1, -1, N, -N, N - M, M - N, N * M, 2 * N - M - 1)


@given(st.lists(st.tuples(st.sampled_from(COEFFICIENTS), st.sampled_from((0, 1))), max_size=3),
       st.sampled_from((0, 1, N, M * N, N - 1, N * M + M)), st.integers(1, 5), st.integers(1, 5))  # fmt: skip
def test_symbolic_bounds_hold_for_all_sizes(parts: Any, const: Any, n: int, m: int) -> None:
    space = (N, M)
    e = axes.add((const, tuple((s, i, 1, space[i]) for s, i in parts)))
    concrete = {"n": n, "m": m}
    numbers = (specialise(e[0], concrete), tuple((specialise(s, concrete), i, 1, specialise(k, concrete)) for s, i, _, k in e[1]))
    low, high = (specialise(b, concrete) for b in axes.bounds(e))
    values = [value(numbers, p) for p in points((n, m))]
    assert low <= min(values) and max(values) <= high  # type: ignore[operator]
    for size in (N, N * M, N * M + 1):
        assert not axes.within(e, size) or all(0 <= v < specialise(size, concrete) for v in values)  # type: ignore[operator]


def test_a_coefficient_of_unknown_sign_is_bounded_on_both_sides() -> None:
    e = (M * N, ((N - M, 0, 1, N),))
    assert not axes.within(e, M * N + 1)  # n = 5, m = 1 reaches 5 + 4·4


def test_symbolic_heads_merge_and_split() -> None:
    h, d = symbol("h"), symbol("d")
    merged = axes.add(axes.scale(whole(0, h), d), whole(1, d))
    assert axes.within(merged, h * d)
    assert axes.digit(merged, d, h, h * d) == whole(0, h)
    assert axes.digit(merged, 1, d, h * d) == whole(1, d)
    assert bijective((h, d), [(merged, h * d)])
    assert axes.substitute(merged, ((0, ((1, 0, d, h),)), (0, ((1, 0, 1, d),))), (h, d)) == whole(0, h * d)


# ---- texts and errors ---------------------------------------------------------------------------------------------


def test_axes_are_named() -> None:
    assert str(Axis("q")) == "q" and str(Axis("q", 3)) == "q:3" and Axis("q").size == symbol("q")
    with pytest.raises(ValueError, match="axis 'q' cannot have size -1"):
        Axis("q", -1)


def test_indices_read_as_mathematics() -> None:
    assert axes.show((1, ((2, 0, 1, 3), (-1, 1, 4, 2)))) == "2*i0 - 1*(i1 div 4) + 1"
    assert axes.show((0, ((N + 1, 0, 1, 3),)), ["q"]) == "(1 + n)*q"
    assert axes.show((0, ())) == "0"
    assert axes.axes_of((1, ((2, 0, 1, 3), (-1, 1, 4, 2)))) == {0, 1}
    assert axes.renumber((1, ((2, 0, 1, 3),)), 2) == (1, ((2, 2, 1, 3),))


def test_reindexings_stay_inside() -> None:
    with pytest.raises(ValueError, match="outside its size 3"):
        Reindexing((4,), (3,), (whole(0, 4),))
    with pytest.raises(ValueError, match="reads an axis that is not there"):
        Reindexing((4,), (4,), (whole(1, 4),))
    with pytest.raises(ValueError, match="has 0 indices"):
        Reindexing((4,), (4,), ())
    with pytest.raises(ValueError, match="do not compose"):
        Reindexing.id((3,)) >> Reindexing.id((4,))
