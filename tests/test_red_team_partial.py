"""Partial functions: what is not read needs no value, and a value that a rule stops reading, or starts to read, is assumed to be one."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from ncd_cat.axes import whole
from ncd_cat.covering import covered, negated
from ncd_cat.errors import InputError
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, apply, source
from ncd_cat.ops.attention import attention
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import Term, add, contraction, multiply, number, scale, subtract, total, view
from ncd_cat.ops.convolution import convolution
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.norm import LayerNorm
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Exp, Less, Log, Power, Where, divide, reciprocal
from ncd_cat.ops.rounding import FloorDivide, Remainder, Trunc
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, ZERO, Scalar
from ncd_cat.signature import Guard
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
from proofs.kernel import ProofError, check
from proofs.prove import prove
from proofs.refute import refute
from rewrites.rule import RuleError
from rewrites.rules import RULES
from tests.test_red_team import certificate

S = (3, 4)
X, Y = source(Input(0), S), source(Input(1), S)
LOG, ZEROS = Log()(X), number(0, S)
POSITIVE = Less()(ZEROS, X)
CAUSAL: Guard = (False, (0, ((1, 0, 1, 3), (-1, 1, 1, 4))))
MINUS_INFINITY = literal(np.float64(-np.inf)).at((), S)


def lower(v: Value) -> Value:
    """[j <= i] · v."""
    return Value.of(contraction([Term(ONE, (), ((v.node, v.access),), (CAUSAL,))], S))


def assumptions(lhs: Value, rhs: Value) -> tuple[str, ...]:
    """What the proof of lhs = rhs assumes."""
    dom = (Array.of(S), Array.of(S))
    found = prove(*(Graph(dom, (Array.of(v.sizes),), (v,)) for v in (lhs, rhs)), timeout=20)
    assert found.status == "proved", str(found)
    return found.assumptions


PARTIAL: dict[str, tuple[Value, Value]] = {
    "a choice is a product": (Where()(POSITIVE, LOG, ZEROS), multiply(POSITIVE, LOG)),
    "a choice of a quotient is a product": (Where()(POSITIVE, reciprocal(X), ZEROS), multiply(POSITIVE, reciprocal(X))),
    "part of a logarithm is a product with a mask": (lower(LOG), multiply(LOG, lower(number(1, S)))),
    "what is left of a logarithm": (subtract(LOG, lower(LOG)), subtract(LOG, multiply(LOG, lower(number(1, S))))),
    "nothing of what may be infinite": (add(X, scale(Where()(POSITIVE, MINUS_INFINITY, X), 0)), X),
    "infinity less itself": (subtract(Where()(POSITIVE, MINUS_INFINITY, X), Where()(POSITIVE, MINUS_INFINITY, X)), ZEROS),
    "a remainder of a division by 0": (add(X, scale(Remainder()(X, Y), 0)), X),
    "a quotient rounded, of a division by 0": (add(X, scale(FloorDivide()(X, Y), 0)), X),
    "a box without a meaning": (add(X, scale(apply(Opaque("f", "", (S,), S), X, degree=()), 0)), X),
    "a norm of zeros": (add(X, scale(apply(LayerNorm((4,), ZERO), X, degree=(3,)), 0)), X),
    "a power to 0": (divide(Exp()(Power(Fraction(1, 2))(X)), Exp()(Power(Fraction(1, 2))(X))), number(1, S)),
}  # fmt: skip


@pytest.mark.parametrize("sides", PARTIAL.values(), ids=PARTIAL.keys())
def test_what_may_have_no_value_is_assumed_to_have_one(sides: tuple[Value, Value]) -> None:
    assert any("has a value" in a or "is not 0" in a for a in assumptions(*sides))


def test_the_complement_of_a_bracket_assumes_what_it_cancels() -> None:
    n = subtract(LOG, lower(LOG)).node
    (term,) = RULES["fuse"].apply(n, ((1, 0),)).node.operands[1:]
    m = contraction([Term(ONE, (), (term,)), Term(-ONE, (), (term,), (CAUSAL,))], S)
    assert RULES["complement"].assumes(m, (0, 1)) == ("log(input(0, real)) has a value",)


KNOWN: dict[str, tuple[Value, Value]] = {
    "the same choice": (Where()(POSITIVE, LOG, ZEROS), Where()(POSITIVE, LOG, ZEROS)),
    "the same choice, moved": (add(Where()(POSITIVE, LOG, ZEROS), X), add(X, Where()(POSITIVE, LOG, ZEROS))),
    "a choice of numbers": (Where()(POSITIVE, X, ZEROS), multiply(POSITIVE, X)),
    "a masked softmax": (softmax(Where()(POSITIVE, MINUS_INFINITY, X)),
                         softmax(Where()(subtract(number(1, S), POSITIVE), X, MINUS_INFINITY))),
    "a norm under a bracket": (lower(apply(LayerNorm((4,), Scalar.of(1)), X, degree=(3,))),
                               multiply(apply(LayerNorm((4,), Scalar.of(1)), X, degree=(3,)), lower(number(1, S)))),
}  # fmt: skip


@pytest.mark.parametrize("sides", KNOWN.values(), ids=KNOWN.keys())
def test_what_has_a_value_by_its_form_is_not_assumed_to(sides: tuple[Value, Value]) -> None:
    assert assumptions(*sides) == ()


def test_a_causal_softmax_rests_on_nothing() -> None:
    """Each query sees a key, so that no sum of exponentials is 0."""
    q = source(Input(0), (5, 4))
    mask = literal(np.where(np.tri(5) > 0, 0.0, -np.inf))
    scores = Value.of(contraction([Term(ONE, (4,), tuple((q.node, (whole(k, 5), whole(2, 4))) for k in (0, 1)))], (5, 5)))
    p = softmax(add(scores, mask))
    by_hand = Value.of(contraction([Term(ONE, (5,), ((p.node, (whole(0, 5), whole(2, 5))), (q.node, (whole(2, 5), whole(1, 4)))))], (5, 4)))
    sides = (attention(q, q, q, scale=ONE, causal=True), by_hand)
    found = prove(*(Graph((Array.of((5, 4)),), (Array.of((5, 4)),), (v,)) for v in sides))
    assert (found.status, found.assumptions) == ("proved", ())


def test_the_base_of_a_fraction_is_not_read_where_no_term_reads_it() -> None:
    n = contraction([Term(ONE, (), ((LOG.node, LOG.access), (v.node, v.access)), (CAUSAL,)) for v in (X, Y)], S)
    with pytest.raises(RuleError, match="read nowhere"):
        RULES["factor_out"].apply(n, (LOG.node, LOG.access))
    assert RULES["factor_out"].apply(contraction([Term(ONE, (), ((LOG.node, LOG.access), (v.node, v.access))) for v in (X, Y)], S),
                                     (LOG.node, LOG.access)).sizes == S  # fmt: skip


def test_factors_are_replaced_from_the_last_to_the_first() -> None:
    """log(x) · a, where a is 0 · … by its own factor: no order of replacements hides that log(x) vanishes."""
    empty = contraction([], S)
    inner = view(Value.of(empty))
    n = contraction([Term(ONE, (), ((inner, X.access), (LOG.node, LOG.access)))], S)
    for args in (((0, 0), (0, 1)), ((0, 0), (0, 0))):
        with pytest.raises(RuleError):
            RULES["fuse"].apply(n, args)
    lines = [(view(Value.of(n)), Value.of(empty), [["unit"], ["fuse", [0, 0], [0, 1]]])]
    data = certificate(Value.of(n), Value.of(empty), S, [*lines, (view(Value.of(empty)), Value.of(empty), [["unit"]])], [0, 1])
    with pytest.raises(ProofError, match="not a number below"):
        check(data)


# ---- where brackets hold ------------------------------------------------------------------------------------------

N = symbol("n")

def window(pad: int) -> list[tuple[bool, tuple[int, tuple[tuple[int, int, int, int], ...]]]]:
    """0 <= i + d − pad < 8, for i in 8 and d in 3."""
    return [(False, (-pad, ((1, 0, 1, 8), (1, 1, 1, 3)))), (False, (7 + pad, ((-1, 0, 1, 8), (-1, 1, 1, 3))))]


COVERS = {
    "nothing": ([], (3,), False),
    "no bracket": ([((), ())], (3,), True),
    "a window with a centre": ([((3,), tuple(window(1)))], (8,), True),
    "a window that may be outside": ([((3,), tuple(window(3)))], (8,), False),
    "a triangle over its rows": ([((N,), ((False, (0, ((1, 0, 1, N), (-1, 1, 1, N)))),))], (N,), True),
    "a strict triangle over its rows": ([((N,), ((False, (-1, ((1, 0, 1, N), (-1, 1, 1, N)))),))], (N,), False),
    "a diagonal over its rows": ([((N,), ((True, (0, ((1, 0, 1, N), (-1, 1, 1, N)))),))], (N,), True),
    "a diagonal": ([((), ((True, (0, ((1, 0, 1, N), (-1, 1, 1, N)))),))], (N, N), False),
    "three parts": ([((), ((False, (1, ((-1, 0, 1, 9),))),)), ((), ((False, (-2, ((1, 0, 1, 9),))), (False, (5, ((-1, 0, 1, 9),))))),
                     ((), ((False, (-6, ((1, 0, 1, 9),))),))], (9,), True),
    "two of three parts": ([((), ((False, (1, ((-1, 0, 1, 9),))),)), ((), ((False, (-6, ((1, 0, 1, 9),))),))], (9,), False),
}  # fmt: skip


@pytest.mark.parametrize(("cases", "sizes", "wanted"), COVERS.values(), ids=COVERS.keys())
def test_which_brackets_cover(cases, sizes, wanted: bool) -> None:  # type: ignore[no-untyped-def]
    assert covered(cases, sizes) is wanted


def test_only_inequalities_have_complements() -> None:
    with pytest.raises(ValueError, match="no bracket"):
        negated((True, (0, ())))


FACTORS: dict[str, Callable[[Value], Value]] = {
    "concatenation": lambda v: concatenate([v, v, v], 0),
    "convolution": lambda v: convolution(v.at(((0, ()), whole(1, 3), whole(2, 4)), (1, 3, 4)), source(Input(1), (2, 3, 3)), padding=(1,)),
    "sums of rows": lambda v: total(v, (1,)),
}


@pytest.mark.parametrize("make", FACTORS.values(), ids=FACTORS.keys())
def test_sums_that_read_something_everywhere_have_factors_that_need_no_value(make: Callable[[Value], Value]) -> None:
    """(Σ g) · 1/v is Σ g · 1/v wherever it is anything."""
    y = make(X)
    v = reciprocal(source(Input(2), ()).at((), y.sizes))
    n = multiply(y, v).node
    assert RULES["fuse"].assumes(n, ((0, 0),)) == ()


# ---- integers that have no quotient -------------------------------------------------------------------------------


@pytest.mark.parametrize("op", [FloorDivide(), Remainder()], ids=str)
def test_no_integer_is_the_quotient_by_0(op: FloorDivide | Remainder) -> None:
    a, b = source(Input(0, "int"), S), source(Input(1, "int"), S)
    dom = (Array.of(S, "int64"), Array.of(S, "int64"))
    graph = Graph(dom, (Array.of(S, "int64"),), (op(a, b),))
    with pytest.raises(InputError, match="divided by 0"):
        evaluate(graph, [np.ones(S, dtype=np.int64), np.zeros(S, dtype=np.int64)])
    other = Graph(dom, (Array.of(S, "int64"),), (Trunc()(op(scale(a, ONE), multiply(b, b, reciprocal(b)))),))
    found = refute(graph, other)
    assert found is None or found.inputs[1].all()


def test_a_choice_of_logarithms_is_no_sum_over_all_of_them() -> None:
    index = source(Input(1, "int"), (3,))
    for x, fits in ((X, True), (LOG, False), (Where()(POSITIVE, MINUS_INFINITY, X), False)):
        n = apply(Take(4), x, index, degree=(3,)).node
        if fits:
            assert RULES["take_as_sum"].apply(n).sizes == (3,)
        else:
            with pytest.raises(RuleError, match="not chosen"):
                RULES["take_as_sum"].apply(n)


def test_fractions_of_what_may_be_infinite_stay() -> None:
    """y·∞ − ∞ has no value where y > 0, and (y − 1)·∞ has."""
    z = MINUS_INFINITY
    factors = ((z.node, z.access),)
    difference = contraction([Term(ONE, (), (*factors, (Y.node, Y.access))), Term(-ONE, (), factors)], S)
    with pytest.raises(RuleError, match="infinite"):
        RULES["factor_out"].apply(difference, (z.node, z.access))
    powered = Power(Fraction(-1))(z)
    n = contraction([Term(ONE, (), (*factors, *factors, (powered.node, powered.access)))], S)
    assert any("has a value" in a or "is not 0" in a for a in RULES["power_merge"].assumes(n, ((0, (0, 1, 2)),)))


def test_what_is_no_sum_is_not_replaced_and_assumes_nothing() -> None:
    n = multiply(X, LOG).node
    assert RULES["fuse"].assumes(n, ((0, 0),)) == ()
    with pytest.raises(RuleError, match="not a contraction"):
        RULES["fuse"].apply(n, ((0, 0),))
