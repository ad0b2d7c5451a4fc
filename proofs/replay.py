"""A certificate replayed as a sequence of diagrams: from one side to the other, one rule at a time.

The judgements of a certificate are played in the order in which the conclusion needs them; what a judgement says of a node is
done wherever the diagrams at hand have that node (congruence).  The right side is played backwards, from where the two meet.
Source: the steps of a proof in equational logic, as in Baader and Nipkow, Term rewriting and all that, 1998.

>>> from proofs.theorems import THEOREMS
>>> [move.rule for move in replay(THEOREMS["log-softmax"].data())][:4]
['unfold', 'unfold', 'transpose', 'fuse']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from typing import Any

from ncd_cat.axes import compose, identity
from ncd_cat.codec import Reader, decode_graph
from ncd_cat.graph import Graph, Node, Value, node
from ncd_cat.ops.contraction import view
from ncd_cat.types import Array
from proofs.check import statement_of
from proofs.kernel import argument
from rewrites.rules import RULES

AGAIN, VIEW = "again", "view"  # the moves that are no rules: an earlier result used once more, and a reading made a node


@dataclass(frozen=True)
class Move:
    """One step: a value in the diagram before, the equal one in the diagram after, and the rule, used some times in a row.

    `side` is 0 on the way from the left side, 1 on the way back to the right one, where the rule is read from right to left.
    """

    rule: str
    times: int
    side: int
    subject: Value
    result: Value
    before: Graph
    after: Graph
    path: tuple[str, ...] = ()  # of the block that it is in, as far as that is known
    again: bool = False  # whether equations that were shown by earlier steps are used after it

    @property
    def backwards(self) -> Move:
        """The same step from its end to its beginning."""
        return replace(self, before=self.after, after=self.before)


def replay(certificate: Any) -> list[Move]:
    """The steps of a certificate, checked by the kernel first.  Raises ProofError or FileError."""
    statement_of(certificate)
    data = certificate if isinstance(certificate, dict) else certificate.data
    reader = Reader()
    reader.extend(data["nodes"])
    moves: list[Move] = []
    for side, encoded in enumerate(data["statement"]):
        graph = decode_graph(encoded, reader)
        ends = [pair[side] for pair in data["conclusion"]]
        found = joined(list(_Side(graph, side, ends, data["steps"], reader).moves()))
        moves += [move.backwards for move in reversed(found)] if side else found
    return moves


def joined(moves: Sequence[Move]) -> list[Move]:
    """The moves with those that follow each other at one node by one rule as one, and with what was shown earlier."""
    found: list[Move] = []
    for move in moves:
        last = found[-1] if found else None
        if last is not None and move.rule in (AGAIN, last.rule) and move.subject == Value.of(last.result.node):
            more = move.rule == last.rule
            result = move.result.at(last.result.access, last.result.sizes)
            found[-1] = replace(last, times=last.times + more, again=last.again or not more, result=result, after=move.after)
        else:
            found.append(move)
    return found


@dataclass
class _Judgement:
    """One judgement while it is played: what its subject has become so far."""

    value: Value
    chain: Sequence[Any]
    at: int = 0
    entered: bool = True  # whether what the entry at hand uses is shown; the first entry's is, from the beginning

    @property
    def done(self) -> bool:
        return self.at == len(self.chain)

    @property
    def uses(self) -> list[tuple[int | None, int]]:
        """The operands that the entry at hand replaces (None: the node itself), and the judgements about them."""
        return [] if self.done else _used(self.chain[self.at])

    @property
    def using(self) -> set[int]:
        """The judgements that some entry uses."""
        return {j for entry in self.chain for _, j in _used(entry)}


def _used(entry: Sequence[Any]) -> list[tuple[int | None, int]]:
    """The operands that an entry replaces (None: the node itself), and the judgements about them."""
    name, *args = entry
    if name == "replace":
        return [(k, j) for k, j in args[0]]
    return [(None, args[0])] if name == "by" else []


class _Side:
    """One side of a statement while it is rewritten."""

    def __init__(self, graph: Graph, side: int, ends: Sequence[int | None], steps: Sequence[Any], reader: Reader) -> None:
        self.first, self.graph, self.side, self.ends, self.reader = graph, graph, side, ends, reader
        self.starts = [Value.of(view(v)) for v in graph.outputs]
        self.judgements = [_Judgement(Value.of(reader.node(subject)), chain) for subject, _, _, chain in steps]
        self.labels: dict[Node, Array] = dict(graph.labels)
        self.blocks = dict(graph.blocks)
        self.paths: dict[int, tuple[str, ...]] = {}  # of judgements, that of what they are used for where they have none
        needed = self._needed()
        self.users: dict[int, set[int]] = {}  # of each judgement, those that use it at some time
        for used, user in [(j, k) for k in needed for j in self.judgements[k].using]:
            self.users.setdefault(used, set()).add(user)
        self.shown: dict[int, Value] = {}
        self.show(needed)

    def _needed(self) -> list[int]:
        """The judgements that the ends rest on, each after those that it uses."""
        found: set[int] = set()
        stack = [k for k in self.ends if k is not None]
        while stack:
            k = stack.pop()
            if k not in found:
                found.add(k)
                stack += self.judgements[k].using
        return sorted(found)

    # ---- what is shown --------------------------------------------------------------------------------------------

    def show(self, changed: Sequence[int]) -> None:
        """Let what judgements show, and those that use them, be up to date."""
        waiting, known = sorted(changed), {*changed}
        while waiting:
            k = heappop(waiting)
            new = self._shown(self.judgements[k])
            if new != self.shown.get(k):
                self.shown[k] = new
                for j in self.users.get(k, set()) - known:
                    known.add(j)
                    heappush(waiting, j)

    def _shown(self, judgement: _Judgement) -> Value:
        """What has become of a subject, with what has become of its operands in it."""
        return _after(judgement.value, self._inside(judgement)) if judgement.entered else judgement.value

    def _inside(self, judgement: _Judgement) -> Value:
        """The node that a subject has become, with what has become of its operands in it."""
        n = judgement.value.node
        operands = list(n.operands)
        other = Value.of(n)
        for k, j in judgement.uses:
            if k is None:
                other = self.shown[j]
            else:
                x, access = operands[k]
                operands[k] = (self.shown[j].node, compose(self.shown[j].access, access, x.sizes))
        if tuple(operands) != n.operands:
            other = Value.of(self.called(node(n.op, operands, n.sizes), n))
        return other

    def called(self, new: Node, old: Node) -> Node:
        """The new node, whose axes are called as those of the old one."""
        if old in self.labels and new.sizes == old.sizes:
            self.labels.setdefault(new, self.labels[old])
        return new

    def diagram(self) -> Graph:
        """The side as it is now."""
        outputs = [v if k is None else self.shown[k] for v, k in zip(self.starts, self.ends, strict=True)]
        g = self.first
        found = Graph(g.dom, g.cod, tuple(outputs))
        return replace(found, labels=tuple([(n, self.labels[n]) for n in found.nodes() if n in self.labels]))

    # ---- playing --------------------------------------------------------------------------------------------------

    def moves(self) -> Iterator[Move]:
        """All steps of this side."""
        for k in self.ends:
            stack = [] if k is None else [self._play(k)]
            while stack:
                found = next(stack[-1], None)
                if found is None:
                    stack.pop()
                elif isinstance(found, int):
                    stack.append(self._play(found))
                else:
                    yield found

    def _play(self, k: int) -> Iterator[Move | int]:
        """The steps of a judgement; a number is a judgement to be played before it goes on."""
        judgement = self.judgements[k]
        path = self.paths[k] = self.blocks.get(judgement.value.node) or self.paths.get(k, ())
        while not judgement.done:
            if judgement.uses:
                if not judgement.entered:
                    judgement.entered = True
                    self.show([k])
                    yield from self._moved(AGAIN, Value.of(judgement.value.node), self._inside(judgement), path)
                for _, j in judgement.uses:
                    if not self.judgements[j].done:
                        self.paths.setdefault(j, path)
                        yield j
                self._advance(k, self.shown[k])
            else:
                value = judgement.value
                name, *args = judgement.chain[judgement.at]
                old = value if name == VIEW else Value.of(value.node)
                new = Value.of(view(value)) if name == VIEW else self._instance(value.node, name, args)
                self._advance(k, new if name == VIEW else _after(value, new))
                yield from self._moved(name, old, new, path)

    def _instance(self, n: Node, name: str, args: Sequence[Any]) -> Value:
        """What a rule makes of a node."""
        other = RULES[name].apply(n, tuple([argument(a, self.reader) for a in args]))
        if other.access == identity(other.node.sizes):
            self.called(other.node, n)
        return other

    def _advance(self, k: int, value: Value) -> None:
        judgement = self.judgements[k]
        judgement.value, judgement.at = value, judgement.at + 1
        judgement.entered = all(not self.judgements[j].done for _, j in judgement.uses)
        self.show([k])

    def _moved(self, rule: str, old: Value, new: Value, path: tuple[str, ...]) -> Iterator[Move]:
        """The step that an entry is, if the diagram shows it."""
        before, self.graph = self.graph, self.diagram()
        if before.outputs != self.graph.outputs:
            yield Move(rule, 1, self.side, old, new, before, self.graph, path)


def _after(value: Value, other: Value) -> Value:
    """A value whose node is replaced by an equal one."""
    n = value.node
    return other if value == Value.of(n) else Value(other.node, compose(other.access, value.access, n.sizes), value.sizes)
