"""Whether halfspaces meet, against points."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from rewrites.halfspaces import MOST, Halfspace, meet, opposite

NUMBERS = st.integers(-3, 3).map(Fraction)
FORMS = st.dictionaries(st.sampled_from("xyz"), NUMBERS.filter(bool), max_size=3)
HALFSPACES = st.lists(st.builds(Halfspace, FORMS, NUMBERS, st.booleans()), max_size=5)
POINTS = st.fixed_dictionaries(dict.fromkeys("xyz", st.fractions(-4, 4, max_denominator=4)))


def inside(h: Halfspace, point: dict[str, Fraction]) -> bool:
    value = sum((c * point[str(x)] for x, c in h.form.items()), h.constant)
    return value > 0 or (value == 0 and not h.strict)


@settings(max_examples=100)
@given(HALFSPACES, POINTS)
def test_halfspaces_that_hold_a_point_meet_and_one_side_of_each_does(halfspaces: list[Halfspace], point: dict[str, Fraction]) -> None:
    holding = [h if inside(h, point) else opposite(h) for h in halfspaces]
    assert all(inside(h, point) for h in holding) and meet(holding)
    assert not any(inside(opposite(h), point) for h in holding)


@settings(max_examples=100)
@given(HALFSPACES, st.lists(st.integers(0, 3).map(Fraction), min_size=5, max_size=5))
def test_a_positive_combination_misses_the_complement(halfspaces: list[Halfspace], weights: list[Fraction]) -> None:
    form: dict[object, Fraction] = {}
    constant = Fraction(0)
    for h, w in zip(halfspaces, weights, strict=False):
        constant += w * h.constant
        for x, c in h.form.items():
            form[x] = form.get(x, Fraction(0)) + w * c
    implied = Halfspace({x: c for x, c in form.items() if c}, constant)
    assert not meet([*halfspaces, opposite(implied)])


def test_beyond_the_bound_nothing_is_decided() -> None:
    many = [Halfspace({"x": Fraction(s), k: Fraction(1)}, Fraction(-1)) for k in range(MOST) for s in (1, -1)]
    assert meet([*many, *[Halfspace({k: Fraction(-1)}) for k in range(MOST)]])
    assert not meet([*many[:2], Halfspace({0: Fraction(-1)})])
