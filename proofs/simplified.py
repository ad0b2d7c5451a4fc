"""simplify(diagram): an equal diagram that is no dearer and reads better, with a certificate that the kernel has checked.

The search (`rewrites.simplify`) proposes, the prover disposes: what it finds must be proved equal to the given diagram, without
assumptions, or it searches again without one kind of stage.  The tidy form comes with its own steps, so that there is always one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Container
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Value
from ncd_cat.ops.contraction import view
from ncd_cat.programs import graph_of
from proofs.certificate import Certificate
from proofs.constants import constants
from proofs.kernel import ProofError, check
from proofs.prove import certified
from rewrites.chain import Chain, Step
from rewrites.normal_form import OutOfTime, undisturbed
from rewrites.simplify import COSTS, Cost, Remade, Stage, made, stages, tidier

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram

TIDY = ("given", "share", "join")  # stages whose steps are a certificate
MOST_KINDS = 3  # of stages, each left out in turn
PATIENCE, A_NODE = 2.0, 0.01  # seconds for a proof, and for each node


@dataclass(frozen=True)
class Trace:
    """How a diagram was simplified: the stages that made a difference, with their costs, and the certificate of the whole."""

    stages: tuple[Stage, ...]
    certificate: Certificate
    seconds: float

    def __str__(self) -> str:
        rows = [f"{s.name:8} {len(s.graph.nodes()):6} nodes   cost {', '.join(f'{c:g}' for c in s.cost)}" for s in self.stages]
        return "\n".join([*rows, f"{len(self.certificate.steps)} steps, {self.seconds:.2f} s"])


def simplify(diagram: Any, *, cost: Cost = None, weights: str = "each", timeout: float | None = None) -> Diagram:
    """A diagram equal to the given one, no dearer, and simpler where one is found; its `.trace` tells the stages and the proof.

    diagram: a diagram or a graph.  cost: "work" (the default: operations on numbers, then boxes), "boxes", "memory", a mapping
    of these to weights, or a function of nodes.  weights: "each" time, or "once", when they are bound, is what depends on weights
    only computed; once, it costs nothing, and the weights of a norm go into the linear map after it.  `timeout`, in seconds,
    bounds the search and the proof.  Raises InputError for a cost that there is not, and for what is no diagram.

    >>> import ncd_cat as ncd
    >>> from ncd_cat.ops.contraction import show_contraction
    >>> found = simplify(ncd.grad(ncd.einsum("i, i j, j ->"), wrt=(1,)))
    >>> print(show_contraction(found.to_graph().outputs[0].node), "by", *[stage.name for stage in found.trace.stages])
    input(0, real)[i0] input(2, real)[i1] by given share
    """
    from ncd_cat.diagram import Diagram

    if isinstance(cost, str) and cost not in COSTS:
        raise InputError(f"simplify: there is no cost {cost!r}; there are {', '.join(COSTS)}, or a function of nodes")
    if weights not in ("each", "once"):
        raise InputError(f"simplify: weights={weights!r} is not known; what depends on weights only is computed \"each\" time or \"once\"")
    start = time.perf_counter()
    given = graph_of(diagram, None, "the diagram", "simplify(from_torch(f, inputs))")
    until = [start + part if timeout is not None else float("inf") for part in ((timeout or 0) / 2, timeout or 0)]
    found, certificate = _proved(lambda without: _searched(given, cost, until[0], without, weights == "once"), until[1])
    simplified: Diagram = Diagram.of_graph(found[-1].graph)
    simplified.trace = Trace(tuple(found), certificate, time.perf_counter() - start)
    return simplified


def _searched(given: Graph, cost: Cost, deadline: float, without: Container[str], once: bool) -> list[Stage]:
    return stages(given, cost, deadline, {"constant": _without_constants}, without, once)


def _proved(search: Callable[[Container[str]], list[Stage]], deadline: float) -> tuple[list[Stage], Certificate]:
    """The stages that a search finds without some kind of stage, if need be, so that the last is proved equal to the first."""
    found = search(())
    tried = {s.graph.outputs for s in found[-1:]}
    kinds = [name for name in dict.fromkeys(s.name for s in reversed(found)) if name not in TIDY]
    certificate = _whole(found, deadline)
    for without in [*([name] for name in kinds[:MOST_KINDS]), kinds]:
        if certificate is not None or time.perf_counter() > deadline:
            break
        found = search(without)
        if found[-1].graph.outputs not in tried:
            tried.add(found[-1].graph.outputs)
            certificate = _whole(found, deadline)
    return (found, certificate) if certificate is not None else (_tidy(found), _steps(_tidy(found)))


def _tidy(found: list[Stage]) -> list[Stage]:
    """The stages before the first that comes without steps."""
    return found[: next((k for k, s in enumerate(found) if s.name not in TIDY), len(found))]


def _whole(found: list[Stage], deadline: float) -> Certificate | None:
    """The certificate that the last stage is equal to the first: tidy stages have steps, the prover does the rest."""
    start = _tidy(found)
    if len(start) == len(found):
        return _steps(found)
    given, end = found[0].graph, found[-1].graph
    for before in dict.fromkeys([1, len(start)]):
        certificate = _certified(found[before - 1].graph, end, deadline)
        if certificate is not None:
            steps = {step.subject: step for step in _chains(start[:before]) if step is not None}
            whole = certificate.preceded(given, end, [steps, {}])
            check(whole.data)
            return whole
    return None


def _certified(given: Graph, end: Graph, deadline: float) -> Certificate | None:
    """The certificate that two graphs are equal: by their tidy forms, if these are one, which opens nothing; else by the prover."""
    with undisturbed():
        nf = tidier("share", given, deadline)
        try:
            ends = [(nf.step(view(a)), nf.step(view(b))) for a, b in zip(given.outputs, end.outputs, strict=True)]
        except OutOfTime:
            return None
        certificate = Certificate(given, end, ends)
        with suppress(ProofError):
            if not certificate.assumptions and check(certificate.data):
                return certificate
    return certified(given, end, min(deadline, time.perf_counter() + PATIENCE + len(given.nodes()) * A_NODE))


def _steps(found: list[Stage]) -> Certificate:
    """The certificate of tidy stages, made of their steps."""
    certificate = Certificate(found[0].graph, found[-1].graph, [(step, None) for step in _chains(found)])
    check(certificate.data)
    return certificate


def _chains(found: list[Stage]) -> list[Step | None]:
    """What tidy stages show the outputs equal to, as steps."""
    with undisturbed():
        chains = [Chain(view(v)) for v in found[0].graph.outputs]
        for stage, before in zip(found[1:], found, strict=False):
            nf = tidier(stage.name, before.graph)
            for chain in chains:
                chain.by(nf.step(chain.node))
                chain.view()
        return [chain.step() for chain in chains]


def _without_constants(graph: Graph, *_: Any) -> Graph:
    found = constants(graph)
    return made(graph, Remade(lambda n: found.get(n) or Value.of(n))) if found else graph
