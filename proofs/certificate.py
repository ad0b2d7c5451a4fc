"""A certificate is a proof as data: a table of nodes, the two diagrams, and judgements that each follow from earlier ones.

The object only holds and writes what the search found; it proves nothing.  `proofs.kernel.check` does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncd_cat.codec import Table, encode_access, encode_graph
from ncd_cat.exporters.files import write_text
from ncd_cat.graph import Graph, Node
from ncd_cat.ops.contraction import view
from ncd_cat.sizes import Poly, to_json
from proofs.kernel import FORMAT, VERSION
from rewrites.chain import Chain, Step, ordered

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram


class Certificate:
    """The proof that two graphs are equal: for each output, a step from each side, both to the same value."""

    def __init__(self, lhs: Graph, rhs: Graph, ends: Sequence[tuple[Step | None, Step | None]]) -> None:
        self.graphs = (lhs, rhs)
        self._ends = tuple(ends)

    @cached_property
    def lhs(self) -> Diagram:
        """The first program, as a diagram."""
        return _diagram(self.graphs[0])

    @cached_property
    def rhs(self) -> Diagram:
        """The second program, as a diagram."""
        return _diagram(self.graphs[1])

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps that the conclusion rests on, each after those that it uses."""
        return ordered([s for pair in self._ends for s in pair if s is not None])

    def preceded(self, lhs: Graph, rhs: Graph, before: Sequence[Mapping[Node, Step]]) -> Certificate:
        """The certificate of two graphs whose outputs, by the steps given for them, are equal to those that this one is about."""
        views = zip(*([view(v) for v in g.outputs] for g in (lhs, rhs)), strict=True)
        pairs = [[_then(given.get(n), end) for n, given, end in zip(nodes, before, ends, strict=True)]
                 for nodes, ends in zip(views, self._ends, strict=True)]  # fmt: skip
        return Certificate(lhs, rhs, [(a, b) for a, b in pairs])

    def __repr__(self) -> str:
        """What it is about, and how long it is."""
        sides = " = ".join(f"<{len(g.nodes())} nodes>" for g in self.graphs)
        return f"Certificate({sides}, length {len(self.steps)})"

    @property
    def ends(self) -> tuple[tuple[Step | None, Step | None], ...]:
        """For each output, a step from each side, both to one value; None where the side is that value."""
        return self._ends

    @property
    def assumptions(self) -> tuple[str, ...]:
        """What the proof rests on, sorted."""
        return tuple(sorted({a for step in self.steps for a in step.assumptions}))

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the rules that the proof uses, sorted."""
        return tuple(sorted({entry[1] for step in self.steps for entry in step.entries if entry[0] == "rule"}))

    @cached_property
    def data(self) -> dict[str, Any]:
        """The certificate as JSON data."""
        table = Table()
        statement = [encode_graph(g, table) for g in self.graphs]
        number = {step: k for k, step in enumerate(self.steps)}
        steps = [_encode_step(step, table, number) for step in self.steps]
        ends = [[None if s is None else number[s] for s in pair] for pair in self._ends]
        return {"format": FORMAT, "version": VERSION, "statement": statement, "assumptions": list(self.assumptions),
                "conclusion": ends, "nodes": table.entries, "steps": steps}  # fmt: skip

    def save(self, path: str | Path) -> None:
        """Write the certificate as JSON, whole or not at all.  Raises FileError."""
        write_text(path, json.dumps(self.data, separators=(",", ":"), ensure_ascii=False))


def _then(first: Step | None, second: Step | None) -> Step | None:
    """Transitivity of two steps, the second about the result of the first."""
    if first is None:
        return second
    chain = Chain(first.subject)
    chain.by(first)
    chain.by(second)
    return chain.finished()


def _encode_step(step: Step, table: Table, number: dict[Step, int]) -> list[Any]:
    chain: list[Any] = []
    for name, *args in step.entries:
        if name == "by":
            chain.append(["by", number[args[0]]])
        elif name == "replace":
            chain.append(["replace", [[k, number[s]] for k, s in args[0]]])
        elif name == "view":
            chain.append(["view"])
        else:
            rule, given = args
            chain.append([rule, *(_encode_argument(a, table) for a in given)])
    result = step.result
    return [table.add(step.subject), table.add(result.node), encode_access(result.access, result.node.sizes), chain]


def _encode_argument(value: Any, table: Table) -> Any:
    if type(value) is int:
        return value
    if isinstance(value, tuple):
        return [v if type(v) is int else _encode_argument(v, table) for v in value]
    if isinstance(value, Node):
        return {"node": table.add(value)}
    return {"size": to_json(value)} if isinstance(value, Poly) else value


def _diagram(graph: Graph) -> Diagram:
    from ncd_cat.diagram import Diagram

    return Diagram.of_graph(graph)
