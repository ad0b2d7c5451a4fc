"""Sizes against SymPy's polynomials and against integers."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import Any

import pytest
import sympy
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat import sizes
from ncd_cat.sizes import Poly, Size, symbol

NAMES = ("d", "h", "n")
monomials = st.lists(st.sampled_from(NAMES), max_size=3)


@st.composite
def polynomials(draw: Any) -> Size:
    found: Size = 0
    for names, c in draw(st.lists(st.tuples(monomials, st.integers(-4, 4)), max_size=4)):
        found = found + sizes.product(symbol(s) for s in names) * c
    return found


def expand(a: Size) -> sympy.Expr:
    return sympy.expand(sizes.to_sympy(a))


@given(polynomials(), polynomials())
def test_arithmetic_is_sympys(a: Size, b: Size) -> None:
    assert expand(a + b) == sympy.expand(sizes.to_sympy(a) + sizes.to_sympy(b))
    assert expand(a * b) == sympy.expand(sizes.to_sympy(a) * sizes.to_sympy(b))
    assert expand(a - b) == sympy.expand(sizes.to_sympy(a) - sizes.to_sympy(b))
    assert expand(-a) == -expand(a)
    assert (a == b) == (expand(a - b) == 0)


@given(polynomials(), polynomials())
def test_equal_sizes_are_one_form(a: Size, b: Size) -> None:
    assert a + b == b + a and hash(a + b) == hash(b + a)
    assert (a + b) - b == a
    assert isinstance(a - a, int) and a - a == 0
    assert a * b == b * a


@given(polynomials(), polynomials())
def test_division_undoes_multiplication(a: Size, b: Size) -> None:
    if b != 0:
        assert sizes.divide(a * b, b) == a
        quotient = sizes.divide(a, b)
        assert quotient is None or quotient * b == a


@given(polynomials(), st.fixed_dictionaries({s: st.integers(1, 5) for s in NAMES}))
def test_signs_are_right(a: Size, point: dict[str, int]) -> None:
    value = sizes.substitute(a, point)
    assert value == expand(a).subs({sympy.Symbol(s, positive=True, integer=True): n for s, n in point.items()})
    assert isinstance(value, int)
    assert not sizes.provably_nonnegative(a) or value >= 0
    up, down = sizes.signed_parts(a)
    assert up - down == a
    assert sizes.substitute(up, point) >= 0 and sizes.substitute(down, point) >= 0  # type: ignore[operator]


def test_what_is_provable() -> None:
    n, m = symbol("n"), symbol("m")
    assert sizes.provably_nonnegative(n - 1) and sizes.provably_nonnegative(n * m - n) and sizes.provably_nonnegative(0)
    assert not sizes.provably_nonnegative(n - 2) and not sizes.provably_nonnegative(n - m) and not sizes.provably_nonnegative(-1)


@given(polynomials())
def test_json_and_pickle_read_back(a: Size) -> None:
    assert sizes.from_json(json.loads(json.dumps(sizes.to_json(a)))) == a
    assert pickle.loads(pickle.dumps(a)) == a
    assert sizes.symbols(a) == tuple(sorted(str(s) for s in sizes.to_sympy(a).free_symbols)) or expand(a).is_number


DEEP: list[Any] = []
for _ in range(500):
    DEEP = [DEEP]
BAD = [
    True, 1.5, "n", None, [], {}, [[1]], [[1, [["n", 0]]]], [[1, [["n", -1]]]], [[True, [["n", 1]]]], [[1, [["n", True]]]],
    [[1, [["1n", 1]]]], [[0, [["n", 1]]]], [[1, []]], [[1, [["n", 1]]], [1, [["n", 1]]]], [[1, [["n", 1], ["m", 1]]]],
    [[1, [["n", 1]]], [1, [["m", 1]]]], [[1.0, [["n", 1]]]], [[1, [["n", 99]]]], [[1, [[f"x{k}", 1]]] for k in range(100)],
    [[1, [[f"a{k:02}", 1] for k in range(20)]]], DEEP, [[1, DEEP]], [[1, [["n", 1], ["n", 1]]]],
]  # fmt: skip


@pytest.mark.parametrize("data", BAD, ids=range(len(BAD)))
def test_what_is_no_size_is_refused(data: Any) -> None:
    with pytest.raises(ValueError, match="not a size"):
        sizes.from_json(data)


def test_errors_and_texts() -> None:
    with pytest.raises(ValueError, match="'2n'"):
        symbol("2n")
    with pytest.raises(AttributeError, match="immutable"):
        symbol("n").terms = ()
    n = symbol("n")
    assert str(2 - n * n) == repr(2 - n * n) == "2 - 1*n**2"
    assert sizes.product([]) == 1 and sizes.product([2, n, 3]) == 6 * n
    assert n != "n"


def test_hashes_are_the_same_in_every_process() -> None:
    code = "from ncd_cat.sizes import symbol; print(hash(symbol('n') * symbol('d') + 3))"
    runs = [{"PYTHONHASHSEED": seed, "PYTHONPATH": ":".join(sys.path)} for seed in ("1", "2")]
    found = {subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, env=env).stdout for env in runs}
    assert len(found) == 1 and isinstance(symbol("n") * symbol("d") + 3, Poly)
