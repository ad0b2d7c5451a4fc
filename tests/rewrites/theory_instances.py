"""Random instances of the rules of parts, order, folds, gathers and fractions, by name: (node, arguments, numbers)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import assume, reject
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import identity, shift, whole
from ncd_cat.graph import Node, Value, apply, node
from ncd_cat.ops.contraction import Contraction, Term, contraction, linear_combination, multiply, number, scale, terms_of
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Reshape
from ncd_cat.ops.pointwise import Cos, Equal, Exp, Less, LessEqual, Log, Maximum, Minimum, Power, Sin
from ncd_cat.ops.reduction import Max, Min
from ncd_cat.scalars import ONE, Scalar
from rewrites.rules import order
from tests import strategies as some
from tests.strategies import Draw

Given = tuple[Any, ...]
NUMBERS = (Scalar.of(3), Scalar.of(-2), Scalar.of(Fraction(1, 2)), -ONE, Scalar.of(2).power(Fraction(1, 2)))
FOLDS = (Max, Min)


def composite(build: Callable[..., Given]) -> Callable[..., st.SearchStrategy[Given]]:
    """A strategy from a function of `draw`; what has no form in digits is drawn again."""

    def attempt(draw: Draw, *args: Any) -> Given:
        try:
            return build(draw, *args)
        except axes.NotAffine:
            reject()

    return st.composite(attempt)


def compared(n: Node, op: Any) -> Node:
    return op(Value.of(n), number(0, n.sizes)).node


# ---- parts, gathers, reshapes -------------------------------------------------------------------------------------


@composite
def parted(draw: Draw, pool: Sequence[Value]) -> Given:
    n = draw(draw(st.sampled_from((some.contractions, some.functions, some.placements)))(pool)).node
    grid = tuple(tuple(p for p in range(1, int(m)) if draw(st.booleans())) for m in n.sizes)
    return n, (grid,)


@composite
def gathered(draw: Draw, pool: Sequence[Value]) -> Given:
    """An indexing, by data or by a table, of something computed."""
    y = draw(draw(st.sampled_from((some.contractions, some.functions, some.gathers)))(pool)).node
    assume(y.op.arity != 0 and not y.op.out)
    degree, size = draw(some.sizes(2)), draw(st.integers(2, 3))
    reading = draw(some.accesses((*degree, size), y.sizes))
    table = literal(np.arange(6).reshape(2, 3) % size)
    index = draw(some.views([table, *[v for v in pool if v.kind == "int"]], degree))
    n = apply(Take(size), Value.of(y).at(reading, (*degree, size)), index, degree=degree).node
    guards = [e for k in range(len(y.operands)) for _, e in y.op.reindexed(reading, y.degree, (*degree, size)).guards(k)]
    assume(all(len(degree) not in axes.axes_of(e) for e in guards))
    inside = [axes.within(e, m) for x, a in y.operands for e, m in zip(a, x.sizes, strict=True)]
    assume(all(inside))
    return n, ()


SHAPES = ((2, 3), (3, 2), (6,), (1, 6), (6, 1), (2, 1, 3))


@composite
def reshaped(draw: Draw, pool: Sequence[Value]) -> Given:
    old, new, degree = draw(st.sampled_from(SHAPES)), draw(st.sampled_from(SHAPES)), draw(some.sizes(1))
    assume((old, new) != ((6,), (6,)))
    x = draw(some.views(pool, degree + old))
    return node(Reshape(old, new), [(x.node, x.access)], degree + new), ()


@composite
def flat_read(draw: Draw, pool: Sequence[Value]) -> Given:
    degree = draw(some.sizes(1))
    x = draw(some.views(pool, (*degree, 6)))
    flat = Value.of(node(Reshape((6,), (6,)), [(x.node, x.access)], (*degree, 6)))
    n = draw(draw(st.sampled_from((some.contractions, some.functions)))([flat, flat, *pool])).node
    places = [k for k, (y, _) in enumerate(n.operands) if y is flat.node]
    assume(places)
    return n, (draw(st.sampled_from(places)),)


# ---- order --------------------------------------------------------------------------------------------------------


def nonzero(v: Value) -> bool:
    return not order.zero(v.node)


@composite
def of_two(draw: Draw, pool: Sequence[Value], ops: Sequence[Any]) -> Given:
    own = draw(some.sizes())
    x, y = draw(some.views(pool, own)), draw(some.views(pool, own))
    return draw(st.sampled_from(ops))(x, y).node, ()


@composite
def nested_maxima(draw: Draw, pool: Sequence[Value]) -> Given:
    """A maximum of maxima, sums of them and numbers, and an order of its arguments."""
    own = draw(some.sizes(2))
    values = [draw(some.views([*pool, number(2), number(0)], own)) for _ in range(4)]
    inner = Maximum()(values[0], values[1])
    mixed = linear_combination([(Scalar.of(Fraction(1, 2)), inner), (-ONE, values[2])])
    n = Maximum()(draw(st.sampled_from((inner, mixed))), draw(st.sampled_from((values[3], Maximum()(values[2], values[3]), mixed)))).node
    count = len(order.flattened(n))
    at = draw(st.integers(0, count - 1))
    return n, (at, tuple(draw(st.permutations([k for k in range(count) if k != at]))))


@composite
def scaled(draw: Draw, pool: Sequence[Value], op: Any) -> Given:
    """A comparison of 0 with one term that has a coefficient, positive factors, or both; a comparison of 0 with a number."""
    own = draw(some.sizes(2))
    factors = [draw(some.views(pool, own)), *[Exp()(draw(some.views(pool[:3], own))) for _ in range(draw(st.integers(0, 1)))]]
    y = multiply(*factors, scalar=draw(st.sampled_from(NUMBERS[:3])))
    zero = number(0, own)
    return (Less()(zero, y) if op is Less else draw(st.sampled_from((Maximum()(y, zero), Maximum()(zero, y))))).node, ()


@composite
def turned(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    return Maximum()(draw(some.views([*pool, Exp()(pool[0])], own)), number(0, own)).node, ()


@composite
def not_negative(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x = draw(some.views(pool[:3], own))
    y = draw(
        st.sampled_from(
            (Exp()(x), multiply(x, x), Maximum()(x, number(0, own)), linear_combination([(ONE, Exp()(x)), (ONE, multiply(x, x))]))
        )
    )
    return Maximum()(y, number(0, own)).node, ()


@composite
def gate(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x = draw(some.views(pool[:3], own))
    x = Value.of(Exp()(x).node) if draw(st.booleans()) else x
    y = draw(st.sampled_from((x, scale(x, -1), scale(x, 1))))
    test = Less()(number(0, own), y)
    others = [draw(some.views(pool, own)) for _ in range(draw(st.integers(0, 1)))]
    values = [test, x, *others]
    places = draw(st.permutations(range(len(values))))
    n = multiply(*[values[k] for k in places], scalar=Scalar.of(3)).node
    return n, (0, places.index(0), places.index(1))


@composite
def squared(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x = draw(some.views(pool[:3], own))
    relu = Maximum()(x, number(0, own))
    return multiply(relu, draw(some.views(pool, own)), relu).node, (0, *draw(st.permutations((0, 2))))


# ---- folds --------------------------------------------------------------------------------------------------------


@composite
def affine_fold(draw: Draw, pool: Sequence[Value]) -> Given:
    own, bounds = draw(some.sizes(2, 3)), (draw(st.integers(2, 3)),)
    domain = own + bounds
    x = draw(some.views(pool[:2], domain))
    assume(any(d[1] >= len(own) for e in x.access for d in e[1]))
    rest = draw(some.views(pool, own)).at(identity(own), domain)
    c, outer = draw(st.sampled_from(NUMBERS)), draw(st.booleans())
    ts = [Term(c, (), ((x.node, x.access),)), *[Term(ONE, (), ((rest.node, rest.access),))] * outer]
    y = contraction(ts, domain)
    guards = () if outer or draw(st.booleans()) else ((False, axes.add((1, ()), axes.scale(whole(len(own), bounds[0]), -1))),)
    return node(draw(st.sampled_from(FOLDS))(bounds, guards), [(y, identity(domain))], own), ()


@composite
def monotone_fold(draw: Draw, pool: Sequence[Value]) -> Given:
    own, bounds = draw(some.sizes(2, 3)), draw(some.sizes(2, 3))
    x = draw(some.views(pool[:3], own + bounds))
    z = linear_combination([(ONE, Exp()(x)), (ONE, number(1, x.sizes))])
    functions = (Exp()(x), Maximum()(x, number(0, x.sizes)), Log()(z), Power(Fraction(-1, 2))(z), Power(Fraction(3))(z))
    y = draw(st.sampled_from(functions))
    y = y.at(draw(some.accesses(own + bounds, y.sizes)), own + bounds)
    return node(draw(st.sampled_from(FOLDS))(bounds), [(y.node, y.access)], own), ()


@composite
def fold_of_fold(draw: Draw, pool: Sequence[Value]) -> Given:
    """A fold over part of an axis, under a bracket, of such a fold."""
    op = draw(st.sampled_from(FOLDS))
    x = draw(some.views(pool, (3, 4, 2)))
    first = axes.add((1, ()), axes.scale(whole(2, 2), -1), whole(1, 4))
    inner = Value.of(node(op((2,), ((False, first),)), [(x.node, x.access)], (3, 4)))
    e = shift(axes.add(whole(0, 3), whole(1, 4)), -1)
    guards = tuple(some.range_guards(e, 4))
    y = inner.at((whole(0, 3), e), (3, 4))
    return node(op((4,), guards), [(y.node, y.access)], (3,)), ()


@composite
def image(draw: Draw, pool: Sequence[Value]) -> Given:
    """A fold of windows of windows."""
    i, j, by = draw(st.integers(2, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 2))
    s = draw(st.integers(1, j))
    size = by * (s * (i - 1) + j - 1) + 2
    periodic = (0, ((1, 0, 1, 4),)) if size % 4 == 0 else (0, ((1, 0, size // 4 or 1, min(4, size)),))
    x = Value.of(Exp()(draw(st.sampled_from([v for v in pool if v.sizes == (4,)])).at((periodic,), (size,))).node)
    order_of = draw(st.permutations((1, 2)))
    bounds = tuple(i if k == 1 else j for k in order_of)
    high, low = 1 + order_of.index(1), 1 + order_of.index(2)
    e = axes.add(whole(0, 2), axes.scale(whole(high, i), s * by), axes.scale(whole(low, j), by))
    guards = ((False, axes.add((by * (j - 1) + 1, ()), axes.scale(e, -1))),) if draw(st.booleans()) else ()
    y = x.at((e,), (2, *bounds))
    return node(draw(st.sampled_from(FOLDS))(bounds, guards), [(y.node, y.access)], (2,)), (high - 1, low - 1)


@composite
def idle_fold(draw: Draw, pool: Sequence[Value]) -> Given:
    own, bounds = draw(some.sizes(2, 3)), (*draw(some.sizes(1, 3)), 2)
    x = draw(some.views(pool, own + bounds[:-1])).at(identity(own + bounds[:-1]), own + bounds)
    return node(draw(st.sampled_from(FOLDS))(bounds), [(x.node, x.access)], own), ()


# ---- fractions ----------------------------------------------------------------------------------------------------


@composite
def common(draw: Draw, pool: Sequence[Value]) -> Given:
    """A sum of terms that have powers of one base, the least of which is not 0."""
    own = draw(some.sizes(2))
    positive = draw(st.booleans())
    z = draw(st.sampled_from([Exp()(x) for x in pool[:3]] if positive else pool[:3]))
    z = z.at(draw(some.accesses(own, z.sizes)), own)
    exponents = draw(st.lists(st.sampled_from((-2, -1, 1, 2, 0)), min_size=2, max_size=3))
    assume(min(exponents) != 0)
    terms = []
    for e in exponents:
        bounds = draw(some.sizes(1, 3))
        others = [draw(some.views(pool, own + bounds)) for _ in range(draw(st.integers(0, 2)))]
        inner = z.at(identity(own), own + bounds)
        assume((inner.node, inner.access) == (z.node, z.access))
        base = [(node(Power(Fraction(e)), [(z.node, identity(z.node.sizes))], z.node.sizes), inner.access)] if e < 0 else []
        base += [(z.node, inner.access)] * max(e, 0)
        guards = draw(some.guards(own + bounds, 1)) if positive else ()
        terms.append(Term(draw(st.sampled_from(some.SCALARS)), bounds, (*[(x.node, x.access) for x in others], *base), guards))
    n = contraction(terms, own)
    kept = [t.factors[: len(t.factors) - (1 if e < 0 else e)] for t, e in zip(terms, exponents, strict=True)]
    assume(not any((x, a) == (z.node, z.access) for factors in kept for x, a in factors))
    return n, (z.node, z.access), "positive"


@composite
def parts_of_products(draw: Draw, pool: Sequence[Value]) -> Given:
    n = draw(some.contractions(pool)).node
    assume(isinstance(n.op, Contraction))
    places = [which for which, t in enumerate(terms_of(n)) if len(t.factors) > 1]
    assume(places)
    which = draw(st.sampled_from(places))
    count = len(terms_of(n)[which].factors)
    ks = draw(st.lists(st.integers(0, count - 1), min_size=2, max_size=count, unique=True))
    return n, (which, tuple(ks))


@composite
def multiple(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    c = draw(st.sampled_from((Scalar.of(2), Scalar.of(Fraction(3, 2)), Scalar.of(9), Scalar.of(8).power(Fraction(1, 2)))))
    return Exp()(multiply(draw(some.views(pool[:3], own)), draw(some.views(pool, own)), scalar=c)).node, (), "positive"


@composite
def natural(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    return Power(Fraction(draw(st.integers(1, 8))))(draw(some.views(pool, own))).node, ()


@composite
def additive_table(draw: Draw) -> Given:
    rows, columns = (draw(st.lists(st.sampled_from((0, 1, -2, 0.5, 3)), min_size=n, max_size=n)) for n in (3, 4))
    data = np.add.outer(np.array(rows, dtype=np.float64), np.array(columns, dtype=np.float64))
    extra = draw(st.sampled_from(((), (2,))))
    table = np.stack([data, 2 * data]) if extra else data
    axes_of_it = (1, 2) if extra else (0, 1)
    return literal(table).node, tuple(draw(st.permutations(axes_of_it)))


@composite
def turned_by(draw: Draw, pool: Sequence[Value], kind: str) -> Given:
    """A sine or cosine of a sum, of a multiple, or of a negative term or 0."""
    own = draw(some.sizes(2))
    op = draw(st.sampled_from((Sin(), Cos())))
    if kind == "sum":
        y = linear_combination([(draw(st.sampled_from(NUMBERS)), draw(some.views(pool, own))) for _ in range(draw(st.integers(2, 3)))])
    else:
        positive = (Scalar.of(2), Scalar.of(5), Scalar.of(8).power(Fraction(1, 2)))
        c = draw(st.sampled_from(positive if kind == "multiple" else (-ONE, Scalar.of(-3), Scalar.of(0))))
        y = multiply(draw(some.views(pool, own)), draw(some.views(pool, own)), scalar=c)
    return op(y).node, ()


@composite
def two_sines(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    sine = Sin()(draw(some.views(pool, own)))
    return multiply(sine, draw(some.views(pool, own)), sine, scalar=Scalar.of(3)).node, (0, *draw(st.permutations((0, 2))))


@composite
def chosen_entry(draw: Draw, pool: Sequence[Value]) -> Given:
    degree, size = draw(some.sizes(2)), draw(st.integers(2, 4))
    table = literal(np.arange(6).reshape(2, 3) % size)
    index = draw(some.views([table, *[v for v in pool if v.kind == "int"]], degree))
    return apply(Take(size), draw(some.views(pool, (*degree, size))), index, degree=degree).node, ()


@composite
def one_hot_row(draw: Draw, pool: Sequence[Value]) -> Given:
    """A sum over a one-hot row, times what does not depend on it."""
    own, size = draw(some.sizes(2, 3)), draw(st.integers(2, 4))
    domain = (*own, 3, size)
    at = len(own) + 1
    row = literal(np.arange(size)).at((whole(at, size),), domain)
    index = draw(some.views([v for v in pool if v.kind == "int"], domain[:-1])).at(identity(domain[:-1]), domain)
    test = Equal()(*draw(st.permutations((row, index))))
    others = [draw(some.views(pool, domain[:-1])).at(identity(domain[:-1]), domain) for _ in range(draw(st.integers(0, 2)))]
    values = draw(st.permutations([test, *others]))
    t = Term(draw(st.sampled_from(some.SCALARS)), (3, size), tuple((x.node, x.access) for x in values))
    return contraction([t], own), (0, values.index(test)), "any", True


ASSUMED = (
    (("positive",), "positive"), (("nonnegative",), "positive"), (("nonzero",), "nonzero"), (("truth",), "truth"), (((0, 1),), "zero"),
    (("rows",), "positive"), (("nonnegative", "rows"), "positive"), (("positive", "rows"), "positive"),
    (("nonnegative", "nonzero"), "positive"), (("truth", "rows of complement"), "zero"),
)  # fmt: skip


@composite
def truth_compared(draw: Draw, pool: Sequence[Value]) -> Given:
    """A comparison of 0 or 1 with a number."""
    own = draw(some.sizes(2))
    x, y = (draw(some.views([v for v in pool if v.node.defined], own)) for _ in range(2))
    t = draw(st.sampled_from((Less()(x, y), Equal()(x, y), linear_combination([(ONE, number(1, own)), (-ONE, LessEqual()(x, y))]))))
    c = number(draw(st.sampled_from((0, 1, -1, 2, Fraction(1, 2)))), own)
    return draw(st.sampled_from((Less(), LessEqual(), Equal())))(*draw(st.permutations((t, c)))).node, ()


@composite
def truth_twice(draw: Draw, pool: Sequence[Value]) -> Given:
    own = draw(some.sizes(2))
    x, y, z = (draw(some.views(pool, own)) for _ in range(3))
    t = draw(st.sampled_from((Less()(x, y), Equal()(x, y))))
    order = draw(st.permutations((t, t, z)))
    places = [k for k, v in enumerate(order) if v == t]
    return multiply(*order, scalar=draw(st.sampled_from(NUMBERS))).node, (0, *places[:2])


def laws(real: Sequence[Value], pool: Sequence[Value]) -> dict[str, st.SearchStrategy[Given]]:
    """Instances over some real values, and over values of all kinds."""
    return {
        "partition": parted(pool),
        "take_slide": gathered(pool),
        "reshape_flat": reshaped(pool),
        "reshape_read": flat_read(pool),
        "max_flat": nested_maxima(real),
        "max_pair": of_two(real, (Maximum(),)),
        "min_as_max": of_two(pool, (Minimum(),)),
        "relu_scale": scaled(real, Maximum),
        "relu_turn": turned(real),
        "relu_of_nonnegative": not_negative(real),
        "compare_zero": of_two(pool, (Less(), LessEqual())),
        "less_scale": scaled(real, Less),
        "gated": gate(real),
        "relu_square": squared(real),
        "fold_affine": affine_fold(real),
        "fold_monotone": monotone_fold(real),
        "fold_fuse": fold_of_fold(pool),
        "fold_image": image(real),
        "fold_drop": idle_fold(pool),
        "factor_out": common(real),
        "group": parts_of_products(pool),
        "exp_of_multiple": multiple(real),
        "power_of_natural": natural(real),
        "turn_of_sum": turned_by(real, "sum"),
        "turn_of_multiple": turned_by(real, "multiple"),
        "turn_of_negative": turned_by(real, "negative"),
        "sine_square": two_sines(real),
        "assumed": st.sampled_from([(x.node, args, numbers, True) for x in real if x.sizes for args, numbers in ASSUMED]),
        "compare_truth": truth_compared(pool),
        "truth_square": truth_twice(pool),
        "one_hot_sum": one_hot_row(pool),
        "take_as_sum": chosen_entry(pool),
        "literal_sum": additive_table(),
    }
