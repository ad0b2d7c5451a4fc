"""Fixed tables in sums: where a product of them is empty, and sums that are positive because of what is in them."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat.axes import Index, add, identity, scale, shift, whole
from ncd_cat.graph import Input, Node, Value, source
from ncd_cat.grid import LARGEST_VALUE, nowhere_empty, values
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp
from ncd_cat.scalars import ONE
from ncd_cat.sizes import symbol

X = Exp()(source(Input(0), (3, 4)))
EYE = np.eye(3, 4, dtype=bool)


def at(e: Index, place: tuple[int, ...]) -> int:
    """An index at one place, digit by digit."""
    const, digits = e
    return int(const) + sum(int(s) * (place[i] // int(t) % int(n)) for s, i, t, n in digits)


@given(st.data())
def test_a_product_of_tables_is_nowhere_empty_if_some_entry_is_there_at_every_index(data: st.DataObject) -> None:
    sizes, bounds = data.draw(st.sampled_from([((2,), (3,)), ((3, 2), (2,)), ((), (2, 2)), ((2, 2), ())]))
    axes = list(range(len(sizes + bounds)))
    full: tuple[int, ...] = sizes + bounds
    tables: list[Any] = []
    for _ in range(data.draw(st.integers(1, 2))):
        read = data.draw(st.lists(st.sampled_from(axes), min_size=1, max_size=2))
        shape = [full[k] for k in read]
        entries = data.draw(st.lists(st.integers(0, 2), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
        tables.append((np.array(entries).reshape(shape), tuple([whole(k, full[k]) for k in read])))
    k, c = data.draw(st.sampled_from(axes)), data.draw(st.integers(-1, 1))
    guards = [(data.draw(st.booleans()), shift(whole(k, full[k]), c))] if data.draw(st.booleans()) else []

    def held(place: tuple[int, ...]) -> bool:
        holds = all(at(e, place) == 0 if equal else at(e, place) >= 0 for equal, e in guards)
        return holds and all(x[tuple(at(e, place) for e in access)] != 0 for x, access in tables)

    wanted = all(any(held((*own, *bound)) for bound in product(*map(range, bounds))) for own in product(*map(range, sizes)))
    assert nowhere_empty(tables, guards, sizes, bounds) == wanted


def test_what_is_not_on_a_grid_is_not_seen() -> None:
    table = np.ones(4, dtype=bool)
    assert nowhere_empty([(table, (whole(0, 4),))], [], (4,), ())
    assert not nowhere_empty([(table, (shift(whole(0, 4), 1),))], [], (4,), ())
    assert not nowhere_empty([(table, (whole(0, 4),))], [(False, whole(1, symbol("n")))], (4, symbol("n")), ())
    assert not nowhere_empty([(table, (whole(2, 4),))], [], (4,), ())
    assert not nowhere_empty([(np.ones(1 << 17), (whole(0, 1 << 17),))], [], (1 << 17,), ())


@pytest.mark.parametrize("e", [
    scale(whole(0, 3), LARGEST_VALUE), (symbol("n"), ()), (0, ((symbol("n"), 0, 1, 3),)),
])  # fmt: skip
def test_indices_that_are_no_small_numbers_are_refused(e: Index) -> None:
    with pytest.raises(ValueError, match=r"symbolic sizes|not exact"):
        values(e, (3,))


def weighed(table: Any, *more: Term) -> Node:
    """Σ_j exp(x[i, j]) · table[i, j], and more terms."""
    t = Term(ONE, (4,), ((X.node, identity((3, 4))), (literal(table).node, identity((3, 4)))))
    return contraction([t, *more], (3,))


def test_a_sum_over_a_mask_with_a_place_in_every_row_is_positive() -> None:
    assert weighed(EYE).positive
    assert weighed(EYE.astype(float) * 2).positive
    assert not weighed(EYE[::-1] & EYE).positive
    assert not weighed(EYE * 2.0 - 1.0).positive
    assert not weighed(EYE, Term(-ONE, (), ())).positive
    assert weighed(np.zeros((3, 4)), Term(ONE, (), ())).positive
    assert not weighed(np.zeros((3, 4))).positive


def test_brackets_count_in_what_is_positive() -> None:
    late = (False, add(whole(1, 4), scale(whole(0, 3), -1)))  # j >= i
    for strict, positive in ((0, True), (-1, False)):
        t = Term(ONE, (4,), ((X.node, identity((3, 4))), (literal(EYE).node, identity((3, 4)))), ((False, shift(late[1], strict)),))
        assert contraction([t], (3,)).positive == positive


def test_a_square_beside_a_mask_may_be_0() -> None:
    x = source(Input(0), (3, 4))
    factors = [(v.node, identity((3, 4))) for v in (x, x, Value.of(literal(EYE).node))]
    assert not contraction([Term(ONE, (4,), tuple(factors))], (3,)).positive
