"""Certificates for false statements, and questions made to mislead: none is accepted, none is answered wrongly."""

import json
import time
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from ncd_cat.axes import Sizes, whole
from ncd_cat.codec import Reader, Table, encode_access, encode_graph
from ncd_cat.graph import Graph, Input, Node, Value, node, source
from ncd_cat.ops.contraction import Term, add, contraction, multiply, number, scale, subtract, total, view
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal, Exp, Floor, Less, LessEqual, Power, Where
from ncd_cat.ops.rounding import Ceil, Round, Sign, Trunc
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.types import Array
from proofs.kernel import FORMAT, VERSION, ProofError, check
from proofs.prove import prove
from proofs.refute import refute
from proofs.snap import snapped
from rewrites.facts import truth
from rewrites.rules import RULES

Line = tuple[Node, Value, list[Any]]


def certificate(lhs: Value, rhs: Value, dom: Sizes, lines: list[Line], ends: list[int | None]) -> dict[str, Any]:
    """The certificate that claims lhs = rhs, functions of one array, by these lines."""
    table = Table()
    statement = [encode_graph(Graph((Array.of(dom),), (Array.of(v.sizes),), (v,)), table) for v in (lhs, rhs)]
    steps = [[table.add(n), table.add(v.node), encode_access(v.access, v.node.sizes), _encoded(chain, table)] for n, v, chain in lines]
    return {"format": FORMAT, "version": VERSION, "statement": statement, "assumptions": [], "conclusion": [ends],
            "nodes": table.entries, "steps": steps}  # fmt: skip


def _encoded(data: Any, table: Table) -> Any:
    if isinstance(data, list | tuple):
        return [_encoded(x, table) for x in data]
    return {"node": table.add(data)} if isinstance(data, Node) else data


def refused(data: dict[str, Any], why: str) -> None:
    with pytest.raises(ProofError, match=why):
        check(json.loads(json.dumps(data)))


# ---- forged certificates ------------------------------------------------------------------------------------------


def test_an_input_is_not_its_transpose() -> None:
    x = source(Input(0), (3, 3))
    crossed = (whole(1, 3), whole(0, 3))
    y = x.at(crossed, (3, 3))
    lines: list[Line] = [(view(x), y, [["unit"], ["slide", x.node, crossed]]), (view(y), y, [["unit"]])]
    refused(certificate(x, y, (3, 3), lines, [0, 1]), "not broadcast")


@pytest.mark.parametrize("x", [source(Input(0), (4,)), literal(np.arange(4.0))])
def test_the_entries_of_a_source_are_not_all_equal(x: Value) -> None:
    first, second = (Exp()(x.at(((k, ()),), ())) for k in (0, 1))
    bad = Exp()(Value.of(node(x.node.op, [], ())))
    lines: list[Line] = [(view(v), bad, [["unit"], ["push", 0]]) for v in (first, second)]
    data = certificate(first, second, (4,), lines, [0, 1])
    refused(data, r"entry|not broadcast")
    with pytest.raises(ValueError, match="not broadcast"):
        RULES["push"].apply(first.node, (0,))


def test_a_power_of_an_array_read_round_and_round() -> None:
    """(2·x[i mod 3])^(1/2) on 4 entries, repeated over 5, is not √2·x^(1/2)[i mod 3]."""
    x, root = source(Input(0), (3,)), Fraction(1, 2)
    round_3, round_4 = ((0, ((1, 0, 1, 3),)),), ((0, ((1, 0, 1, 4),)),)
    y = contraction([Term(Scalar.of(2), (), ((x.node, round_3),))], (4,))
    lhs = Value.of(node(Power(root), [(y, round_4)], (5,)))
    powered = node(Power(root), [(x.node, ((0, ((1, 0, 1, 3),)),))], (3,))
    rhs = Value.of(contraction([Term(Scalar.of(2).power(root), (), ((powered, round_3),))], (5,)))
    lines: list[Line] = [(view(lhs), rhs, [["unit"], ["power_of_product"]]), (view(rhs), rhs, [["unit"]])]
    refused(certificate(lhs, rhs, (3,), lines, [0, 1]), "read as it is")


def test_a_bracket_that_is_not_part_of_the_complement_stays() -> None:
    """[i < 3][i >= 3]·x + [i < 3][i >= 1]·x is not [i < 3]·x."""
    x = source(Input(0), (6,))
    below, above, positive = (False, (2, ((-1, 0, 1, 6),))), (False, (-3, ((1, 0, 1, 6),))), (False, (-1, ((1, 0, 1, 6),)))
    factors = ((x.node, x.access),)
    lhs = Value.of(contraction([Term(ONE, (), factors, (below, above)), Term(ONE, (), factors, (below, positive))], (6,)))
    rhs = Value.of(contraction([Term(ONE, (), factors, (below,))], (6,)))
    lines: list[Line] = [(view(lhs), rhs, [["unit"], ["complement", 0, 1]]), (view(rhs), rhs, [["unit"]])]
    refused(certificate(lhs, rhs, (6,), lines, [0, 1]), "complementary")


# ---- data that costs more than it is long -------------------------------------------------------------------------


def monomial(letter: str) -> list[Any]:
    return [[1, [[f"{letter}{k}", 1] for k in range(10)]]]


def sum_of_symbols(letter: str) -> list[Any]:
    return [[1, [[f"{letter}{k:02d}", 1]]] for k in range(60)]


SUMS = [sum_of_symbols(c) for c in "abcd"]
COSTLY = {
    "a reshape of sums": [["Input", [0, "real"], [], SUMS], ["Reshape", [SUMS, SUMS], [[0, [0, 1, 2, 3]]], SUMS]],
    "an index of high degree": [["Input", [0, "real"], [], [monomial("s")]],
                                ["Exp", [], [[0, [[0, 1, 0, monomial("t"), monomial("s")]]]], [monomial("s")]]],
}  # fmt: skip


@pytest.mark.parametrize("entries", COSTLY.values(), ids=COSTLY.keys())
def test_hostile_sizes_are_refused_at_once(entries: list[Any]) -> None:
    start = time.perf_counter()
    with pytest.raises(ValueError, match=r"too large|at least 1"):
        Reader().extend(entries)
    assert time.perf_counter() - start < 5


def test_a_literal_without_numbers_as_sizes_has_no_meaning() -> None:
    with pytest.raises(ValueError, match="numbers as sizes"):
        Reader().extend([["Literal", ["float64", [0, "eJwDAAAAAAE="]], [], [[[1, [["n", 1]]]]]]])


# ---- numbers that whole numbers of 64 bits do not hold ------------------------------------------------------------


def test_a_truth_value_times_a_float_minimum_is_a_real_number() -> None:
    """c · (−3.4e38) · 0, of a truth value c, is 0: no whole number of 64 bits holds the product on the way."""
    c, s = source(Input(1, "bool"), (3, 3)), source(Input(0), (3, 3))
    dom = (Array.of((3, 3)), Array.of((3, 3), "bool"))
    huge = scale(scale(c, Scalar.read(float(np.finfo(np.float32).min))), 0)
    left, right = (Graph(dom, (Array.of((3, 3)),), (v,)) for v in (softmax(add(s, huge)), softmax(s)))
    assert refute(left, right) is None
    assert prove(left, right).status == "proved"


# ---- what only rounding tells apart -------------------------------------------------------------------------------

X = source(Input(0), (3, 4))
TENTHS = add(scale(X, Fraction(1, 10)), scale(X, Fraction(1, 5)))
SUM = scale(X, Fraction(3, 10))
ONES = number(1, (3, 4))
TIES = {
    "equal": (Equal()(TENTHS, SUM), ONES),
    "at most": (LessEqual()(TENTHS, SUM), ONES),
    "less": (Less()(TENTHS, SUM), scale(ONES, 0)),
    "floor": (Floor()(scale(TENTHS, 10)), Floor()(scale(X, 3))),
    "ceil": (Ceil()(scale(TENTHS, 10)), Ceil()(scale(X, 3))),
    "trunc": (Trunc()(scale(TENTHS, 10)), Trunc()(scale(X, 3))),
    "sign": (Sign()(add(TENTHS, scale(SUM, -1))), scale(ONES, 0)),
    "round": (Round()(scale(TENTHS, 5)), Round()(scale(X, Fraction(3, 2)))),
}


def pair(*values: Value) -> list[Graph]:
    return [Graph((Array.of((3, 4)),), (Array.of((3, 4)),), (v,)) for v in values]


@pytest.mark.parametrize("sides", TIES.values(), ids=TIES.keys())
def test_a_tie_that_rounding_breaks_refutes_nothing(sides: tuple[Value, Value]) -> None:
    assert refute(*pair(*sides)) is None


JUMPS = {
    "less or at most": (Less()(X, SUM), LessEqual()(X, SUM)),
    "floor and ceil": (Floor()(X), Ceil()(X)),
    "floor and trunc": (Floor()(X), Trunc()(X)),
    "sign of zero": (Sign()(X), Less()(scale(ONES, 0), X)),
    "equal and at most": (Equal()(X, ONES), LessEqual()(X, ONES)),
    "floor and round": (Floor()(X), Round()(X)),
}


@pytest.mark.parametrize("sides", JUMPS.values(), ids=JUMPS.keys())
def test_jumps_that_differ_are_refuted(sides: tuple[Value, Value]) -> None:
    found = refute(*pair(*sides))
    assert found is not None
    assert found.replay(*pair(*sides)) >= 0.5


def test_nothing_to_snap() -> None:
    (graph,) = pair(Exp()(X))
    assert snapped(graph) is graph


# ---- conditions that are, and are not, truth values ---------------------------------------------------------------

M = source(Input(1, "bool"), (3, 4))
NOT_M = subtract(ONES, M)
TRUTHS = {"not": (NOT_M, True), "not not": (subtract(ONES, NOT_M), True), "and not": (multiply(M, NOT_M), True),
          "minus": (scale(M, -1), False), "twice": (scale(M, 2), False), "sum": (add(M, NOT_M), False), "1 + m": (add(ONES, M), False),
          "half": (scale(NOT_M, Fraction(1, 2)), False), "2 - m": (subtract(scale(ONES, 2), M), False), "1 - x": (subtract(ONES, X), False),
          "one": (ONES, True), "two": (scale(ONES, 2), False), "total": (total(M, (0,)), False)}  # fmt: skip


@pytest.mark.parametrize(("value", "known"), TRUTHS.values(), ids=TRUTHS.keys())
def test_which_sums_are_truth_values(value: Value, known: bool) -> None:
    assert truth(value.node) is known


def test_truth_of_a_shared_product_is_asked_once() -> None:
    start, n = time.perf_counter(), NOT_M
    for _ in range(60):
        n = multiply(n, n)
    assert truth(n.node)
    assert time.perf_counter() - start < 5


def test_a_negated_mask_is_a_mask() -> None:
    dom = (Array.of((3, 4)), Array.of((3, 4), "bool"))
    minus_infinity = literal(np.float64(-np.inf)).at((), (3, 4))
    filled = softmax(Where()(NOT_M, minus_infinity, X))
    chosen = softmax(Where()(M, X, minus_infinity))
    left, right, other = (Graph(dom, (Array.of((3, 4)),), (v,)) for v in (filled, chosen, softmax(Where()(NOT_M, X, minus_infinity))))
    assert prove(left, right).status == "proved"
    assert prove(left, other).status == "refuted"
