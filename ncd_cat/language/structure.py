"""The structure of the category in words: identity, copy, discard, swap, and for linear maps the transpose by bending wires.

The associated transpose of F: a → b c along b is b a → c: F is broadcast over b', its output joined to b' by a cup.  It is
defined for linear maps only.  Sources: figure 18 of arXiv 2402.05424; Coecke and Kissinger, Picturing Quantum Processes.

>>> from ncd_cat.language import linear, ty
>>> f = linear("a", "b c", name="F", bias=False).at(ty("a"))
>>> print(transpose(f, "b").dom, "->", transpose(f, "b").cod)
float32[b a] -> float32[c]
>>> print(transpose(f).dom, "->", transpose(f).cod)
float32[b c] -> float32[a]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input, Node
from ncd_cat.language.calling import apply_over
from ncd_cat.language.contracting import cap, cup, einsum
from ncd_cat.language.family import Family, family, is_state, joined
from ncd_cat.language.shaping import aligned, order, rename, repeat
from ncd_cat.language.types import ty
from ncd_cat.language.wire import Wire
from ncd_cat.ops.contraction import Contraction, terms_of
from ncd_cat.types import Array

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram, Ty


def identity(x: str | Ty | Wire | None = None) -> Any:
    """The identity of a type; a family, the identity of each wire, if no type is given.

    >>> from ncd_cat.language import add, elementwise
    >>> print((copy() >> elementwise("relu") @ identity() >> add()).at(ty("q d")).cod)
    float32[q d]
    """
    from ncd_cat.diagram import Diagram

    if isinstance(x, Wire):
        return x
    if x is None:
        return Family("identity()", 1, lambda w: w)
    return Diagram.id(ty(x) if isinstance(x, str) else x)


def copy(x: str | Ty | Wire | None = None, n: int = 2) -> Any:
    """Δ: n copies of a wire, or of all wires of a type; a family if no type is given.

    >>> print(copy("q d").cod)
    float32[q d] @ float32[q d]
    """
    from ncd_cat.diagram import Diagram

    if not isinstance(n, int) or n < 0:
        raise TypeMismatch(f"copy: n is how many copies are made, not {n!r}")
    if isinstance(x, Wire):
        return (x,) * n
    return Family(f"copy(n={n})", 1, lambda w: (w,) * n) if x is None else Diagram.copy(ty(x) if isinstance(x, str) else x, n)


def discard(x: str | Ty | Wire | None = None) -> Any:
    """!: the end of a wire, or of all wires of a type; a family if no type is given."""
    from ncd_cat.diagram import Diagram

    if isinstance(x, Wire):
        return _Discard().apply(x)
    return _Discard() if x is None else Diagram.discard(ty(x) if isinstance(x, str) else x)


def swap(left: str | Ty | Wire | None = None, right: str | Ty | Wire | None = None) -> Any:
    """Two wires, or two types, that cross; a family if none are given."""
    from ncd_cat.diagram import Diagram

    if isinstance(left, Wire) and isinstance(right, Wire):
        return right, left
    if (left is None) != (right is None):
        raise TypeMismatch(f"swap takes two types, or none; one was given, {left or right}")
    if left is None or right is None:
        return Family("swap()", 2, lambda x, y: (y, x))
    types: list[Any] = [ty(x) if isinstance(x, str) else x for x in (left, right)]
    return Diagram.swap(*types)


def transpose(f: Any, *axes: str) -> Diagram:
    """The transpose of a linear map of one wire: each axis named moves to the other side; all of them if none is named.

    Axes that move come first.  Raises TypeMismatch, naming the function, if f is not linear: then bending its wires does not
    give a transpose.
    """
    if isinstance(f, Family):
        raise TypeMismatch(f"transpose: {f} is a family; take it at a type, such as {f}.at(ty('a')), before its wires are bent")
    if len(f.dom) != 1 or len(f.cod) != 1:
        raise TypeMismatch(f"transpose: {f} has {len(f.dom)} inputs and {len(f.cod)} outputs, it needs one of each")
    require_linear(f.graph, "transpose")
    ins, outs = f.dom.inside[0].axes, f.cod.inside[0].axes
    names = [a.name for a in (*ins, *outs)]
    for a in axes:
        if a not in names:
            raise TypeMismatch(f"transpose: {f} : {f.dom} -> {f.cod} has no axis {a}")
    moved = axes or tuple(names)
    up, down = (tuple([a for a in side if a.name in moved]) for side in (ins, outs))
    dom = Array((*down, *[a for a in ins if a.name not in moved]), f.dom.inside[0].dtype)
    return Family(f"transpose({f})", 1, lambda y: _bent(f, y, ins, up, down)).at(dom)  # type: ignore[no-any-return]


def _bent(f: Any, y: Wire, ins: tuple[Axis, ...], up: tuple[Axis, ...], down: tuple[Axis, ...]) -> Wire:
    """Σ_v f([u = u'] · y[v, a])[v, b]: an axis that moves up is fed a cap, one that moves down is joined by a cup."""
    over = (*[Axis(a.name + "'", a.size) for a in up], *[Axis(a.name + "''", a.size) for a in down])
    operands = [" ".join([a.name + "''" * (a in down) for a in y.axes]), *[f"{a.name} {a.name}'" for a in up]]
    fed = einsum(f"{', '.join(operands)} -> {' '.join([a.name for a in (*over, *ins)])}", y, *[cap(a) for a in up])
    (found,) = apply_over(family(f), over, (fed,))
    for a in down:
        found = cup(found, a.name + "''", a.name)
    return rename(found, {a.name + "'": a.name for a in up})  # type: ignore[no-any-return]


def require_linear(graph: Graph, what: str) -> None:
    """Raise TypeMismatch, naming the function, unless the outputs depend linearly on the inputs."""
    depends: set[Node] = set()
    for n in graph.nodes():
        below = [k for k, (x, _) in enumerate(n.operands) if x in depends]
        if isinstance(n.op, Input):
            depends.add(n)
        elif below:
            depends.add(n)
            terms = terms_of(n) if isinstance(n.op, Contraction) else ()
            if not terms or any(sum(x in depends for x, _ in t.factors) != 1 for t in terms):
                raise TypeMismatch(f"{what}: {n.op.glyph} {n.op} is not linear in its input, so its wires do not bend")
    if any(v.node not in depends for v in graph.outputs):
        raise TypeMismatch(f"{what}: an output does not depend on the input, so it is not linear")


def align(*given: Any) -> Any:
    """Alignment by name, with broadcasting: of wires, the wires over all their axes; of diagrams, f then g where axes agree by name.

    In `align(f, g)`, axes that f gives and g does not take are broadcast over, in front; axes that g takes and f does not give
    are repeated; the others are put into g's order.  Raises TypeMismatch, naming the axis and both sizes.

    >>> from ncd_cat.language import softmax, ty
    >>> f, g = identity("b k q"), identity("q k") >> softmax("k")
    >>> print(align(f, g).cod)
    float32[b q k]
    """
    if given and all(isinstance(w, Wire) or is_state(w) for w in given):
        return aligned(*joined(given))
    if len(given) != 2:
        raise TypeMismatch(f"align takes wires, or two diagrams; {len(given)} were given")
    f, g = family(given[0]), family(given[1])
    takes = getattr(given[1], "dom", None)
    found = Family(f"align({f}, {g})", f.arity, lambda *wires: _aligned(f.apply(*wires), g, takes))
    return found.at(given[0].dom) if hasattr(given[0], "dom") else found


def _aligned(wires: tuple[Wire, ...], g: Family, takes: Any) -> tuple[Wire, ...]:
    if takes is None or len(takes) != len(wires):
        return g.apply(*aligned(*wires)) if len(wires) > 1 else g.apply(*wires)
    extra: dict[str, Axis] = {}
    for w, a in zip(wires, takes.inside, strict=True):
        own = {x.name: x for x in a.axes}
        for x in w.axes:
            if extra.setdefault(x.name, x) != x or own.get(x.name, x) != x:
                other = own.get(x.name, extra[x.name]).size
                raise TypeMismatch(f"align: axis {x.name} has size {x.size} on one side and {other} on the other")
    taken = {x.name for a in takes.inside for x in a.axes}
    over = tuple([x for name, x in extra.items() if name not in taken])
    spread = [_onto(w, (*over, *a.axes)) for w, a in zip(wires, takes.inside, strict=True)]
    return apply_over(g, over, spread) if over else g.apply(*spread)


def _onto(w: Wire, axes: tuple[Axis, ...]) -> Wire:
    missing = tuple([a for a in axes if a.name not in w.names])
    spread = repeat(w, missing) if missing else w
    return order(spread, " ".join([a.name for a in axes]))  # type: ignore[no-any-return]


class _Discard(Family):
    """The end of a wire; what made it is kept as dead until somebody drops it."""

    def __init__(self) -> None:
        super().__init__("discard()", 1, lambda w: ())

    def apply(self, *wires: Wire) -> tuple[Wire, ...]:
        if len(wires) != 1:
            raise TypeMismatch(f"discard takes 1 wire, {len(wires)} were given")
        if wires[0].run is not None:
            wires[0].run.discarded.append(wires[0].value.node)
        return ()
