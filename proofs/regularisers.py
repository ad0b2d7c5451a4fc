"""Regularisers: a small positive constant that keeps a division, a root or a logarithm defined, and is 0 in the mathematics.

Under "eps = 0" they are read as 0 on both sides: the ε of a normalisation, a small number added to what is divided by or under a
root or logarithm, and one that it is at least.  The claim is then about what the programs mean by them.

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import add, number
>>> x = source(Input(0), (3,))
>>> y = Power(Fraction(-1))(add(x, number(Fraction(1, 10**9), (3,))))
>>> print(*sorted(small([y.node])))
1/1000000000
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Node, Value, node, topological
from ncd_cat.ops.contraction import Contraction, Term, contraction, terms_of
from ncd_cat.ops.norm import BatchNorm, Norm
from ncd_cat.ops.pointwise import Log, Maximum, Power
from ncd_cat.scalars import ONE, ZERO, Scalar
from ncd_cat.signature import Op

LARGEST = Fraction(1, 1000)


def without_eps(text: str, lhs: Graph, rhs: Graph) -> tuple[Graph, Graph, str]:
    """Both sides with their regularisers read as 0, and what was assumed.  Raises InputError if it says otherwise, or there are none."""
    _, _, right = text.partition("=")
    if right.strip(" =") not in ("0", "0.0"):
        raise InputError(f"assume: {text!r}: a regulariser can be assumed to be 0, as in 'eps = 0'")
    found = sorted(small([v.node for graph in (lhs, rhs) for v in graph.outputs]))
    if not found:
        raise InputError(f"assume: {text!r}: neither side has a regulariser, a constant of at most {float(LARGEST)} in a normalisation, "
                         "added under a division, root or logarithm, or below what is divided by")  # fmt: skip
    return _without(lhs), _without(rhs), f"eps = 0: {', '.join(f'{float(c):.3g}' for c in found)} is read as 0"


def small(roots: Sequence[Node]) -> set[Fraction]:
    """The regularisers at and below nodes."""
    return {c for n in topological(roots) for c in _replaced(n.op, n.operands)[1]}


def _without(graph: Graph) -> Graph:
    moved: dict[Node, Node] = {}
    for n in graph.nodes():
        op, operands = _replaced(n.op, n.operands)[0]
        moved[n] = node(op, [(_again(x, moved), access) for x, access in operands], n.sizes)
    outputs = tuple([Value(moved[v.node], v.access, v.sizes) for v in graph.outputs])
    blocks = tuple([(moved[n], path) for n, path in graph.blocks])
    labels = tuple([(moved[n], label) for n, label in graph.labels])
    return Graph(graph.dom, graph.cod, outputs, tuple([moved[n] for n in graph.dead]), blocks, labels)


def _again(x: Node, moved: Mapping[Node, Node]) -> Node:
    """An operand, where it is new on operands that have been moved."""
    return moved[x] if x in moved else node(x.op, [(_again(y, moved), access) for y, access in x.operands], x.sizes)


Operands = Sequence[tuple[Node, tuple[object, ...]]]


def _replaced(op: Op, operands: tuple[tuple[Node, tuple], ...]) -> tuple[tuple[Op, tuple[tuple[Node, tuple], ...]], list[Fraction]]:  # type: ignore[type-arg]
    """An op and its operands without the regularisers that it has, and these."""
    if isinstance(op, Norm | BatchNorm):
        return (replace(op, eps=ZERO), operands), _number(op.eps)
    natural = isinstance(op, Power) and op.exponent.denominator == 1 and op.exponent >= 0
    if not isinstance(op, Power | Log) or natural:
        return (op, operands), []
    (x, access) = operands[0]
    y, found = _shifted(x) if isinstance(x.op, Contraction) else _clamped(x)
    return (op, ((y, access), *operands[1:])), found


def _shifted(x: Node) -> tuple[Node, list[Fraction]]:
    """A sum without small numbers, unless nothing else is in it; of a single term, what it is a multiple of."""
    ts = terms_of(x)
    small = [t for t in ts if _constant(t)]
    if small and len(small) < len(ts):
        return contraction([t for t in ts if t not in small], x.sizes), [c for t in small for c in _constant(t)]
    inner = _single(ts)
    if inner is None:
        return x, []
    y, found = _shifted(inner[0]) if isinstance(inner[0].op, Contraction) else _clamped(inner[0])
    return (contraction([ts[0]._replace(factors=((y, inner[1]),))], x.sizes), found) if found else (x, [])


def _single(ts: Iterable[Term]) -> tuple[Node, tuple] | None:  # type: ignore[type-arg]
    """What a sum of one factor reads."""
    (t, *more) = ts or (None,)
    return t.factors[0] if t is not None and not more and len(t.factors) == 1 and not t.bounds else None


def _clamped(x: Node) -> tuple[Node, list[Fraction]]:
    """max(y, ε) as max(y, 0)."""
    if not isinstance(x.op, Maximum):
        return x, []
    values = [_entry(y) for y, _ in x.operands]
    operands = [(contraction([], y.sizes) if value else y, access) for (y, access), value in zip(x.operands, values, strict=True)]
    found = [c for value in values for c in value]
    return (node(x.op, operands, x.sizes), found) if len(found) == 1 else (x, [])


def _entry(y: Node) -> list[Fraction]:
    """The small number that a node is everywhere."""
    ts = terms_of(y) if isinstance(y.op, Contraction) else ()
    return _constant(ts[0]) if len(ts) == 1 else []


def _constant(t: Term) -> list[Fraction]:
    """The small number that a term is everywhere: a coefficient, or 1 times such a node."""
    if t.bounds or t.guards or len(t.factors) > 1:
        return []
    if not t.factors:
        return _number(t.scalar)
    return _entry(t.factors[0][0]) if t.scalar == ONE else []


def _number(c: Scalar) -> list[Fraction]:
    return [c.rational] if not c.powers and 0 < c.rational <= LARGEST else []
