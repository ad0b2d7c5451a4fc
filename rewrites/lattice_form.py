"""The normal form of maxima: max(a, b, …) = r + max(a − r, max(b − r, …)), one of the arguments taken out, with 0 the last.

Which argument is r, and in which order the others stand, does not depend on how the maxima were nested.  Source: lattice-ordered
groups (Birkhoff 1942).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ncd_cat.graph import Node
from ncd_cat.ops.pointwise import Maximum
from rewrites.chain import Chain, Step
from rewrites.rule import RuleError
from rewrites.rules import order

if TYPE_CHECKING:
    from rewrites.normal_form import Normaliser

LARGEST_LATTICE = 5  # arguments of a maximum for which every reference is tried


def flattened(chain: Chain, nf: Normaliser) -> bool:
    """Bring a maximum of nested maxima into the form r + max(…, 0); whether anything was there to flatten."""
    try:
        nodes = order.flattened(chain.node)
    except RuleError:
        return False
    if len(nodes) == 2 and order.is_relu_of(chain.node, nodes):
        return order.falls_in_maxima(chain.node) and _turned(chain, nf)
    at, rest = _reference(nodes, nf)
    if not chain.tried(order.max_flat, at, tuple(rest)):
        return False
    if len(rest) < 2:
        nf.follow(chain)
        return True
    last = len(chain.node.operands) - 1
    step = _spine(chain.node.operands[last][0], nf)
    if step is not None:
        chain.replace({last: step})
    nf.normal(chain.node.operands[last][0])
    nf.settle(chain)
    return True


def _turned(chain: Chain, nf: Normaliser) -> bool:
    """Open the maxima below the opposite of what is compared with 0."""
    if not chain.tried(order.relu_turn):
        return False
    last = len(chain.node.operands) - 1
    inner = Chain(chain.node.operands[last][0])
    if flattened(inner, nf):
        chain.replace({last: inner.finished()})
    nf.settle(chain)
    return True


def _reference(nodes: list[Node], nf: Normaliser) -> tuple[int, list[int]]:
    """Which argument is subtracted from the others, and their order: a choice that does not depend on how they came."""
    if len(nodes) == 2:
        at = next((k for k, x in enumerate(nodes) if order.zero(x)), 1)
        return at, [1 - at]

    def key(x: Node) -> tuple[int, int]:
        v = nf.value(x)
        return v.node.order, hash(v.access)

    if len(nodes) > LARGEST_LATTICE:
        first, *others = sorted(range(len(nodes)), key=lambda k: key(nodes[k]))
        return first, others
    found = []
    for at, reference in enumerate(nodes):
        ranked = sorted((key(order.difference(x, reference)), k) for k, x in enumerate(nodes) if k != at)
        found.append(([rank for rank, _ in ranked], at, [k for _, k in ranked]))
    _, at, others = min(found)
    return at, others


def _spine(n: Node, nf: Normaliser) -> Step | None:
    """The judgement of nested maxima whose arguments become normal, and which stay nested."""
    chain = Chain(n)
    steps = {k: _spine(x, nf) if isinstance(x.op, Maximum) and k else nf.step(x) for k, (x, _) in enumerate(n.operands)}
    chain.replace({k: step for k, step in steps.items() if step is not None})
    nf.normal(chain.node)
    return chain.step()
