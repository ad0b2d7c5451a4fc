"""Wires: arithmetic that broadcasts nothing, numbers that are exact, dtypes, patterns that name axes, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.errors import NcdError, TypeMismatch
from ncd_cat.ops.contraction import Contraction, number
from ncd_cat.scalars import Scalar
from tests.ncd_cat.language.oracle import wire, wires

X, Y = wire("q:2 k:3"), wire("k:3 q:2")
Z = wires("q:2 k:3, q:2 k:4")[1]
IDS, FLAGS = wire("int64[q:2 k:3]"), wire("bool[q:2 k:3]")


# ---- arithmetic ---------------------------------------------------------------------------------------------------


@given(st.floats(-4, 4), st.integers(1, 5))
def test_arithmetic_with_numbers_is_that_of_numbers(a: float, b: int) -> None:
    f = ncd.diagram("k:3")(lambda x: (x + a, a - x, x * b, x / b, -x, b / (x * x + 1), abs(x), x**2))
    x = np.array([-1.5, 0.25, 2.0])
    wanted = (x + a, a - x, x * b, x / b, -x, b / (x * x + 1), abs(x), x**2)
    for y, z in zip(ncd.evaluate(f, [x]), wanted, strict=True):
        np.testing.assert_allclose(y, z, rtol=1e-12, atol=1e-12)


def test_numbers_of_numpy_and_sizes_are_numbers() -> None:
    assert (X * np.float64(0.5)).value == (X * np.float32(0.5)).value == (X / 2).value == (np.float64(0.5) * X).value
    assert (X * np.int64(2)).value == (X * 2).value == (X * Fraction(2)).value == (X * Scalar.of(2)).value
    assert (X * np.float32(0.1)).value == (X * 0.1).value
    d = ncd.Axis("d", 2)
    assert (X * d).value == (X * 2).value and (X / d).value == (X / 2).value
    assert (X * (d**-0.5 * d**-0.5)).value == (X / 2).value  # 1/√2 · 1/√2 is 1/2, exactly


def test_comparisons_are_entry_by_entry_and_have_no_truth_value() -> None:
    f = ncd.diagram("k:3")(lambda x: (x < 1, x > 1, x <= 1, x >= 1, x == 1))
    x = np.array([0.0, 1.0, 2.0])
    for y, z in zip(ncd.evaluate(f, [x]), (x < 1, x > 1, x <= 1, x >= 1, x == 1), strict=True):
        np.testing.assert_array_equal(y, z)
    with pytest.raises(TypeMismatch, match="has no truth value while a diagram is drawn: `where` chooses"):
        assert X < 1
    with pytest.raises(TypeMismatch, match="has no truth value"):
        assert X == X
    assert len({X, X, Y}) == 2


def test_numpy_leaves_arithmetic_to_wires() -> None:
    for act in (lambda: X + np.ones((2, 3)), lambda: np.ones((2, 3)) * X, lambda: np.ones((2, 3)) < X):
        with pytest.raises(TypeMismatch, match=r"is no wire; literal\(array, axes\) makes a constant array one"):
            act()


# ---- dtypes and kinds ---------------------------------------------------------------------------------------------

KINDS: dict[str, tuple[Callable[[], Any], str]] = {
    "a comparison is a truth value": (lambda: X < 1, "bool"),
    "the sum of truth values is a number of them": (lambda: ncd.total(FLAGS, "k"), "int64"),
    "the mean of integers is real": (lambda: ncd.mean(IDS, "k"), "float32"),
    "integers add up to integers": (lambda: IDS + IDS, "int64"),
    "an integer and a real number add up to a real": (lambda: IDS + X, "float32"),
    "a gate of integers is an integer": (lambda: ncd.where(FLAGS, IDS, IDS * 0), "int64"),
    "reals keep their dtype": (lambda: ncd.softmax(wire("float64[k]"), "k"), "float64"),
    "integers are looked up in reals": (lambda: ncd.embedding(wire("int32[t]"), "v:9", "m", name="e"), "float32"),
    "an index of the greatest is an integer": (lambda: ncd.argmax(X, "k"), "int64"),
    "an exponential of integers is real": (lambda: ncd.exp(IDS), "float32"),
    "a rearranged truth value is one": (lambda: ncd.rearrange("q k -> k q", FLAGS), "bool"),
    "one hot is real": (lambda: ncd.one_hot(IDS, "v:4"), "float32"),
    "what is masked is real": (lambda: ncd.masked(X, FLAGS), "float32"),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(name: str) -> None:
    build, dtype = KINDS[name]
    assert build().type.dtype == dtype


def test_a_call_keeps_the_dtype_of_the_wires() -> None:
    scores = ncd.einsum("q d, k d -> q k")
    x = wire("float64[t:4 m:6]")
    assert str(scores(x, x)) == "float64[q:4 k:4]"


# ---- patterns on wires --------------------------------------------------------------------------------------------


def test_patterns_are_positional_and_never_cross_names() -> None:
    x, w = wires("t:4 m:6, n:5 m:6")
    assert ncd.einsum("q d, k d -> q k", x, x).value == ncd.einsum("a b, c b -> a c", x, x).value
    assert ncd.einsum("t m, n m -> t n", x, w).names == ("t", "n")
    for pattern in ("m t -> m", "m t, n m -> n"):
        with pytest.raises(TypeMismatch, match=r"an operand is float32\[t:4 m:6\], whose axes are in the order t m"):
            ncd.einsum(pattern, *((x,) if "," not in pattern else (x, w)))


def test_leading_axes_keep_their_names_and_unit_axes_are_told_apart() -> None:
    x = wire("b:2 h:3 t:4 d:5")
    assert ncd.einsum("... t d -> ... d t", x).names == ("b", "h", "d", "t")
    assert ncd.rearrange("... -> 1 ... ()", x).names == ("one", "b", "h", "t", "d", "one'")
    assert ncd.rearrange("1 a 1 -> a", wire("x:1 a:3 y:1")).names == ("a",)


def test_einsum_over_groups_is_one_contraction() -> None:
    x, w = wires("t:5 m:6, n:12 m:6")
    found = ncd.einsum("t m, (h d) m -> t (h d)", x, w, h=4).value.node
    assert isinstance(found.op, Contraction) and len(found.operands) == 2


@given(h=st.integers(1, 4), d=st.integers(1, 4), t=st.integers(1, 4))
def test_rearranging_computes_nothing_and_goes_back(h: int, d: int, t: int) -> None:
    x = wire("t m", t=t, m=h * d)
    there = ncd.rearrange("t (h d) -> h t d", x, h=h)
    assert there.value.node is x.value.node
    assert ncd.rearrange("h t d -> t (h d)", there).value == x.value
    assert ncd.merge(ncd.order(there, "t h d"), "(h d) -> m").value == x.value
    assert ncd.split(x, "m -> (h d)", h=h).value == ncd.order(there, "t h d").value
    assert ncd.flip(ncd.flip(x, "t"), "t").value == x.value


# ---- mistakes -----------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[Callable[[], Any], str]] = {
    "sizes": (lambda: ncd.einsum("q d, k d -> q k", *wires("q:2 d:3, k:4 d:5")), r"an axis of size 5 is not \(d\) with d = 3"),
    "operands": (lambda: ncd.einsum("q k -> k", X, Y), "has 1 operands, 2 were given"),
    "rank": (lambda: ncd.einsum("q -> q", X), "operand 0 has 2 axes, the pattern names 1"),
    "a group": (lambda: ncd.einsum("(h d) -> h d", wire("m:6")), r"an axis of size 6 splits into \(h d\): give the size of h"),
    "a group that does not fit": (lambda: ncd.einsum("(h d) -> d h", wire("m:6"), h=4), r"an axis of size 6 is not \(h d\) with h = 4"),
    "a new axis": (lambda: ncd.einsum("a -> a b", wire("a:6")), "axis b of the result is on no operand: give its size, b="),
    "an axis twice": (lambda: ncd.einsum("a a -> a a", wire("a:6 b:6")), "axis a appears twice in the result"),
    "dots twice": (lambda: ncd.einsum("a ... ... -> a", X), r"'\.\.\.' appears twice in 'a \.\.\. \.\.\.'"),
    "no arrow": (lambda: ncd.einsum("a, b", X, Y), "write the axes of the operands, one '->'"),
    "unbalanced": (lambda: ncd.einsum("a (b -> a", X), r"'\(b' is no list of axes"),
    "dots that differ": (lambda: ncd.einsum("... a, ... a -> ...", *wires("b:2 a:3, a:3")), "stands for 0 axes on one operand and 1"),
    "a size without an axis": (lambda: ncd.einsum("q k -> k", X, h=3), "the size h = 3 is given, but the pattern has no axis h"),
    "a size that differs": (lambda: ncd.einsum("q k -> k", X, k=5), r"an axis of size 3 is not \(k\) with k = 5"),
    "a size that is none": (lambda: ncd.einsum("q k -> k r", X, r="3"), "the size of axis r is a number or a symbol, not '3'"),
    "rearrange sums": (lambda: ncd.rearrange("q k -> k", X), "axis q is not in the result; use einsum to sum over it"),
    "no wire": (lambda: ncd.einsum("q k -> k", 3), "the diagram: 3 is no wire"),
    "an array": (lambda: ncd.softmax(np.ones(3), "k"), "too many positional arguments|no wire"),
    "other axes": (lambda: X + Y, r"\+: float32\[q:2 k:3\] and float32\[k:3 q:2\] have different axes: align"),
    "other sizes": (lambda: X * Z, "axis k has sizes 3 and 4"),
    "fewer axes": (lambda: X - wire("k:3"), "have different axes"),
    "a text": (lambda: X + "a", r"\+: 'a' is no wire"),
    "a function": (lambda: X * ncd.relu, "is a function of wires that was not applied"),
    "nan": (lambda: X * float("nan"), "nan is no real number"),
    "infinity": (lambda: X + float("-inf"), r"-inf is no real number; a mask is made by masked\(x, seen\)"),
    "zero": (lambda: X / 0, "cannot be divided by 0"),
    "an exponent": (lambda: X**X, "an exponent is a number, such as 2 or -0.5"),
    "an odd exponent": (lambda: X**0.123456789, "an exponent is a simple fraction"),
    "scaled by text": (lambda: ncd.scale(X, "2"), "'2' is no wire"),
    "an axis that is not there": (lambda: ncd.softmax(X, "z"), r"softmax: float32\[q:2 k:3\] has no axis z; its axes are q k"),
    "an axis number": (lambda: ncd.softmax(X, 5), "has no axis 5"),
    "no axis": (lambda: ncd.softmax(X, ""), "softmax: name an axis of"),
    "the same axis twice": (lambda: ncd.total(X, "k k"), "total: 'k k' names an axis of .* twice"),
    "no arguments": (lambda: ncd.softmax(), r"softmax: missing a required argument: 'axis'; it is used as softmax\(x, axis\)"),
    "too many": (lambda: ncd.softmax(X, X, "k"), "softmax takes 1 wire, 2 were given"),
    "a function for a wire": (lambda: ncd.softmax(ncd.relu, "k"), "softmax: .*relu.* was not applied, where a wire is needed"),
    "cup": (lambda: ncd.cup(X, "q", "k"), "cup: the axes q and k of .* have sizes 2 and 3: they must be two of one size"),
    "cup of one": (lambda: ncd.cup(X, "q", "q"), "they must be two of one size"),
    "cap of two": (lambda: ncd.cap("k j"), "cap: one axis is needed here, 'k j' lists 2"),
    "cap with one name": (lambda: ncd.cap("k", "k")(), "two axes called k"),
    "rename to one that is there": (lambda: ncd.rename(X, q="k"), "rename: the result would have two axes called k"),
    "rename one that is not": (lambda: ncd.rename(X, z="a"), "rename: .* has no axis z"),
    "rename to no name": (lambda: ncd.rename(X, q="a b"), "'a b' is no name for axis q"),
    "order of some": (lambda: ncd.order(X, "k"), "'k' does not name each axis"),
    "split that does not fit": (lambda: ncd.split(wire("m:12"), "m -> (h d)", h=5), r"split 'm -> \(h d\)': an axis of size 12 is not"),
    "split without a size": (lambda: ncd.split(wire("m:12"), "m -> (h d)"), "give the size of h"),
    "split with a size too many": (lambda: ncd.split(wire("m:12"), "m -> (h d)", h=3, e=4), "the size e = 4 is given"),
    "split into what is there": (lambda: ncd.split(wire("m:12 d:2"), "m -> (h d)", h=3), "two axes called d"),
    "split without parentheses": (lambda: ncd.split(wire("m:12"), "m -> h d"), "write one axis and its parts, such as 'm -> "),
    "merge what is not there": (lambda: ncd.merge(X, "(q z) -> m"), "has no axis z"),
    "merge one twice": (lambda: ncd.merge(X, "(q q) -> m"), "names an axis of .* twice"),
    "merge into what is there": (lambda: ncd.merge(wire("h:2 d:3 m:4"), "(h d) -> m"), "two axes called m"),
    "repeat along what is there": (lambda: ncd.repeat(X, "q:3"), "two axes called q"),
    "index": (lambda: ncd.index(X, "k", 3), "index: entry 3 of axis k, whose size is 3, is not there"),
    "index of a symbol": (lambda: ncd.index(wire("k"), "k", 1), "entry 1 of axis k, whose size is k, is not there for sure"),
    "index by no number": (lambda: ncd.index(X, "k", 1.0), "1.0 is none; `take` reads entries that a wire names"),
    "cut": (lambda: ncd.cut(X, "k", 2, 2), "cut: entries 2 to 4 of axis k, whose size is 3, are not there"),
    "cut before": (lambda: ncd.cut(X, "k", -1, 2), "are not there"),
    "cut of a symbol": (lambda: ncd.cut(wire("k"), "k", 0, 5), "are not there for sure"),
    "cut of nothing": (lambda: ncd.cut(X, "k", 0, 0), "cannot have size 0"),
    "window": (lambda: ncd.window(X, "k", 9), "a window of 9 entries, 1 apart, exceeds"),
    "window of nothing": (lambda: ncd.window(X, "k", 2.0), "window: the kernel is a number, not 2.0"),
    "window apart": (lambda: ncd.window(wire("a:4 b:4 c:4"), "a c", 2), "are not next to each other"),
    "window name": (lambda: ncd.window(wire("x:5 w:3"), "x", 2), "two axes called w"),
    "concat": (lambda: ncd.concat(X, Z, axis="q"), r"concat along q: .* differ in axis k \(size 3\) and k \(size 4\)"),
    "stack": (lambda: ncd.stack(X, X, axis="k"), "two axes called k"),
    "roll": (lambda: ncd.roll(wire("k"), "k", 2), "roll: an axis of size k may be shorter than 2"),
    "pad": (lambda: ncd.pad(X, "k", -1), "-1 entries cannot be added to axis k"),
    "take by reals": (lambda: ncd.take(X, X, "k"), "take: float32.* are no integers"),
    "take along what is there": (lambda: ncd.take(X, wire("int64[q:5]"), "k"), "two axes called q"),
    "gather": (lambda: ncd.gather(X, wire("int64[k:3]"), "k"), "the index of .* along k has the axes q:2, not int64"),
    "one hot of reals": (lambda: ncd.one_hot(X, "v:3"), "are no integers"),
    "align": (lambda: ncd.align(X, Z), "align: axis k has sizes 3 and 4"),
    "align nothing": (lambda: ncd.align(), "align takes wires, or two diagrams"),
    "where on a real": (lambda: ncd.where(X, X, X), r"where: float32.* is no truth value; compare it, such as in where\(c > 0"),
    "masked by a real": (lambda: ncd.masked(X, X), "masked: float32.* is no truth value"),
    "maximum": (lambda: ncd.maximum(X, Z), r"maximum: .* have different axes: align\(x, y\)"),
    "attention": (lambda: ncd.attention(*wires("t:2 d:3, u:4 d:5, u:4 e:2")), "attention takes q .* were given"),
    "attention over other axes": (lambda: ncd.attention(*wires("b:7 t:2 d:3, c:7 u:4 d:3, b:7 u:4 e:2")), "attention takes q"),
    "attention of other keys": (lambda: ncd.attention(*wires("t:2 d:3, u:4 d:3, w:4 e:2")), "attention takes q"),
    "attention of numbers": (lambda: ncd.attention(X, X, wire("float32[]")), "attention takes q"),
    "a function of a name": (lambda: ncd.elementwise(X, "relo"), "no function 'relo' of one number; did you mean relu"),
    "a function of no name": (lambda: ncd.elementwise(X, 3), "no function '3' of one number"),
    "a long name": (lambda: ncd.elementwise(X, "r" * 100_000), "no function 'rrr"),
    "literal": (lambda: ncd.literal([[1, 2]], "a b:3"), r"an array of shape \(1, 2\) does not have the axes a b:3"),
    "literal of nan": (lambda: ncd.literal([float("nan")], "a"), "literal: the array is no table of numbers"),
    "literal of rows": (lambda: ncd.literal([[1], [1, 2]], "a b"), "literal: the array is no table of numbers"),
    "literal of texts": (lambda: ncd.literal(["a"], "a"), "literal: the array is no table of numbers"),
    "mask of two axes": (lambda: ncd.causal_mask("t u", "v"), "causal_mask: one axis is needed here"),
    "swap of one": (lambda: ncd.swap("q"), "swap takes two types, or none"),
    "copy": (lambda: ncd.copy("q", -1), "n is how many copies are made, not -1"),
    "draw": (lambda: ncd.draw("t", "uniformly"), "the law of a draw is one of uniform, normal"),
    "dropout": (lambda: ncd.dropout(X, 1.5), "a probability from 0 to 1, not 1.5"),
    "dropout key": (lambda: ncd.dropout(X, 0.5, key=X), r"a key is one integer, int64\[\]"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_told(mistake: str) -> None:
    build, message = MISTAKES[mistake]
    with pytest.raises(NcdError, match=message) as found:
        build()
    assert len(str(found.value)) < 600


# ---- one walk -----------------------------------------------------------------------------------------------------


def test_wires_of_two_diagrams_do_not_mix() -> None:
    kept: list[Any] = []

    def keep(x: Any) -> Any:
        kept.append(x)
        return x

    ncd.diagram("q:2 k:3")(keep)
    uses: list[Callable[[Any], Any]] = [
        lambda y: y + kept[0], lambda y: kept[0], lambda y: ncd.einsum("q k, a b -> q a", y, kept[0]),
        lambda y: ncd.concat(y, kept[0], axis="k"), lambda y: ncd.linear(y, "k", "k:3", name="f") * kept[0],
    ]  # fmt: skip
    for use in uses:
        with pytest.raises(TypeMismatch, match="of another diagram is used: give it to this one as an input"):
            ncd.diagram("q:2 k:3")(use)


def test_states_belong_to_every_walk() -> None:
    w = ncd.weight("w", "q:2 k:3")
    for _ in range(2):
        assert ncd.diagram("q:2 k:3")(lambda x: x + w).graph.weights().keys() == {"w"}
    doubled = ncd.diagram("")(lambda: w() * 2)
    assert ncd.diagram("q:2 k:3")(lambda x: ncd.softmax(doubled, "k") + x).graph.weights().keys() == {"w"}
    assert (X * ncd.full("q:2 k:3", 2)).value != (X * 2).value != number(2, (2, 3))
