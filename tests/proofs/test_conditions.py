"""What holds under a condition is proved under it, and is not proved, or lists it, without."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

import ncd_cat as ncd
from ncd_cat.errors import InputError
from ncd_cat.evaluate import evaluate
from ncd_cat.graph import Graph, Input, Value, Weight, source
from ncd_cat.ops.activation import Absolute, Relu
from ncd_cat.ops.contraction import add, einsum, linear_combination, mean, multiply, number, repeat, scale, subtract, total
from ncd_cat.ops.literal import literal
from ncd_cat.ops.norm import BatchNorm, layer_norm
from ncd_cat.ops.pointwise import Equal, Exp, Less, Log, Maximum, Power, Where, divide, reciprocal
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.scanning import scan
from ncd_cat.sizes import Size, symbol
from ncd_cat.types import Array
from proofs.assume import facts, under
from proofs.kernel import check
from proofs.prove import prove
from proofs.satisfying import FITS, fitted, satisfies
from proofs.verdict import Verdict
from rewrites.rules.conditions import CONDITIONS

S = (3, 4)
DOM = (Array.of(S, "float64", "x"), Array.of(S, "float64", "m"), Array.of(S, "bool", "b"), Array.of(S, "int64", "k"))
X, M, B, K = (source(Input(k, a.kind), S) for k, a in enumerate(DOM))
W = source(Weight("ln.weight"), (4,))
ZERO, UNIT, ROWS = number(0, S), number(1, S), number(1, (3,))
ROOT, SQUARE = Power(Fraction(1, 2)), Power(Fraction(2))
EPS = Scalar.read(1e-5)


def graph(y: Value) -> Graph:
    return Graph(DOM, (Array.of(y.sizes, "float64"),), (y,))


def asked(lhs: Value, rhs: Value, *assume: str) -> Verdict:
    return prove(graph(lhs), graph(rhs), assume=assume, timeout=10)


def rows(v: Value) -> Value:
    return repeat(total(v, (1,)), [(1, 4)])


def shares(v: Value) -> Value:
    """Each row over its sum."""
    return divide(v, rows(v))


def masked(mask: Value) -> Value:
    """Softmax where the mask is not 0."""
    return softmax(Where()(mask, X, literal(np.float64(-np.inf)).at((), S)), 1)


WEIGHTED = multiply(M, Exp()(X))
TRUE: dict[str, tuple[Value, Value, tuple[str, ...]]] = {
    "x / x": (divide(X, X), UNIT, ("x != 0",)),
    "x / x of positive numbers": (divide(X, X), UNIT, ("x > 0",)),
    "x / x of a number": (divide(X, X), UNIT, ("x = 1/2",)),
    "a root squared": (SQUARE(ROOT(X)), X, ("x >= 0",)),
    "the root of a square": (ROOT(SQUARE(X)), X, ("x >= 0",)),
    "the root of a product": (ROOT(multiply(X, M)), multiply(ROOT(X), ROOT(M)), ("x >= 0", "m >= 0")),
    "exp log": (Exp()(Log()(X)), X, ("x > 0",)),
    "log of a product": (Log()(multiply(X, M)), add(Log()(X), Log()(M)), ("0 < m",)),
    "the absolute value": (Absolute()(X), X, ("x >= 0",)),
    "relu of a positive weight": (Relu()(repeat(W, [(0, 3)])), repeat(W, [(0, 3)]), ("ln.weight > 0",)),
    "a weight of ones": (multiply(X, repeat(W, [(0, 3)])), X, ("ln.weight = 1",)),
    "a weight that is not 0": (divide(multiply(X, repeat(W, [(0, 3)])), repeat(W, [(0, 3)])), X, ("ln.weight != 0",)),
    "shares add up to 1": (total(shares(X), (1,)), ROWS, ("rowsum(x) > 0",)),
    "masked shares add up to 1": (total(shares(WEIGHTED), (1,)), ROWS, ("rowsum(m) > 0", "m in {0, 1}")),
    "weighted shares add up to 1": (total(shares(WEIGHTED), (1,)), ROWS, ("rowsum(m) > 0", "m >= 0")),
    "shares of positive numbers": (total(shares(multiply(X, X)), (1,)), ROWS, ("x > 0",)),
    "masked attention adds up to 1": (total(masked(B), (1,)), ROWS, ("rowsum(b) > 0",)),
    "inversely masked attention adds up to 1": (total(masked(Equal()(B, ZERO)), (1,)), ROWS, ("rowsum(1 - b) > 0",)),
    "a mask is idempotent": (multiply(X, M, M), multiply(X, M), ("m in {0, 1}",)),
    "a mask is what is not 0": (Where()(Equal()(M, ZERO), ZERO, X), multiply(X, M), ("m in {0,1}",)),
    "a mask is what is 1": (Where()(Equal()(UNIT, K), X, ZERO), multiply(X, K), ("k in {0, 1}",)),
    "masks": (masked(M), shares(multiply(M, Exp()(X))), ("m in {0, 1}",)),
    "truth throughout": (multiply(X, B), X, ("b = 1",)),
    "layer norm is invariant to scale": (layer_norm(scale(X, 2), 1, None, None, EPS), layer_norm(X, 1, None, None, EPS), ("eps = 0",)),
    "batch norm": (BatchNorm(EPS)(X, ZERO, UNIT), X, ("eps = 0",)),
    "renormalising": (divide(softmax(X, 1), add(rows(softmax(X, 1)), number(Scalar.read(1e-9), S))), softmax(X, 1), ("eps = 0",)),
}


@pytest.mark.parametrize("name", TRUE)
def test_what_holds_under_a_condition(name: str) -> None:
    lhs, rhs, assume = TRUE[name]
    verdict = asked(lhs, rhs, *assume)
    assert verdict.status == "proved", str(verdict)
    assert verdict.certificate is not None
    assert len(verdict.assumptions) == len(assume), verdict.assumptions
    statement = check(verdict.certificate.data)
    if "eps" not in str(assume):
        assert statement.lhs.outputs == (lhs,) and statement.rhs.outputs == (rhs,) and statement.assumptions == verdict.assumptions


@pytest.mark.parametrize("name", TRUE)
def test_it_does_not_hold_outright(name: str) -> None:
    lhs, rhs, _ = TRUE[name]
    verdict = asked(lhs, rhs)
    assert verdict.status != "proved" or verdict.assumptions or name.startswith("shares of")


FALSE: dict[str, tuple[Value, Value, tuple[str, ...]]] = {
    "the root of a square": (ROOT(multiply(X, X)), X, ("x != 0",)),
    "the absolute value": (Absolute()(X), X, ("x != 0",)),
    "the absolute value of another": (Absolute()(X), X, ("m > 0",)),
    "relu": (Relu()(X), X, ("rowsum(x) > 0",)),
    "a square": (multiply(X, X), X, ("x >= 0",)),
    "a half": (multiply(X, X), X, ("x = 1/2",)),
    "a difference of positive numbers": (Relu()(subtract(X, M)), subtract(X, M), ("x > 0", "m > 0")),
    "a mask that is not idempotent": (multiply(X, M, M), multiply(X, M), ("m >= 0",)),
    "a mask is not what is 0": (Where()(Equal()(M, ZERO), X, ZERO), multiply(X, M), ("m in {0, 1}",)),
    "a mask is not 1": (multiply(X, M), X, ("m in {0, 1}", "rowsum(m) > 0")),
    "truth": (multiply(X, B), X, ("rowsum(b) > 0",)),
    "shares are not numbers": (shares(X), X, ("rowsum(x) > 0",)),
    "the mean of a mask": (mean(M, (1,)), ROWS, ("m in {0, 1}",)),
    "negative scales": (layer_norm(scale(X, -2), 1, None, None, EPS), layer_norm(X, 1, None, None, EPS), ("eps = 0",)),
    "a number is not small": (add(X, number(1, S)), X, ("x > 0",)),
    "indices": (multiply(X, K), X, ("k in {0, 1}",)),
    "zeros": (multiply(X, M), M, ("m >= 0",)),
}


@pytest.mark.parametrize("name", FALSE)
def test_what_is_false_under_a_condition_is_refuted_by_numbers_that_meet_it(name: str) -> None:
    lhs, rhs, assume = FALSE[name]
    verdict = asked(lhs, rhs, *assume)
    assert verdict.status == "refuted" and verdict.counterexample is not None, str(verdict)
    found = verdict.counterexample
    said = facts([a for a in assume if "eps" not in a], graph(lhs), graph(rhs))
    assert all(satisfies(found.inputs[int(k)], given) for (kind, k), given in said.items() if kind == "input")
    if "eps" not in str(assume):
        assert found.replay(graph(lhs), graph(rhs)) == pytest.approx(found.max_abs_diff)


NEVER_OUTRIGHT: dict[str, tuple[Value, Value]] = {
    "x / x = 1": (divide(X, X), UNIT),
    "√x² = x": (SQUARE(ROOT(X)), X),
    "exp(log x) = x": (Exp()(Log()(X)), X),
    "√(x²) = x": (ROOT(SQUARE(X)), X),
    "√(x y) = √x √y": (ROOT(multiply(X, M)), multiply(ROOT(X), ROOT(M))),
    "log(x y) = log x + log y": (Log()(multiply(X, M)), add(Log()(X), Log()(M))),
    "log x² = 2 log x": (Log()(SQUARE(X)), scale(Log()(X), 2)),
    "x · x⁻¹ · m = m": (multiply(X, reciprocal(X), M), M),
    "(x⁻¹)⁻¹ = x": (reciprocal(reciprocal(X)), X),
    "x / √(x²) = 1": (divide(X, ROOT(SQUARE(X))), UNIT),
    "shares add up to 1": (total(shares(X), (1,)), ROWS),
    "a softmax of which all is masked": (total(masked(B), (1,)), ROWS),
    "masked shares": (total(shares(WEIGHTED), (1,)), ROWS),
    "batch norm with a variance that may be negative": (multiply(BatchNorm(EPS)(X, ZERO, M), ROOT(add(M, number(EPS, S)))), X),
    "layer norm and scale": (layer_norm(scale(X, 2), 1, None, None, EPS), layer_norm(X, 1, None, None, EPS)),
    "x > 0": (Less()(ZERO, X), UNIT),
    "max(x, m) = x": (Maximum()(X, M), X),
    "0 · log x = 0": (multiply(ZERO, Log()(X)), ZERO),
    "log x − log x = 0": (subtract(Log()(X), Log()(X)), ZERO),
}


@pytest.mark.parametrize("name", NEVER_OUTRIGHT)
def test_a_claim_that_holds_under_a_condition_only_is_never_proved_silently(name: str) -> None:
    verdict = asked(*NEVER_OUTRIGHT[name])
    assert verdict.status != "proved" or verdict.assumptions, str(verdict)


def test_an_assumption_about_another_array_is_listed_besides_what_is_inferred() -> None:
    verdict = asked(divide(X, X), UNIT, "m > 0", "rowsum(b) > 0")
    assert (verdict.status, verdict.assumptions) == ("proved", ("input(0, real) is not 0",))
    assert "assuming x is not 0" in str(verdict)


def test_a_negative_power_of_what_may_be_0() -> None:
    """x >= 0 does not make x / x equal to 1."""
    verdict = asked(divide(X, X), UNIT, "x >= 0")
    assert any("is not 0" in a for a in verdict.assumptions)


@pytest.mark.parametrize(("assume", "said"), [
    ("x", "is not of one of the forms 'x > 0'"),
    ("x > 1", "is not of one of the forms"),
    ("x in {1, 2}", "is not of one of the forms"),
    ("x = 1/0", "is not of one of the forms"),
    ("rowsum(x) = 0", "is not of one of the forms"),
    ("y > 0", "there is no input or weight 'y'; there are 'x', 'm', 'b', 'k', 'ln.weight'"),
    ("b > 0", "is about truth values"),
    ("k = 1", "whole numbers"),
    ("rowsum(1 - x) > 0", "say also that it is in {0, 1}"),
    ("eps = 1", "a regulariser can be assumed to be 0"),
    ("eps = 0", "neither side has a regulariser"),
    ("n % 2 == 0", "no size is called 'n'; all sizes are numbers here"),
])  # fmt: skip
def test_conditions_that_are_refused(assume: str, said: str) -> None:
    with pytest.raises(InputError) as caught:
        asked(multiply(X, repeat(W, [(0, 3)])), X, assume)
    assert said in str(caught.value)


@pytest.mark.parametrize("assume", [("x = 0", "x > 0"), ("x = 2", "x in {0, 1}"), ("b = 0", "rowsum(b) > 0"), ("x = 0", "x = 1")])
def test_conditions_that_nothing_meets_are_refused(assume: tuple[str, ...]) -> None:
    with pytest.raises(InputError, match="at once"):
        asked(X, X, *assume)


def test_a_name_that_means_two_arrays_is_refused() -> None:
    other = Graph((DOM[1], DOM[0], *DOM[2:]), (Array.of(S, "float64"),), (X,))
    with pytest.raises(InputError, match="'x' is one array of lhs and another of rhs"):
        prove(graph(X), other, assume="x > 0")
    assert prove(graph(Relu()(X)), other, assume="input 0 > 0").status == "proved"


@pytest.mark.parametrize("name", CONDITIONS)
def test_a_retraction_is_the_same_on_terms_and_on_arrays_and_is_idempotent(name: str) -> None:
    """What refutes is what is proved: r(x), and r(r(x)) = r(x)."""
    random = np.random.default_rng(0)
    mask = name == "rows of complement"
    for x in [random.integers(-1, 2, S).astype(float), np.zeros(S), np.ones(S), -np.ones(S), random.standard_normal(S)]:
        x = np.abs(np.sign(x)) if mask else x
        given = CONDITIONS[name].retraction(Less()(ZERO, X) if mask else X)
        (on_terms,) = evaluate(graph(given), [x, x, x > 0, np.zeros(S, dtype=np.int64)])
        on_array = fitted(x, (name,))
        np.testing.assert_array_equal(np.asarray(on_terms, dtype=np.float64), on_array)
        np.testing.assert_array_equal(fitted(on_array, (name,)), on_array)
        assert satisfies(on_array, (name,)) and FITS[name](on_array).dtype == x.dtype


def test_nothing_assumed_changes_nothing() -> None:
    one = graph(linear_combination([(ONE, X), (ONE, M)]))
    assert under(one, {}) == (one, {})
    assert under(graph(X), {("weight", "ln.weight"): ("positive",)}) == (graph(X), {})


# ---- sizes --------------------------------------------------------------------------------------------------------


def test_sizes_that_differ_are_refused_and_the_condition_is_named() -> None:
    one, other = ncd.softmax("k").at(ncd.ty("n k")), ncd.softmax("k").at(ncd.ty("m k"))
    with pytest.raises(ncd.TypeMismatch, match=r"size n in lhs and m in rhs: the claim needs n == m, which assume=\('n == m',\) states"):
        prove(one, other)
    verdict = prove(one, other, assume="n == m")
    assert (verdict.status, verdict.assumptions) == ("proved", ("n == m",))


def test_products_of_sizes() -> None:
    one, other = ncd.einsum("n ->"), ncd.einsum("m ->").resize(m=2 * symbol("k"))
    with pytest.raises(ncd.TypeMismatch, match=r"the claim needs n == 2\*k"):
        prove(one, other)
    assert prove(one, other, assume="n == 2*k").assumptions == ("n == 2*k",)


def test_a_condition_is_found_for_what_holds_for_some_sizes_only() -> None:
    x = source(Input(0), (symbol("n"), symbol("m")))
    dom = (Array.of(x.sizes, "float64", "x"),)
    n = Scalar.of(x.sizes[0])
    lhs, rhs = (Graph(dom, (Array.of((), "float64"),), (y,)) for y in (mean(x, (0, 1)), total(x, (0, 1), (n * n).power(Fraction(-1)))))
    verdict = prove(lhs, rhs)
    assert verdict.status == "refuted" and "it holds where n == m, which assume=('n == m',) states" in verdict.reason
    assert prove(lhs, rhs, assume="n == m").assumptions == ("n == m",)
    assert prove(lhs, rhs, assume="n >= 2").status == "refuted"


@pytest.mark.parametrize(("assume", "said"), [
    ("n == q", "no size is called 'q'; the sizes are m, n"),
    ("n == n + 1", "one side must be a size by itself"),
    ("n == m - 3", "one side must be a size by itself"),
    ("n % 2 == 1", "a remainder is 0"),
    ("n % 0 == 0", "divides by 0"),
    ("n*m % 2 == 0", "must be a size by itself"),
    ("n*m >= 4", "must be a size by itself"),
    ("n != m", "is not of the form"),
    ("n == m == 3", "is not of the form"),
    ("n == m / 2", "is not of the form"),
    ("n == (", "is not of the form"),
])  # fmt: skip
def test_conditions_on_sizes_that_are_refused(assume: str, said: str) -> None:
    one = ncd.einsum("n m -> n")
    with pytest.raises(InputError) as caught:
        prove(one, one, assume=assume)
    assert said in str(caught.value)


N, MM, K0, K1 = map(symbol, ("n", "m", "k", "k1"))


@pytest.mark.parametrize(("assume", "sizes"), [
    (("n == 4",), (4, MM)), (("4 <= n",), (K0 + 3, MM)), (("n > 1", "m == 2*n"), (K0 + 1, 2 * K0 + 2)),
    (("n % 8 == 0", "n == m"), (8 * K0, 8 * K0)), (("n >= 1",), (N, MM)), (("n == n",), (N, MM)),
    (("n % 2 == 0", "n >= 5"), (2 * K1 + 4, MM)), (("n = m",), (MM, MM)), (("n >= m",), (K0 + MM - 1, MM)),
])  # fmt: skip
def test_conditions_on_sizes_are_substitutions(assume: tuple[str, ...], sizes: tuple[Size, ...]) -> None:
    one = ncd.einsum("n m -> n")
    verdict = prove(one, one, assume=assume)
    assert verdict.status == "proved" and verdict.lhs.dom[0].sizes == sizes
    assert verdict.assumptions == tuple(a for a in assume if a not in ("n >= 1", "n == n"))


def test_einsum_of_equal_weights() -> None:
    """A weight of one name and two symbolic sizes says which condition is missing."""
    x = source(Input(0), (symbol("d"),))
    sides = [Graph((Array.of(x.sizes, "float64", "x"),), (Array.of((), "float64"),),
                   (total(multiply(einsum("i->i", source(Weight("w"), (symbol(s),))), number(1, (symbol(s),))), (0,)),))
             for s in ("a", "b")]  # fmt: skip
    with pytest.raises(InputError, match=r"weight 'w' has sizes \(a\) in lhs and \(b\) in rhs: the claim needs a == b"):
        prove(*sides)
    assert prove(*sides, assume="a == b").status == "proved"


def test_what_is_assumed_of_an_input_is_not_assumed_of_the_state_of_a_loop() -> None:
    """Inside the body of a loop input 0 is a state, which starts as a positive number and does not stay one."""
    x, steps = source(Input(0), (3,)), source(Input(1), (4, 3))
    dom = (Array.of((3,), "float64", "x"), Array.of((4, 3), "float64", "steps"))

    def ran(f: Callable[[Value], Value]) -> Graph:
        _, (y,) = scan(lambda state, step: (subtract(state, Exp()(step)), f(state)), [x], [steps])
        return Graph(dom, (Array.of(y.sizes, "float64"),), (y,))

    sides = ran(Relu()), ran(lambda state: state)
    assert prove(*sides, assume=("x > 0",), timeout=10).status == "refuted"
    root = ran(lambda state: ROOT(SQUARE(state))), ran(Absolute())
    assert prove(*root, assume=("x > 0",), timeout=10).status != "refuted"
