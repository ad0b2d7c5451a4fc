"""What tests of ops share: an op's value by loops, its array meaning, and its agreement with torch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ncd_cat.graph import Input, Node, Value, source, topological
from ncd_cat.welltyped import validate
from tests.loops import loop_evaluate

KINDS = {"b": "bool", "i": "int", "f": "real"}


def inputs(*arrays: Any) -> list[Value]:
    """An input for each array, of its sizes and kind."""
    return [source(Input(k, KINDS[a.dtype.kind]), a.shape) for k, a in enumerate(arrays)]


def by_array(n: Node, arrays: Sequence[Any]) -> Any:
    """The node's op applied, by its array meaning, to operands laid out as (degree, roots)."""
    operands = [loop_evaluate(Value(x, access, n.domain(k)), arrays) for k, (x, access) in enumerate(n.operands)]
    return n.op.array(np, *operands)


def by_definition(n: Node, arrays: Sequence[Any]) -> Any:
    """The node's op by its definition."""
    defined = n.op.definition(*[Value(x, access, n.domain(k)) for k, (x, access) in enumerate(n.operands)])
    assert defined is not None and defined.sizes == n.sizes
    return loop_evaluate(defined, arrays)


def agree(build: Callable[..., Value], reference: Callable[..., Any], *arrays: Any, tolerance: float = 1e-10) -> Value:
    """Assert that what `build` makes of inputs is well typed and has the reference's value; return it."""
    value = build(*inputs(*arrays))
    for n in topological([value.node]):
        validate(n)
    found, wanted = loop_evaluate(value, arrays), np.asarray(reference(*arrays))
    assert found.shape == wanted.shape
    np.testing.assert_allclose(found, wanted, rtol=tolerance, atol=tolerance)
    return value


def torched(f: Callable[..., Any]) -> Callable[..., Any]:
    """A function of tensors as a function of arrays."""
    import torch

    return lambda *arrays: f(*[torch.from_numpy(np.ascontiguousarray(a)) for a in arrays]).numpy()
