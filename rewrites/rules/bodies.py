"""Loops whose bodies are equal are equal, in whatever order states, slices and shared values come.

A body is shown equal to another by judgements of its own, replayed here as the kernel replays those of a certificate: chains of
congruence, transitivity, viewing and instances of rules.  They hold for all numbers, so for the states of every step; a rule
inside that assumes something is refused, for what it is about has no name outside.  Source: the ξ rule of λ-calculus
(Barendregt, The lambda calculus, 1984, section 2.1).
"""

from __future__ import annotations

from typing import Any

from ncd_cat.axes import compose
from ncd_cat.graph import Input, Node, Value, node, source
from ncd_cat.ops.contraction import view
from ncd_cat.ops.scan import instance
from ncd_cat.welltyped import check_access
from rewrites.loop_parts import Loop
from rewrites.rule import Args, RuleError, nat, schema

Equation = tuple[Node, Value]


@schema("scan(f) = scan(f′), where f′ has its states, slices, shared values and outputs in another order", "naturality of symmetries",
        condition="the order keeps states before slices, and slices before shared values")  # fmt: skip
def scan_arrange(n: Node, args: Args) -> Value:
    """args: the new order of the inputs; the new states come in the order of their inputs, then the outputs as they were."""
    loop, order = Loop.of(n), [nat(k, len(n.operands)) for k in args]
    a, b = loop.carried, loop.carried + loop.scanned
    if [sorted(part) for part in (order[:a], order[a:b], order[b:])] != [[*range(a)], [*range(a, b)], [*range(b, len(loop.dom))]]:
        raise RuleError("not an order of the inputs that keeps states, slices and shared values together")
    new = [source(Input(order.index(k), kind), sizes) for k, (sizes, kind) in enumerate(loop.dom)]
    made = instance(loop.body, new, ())
    places = [*order[:a], *range(a, len(made))]
    found = loop._replace(operands=[loop.operands[k] for k in order], dom=[loop.dom[k] for k in order],
                          outputs=[made[k] for k in places], kinds=[loop.kinds[k] for k in places])  # fmt: skip
    return found.port(places.index(n.op.port))  # type: ignore[attr-defined]


@schema("scan(f) = scan(g) where f = g", "the ξ rule of λ-calculus",
        condition="f = g follows, without assumptions, and the loop has a value at all numbers")  # fmt: skip
def scan_body(n: Node, args: Args) -> Value:
    """args: for each output of the body a judgement about its node, or none; and the judgements, each [node, *entries]."""
    loop, (ends, judgements) = Loop.of(n), args
    if not n.defined:
        raise RuleError("the loop may have no value: what rules say of numbers may not hold of its states")
    proven = _replayed(judgements)
    outputs = []
    for v, end in zip(loop.outputs, ends, strict=True):
        value = Value.of(v.node) if end is None else _about(v.node, end, proven)
        access = compose(value.access, v.access, v.node.sizes)
        check_access(access, value.node.sizes, v.sizes)
        outputs.append(Value(value.node, access, v.sizes))
    return loop._replace(outputs=outputs).port(n.op.port)  # type: ignore[attr-defined]


def _replayed(judgements: Args) -> list[Equation]:
    """The equations of the judgements.  Raises RuleError, or what a rule raises, where one does not follow from earlier ones."""
    proven: list[Equation] = []
    for subject, *entries in judgements:
        value = Value.of(subject)
        for name, *given in entries:
            n = value.node
            if name == "view":
                value = Value.of(view(value))
                continue
            other = _entry(n, name, given, proven)
            if value != Value.of(n):
                other = Value(other.node, compose(other.access, value.access, n.sizes), value.sizes)
            value = other
            check_access(value.access, value.node.sizes, value.sizes)
        proven.append((subject, value))
    return proven


def _entry(n: Node, name: Any, given: Args, proven: list[Equation]) -> Value:
    """What one entry of a judgement shows a node equal to."""
    from rewrites.rules import RULES

    if name == "replace":
        operands = list(n.operands)
        for k, index in given[0]:
            x, access = operands[nat(k, len(operands))]
            other = _about(x, index, proven)
            operands[k] = (other.node, compose(other.access, access, x.sizes))
        return Value.of(node(n.op, operands, n.sizes))
    if name == "by":
        return _about(n, given[0], proven)
    if name not in RULES or RULES[name].assumes(n, tuple(given)):
        raise RuleError(f"{name!r:.40} is no rule, or assumes something")
    return RULES[name].apply(n, tuple(given))


def _about(n: Node, index: Any, proven: list[Equation]) -> Value:
    """What an earlier judgement shows n equal to."""
    subject, value = proven[nat(index, len(proven))]
    if subject is not n:
        raise RuleError(f"judgement {index} is about another node")
    return value


RULES = (scan_arrange, scan_body)
