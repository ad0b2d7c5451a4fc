"""Diagrams as Python functions: `@diagram("q d, k d -> q k")` traces a function of wires once and keeps what it did.

Calls to other diagrams inside it are named blocks, put in at the sizes and axes of the wires given.

>>> from ncd_cat.language import einsum, softmax
>>> @diagram("q d, k d, k v -> q v")
... def attention(q, k, v):
...     scores = einsum("q d, k d -> q k", q, k) * q.size("d") ** -0.5
...     return einsum("q k, k v -> q v", softmax(scores, "k"), v)
>>> print(attention.dom, "->", attention.cod)
float32[q d] @ float32[k d] @ float32[k v] -> float32[q v]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Graph, Input, source
from ncd_cat.language.family import closed, outputs
from ncd_cat.language.types import arrays_of, check_names
from ncd_cat.language.wire import Wire, walk
from ncd_cat.sizes import Size
from ncd_cat.types import Array
from ncd_cat.wiring import Run

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram


def diagram(pattern: str, /, *, name: str = "", **sizes: Size) -> Callable[[Callable[..., Any]], Diagram]:
    """A decorator: the diagram of a function of wires whose types the pattern gives; "-> ..." states, and checks, its outputs.

    `sizes` gives sizes to names; a name without one is a symbol.  A block that calls the diagram has the function's name, or
    `name`.  Raises TypeMismatch, naming the output, the axis and both sizes, where the function gives something else.
    """
    if not isinstance(pattern, str):
        raise TypeMismatch(f"diagram takes a pattern, such as @diagram('q d, k d -> q k'), not {pattern!r}")
    left, arrow, right = pattern.partition("->")
    dom = arrays_of(left, sizes)
    check_names(sizes, pattern, f"diagram {pattern!r}")

    def decorate(function: Callable[..., Any]) -> Diagram:
        from ncd_cat.diagram import Diagram

        title = name or getattr(function, "__name__", "").replace("<lambda>", "")
        shown = title or "the function"
        graph = trace(function, *_called(function, dom, shown, pattern))
        if arrow:
            _check(graph.cod, arrays_of(right, sizes), right, shown, pattern)
        found = Diagram.of_graph(graph)
        found.title, found.__doc__ = title, function.__doc__
        return found

    return decorate


def trace(function: Callable[..., Any], *arrays: Array, name: str = "") -> Graph:
    """The graph of a function of wires, called once on inputs of the given types; `name` labels all that it computes.

    Raises TypeMismatch if it returns something other than wires.

    >>> print(trace(lambda x: x + x, Array.of((3,))).cod[0])
    float32[a:3]
    """
    run = Run()
    inner = run.within(name) if name else run
    wires = [Wire(source(Input(k, a.kind), a.sizes), replace(a, name=""), inner) for k, a in enumerate(arrays)]
    title = name or getattr(function, "__name__", "").replace("<lambda>", "") or "the function"
    found = outputs(function(*wires), title)
    walk([*wires, *found])
    if name:
        inner.claim([w.value.node for w in found], [w.value.node for w in wires])
    return closed(run, arrays, found)


def _called(function: Callable[..., Any], dom: tuple[Array, ...], title: str, pattern: str) -> tuple[Array, ...]:
    """The types of the inputs, with the names of the parameters."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return dom
    names = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    if not len(needed) <= len(dom) <= len(names):
        raise TypeMismatch(f"{title} takes {len(needed)} wires ({', '.join(needed)}), its pattern {pattern!r} has {len(dom)}")
    return tuple([replace(a, name=p) for a, p in zip(dom, names, strict=False)])


def _check(found: Sequence[Array], stated: Sequence[Array], right: str, title: str, pattern: str) -> None:
    """Raise TypeMismatch unless the outputs have the axes stated, and the dtypes where these are written."""
    if len(found) != len(stated):
        raise TypeMismatch(f"{title} returns {len(found)} wires, its pattern {pattern!r} states {len(stated)}")
    for k, (a, b, text) in enumerate(zip(found, stated, right.split(",") if stated else (), strict=True)):
        if a.axes != b.axes or (a.dtype != b.dtype and "[" in text):
            raise TypeMismatch(f"{title}: output {k} is {a}, its pattern {pattern!r} states {b}{_why(a, b)}")


def _why(a: Array, b: Array) -> str:
    if len(a.axes) != len(b.axes):
        return f": {len(a.axes)} axes, {len(b.axes)} are stated"
    for x, y in zip(a.axes, b.axes, strict=True):
        if x != y:
            same = x.name == y.name
            return f": axis {x.name} has size {x.size}, {y.size} is stated" if same else f": axis {x.name} stands where {y.name} is stated"
    return ""
