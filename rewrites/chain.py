"""A chain of equations n = … = m ∘ α from one node: congruence, transitivity, and instances of named rules.

Each completed chain is a `Step` of a proof: its subject n, its result m ∘ α, and the entries that lead from one to the
other.  Steps refer to earlier steps, so that a proof is a directed acyclic graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import NotAffine, compose, identity
from ncd_cat.graph import Node, Value, node
from ncd_cat.ops.contraction import view
from rewrites.rule import Rule, RuleError

Entry = tuple[Any, ...]  # ("replace", ((operand, Step), ...)) | ("by", Step) | ("view",) | ("rule", name, args)


@dataclass(frozen=True, eq=False)
class Step:
    """The judgement subject = result, and its justification."""

    subject: Node
    result: Value
    entries: tuple[Entry, ...]
    assumptions: tuple[str, ...] = ()

    def uses(self) -> list[Step]:
        """The steps that it rests on."""
        found: list[Step] = []
        for name, *args in self.entries:
            if name == "by":
                found.append(args[0])
            elif name == "replace":
                found += [s for _, s in args[0]]
        return found


class Chain:
    """A chain under construction.  `value` is what the subject has been shown equal to; one that is `sure` takes no assumptions."""

    def __init__(self, subject: Node, sure: bool = False) -> None:
        self.subject, self.sure = subject, sure
        self.value = Value.of(subject)
        self.entries: list[Entry] = []
        self.assumptions: list[str] = []

    @property
    def node(self) -> Node:
        """The node that rules apply to next."""
        return self.value.node

    def rule(self, rule: Rule, *args: Any) -> None:
        """Apply an instance of a rule.  Raises RuleError, and leaves the chain as it is, where it does not apply."""
        assumptions = rule.assumes(self.node, args)
        if assumptions and self.sure:
            raise RuleError(f"rule {rule.name} assumes that {assumptions[0]}")
        other = rule.apply(self.node, args)
        self.move(other)
        self.entries.append(("rule", rule.name, args))
        self.assumptions += assumptions

    def tried(self, rule: Rule, *args: Any) -> bool:
        """Whether the rule applied."""
        try:
            self.rule(rule, *args)
        except (RuleError, NotAffine, ValueError):
            return False
        return True

    def by(self, step: Step | None) -> None:
        """Transitivity: go on from the current node by an earlier step about it (None: it is normal)."""
        if step is not None:
            self.move(step.result)
            self.entries.append(("by", step))

    def replace(self, steps: dict[int, Step]) -> None:
        """Congruence: operands of the current node are replaced by what steps show them equal to.

        Raises NotAffine, and leaves the chain as it is, where the accesses do not compose.
        """
        if not steps:
            return
        n = self.node
        operands = list(n.operands)
        for k, step in steps.items():
            x, access = operands[k]
            operands[k] = (step.result.node, compose(step.result.access, access, x.sizes))
        self.move(Value.of(node(n.op, operands, n.sizes)))
        self.entries.append(("replace", tuple(steps.items())))

    def view(self) -> None:
        """The current value as a node of its own."""
        self.value = Value.of(view(self.value))
        self.entries.append(("view",))

    def move(self, other: Value) -> None:
        """Replace the current node by what it is equal to."""
        value = self.value
        sizes = value.node.sizes
        plain = value.sizes == sizes and value.access == identity(sizes)
        access = other.access if plain else compose(other.access, value.access, sizes)
        self.value = Value(other.node, access, value.sizes)

    def finished(self) -> Step:
        """The completed judgement."""
        return Step(self.subject, self.value, tuple(self.entries), tuple(self.assumptions))

    def step(self) -> Step | None:
        """The completed judgement; None if nothing happened."""
        return self.finished() if self.entries else None


def ordered(ends: Sequence[Step]) -> tuple[Step, ...]:
    """The steps that some rest on, each after those that it uses."""
    order: dict[Step, None] = {}
    stack = [(s, False) for s in reversed(ends)]
    while stack:
        step, ready = stack.pop()
        if ready:
            order[step] = None
        elif step not in order:
            stack.append((step, True))
            stack += [(s, False) for s in step.uses() if s not in order]
    return tuple(order)
