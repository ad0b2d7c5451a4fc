"""Masks and tables of positions that two programs make in different ways, and slices put side by side, are one thing."""

from __future__ import annotations

import time
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat.axes import Axis, whole
from ncd_cat.graph import Weight, apply, source
from ncd_cat.language import (
    Wire,
    add,
    align,
    concat,
    cut,
    divide,
    equal,
    exp,
    flip,
    full,
    index,
    literal,
    masked,
    merge,
    multiply,
    order,
    rename,
    softmax,
    split,
    subtract,
    take,
    total,
    ty,
    weight,
    where,
    window,
)  # fmt: skip
from ncd_cat.language.verbs import verb
from ncd_cat.ops.contraction import number
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal as constant
from ncd_cat.ops.pointwise import Where
from rewrites.normal_form import Normaliser
from rewrites.recognise import affine_entries, canonical_order, factors, in_digits
from rewrites.rule import RuleError
from rewrites.rules.literals import take_constant
from rewrites.rules.tables import literal_turn
from rewrites.strategy import LEVELS
from tests.by_hand import real

SIZE = 3
REGIONS = np.repeat(np.arange(2), (4, 2))  # of six places along an axis, the last two are new
CODES = (2 * REGIONS[:, None] + REGIONS[None, :]).reshape(2, SIZE, 2, SIZE).transpose(0, 2, 1, 3).reshape(4, SIZE * SIZE)
SEEN = CODES[:, :, None] == CODES[:, None, :]


def windows(x: Wire) -> Wire:
    """(g t u) for four windows of nine places, as (g.0 g.1 t.0 t.1 u.0 u.1)."""
    parts = {"g": "(g.0 g.1)", "t": "(t.0 t.1)", "u": "(u.0 u.1)"}
    for name, pair in parts.items():
        x = split(x, f"{name} -> {pair}", **{f"{name}.0": 2 if name == "g" else SIZE})
    return x


@verb()
def computed(x: Wire) -> Wire:
    """Softmax over the places that were in the same region of the image."""
    borders = [concat(full(Axis(a, 4), 0), full(Axis(a, 2), 2 - k), axis=a) for k, a in enumerate(("x.0", "x.1"))]
    region = add(*align(*borders))
    for k in (0, 1):
        region = split(region, f"x.{k} -> (g.{k} t.{k})", **{f"t.{k}": SIZE})
    region = order(region, "g... t...")
    seen = equal(*align(region, rename(region, {"t.0": "u.0", "t.1": "u.1"})))
    return softmax(masked(*align(windows(x), seen)), "u...")


def held(table: Any, excluded: bool = False) -> Any:
    """Softmax with a mask that is given as a table; or as its complement, and a choice."""

    @verb()
    def family(x: Wire) -> Wire:
        seen = literal(table, "g t u")
        if excluded:
            seen = equal(*align(literal(~table, "g t u"), full((), 0)))
        return softmax(windows(masked(*align(x, seen))), "u...")

    return family()


SCORES = ty("g:4 t:9 u:9")


@pytest.mark.parametrize("excluded", [False, True])
def test_a_mask_that_is_computed_is_the_table_of_it(excluded: bool) -> None:
    verdict = ncd.prove(computed().at(SCORES), held(SEEN, excluded).at(SCORES))
    assert (verdict.status, verdict.assumptions) == ("proved", ())
    ncd.check(verdict.certificate)


def test_a_mask_whose_first_entry_is_hidden_needs_no_assumption() -> None:
    """As of a batch that is padded on the left."""
    table = np.array([[False, True, True], [False, False, True]])

    @verb()
    def shown(x: Wire) -> Wire:
        return softmax(masked(*align(x, literal(table, "b k"))), "k")

    @verb()
    def weighed(x: Wire) -> Wire:
        kept = multiply(exp(x), where(*align(literal(table, "b k"), full((), 1), full((), 0))))
        return divide(*align(kept, total(kept, "k")))

    x = ty("b:2 k:3")
    verdict = ncd.prove(shown().at(x), weighed().at(x))
    assert (verdict.status, verdict.assumptions) == ("proved", ())


def test_a_mask_with_one_other_entry_is_refuted() -> None:
    wrong = SEEN.copy()
    wrong[1, 0, -1] = ~wrong[1, 0, -1]
    assert ncd.prove(computed().at(SCORES), held(wrong).at(SCORES)).status == "refuted"
    assert wrong.any(-1).all()


# ---- tables of offsets -----------------------------------------------------------------------------------------------


@verb()
def looked_up(x: Wire, number: Any) -> Wire:
    """A learned number for each pair of places, by the number of their offset in a table."""
    table = weight("bias", (Axis("r", 25), Axis("h", 2)))
    return add(*align(windows_of(x), windows_of(take(table.wire(), literal(number, "t u").wire(), "r"))))


def windows_of(x: Wire) -> Wire:
    for name in ("t", "u"):
        x = split(x, f"{name} -> ({name}.0 {name}.1)", **{f"{name}.0": SIZE})
    return x


@verb()
def slid(x: Wire) -> Wire:
    """The same, from the windows of the table, backwards."""
    table = weight("bias", (Axis("r", 25), Axis("h", 2)))
    rows = split(table.wire(), "r -> (t.0 t.1)", **{"t.0": 5})
    read = flip(window(order(rows, "h t..."), "t...", SIZE, into="u"), "u...")
    return add(*align(windows_of(x), read))


def offsets() -> Any:
    places = np.stack(np.meshgrid(np.arange(SIZE), np.arange(SIZE), indexing="ij")).reshape(2, -1)
    apart = places[:, :, None] - places[:, None, :] + SIZE - 1
    return apart[0] * (2 * SIZE - 1) + apart[1]


def test_a_table_of_offsets_is_its_windows_backwards() -> None:
    x = ty("t:9 u:9")
    assert ncd.prove(looked_up(offsets()).at(x), slid().at(x)).status == "proved"
    assert ncd.prove(looked_up(offsets().T.copy()).at(x), slid().at(x)).status == "refuted"


@given(st.lists(st.tuples(st.integers(-3, 3), st.integers(2, 3)), min_size=1, max_size=4))
def test_sums_of_multiples_of_digits_are_seen(digits: list[tuple[int, int]]) -> None:
    line = np.zeros(1, dtype=np.int64)
    for step, count in digits:
        line = (line[None, :] + step * np.arange(count)[:, None]).reshape(-1)
    const, found = in_digits(line, 0)
    places = np.arange(len(line))
    assert const == 0
    assert (sum((s * (places // t % n) for s, _, t, n in found), np.zeros_like(places)) == line).all()


# ---- slices side by side ----------------------------------------------------------------------------------------------


@verb()
def corners(x: Wire, turned: bool = False) -> Wire:
    """The four places of each square side by side, as four strided slices."""
    cells = split(split(x, "x -> (i a)", a=2), "y -> (j b)", b=2)
    places = [(0, 0), (1, 0), (0, 1), (1, 1)]
    pieces = [index(index(cells, "a", a), "b", b) for a, b in (places[::-1] if turned else places)]
    return concat(*[order(p, "i j m") for p in pieces], axis="m")


@verb()
def merged(x: Wire) -> Wire:
    return order(merge(split(split(x, "x -> (i a)", a=2), "y -> (j b)", b=2), "(b a m) -> m"), "i j m")


@pytest.mark.parametrize("image", ["x:4 y:6 m:3", "x:4 y:6 m:1", "x:4 y:6 m"])
def test_strided_slices_side_by_side_are_one_reading(image: str) -> None:
    x = ty(image)
    assert ncd.prove(corners().at(x), merged().at(x)).status == "proved"
    assert ncd.prove(corners(True).at(x), merged().at(x)).status == "refuted"


def test_the_pieces_of_an_axis_side_by_side_are_the_axis() -> None:
    @verb()
    def pieces(x: Wire) -> Wire:
        parts = [cut(x, "n", a, b - a) for a, b in pairwise((0, 2, 4, 6, 8))]
        return concat(*parts, axis="n")

    @verb()
    def nothing(x: Wire) -> Wire:
        return subtract(add(x, x), x)

    assert ncd.prove(pieces().at(ty("n:8 m")), nothing().at(ty("n:8 m"))).status == "proved"


@pytest.mark.parametrize("level", range(len(LEVELS)))
@pytest.mark.parametrize("first", [False, True])
def test_a_choice_by_a_table_or_its_complement_is_one_at_every_level(level: int, first: bool) -> None:
    table = np.array([[first, True, False], [False, True, not first]])
    (x, _), (y, _) = real(0, 2, 3), real(1, 2, 3)
    for a, b in ((x, y), (number(2, (2, 3)), y), (x, number(2, (2, 3)))):
        nf = Normaliser(LEVELS[level], deadline=time.perf_counter() + 20)
        ours, theirs = (nf.value(Where()(constant(t), *pair).node) for t, pair in ((table, (a, b)), (~table, (b, a))))
        assert ours == theirs


# ---- guesses ----------------------------------------------------------------------------------------------------------


@given(st.data())
def test_the_order_of_axes_is_that_of_the_content(data: st.DataObject) -> None:
    shape = data.draw(st.lists(st.integers(2, 3), min_size=1, max_size=3))
    entries = np.array(data.draw(st.lists(st.booleans(), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))).reshape(shape)
    turned = entries.transpose(data.draw(st.permutations(range(len(shape)))))
    forms = []
    for table in (entries, turned):
        n = constant(table).node
        forms.append(literal_turn.instance(n, canonical_order(n)).node)
    assert forms[0] is forms[1]


def test_a_product_of_tables_is_seen() -> None:
    one, other = np.array([[True, False], [True, True]]), np.array([True, False, True])
    n = constant(np.multiply.outer(one, other).transpose(0, 2, 1)).node
    assert next(factors(n)) == (0, 2)
    assert list(factors(constant(one).node)) == []
    assert list(factors(constant(np.zeros((2, 2), dtype=bool)).node)) == []



def test_the_index_that_a_table_may_be_is_compared_everywhere() -> None:
    """The first line of each axis does not tell all of a table: a guess that fails elsewhere is refused."""
    number = np.add.outer(np.array([0, 1, 4, 5]), np.array([0, 2]))
    for change, takes in ((0, True), (1, False)):
        number[3, 1] += change
        table = source(Weight("w"), (12,)).at((whole(2, 12),), (4, 2, 12))
        n = apply(Take(12), table, constant(number), degree=(4, 2)).node
        e = affine_entries(n)
        assert e is not None
        if takes:
            assert take_constant.instance(n, (e,)).node.op == Weight("w")
        else:
            with pytest.raises(RuleError):
                take_constant.instance(n, (e,))
