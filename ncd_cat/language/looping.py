"""Loops on wires: a function of states and slices, called once on what a step is given, becomes a loop along an axis.

Source: mapAccumL of functional programming.

>>> from ncd_cat.language.tracing import diagram
>>> @diagram("t d, d -> t d")
... def sums(x, start):
...     (_,), (y,) = scan(lambda s, x: (s + x, s + x), [start], [x], axis="t")
...     return y
>>> print(sums.cod)
float32[t d]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ncd_cat import scanning
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.language.family import joined, outputs
from ncd_cat.language.wire import Wire, place, wired
from ncd_cat.types import Array


def scan(body: Callable[..., Any], init: Sequence[Any], xs: Sequence[Any], *, axis: str, reverse: bool = False) -> Any:
    """The final states of a loop along an axis, and its outputs, which have that axis first: two tuples of wires.

    `body` takes (*states, *slices) to (*new states, *outputs), wires all; a slice is an x of `xs` without the axis.  The states
    are `init` before the first step, and keep their axes.  With `reverse`, the last slice comes first.
    Raises TypeMismatch, naming the state and both types, where a step changes one, or where the lengths differ.
    """
    wires = joined([*init, *xs])
    states, scanned = wires[: len(init)], wires[len(init) :]
    at = [place(x, axis, "scan") for x in scanned]
    if not scanned:
        raise TypeMismatch("scan: nothing is scanned along the axis: give it an array that has the axis")
    along = scanned[0].axes[at[0]]
    given = [*[w.type for w in states], *[_without(x, k) for x, k in zip(scanned, at, strict=True)]]
    made: list[Wire] = []

    def step(*values: Value) -> list[Value]:
        made[:] = outputs(body(*[wired(v, a.axes, *wires) for v, a in zip(values, given, strict=True)]), "a step of scan")
        _keeps(states, made)
        return [w.value for w in made]

    finals, stacks = scanning.scan(step, [w.value for w in states], [w.value for w in scanned], axes=at, reverse=reverse)
    ends = tuple([wired(v, w.axes, w, *wires) for v, w in zip(finals, states, strict=True)])
    return ends, tuple([wired(v, (along, *w.axes), w, *wires) for v, w in zip(stacks, made[len(states) :], strict=True)])


def _without(x: Wire, k: int) -> Array:
    return Array((*x.axes[:k], *x.axes[k + 1 :]), x.type.dtype)


def _keeps(states: Sequence[Wire], made: Sequence[Wire]) -> None:
    if len(made) < len(states):
        count = f"{len(made)} wire{'s' * (len(made) != 1)}"
        raise TypeMismatch(f"scan: a step gives {count}; {len(states)} new states come first, then outputs")
    for k, (old, new) in enumerate(zip(states, made, strict=False)):
        if old.axes != new.axes:
            raise TypeMismatch(f"scan: state {k} is {old.type} before a step and {new.type} after it: a step keeps the type of a state")
