"""Diagrams up to the keys of their weights: two that share a form differ by a bijection of keys.

The form of a diagram has a number in the place of each weight's key, in the order of first occurrence.  A change of prefix,
p·s ↦ q·s, is the bijection between the layers of a stack.  Source: terms up to the renaming of names, Gabbay and Pitts, A new
approach to abstract syntax with variable binding.

>>> from ncd_cat.diagram.wires import EMPTY
>>> from ncd_cat.types import Array
>>> f, g = (Operation(Weight(key), EMPTY, Array.of((2,))) for key in ("h.0.mlp.bias", "h.1.mlp.bias"))
>>> of_f, of_g = skeleton(f), skeleton(g)
>>> of_f.form == of_g.form, prefixes(of_f.keys, of_g.keys)
(True, ('h.0.mlp.', 'h.1.mlp.'))
>>> print(renamed(f, lambda key: key.replace("0", "1")))
weight(h.1.mlp.bias, real)
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from typing import Any

from ncd_cat.diagram.box import Box
from ncd_cat.diagram.boxes import Inner, Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.wires import Layer
from ncd_cat.graph import Weight
from ncd_cat.signature import Op

Rename = Callable[[str], str]


@dataclass(frozen=True)
class Skeleton:
    """A diagram without the keys of its weights; and the keys, in the order of first occurrence."""

    form: Hashable
    keys: tuple[str, ...]


def skeleton(diagram: Diagram) -> Skeleton:
    """The form of a diagram, syntax and types, and the keys of its weights."""
    keys: dict[str, int] = {}
    form = diagram.dom, diagram.cod, _layers(diagram, keys)
    return Skeleton(form, tuple(keys))


def _layers(diagram: Diagram, keys: dict[str, int]) -> Hashable:
    parts = [layer.boxes_or_types for layer in diagram.inside]
    return tuple([tuple([box_form(x, keys) if k % 2 else len(x) for k, x in enumerate(row)]) for row in parts])


def box_form(box: Box, keys: dict[str, int]) -> Hashable:
    """The form of a box; keys that are not in `keys` yet get the next numbers."""
    if isinstance(box, Operation):
        ops, accesses = box.data
        return Operation, tuple([op_form(op, keys) for op in ops]), accesses, box.dom, box.cod
    if not isinstance(box, Inner):
        return box.key
    own: dict[str, int] = {}
    inside = _layers(box.arg, own)
    numbers = [tuple([keys.setdefault(rename(key), len(keys)) for key in own]) for rename in box.renamings]
    return type(box), box.frame, box.dom, box.cod, inside, tuple(numbers)


def op_form(op: Op, keys: dict[str, int]) -> Hashable:
    """The op; of a weight the number of its key and the kind."""
    return (Weight, keys.setdefault(op.key, len(keys)), op.type) if isinstance(op, Weight) else op


def prefixes(keys: Sequence[str], others: Sequence[str]) -> tuple[str, str] | None:
    """Dotted prefixes p and q such that others[k] is keys[k] with q for p where it starts with p; None if there are none.

    Keys that are shared, so the same on both sides, may be among them.  Where all are, p = q = "".

    >>> prefixes(["bias", "h.0.a.w", "h.0.b"], ["bias", "h.1.a.w", "h.1.b"])
    ('h.0.', 'h.1.')
    """
    own = [(key, other) for key, other in zip(keys, others, strict=True) if key != other]
    if not own:
        return "", ""
    columns = zip(*[key.split(".")[:-1] for key, _ in own], strict=False)
    old = "".join([f"{names[0]}." for names in takewhile(lambda names: len({*names}) == 1, columns)])
    first, other = own[0]
    suffix = first[len(old) :]
    new = other.removesuffix(suffix)
    rename = changed(old, new)
    fits = other.endswith(suffix) and (not new or new.endswith("."))
    return (old, new) if fits and all(rename(key) == found for key, found in zip(keys, others, strict=True)) else None


def changed(old: str, new: str) -> Rename:
    """The change of prefix: keys that do not start with `old` stay as they are."""
    return lambda key: new + key[len(old) :] if key.startswith(old) else key


def renamed(diagram: Diagram, rename: Rename) -> Diagram:
    """The diagram with its weights' keys renamed; all else stays as it is."""

    def change(box: Box) -> Diagram:
        if isinstance(box, Inner):
            return box.mapped(lambda arg: renamed(arg, rename))
        if not isinstance(box, Operation) or not any(isinstance(op, Weight) for op in box.data[0]):
            return box
        ops, accesses = box.data
        return Operation.of(tuple([_renamed(op, rename) for op in ops]), accesses, box.dom, box.cod)

    return each_box(diagram, change)


def _renamed(op: Op, rename: Rename) -> Op:
    return replace(op, key=rename(op.key)) if isinstance(op, Weight) else op


def each_box(diagram: Diagram, change: Callable[[Box], Diagram]) -> Diagram:
    """The diagram with a diagram of the same type in the place of each box; the very same one where none changes."""
    layers: list[Layer] = []
    same = True
    for layer in diagram.inside:
        found = [change(x) if k % 2 else x for k, x in enumerate(layer.boxes_or_types)]
        if all(x is y for x, y in zip(found, layer.boxes_or_types, strict=True)):
            layers.append(layer)
            continue
        same = False
        layers += _put(found, layer)
    return diagram if same else Diagram(layers, diagram.dom, diagram.cod, _scan=False)


def _put(found: Sequence[Any], layer: Layer) -> Sequence[Layer]:
    """Diagrams beside wires, as layers: one, if each of them is a box."""
    if all(isinstance(x, Box) for x in found[1::2]):
        return [Layer(*found)]
    if len(found) == 3:
        left, inner, right = found
        return [row.widened(left, right) for row in inner.inside]
    parts = [x if k % 2 else Diagram.id(x) for k, x in enumerate(found)]
    whole: Diagram = parts[0].tensor(*parts[1:])
    return whole.inside
