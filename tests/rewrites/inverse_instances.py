"""Random instances of the rules of inverses and determinants, by name: (node, arguments, numbers, whether it assumes something)."""

from __future__ import annotations

from collections.abc import Sequence

from hypothesis import assume
from hypothesis import strategies as st

from ncd_cat.axes import add, axes_of, scale, whole
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import Term, contraction
from ncd_cat.ops.linear_algebra import Determinant, Inverse, LogAbsDet, transposed
from ncd_cat.ops.pointwise import Exp
from ncd_cat.scalars import ONE, Scalar
from tests import strategies as some
from tests.rewrites.theory_instances import NUMBERS, Given, composite
from tests.strategies import Draw

OPS = (Inverse, Determinant, LogAbsDet)
LARGE = Scalar.of(17)


def function(op: type, v: Value) -> Node:
    return apply(op(v.sizes[-1]), v, degree=v.sizes[:-2]).node


def regular(draw: Draw, pool: Sequence[Value], lead: tuple[int, ...], n: int) -> Value:
    """Matrices with a large diagonal, so that they are invertible."""
    sizes = (*lead, n, n)
    x, r = draw(some.views(pool, sizes)), len(lead)
    diagonal = add(whole(r, n), scale(whole(r + 1, n), -1))
    unit = Term(LARGE, (), (), ((True, diagonal),) if n > 1 else ())
    return Value.of(contraction([Term(ONE, (), ((x.node, x.access),)), unit], sizes))


def leads(draw: Draw) -> tuple[int, ...]:
    return draw(st.sampled_from(((), (2,))))


def over(v: Value, axes: tuple[int, ...], sizes: tuple[int, ...]) -> tuple[Node, tuple]:
    """A factor with the given axes of a term."""
    read = v.at(tuple([whole(k, sizes[k]) for k in axes]), sizes)
    return read.node, read.access


@composite
def turned(draw: Draw, pool: Sequence[Value]) -> Given:
    return function(draw(st.sampled_from(OPS)), regular(draw, pool, leads(draw), draw(st.integers(1, 3)))), ()


@composite
def of_inverse(draw: Draw, pool: Sequence[Value]) -> Given:
    op = draw(st.sampled_from(OPS))
    y = Value.of(function(Inverse, regular(draw, pool, leads(draw), draw(st.integers(1, 3)))))
    return function(op, draw(st.sampled_from((y, transposed(y))))), (), "any", op is Inverse


@composite
def of_number(draw: Draw, pool: Sequence[Value]) -> Given:
    x = draw(some.views(pool, (*leads(draw), 1, 1)))
    return function(draw(st.sampled_from(OPS)), draw(st.sampled_from((x, Exp()(x))))), (), "nonzero"


@composite
def scaled(draw: Draw, pool: Sequence[Value]) -> Given:
    lead = leads(draw)
    a, c = regular(draw, pool, lead, 3), draw(st.sampled_from((ONE, *NUMBERS)))
    numbers = [draw(some.views(pool, lead)) for _ in range(draw(st.integers(int(c == ONE), 2)))]
    factors = [over(v, tuple(range(len(lead))), a.sizes) for v in numbers]
    m = Value.of(contraction([Term(c, (), (*factors, (a.node, a.access)))], a.sizes))
    return function(draw(st.sampled_from(OPS)), m), (), "nonzero"


@composite
def with_scaled_rows(draw: Draw, pool: Sequence[Value]) -> Given:
    lead, op, positive = leads(draw), draw(st.sampled_from(OPS)), draw(st.booleans())
    a, r = regular(draw, pool, lead, 3), len(lead)
    factors = [(a.node, a.access)]
    for axis in draw(st.sampled_from(((r,), (r + 1,), (r, r + 1)))):
        d = draw(some.views(pool, (*lead, 3)))
        assume(any(r in axes_of(e) for e in d.access))
        factors.append(over(Exp()(d) if positive else d, (*range(r), axis), a.sizes))
    m = Value.of(contraction([Term(draw(st.sampled_from((ONE, *NUMBERS))), (), tuple(factors))], a.sizes))
    return function(op, m), (), "nonzero", op is Inverse and not positive


@composite
def diagonal(draw: Draw, pool: Sequence[Value]) -> Given:
    lead, op, positive = leads(draw), draw(st.sampled_from(OPS)), draw(st.booleans())
    r, n = len(lead), draw(st.integers(2, 3))
    sizes = (*lead, n, n)
    d = draw(some.views(pool, (*lead, n)))
    e = add(whole(r, n), scale(whole(r + 1, n), -1))
    guard = (True, draw(st.sampled_from((e, scale(e, -1)))))
    factor = over(Exp()(d) if positive else d, (*range(r), draw(st.sampled_from((r, r + 1)))), sizes)
    m = Value.of(contraction([Term(draw(st.sampled_from((ONE, *NUMBERS))), (), (factor,), (guard,))], sizes))
    return function(op, m), (), "nonzero", op is Inverse and not positive


@composite
def of_product(draw: Draw, pool: Sequence[Value]) -> Given:
    """Σ_j a[i, j] · d[j] · b[j, k], a itself perhaps a product of matrices that are not square."""
    lead, n = leads(draw), draw(st.integers(2, 3))
    a, b = (regular(draw, pool, lead, n) for _ in range(2))
    d = draw(some.views(pool, (*lead, n)))
    r, sizes = len(lead), (*lead, n, n)
    inner = (*sizes, n)
    factors = (over(a, (*range(r), r, r + 2), inner), over(d, (*range(r), r + 2), inner), over(b, (*range(r), r + 2, r + 1), inner))
    first = draw(st.sampled_from(((0,), (0, 1))))
    m = Value.of(contraction([Term(draw(st.sampled_from((ONE, *NUMBERS))), (n,), factors)], sizes))
    return function(draw(st.sampled_from(OPS)), m), (0, first), "nonzero"


@composite
def cancelling(draw: Draw, pool: Sequence[Value]) -> Given:
    """Σ_j A⁻¹[i, j] · A[j, k] · z[i, k], or the other way round."""
    lead, n, side = leads(draw), draw(st.integers(2, 3)), draw(st.integers(0, 1))
    a, r = regular(draw, pool, lead, n), len(lead)
    if draw(st.booleans()):
        a = transposed(a)
    y = Value.of(function(Inverse, a))
    sizes, inner = (*lead, n, n), (*lead, n, n, n)
    z = draw(some.views(pool, sizes))
    ends = ((*range(r), r, r + 2), (*range(r), r + 2, r + 1))
    factors = (over(y, ends[side], inner), over(a, ends[1 - side], inner), over(z, (*range(r + 2),), inner))
    return contraction([Term(ONE, (), ()), Term(draw(st.sampled_from(NUMBERS)), (n,), factors)], sizes), (1, 0, 1, side), "any", True


def laws(real: Sequence[Value], pool: Sequence[Value]) -> dict[str, st.SearchStrategy[Given]]:
    """Instances by the name of the rule."""
    return {
        "matrix_transposed": turned(real),
        "matrix_of_inverse": of_inverse(real),
        "matrix_of_number": of_number(real),
        "matrix_scaled": scaled(real),
        "matrix_with_scaled_rows": with_scaled_rows(real),
        "matrix_diagonal": diagonal(real),
        "matrix_of_product": of_product(real),
        "inverse_cancels": cancelling(real),
    }


