"""Which nodes of a graph each box of a diagram makes: a walk through the diagram that remembers.

>>> from ncd_cat.architectures import diagram
>>> mlp = diagram("mlp")
>>> made = Watch.of(mlp).found
>>> [[str(n.op) for n in made[id(box)]] for box in mlp.boxes][-1]
['weight(down.weight, real)', 'contraction', 'weight(down.bias, real)', 'contraction']
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from ncd_cat.diagram.boxes import Block
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.graph import Graph, Node, Value, source
from ncd_cat.graph import Input as In
from ncd_cat.wiring import Run


@dataclass
class Watch(Run):
    """A walk through a diagram that remembers which nodes each box makes, those in a block too, by the identity of the box."""

    found: dict[int, list[Node]] = field(default_factory=dict)
    order: list[Node] = field(default_factory=list)

    def __post_init__(self) -> None:
        Run.__init__(self)

    @staticmethod
    def of(diagram: Diagram) -> Watch:
        """The walk through a whole diagram."""
        found = Watch()
        found.through(diagram, [source(In(k, a.kind), a.sizes) for k, a in enumerate(diagram.dom.inside)])
        return found

    def through(self, diagram: Any, values: list[Value]) -> list[Value]:
        row = values
        for layer in diagram.inside:
            start = 0
            for k, part in enumerate(layer.boxes_or_types):
                if k % 2 == 0:
                    start += len(part)
                    continue
                before = len(self.order)
                made = part.act(row[start : start + len(part.dom)], self)
                if part.legs is None:
                    self.order += [v.node for v in made] if not isinstance(part, Block) else []
                    self.found[id(part)] = self.order[before:]
                row = row[:start] + made + row[start + len(part.dom) :]
                start += len(made)
        return row

    def owners(self, drawn: Collection[int], graph: Graph) -> dict[Node, int]:
        """By node the box, of some that are drawn, that stands for it: the one that makes it, or that makes what it reads."""
        owner = {n: key for key in drawn for n in self.found.get(key, ())}
        for n in graph.nodes():
            key = next((owner[x] for x, _ in n.operands if x in owner), None)
            if n not in owner and key is not None:
                owner[n] = key
        return owner


__all__ = ["Watch"]
