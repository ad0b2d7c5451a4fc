"""Exported programs that are functional as they stand: no call changes its arguments, so that aliasing changes no value.

Torch makes a program functional by tracing it a second time, which takes many times as long as the first.  In a program that
writes nowhere a view is equal to a copy, and the second trace would give it back, but for composite operators that torch
takes apart since they may alias; `SAME` lists those whose meanings here are the meanings of their parts.
"""

from __future__ import annotations

import operator
from collections.abc import Container
from typing import Any

from ncd_cat.importers.aten.call import dtype_name
from ncd_cat.importers.aten.casts import NARROW

DETACHED = "aten.detach_.default"  # it changes its argument, but no entry of it
SAME = frozenset(
    f"aten.{name}"
    for name in """reshape.default flatten.using_ints unflatten.int view_as.default reshape_as.default ravel.default
    contiguous.default positive.default expand_as.default broadcast_to.default narrow.default chunk.default swapaxes.default
    swapdims.default numpy_T.default mT.default matrix_H.default adjoint.default movedim.int movedim.intlist moveaxis.int
    moveaxis.intlist to.dtype to.dtype_layout to.device to.other type_as.default""".split()
)
MODES = {"aten.dropout.default": 2, "aten.batch_norm.default": 5}  # the argument that says whether the model is in training


def is_functional(program: Any, known: Container[str]) -> bool:
    """Whether an exported program is what `run_decompositions({})` would make of it, up to `SAME`; false where that is not certain.

    `known` are the names of the operators that have a meaning here.
    """
    import torch

    calls = [n for n in program.graph.nodes if n.op not in ("placeholder", "output") and n.target is not operator.getitem]
    if not all(_writes_nothing(torch, op, known) for op in {n.target for n in calls}):
        return False
    return not any(_depends_on_mode(n) or _wraps_around(n) for n in calls)


def _writes_nothing(torch: Any, op: Any, known: Container[str]) -> bool:
    """Whether an operator is a function of its arguments that stays when a program is made functional, or is listed as its parts."""
    name = str(op)
    if name == DETACHED:
        return True
    if not isinstance(op, torch._ops.OpOverload) or op._schema.is_mutable:
        return False
    if name not in known and torch.Tag.nondeterministic_seeded in op.tags:
        return False
    return (name in known and (name in SAME or name in MODES)) or not _taken_apart(torch, op)


def _taken_apart(torch: Any, op: Any) -> bool:
    """Whether making a program functional replaces an operator by its parts, since it may alias or write."""
    if op is torch.ops.aten.native_batch_norm.default or torch.Tag.maybe_aliasing_or_mutating in op.tags:
        return True
    composite = op.has_kernel_for_dispatch_key(torch._C.DispatchKey.CompositeImplicitAutograd)
    return composite and any(argument.alias_info is not None for argument in op._schema.arguments)


def _depends_on_mode(call: Any) -> bool:
    """Whether a call is made in training, or does not say so in its place."""
    place = MODES.get(str(call.target))
    return place is not None and any(call.args[place : place + 1] or [True])


def _wraps_around(call: Any) -> bool:
    """Whether a call of `SAME` is a box without meaning, which has the name of its part."""
    return str(call.target) in SAME and dtype_name(getattr(call.meta["val"], "dtype", "")) in NARROW
