"""simplify(diagram): an equal diagram that is no dearer and reads better, with a certificate that the kernel has checked.

The search (`rewrites.simplify`) proposes, the prover disposes: of the proposals, the last that is proved equal to the given
diagram, without assumptions, is the result.  The tidy form comes with its own steps, so that there always is one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Value
from ncd_cat.ops.contraction import view
from ncd_cat.programs import graph_of
from proofs.certificate import Certificate
from proofs.constants import constants
from proofs.kernel import check
from proofs.prove import certified
from rewrites.chain import Chain
from rewrites.normal_form import undisturbed
from rewrites.simplify import COSTS, Cost, Remade, Stage, made, stages, tidier

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram

TIDY = ("given", "share", "join")  # stages whose steps are a certificate


@dataclass(frozen=True)
class Trace:
    """How a diagram was simplified: the stages that made a difference, with their costs, and the certificate of the whole."""

    stages: tuple[Stage, ...]
    certificate: Certificate
    seconds: float

    def __str__(self) -> str:
        rows = [f"{s.name:8} {len(s.graph.nodes()):6} nodes   cost {', '.join(f'{c:g}' for c in s.cost)}" for s in self.stages]
        return "\n".join([*rows, f"{len(self.certificate.steps)} steps, {self.seconds:.2f} s"])


def simplify(diagram: Any, *, cost: Cost = None, timeout: float | None = None) -> Diagram:
    """A diagram equal to the given one, no dearer, and simpler where one is found; its `.trace` tells the stages and the proof.

    diagram: a diagram or a graph.  cost: "work" (the default: operations on numbers, then boxes), "boxes", "memory", a mapping
    of these to weights, or a function of nodes.  `timeout`, in seconds, bounds the search and the proof.  Raises InputError for
    a cost that there is not, and for what is no diagram.

    >>> import ncd_cat as ncd
    >>> from ncd_cat.ops.contraction import show_contraction
    >>> found = simplify(ncd.grad(ncd.einsum("i, i j, j ->"), wrt=(1,)))
    >>> print(show_contraction(found.to_graph().outputs[0].node), "by", *[stage.name for stage in found.trace.stages])
    input(0, real)[i0] input(2, real)[i1] by given share
    """
    from ncd_cat.diagram import Diagram

    if isinstance(cost, str) and cost not in COSTS:
        raise InputError(f"simplify: there is no cost {cost!r}; there are {', '.join(COSTS)}, or a function of nodes")
    start = time.perf_counter()
    given = graph_of(diagram, None, "the diagram", "simplify(from_torch(f, inputs))")
    found = stages(given, cost, start + timeout / 2 if timeout is not None else float("inf"), {"constant": _without_constants})
    found, certificate = _proved(found, start + timeout if timeout is not None else float("inf"))
    simplified: Diagram = Diagram.from_graph(found[-1].graph)
    simplified.trace = Trace(tuple(found), certificate, time.perf_counter() - start)
    return simplified


def _proved(found: list[Stage], deadline: float) -> tuple[list[Stage], Certificate]:
    """The stages up to the last that is proved equal to the first, with the certificate."""
    given = found[0].graph
    for last in range(len(found) - 1, 0, -1):
        if found[last].name in TIDY and all(s.name in TIDY for s in found[:last]):
            break
        certificate = certified(given, found[last].graph, deadline)
        if certificate is not None:
            return found[: last + 1], certificate
    tidy = [s for k, s in enumerate(found) if all(before.name in TIDY for before in found[: k + 1])]
    return tidy, _steps([s.name for s in tidy[1:]], tidy)


def _steps(names: list[str], found: list[Stage]) -> Certificate:
    """The certificate of tidy stages, made of their steps."""
    given, end = found[0].graph, found[-1].graph
    with undisturbed():
        chains = [Chain(view(v)) for v in given.outputs]
        for name, before in zip(names, found, strict=False):
            nf = tidier(name, before.graph)
            for chain in chains:
                chain.by(nf.step(chain.node))
                chain.view()
        ends = [(c.step(), None) for c in chains]
        certificate = Certificate(given, end, ends)
        check(certificate.data)
    return certificate


def _without_constants(graph: Graph, *_: Any) -> Graph:
    found = constants(graph)
    return made(graph, Remade(lambda n: found.get(n) or Value.of(n))) if found else graph
