"""A program is anything with a reading as a diagram: a graph, a diagram, a torch module, a function of torch tensors.

>>> from ncd_cat.architectures import find
>>> len(graph_of(find("mlp"), None, "f").dom)
1
"""

from __future__ import annotations

import sys
from typing import Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph
from ncd_cat.ops.random import numbered


def graph_of(program: Any, inputs: Any, name: str, call: str = "prove(lhs, rhs, inputs)") -> Graph:
    """A program as a graph; `name` is what messages call it, `call` how it is given example inputs.

    Raises an NcdError where the program has no reading as a diagram.
    """
    if isinstance(program, Graph):
        return numbered(program)
    if hasattr(program, "to_graph"):
        found = program.to_graph()
        assert isinstance(found, Graph)
        return numbered(found)
    if isinstance(program, str) or hasattr(program, "SerializeToString"):
        raise InputError(f"{name}: ONNX models cannot be read yet; give a torch module, a function of tensors or a diagram")
    if "torch" not in sys.modules or not callable(program):
        raise InputError(f"{name} is a {type(program).__name__}: give a diagram, a torch module or a function of torch tensors")
    if inputs is None:
        raise InputError(f"{name} needs example inputs, for their shapes and dtypes: {call}")
    from ncd_cat.importers.torch import torch_graph

    return torch_graph(program, inputs)
