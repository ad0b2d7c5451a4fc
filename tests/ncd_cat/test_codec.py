"""Nodes and graphs as data: what is written reads back, and whatever else is read is refused by name."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import fields
from ncd_cat.axes import whole
from ncd_cat.codec import Table, decode, encode
from ncd_cat.exporters.json import from_data, to_data
from ncd_cat.fields import decode_access, decode_index, encode_access, encode_index
from ncd_cat.graph import Graph, Input, Node, Weight, node, source, topological
from ncd_cat.ops.activation import Gelu
from ncd_cat.ops.contraction import add, einsum, multiply, scale
from ncd_cat.ops.indexing import Take, embedding
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Power
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Op
from ncd_cat.sizes import symbol
from ncd_cat.welltyped import validate
from tests.strategies import graphs


def through_text(data: Any) -> Any:
    return json.loads(json.dumps(data))


N = symbol("n")
X = source(Input(0), (3, N))
SAMPLES: list[Node] = [
    X.node, source(Weight("h.0.weight"), (N * 4 + 1, 2)).node, literal(np.array([[True, False]])).node, literal([1.5, -np.inf, 0.1]).node,
    literal(np.arange(4)).node, Power(Fraction(-1, 2))(X).node, softmax(X, 1).node, scale(X, Scalar.of(N).power(Fraction(-1, 2))).node,
    embedding(source(Weight("wte"), (50, 8)), source(Input(1, "int"), (2, 5))).node,
    multiply(X, X, scalar=Scalar.of(6).power(Fraction(1, 2))).node,
    node(Opaque("f", "a=1", ((3, N),), (2,), 1, "bool"), [(X.node, (whole(0, 3), whole(1, N)))], (2,)),
]  # fmt: skip


# ---- there and back -----------------------------------------------------------------------------------------------


@given(graphs())
def test_graphs_read_back(graph: Graph) -> None:
    found = from_data(through_text(to_data(graph)))
    assert found == graph
    assert [a.name for a in found.dom] == [a.name for a in graph.dom]


@pytest.mark.parametrize("n", SAMPLES, ids=str)
def test_nodes_read_back(n: Node) -> None:
    assert decode(through_text(encode([n])))[-1] is n


@given(graphs())
def test_tables_grow_by_what_is_new(graph: Graph) -> None:
    table = Table()
    for n in graph.nodes():
        k = table.add(n)
        assert table.add(n) == k
        assert set(table.ids) >= set(topological([n]))
    assert decode(table.entries) == list(table.ids)
    assert len(table.entries) == len(graph.nodes())


def test_every_op_can_be_written() -> None:
    classes = fields.op_classes()
    assert {"Input", "Weight", "Contraction", "Softmax", "Literal", "Opaque", "Take"} <= set(classes)
    for cls in classes.values():
        assert fields.form(cls).name == cls.__name__


def test_ops_of_others_are_not_read() -> None:
    class Foreign(Op):
        pass

    assert "Foreign" not in fields.op_classes()
    assert Foreign.__subclasses__() == []


def test_what_has_no_form_is_our_mistake() -> None:
    with pytest.raises(TypeError, match="has no form as data"):
        fields.field(dict[str, int])
    optional = fields.field(int | None)
    assert optional.read(None) is None and optional.read(optional.write(3)) == 3


def test_the_form_is_compact() -> None:
    assert encode_access(((0, ((1, 2, 1, 5),)), (0, ()), (3, ((2, 0, 4, 6),))), (5, 1, 20)) == [2, [0], [3, 2, 0, 4, 6]]
    assert encode_index((N, ((1, 0, 1, N),))) == [[[1, [["n", 1]]]], 1, 0, 1, [[1, [["n", 1]]]]]


# ---- fuzz ---------------------------------------------------------------------------------------------------------

JUNK: list[Any] = [0, 1, -1, 2, 3.5, True, False, None, "", "real", "1/2", [], [0], {}, [[1, [["n", 1]]]], "Exp", "Softmax", 1 << 70]


def places(data: Any) -> Iterator[tuple[Any, Any]]:
    """All containers in data, with a key each."""
    items = enumerate(data) if isinstance(data, list) else data.items() if isinstance(data, dict) else ()
    for key, inner in items:
        yield data, key
        yield from places(inner)


@st.composite
def mutants(draw: Any, data: Any) -> Any:
    data = copy.deepcopy(data)
    for _ in range(draw(st.integers(1, 2))):
        holder, key = draw(st.sampled_from(list(places(data)) or [([0], 0)]))
        kind = draw(st.integers(0, 3))
        if kind == 0 and isinstance(holder, list):
            del holder[key]
        elif kind == 1 and isinstance(holder, list):
            holder.insert(key, copy.deepcopy(holder[key]))
        elif kind == 2 and type(holder[key]) is int:
            holder[key] += draw(st.sampled_from((-1, 1, 2)))
        else:
            holder[key] = copy.deepcopy(draw(st.sampled_from(JUNK)))
    return data


@settings(max_examples=100)
@given(st.data(), graphs(4))
def test_mutated_data_is_well_typed_or_refused(data: st.DataObject, graph: Graph) -> None:
    mutant = data.draw(mutants(through_text(to_data(graph))))
    try:
        found = from_data(mutant)
    except ValueError:
        return
    for n in found.nodes():
        validate(n)
    again = from_data(through_text(to_data(found)))
    assert again == found


@given(st.data(), st.sampled_from(SAMPLES))
def test_mutated_nodes_are_well_typed_or_refused(data: st.DataObject, n: Node) -> None:
    entries = through_text(encode([n]))
    mutant = data.draw(mutants(entries))
    try:
        found = decode(mutant)
    except ValueError:
        return
    assert encode(found) == [e for k, e in enumerate(mutant) if found.index(found[k]) == k]


@given(st.recursive(st.sampled_from(JUNK), lambda inner: st.lists(inner, max_size=4), max_leaves=8))
def test_junk_is_refused(data: Any) -> None:
    for read in (decode_index, lambda d: decode_access(d, (3, 1)), decode, from_data):
        try:
            found = read(data)
        except ValueError:
            continue
        assert found == [] or read is decode_index or len(found) == 2


# ---- speed --------------------------------------------------------------------------------------------------------


def test_thousands_of_nodes_take_milliseconds() -> None:
    x = source(Input(0), (16, 32))
    for k in range(1250):
        y = einsum("ij,jk->ik", x, source(Weight(f"w{k}"), (32, 32)))
        x = add(x, Gelu()(y))
    start = time.process_time()
    entries = encode([x.node])
    middle = time.process_time()
    assert decode(entries)[-1] is x.node
    assert len(entries) == 5001
    assert middle - start < 3
    assert time.process_time() - middle < 6


def test_take_keeps_its_size() -> None:
    table = source(Weight("wte"), (N, 8))
    n = embedding(table, source(Input(0, "int"), (2,))).node
    assert decode(through_text(encode([n])))[-1].op == Take(N)
