"""Binding arrays to a graph: each size symbol takes the one value that the shapes of the given arrays allow."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, Node, Weight, topological
from ncd_cat.signature import Kind
from ncd_cat.sizes import Poly, Size, substitute, symbols


class Slot(NamedTuple):
    """A place for an array: what to call it, its axes' names and sizes, its kind."""

    called: str
    axes: tuple[tuple[str, Size], ...]
    kind: Kind


def input_slots(graph: Graph) -> list[Slot]:
    """The inputs of a graph, in order."""
    return [Slot(f"input {k}" + (f" ({a.name})" if a.name else ""), tuple((x.name, x.size) for x in a.axes), a.kind)
            for k, a in enumerate(graph.dom)]  # fmt: skip


def weight_nodes(graph: Graph) -> list[Node]:
    """The weights that the outputs depend on, in topological order."""
    return [n for n in topological([v.node for v in graph.outputs]) if isinstance(n.op, Weight)]


def weight_slot(n: Node) -> Slot:
    """The place for a weight's array."""
    assert isinstance(n.op, Weight)
    return Slot(f"weight {n.op.key!r}", tuple((str(k), size) for k, size in enumerate(n.sizes)), n.kind)


def shape_of(slot: Slot) -> str:
    """The sizes of a slot as a person writes a shape."""
    sizes = [str(size) for _, size in slot.axes]
    return f"({', '.join(sizes)}{',' * (len(sizes) == 1)})"


def check_weights(slots: Mapping[str, Slot], weights: Mapping[str, Any]) -> None:
    """Raise InputError, naming the first weight that is not given."""
    missing = [slot for key, slot in slots.items() if key not in weights]
    if missing:
        more = f", and {len(missing) - 1} more are missing" if len(missing) > 1 else ""
        first = f"{missing[0].called} of shape {shape_of(missing[0])} is not given"
        raise InputError(f"{first}{more}: pass weights={{name: array}}, as in a state dict")


def bind(given: Sequence[tuple[Slot, Any]], needed: Iterable[str] = ()) -> dict[str, int]:
    """The values of the symbols in the slots' sizes, from the shapes of the arrays.

    Raises InputError, naming the array, the axis and both sizes, where a shape does not fit, or a symbol in `needed`
    that no shape determines.
    """
    found: dict[str, int] = {}
    for slot, array in given:
        if len(array.shape) != len(slot.axes):
            raise InputError(f"{slot.called} has shape {tuple(array.shape)}, but {len(slot.axes)} axes are expected: {shape_of(slot)}")
    open_sizes = [(size, int(n)) for slot, a in given for (_, size), n in zip(slot.axes, a.shape, strict=True) if isinstance(size, Poly)]
    progress = True
    while progress:
        before = len(found)
        for size, actual in open_sizes:
            found |= _solve(substitute(size, found), actual)
        progress = len(found) > before
    for slot, array in given:
        _check(slot, array, found)
    unknown = sorted(set(needed) - set(found))
    if unknown:
        raise InputError(f"no array given here has a shape that determines the size {unknown[0]}")
    return found


def _solve(size: Size, actual: int) -> dict[str, int]:
    """The value of the one symbol of a size, where there is one and it fits."""
    names = symbols(size)
    if len(names) != 1:
        return {}
    low, high = 1, max(actual, 1)
    for _ in range(2):  # a size grows with its symbol: bisect
        while low < high:
            middle = (low + high) // 2
            value = substitute(size, {names[0]: middle})
            low, high = (middle + 1, high) if isinstance(value, int) and value < actual else (low, middle)
    return {names[0]: low} if substitute(size, {names[0]: low}) == actual else {}


def _check(slot: Slot, array: Any, found: Mapping[str, int]) -> None:
    for k, ((name, size), actual) in enumerate(zip(slot.axes, array.shape, strict=True)):
        expected = substitute(size, found)
        if expected != actual:
            meaning = f" (that is {size})" if isinstance(size, Poly) else ""
            raise InputError(
                f"{slot.called} has shape {tuple(array.shape)}, but its axis {name if name == str(k) else f'{name!r} (axis {k})'} "
                f"has size {expected}{meaning}, not {actual}"
            )
