"""Random values of the term graph: one more op on what a pool holds, read through random index maps.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Sizes, constant, whole
from ncd_cat.graph import Input, Value, Weight, apply, node
from ncd_cat.ops import activation, norm, pointwise, softmax
from ncd_cat.ops.concatenation import concatenate, pad, range_guards
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Pointwise
from ncd_cat.ops.reduction import Max, Min, Reduction
from ncd_cat.scalars import Scalar
from ncd_cat.testing.indices import Draw, accesses, guards, sizes

SCALARS = (Scalar.of(1), Scalar.of(-2), Scalar.of(Fraction(1, 3)), Scalar.of(2).power(Fraction(1, 2)))
UNARY: tuple[Pointwise, ...] = (
    activation.Tanh(), pointwise.Sin(), pointwise.Erf(), activation.Sigmoid(), activation.Relu(),
    activation.Gelu(), activation.GeluTanh(), activation.Silu(), activation.Absolute(), activation.Softplus(),
)  # fmt: skip
BINARY: tuple[Pointwise, ...] = (pointwise.Maximum(), pointwise.Minimum())


@st.composite
def views(draw: Draw, pool: Sequence[Value], domain: Sizes | None = None) -> Value:
    """A value of the pool read through a random index map, over `domain` if that is given."""
    x: Value = draw(st.sampled_from(list(pool)))
    if domain is None and draw(st.booleans()):
        return x
    over = draw(sizes()) if domain is None else domain
    return x.at(draw(accesses(over, x.sizes)), over)


@st.composite
def contractions(draw: Draw, pool: Sequence[Value]) -> Value:
    """A sum of up to three terms, each with up to three factors, two bound axes and two guards."""
    own = draw(sizes())
    terms = []
    for _ in range(draw(st.sampled_from((1, 2, 3, 0)))):
        bounds = draw(sizes(2, 3))
        factors = [draw(views(pool, own + bounds)) for _ in range(draw(st.sampled_from((2, 1, 3, 0))))]
        read = tuple((x.node, x.access) for x in factors)
        terms.append(Term(draw(st.sampled_from(SCALARS)), bounds, read, draw(guards(own + bounds))))
    return Value.of(contraction(terms, own))


@st.composite
def placements(draw: Draw, pool: Sequence[Value]) -> Value:
    """Padding, cutting or concatenation along an axis: factors read outside their arrays, under guards."""
    x = draw(st.sampled_from([v for v in pool if v.sizes] or [number(1, (2,))]))
    axis = draw(st.integers(0, len(x.sizes) - 1))
    if draw(st.booleans()):
        least = 1 - int(x.sizes[axis])
        before = draw(st.integers(least, 2))
        return pad(x, axis, before, draw(st.integers(max(least, least - before), 2)))
    sized = st.integers(1, 3).map(lambda n: (*x.sizes[:axis], n, *x.sizes[axis + 1 :]))
    return concatenate([x, *[draw(views(pool, draw(sized))) for _ in range(draw(st.integers(1, 2)))]], axis)


@st.composite
def windows(draw: Draw, pool: Sequence[Value]) -> Value:
    """A padded window over an axis, out[i] = Σ_w or max_w x[i + d·w − p] where that is inside."""
    x = draw(st.sampled_from([v for v in pool if len(v.sizes) == 1 and v.kind != "bool"] or [number(2, (3,))]))
    n, width, dilation = int(x.sizes[0]), draw(st.integers(1, 3)), draw(st.integers(1, 2))
    padding = dilation * draw(st.integers(0, width - 1))
    e = axes.add(whole(0, n), axes.scale(whole(1, width), dilation), constant(-padding))
    read, inside = x.at((e,), (n, width)), tuple(range_guards(e, n))
    if draw(st.booleans()):
        return Value.of(contraction([Term(Scalar.of(1), (width,), ((read.node, read.access),), inside)], (n,)))
    fold = draw(st.sampled_from((Max, Min)))((width,), inside)
    return Value.of(node(fold, [(read.node, read.access)], (n,)))


@st.composite
def functions(draw: Draw, pool: Sequence[Value]) -> Value:
    """A pointwise function, softmax, norm or fold."""
    degree = draw(sizes())
    kind = draw(st.integers(0, 4))
    if kind < 2:
        f: Pointwise = draw(st.sampled_from((UNARY, BINARY)[kind]))
        return f(*[draw(views(pool, degree)) for _ in range(1 + kind)])
    if kind == 2:  # only what is given is compared: a rounding error must not decide
        given = [v for v in pool if isinstance(v.node.op, Input | Weight)]
        compare = draw(st.sampled_from((pointwise.Less(), pointwise.LessEqual(), pointwise.Equal())))
        condition = compare(draw(views(given, degree)), draw(views(given, degree)))
        return pointwise.Where()(condition, draw(views(pool, degree)), draw(views(pool, degree)))
    size = draw(st.integers(1, 4))
    x = draw(views(pool, (*degree, size)))
    if kind == 3:
        first = axes.add(constant(draw(st.integers(0, 3))), axes.scale(whole(len(degree), size), -1))
        root: Reduction = draw(st.sampled_from((Max, Min)))((size,), ((False, first),))
        return Value.of(node(root, [(x.node, x.access)], degree))
    return softmax.softmax(x, len(degree)) if draw(st.booleans()) else norm.rms_norm(x, 1, None, Scalar.of(Fraction(1, 10)))


@st.composite
def gathers(draw: Draw, pool: Sequence[Value]) -> Value:
    """A gather by a constant or given table of indices."""
    degree, size = draw(sizes()), draw(st.integers(2, 4))
    table = literal(np.arange(6).reshape(2, 3) % size)
    index = draw(views([table, *[v for v in pool if isinstance(v.node.op, Input) and v.kind == "int"]], degree))
    x = draw(views(pool, (*degree, size)))
    return apply(Take(size), x, index, degree=degree)
