"""Definitions read backwards: a node whose normal form is that of op(x) is op(x), for the ops that its parts suggest.

What is suggested is a guess, from a function and its argument (an exponential, an error function, a root, a maximum) to the ops
in whose definitions it stands; equality of normal forms decides.  Source: folding and unfolding, Burstall and Darlington 1977.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import combinations

from ncd_cat.axes import Access, Index
from ncd_cat.graph import Graph, Node, Value
from ncd_cat.ops.contraction import Contraction, Term, contraction, terms_of
from ncd_cat.scalars import ONE
from rewrites.chain import Step
from rewrites.cone import Price, chosen
from rewrites.normal_form import Normaliser, OutOfTime
from rewrites.strategy import LEVELS
from rewrites.suggest import suggested

MOST_FACTORS = 6
LOOKING = 0.5  # seconds
DEARER = {40: 4, 12: len(LEVELS) - 1}  # most nodes for the normal forms that open more


def folded(graph: Graph, price: Price, deadline: float) -> dict[Node, Value]:
    """Nodes of a graph with the defined ops, or the nodes before them, that they are, where that is cheaper.  Raises OutOfTime."""
    nodes = graph.live().nodes()
    guesses = dict.fromkeys([*map(Value.of, nodes), *(g for n in nodes for g in suggested(n.op, n))])
    candidates = _equal(nodes, guesses, Normaliser(LEVELS[0], deadline))
    found = chosen(graph, candidates, price)
    for most, level in DEARER.items():
        if not found and len(nodes) <= most:
            with suppress(OutOfTime):
                nf = Normaliser(LEVELS[level], min(deadline, time.perf_counter() + LOOKING))
                found = chosen(graph, _equal(nodes, guesses, nf), price)
    return found


def _equal(nodes: Sequence[Node], guesses: Iterable[Value], nf: Normaliser) -> dict[Node, list[Value]]:
    """For each node the guesses that have its normal form; for a contraction also itself, with guesses for products in it."""
    given = set(nodes)
    known: dict[Node, list[Value]] = {}
    assuming: dict[Step, bool] = {}
    for g in guesses:
        if not assumes(nf.step(g.node), assuming):
            known.setdefault(nf.value(g.node).node, []).append(g)

    def equal(n: Node) -> list[Value]:
        if assumes(nf.step(n), assuming):
            return []
        form = nf.value(n)
        found = []
        defined = n.op.definition(*[n.read(k) for k in range(len(n.operands))]) is not None
        for g in known.get(form.node, ()):
            if defined and g.node not in given and type(g.node.op) is not type(n.op):
                continue  # what has a name keeps it
            reading = _through(form.access, nf.value(g.node).access, g.node) if g.node is not n else None
            found += [Value(g.node, reading, n.sizes)] if reading is not None else []
        return found

    candidates = {n: equal(n) for n in nodes if n.operands}
    for n in nodes:
        inner = {p: same for p in products(n) if (same := equal(p))}
        for k in range(max(map(len, inner.values()), default=0)):
            candidates[n].append(with_products(n, {p: same[min(k, len(same) - 1)] for p, same in inner.items()}))
    return candidates


def assumes(step: Step | None, known: dict[Step, bool]) -> bool:
    """Whether a step rests on an assumption."""
    stack = [step] if step is not None else []
    while stack:
        s = stack[-1]
        missing = [u for u in s.uses() if u not in known] if s not in known else []
        if not missing:
            known.setdefault(s, bool(s.assumptions) or any(known[u] for u in s.uses()))
            stack.pop()
        stack += missing
    return step is not None and known[step]


def products(n: Node) -> Iterator[Node]:
    """The products of two factors of a term, among more, as nodes."""
    for t in terms_of(n) if isinstance(n.op, Contraction) else ():
        if 2 < len(t.factors) <= MOST_FACTORS and not t.bounds and not t.guards:
            yield from (contraction([Term(ONE, (), pair)], n.sizes) for pair in combinations(t.factors, 2))


def with_products(n: Node, found: Mapping[Node, Value]) -> Value:
    """A contraction with the products in its terms that are found to be something else in place of them."""
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
