"""Random well-typed diagrams, with sharing, broadcasting, nonlinear and learned boxes, blocks and loops.

A diagram is grown from its domain, a step at a time; each step is a family of the language at the wires that are there.

>>> from hypothesis import find
>>> from ncd_cat.language import ty
>>> print(find(diagrams(ty("q:2 k:3")), lambda f: len(f.cod) == 2))
Copy(float32[q:2 k:3])
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from hypothesis import strategies as st

from ncd_cat import language as ncd
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram, Ty
from ncd_cat.language.family import Family
from ncd_cat.language.wire import Wire
from ncd_cat.testing.indices import Draw, numbers
from ncd_cat.testing.typed import NAMES, types
from ncd_cat.types import Array

Step = Callable[[Draw, Array, str], Any]  # from the type of a wire, and a name for a new axis, to a family of one wire
LARGEST = 128  # entries of an array
BOUNDED = ("tanh", "relu", "sigmoid", "sin", "gelu")


@st.composite
def diagrams(draw: Draw, dom: Ty | None = None, *, max_steps: int = 5, linear: bool = False, learned: bool = True) -> Diagram:
    """A diagram of up to `max_steps` steps, from `dom` or from a random type; one step for each wire that has to be dealt with.

    linear: only maps that are linear in each input, of one wire each: no copies, constants or products.  learned: with weights, each
    box its own.  It shrinks to the identity.
    """
    found: Diagram = Diagram.id(draw(types(min_wires=1, max_wires=2)) if dom is None else dom)
    for k in range(draw(st.integers(0, max_steps))):
        if not len(found.cod):
            break
        first = draw(st.integers(0, len(found.cod) - 1))
        order = [first, *[j for j in range(len(found.cod)) if j != first]]
        ready = found.then(Diagram.permutation(order, found.cod))
        row = ready.cod
        if not linear and draw(st.integers(0, 2)) == 0:
            step = draw(_structure(row))
        else:
            step = _on_first(row, draw(_families(row.inside[0], f"w{k}" if learned else "", linear)))
        found = ready.then(step)
    return found


def _on_first(row: Ty, family: Family) -> Diagram:
    step: Diagram = family.at(row.inside[0]).tensor(Diagram.id(row[1:]))
    return step


@st.composite
def _structure(draw: Draw, row: Ty) -> Diagram:
    """A copy of the first wire, its end, or what joins it with the second, aligned by name."""
    if len(row) > 1 and _fit(*row.inside[:2]) and draw(st.booleans()):
        join = draw(st.sampled_from([ncd.add, ncd.multiply, ncd.maximum]))
        aligned = Family(join.__name__, 2, lambda a, b: join(*ncd.align(a, b)))
        step: Diagram = aligned.at(row[:2]).tensor(Diagram.id(row[2:]))
    else:
        copies = 2 if len(row) < 4 and draw(st.integers(0, 3)) < 3 else 0
        step = Diagram.copy(row[:1], copies).tensor(Diagram.id(row[1:]))
    return step


def _fit(x: Array, y: Array) -> bool:
    """Whether two wires can be aligned, and are not too large together."""
    sizes = {a.name: a.size for a in x.axes}
    agree = all(sizes.get(a.name, a.size) == a.size for a in y.axes)
    return agree and x.kind == y.kind == "real" and _entries([*x.axes, *[a for a in y.axes if a.name not in sizes]]) <= LARGEST


def _entries(axes: Sequence[Axis]) -> int:
    return prod(numbers(tuple([a.size for a in axes])))


# ---- families of one wire -----------------------------------------------------------------------------------------


@st.composite
def _families(draw: Draw, x: Array, key: str, linear: bool, outer: tuple[str, ...] = ()) -> Family:
    """A function of one wire of this type, which may be broadcast over axes with the outer names."""
    new = draw(st.sampled_from([n for n in (*NAMES, "a", "b", "c", "e") if n not in (*outer, *[a.name for a in x.axes])]))
    steps: list[Step] = [_scaled]
    if x.axes:
        steps += [_total, _turned, _flipped, _entry, _sums, _window]
    if x.axes and key:
        steps.append(lambda draw, x, new: ncd.linear(draw(_name(x)), Axis(new, draw(st.integers(1, 3))), name=key, bias=not linear))
    if not linear:
        steps += [_pointwise, _repeated] + [_softmax, _normed, _greatest, _loop] * bool(x.axes)
    steps += [_diagonal] * (len(x.axes) > 1)
    found: Family = draw(st.sampled_from(steps))(draw, x, new)
    if draw(st.integers(0, 4)) == 4:
        found = found.block(f"block_{key}")
    if x.axes and draw(st.integers(0, 4)) == 4:  # the same on what is left, broadcast over the first axis
        inner = Array(x.axes[1:], x.dtype)
        found = draw(_families(inner, key, linear, (*outer, x.axes[0].name))).over(x.axes[:1])
    return found


def _name(x: Array) -> st.SearchStrategy[str]:
    return st.sampled_from([a.name for a in x.axes])


def _scaled(draw: Draw, x: Array, new: str) -> Any:
    return ncd.scale(draw(st.sampled_from([2, -1, 0.5])))


def _total(draw: Draw, x: Array, new: str) -> Any:
    return ncd.total(draw(_name(x)))


def _turned(draw: Draw, x: Array, new: str) -> Any:
    return ncd.order(" ".join(draw(st.permutations([a.name for a in x.axes]))))


def _flipped(draw: Draw, x: Array, new: str) -> Any:
    return ncd.flip(draw(_name(x)))


def _entry(draw: Draw, x: Array, new: str) -> Any:
    return ncd.index(draw(_name(x)), draw(st.sampled_from([0, -1])))


def _sums(draw: Draw, x: Array, new: str) -> Any:
    return ncd.cumsum(draw(_name(x)))


def _window(draw: Draw, x: Array, new: str) -> Any:
    if _entries(x.axes) * 2 > LARGEST:
        return ncd.scale(3)
    return ncd.window(draw(_name(x)), 2, padding=1, into=new)


def _diagonal(draw: Draw, x: Array, new: str) -> Any:
    a, b = x.axes[:2]
    return ncd.cup(a.name, b.name) if a.size == b.size else ncd.merge(f"({a.name} {b.name}) -> {new}")


def _pointwise(draw: Draw, x: Array, new: str) -> Any:
    return ncd.elementwise(draw(st.sampled_from(BOUNDED)))


def _repeated(draw: Draw, x: Array, new: str) -> Any:
    return ncd.repeat(Axis(new, 2)) if _entries(x.axes) * 2 <= LARGEST and len(x.axes) < 4 else ncd.scale(3)


def _softmax(draw: Draw, x: Array, new: str) -> Any:
    return ncd.softmax(draw(_name(x)))


def _normed(draw: Draw, x: Array, new: str) -> Any:
    return ncd.layer_norm(draw(_name(x)), eps=0.25)


def _greatest(draw: Draw, x: Array, new: str) -> Any:
    return ncd.greatest(draw(_name(x)))


def _loop(draw: Draw, x: Array, new: str) -> Any:
    axis = draw(_name(x))

    def act(w: Wire) -> Any:
        _, (stacked,) = ncd.scan(lambda s, slice: (ncd.tanh(s + slice), s * slice), [ncd.index(w, axis, 0)], [w], axis=axis)
        return stacked

    return Family(f"loop({axis!r})", 1, act)
