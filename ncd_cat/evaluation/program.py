"""A program is a straight line of steps over slots: what no input touches comes first and is done once, each value is freed
after its last use.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ncd_cat.axes import Access, identity
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.lowering import lower
from ncd_cat.evaluation.machine import Machine, Move, broadcast, follow, ints
from ncd_cat.evaluation.planning import Planner
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.evaluation.slabs import Group, groups, plan_group
from ncd_cat.graph import Graph, Input, Node, Value, Weight, topological


class Block(NamedTuple):
    """One step: from the arrays of the slots that it reads to those that it makes; nothing reads `ends` afterwards."""

    run: Callable[[Machine, Sequence[Any]], Sequence[Any]]
    reads: tuple[int, ...]
    makes: tuple[int, ...]
    ends: tuple[int, ...] = ()


@dataclass(frozen=True)
class Program:
    """Steps `before` any input is known and `after`; which slots the inputs and weights fill; how outputs are read."""

    size: int
    inputs: tuple[tuple[int, int], ...]  # (slot, position)
    weights: tuple[tuple[int, str], ...]  # (slot, key)
    before: tuple[Block, ...]
    after: tuple[Block, ...]
    outputs: tuple[tuple[int, tuple[Move, ...]], ...]

    @staticmethod
    def of(graph: Graph, sizes: Mapping[str, int], slab: int | None = None) -> Program:
        """The program of a graph, given the values of its size symbols; `slab`: see `slabs.groups`.  Raises UnsupportedOp."""
        values = lower(graph.outputs, sizes)
        nodes = topological([v.node for v in values])
        slot = {n: k for k, n in enumerate(nodes)}
        varying, kept = _varying(nodes), {v.node for v in values}
        planner = Planner.of(nodes, kept.union([n for n in nodes if n not in varying]))
        before = [_block(Group((n,), {}), planner, slot, {}, None) for n in nodes if n not in varying and not isinstance(n.op, Weight)]
        later = groups([n for n in nodes if n in varying and not isinstance(n.op, Input)], planner, slab)
        wanted = _read_across(later, values)
        after = [_block(g, planner, slot, wanted, slab) for g in later]
        outputs = [(slot[v.node], tuple(_output(v, planner, v.node in varying))) for v in values]
        last = {k for k, _ in outputs}
        return Program(
            len(nodes),
            tuple([(slot[n], n.op.position) for n in nodes if isinstance(n.op, Input)]),
            tuple([(slot[n], n.op.key) for n in nodes if isinstance(n.op, Weight)]),
            _ended(before, last.union(*[b.reads for b in after])),
            _ended(after, last),
            tuple(outputs),
        )

    def prepare(self, m: Machine, weights: Mapping[str, Any]) -> tuple[Any, ...]:
        """The slots that no input touches, filled."""
        slots: list[Any] = [None] * self.size
        for k, key in self.weights:
            slots[k] = weights[key]
        _follow(self.before, m, slots)
        return tuple(slots)

    def run(self, m: Machine, prepared: Sequence[Any], inputs: Sequence[Any]) -> tuple[Any, ...]:
        """The outputs' arrays."""
        slots = list(prepared)
        for k, position in self.inputs:
            slots[k] = inputs[position]
        _follow(self.after, m, slots)
        return tuple([follow(moves, m, slots[k]) for k, moves in self.outputs])


def _follow(blocks: Sequence[Block], m: Machine, slots: list[Any]) -> None:
    for run, reads, makes, ends in blocks:
        for k, made in zip(makes, run(m, [slots[j] for j in reads]), strict=True):
            slots[k] = made
        for j in ends:
            slots[j] = None


def _varying(nodes: Sequence[Node]) -> set[Node]:
    """The nodes that depend on an input."""
    found = set[Node]()
    for n in nodes:
        if isinstance(n.op, Input) or any(x in found for x, _ in n.operands):
            found.add(n)
    return found


def _read_across(later: Sequence[Group], values: Sequence[Value]) -> dict[Node, Access]:
    """The nodes that are read outside the group that makes them, and how they are first read there."""
    found: dict[Node, Access] = {}
    for g in later:
        for x, access in [operand for n in g.nodes for operand in n.operands if operand[0] not in g.axis]:
            found.setdefault(x, access)
    return found | {v.node: identity(v.node.sizes) for v in values}


def _block(g: Group, planner: Planner, slot: Mapping[Node, int], wanted: Mapping[Node, Access], slab: int | None) -> Block:
    if slab is None or not g.axis:
        (n,) = g.nodes
        step = planner.steps[n]
        return Block(lambda m, xs: (step(m, xs),), tuple([slot[x] for x, _ in n.operands]), (slot[n],))
    run, reads, makes = plan_group(g, planner, wanted, slab)
    return Block(run, tuple([slot[x] for x in reads]), tuple([slot[x] for x in makes]))


def _ended(blocks: Sequence[Block], kept: Container[int]) -> tuple[Block, ...]:
    """The blocks, each with the slots that nothing reads after it."""
    last = {j: k for k, b in enumerate(blocks) for j in (*b.makes, *b.reads)}
    ends: list[list[int]] = [[] for _ in blocks]
    for j, k in last.items():
        if j not in kept:
            ends[k].append(j)
    return tuple([b._replace(ends=tuple(e)) for b, e in zip(blocks, ends, strict=True)])


def _output(v: Value, planner: Planner, varying: bool) -> list[Move]:
    """How an output is read.  A person may write to it: a repeat shares memory among entries, a constant among calls."""
    moves, shape = read_whole(Factor(v.access, ints(v.node.sizes), planner.stored[v.node], v.kind), ints(v.sizes))
    repeated = broadcast(shape, ints(v.sizes))
    lasting = not varying and not isinstance(v.node.op, Weight)
    return [*moves, *repeated, *([_copy] if repeated or lasting else [])]


def _copy(m: Machine, x: Any) -> Any:
    return m.xp.asarray(x, copy=True)
