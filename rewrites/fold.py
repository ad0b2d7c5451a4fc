"""Definitions read backwards: a node whose normal form is that of op(x) is op(x), for the ops that its parts suggest.

What is suggested is a guess, from a function and its argument (an exponential, an error function, a root, a maximum) to the ops
in whose definitions it stands; equality of normal forms decides.  Source: folding and unfolding, Burstall and Darlington 1977.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import singledispatch
from itertools import combinations

from ncd_cat.axes import Access, Index
from ncd_cat.graph import Graph, Node, Value
from ncd_cat.ops.activation import Absolute, Gelu, GeluTanh, Relu, Sigmoid, Silu, Softplus, Tanh
from ncd_cat.ops.contraction import Contraction, Term, contraction, scale, terms_of
from ncd_cat.ops.layout import last, unlast
from ncd_cat.ops.norm import layer_norm, rms_norm
from ncd_cat.ops.pointwise import Erf, Exp, Maximum, Power
from ncd_cat.ops.softmax import log_softmax, logsumexp, softmax
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Op
from rewrites.normal_form import Normaliser
from rewrites.strategy import LEVELS

MOST_AXES, MOST_FACTORS = 6, 6


def folded(graph: Graph, deadline: float) -> dict[Node, Value]:
    """Nodes of a graph, and products in its terms, with the defined ops that they are.  Raises OutOfTime."""
    nodes = graph.nodes()
    guesses = dict.fromkeys(g for n in nodes for g in suggested(n.op, n))
    if not guesses:
        return {}
    nf = Normaliser(LEVELS[0], deadline)
    known: dict[Node, Value] = {}
    for g in guesses:
        known.setdefault(nf.value(g.node).node, g)
    found = {}
    for n in [*nodes, *(p for m in nodes for p in products(m))]:
        form = nf.value(n)
        guess = known.get(form.node)
        if guess is not None and guess.node.op != n.op:
            reading = _through(form.access, nf.value(guess.node).access, guess.node)
            if reading is not None:
                found[n] = Value(guess.node, reading, n.sizes)
    return found


def products(n: Node) -> Iterator[Node]:
    """The products of two factors of a term, among more, as nodes."""
    for t in terms_of(n) if isinstance(n.op, Contraction) else ():
        if 2 < len(t.factors) <= MOST_FACTORS and not t.bounds and not t.guards:
            yield from (contraction([Term(ONE, (), pair)], n.sizes) for pair in combinations(t.factors, 2))


def with_products(n: Node, found: Mapping[Node, Value]) -> Value:
    """A node with the products in its terms that are found to be something else in place of them."""
    if not isinstance(n.op, Contraction):
        return Value.of(n)
    terms = []
    for t in terms_of(n):
        for pair in combinations(t.factors, 2) if 2 < len(t.factors) <= MOST_FACTORS and not t.bounds else ():
            v = found.get(contraction([Term(ONE, (), pair)], n.sizes))
            if v is not None:
                t = t._replace(factors=((v.node, v.access), *(f for f in t.factors if f not in pair)))
                break
        terms.append(t)
    return Value.of(contraction(terms, n.sizes))


def _through(wanted: Access, given: Access, m: Node) -> Access | None:
    """The reading ρ of m with given ∘ ρ = wanted, where `given` reads each of m's axes at most once and as a whole."""
    found: list[Index] = [(0, ())] * len(m.sizes)
    for e, f in zip(given, wanted, strict=True):
        if e == (0, ()) and f == (0, ()):
            continue
        if e[0] != 0 or len(e[1]) != 1 or e[1][0][0] != 1 or e[1][0][2] != 1 or e[1][0][3] != m.sizes[e[1][0][1]]:
            return None
        found[e[1][0][1]] = f
    return tuple(found)


# ---- guesses ------------------------------------------------------------------------------------------------------


@singledispatch
def suggested(op: Op, n: Node) -> Iterator[Value]:
    """Applications of defined ops that nodes above this one may be."""
    return iter(())


@suggested.register(Exp)
def _(op: Exp, n: Node) -> Iterator[Value]:
    for x in _arguments(n):
        for k in range(min(len(x.sizes), MOST_AXES)):
            yield from (f(x, k) for f in (softmax, log_softmax, logsumexp))
        for y in (x, scale(x, -1)):
            yield from (f(y) for f in (Sigmoid(), Silu(), Softplus()))
            yield Tanh()(scale(y, Fraction(1, 2)))


@suggested.register(Sigmoid)
def _(op: Sigmoid, n: Node) -> Iterator[Value]:
    for x in _arguments(n):
        yield Silu()(x)


@suggested.register(Erf)
def _(op: Erf, n: Node) -> Iterator[Value]:
    yield Gelu()(scale(_argument(n, 0), Scalar.of(2).power(Fraction(1, 2))))


@suggested.register(Tanh)
def _(op: Tanh, n: Node) -> Iterator[Value]:
    for x in _arguments(n):
        yield GeluTanh()(x)


@suggested.register(Maximum)
def _(op: Maximum, n: Node) -> Iterator[Value]:
    for k in (0, 1):
        yield from (f(_argument(n, k)) for f in (Relu(), Absolute()))


@suggested.register(Power)
def _(op: Power, n: Node) -> Iterator[Value]:
    """A root of a mean square, and a number: of x, or of x less its mean."""
    y = n.operands[0][0]
    ts = terms_of(y) if isinstance(y.op, Contraction) else ()
    eps = next((t.scalar for t in ts if not t.factors and not t.bounds), Scalar.of(0))
    for x, over in [pair for t in ts for pair in _squares(t, len(y.sizes))]:
        moved = last(x, over)
        yield from (unlast(f, over) for f in (rms_norm(moved, len(over), None, eps), layer_norm(moved, len(over), None, None, eps)))


def _squares(t: Term, start: int) -> Iterator[tuple[Value, list[int]]]:
    """What a term sums the squares of, and over which of its axes; if that is centred, what is centred too."""
    if not t.bounds or t.guards or len(t.factors) != 2 or t.factors[0] != t.factors[1]:
        return
    x, access = t.factors[0]
    over = [k for k, e in enumerate(access) if any(d[1] >= start for d in e[1])]
    for y in [Value.of(x), *_summands(Value.of(x))]:
        if y.sizes == x.sizes:
            yield y, over


def _argument(n: Node, k: int) -> Value:
    x, access = n.operands[k]
    return Value(x, access, n.sizes)


def _arguments(n: Node) -> Iterator[Value]:
    """The argument of a function, and the summands of it that are arrays as they are."""
    x = _argument(n, 0)
    yield x
    yield from _summands(x)


def _summands(x: Value) -> Iterator[Value]:
    n = x.node
    for t in terms_of(n) if isinstance(n.op, Contraction) else ():
        if len(t.factors) == 1 and not t.bounds and not t.guards:
            y, access = t.factors[0]
            yield Value(y, access, n.sizes).at(x.access, x.sizes)
