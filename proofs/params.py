"""Maps of parameters: each weight of one program as an expression in those of the other, or found by its numbers.

>>> from ncd_cat.graph import source
>>> qkv = source(Weight("qkv"), (6, 3))
>>> found = renamed(Graph((), (), (qkv,)), {"qkv": "concat(q, k)"}, Graph((), (), tuple(source(Weight(n), (3, 3)) for n in "qk")))
>>> [*found.weights()]
['q', 'k']
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Node, Value, Weight, node
from ncd_cat.ops.contraction import view
from proofs.expressions import parsed, some_of


def renamed(graph: Graph, params: Mapping[str, str], other: Graph) -> Graph:
    """The graph with weights that `params` names as expressions in the weights of `other`.  Raises InputError."""
    mine, theirs = graph.weights(), {key: Value.of(n) for key, n in other.weights().items()}
    for key in params:
        if key not in mine:
            raise InputError(f"params: rhs has no weight {key!r}; it has {some_of(tuple(mine))}")
    moved: dict[Node, Node] = {}
    for n in graph.nodes():
        if isinstance(n.op, Weight) and n.op.key in params:
            moved[n] = _weight(params[n.op.key], n, theirs)
        else:
            moved[n] = node(n.op, [(moved[x], access) for x, access in n.operands], n.sizes)
    outputs = tuple([Value(moved[v.node], v.access, v.sizes) for v in graph.outputs])
    blocks, labels = tuple([(moved[n], path) for n, path in graph.blocks]), tuple([(moved[n], a) for n, a in graph.labels])
    return Graph(graph.dom, graph.cod, outputs, tuple([moved[n] for n in graph.dead]), blocks, labels)


def _weight(text: str, n: Node, known: Mapping[str, Value]) -> Node:
    """A weight of rhs as an expression.  Raises InputError unless it has the sizes and the kind of the weight."""
    made = parsed(text, known)
    if made.sizes != n.sizes or made.kind != n.kind:
        mine, theirs = (f"({', '.join(map(str, sizes))})" for sizes in (made.sizes, n.sizes))
        raise InputError(f"params: {text} has sizes {mine}, the weight {n.op.key!r} of rhs has sizes {theirs}")  # type: ignore[attr-defined]
    return made.node if made == Value.of(made.node) else view(made)


def by_value(said: str, lhs: Any, rhs: Any, left: Graph, right: Graph) -> dict[str, str]:
    """For each weight of rhs the weight of lhs that holds the same numbers, of its own name where there is a choice.  Raises InputError."""
    if said != "by value":
        raise InputError(f"params: {said!r} is no map of names, and not 'by value'")
    if not (hasattr(lhs, "state_dict") and hasattr(rhs, "state_dict")):
        raise InputError("params: weights have values in torch modules only; give a map of names")
    ours, theirs = _values(lhs, left), _values(rhs, right)
    found = {key: key for key, value in theirs.items() if ours.get(key) == value}
    free = [key for key in ours if key not in found]
    for key, value in theirs.items():
        if key not in found:
            same = next((k for k in free if ours[k] == value), None)
            if same is None:
                raise InputError(f"params: no other weight of lhs holds the numbers of weight {key!r} of rhs, of sizes {value[0]}")
            found[key] = same
            free.remove(same)
    return found


def _values(module: Any, graph: Graph) -> dict[str, tuple[Any, ...]]:
    """Sizes, dtype and bytes of each weight that a graph of a module reads."""
    state = {key: tensor.detach().cpu().numpy() for key, tensor in module.state_dict().items()}
    return {key: (state[key].shape, state[key].dtype.str, state[key].tobytes()) for key in graph.weights() if key in state}
