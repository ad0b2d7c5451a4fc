"""Scalars against floats, and exactly."""

from __future__ import annotations

import json
import math
import pickle
from fractions import Fraction
from typing import Any

import pytest
import sympy
from hypothesis import assume, given
from hypothesis import strategies as st

from ncd_cat import scalars
from ncd_cat.scalars import ONE, PI, ZERO, Scalar
from ncd_cat.sizes import from_json, substitute, symbol

fractions = st.fractions(min_value=-50, max_value=50, max_denominator=60)
positive = st.fractions(min_value=Fraction(1, 60), max_value=50, max_denominator=60)
exponents = st.fractions(min_value=-3, max_value=3, max_denominator=4)


@st.composite
def numbers(draw: Any, sizes: bool = False) -> Scalar:
    """A rational times roots, and times powers of sizes if asked."""
    found = Scalar.of(draw(fractions))
    for _ in range(draw(st.integers(0, 2))):
        found = found * Scalar.of(draw(positive)).power(draw(exponents))
    if sizes:
        base = draw(st.sampled_from((symbol("n"), symbol("n") * symbol("d"), symbol("n") + 1)))
        found = found * Scalar.of(base).power(draw(exponents))
    return found


@given(numbers(), numbers())
def test_products_are_products(a: Scalar, b: Scalar) -> None:
    assert math.isclose(float(a * b), float(a) * float(b), rel_tol=1e-12, abs_tol=1e-300)
    assert a * b == b * a and hash(a * b) == hash(b * a)
    assert a * ONE == a and a * ZERO == ZERO
    assert float(-a) == -float(a)
    assert a.positive == (float(a) > 0)


@given(numbers(sizes=True), numbers(sizes=True), numbers(sizes=True))
def test_products_are_associative(a: Scalar, b: Scalar, c: Scalar) -> None:
    assert (a * b) * c == a * (b * c)


@given(numbers(), numbers())
def test_sums_where_they_are_scalars(a: Scalar, b: Scalar) -> None:
    found = a.plus(b)
    if found is not None:
        assert math.isclose(float(found), float(a) + float(b), rel_tol=1e-12, abs_tol=1e-12)
    assert a.plus(a) == a * Scalar.of(2)
    assert a.plus(-a) == ZERO


@given(positive, exponents, exponents)
def test_powers_are_exact(x: Fraction, p: Fraction, q: Fraction) -> None:
    a = Scalar.of(x)
    assert a.power(p) * a.power(q) == a.power(p + q)
    assert math.isclose(float(a.power(p)), float(x) ** float(p), rel_tol=1e-12)
    assert a.power(p).power(Fraction(1, 2)) == a.power(p / 2)


@given(numbers(sizes=True))
def test_json_and_pickle_read_back(a: Scalar) -> None:
    assert Scalar.from_json(json.loads(json.dumps(a.to_json()))) == a
    assert pickle.loads(pickle.dumps(a)) == a


@given(numbers(sizes=True), st.integers(1, 9), st.integers(1, 9))
def test_sizes_can_be_given_values(a: Scalar, n: int, d: int) -> None:
    found = a.substitute({"n": n, "d": d})
    expected = float(a.rational)
    for base, e in a.powers:
        number = base if isinstance(base, int) else sum(c * math.prod({"n": n, "d": d}[s] ** k for s, k in m) for m, c in base.terms)
        expected *= number ** float(e)
    assert math.isclose(float(found), expected, rel_tol=1e-12, abs_tol=1e-300)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.1, "1/10"), (1e-5, "1/100000"), (0.044715, "8943/200000"), (1 / 3, "1/3"), (2**-0.5, "1/2*sqrt(2)"),
        (-(6**-0.5), "-1/6*sqrt(6)"),
        (1 / 64**0.5, "1/8"), (0.0, "0"), (-2.0, "-2"), (1e300, str(10**300)), (math.sqrt(80), "4*sqrt(5)"),
    ],
)  # fmt: skip
def test_floats_are_read_as_what_they_mean(number: float, text: str) -> None:
    assert str(Scalar.read(number)) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_is_read_is_within_a_few_units_in_the_last_place(x: float) -> None:
    found = Scalar.read(x)
    assert abs(float(found) - x) <= 4 * math.ulp(x)


@pytest.mark.parametrize("x", [math.nan, math.inf, -math.inf])
def test_what_is_no_real_number_is_refused(x: float) -> None:
    with pytest.raises(ValueError, match="not a real number"):
        Scalar.read(x)


def test_powers_that_are_no_real_number_are_refused() -> None:
    for base, exponent in ((0, Fraction(-1)), (-2, Fraction(1, 2)), (2, Fraction(65)), (0, Fraction(1, 2))):
        with pytest.raises(ValueError, match="power"):
            Scalar.of(base).power(exponent)
    with pytest.raises(ValueError, match="a root of"):
        Scalar.of((1 << 61) - 1).power(Fraction(1, 2))
    with pytest.raises(TypeError, match="the size n is a symbol"):
        float(Scalar.of(symbol("n")))
    with pytest.raises(AttributeError, match="immutable"):
        ONE.rational = Fraction(2)  # type: ignore[misc]


def test_pi_is_a_base_of_scalars_and_no_size() -> None:
    found = Scalar.of(Fraction(1, 3)) * Scalar.of(2).power(Fraction(1, 2)) * PI.power(Fraction(-1, 2))
    assert Scalar.from_json(json.loads(json.dumps(found.to_json()))) == found
    assert Scalar.from_json(PI.to_json()) == PI and float(found) == pytest.approx(math.sqrt(2 / math.pi) / 3)
    for size in ([[1, [["π", 1]]]], [[2, [["π", 1]]]], [[1, []], [1, [["π", 1]]]]):
        with pytest.raises(ValueError, match="not a size"):
            from_json(size)


SHY = symbol("n") - symbol("m")
BAD = [
    1, 1.0, None, True, [], "1e9", "1e999999999", "0.5", "2/4", " 1", "+1", "1/0", "-0", "1_0", "nan", "inf", "٣", ["1"], ["1", []],
    ["1", [[4, "1/2"]]], ["1", [[2, "3/2"]]], ["1", [[2, "1/1"]]], ["1", [[2, "0"]]], ["1", [[2, "-1/2"]]], ["1", [[1, "1/2"]]],
    ["1", [[3, "1/2"], [2, "1/2"]]], ["1", [[2, "1/2"], [2, "1/3"]]], ["0", [[2, "1/2"]]], ["1", [[True, "1/2"]]], ["1", [["2", "1/2"]]],
    ["1", [[(1 << 61) - 1, "1/2"]]], ["1", [[2, 0.5]]], ["1", [[[[1, [["n", 1]]], [-1, [["m", 1]]]], "1"]]], ["1", [[2, "1/2", 3]]],
    ["1", [[[[1, [["n", 1]]]], "1/0"]]], ["1", [[-2, "1/2"]]], {"1": 2}, ["1", [[[[2, [["π", 1]]]], "1"]]],
    ["1", [[[[1, [["π", 2]]]], "1"]]],
]  # fmt: skip


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_what_is_not_in_normal_form_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match=r"not a (scalar|fraction|size)"):
        Scalar.from_json(data)


@given(st.integers(0, 1 << 20))
def test_primes_are_seen(n: int) -> None:
    assert scalars._is_prime(n) == (n > 1 and scalars._primes(n) == [(n, 1)])


@given(st.integers(1, 1 << 20), st.integers(1, 1 << 20))
def test_products_are_no_primes(a: int, b: int) -> None:
    assume(a > 1 and b > 1)
    assert not scalars._is_prime(a * b)


def test_strong_pseudoprimes_are_seen() -> None:
    for n in (2047, 1373653, 25326001, 3215031751, 341531, (1 << 40) - 87, 1099511627689, 1000003, 1000003**2):
        assert scalars._is_prime(n) == (n <= scalars.LARGEST_BASE and sympy.isprime(n))


def test_texts() -> None:
    assert str(Scalar.of(6).power(Fraction(-1, 2))) == "1/6*sqrt(6)"
    assert str(Scalar.of(symbol("n")).power(Fraction(-1))) == "(n)**(-1)"
    assert str(Scalar.of(2).power(Fraction(1, 3))) == "(2)**(1/3)"
    assert repr(Scalar.of(symbol("n"))) == "(n)"


N, D = symbol("n"), symbol("d")


@pytest.mark.parametrize("size", [N * D, 6 * N, N * N * D, 2 * N + 4, N * N + N, 3 * N * D + 6 * N, N * D - N + 1, 4097 * N])
@given(e=exponents)
def test_a_power_of_a_product_of_sizes_is_the_product_of_powers(size: Any, e: Fraction) -> None:
    found = Scalar.of(size).power(e)
    assert math.isclose(float(found.substitute({"n": 3, "d": 5})), float(size_at(size)) ** float(e), rel_tol=1e-12)
    assert Scalar.from_json(found.to_json()) == found
    for factor in (2, N, D):
        assert Scalar.of(size * factor).power(e) == found * Scalar.of(factor).power(e) or size == 4097 * N


def size_at(size: Any) -> Any:
    return substitute(size, {"n": 3, "d": 5})


def test_sizes_part_into_their_factors() -> None:
    assert Scalar.of(N * D).power(Fraction(-1)) == Scalar.of(N).power(Fraction(-1)) * Scalar.of(D).power(Fraction(-1))
    assert str(Scalar.of(4 * N).power(Fraction(1, 2))) == "2*sqrt(n)"
    assert str(Scalar.of(N * N + N)) == "(1 + n)*(n)"
    assert Scalar.of(2 * N).plus(Scalar.of(N)) == Scalar.of(3 * N)
