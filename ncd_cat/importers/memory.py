"""Uninitialised memory: the entries that a program may read are those that it wrote before.

Which entries are still unwritten is one truth value an entry, and operators that only move entries move these alike; so a
buffer that is made empty and then filled, slice by slice, is known to be filled, and its first content does not matter.
"""

from __future__ import annotations

import operator
from typing import Any

UNINITIALISED = ("aten.empty", "aten.new_empty")
SHAPE_ALONE = ("aten.zero", "aten.ones", "aten.full", "aten.fill.Scalar", "aten.new_", "aten.empty")
MOVES = tuple(
    f"aten.{name}."
    for name in "select slice select_scatter slice_scatter diagonal_scatter diagonal alias clone detach view.default _unsafe_view reshape"
    " flatten unflatten permute transpose t movedim unsqueeze squeeze expand split split_with_sizes unbind cat stack flip roll".split()
)


def reads_unwritten(memory: Any) -> bool:
    """Whether a program uses an entry of the uninitialised tensor that a node of its graph makes.

    Sound: an operator that is not known to move entries only counts as using all that it is given.
    """
    import torch

    unwritten: dict[Any, Any] = {memory: torch.ones(tuple(memory.meta["val"].shape), dtype=torch.bool)}
    for node in memory.graph.nodes:
        if not any(n in unwritten for n in node.all_input_nodes):
            continue
        moved = _moved(torch, node, unwritten)
        if moved is None:
            return True
        if any(bool(m.any()) for m in (moved if isinstance(moved, (tuple, list)) else [moved])):
            unwritten[node] = moved
    return False


def _moved(torch: Any, node: Any, unwritten: dict[Any, Any]) -> Any:
    """Which entries of a node's result are unwritten; None if it may compute with such entries."""

    def mask(x: Any) -> Any:
        if hasattr(x, "all_input_nodes"):
            return unwritten[x] if x in unwritten else torch.zeros(tuple(x.meta["val"].shape), dtype=torch.bool)
        return [mask(y) for y in x] if isinstance(x, (list, tuple)) else x

    name = f"{node.target}."
    if node.target is operator.getitem:
        return unwritten[node.args[0]][node.args[1]]
    if name.startswith("aten.convolution_backward."):
        g, x, weight, *_, wanted = node.args  # the array is read for the kernel's gradient only, and the kernel for the array's
        read = [g] + [x] * wanted[1] + [weight] * wanted[0]
        return None if any(n in unwritten for n in read) else torch.zeros(())
    if name.startswith("aten.copy."):
        return mask(node.args[1]).expand(node.meta["val"].shape)
    if name.startswith(MOVES):
        return node.target(*[mask(x) for x in node.args], **node.kwargs)
    return torch.zeros(()) if name.startswith(SHAPE_ALONE) else None
