"""PyTorch programs as diagrams: `torch.export`, then one pass over its graph, each operator read by `aten.table`.

Parameters, and floating-point buffers of the state dict, are weights with the state dict's names, never arrays; tied
parameters are one weight.  Integer, boolean and non-persistent buffers, and all that depends on nothing else, are
constants.  Views are accesses and make no nodes; an unknown operator is an opaque box, equal to itself alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from ncd_cat.errors import NcdError
from ncd_cat.graph import Graph
from ncd_cat.importers.aten.table import TABLE
from ncd_cat.importers.decomposing import decomposed
from ncd_cat.importers.exporting import export_program
from ncd_cat.importers.reader import read_program
from ncd_cat.importers.record import Imported, at
from ncd_cat.ops.opaque import Opaque

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram


def from_torch(module_or_function: Any, inputs: Any) -> Diagram:
    """The diagram of a torch module or of a plain function of tensors, at the shapes and types of the example inputs.

    Raises InputError where the inputs do not fit, ImportFailed where the program does not export, UnsupportedOp where
    it has no meaning as a function of its inputs (random numbers, mutation, control flow that depends on data).
    """
    from ncd_cat.diagram import Diagram

    return Diagram.of_graph(torch_graph(module_or_function, inputs))


def torch_graph(module_or_function: Any, inputs: Any, *, names: Sequence[str] | None = None) -> Graph:
    """The graph of a torch module or function; `names`, if given, names its inputs."""
    return import_torch(module_or_function, inputs, names=names).graph


def import_torch(module_or_function: Any, inputs: Any, *, names: Sequence[str] | None = None) -> Imported:
    """The graph of a torch module or function, with a report of what was understood."""
    program, found = export_program(module_or_function, inputs, TABLE)
    given = tuple(names or found)
    simpler = decomposed(program, TABLE)
    if simpler is not None:
        with suppress(NcdError):  # a definition that cannot be read explains nothing: the operator is a box
            return read_program(simpler, given)
    return read_program(program, given)


def coverage(graph: Graph) -> str:
    """How much of a graph has a meaning here: "312/315 nodes understood, 3 opaque: aten.sort.default in h.0.attn"."""
    places = dict(graph.blocks)
    nodes = graph.nodes()
    boxes = [at(n.op.name, ".".join(places.get(n, ()))) for n in nodes if isinstance(n.op, Opaque)]
    return str(Imported(graph, tuple(boxes), len(nodes) - len(boxes)))
