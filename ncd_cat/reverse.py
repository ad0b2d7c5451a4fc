"""The reverse sweep: R[f; g](a, c) = R[f](a, R[g](f(a), c)), copy becomes a sum, reindexing a sum over fibres, each node one rule.

Every node that depends on what is differentiated gets one node for its cotangent, the sum of what its uses send back.  Axes
in front of all cotangents (`lead`) are those of a Jacobian: R is broadcast over them, which only adds axes to a degree.
Source: Cockett, Cruttwell, Gallagher, Lemay, MacAdam, Plotkin and Pronk, Reverse derivative categories (arXiv 1910.07065).

>>> from ncd_cat.graph import Input, Value, source
>>> from ncd_cat.ops.contraction import einsum, show_contraction
>>> x, w, dy = (source(Input(k), sizes) for k, sizes in enumerate([(2, 3), (3, 4), (2, 4)]))
>>> dx = reverse([(einsum("ij,jk->ik", x, w), dy)], [x.node])[x.node]
>>> dx == einsum("ik,jk->ij", dy, w)
True
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence

from ncd_cat.axes import Access, Sizes, identity, renumber
from ncd_cat.errors import UnsupportedOp
from ncd_cat.fibres import stepwise
from ncd_cat.graph import Node, Value, topological
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.scalars import ONE

Sent = dict[Node, list[Term]]
Made = Callable[[Node, Sequence[Node]], None]


def reverse(seeds: Sequence[tuple[Value, Value]], wanted: Sequence[Node], lead: Sizes = (), made: Made | None = None,
            given: Iterable[Node] = ()) -> dict[Node, Value]:  # fmt: skip
    """The cotangents of nodes, axes lead + their sizes, given pairs of an output and its cotangent, axes lead + its sizes.

    The wanted nodes are variables, independent of each other, and the given ones constants.  `made` is told, node by node,
    what was made there.
    Raises UnsupportedOp for an op without a derivative.
    """
    order = topological([v.node for v, _ in seeds], known={*wanted, *given})
    sent: Sent = {n: [] for n in wanted}
    for n in order:
        if n.kind == "real" and any(x in sent for x, _ in n.operands):
            sent[n] = []
    for output, cotangent in seeds:
        if output.node in sent:
            _send(sent, output, Term(ONE, (), ((cotangent.node, cotangent.access),)), lead)
    for n in reversed(order):
        if sent.get(n):
            needed = [k for k, (x, _) in enumerate(n.operands) if x in sent]
            cotangent = _gathered(sent[n], lead + n.sizes)
            terms = list(n.op.pullback(n, cotangent, lead, needed))
            for x, t in terms:
                _send(sent, x, t, lead)
            if made is not None:
                made(n, [cotangent.node, *(y for _, t in terms for y, _ in t.factors)])
    return {n: _gathered(sent[n], lead + n.sizes) for n in wanted}


def pulled(n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
    """What a node sends back to its needed operands by the rule of its op, else by its definition, as `Op.pullback`."""
    degree, shift = n.degree, len(lead)
    op = n.op.reindexed(identity(degree, shift), degree, lead + degree) if lead else n.op
    operands = [led(n.read(k), lead) for k in range(len(n.operands))]
    found = op.reverse(operands, Value(n, identity(n.sizes, shift), lead + n.sizes), cotangent)
    if found is None:
        yield from derived(n, cotangent, lead, needed)
        return
    for k, v in enumerate(found):
        if v is not None and k in needed:
            yield n.read(k), Term(ONE, (), ((v.node, v.access),), op.guards(k))


def derived(n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
    """What a node sends back to its needed operands by the definition of its op, which reads them as the node does."""
    operands = [n.read(k) for k in range(len(n.operands))]
    defined = n.op.definition(*operands)
    if defined is None:
        raise UnsupportedOp(f"{n.op} has no derivative here, and no definition in simpler ops; detach what it makes, or give it a rule")
    ends = list(dict.fromkeys(x.node for k, x in enumerate(operands) if k in needed))
    for x, v in reverse([(defined, cotangent)], ends, lead, given=[x.node for x in operands]).items():
        yield Value.of(x), Term(ONE, (), ((v.node, v.access),))


def _send(sent: Sent, x: Value, t: Term, lead: Sizes) -> None:
    """Add what is sent to x, a reading of a node, to what its node is sent."""
    sent[x.node].append(stepwise(t, lead + x.sizes, _led(x.access, lead), len(lead), x.node.sizes))


def led(x: Value, lead: Sizes) -> Value:
    """The value repeated over axes in front."""
    return Value(x.node, _led(x.access, lead), lead + x.sizes)


def _led(access: Access, lead: Sizes) -> Access:
    return tuple([renumber(e, len(lead)) for e in access]) if lead else access


def _gathered(terms: list[Term], sizes: Sizes) -> Value:
    """The sum of terms; a lone reading as it is."""
    if not terms:
        return number(0, sizes)
    (first, *more) = terms
    if not more and first[:2] == (ONE, ()) and len(first.factors) == 1 and not first.guards:
        return Value(*first.factors[0], sizes)
    return Value.of(contraction(terms, sizes))
