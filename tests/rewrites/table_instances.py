"""Random instances of the rules about tables of truth values, and of sums that are compared block by block, by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from ncd_cat.axes import Access, add, identity, scale, shift, whole
from ncd_cat.graph import Value, Weight, apply, source
from ncd_cat.ops.concatenation import range_guards
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal, Less, LessEqual, Where
from ncd_cat.ops.rolling import Roll
from ncd_cat.scalars import ONE, Scalar
from rewrites.rules.blocks import on_blocks
from tests import strategies as some
from tests.rewrites.theory_instances import Given, composite
from tests.strategies import Draw

IMAGE = source(Weight("image"), (4, 3))


def truths(draw: Draw, shape: Sequence[int], first: bool | None = None) -> Any:
    """A random table of truth values."""
    count = int(np.prod(shape))
    entries = draw(st.lists(st.booleans(), min_size=count, max_size=count))
    return np.array(entries if first is None else [first, *entries[1:]], dtype=bool).reshape(shape)


def shape(draw: Draw, least: int = 1) -> tuple[int, ...]:
    return tuple(draw(st.lists(st.integers(1, 3), min_size=least, max_size=3)))


@composite
def compared(draw: Draw) -> Given:
    """A comparison of sums of tables of whole numbers and brackets."""
    m, k = draw(st.integers(2, 4)), draw(st.integers(2, 4))
    own = (m, k)
    sides = []
    for _ in range(2):
        ints = np.array(draw(st.lists(st.integers(-2, 2), min_size=m, max_size=m)))
        rows, c = literal(ints), draw(st.integers(-1, 3))
        late = (draw(st.booleans()), shift(whole(1, k), -c))
        terms = [Term(Scalar.of(draw(st.integers(-2, 2))), (), ((rows.node, (whole(0, m),)),)), Term(ONE, (), (), (late,))]
        sides.append(draw(st.sampled_from((rows.at((whole(0, m),), own), Value.of(contraction(terms, own))))))
    return draw(st.sampled_from((Equal, Less, LessEqual)))()(*sides).node, ()


@composite
def turned(draw: Draw) -> Given:
    data = truths(draw, shape(draw))
    return literal(data).node, tuple(draw(st.permutations(range(data.ndim))))


@composite
def complements(draw: Draw) -> Given:
    return literal(truths(draw, shape(draw), first=False)).node, ()


@composite
def complement_of(draw: Draw) -> Given:
    x = literal(truths(draw, shape(draw)))
    return contraction([Term(ONE, (), ()), Term(-ONE, (), ((x.node, x.access),))], x.sizes), ()


@composite
def by_table(draw: Draw, pool: Sequence[Value]) -> Given:
    x, y = (draw(some.views(pool, (3,))) for _ in range(2))
    return Where()(literal(truths(draw, (3,))), x, y).node, ()


@composite
def multiplied(draw: Draw) -> Given:
    """The product of two tables whose axes are interleaved."""
    one, other = (truths(draw, shape(draw)) for _ in range(2))
    assume(one.any() and other.any())
    data = np.multiply.outer(one, other)
    order = draw(st.permutations(range(data.ndim)))
    return literal(data.transpose(order)).node, tuple(sorted(order.index(k) for k in range(one.ndim)))


@composite
def chosen(draw: Draw, pool: Sequence[Value]) -> Given:
    """A choice by 1 − c, as one sum or as −(c − 1)."""
    x, y, z = (draw(some.views(pool, (3,))) for _ in range(3))
    c = draw(st.sampled_from((literal(np.array([True, False, True])), Less()(number(0, (3,)), z))))
    flip = draw(st.booleans())
    sign = -ONE if flip else ONE
    inner = Value.of(contraction([Term(sign, (), ()), Term(-sign, (), ((c.node, c.access),))], (3,)))
    condition = Value.of(contraction([Term(-ONE, (), ((inner.node, identity((3,))),))], (3,))) if flip else inner
    return Where()(condition, x, y).node, ()


@composite
def stacked(draw: Draw, pool: Sequence[Value]) -> Given:
    """The blocks of a term, put side by side."""
    axis, count, length = draw(st.integers(0, 1)), draw(st.integers(2, 3)), draw(st.integers(1, 2))
    own = [draw(st.integers(1, 3)), draw(st.integers(1, 3))]
    own[axis] = count * length
    sizes = tuple(own)
    x = draw(some.views(pool, sizes))
    t = Term(draw(st.sampled_from(some.SCALARS)), (), ((x.node, x.access),))
    if draw(st.booleans()):
        axis, count, length, sizes = 0, 2, 3, (6, 2)
        strided: Access = ((0, ((1, 0, 3, 2), (2, 1, 1, 2))), (0, ((1, 0, 1, 3),)))
        t = Term(ONE, (), ((IMAGE.node, strided),))
    parts = []
    for k, part in enumerate(on_blocks(t, sizes, axis, count)):
        place = shift(whole(axis, sizes[axis]), -k * length)
        inner = list(identity(sizes))
        inner[axis] = place if length != 1 else (0, ())
        guards = tuple(range_guards(place, length))
        parts.append(part._replace(factors=tuple([(y, through(access, inner)) for y, access in part.factors]), guards=guards))
    return contraction(parts, sizes), (contraction([t], sizes), axis, count)


@composite
def rolled(draw: Draw, pool: Sequence[Value]) -> Given:
    """A rotation of a rotation, whose other axes are read anyhow."""
    own, inner = draw(some.sizes(2)), draw(some.sizes(2))
    turned = tuple(draw(st.lists(st.integers(2, 4), min_size=1, max_size=2)))
    x = draw(some.views(pool, (*inner, *turned)))
    by = [tuple([draw(st.integers(1 - n, n - 1).filter(bool)) for n in turned]) for _ in range(2)]
    y = apply(Roll(turned, by[0]), x, degree=inner)
    reading = (*draw(some.accesses(own, inner)), *identity(turned, len(own)))
    return apply(Roll(turned, by[1]), Value(y.node, reading, (*own, *turned)), degree=own).node, ()


def through(access: Access, inner: Sequence[Any]) -> Access:
    """An access whose digits are of axes that are read through indices: a whole axis as it is moved."""
    return tuple([add((e[0], ()), *[scale(inner[i], s) for s, i, _, _ in e[1]]) for e in access])


def laws(real: Sequence[Value]) -> dict[str, st.SearchStrategy[tuple[Any, ...]]]:
    """Instances over some real inputs and weights."""
    plain: Sequence[Value] = [Value.of(x.node) for x in real]
    return {
        "comparison_table": compared(),
        "literal_turn": turned(),
        "literal_complement": complements(),
        "literal_product": multiplied(),
        "where_of_complement": chosen(plain),
        "table_of_complement": complement_of(),
        "where_of_table": by_table(plain),
        "blocks": stacked(plain),
        "roll_roll": rolled(plain),
    }
