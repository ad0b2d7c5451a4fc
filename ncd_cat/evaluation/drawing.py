"""Drawing: a random diagram is a deterministic one with an input for each draw, and arrays of independent numbers for these.

Each draw takes the array that is given for its key, or the numbers that a seed and its key generate: they depend on nothing
else that is drawn, nor on the order of evaluation.  Source: the representation of a Markov kernel as a function of noise
(noise outsourcing), Kallenberg, Foundations of modern probability, lemma 4.22.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from ncd_cat.errors import InputError
from ncd_cat.evaluation.binding import bind, check_weights, input_slots, weight_nodes, weight_slot
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.machine import Machine, Shape, broadcast, follow, ints
from ncd_cat.evaluation.planning import Plan, plan
from ncd_cat.evaluation.reading import read_whole
from ncd_cat.graph import Graph, Input, Node
from ncd_cat.ops.random import Draw, KeyedDraw, generated, with_sources
from ncd_cat.ops.random import draws as draws_of
from ncd_cat.signature import Kind
from ncd_cat.sizes import substitute, symbols
from ncd_cat.types import Array


@dataclass(frozen=True, eq=False)
class Random:
    """A random diagram as a function (*arrays, weights=None, draws=None, seed=None) -> outputs; made by `compile`."""

    graph: Graph  # without draws: its last inputs are theirs
    drawn: Mapping[str, Node]
    function: Callable[..., tuple[Any, ...]]
    weights: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *arrays: Any, weights: Mapping[str, Any] | None = None, draws: Mapping[str, Any] | None = None,
                 seed: int | None = None) -> tuple[Any, ...]:  # fmt: skip
        given, held, slots = draws or {}, self.weights if weights is None else weights, input_slots(self.graph)
        own = slots[: len(slots) - len(self.drawn)]
        if len(arrays) != len(own):
            called = ", ".join(slot.called for slot in own) or "none"
            raise InputError(f"this diagram takes {len(own)} arrays ({called}), {len(arrays)} were given")
        for (key, n), a in zip(self.drawn.items(), self.graph.dom[len(own) :], strict=True):
            if seed is None and key not in given:
                what = f"the {a.name} of sizes ({', '.join(map(str, n.sizes))}) is not given: this diagram is random"
                raise InputError(f"{what}; pass seed=0, or any integer, or draws={{key: array}}")
        weight_slots = {n.op.key: weight_slot(n) for n in weight_nodes(self.graph)}  # type: ignore[attr-defined]
        check_weights(weight_slots, held)
        pairs = [*zip(own, arrays, strict=True), *[(slot, held[key]) for key, slot in weight_slots.items()]]
        beside = [(slot, a if hasattr(a, "shape") else np.asarray(a)) for slot, a in pairs]
        needed = {s for key, n in self.drawn.items() if key not in given for size in n.sizes for s in symbols(size)}
        sizes, dtype = bind(beside, needed), _dtype([a for _, a in beside])
        found = [given[key] if key in given else _generated(n, sizes, seed, dtype) for key, n in self.drawn.items()]
        return self.function(*arrays, *found, weights=held)

    def bind(self, weights: Mapping[str, Any]) -> Random:
        """The function of the inputs and draws alone."""
        return replace(self, weights=weights)


def opened(graph: Graph) -> tuple[Graph, Mapping[str, Node]]:
    """The graph with an input for each draw that its outputs depend on, after its own; and those draws."""
    found, paths = draws_of(graph.live()), dict(graph.blocks)
    wide = with_sources(graph.live(), {n: Input(len(graph.dom) + k) for k, n in enumerate(found.values())})
    return replace(wide, dom=(*graph.dom, *[Array.of(n.sizes, "float64", _called(n, paths.get(n, ()))) for n in found.values()])), found


def _called(n: Node, path: tuple[str, ...]) -> str:
    assert isinstance(n.op, Draw)
    return f"{n.op.law} draw {n.op.key!r}" + (f" in {'.'.join(path)}" if path else "")


def _generated(n: Node, sizes: Mapping[str, int], seed: int | None, dtype: str) -> Any:
    assert isinstance(n.op, Draw) and seed is not None
    return generated(seed, n.op.key, n.op.law, ints([substitute(size, sizes) for size in n.sizes])).astype(dtype)


def _dtype(beside: Sequence[Any]) -> str:
    """The floating dtype of the arrays beside a draw, if they share one: a draw makes nothing more precise."""
    names = {str(a.dtype).rpartition(".")[2] for a in beside}
    floats = {name for name in names if name in ("float16", "float32", "float64")}
    return min(floats) if len(floats) == 1 else "float64"


@plan.register
def _(op: KeyedDraw, factors: Sequence[Factor], degree: Shape, kind: Kind) -> Plan:
    moves, shape = read_whole(factors[0], degree)

    def run(m: Machine, xs: Sequence[Any]) -> Any:
        keys = follow([*moves, *broadcast(shape, degree)], m, m.cast(xs[0], "int"))
        return m.cast(op.array(m.xp, keys), kind)

    return run, degree + ints(op.out)
