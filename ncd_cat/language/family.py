"""Families: a diagram for each type that fits, such as the softmax along k of every array that has an axis k.

A family f gives f.at(A): A → f(A).  `d >> f` is `d >> f.at(d.cod)`; families compose and stand side by side as diagrams do,
so that types are written once.  A state is a family of no wires, such as a weight.

>>> from ncd_cat.language import softmax, ty
>>> rows = softmax("k")
>>> rows >> rows
softmax('k') >> softmax('k')
>>> print(rows.at(ty("q:2 k:3")).cod, rows.at(ty("k:5")).cod)
float32[q:2 k:3] float32[k:5]
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from itertools import pairwise
from typing import Any

from ncd_cat.axes import Sizes
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input, Weight, source
from ncd_cat.language.wire import Wire, as_wire, walk
from ncd_cat.types import Array
from ncd_cat.wiring import Run

Act = Callable[..., Any]  # from wires to a wire or a tuple of wires
CHAIN, ROW = " >> ", " @ "


class Family:
    """Diagrams indexed by the types of `arity` wires; `act` says what they do to wires."""

    def __init__(self, name: str, arity: int, act: Act, made_of: tuple[str, tuple[Family, Family]] | None = None) -> None:
        self.arity, self.act, self.made_of = arity, act, made_of  # two families, and the sign between them
        self._name = name
        self._at: dict[tuple[Array, ...], Any] = {}  # what `at` has made

    @cached_property
    def name(self) -> str:
        """What the family is called in messages; of a long chain, or row, its ends."""
        if not self.made_of:
            return self._name
        chains = self.made_of[0] == ROW  # bind less tightly than rows
        parts = [f"({f.name})" if f.made_of and chains else f.name for f in _parts(self)]
        return self.made_of[0].join(parts if len(parts) <= 12 else [*parts[:5], "…", *parts[-5:]])

    def at(self, *types: Any) -> Any:
        """The diagram from these types (a `Ty`, or arrays).  Raises TypeMismatch where they do not fit."""
        from ncd_cat.diagram import Diagram
        from ncd_cat.language.types import arrays_of

        arrays = tuple([a for t in types for a in (arrays_of(t) if isinstance(t, str) else getattr(t, "inside", (t,)))])
        if arrays not in self._at:
            self._at[arrays] = Diagram.of_graph(self.graph(*arrays))
        return self._at[arrays]

    def graph(self, *types: Array, run: Run | None = None) -> Graph:
        """The graph from these types."""
        run = Run() if run is None else run
        inputs = [source(Input(k, a.kind), a.sizes) for k, a in enumerate(types)]
        found = self.apply(*[Wire(v, a, run) for v, a in zip(inputs, types, strict=True)])
        return closed(run, types, found)

    def __call__(self, *wires: Any) -> Any:
        """What the family does to wires: a wire, or a tuple if there are several.  Raises TypeMismatch where they do not fit."""
        found = self.apply(*joined(wires, self.name))
        return found[0] if len(found) == 1 else found

    def apply(self, *wires: Wire) -> tuple[Wire, ...]:
        """What the family does to wires.  Raises TypeMismatch where their number or types do not fit."""
        if len(wires) != self.arity:
            raise TypeMismatch(f"{self.name} takes {self.arity} wire{'s' * (self.arity != 1)}, {len(wires)} were given")
        return outputs(self.act(*wires), self.name)

    def wire(self) -> Wire:
        """The wire of a state, such as a weight.  Raises TypeMismatch if the family takes wires."""
        found = self.apply()
        if len(found) != 1:
            raise TypeMismatch(f"{self.name} gives {len(found)} wires, one is needed")
        return found[0]

    def then(self, *others: Any) -> Family:
        """`f >> g`: first f, then g, at the types that f gives."""
        found = self
        for g in others:
            found = _chain(found, family(g))
        return found

    def tensor(self, *others: Any) -> Family:
        """`f @ g`: f beside g."""
        found = self
        for g in others:
            found = _row(found, family(g))
        return found

    def over(self, axes: Any, *, wires: Sequence[int] | None = None) -> Family:
        """The family over more axes, which come first on every wire, or on the inputs `wires`; see `Diagram.over`."""
        from ncd_cat.language.calling import apply_over
        from ncd_cat.language.shaping import repeat
        from ncd_cat.language.types import axes_of

        added, lifted = axes_of(axes), range(self.arity) if wires is None else which(wires, self.arity, self.name)

        def act(*given: Wire) -> tuple[Wire, ...]:
            return apply_over(self, added, [w if k in lifted else repeat(w, added) for k, w in enumerate(given)])

        return Family(f"({self.name}).over({axes!r})", self.arity, act)

    def block(self, name: str) -> Family:
        """The family as a named part of whatever it is put in."""
        return Family(name, self.arity, lambda *wires: within(name, self.act, *wires))

    def __rshift__(self, other: Any) -> Family:
        return self.then(other)

    def __matmul__(self, other: Any) -> Any:
        return self.tensor(other)

    def __rmatmul__(self, other: Any) -> Family:
        return family(other).tensor(self)

    def __repr__(self) -> str:
        return self.name


def family(f: Any) -> Family:
    """A diagram as a family at one type; a type as the family of its identity.  Raises TypeMismatch on anything else."""
    if isinstance(f, Family):
        return f
    if hasattr(f, "inside") and not hasattr(f, "dom"):
        return Family(str(f), len(f), lambda *wires: wires)
    if not hasattr(f, "dom"):
        raise TypeMismatch(f"{f!r} is no diagram and no family of diagrams")
    return Family(str(f), len(f.dom), lambda *wires: _strictly(f, wires))


def which(wires: Any, count: int, name: str) -> list[int]:
    """The numbers of wires that a person gives, from the front or the end.  Raises TypeMismatch where one is not there."""
    given = list(wires) if isinstance(wires, Sequence) else [wires]
    for k in given:
        if not isinstance(k, int) or not -count <= k < count:
            raise TypeMismatch(f"{name} has no wire {k!r}: it takes {count}, numbered from 0")
    return [k % count for k in given]


def is_state(x: Any) -> bool:
    """Whether this is a state: a family or a diagram from no wires to one."""
    return x.arity == 0 if isinstance(x, Family) else hasattr(x, "wire") and len(x.dom) == 0


def joined(given: Sequence[Any], name: str = "the diagram") -> list[Wire]:
    """Wires and states as wires of one walk.  Raises TypeMismatch, naming the verb, on anything else."""
    run = walk([w for w in given if isinstance(w, Wire)])
    return [as_wire(w, run, name) for w in given]


def within(name: str, function: Act, *wires: Wire) -> Any:
    """What a function does to wires, as a part called `name` of the walk that they belong to."""
    run = walk(wires)
    if run is None:
        return function(*wires)
    inner = run.within(name)
    found = function(*[Wire(w.value, w.type, inner) for w in wires])
    own = outputs(found, name)
    inner.claim([w.value.node for w in own], [w.value.node for w in wires])
    again = tuple([Wire(w.value, w.type, run) for w in own])
    return again[0] if isinstance(found, Wire) else again


def outputs(found: Any, name: str) -> tuple[Wire, ...]:
    """The wires that a function returns.  Raises TypeMismatch, naming the function, on anything else."""
    wires = tuple(found) if isinstance(found, tuple | list) else (found,)
    if found is None:
        raise TypeMismatch(f"{name} returns nothing: return the wires that leave the diagram")
    for w in wires:
        if isinstance(w, Family) and w.arity:
            raise TypeMismatch(f"{name} returns {w}, which is a function that was not applied: give it {w.arity} wires")
        if not isinstance(w, Wire) and not is_state(w):
            raise TypeMismatch(f"{name} returns {w!r}, which is no wire")
    return tuple(joined(wires))


def closed(run: Run, dom: tuple[Array, ...], found: Sequence[Wire]) -> Graph:
    """The graph of a walk that ends in these wires.  Raises TypeMismatch on a weight that is used with two sizes."""
    graph = run.graph(dom, tuple([w.type for w in found]), [w.value for w in found])
    sizes: dict[str, Sizes] = {}
    for n in graph.nodes():
        if isinstance(n.op, Weight) and sizes.setdefault(n.op.key, n.sizes) != n.sizes:
            shapes = " and ".join([f"({', '.join(map(str, own))})" for own in (sizes[n.op.key], n.sizes)])
            raise TypeMismatch(f"weight {n.op.key} is used with the sizes {shapes}: boxes that share a name share their weights")
    return graph


def _parts(f: Family) -> list[Family]:
    """The families of a chain, or of a row, in order.  They are kept as a tree, so that a loop of compositions is linear."""
    sign = f.made_of[0] if f.made_of else ""
    found: list[Family] = []
    stack = [f]
    while stack:
        g = stack.pop()
        if g.made_of and g.made_of[0] == sign:
            stack += reversed(g.made_of[1])
        else:
            found.append(g)
    return found


def _chain(f: Family, g: Family) -> Family:
    found = Family("", f.arity, lambda *wires: _through(_parts(found), wires), (CHAIN, (f, g)))
    return found


def _row(f: Family, g: Family) -> Family:
    found = Family("", f.arity + g.arity, lambda *wires: _abreast(_parts(found), wires), (ROW, (f, g)))
    return found


def _through(parts: Sequence[Family], wires: tuple[Wire, ...]) -> tuple[Wire, ...]:
    for f, g in pairwise(parts):
        wires = f.apply(*wires)
        if len(wires) != g.arity:
            raise TypeMismatch(f"{f} does not compose with {g}: the first gives {len(wires)} wires, the second takes {g.arity}")
    return parts[-1].apply(*wires)


def _abreast(parts: Sequence[Family], wires: tuple[Wire, ...]) -> tuple[Wire, ...]:
    found: list[Wire] = []
    start = 0
    for f in parts:
        found += f.apply(*wires[start : start + f.arity])
        start += f.arity
    return tuple(found)


def _strictly(diagram: Any, wires: tuple[Wire, ...]) -> tuple[Wire, ...]:
    from ncd_cat.language.calling import apply_strictly

    return apply_strictly(diagram, wires)
