"""Evaluation is the functor from diagrams to arrays that sends each op to its meaning, over any Array-API namespace.

A diagram is compiled to a straight-line program: one step a node, operands first, each value freed after its last use.
Index maps become slices, reshapes and gathers, contractions run along a planned path.  The executable meaning that this
agrees with is one explicit loop over index maps; the tests compare the two.

>>> import numpy as np
>>> from ncd_cat.graph import Graph, Input, Weight, source
>>> from ncd_cat.ops.contraction import einsum
>>> from ncd_cat.types import Array
>>> y = einsum("ij,kj->ik", source(Input(0), (2, 3)), source(Weight("w"), (2, 3)))
>>> graph = Graph((Array.of((2, 3)),), (Array.of((2, 2)),), (y,))
>>> evaluate(graph, [np.ones((2, 3))], weights={"w": np.eye(2, 3)})[0].tolist()
[[1.0, 1.0], [1.0, 1.0]]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy

from ncd_cat.errors import InputError
from ncd_cat.evaluation.binding import Slot, bind, check_weights, input_slots, weight_nodes, weight_slot
from ncd_cat.evaluation.drawing import Random, opened
from ncd_cat.evaluation.loading import Loaded, load, machine_for, namespace, settle
from ncd_cat.evaluation.machine import Machine
from ncd_cat.evaluation.program import Program
from ncd_cat.evaluation.slabs import SLAB
from ncd_cat.graph import Graph, topological
from ncd_cat.sizes import symbols

Values = tuple[tuple[str, int], ...]  # size symbols and their values


def evaluate(diagram: Any, arrays: Sequence[Any], *, xp: Any = None, weights: Mapping[str, Any] | None = None,
             draws: Mapping[str, Any] | None = None, seed: int | None = None) -> tuple[Any, ...]:  # fmt: skip
    """The outputs of a diagram on arrays, one per input, in the namespace of the arrays (or `xp`).

    diagram: a `Diagram` or `Graph`; weights: an array for each weight name (others are ignored); a symbolic size takes
    its value from the shapes.  A random diagram needs an array for each draw by key, or a seed for those not given.  The reals
    are computed in the floating dtype of the arrays given, float64 if there is none.
    Raises InputError where an array is missing or does not fit, UnsupportedOp for an op without a meaning.
    """
    function = compile(diagram, xp=namespace([*arrays, *(weights or {}).values()]) if xp is None else xp)
    if isinstance(function, Random):
        return function(*arrays, weights=weights, draws=draws, seed=seed)
    return function(*arrays, weights=weights)


def compile(diagram: Any, *, xp: Any = numpy) -> Compiled | Random:
    """The function (*arrays, weights=None) -> outputs that a diagram means in namespace `xp`, planned once per shape.

    `compile(diagram).bind(weights)` is the function of the arrays alone, its weights prepared once.  That of a random diagram
    takes `draws` and `seed` as well.
    """
    from array_api_compat import array_namespace

    graph: Graph = diagram if isinstance(diagram, Graph) else diagram.to_graph()
    graph, drawn = opened(graph)
    weights = {n.op.key: weight_slot(n) for n in weight_nodes(graph)}  # type: ignore[attr-defined]
    all_sizes = [v.sizes for v in graph.outputs] + [n.sizes + n.op.inner for n in topological([v.node for v in graph.outputs])]
    needed = frozenset(s for sizes in all_sizes for size in sizes for s in symbols(size))
    compiled = Compiled(graph, array_namespace(xp.zeros((1,))), tuple(input_slots(graph)), weights, needed)
    if not needed:
        compiled.program(())
    return Random(graph, drawn, compiled) if drawn else compiled


@dataclass(frozen=True, eq=False)
class Compiled:
    """A diagram as a function (*arrays, weights=None) -> outputs in one namespace; made by `compile`."""

    graph: Graph
    xp: Any
    inputs: tuple[Slot, ...]
    weights: Mapping[str, Slot]
    needed: frozenset[str]  # the size symbols whose values a program rests on
    programs: dict[Values, Program] = field(default_factory=dict)
    machines: dict[tuple[str, str], Machine] = field(default_factory=dict)

    def __call__(self, *arrays: Any, weights: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        return self.bind(weights or {})(*arrays)

    def bind(self, weights: Mapping[str, Any]) -> Bound:
        """The function of the inputs alone.  What depends on no input is computed once: do not write to the weights after.

        Raises InputError where a weight is missing or does not fit.
        """
        check_weights(self.weights, weights)
        loaded = load(self.xp, list(self.weights.values()), [weights[key] for key in self.weights])
        fixed = [x for x in loaded if not any(symbols(size) for _, size in x.slot.axes)]
        bind([(x.slot, x.array) for x in fixed])
        return Bound(self, tuple(loaded), tuple([x for x in loaded if x not in fixed] if len(fixed) < len(loaded) else []))

    def program(self, values: Values) -> Program:
        """The program at these values of the size symbols."""
        from array_api_compat import is_numpy_namespace

        if values not in self.programs:
            self.programs[values] = Program.of(self.graph, dict(values), SLAB if is_numpy_namespace(self.xp) else None)
        return self.programs[values]


@dataclass(frozen=True, eq=False)
class Bound:
    """A diagram with its weights as a function of its inputs; made by `Compiled.bind`."""

    compiled: Compiled
    weights: tuple[Loaded, ...]
    symbolic: tuple[Loaded, ...]  # the weights whose sizes have symbols
    prepared: dict[Any, tuple[Any, ...]] = field(default_factory=dict)

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        c = self.compiled
        if len(arrays) != len(c.inputs):
            called = ", ".join(slot.called for slot in c.inputs) or "none"
            raise InputError(f"this diagram takes {len(c.inputs)} arrays ({called}), {len(arrays)} were given")
        loaded = load(c.xp, c.inputs, arrays)
        found = bind([(x.slot, x.array) for x in (*loaded, *self.symbolic)], c.needed)
        values = tuple(sorted((s, n) for s, n in found.items() if s in c.needed))
        machine = machine_for(c.xp, [*loaded, *self.weights])
        place = (str(machine.real), str(machine.device))
        machine = c.machines.setdefault(place, machine)
        program = c.program(values)
        if (values, place) not in self.prepared:
            weights = dict(zip(c.weights, [settle(machine, x) for x in self.weights], strict=True))
            self.prepared[values, place] = program.prepare(machine, weights)
        return program.run(machine, self.prepared[values, place], [settle(machine, x) for x in loaded])
