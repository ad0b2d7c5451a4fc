"""Random instances of the rules about contents of sums, absolute values, signs of products and comparisons of tables, by name."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume
from hypothesis import strategies as st

from ncd_cat.axes import identity, shift
from ncd_cat.graph import Value, node
from ncd_cat.ops.contraction import Term, contraction, multiply, number, scale
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal, Exp, Less, LessEqual, Maximum, Power
from ncd_cat.scalars import ONE, Scalar
from rewrites.rules.order import opened
from tests import strategies as some
from tests.rewrites.theory_instances import Given, common, composite
from tests.strategies import Draw

HALF = Fraction(1, 2)
ROOTS = (HALF, -HALF, -3 * HALF, Fraction(-1), Fraction(-2), Fraction(1, 4))


@composite
def of_common(draw: Draw, pool: Sequence[Value]) -> Given:
    """A power of a sum, or of a multiple of one, whose terms share a base: any, one that is not negative, or a positive one."""
    own, r = draw(some.sizes(2)), draw(st.sampled_from(ROOTS))
    base = draw(st.sampled_from([lambda x: x, lambda x: Maximum()(x, number(0, x.sizes)), lambda x: Exp()(x)]))
    z = base(draw(st.sampled_from(pool)))
    reading = draw(some.accesses(own, z.sizes))
    terms = []
    for _ in range(draw(st.integers(1, 3))):
        bounds, m = draw(some.sizes(1, 3)), draw(st.sampled_from((2, 4) if r > 0 else (2, 3, 4)))
        squared = draw(some.views(pool, own + bounds))
        odd = [draw(some.views(pool, own + bounds))] * (r < 0 and draw(st.booleans()))
        factors = [*[(z.node, reading)] * m, *[(squared.node, squared.access)] * 2, *[(x.node, x.access) for x in odd]]
        terms.append(Term(abs_of(draw(st.sampled_from(some.SCALARS))), bounds, tuple(factors)))
    inner = Value.of(contraction(terms, own))
    y = scale(inner, draw(st.sampled_from((3, -1)))) if r < 0 and draw(st.booleans()) else inner
    return node(Power(r), [(y.node, identity(own))], own), (z.node, reading), "nonzero" if r < 0 else "any"


def abs_of(c: Scalar) -> Scalar:
    return c if c.positive else -c


@composite
def of_absolute(draw: Draw, pool: Sequence[Value]) -> Given:
    """A whole power of c · (2 · max(y, 0) − y)."""
    own, r = draw(some.sizes(2)), draw(st.sampled_from([Fraction(k) for k in (-3, -2, -1, 2, 3)]))
    x = draw(some.views(pool, own))
    y = draw(st.sampled_from((Value.of(x.node).at(x.access, own), multiply(x, draw(some.views(pool, own))))))
    c, relu = draw(st.sampled_from((ONE, Scalar.of(-3)))), Maximum()(y, number(0, own))
    parts = [Term(Scalar.of(2) * c, (), ((relu.node, relu.access),)), *[t._replace(scalar=-c * t.scalar) for t in opened(y)]]
    return Power(r)(Value.of(contraction(parts, own))).node, (), "any" if r > 0 else "nonzero"


@composite
def signed(draw: Draw, pool: Sequence[Value]) -> Given:
    """A comparison of a product with 0."""
    own, count = draw(some.sizes(2)), draw(st.integers(2, 3))
    factors = [draw(some.views(pool, own)) for _ in range(count)]
    c = draw(st.sampled_from([c for c in some.SCALARS if c.rational]))
    y = contraction([Term(c, (), tuple([(x.node, x.access) for x in factors]))], own)
    return Less()(number(0, own), Value.of(y)).node, (draw(st.integers(0, count - 1)),)


@composite
def tables(draw: Draw) -> Given:
    """A comparison of two tables of whole numbers that are affine."""
    m, k, a, b = (draw(st.integers(2, 5)) for _ in range(4))
    low, step = draw(st.integers(-3, 3)), draw(st.sampled_from((1, 2, -1)))
    own = (m, k)
    first, second = (low, ((step, 0, 1, m),)), (a - b, ((1, 1, 1, k),))
    left = literal(np.arange(m) * step + low).at((identity(own)[0],), own)
    right = literal(np.arange(k) + a - b).at((identity(own)[1],), own)
    difference = (second[0] - first[0], ((-step, 0, 1, m), (1, 1, 1, k)))
    return draw(st.sampled_from((Equal, Less, LessEqual)))()(left, right).node, (shift(difference, 0),)


@composite
def rooted(draw: Draw, pool: Sequence[Value]) -> Given:
    """A sum of terms with half-integer and other powers of one base, the least of which is negative."""
    own = draw(some.sizes(2))
    z = draw(st.sampled_from(pool))
    reading = draw(some.accesses(own, z.sizes))
    least = draw(st.sampled_from((-HALF, -3 * HALF)))
    terms = []
    for e in (least, *draw(st.lists(st.sampled_from((least, -HALF, HALF, Fraction(0), Fraction(1))), min_size=1, max_size=2))):
        bounds = draw(some.sizes(1, 3))
        x = draw(some.views(pool, own + bounds))
        base = () if not e else ((z.node, reading),) if e == 1 else ((Power(e)(Value.of(z.node)).node, reading),)
        assume((x.node, x.access) != (z.node, reading))
        terms.append(Term(draw(st.sampled_from(some.SCALARS)), bounds, ((x.node, x.access), *base)))
    return contraction(terms, own), (z.node, reading), "nonzero"


def laws(real: Sequence[Value]) -> dict[str, st.SearchStrategy[tuple[Any, ...]]]:
    """Instances over some real inputs and weights."""
    whole: Sequence[Value] = [Value.of(x.node) for x in real]
    return {
        "power_of_content": of_common(whole),
        "power_of_absolute": of_absolute(whole),
        "sign_of_product": signed(whole),
        "compare_tables": tables(),
        "factor_out": st.one_of(common(real), rooted(whole)),
    }
