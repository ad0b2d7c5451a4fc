"""The record of an import: the nested modules in which each node was made, and the calls that stayed without a meaning.

The modules are the blocks of the diagram: a call stands in the path of those around it, each relative to the one that
holds it, and so do all the nodes that its meaning makes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from ncd_cat.graph import Graph, Node, Value
from ncd_cat.importers.aten.call import Call, module_path
from ncd_cat.nesting import Path, housed
from ncd_cat.ops.opaque import Opaque


@dataclass(frozen=True)
class Imported:
    """A program that was read: its graph, the calls that stayed opaque ("aten.sort.default in h.0.attn"), how many did not."""

    graph: Graph
    opaque: tuple[str, ...]
    understood: int

    def __str__(self) -> str:
        names = f", {len(self.opaque)} opaque: {', '.join(self.opaque)}" if self.opaque else ""
        return f"{self.understood}/{self.understood + len(self.opaque)} nodes understood{names}"


def at(name: str, path: str) -> str:
    """The name of an operator and, if it is known, the path of the module it stands in."""
    return f"{name} in {path}" if path else name


class Record:
    """What one pass over a program notes: how many calls it read, which stayed opaque, and the modules that made each node."""

    def __init__(self) -> None:
        self.count = 0
        self.blocks: dict[Node, Path] = {}
        self.paths: dict[Any, Path] = {}
        self.boxes: list[tuple[str, list[Node]]] = []

    def note(self, call: Call, result: Any) -> None:
        """The nodes below the result, or the results, of a call that are new were made by it."""
        values = [result] if isinstance(result, Value) else [v for v in result if isinstance(v, Value)]
        path = self.path(call.node)
        boxes = [v.node for v in values if isinstance(v.node.op, Opaque) and v.node.op.name == call.name]
        if boxes:
            self.boxes.append((at(call.name, module_path(call.node)), boxes))
        stack = [v.node for v in values]
        while stack:
            n = stack.pop()
            if n in self.blocks or not n.operands:
                continue
            self.blocks[n] = path
            stack += [x for x, _ in n.operands]

    def path(self, node: Any) -> Path:
        """The path of the modules around a call, each relative to the one that holds it: ("h.0", "attn")."""
        stack = node.meta.get("nn_module_stack")
        if not stack:
            return ()
        key = tuple(stack)
        if key not in self.paths:
            names, before = [], ""
            for name, _ in stack.values():
                if name and name != before:
                    names.append(name.removeprefix(before + "."))
                    before = name
            self.paths[key] = tuple(names)
        return self.paths[key]

    def imported(self, graph: Graph) -> Imported:
        """The graph with its blocks, and the calls in it that stayed opaque."""
        live = graph.nodes()
        blocks = tuple([(n, self.blocks[n]) for n in live if self.blocks.get(n)])
        known = set(live)
        boxes = tuple([text for text, made in self.boxes if not known.isdisjoint(made)])
        return Imported(housed(replace(graph, blocks=blocks)), boxes, self.count - len(boxes))
