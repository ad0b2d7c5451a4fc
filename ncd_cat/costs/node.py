"""What one node costs: its operations, the boxes that compute; its work, operations on numbers; its entries, numbers stored.

A contraction counts its products of any number of factors, each an `einsum`, a scaling or a sum alone too, and its additions; it
works along the best order of pairwise products, over the range that its brackets leave.  Readings, repeats and brackets cost
nothing.  Any other op is one operation; its work is that of its definition, or one for each entry that a primitive op reads.
A multiplication with an addition is two.  Source: the costs of array programming as polynomials of sizes, read off boxes and
wires (Abbott, Neural Circuit Diagrams, arXiv 2402.05424, section 3).

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import einsum
>>> from ncd_cat.sizes import symbol
>>> q, k, d = symbol("q"), symbol("k"), symbol("d")
>>> scores = einsum("qd,kd->qk", source(Input(0), (q, d)), source(Input(1), (k, d))).node
>>> operations(scores), work(scores), entries(scores)
(1, 2*d*k*q, k*q)
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from functools import singledispatch

from ncd_cat.axes import axes_of
from ncd_cat.costs.paths import Sample, work_of_product
from ncd_cat.costs.ranges import Span, span
from ncd_cat.graph import Input, Node, Value, Weight, topological
from ncd_cat.ops.again import Again
from ncd_cat.ops.contraction import Contraction, Term, terms_of
from ncd_cat.ops.held import Held
from ncd_cat.ops.linear_algebra import OfMatrix, Solve
from ncd_cat.ops.literal import Literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.scan import Scan
from ncd_cat.scalars import ONE, Scalar
from ncd_cat.signature import Op
from ncd_cat.sizes import Size, product, provably_nonnegative


def operations(n: Node) -> int:
    """How many boxes that compute the node stands for; copies, swaps, discards, readings and constants are none."""
    return Tally().operations(n)


def work(n: Node) -> Size:
    """The operations on numbers that the node takes, its operands given."""
    return Tally().work(n)


def entries(n: Node) -> Size:
    """The numbers that the node stores; an axis along which it is seen to be the same is stored once, a plain reading nowhere."""
    return 0 if is_reading(n) else product([n.sizes[k] for k in sorted(_stored(n))])


@dataclass(frozen=True)
class Tally:
    """Counts of nodes, each kind of node counted once: nodes with one op that read operands of one type in one way cost the same.

    `sizes` are values of size symbols at which orders of products are compared.
    """

    sizes: Sample = field(default_factory=dict)
    counted: dict[Hashable, int] = field(default_factory=dict)
    worked: dict[Hashable, Size] = field(default_factory=dict)

    def operations(self, n: Node) -> int:
        """The operations of a node."""
        key = _key(n)
        if key not in self.counted:
            self.counted[key] = operations_of(n.op, n, self)
        return self.counted[key]

    def work(self, n: Node) -> Size:
        """The work of a node."""
        key = _key(n)
        if key not in self.worked:
            self.worked[key] = work_of(n.op, n, self)
        return self.worked[key]

    def entries(self, n: Node) -> Size:
        """The entries of a node."""
        return entries(n)


def is_reading(n: Node) -> bool:
    """Whether a node only reads another: a view, which makes no array."""
    return isinstance(n.op, Again) or (isinstance(n.op, Contraction) and len(n.op.specs) == 1 and n.op.specs[0] == (ONE, (), 1, ()))


def representative(n: Node) -> Hashable:
    """The same for all ports of one loop or opaque box, which runs once for all of them; else the node."""
    return (n.op.joint, n.operands, n.degree) if isinstance(n.op, Scan | Opaque) else n


def _key(n: Node) -> Hashable:
    return n.op, n.sizes, tuple([(a, x.sizes, x.kind) for x, a in n.operands])


def _stored(n: Node) -> frozenset[int]:
    """The axes of a node along which its entries may differ."""
    everything = frozenset(range(len(n.sizes)))
    if not n.operands and not isinstance(n.op, Contraction):
        return everything
    rank = len(n.degree)
    indices = [e for _, a in n.operands for e in a] + [e for k in range(len(n.operands)) for _, e in n.op.guards(k)]
    if isinstance(n.op, Contraction):
        indices += [e for spec in n.op.specs for _, e in spec.guards]
    return frozenset(k for e in indices for k in axes_of(e) if k < rank).union(range(rank, len(n.sizes)))


# ---- operations ---------------------------------------------------------------------------------------------------


@singledispatch
def operations_of(op: Op, n: Node, tally: Tally) -> int:
    """The operations of a node of this op: one box."""
    return 1


@operations_of.register(Input)
@operations_of.register(Weight)
@operations_of.register(Literal)
@operations_of.register(Held)
@operations_of.register(Again)
def _(op: Op, n: Node, tally: Tally) -> int:
    return 0


@operations_of.register
def _(op: Scan, n: Node, tally: Tally) -> int:
    """A loop is drawn once: its body."""
    return sum(tally.operations(m) for m in op.body.nodes())


@operations_of.register
def _(op: Contraction, n: Node, tally: Tally) -> int:
    terms = terms_of(n)
    apart = len(terms) > 1 and any(t.guards for t in terms) and _additions(n, [span(t, n.sizes) for t in terms]) == 0
    return sum(map(_operations_of_term, terms)) + (0 if apart else max(len(terms) - 1, 0))


def _operations_of_term(t: Term) -> int:
    plain = not t.factors or (t.scalar == ONE and all(n == 1 for n in t.bounds) and len(t.factors) == 1)
    return 0 if plain else 1


# ---- work ---------------------------------------------------------------------------------------------------------


@singledispatch
def work_of(op: Op, n: Node, tally: Tally) -> Size:
    """The work of a node of this op: that of its definition, else one for each entry read or made, whichever are more."""
    operands = [Value(x, access, n.domain(k)) for k, (x, access) in enumerate(n.operands)]
    defined = op.definition(*operands)
    if defined is not None:
        below = {x for x, _ in n.operands}
        return sum_of([tally.work(m) for m in topological([defined.node], known=below)])
    return _runs(n) * _greatest([product(op.out), *[product(op.roots(k)) for k in range(len(n.operands))]])


@work_of.register(Input)
@work_of.register(Weight)
@work_of.register(Literal)
@work_of.register(Held)
@work_of.register(Again)
def _(op: Op, n: Node, tally: Tally) -> Size:
    return 0


def _runs(n: Node) -> Size:
    """How often the op itself is done: over the degree axes along which something changes."""
    return product([n.sizes[k] for k in sorted(_stored(n)) if k < len(n.degree)])


@work_of.register
def _(op: OfMatrix, n: Node, tally: Tally) -> Size:
    """Elimination takes two thirds of n³, counted as n³, and the columns of an inverse as much again."""
    return _runs(n) * product([op.size] * 3) * (2 if op.out else 1)


@work_of.register
def _(op: Solve, n: Node, tally: Tally) -> Size:
    return _runs(n) * product([op.size] * 2) * (op.size + 2 * op.columns)


@work_of.register
def _(op: Scan, n: Node, tally: Tally) -> Size:
    """Every step of every run of the loop does the work of the body."""
    return product(n.degree) * op.length * sum_of([tally.work(m) for m in op.body.nodes()])


@work_of.register
def _(op: Contraction, n: Node, tally: Tally) -> Size:
    terms = terms_of(n)
    spans = [span(t, n.sizes) for t in terms]
    alone = len(terms) == 1
    return sum_of([_work_of_term(t, s, alone, tally.sizes) for t, s in zip(terms, spans, strict=True)]) + _additions(n, spans)


def _work_of_term(t: Term, s: Span, alone: bool, at: Sample) -> Size:
    """The products and sums of a term, and its scaling where that is cheapest; beside others a sign is free."""
    found = work_of_product(s.factors, s.kept, s.sizes, at)
    repeated = [k for k in s.bound if s.sizes[k] != 1 and not any(k in f for f in s.factors)]
    free = not t.factors or (not repeated and (t.scalar == ONE or (t.scalar == MINUS_ONE and not alone)))
    if free:
        return found
    volumes = [s.volume(f) for f in s.factors]
    return found + _least([*volumes, s.volume(frozenset().union(*s.factors) & s.kept)])


MINUS_ONE = -Scalar.of(1)


def _additions(n: Node, spans: Sequence[Span]) -> Size:
    """The additions of the terms: none where they fill different stretches."""
    if len(spans) < 2:
        return 0
    stored = _stored(n)
    volumes = [s.reached(stored) for s in spans]
    more = sum_of(volumes) - product([n.sizes[k] for k in sorted(stored)])
    return more if provably_nonnegative(more) else 0 if provably_nonnegative(-more) else sum_of(volumes[1:])


def sum_of(values: Sequence[Size]) -> Size:
    """The sum of sizes."""
    total: Size = 0
    for value in values:
        total = total + value
    return total


def _greatest(values: Sequence[Size]) -> Size:
    """One of the values, greatest as far as is seen."""
    best = values[0]
    for value in values[1:]:
        best = value if provably_nonnegative(value - best) else best
    return best


def _least(values: Sequence[Size]) -> Size:
    best = values[0]
    for value in values[1:]:
        best = value if provably_nonnegative(best - value) else best
    return best
