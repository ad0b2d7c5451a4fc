"""R[f]: A × T*B → T*A, the reverse derivative of a diagram, as a diagram: gradients, their transposes and their iterates.

`vjp` is R, `grad` is R of a number at 1, `jvp` is D[f](a, v) = R[w ↦ R[f](a, w)](v), `jacobian` is R broadcast over the
identity, `hessian` the Jacobian of the gradient.  Integers and truth values have no cotangents.  Source: Cockett et al.,
Reverse derivative categories (arXiv 1910.07065); the selections at kinks are those of `docs/reference/kinks.md`.

>>> import ncd_cat as ncd
>>> square = ncd.Diagram.from_graph(_example())
>>> ncd.evaluate(grad(square), [[1.0, 2.0, 3.0]])[0].tolist()
[2.0, 4.0, 6.0]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ncd_cat.axes import Axis, Sizes, add, identity, scale
from ncd_cat.errors import InputError, TypeMismatch
from ncd_cat.graph import Graph, Input, Node, Value, source
from ncd_cat.nesting import Path
from ncd_cat.ops.contraction import Term, contraction, number
from ncd_cat.programs import graph_of
from ncd_cat.reverse import reverse
from ncd_cat.scalars import ONE
from ncd_cat.types import Array

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram

Wrt = int | str | Sequence[int | str] | None
WEIGHTS = "weights"


def grad(f: Any, inputs: Any = None, wrt: Wrt = (0,)) -> Diagram:
    """The diagram from the inputs of f to the gradients of its one output, a real number, in the order of `wrt`.

    f: a diagram, a torch module or a function of tensors, with example `inputs` for the last two.  `wrt` names inputs by
    position and weights by name; "weights" is all of them.  Each gradient has the type of what it belongs to.  Raises
    TypeMismatch unless f has one output, a real number; InputError for what cannot be differentiated by; UnsupportedOp,
    naming it, for an op without a derivative.
    """
    primal = graph_of(f, inputs, "f", "grad(f, inputs)")
    found, _ = _gradients(primal, wrt)
    return _diagram(found)


def vjp(f: Any, inputs: Any = None, wrt: Wrt = None) -> Diagram:
    """R[f]: the diagram from (inputs, cotangents of the real outputs) to the cotangents of `wrt`, of all real inputs if None."""
    primal = graph_of(f, inputs, "f", "vjp(f, inputs)")
    ends = _ends(primal, wrt)
    real = [k for k, a in enumerate(primal.cod) if a.kind == "real"]
    seeds = [source(Input(len(primal.dom) + i), primal.cod[k].sizes) for i, k in enumerate(real)]
    cotangents = [_primed(primal.cod[k], "d") for k in real]
    sweep = _Sweep(primal)
    outputs = sweep.run([(primal.outputs[k], w) for k, w in zip(real, seeds, strict=True)], ends)
    return _diagram(sweep.graph(outputs, (*primal.dom, *cotangents), [_type(primal, n) for n in ends]))


def jvp(f: Any, inputs: Any = None, wrt: Wrt = None) -> Diagram:
    """D[f]: the diagram from (inputs, tangents of `wrt`, of all real inputs if None) to the tangents of the real outputs.

    It is the reverse derivative of the reverse derivative, which is linear in its cotangent.
    """
    primal = graph_of(f, inputs, "f", "jvp(f, inputs)")
    ends = _ends(primal, wrt)
    real = [k for k, a in enumerate(primal.cod) if a.kind == "real"]
    types = [_primed(_type(primal, n), "d") for n in ends]
    start = len(primal.dom) + len(ends)
    auxiliary = [source(Input(start + i), primal.cod[k].sizes) for i, k in enumerate(real)]
    sweep = _Sweep(primal)
    back = sweep.run([(primal.outputs[k], w) for k, w in zip(real, auxiliary, strict=True)], ends)
    tangents = [source(Input(len(primal.dom) + i), a.sizes) for i, a in enumerate(types)]
    forth = sweep.run(list(zip(back, tangents, strict=True)), [w.node for w in auxiliary])
    return _diagram(sweep.graph(forth, (*primal.dom, *types), [_primed(primal.cod[k], "d") for k in real]))


def jacobian(f: Any, inputs: Any = None, wrt: int | str = 0) -> Diagram:
    """The diagram from the inputs to the derivatives of each entry of the one output by each of `wrt`: axes (output, wrt)."""
    return _diagram(_jacobian(graph_of(f, inputs, "f", "jacobian(f, inputs)"), wrt))


def hessian(f: Any, inputs: Any = None, wrt: int | str = 0) -> Diagram:
    """The diagram from the inputs to the second derivatives of the one output, a real number: axes (wrt, wrt)."""
    primal = graph_of(f, inputs, "f", "hessian(f, inputs)")
    found, _ = _gradients(primal, wrt)
    return _diagram(_jacobian(found, wrt))


def hvp(f: Any, inputs: Any = None, wrt: int | str = 0) -> Diagram:
    """The diagram from (inputs, v) to the Hessian applied to v: R of ⟨R[f], v⟩, of the size of the gradient."""
    primal = graph_of(f, inputs, "f", "hvp(f, inputs)")
    found, (end,) = _gradients(primal, wrt)
    v = _primed(found.cod[0], "d")
    sweep = _Sweep(found)
    outputs = sweep.run([(found.outputs[0], source(Input(len(primal.dom)), v.sizes))], [end])
    return _diagram(sweep.graph(outputs, (*primal.dom, v), [found.cod[0]]))


# ---- on graphs ----------------------------------------------------------------------------------------------------


def _gradients(primal: Graph, wrt: Wrt) -> tuple[Graph, list[Node]]:
    """The graph of the gradients, and what they belong to."""
    if len(primal.cod) != 1 or primal.cod[0].kind != "real" or any(n != 1 for n in primal.cod[0].sizes):
        said = ", ".join(map(str, primal.cod)) or "nothing"
        raise TypeMismatch(f"a gradient is of one real number, and f makes {said}: use vjp, with a cotangent of each output, or sum it")
    ends = _ends(primal, wrt)
    sweep = _Sweep(primal)
    outputs = sweep.run([(primal.outputs[0], number(1, primal.cod[0].sizes))], ends)
    return sweep.graph(outputs, primal.dom, [_type(primal, n) for n in ends]), ends


def _jacobian(primal: Graph, wrt: int | str) -> Graph:
    (end,) = _ends(primal, wrt)
    if len(primal.cod) != 1 or primal.cod[0].kind != "real":
        raise TypeMismatch(f"a Jacobian is of one real array, and f makes {', '.join(map(str, primal.cod)) or 'nothing'}")
    made, by = primal.cod[0], _type(primal, end)
    sweep = _Sweep(primal)
    outputs = sweep.run([(primal.outputs[0], _unit(made.sizes))], [end], made.sizes)
    taken = [a.name for a in made.axes]
    return sweep.graph(outputs, primal.dom, [Array((*made.axes, *_renamed(by.axes, taken)), by.dtype)])


def _unit(sizes: Sizes) -> Value:
    """The identity of `sizes`, axes sizes + sizes: the product of [i = j]."""
    pairs = zip(identity(sizes), identity(sizes, len(sizes)), strict=True)
    guards = [(True, add(i, scale(j, -1))) for i, j in pairs if i != j]
    return Value.of(contraction([Term(ONE, (), (), tuple(guards))], sizes + sizes))


def _ends(primal: Graph, wrt: Wrt) -> list[Node]:
    """The inputs and weights that are named, or all real inputs."""
    weights = primal.weights()
    if wrt is None:
        wrt = [k for k, a in enumerate(primal.dom) if a.kind == "real"]
    names = [wrt] if isinstance(wrt, int | str) else list(wrt)
    names = [key for name in names for key in ([k for k, n in weights.items() if n.kind == "real"] if name == WEIGHTS else [name])]
    return [_end(primal, weights, name) for name in names]


def _end(primal: Graph, weights: Mapping[str, Node], name: int | str) -> Node:
    if isinstance(name, str):
        if name not in weights:
            raise InputError(f"wrt: there is no weight {name!r}; the weights are {', '.join(weights) or 'none'}")
        n = weights[name]
    elif not 0 <= name < len(primal.dom):
        raise InputError(f"wrt: there is no input {name}; f has {len(primal.dom)} inputs, numbered from 0")
    else:
        n = source(Input(name, primal.dom[name].kind), primal.dom[name].sizes).node
    if n.kind != "real":
        raise InputError(f"wrt: {name!r} has entries of kind {n.kind}, which have no derivatives; only real arrays do")
    return n


def _type(primal: Graph, n: Node) -> Array:
    if isinstance(n.op, Input):
        return primal.dom[n.op.position]
    given = dict(primal.labels).get(n)
    real = [a.dtype for a in (*primal.cod, *primal.dom) if a.kind == "real"]
    return replace(given, name="") if given is not None else Array.of(n.sizes, real[0] if real else "float64")


def _primed(a: Array, mark: str) -> Array:
    return replace(a, name=mark + a.name if a.name else "")


def _renamed(axes: Sequence[Axis], taken: Sequence[str]) -> list[Axis]:
    found: list[Axis] = []
    for a in axes:
        name = a.name
        while name in taken or name in [b.name for b in found]:
            name += "'"
        found.append(Axis(name, a.size))
    return found


@dataclass
class _Sweep:
    """Reverse sweeps over a graph, which remember the block that each node they make mirrors."""

    primal: Graph

    def __post_init__(self) -> None:
        self.paths: dict[Node, Path] = dict(self.primal.blocks)
        self.known = set(self.primal.nodes())

    def run(self, seeds: Sequence[tuple[Value, Value]], ends: Sequence[Node], lead: Sizes = ()) -> list[Value]:
        """The cotangents of `ends`."""
        found = reverse(seeds, list(dict.fromkeys(ends)), lead, self.mirrored)
        for n, v in found.items():
            self.mirrored(n, [v.node])
        return [found[n] for n in ends]

    def mirrored(self, n: Node, made: Sequence[Node]) -> None:
        """Put what was made on the way back through a node into the mirror image of its block."""
        path = tuple([part if part.startswith(MIRROR) else MIRROR + part for part in self.paths.get(n, ())]) or (MIRROR,)
        stack = list(made)
        while stack:
            m = stack.pop()
            if m not in self.known:
                self.known.add(m)
                self.paths[m] = path
                stack += [x for x, _ in m.operands]

    def graph(self, outputs: Sequence[Value], dom: Sequence[Array], cod: Sequence[Array]) -> Graph:
        """The graph of what was made."""
        found = Graph(tuple(dom), tuple(cod), tuple(outputs), labels=self.primal.labels)
        nodes = found.nodes()
        live = set(nodes)
        labels = tuple([(n, a) for n, a in self.primal.labels if n in live])
        return replace(found, labels=labels, blocks=tuple([(n, self.paths[n]) for n in nodes if self.paths.get(n)]))


MIRROR = "∂"


def _diagram(graph: Graph) -> Diagram:
    from ncd_cat.diagram import Diagram

    return Diagram.of_graph(graph)


def _example() -> Graph:
    """Σ x², for the doctest."""
    from ncd_cat.ops.contraction import einsum

    x = source(Input(0), (3,))
    return Graph((Array.of((3,)),), (Array(()),), (einsum("i,i->", x, x),))
