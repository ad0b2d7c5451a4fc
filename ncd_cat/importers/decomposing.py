"""Composite operators are what torch says that they are: a program in which each unknown one is replaced by its definition.

PyTorch keeps a definition in simpler operators for most composite ones (`kron`, `block_diag`, `lstm_cell`).  It is used only
where no table here names the operator, so that no meaning is given twice.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from ncd_cat.importers.memory import UNINITIALISED

ROUNDS = 3  # a definition may use operators that have definitions


def decomposed(program: Any, known: Container[str]) -> Any | None:
    """The program with unknown operators replaced by their definitions; None where torch has none for any of them."""
    import torch

    changed = None
    for _ in range(ROUNDS):
        current = program if changed is None else changed
        table = _definitions(torch, current, known)
        if not table:
            break
        try:
            changed = current.run_decompositions(table)
        except Exception:  # a definition that does not trace is no definition: the operator stays as it is
            break
    return changed


def _definitions(torch: Any, program: Any, known: Container[str]) -> dict[Any, Any]:
    """Torch's definitions of the operators of a program that are not known."""
    varying: set[Any] = set()  # what depends on an input or a parameter: constants are computed, whatever makes them
    for n in program.graph.nodes:
        if n.op == "placeholder" or any(x in varying for x in n.all_input_nodes):
            varying.add(n)
    found = {n.target for n in varying if n.op == "call_function" and isinstance(n.target, torch._ops.OpOverload)}
    foreign = [op for op in found if str(op) not in known and not str(op).startswith(UNINITIALISED)]
    unknown = sorted([op for op in foreign if torch.Tag.nondeterministic_seeded not in op.tags], key=str)
    if not unknown:
        return {}
    all_of_them = torch.export.default_decompositions()
    rest = torch._decomp.decomposition_table
    return {op: all_of_them[op] if op in all_of_them else rest[op] for op in unknown if op in all_of_them or op in rest}
