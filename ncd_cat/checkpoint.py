"""Checkpointing: f; copy = copy; (f × f), moved across the cut between a diagram and the mirror image that is its derivative.

What a gradient keeps of a block, its mirror image computes again from what enters the block.  The two are equal by the
naturality of copying, and the second has less on its tape and does more work.  Source: Griewank and Walther, Algorithm 799:
Revolve (2000); naturality of copying, Fox 1976.

>>> import ncd_cat as ncd
>>> from ncd_cat.architectures import find
>>> gradient = ncd.vjp(find("gpt2"), wrt="weights")
>>> light = checkpoint(gradient, ["h.0", "h.1"])
>>> light.cost().tape < gradient.cost().tape, light.cost().work > gradient.cost().work
(True, True)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from ncd_cat.costs.memory import MIRROR, is_mirror
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Input, Node, Value, node
from ncd_cat.nesting import Path
from ncd_cat.ops.again import Again, again
from ncd_cat.programs import graph_of

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram


def checkpoint(gradient: Any, blocks: Sequence[str]) -> Diagram:
    """The gradient in which the mirror images of these blocks compute again what they read of their blocks.

    gradient: what `grad` or `vjp` makes.  blocks: names of blocks, those within a block with a dot between, as in "h.0" or
    "encoder.layers.1".  What enters a block, and what leaves it, is kept.  Raises InputError for a block that there is not, or
    of whose inside the gradient keeps nothing.
    """
    from ncd_cat.diagram import Diagram

    graph = graph_of(gradient, None, "gradient", "checkpoint(grad(f), blocks)").live()
    for name in [blocks] if isinstance(blocks, str) else blocks:
        graph = _checkpointed(graph, name)
    return Diagram.from_graph(graph)


def _checkpointed(graph: Graph, name: str) -> Graph:
    """The graph in which one block is computed again."""
    paths = dict(graph.blocks)
    nodes = graph.nodes()
    prefix = _prefix(paths, name)
    inside = {n for n in nodes if paths.get(n, ())[: len(prefix)] == prefix}
    mirrored = {n for n in nodes if is_mirror(paths.get(n, ()))}
    left = {x for n in nodes if n not in inside and n not in mirrored for x, _ in n.operands} | {v.node for v in graph.outputs}
    second = _second(nodes, inside, inside & left)
    image: dict[Node, Node] = {}
    for n in nodes:
        below = [(second.get(x, x) if n in mirrored and x in inside else image[x], a) for x, a in n.operands]
        image[n] = node(n.op, below, n.sizes)
    outputs = tuple([Value(image[v.node], v.access, v.sizes) for v in graph.outputs])
    found = {image[n]: path for n, path in paths.items()}
    remade = replace(graph, outputs=outputs, labels=tuple([(image[n], a) for n, a in graph.labels]))
    made = {x: tuple([MIRROR + part for part in paths[n]]) for n, x in second.items()}
    live = remade.nodes()
    if not any(x in made for x in live):
        raise InputError(f"checkpoint: the gradient keeps nothing of the inside of block {name!r}, there is nothing to compute again")
    placed = made | found
    top = tuple([MIRROR + part for part in prefix])
    return replace(remade, blocks=tuple([(n, placed[n] if n in placed else top) for n in live if n in placed or isinstance(n.op, Again)]))


def _second(nodes: Sequence[Node], inside: set[Node], kept: set[Node]) -> Mapping[Node, Node]:
    """The nodes inside a block, from what enters it, once more; what is kept, and what nothing enters, is not."""
    found: dict[Node, Node] = {}
    for n in [n for n in nodes if n in inside and n not in kept]:
        below = [(_entering(x) if x not in inside or x in kept else found.get(x, x), a) for x, a in n.operands]
        remade = node(n.op, below, n.sizes)
        if remade is not n:
            found[n] = remade
    return found


def _entering(x: Node) -> Node:
    """What enters a block, to be read once more; weights and constants are there anyway."""
    return again(Value.of(x)).node if x.operands or isinstance(x.op, Input) else x


def _prefix(paths: Mapping[Node, Path], name: str) -> Path:
    """The path of a block.  Raises InputError if there is none of this name."""
    known = {".".join(path[:k]): path[:k] for path in paths.values() for k in range(1, len(path) + 1) if not is_mirror(path)}
    if name in known:
        return known[name]
    close = get_close_matches(name, known, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else f"the blocks are {', '.join(known) or 'none'}"
    raise InputError(f"checkpoint: there is no block {name!r}; {hint}")
