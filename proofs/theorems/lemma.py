"""Theorems as lemmas: where a side of one occurs in a program, its proof is instantiated there, and the value becomes a variable.

The proof of a theorem is found once, about inputs; at an occurrence, nodes take the place of the inputs in every judgement and in
every argument of a rule, which is the inference "instantiation of an earlier judgement", written out.  So the certificate is one as
any other, and the kernel knows nothing of lemmas.  Source: the cut rule of Gentzen 1935, eliminated.

>>> from ncd_cat.language import diagram, softmax, tanh
>>> lhs = diagram("b q k")(lambda x: tanh(softmax(x + 2, "k") * 3))
>>> rhs = diagram("b q k")(lambda x: tanh(softmax(x, "k") * 3))
>>> from proofs.theorems.theorem import Theorem
>>> shift = Theorem("shift", "softmax(x + 2) = softmax(x).", "folklore", "k", lambda x: softmax(x + 2, "k"), softmax("k"), tanh)
>>> prove_by(lhs, rhs, shift).status
'proved'
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

from ncd_cat.axes import NotAffine
from ncd_cat.graph import Graph, Input, Node, Value, Weight, node, topological
from ncd_cat.ops.contraction import view
from ncd_cat.ops.held import Held
from ncd_cat.types import Array
from proofs.claim import claim
from proofs.kernel import ProofError, check
from proofs.prove import prove
from proofs.theorems.occurrence import Occurrence, occurrence
from proofs.theorems.theorem import Theorem
from proofs.verdict import Verdict
from rewrites.chain import Chain, Step
from rewrites.rules.names import hold

Ends = tuple[Step | None, Step | None]


def prove_by(lhs: Any, rhs: Any, *lemmas: Theorem, inputs: Any = None, timeout: float | None = None) -> Verdict:
    """Decide a claim as `prove` does, after the sides of the lemmas, wherever they occur, have become one variable each.

    If that does not prove it, they only become one value; if that does not either, it is tried without lemmas.  Raises what
    `prove` raises.
    """
    start = time.perf_counter()
    given = claim(lhs, rhs, inputs, None, lambda stage, fraction: None)
    proved: dict[tuple[Value, Value], Ends | None] = {}
    for holding in (True, False):
        use = _Use(lemmas, holding, proved, timeout)
        sides = [use.rewritten(g) for g in (given.lhs, given.rhs)]
        verdict = prove(sides[0][0], sides[1][0], timeout=timeout) if use.found else None
        if verdict is not None and verdict.certificate is not None:
            certificate = verdict.certificate.preceded(given.lhs, given.rhs, [steps for _, steps in sides])
            with suppress(ProofError):
                check(certificate.data)
                notes = (*given.notes, *[f"by theorem {name}, {count} times" for name, count in use.found.items()])
                seconds = time.perf_counter() - start
                return replace(verdict, lhs=given.lhs, rhs=given.rhs, certificate=certificate, seconds=seconds, notes=notes)
    return prove(given.lhs, given.rhs, timeout=timeout)


class _Use:
    """The lemmas that a proof uses, and the proofs of their instances, each found once.

    With `holding`, what a lemma takes, and the value that both its sides have been brought to, become variables; else they stay
    as they are, which is of use where only one side occurs.
    """

    def __init__(self, lemmas: tuple[Theorem, ...], holding: bool, proved: dict[tuple[Value, Value], Ends | None],
                 timeout: float | None) -> None:  # fmt: skip
        self.lemmas, self.holding, self.timeout = lemmas, holding, timeout
        self.found: dict[str, int] = {}
        self._ends = proved
        self._steps: dict[Node, Step | None] = {}

    def rewritten(self, graph: Graph) -> tuple[Graph, dict[Node, Step]]:
        """The graph after the judgements that the lemmas make; for each output, viewed as a node, the step that says so."""
        steps: dict[Node, Step] = {}
        for n in topological([v.node for v in graph.outputs]):
            chain = Chain(n)
            with suppress(NotAffine):  # what does not compose stays as it is
                chain.replace({k: steps[x] for k, (x, _) in enumerate(n.operands) if x in steps})
                chain.by(self.step(chain.node))
            if chain.entries:
                steps[n] = chain.finished()
        ends: dict[Node, Step] = {}
        outputs = []
        for v in graph.outputs:
            chain = Chain(view(v))
            with suppress(NotAffine):
                chain.replace({0: steps[v.node]} if v.node in steps else {})
            ((x, access),) = chain.node.operands
            outputs.append(Value(x, access, v.sizes))
            if chain.entries:
                ends[chain.subject] = chain.finished()
        return Graph(graph.dom, graph.cod, tuple(outputs)), ends

    def step(self, n: Node) -> Step | None:
        """The judgement that a lemma makes about a node, of the first one that has a side here."""
        if n not in self._steps:
            tried = (self._by(lemma, k, n) for lemma in self.lemmas for k in (0, 1))
            self._steps[n] = next((step for step in tried if step is not None), None)
        return self._steps[n]

    def _by(self, lemma: Theorem, k: int, n: Node) -> Step | None:
        """The judgement that a lemma makes about a node, by its side k; None where that side does not occur here, or has no proof."""
        sides = [lemma.lhs.graph, lemma.rhs.graph]
        place = occurrence(sides[k], n)
        if place is None or not place.at(sides[k], n):
            return None
        nodes = list(dict.fromkeys([v.node for v in place.values]))
        ends = self._proved(place, sides, nodes)
        if ends is None:
            return None
        held = {x: step for x in nodes if self.holding and (step := _held(x)) is not None}
        chain = Chain(n)
        chain.by(_within(n, held))
        chain.view()
        chain.by(_instance(ends[k], {_variable(j, x): held[x].result.node if x in held else x for j, x in enumerate(nodes)}))
        if self.holding:
            chain.tried(hold)
        self.found[lemma.name] = self.found.get(lemma.name, 0) + 1
        return chain.finished()

    def _proved(self, place: Occurrence, sides: list[Graph], nodes: list[Node]) -> Ends | None:
        """The steps from both sides to one value, where the nodes that the inputs read are variables; None without a proof."""
        values = [Value(_variable(nodes.index(v.node), v.node), v.access, v.sizes) for v in place.values]
        one, other = (place.made(side, values) for side in sides)
        if (one, other) not in self._ends:
            dom = tuple([Array.of(x.sizes, {"real": "float32", "int": "int64"}.get(x.kind, "bool")) for x in nodes])
            graphs = [Graph(dom, (Array.of(v.sizes),), (v,)) for v in (one, other)]
            certificate = prove(*graphs, timeout=self.timeout).certificate
            self._ends[one, other] = None if certificate is None or certificate.assumptions else certificate.ends[0]
        return self._ends[one, other]


def _variable(j: int, x: Node) -> Node:
    return node(Input(j, x.kind), (), x.sizes)


def _held(x: Node) -> Step | None:
    """The judgement that a node is a held value; None where it is a variable already, or is not real."""
    chain = Chain(x)
    return chain.finished() if not isinstance(x.op, Input | Weight | Held) and chain.tried(hold) else None


def _within(n: Node, given: Mapping[Node, Step]) -> Step | None:
    """The judgement that a node is what it becomes when the steps given are taken below it."""
    steps = dict(given)
    for x in topological([n], given):
        chain = Chain(x)
        chain.replace({k: steps[y] for k, (y, _) in enumerate(x.operands) if y in steps})
        if chain.entries:
            steps[x] = chain.finished()
    return steps.get(n)


def _instance(end: Step | None, names: Mapping[Node, Node]) -> Step | None:
    """A judgement with nodes in the place of inputs, and all that it rests on."""
    nodes, steps = dict(names), dict[Step, Step]()

    def put(n: Node) -> Node:
        for x in topological([n], nodes):
            nodes[x] = node(x.op, [(nodes[y], access) for y, access in x.operands], x.sizes)
        return nodes[n]

    def argument(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple([argument(v) for v in value])
        return put(value) if isinstance(value, Node) else value

    def entry(name: str, *args: Any) -> tuple[Any, ...]:
        if name == "replace":
            return name, tuple([(k, step(s)) for k, s in args[0]])
        return (name, *[step(a) if isinstance(a, Step) else argument(a) for a in args])

    def step(s: Step) -> Step:
        if s not in steps:
            result = Value(put(s.result.node), s.result.access, s.result.sizes)
            steps[s] = Step(put(s.subject), result, tuple([entry(*e) for e in s.entries]), s.assumptions)
        return steps[s]

    return None if end is None else step(end)
