"""The cost of a diagram, read off its boxes and wires: polynomials in the axis sizes for work, memory, path and tape.

Work counts operations on numbers, a multiplication with an addition two; memory counts entries, the greatest number live at
once in the order of evaluation.  The functor sends a box to what it takes and composition to a sum; source: section 3 of
Abbott, Neural Circuit Diagrams (arXiv 2402.05424), by which time and space complexity are read off a drawing.

>>> import ncd_cat as ncd
>>> q, k, d = ncd.symbols("q k d")
>>> found = cost(ncd.einsum("q d, k d -> q k"))
>>> print(found.work, "|", found.memory, "|", found.operations)
2*d*k*q | d*k + d*q + k*q | 1
>>> print(found.at(q=100, k=100, d=8).work)
160000
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ncd_cat.costs.memory import peak, tape
from ncd_cat.costs.node import Tally, entries, representative, sum_of
from ncd_cat.costs.node import operations as operations
from ncd_cat.costs.node import work as work
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, Node
from ncd_cat.nesting import Path
from ncd_cat.programs import graph_of
from ncd_cat.sizes import Size, to_sympy

if TYPE_CHECKING:
    import sympy


@dataclass(frozen=True)
class Row:
    """What one block costs, all that is in it included; `path` is () for the whole diagram.

    `boxes`: all but inputs; `operations`: those that compute; `work`: operations on numbers; `entries`: numbers made.
    """

    path: Path
    boxes: int
    operations: int
    work: sympy.Expr
    entries: sympy.Expr


@dataclass(frozen=True)
class Cost:
    """What a diagram costs, as SymPy expressions in positive integer symbols, which are the symbolic axis sizes.

    `work`: operations on numbers, a multiplication with an addition two.  `memory`: the most entries that are live at once,
    inputs and weights among them.  `boxes`: all but inputs, where copies, swaps and discards are wires and no boxes.
    `operations`: the boxes that compute; weights, constants, readings and repeats do not.  `depth`: the operations along the
    longest path, and `depth_work` the work along it.  `tape`: the entries of what is computed outside the mirrored blocks of
    a gradient and read inside them.  `rows`: per block, outer ones first.
    """

    work: sympy.Expr
    memory: sympy.Expr
    boxes: int
    operations: int
    depth: int
    depth_work: sympy.Expr
    tape: sympy.Expr
    rows: tuple[Row, ...]

    def at(self, **sizes: int) -> Cost:
        """The cost at these values of size symbols; symbols that are not there are left aside.

        Raises InputError for a value that is no positive integer.
        """
        import sympy

        _check_sizes(sizes)
        values = {sympy.Symbol(name, positive=True, integer=True): n for name, n in sizes.items()}
        rows = tuple([replace(r, work=r.work.subs(values), entries=r.entries.subs(values)) for r in self.rows])
        return replace(
            self, work=self.work.subs(values), memory=self.memory.subs(values), depth_work=self.depth_work.subs(values),
            tape=self.tape.subs(values), rows=rows,
        )  # fmt: skip


def cost(diagram: Any, inputs: Any = None, *, sizes: Mapping[str, int] | None = None) -> Cost:
    """The cost of a diagram, or of a torch module or function given example inputs.

    Where a product of several factors can be done in several orders, the one that takes the least work is counted: at `sizes`
    where these are given, else with each symbolic size 64.  Raises an NcdError for what has no reading as a diagram.
    """
    import sympy

    _check_sizes(sizes or {})
    graph = graph_of(diagram, inputs, "diagram", "cost(diagram, inputs)").live()
    ledger = _Ledger.of(graph, Tally(sizes or {}))
    path = ledger.longest()
    live = [to_sympy(n) for n in peak(graph)]
    return Cost(
        work=to_sympy(sum_of(list(ledger.work.values()))),
        memory=sympy.Max(*live, evaluate=False) if len(live) > 1 else live[0],
        boxes=len(ledger.boxes),
        operations=sum(ledger.operations.values()),
        depth=sum(ledger.operations[n] for n in path),
        depth_work=to_sympy(sum_of([ledger.work[n] for n in path])),
        tape=to_sympy(sum_of([entries(n) for n in tape(graph)])),
        rows=ledger.rows(graph),
    )


def _check_sizes(sizes: Mapping[str, int]) -> None:
    for name, n in sizes.items():
        if type(n) is not int or n < 1:
            raise InputError(f"a size is a positive integer, and {name} is {n!r}")


@dataclass(frozen=True)
class _Ledger:
    """The boxes of a graph with their operations and work; of a loop that has several ports the first counts for all."""

    boxes: Sequence[Node]
    operations: Mapping[Node, int]
    work: Mapping[Node, Size]

    @staticmethod
    def of(graph: Graph, tally: Tally) -> _Ledger:
        boxes = [n for n in graph.nodes() if not isinstance(n.op, Input)]
        first = {representative(n): n for n in reversed(boxes)}
        counts = {n: first[representative(n)] is n for n in boxes}
        counted = {n: tally.operations(n) if counts[n] else 0 for n in boxes}
        return _Ledger(boxes, counted, {n: tally.work(n) if counts[n] else 0 for n in boxes})

    def longest(self) -> list[Node]:
        """The boxes of a path that has the most operations."""
        reached: dict[Node, int] = {}
        before: dict[Node, Node | None] = {}
        for n in self.boxes:
            below = [x for x, _ in n.operands if x in reached]
            before[n] = max(below, key=lambda x: reached[x]) if below else None
            reached[n] = self.operations[n] + max([reached[x] for x in below], default=0)
        found: list[Node] = []
        last = max(self.boxes, key=lambda n: reached[n]) if self.boxes else None
        while last is not None:
            found.append(last)
            last = before[last]
        return found[::-1]

    def rows(self, graph: Graph) -> tuple[Row, ...]:
        """A row for the whole and for each block, a block before the blocks in it, in the order of their first boxes."""
        paths = dict(graph.blocks)
        inside: dict[Path, list[Node]] = {(): []}
        for n in self.boxes:
            path = paths.get(n, ())
            for k in range(len(path) + 1):
                inside.setdefault(path[:k], []).append(n)
        return tuple([self.row(path, inside[path]) for path in _nested(list(inside))])

    def row(self, path: Path, nodes: Sequence[Node]) -> Row:
        """The row of some boxes."""
        made = [entries(n) for n in nodes if n.operands]
        counted = sum(self.operations[n] for n in nodes)
        return Row(path, len(nodes), counted, to_sympy(sum_of([self.work[n] for n in nodes])), to_sympy(sum_of(made)))


def _nested(paths: Sequence[Path]) -> list[Path]:
    """The paths, each followed by those below it."""
    place = {path: k for k, path in enumerate(paths)}
    return sorted(paths, key=lambda path: [place[path[: k + 1]] for k in range(len(path))])
