"""Small graphs written by hand: real inputs by position, and a graph of given outputs."""

from __future__ import annotations

from ncd_cat.axes import Axis
from ncd_cat.graph import Graph, Input, Value, source
from ncd_cat.types import Array


def graph(outputs: list[Value], *dom: Array) -> Graph:
    """The graph with these outputs, in float64, whose axes have names of their own."""
    cod = [Array(tuple(Axis(f"y{k}", n) for k, n in enumerate(v.sizes)), "float64") for v in outputs]
    return Graph(dom, tuple(cod), tuple(outputs))


def real(position: int, *sizes: int) -> tuple[Value, Array]:
    """A real input and its type."""
    return source(Input(position), sizes), Array.of(sizes, "float64")
