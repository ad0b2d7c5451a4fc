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

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy

from ncd_cat.errors import InputError
from ncd_cat.evaluation.binding import Slot, bind, check_weights, input_slots, weight_nodes, weight_slot
from ncd_cat.evaluation.guards import Factor
from ncd_cat.evaluation.lowering import lower
from ncd_cat.evaluation.machine import Machine, Move, Shape, Step, broadcast, follow, ints
from ncd_cat.evaluation.planning import Plan, plan, read_whole
from ncd_cat.graph import Graph, Input, Node, Weight, topological
from ncd_cat.sizes import symbols


def evaluate(diagram: Any, arrays: Sequence[Any], *, xp: Any = None, weights: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
    """The outputs of a diagram on arrays, one per input, in the namespace of the arrays (or `xp`).

    diagram: a `Diagram` or `Graph`; weights: an array for each weight name (others are ignored); a symbolic size takes
    its value from the shapes.  The reals are computed in the floating dtype of the arrays given, float64 if there is none.
    Raises InputError where an array is missing or does not fit, UnsupportedOp for an op without a meaning.
    """
    return compile(diagram, xp=_namespace([*arrays, *(weights or {}).values()]) if xp is None else xp)(*arrays, weights=weights)


def compile(diagram: Any, *, xp: Any = numpy) -> Callable[..., tuple[Any, ...]]:
    """The function (*arrays, weights=None) -> outputs that a diagram means in namespace `xp`, planned once per shape."""
    graph: Graph = diagram if isinstance(diagram, Graph) else diagram.to_graph()
    inputs, weight_slots = input_slots(graph), {n.op.key: weight_slot(n) for n in weight_nodes(graph)}  # type: ignore[attr-defined]
    all_sizes = [v.sizes for v in graph.outputs] + [n.sizes for n in topological([v.node for v in graph.outputs])]
    needed = {s for sizes in all_sizes for size in sizes for s in symbols(size)}
    programs: dict[tuple[tuple[str, int], ...], Program] = {}
    machines: dict[Any, Machine] = {}
    if not needed:
        programs[()] = Program.of(graph, {})

    def run(*arrays: Any, weights: Mapping[str, Any] | None = None) -> tuple[Any, ...]:
        given = weights or {}
        check_weights(weight_slots, given)
        if len(arrays) != len(inputs):
            called = ", ".join(slot.called for slot in inputs) or "none"
            raise InputError(f"this diagram takes {len(inputs)} arrays ({called}), {len(arrays)} were given")
        machine, loaded = _loaded(xp, [*zip(inputs, arrays, strict=True), *[(slot, given[key]) for key, slot in weight_slots.items()]])
        machine = machines.setdefault((str(machine.real), str(machine.device)), machine)
        sizes = tuple(sorted((s, n) for s, n in bind(loaded, needed).items() if s in needed))
        if sizes not in programs:
            programs[sizes] = Program.of(graph, dict(sizes))
        values = [machine.cast(a, slot.kind) for slot, a in loaded]
        return programs[sizes].run(machine, values[: len(inputs)], dict(zip(weight_slots, values[len(inputs) :], strict=True)))

    return run


@dataclass(frozen=True)
class Program:
    """Steps in order; slot k is made by step k, and `ends[k]` lists the slots that nothing reads after step k.

    A step is (fixed source or None, step, the slots of its operands).
    """

    sources: tuple[Input | Weight | None, ...]
    steps: tuple[tuple[Step, tuple[int, ...]], ...]
    ends: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, tuple[Move, ...]], ...]

    @staticmethod
    def of(graph: Graph, sizes: Mapping[str, int]) -> Program:
        """The program of a graph, given the values of its size symbols.  Raises UnsupportedOp."""
        values = lower(graph.outputs, sizes)
        nodes = topological([v.node for v in values])
        slot, stored = {n: k for k, n in enumerate(nodes)}, dict[Node, Shape]()
        plans: dict[Any, Plan] = {}
        steps = list[tuple[Step, tuple[int, ...]]]()
        for n in nodes:
            step, stored[n] = _planned(n, stored, plans)
            steps.append((step, tuple(slot[x] for x, _ in n.operands)))
        outputs = [(slot[v.node], tuple(_output(v.access, stored[v.node], v.node, v.sizes))) for v in values]
        sources = tuple(n.op if isinstance(n.op, Input | Weight) else None for n in nodes)
        return Program(sources, tuple(steps), _ends([reads for _, reads in steps], {k for k, _ in outputs}), tuple(outputs))

    def run(self, m: Machine, inputs: Sequence[Any], weights: Mapping[str, Any]) -> tuple[Any, ...]:
        """The outputs' arrays."""
        slots: list[Any] = [None] * len(self.steps)
        for k, (origin, (step, reads), ended) in enumerate(zip(self.sources, self.steps, self.ends, strict=True)):
            if origin is None:
                slots[k] = step(m, [slots[j] for j in reads])
            else:
                slots[k] = inputs[origin.position] if isinstance(origin, Input) else weights[origin.key]
            for j in ended:
                slots[j] = None
        return tuple([follow(moves, m, slots[k]) for k, moves in self.outputs])


def _planned(n: Node, stored: Mapping[Node, Shape], plans: dict[Any, Plan]) -> Plan:
    """The plan of a node; layers that repeat are planned once."""
    if isinstance(n.op, Input | Weight):
        return (lambda m, xs: None), ints(n.sizes)
    factors = [Factor(a, ints(x.sizes), stored[x], x.kind) for x, a in n.operands]
    key = (n.op, n.sizes, tuple(factors))
    if key not in plans:
        plans[key] = plan(n.op, factors, ints(n.degree), n.kind)
    return plans[key]


def _output(access: Any, stored: Shape, n: Node, sizes: Any) -> list[Move]:
    moves, shape = read_whole(Factor(access, ints(n.sizes), stored, n.kind), ints(sizes))
    repeated = broadcast(shape, ints(sizes))
    return [*moves, *repeated, *([_copy] if repeated else [])]


def _copy(m: Machine, x: Any) -> Any:
    return m.xp.asarray(x, copy=True)  # entries of a repeat share memory: a person may write to what they are given


def _ends(reads: Sequence[Sequence[int]], kept: set[int]) -> tuple[tuple[int, ...], ...]:
    last: dict[int, int] = {}
    for k, operands in enumerate(reads):
        last |= dict.fromkeys(operands, k)
    ends: list[list[int]] = [[] for _ in reads]
    for j, k in last.items():
        if j not in kept:
            ends[k].append(j)
    return tuple(tuple(e) for e in ends)


# ---- arrays from outside ------------------------------------------------------------------------------------------


def _namespace(arrays: Sequence[Any]) -> Any:
    """The Array-API namespace of the first array that has one; numpy if none has."""
    from array_api_compat import array_namespace, is_array_api_obj

    return array_namespace(*[a for a in arrays if is_array_api_obj(a)][:1] or [numpy.zeros(())])


def _loaded(xp: Any, pairs: Sequence[tuple[Slot, Any]]) -> tuple[Machine, list[tuple[Slot, Any]]]:
    """The arrays in namespace `xp`, and the machine that their dtypes and device call for."""
    from array_api_compat import array_namespace, device, is_array_api_obj

    names = array_namespace(xp.zeros((1,)))
    native = [is_array_api_obj(a) and array_namespace(a) is names for _, a in pairs]
    place = next((device(a) for own, (_, a) in zip(native, pairs, strict=True) if own), None)
    arrays = [a if own else names.asarray(a, device=place) for own, (_, a) in zip(native, pairs, strict=True)]
    floats = {a.dtype for a in arrays if names.isdtype(a.dtype, "real floating")}
    machine = Machine(names, names.result_type(*floats) if floats else names.float64, place)
    return machine, [(slot, _checked(machine, slot, a)) for (slot, _), a in zip(pairs, arrays, strict=True)]


def _checked(m: Machine, slot: Slot, array: Any) -> Any:
    """The array.  Raises InputError if its numbers are not of the slot's kind."""
    allowed = {"real": ("bool", "integral", "real floating"), "int": ("bool", "integral"), "bool": ("bool",)}[slot.kind]
    if not m.xp.isdtype(array.dtype, allowed):
        wanted = {"real": "real numbers", "int": "integers", "bool": "truth values"}[slot.kind]
        raise InputError(f"{slot.called} takes {wanted}, but was given {array.dtype}: convert it first")
    return array
