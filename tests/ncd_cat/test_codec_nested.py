"""Graphs inside of ops: they share the table of the nodes around them, and read back as the same op."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat import codec, fields
from ncd_cat.axes import Axis, Sizes
from ncd_cat.codec import Table, decode, encode
from ncd_cat.diagram import Diagram
from ncd_cat.exporters.json import from_data, to_data
from ncd_cat.graph import Graph, Input, Node, Value, Weight, apply, source
from ncd_cat.ops.contraction import add, einsum
from ncd_cat.ops.pointwise import Exp
from ncd_cat.scanning import scan
from ncd_cat.signature import Op
from ncd_cat.sizes import symbol
from ncd_cat.types import Array


@dataclass(frozen=True)
class Inside(Op):
    """Output `port` of a graph, as an op of this test."""

    body: Graph
    port: int = 0

    def roots(self, k: int) -> Sizes:
        return self.body.dom[k].sizes

    @property
    def out(self) -> Sizes:
        return self.body.cod[self.port].sizes

    def kind(self, kinds: Sequence[str]) -> str:
        return self.body.cod[self.port].kind


@pytest.fixture(autouse=True, scope="module")
def known() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(codec, "op_classes", lambda: {**fields.op_classes(), "Inside": Inside})
        yield


X = Array.of((3,), "float64", "x")


def body(v: Value, *more: Value) -> Graph:
    outputs = (v, *more)
    return Graph((X,), tuple(Array.of(y.sizes, "float64") for y in outputs), outputs)


def nest(depth: int) -> Value:
    """exp inside, inside, … ; two ports at each level."""
    x = source(Input(0), (3,))
    y = add(Exp()(x), source(Weight("w"), (3,)))
    for _ in range(depth):
        inner = body(y, x)
        y = add(apply(Inside(inner, 0), x, degree=()), apply(Inside(inner, 1), x, degree=()))
    return y


def through_text(data: Any) -> Any:
    return json.loads(json.dumps(data))


@pytest.mark.parametrize("depth", [0, 1, 2, 60])
def test_nested_graphs_read_back_and_share_one_table(depth: int) -> None:
    y = nest(depth)
    entries = through_text(encode([y.node]))
    assert decode(entries)[-1] is y.node
    assert len(entries) == 4 + 3 * depth
    assert len(json.dumps(entries)) < 1000 * (depth + 1)


def test_names_blocks_and_dead_nodes_inside_read_back() -> None:
    x = source(Input(0), (3,))
    y, unused = Exp()(x), einsum("i->", x)
    inner = replace(body(y), dead=(unused.node,), blocks=((y.node, ("cell", "f")),))
    [found] = [n for n in decode(through_text(encode([apply(Inside(inner), x, degree=()).node]))) if isinstance(n.op, Inside)]
    assert found.op == Inside(inner) and isinstance(found.op, Inside)
    assert found.op.body.dom[0].name == "x"


def loop() -> tuple[list[Any], Any]:
    entries = through_text(encode([nest(1).node]))
    return entries, next(e for e in entries if e[0] == "Inside")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda g: g.update(dom=[]), "input 0 is read as real of sizes .3,., its type is not declared"),
        (lambda g: g["outputs"][0].__setitem__(0, 99), "there is no entry 99 before this one"),
        (lambda g: g["cod"].pop(), "2 outputs are declared as 1"),
        (lambda g: g.pop("dead"), "not a graph"),
        (lambda g: g["dom"][0].__setitem__(1, "float7"), "dtype 'float7'"),
    ],
)
def test_ill_typed_graphs_inside_are_refused(change: Any, message: str) -> None:
    entries, entry = loop()
    change(entry[1][0])
    with pytest.raises(ValueError, match=rf"^entry \d \('Inside'\): .*{message}"):
        decode(entries)


@pytest.mark.parametrize("junk", [None, 3, [], {}, "x"])
def test_what_is_no_graph_is_refused(junk: Any) -> None:
    entries, entry = loop()
    entry[1][0] = junk
    with pytest.raises(ValueError, match="not a graph"):
        decode(entries)


def test_work_on_graphs_inside_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    entries = through_text(encode([nest(20).node]))
    monkeypatch.setattr(codec, "LARGEST_NESTED", 50)
    with pytest.raises(ValueError, match="the graphs inside of ops are larger than the limit"):
        decode(entries)


@given(st.data())
def test_loops_read_back(data: st.DataObject) -> None:
    n, axis = symbol("n"), data.draw(st.integers(0, 1))
    sizes = (n, 3) if axis == 0 else (3, n)
    x, s, w = source(Input(0), sizes), source(Input(1), (3,)), source(Weight("w"), (3,))
    outputs = data.draw(st.integers(1, 3))
    (final,), made = scan(lambda s, x: (add(Exp()(s), x), *[add(s, w)] * outputs), [s], [x], axes=axis, reverse=data.draw(st.booleans()))
    dom = (Array(tuple(Axis(f"x{k}", m) for k, m in enumerate(sizes)), "float64"), Array.of((3,), "float64"))
    graph = Graph(dom, tuple(Array.of(v.sizes, "float64") for v in (final, *made)), (final, *made))
    found = from_data(through_text(to_data(graph)))
    assert found == graph and from_data(through_text(to_data(Diagram.from_graph(graph)))) == Diagram.from_graph(graph)


def test_names_of_axes_read_back() -> None:
    x = source(Input(0), (3,))
    y = Exp()(x)
    graph = Graph((X,), (X,), (Exp()(y),), labels=((y.node, Array((Axis("inner", 3),), "float64", "h")),))
    found = from_data(through_text(to_data(graph)))
    assert isinstance(found, Graph) and found.labels == graph.labels and found.labels[0][1].name == "h"
    cases = ([[1, [[["a", 4]], "float64", ""]]], "its axes are called"), ([[9, [[], "bool", ""]]], "no entry 9"), ([1], "not a list")
    for bad, message in cases:
        data = through_text(to_data(graph))
        data["graph"]["labels"] = bad
        with pytest.raises(ValueError, match=f"a graph that cannot be read: .*{message}"):
            from_data(data)


def test_deep_nesting_is_within_the_stack() -> None:
    y: Node = nest(100).node
    assert sys.getrecursionlimit() <= 1000 and Table().add(y) == 303
