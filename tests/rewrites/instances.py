"""Random instances of every rule, by name: a node and arguments at which the rule applies.

Where a rule needs a condition, the instance meets it; what the arrays have to satisfy beyond that is in `Instance.numbers`.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
from hypothesis import assume, reject
from hypothesis import strategies as st

from ncd_cat import axes
from ncd_cat.axes import Access, Sizes, constant, identity, shift, whole
from ncd_cat.graph import Graph, Input, Node, Value, Weight, apply, node, source, topological
from ncd_cat.ops import norm, pointwise, rounding, softmax
from ncd_cat.ops.attention import attention
from ncd_cat.ops.contraction import Contraction, Term, add, contraction, multiply, number, scale, terms_of, view
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Exp, Log, Power, Where
from ncd_cat.ops.reduction import Max, Min
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.types import Array
from rewrites.rules.linear import reindexed
from rewrites.rules.powers import components
from tests import strategies as some
from tests.rewrites import (
    case_instances,
    content_instances,
    inverse_instances,
    kink_instances,
    loop_instances,
    table_instances,
    theory_instances,
)
from tests.strategies import DTYPE, Draw

Numbers = str  # "any", "positive", "nonzero", "truth" (0 or 1), "zero" or "generic"


class Instance(NamedTuple):
    """A node and arguments; `numbers` says which reals the equation is about, `assumes` whether it states an assumption."""

    node: Node
    args: tuple[Any, ...] = ()
    numbers: Numbers = "any"
    assumes: bool = False


Instances = st.SearchStrategy[Instance]
POSITIVE = tuple(c for c in some.SCALARS if c.positive)
NEGATIVE = tuple(Scalar.of(-k) for k in (2, Fraction(3, 2)))
REAL = (source(Input(0), (3, 4)), source(Input(1), (4,)), source(Weight("w"), (2, 3)), source(Weight("v"), ()))
POOL = (*REAL, source(Input(2, "bool"), (3,)), source(Input(3, "int"), (4,)), source(Input(4, "bool"), (3, 4)))


def arrays(n: Node, numbers: Numbers, seed: int = 0) -> tuple[list[Any], dict[str, Any]]:
    """Small random numbers, mostly whole, for the inputs and weights below a node."""
    random = np.random.default_rng(seed)
    inputs: list[Any] = [None] * 9
    weights = {}
    for x in topological([n]):
        if isinstance(x.op, Input | Weight):
            a = random.integers(-2, 3, x.sizes) + random.choice((0.0, 0.5), x.sizes) if x.kind == "real" else random.integers(0, 2, x.sizes)
            if numbers == "generic" and x.kind == "real":
                a = random.standard_normal(x.sizes)
            elif numbers != "any" and x.kind == "real":
                a = {"nonzero": np.where(a == 0, 1.0, a), "positive": np.abs(a) + 0.25, "truth": 1.0 * (a > 0), "zero": 0.0 * a}[numbers]
            a = np.asarray(a).astype(DTYPE[x.kind])
            if isinstance(x.op, Input):
                inputs[x.op.position] = a
            else:
                weights[x.op.key] = a
    return inputs, weights


def graph(v: Value, dom: tuple[Array, ...] | None = None) -> Graph:
    """The graph with one output, over the inputs of `POOL` (or `dom`)."""
    found = dom or tuple(Array.of(x.sizes, DTYPE[x.kind]) for x in POOL if isinstance(x.node.op, Input))
    order = (0, 1, 2, 3, 4) if dom is None else range(len(found))
    return Graph(tuple(found[k] for k in order), (Array.of(v.sizes, "float64"),), (v,))


def composite(build: Callable[..., Instance]) -> Callable[..., Instances]:
    """A strategy from a function of `draw`; what has no form in digits is drawn again."""

    def attempt(draw: Draw, *args: Any) -> Instance:
        try:
            return build(draw, *args)
        except axes.NotAffine:
            reject()

    return st.composite(attempt)


# ---- pieces -------------------------------------------------------------------------------------------------------


@st.composite
def sums(draw: Draw, least: int = 1, most: int = 3, pool: tuple[Value, ...] = POOL) -> Node:
    """A contraction with a number of terms between two bounds."""
    n = draw(some.contractions(pool)).node
    assume(least <= len(n.op.specs) <= most)
    return n


@st.composite
def products(draw: Draw, scalars: tuple[Scalar, ...], factors: int = 2, pool: tuple[Value, ...] = REAL, bound: bool = True) -> Node:
    """A contraction of one term without brackets, all of whose bound axes are read."""
    own, bounds = draw(some.sizes(2, 3)), draw(some.sizes(1, 3)) if bound else ()
    read = [draw(some.views(pool, own + bounds)) for _ in range(draw(st.integers(1, factors)))]
    t = Term(draw(st.sampled_from(scalars)), bounds, tuple((x.node, x.access) for x in read))
    used = {d[1] for _, a in t.factors for e in a for d in e[1]}
    assume(all(len(own) + k in used for k in range(len(bounds))))
    return contraction([t], own)


def whole_axis(k: int, sizes: Sizes, sign: int = 1, by: int = 0) -> axes.Index:
    return axes.add(axes.scale(whole(k, sizes[k]), sign), constant(by))


@st.composite
def with_terms(draw: Draw, n: Node, make: Callable[[Sizes], st.SearchStrategy[Term]]) -> tuple[Node, int]:
    """A contraction with one more term over n's axes, and where it is."""
    ts = list(terms_of(n))
    place = draw(st.integers(0, len(ts)))
    return contraction([*ts[:place], draw(make(n.sizes)), *ts[place:]], n.sizes), place


# ---- linear -------------------------------------------------------------------------------------------------------


@composite
def nested(draw: Draw, products_of_sums: bool) -> Instance:
    """A contraction of contractions, and some of its factors."""
    inner = [draw(some.contractions(POOL)) for _ in range(3)]
    n = draw(sums(0, pool=(*POOL, *inner, *inner)))
    fit = []
    for which, t in enumerate(terms_of(n)):
        for k in reversed(range(len(t.factors))):
            x = t.factors[k][0]
            if isinstance(x.op, Contraction) and (products_of_sums or len(x.op.specs) <= 1 or len(t.factors) == 1):
                fit.append((which, k))
    chosen = [pair for pair in fit if draw(st.booleans())]
    assume(chosen)
    return Instance(n, tuple(chosen))


@composite
def polynomial(draw: Draw) -> Instance:
    """A product of sums and products of sums and products."""
    pool = REAL
    for _ in range(2):
        own = draw(some.sizes(2, 3))
        parts = [draw(some.views(pool, own)) for _ in range(2)]
        pool = (*pool, draw(st.sampled_from((add, multiply)))(*parts), Value.of(draw(products(some.SCALARS, pool=pool))))
    n = draw(products(some.SCALARS, pool=pool[-4:]))
    return Instance(n)


@composite
def unrolled(draw: Draw) -> Instance:
    n = draw(sums())
    places = [(w, k) for w, t in enumerate(terms_of(n)) for k in range(len(t.bounds))]
    assume(places)
    return Instance(n, draw(st.sampled_from(places)))


@composite
def repeated(draw: Draw) -> Instance:
    """A sum in which terms recur with other coefficients."""
    n = draw(sums())
    ts = [t for t in terms_of(n) for _ in range(draw(st.integers(1, 3)))]
    changed = [t._replace(scalar=t.scalar * Scalar.of(draw(st.integers(-1, 1)))) for t in ts]
    return Instance(contraction(draw(st.permutations(changed)), n.sizes))


# ---- brackets, cups and caps --------------------------------------------------------------------------------------


@composite
def cut(draw: Draw) -> Instance:
    """A sum with a bracket that cuts one bound axis."""
    size, sign = draw(st.integers(2, 4)), draw(st.sampled_from((1, -1)))
    first = draw(st.integers(0, size - 1))

    @st.composite
    def one(draw: Draw, own: Sizes) -> Term:
        domain = (*own, 2, size)
        guard = (False, whole_axis(len(own) + 1, domain, sign, -first if sign == 1 else first))
        read = tuple((x.node, x.access) for x in (draw(some.views(REAL, domain)) for _ in range(2)))
        return Term(draw(st.sampled_from(some.SCALARS)), (2, size), read, (*draw(some.guards(domain, 1)), guard))

    n, place = draw(with_terms(draw(sums()), one))
    return Instance(n, (place, len(terms_of(n)[place].guards) - 1))


@composite
def loose(draw: Draw) -> Instance:
    """Sums over axes that their terms do not mention."""
    n = draw(sums())
    ts = [t._replace(bounds=t.bounds + tuple(draw(st.lists(st.integers(1, 4), max_size=2)))) for t in terms_of(n)]
    return Instance(contraction(ts, n.sizes))


@composite
def bent(draw: Draw) -> Instance:
    """A sum with a bracket that says what one bound axis is; the solution may leave the axis."""
    size, sign = draw(st.integers(2, 5)), draw(st.sampled_from((1, -1)))

    @st.composite
    def one(draw: Draw, own: Sizes) -> Term:
        domain = (*own, 3, size)
        solved = axes.add(draw(some.indices(domain[:-1], 6)), constant(-draw(st.integers(0, 2))))
        e = axes.add(whole(len(own) + 1, size), axes.scale(solved, -1))
        read = tuple((x.node, x.access) for x in (draw(some.views(REAL, domain)) for _ in range(2)))
        return Term(draw(st.sampled_from(some.SCALARS)), (3, size), read, (*draw(some.guards(domain, 1)), (True, axes.scale(e, sign))))

    n, place = draw(with_terms(draw(sums()), one))
    return Instance(n, (place, len(terms_of(n)[place].guards) - 1))


@composite
def parted(draw: Draw) -> Instance:
    n = draw(sums())
    places = [(w, k) for w, t in enumerate(terms_of(n)) for k, b in enumerate(t.bounds) if b != 1]
    assume(places)
    which, k = draw(st.sampled_from(places))
    return Instance(n, (which, k, draw(st.integers(1, int(terms_of(n)[which].bounds[k]) - 1))))


@composite
def complementary(draw: Draw) -> Instance:
    """t − [p]·t, or [p]·t + [not p]·t, among other terms and other brackets."""
    n = draw(sums())
    t, *rest = terms_of(n)
    e = axes.add(draw(some.indices(n.sizes + t.bounds, 4)), constant(-draw(st.integers(0, 3))))
    held, opposite = (*t.guards, (False, e)), (*t.guards, (False, shift(axes.scale(e, -1), -1)))
    assume(len(set(held)) == len(set(t.guards)) + 1 == len(set(opposite)))
    less, parts = (t, t._replace(scalar=-t.scalar, guards=held)), (t._replace(guards=held), t._replace(guards=opposite))
    first, second = less if draw(st.booleans()) else parts
    ts = draw(st.permutations([first, second, *rest]))
    return Instance(contraction(ts, n.sizes), (ts.index(first), ts.index(second)))


# ---- transposition ------------------------------------------------------------------------------------------------


@st.composite
def renamings(draw: Draw, bounds: Sizes, start: int) -> tuple[Sizes, Access]:
    """Other bound axes, and the given ones as indices over (start axes, the others): permuted, split or merged."""
    digits = [(k, int(d)) for k, n in enumerate(bounds) for d in ((2, int(n) // 2) if n == 4 and draw(st.booleans()) else (n,))]
    order = draw(st.permutations(range(len(digits))))
    new: list[int] = []
    places: dict[int, tuple[int, int]] = {}
    for k in order:  # each digit becomes an axis of its own, or the lowest digit of the axis before it
        if new and draw(st.booleans()):
            places = {j: (a, t * digits[k][1] if a == len(new) - 1 else t) for j, (a, t) in places.items()}
            new[-1] *= digits[k][1]
        else:
            new.append(digits[k][1])
        places[k] = (len(new) - 1, 1)
    found = []
    for axis, n in enumerate(bounds):
        e: axes.Index = (0, ())
        stride = int(n)
        for j, (owner, size) in enumerate(digits):
            if owner == axis:
                stride //= size
                a, t = places[j]
                e = axes.add(e, (0, ((stride, start + a, t, size),)))
        found.append(e)
    return tuple(new), tuple(found)


@composite
def transposed(draw: Draw) -> Instance:
    m = draw(sums(0))
    own = draw(some.sizes())
    alpha = draw(some.accesses(own, m.sizes))
    moved, renaming = [], []
    for t in terms_of(m):
        bounds, indices = draw(renamings(t.bounds, len(own)))
        new = reindexed(t, alpha, indices, m.sizes + t.bounds)
        moved.append(new._replace(bounds=bounds, factors=tuple(draw(st.permutations(new.factors))), guards=new.guards[::-1]))
        renaming.append(indices)
    order = draw(st.permutations(range(len(moved))))
    return Instance(contraction([moved[k] for k in order], own), (m, alpha, tuple((order.index(k), e) for k, e in enumerate(renaming))))


@composite
def refolded(draw: Draw) -> Instance:
    op, bounds, own, new = draw(st.sampled_from((Max, Min))), draw(some.sizes(2, 4)), draw(some.sizes(2)), draw(some.sizes(2))
    x = draw(some.views(POOL, own + bounds))
    conditions = ((False, whole_axis(len(own), own + bounds, -1, 1)),) if bounds and bounds[0] != 1 else ()
    m = node(op(bounds, conditions), [(x.node, x.access)], own)
    alpha = draw(some.accesses(new, own))
    renamed, indices = draw(renamings(bounds, len(new)))
    between, inner = own + bounds, alpha + indices
    moved = tuple((equal, axes.substitute(e, inner, between)) for equal, e in conditions)
    return Instance(node(op(renamed, moved), [(x.node, axes.compose(x.access, inner, between))], new), (m, alpha, indices))


# ---- broadcasting -------------------------------------------------------------------------------------------------


@st.composite
def boxes(draw: Draw) -> Value:
    """A node of any kind."""
    pools = (some.contractions, some.placements, some.windows, some.functions, some.gathers)
    return Value.of(draw(draw(st.sampled_from(pools))(POOL)).node)


@composite
def slid(draw: Draw) -> Instance:
    m = draw(boxes()).node
    degree = draw(some.sizes())
    alpha = draw(some.accesses(degree, m.degree))
    operands = []
    for k, (x, a) in enumerate(m.operands):
        roots = m.op.roots(k)
        operands.append((x, axes.compose(a, alpha + identity(roots, len(degree)), m.degree + roots)))
    return Instance(node(m.op.reindexed(alpha, m.degree, degree), operands, degree + m.op.out), (m, alpha))


@composite
def pushed(draw: Draw) -> Instance:
    n = draw(draw(st.sampled_from((some.contractions, some.functions, some.gathers)))([draw(boxes()), draw(boxes()), REAL[0]])).node
    inside = [all(axes.within(e, size) for e, size in zip(a, x.sizes, strict=True)) for x, a in n.operands]
    places = [k for k, (x, _) in enumerate(n.operands) if inside[k] and x.op.arity != 0]
    assume(places)
    return Instance(n, (draw(st.sampled_from(places)),))


@composite
def exchanged(draw: Draw) -> Instance:
    op = draw(st.sampled_from((pointwise.Maximum(), pointwise.Minimum(), pointwise.Equal())))
    own = draw(some.sizes())
    return Instance(op(draw(some.views(POOL, own)), draw(some.views(POOL, own))).node)


# ---- exponentials -------------------------------------------------------------------------------------------------


def exp(n: Node) -> Node:
    return Exp()(Value.of(n)).node


@composite
def exp_of_negative(draw: Draw) -> Instance:
    n = draw(sums(1, 1))
    (t,) = terms_of(n)
    assume(t.factors)
    return Instance(exp(contraction([t._replace(scalar=t.scalar if not t.scalar.positive else -t.scalar)], n.sizes)))


@composite
def exp_of_mask(draw: Draw) -> Instance:
    low = draw(st.sampled_from((-np.inf, float(np.finfo(np.float32).min))))
    entries = draw(st.lists(st.sampled_from((0.0, low)), min_size=6, max_size=6))
    x = literal(np.array(entries).reshape(2, 3))
    own = draw(some.sizes(2))
    x = x.at(draw(some.accesses(own, x.sizes)), own)
    assumes = low != -np.inf and low in entries
    if draw(st.booleans()):
        return Instance(exp(scale(x, draw(st.sampled_from((Scalar.of(3), Scalar.of(2).power(Fraction(-1, 2)))))).node), assumes=assumes)
    whole_table = literal(np.array(entries).reshape(2, 3))
    return Instance(exp(whole_table.node), assumes=assumes)


@composite
def exp_of_constant(draw: Draw) -> Instance:
    value = draw(st.sampled_from((0, -(10**38), -(10**31))))
    own = draw(some.sizes())
    return Instance(exp(contraction([], own) if draw(st.booleans()) and not value else number(value, own).node), assumes=value != 0)


@composite
def chosen(draw: Draw, inside: bool) -> Instance:
    own = draw(some.sizes())
    pool = POOL if inside else [v for v in POOL if v.kind == "bool"] + [literal(np.array([0.0, 1.0])), pointwise.Less()(REAL[1], REAL[1])]
    n = Where()(draw(some.views(pool, own)), draw(some.views(POOL, own)), draw(some.views(POOL, own)))
    if inside:
        n = Exp()(n.at(draw(some.accesses(own, own)), own))
    return Instance(n.node)


@composite
def inverse(draw: Draw, outer: pointwise.Pointwise, inner: pointwise.Pointwise, numbers: Numbers, assumes: bool) -> Instance:
    own = draw(some.sizes())
    x = inner(draw(some.views(REAL, own)))
    return Instance(outer(x.at(draw(some.accesses(own, own)), own)).node, numbers=numbers, assumes=assumes)


@composite
def log_of_product(draw: Draw) -> Instance:
    """Of factors of which all, all but one, or fewer are seen to be positive."""
    n = draw(products(POSITIVE, 3, BASES))
    (t,) = terms_of(n)
    extra = draw(st.lists(some.views(REAL, n.sizes + t.bounds), max_size=2, unique=True))
    t = t._replace(factors=(*t.factors, *((x.node, x.access) for x in extra)))
    groups = components(t, n.sizes)
    assume(t.scalar != ONE or len(groups) > 1)
    unknown = [g for g in groups if not all(x.positive for x, _ in g.factors)]
    return Instance(Log()(Value.of(contraction([t], n.sizes))).node, (), "positive" if extra else "any", len(unknown) > 1)


@composite
def log_of_power(draw: Draw) -> Instance:
    own, r = draw(some.sizes()), draw(st.sampled_from((*WHOLE, *ROOTS)))
    x = draw(some.views(BASES if r.numerator % 2 == 0 else (*BASES, *REAL), own))
    return Instance(Log()(Power(r)(x)).node, (), "any" if x.node.positive else "positive")


# ---- powers -------------------------------------------------------------------------------------------------------

WHOLE = (Fraction(-1), Fraction(-2), Fraction(3))
ROOTS = (Fraction(1, 2), Fraction(-1, 2), Fraction(-3, 2))
BASES = tuple(Exp()(x) for x in REAL)
NEGATED = tuple(scale(x, -1) for x in BASES)


@composite
def power_of_product(draw: Draw) -> Instance:
    r = draw(st.sampled_from(WHOLE + ROOTS))
    if r.denominator == 1:
        n = draw(products(some.SCALARS[1:], 3))
    else:
        n = draw(products(*draw(st.sampled_from(((POSITIVE, 3, BASES), (POSITIVE, 1, REAL), (NEGATIVE, 1, NEGATED))))))
        assume(terms_of(n)[0].scalar != ONE)
    return Instance(Power(r)(Value.of(n)).node, numbers="positive")


@composite
def power_of_power(draw: Draw) -> Instance:
    r, s = draw(st.sampled_from(WHOLE + ROOTS)), draw(st.sampled_from(WHOLE + ROOTS))
    even = r.denominator != 1 and s.denominator == 1 and s.numerator % 2 == 0
    x = draw(st.sampled_from(BASES if even else (*BASES, *REAL)))
    own = draw(some.sizes())
    y = Power(s)(x.at(draw(some.accesses(own, x.sizes)), own))
    undone = (r * s).denominator == 1 and r.denominator * s.denominator != 1
    assumes = not x.node.positive and (undone or min(r, s) < 0 <= r * s)
    return Instance(Power(r)(y.at(draw(some.accesses(own, own)), own)).node, numbers="positive", assumes=assumes)


@composite
def power_rescale(draw: Draw) -> Instance:
    x = draw(st.sampled_from(BASES))
    own = draw(some.sizes())
    access = draw(some.accesses(own, x.sizes))
    y = scale(x, draw(st.sampled_from((Fraction(3), Fraction(1, 4)))))
    s, r = draw(st.sampled_from((Fraction(1), *WHOLE))), draw(st.sampled_from(ROOTS))
    factors = [(x if s == 1 else Power(s)(x)).at(access, own), Power(r)(y).at(access, own)]
    return Instance(multiply(*factors, scalar=Scalar.of(3)).node, (0, 0, 1), "positive")


@composite
def power_merge(draw: Draw) -> Instance:
    x = draw(st.sampled_from((*BASES, *REAL)))
    own = draw(some.sizes())
    access = draw(some.accesses(own, x.sizes))
    exponents = draw(st.lists(st.sampled_from((Fraction(1), *WHOLE, *ROOTS)), min_size=2, max_size=3))
    factors = [(x if e == 1 else Power(e)(x)).at(access, own) for e in exponents]
    others = [draw(some.views(POOL, own)) for _ in range(draw(st.integers(0, 2)))]
    order = draw(st.permutations(range(len(factors) + len(others))))
    everything = [*factors, *others]
    n = multiply(*[everything[k] for k in order], scalar=Scalar.of(3)).node
    total, roots = sum(exponents, Fraction(0)), any(e.denominator != 1 for e in exponents)
    assumes = not x.node.positive and (total >= 0 or (roots and total.denominator == 1))
    return Instance(n, ((0, tuple(order.index(k) for k in range(len(factors)))),), "positive", assumes)


# ---- literals and definitions -------------------------------------------------------------------------------------


@composite
def table_with_repeats(draw: Draw) -> Instance:
    own = draw(st.sampled_from(((1,), (2, 3), (3, 1, 2), (2, 2, 2))))
    axis = draw(st.integers(0, len(own) - 1))
    dtype = draw(st.sampled_from((np.float64, np.int64, np.bool_)))
    shape = tuple(1 if k == axis else n for k, n in enumerate(own))
    values = draw(st.lists(st.sampled_from((0, 1, -2, 5)), min_size=int(np.prod(shape)), max_size=int(np.prod(shape))))
    return Instance(literal(np.broadcast_to(np.array(values).reshape(shape), own).astype(dtype)).node)


@composite
def table_of_bracket(draw: Draw) -> Instance:
    own = draw(some.sizes(2, 4))
    e, equal = axes.add(draw(some.indices(own, 6)), constant(-draw(st.integers(0, 4)))), draw(st.booleans())
    values = np.array([some_value(e, p) for p in np.ndindex(*own)]).reshape(own)
    data = values == 0 if equal else values >= 0
    return Instance(literal(data.astype(draw(st.sampled_from((np.bool_, np.int64, np.float64))))).node, (equal, e))


@composite
def table_of_band(draw: Draw) -> Instance:
    own = draw(some.sizes(2, 4))
    both = [axes.add(draw(some.indices(own, 6)), constant(-draw(st.integers(0, 4)))) for _ in range(2)]
    both[1] = axes.scale(both[1], draw(st.sampled_from((1, -1))))
    values = np.array([min(some_value(e, p) for e in both) for p in np.ndindex(*own)]).reshape(own)
    return Instance(literal((values >= 0).astype(draw(st.sampled_from((np.bool_, np.int64, np.float64))))).node, tuple(both))


def some_value(e: axes.Index, p: tuple[int, ...]) -> int:
    from tests.loops import at

    return at(e, p)


@composite
def taken(draw: Draw) -> Instance:
    own, size = draw(some.sizes(2, 4)), draw(st.integers(2, 5))
    e = draw(some.indices(own, size))
    table = literal(np.array([some_value(e, p) for p in np.ndindex(*own)]).reshape(own))
    x = draw(some.views(REAL, (*own, size)))
    return Instance(apply(Take(size), x, table, degree=own).node, (e,))


@composite
def sliced(draw: Draw) -> Instance:
    table = literal(np.arange(12).reshape(3, 4) % draw(st.integers(1, 7)))
    make = draw(st.sampled_from((some.contractions, some.functions)))
    n = draw(make([table, table, *REAL])).node
    places = [k for k, (x, _) in enumerate(n.operands) if x is table.node]
    assume(places)
    return Instance(n, (draw(st.sampled_from(places)),))


def derived() -> list[Value]:
    """A node of each op that has a definition."""
    x = REAL[0]
    g, b = source(Weight("g"), (4,)), source(Weight("b"), (4,))
    q, k, v = (source(Weight(name), (3, 2)) for name in "qkv")
    unary = [op for op in some.UNARY if not isinstance(op, pointwise.Sin | pointwise.Erf)]
    unary += [rounding.Ceil(), rounding.Trunc(), rounding.Round(), rounding.Sign()]
    return [*[op(x) for op in unary], softmax.softmax(x, 1), softmax.log_softmax(x, 0), softmax.logsumexp(x, (0, 1)),
            norm.layer_norm(x, 1, g, b, Scalar.of(Fraction(1, 10))), norm.rms_norm(x, 1, g, Scalar.of(Fraction(1, 10))),
            attention(q, k, v, scale=Scalar.of(2).power(Fraction(-1, 2)), causal=True)]  # fmt: skip


@composite
def folded(draw: Draw) -> Instance:
    n = draw(st.sampled_from([v.node for v in derived() if not isinstance(v.node.op, Contraction)]))
    degree = draw(some.sizes(2))
    alpha = draw(some.accesses(degree, n.degree))
    operands = [(x, axes.compose(a, alpha + identity(n.op.roots(k), len(degree)), n.domain(k))) for k, (x, a) in enumerate(n.operands)]
    return Instance(node(n.op, operands, degree + n.op.out))


def literal_number(entry: Any) -> Instance:
    return Instance(literal(np.array(entry)).node)


NUMBERS = (0.5, 3, True, False, -1e-5, 1 / 3, 6**-0.5, 0.1234567890123456, -1e38)

INSTANCES: dict[str, Instances] = {
    "transpose": transposed(),
    "refold": refolded(),
    "loop": loose(),
    "snake": bent(),
    "slide": slid(),
    "push": pushed(),
    "commute": exchanged(),
    "fuse": nested(False),
    "distribute": nested(True),
    "multiply_out": polynomial(),
    "unroll": unrolled(),
    "hold": boxes().filter(lambda x: x.kind == "real").map(lambda x: Instance(x.node)),
    "unit": boxes().flatmap(lambda x: some.views([x])).map(lambda v: Instance(view(v))),
    "collect": repeated(),
    "content": sums().map(Instance),
    "bracket": sums(0).map(Instance),
    "narrow": cut(),
    "split": parted(),
    "complement": complementary(),
    "exp_of_sum": sums(2).map(exp).map(Instance),
    "exp_of_negative": exp_of_negative(),
    "exp_of_mask": exp_of_mask(),
    "exp_of_constant": exp_of_constant(),
    "exp_of_where": chosen(True),
    "exp_of_log": inverse(Exp(), Log(), "positive", True),
    "log_of_exp": inverse(Log(), Exp(), "any", False),
    "log_of_product": log_of_product(),
    "log_of_power": log_of_power(),
    "power_of_product": power_of_product(),
    "power_of_power": power_of_power(),
    "power_merge": power_merge(),
    "power_rescale": power_rescale(),
    "literal_drop": table_with_repeats(),
    "literal_number": st.sampled_from(NUMBERS).map(literal_number),
    "literal_bracket": table_of_bracket(),
    "literal_band": table_of_band(),
    "literal_slice": sliced(),
    "take_constant": taken(),
    "where_is_product": chosen(False),
    "unfold": folded(),
    **{name: pairs.map(lambda pair: Instance(*pair)) for name, pairs in loop_instances.laws(POOL).items()},
    **{name: found.map(lambda given: Instance(*given)) for name, found in inverse_instances.laws(REAL, POOL).items()},
    **{name: found.map(lambda given: Instance(*given)) for name, found in theory_instances.laws(REAL, POOL).items()},
    **{name: found.map(lambda given: Instance(*given)) for name, found in kink_instances.laws(REAL).items()},
    **{name: found.map(lambda given: Instance(*given)) for name, found in content_instances.laws(REAL).items()},
    **{name: found.map(lambda given: Instance(*given)) for name, found in table_instances.laws(REAL).items()},
    **{name: found.map(lambda given: Instance(*given)) for name, found in case_instances.laws(REAL, POOL).items()},
}
