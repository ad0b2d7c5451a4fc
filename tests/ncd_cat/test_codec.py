"""Nodes and graphs as data: what is written reads back, and whatever else is read is refused by name."""

from __future__ import annotations

import base64
import copy
import json
import time
import zlib
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import fields
from ncd_cat.axes import Axis, whole
from ncd_cat.codec import Reader, Table, decode, decode_graph, encode, encode_graph
from ncd_cat.diagram import Diagram
from ncd_cat.errors import FileError
from ncd_cat.exporters.json import from_data, load, load_graph, save, to_data, write_text
from ncd_cat.fields import decode_access, decode_index, encode_access, encode_index
from ncd_cat.graph import Graph, Input, Node, Weight, node, source, topological
from ncd_cat.ops.activation import Gelu
from ncd_cat.ops.contraction import add, einsum, multiply, scale
from ncd_cat.ops.indexing import Take, embedding
from ncd_cat.ops.literal import literal
from ncd_cat.ops.opaque import Opaque
from ncd_cat.ops.pointwise import Exp, Power
from ncd_cat.ops.softmax import softmax
from ncd_cat.scalars import Scalar
from ncd_cat.signature import Op
from ncd_cat.sizes import symbol
from ncd_cat.types import Array
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


# ---- what is refused ----------------------------------------------------------------------------------------------


def blob(data: bytes, length: int | None = None) -> list[Any]:
    return [len(data) if length is None else length, base64.b64encode(zlib.compress(data)).decode()]


INPUT = ["Input", [0, "real"], [], [3]]
EXP = ["Exp", [], [[0, [0]]], [3]]
BAD: dict[str, Any] = {
    "no list": {"Input": 1}, "entry no list": ["Input"], "too short": [["Input", [0, "real"], []]], "no name": [[3, [], [], []]],
    "unknown op": [["Nothing", [], [], []]], "abstract op": [["Op", [], [], []]], "abstract family": [["Pointwise", [], [], []]],
    "a class of Python": [["object", [], [], []]], "field missing": [["Input", [0], [], [3]]],
    "field too many": [["Input", [0, "real", 1], [], [3]]],
    "bool for int": [["Input", [True, "real"], [], [3]]], "float for int": [["Input", [0.0, "real"], [], [3]]],
    "kind unknown": [["Input", [0, "complex"], [], [3]]], "kind no text": [["Input", [0, 1], [], [3]]],
    "negative input": [["Input", [-1, "real"], [], [3]]], "size 0": [["Input", [0, "real"], [], [0]]],
    "size negative": [["Input", [0, "real"], [], [-3]]], "size bool": [["Input", [0, "real"], [], [True]]],
    "size float": [["Input", [0, "real"], [], [3.0]]], "size nan": [["Input", [0, "real"], [], [float("nan")]]],
    "size constant polynomial": [["Input", [0, "real"], [], [[[3, []]]]]], "sizes no list": [["Input", [0, "real"], [], 3]],
    "forward": [EXP, INPUT], "self": [INPUT, ["Exp", [], [[1, [0]]], [3]]], "negative operand": [INPUT, ["Exp", [], [[-1, [0]]], [3]]],
    "bool operand": [INPUT, ["Exp", [], [[False, [0]]], [3]]], "operand short": [INPUT, ["Exp", [], [[0]], [3]]],
    "no operand": [INPUT, ["Exp", [], [], [3]]], "two operands": [INPUT, ["Exp", [], [[0, [0]], [0, [0]]], [3]]],
    "access short": [INPUT, ["Exp", [], [[0, []]], [3]]], "axis unknown": [INPUT, ["Exp", [], [[0, [1]]], [3]]],
    "axis negative": [INPUT, ["Exp", [], [[0, [-1]]], [3]]], "axis bool": [INPUT, ["Exp", [], [[0, [False]]], [3]]],
    "out of range": [INPUT, ["Exp", [], [[0, [[1, 1, 0, 1, 3]]]], [3]]], "long form": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 1, 3]]]], [3]]],
    "digit cut": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 1]]]], [3]]], "zero coefficient": [INPUT, ["Exp", [], [[0, [[0, 0, 0, 1, 3]]]], [3]]],
    "extent 1": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 1, 1]]]], [3]]], "stride 0": [INPUT, ["Exp", [], [[0, [[0, 1, 0, 0, 2]]]], [3]]],
    "stride negative": [INPUT, ["Exp", [], [[0, [[0, 1, 0, -1, 2]]]], [3]]],
    "digits unsorted": [INPUT, ["Exp", [], [[0, [[0, 1, 1, 1, 2, 1, 0, 1, 2]]]], [2, 2]]],
    "digits unmerged": [["Input", [0, "real"], [], [4]], ["Exp", [], [[0, [[0, 1, 0, 1, 2, 2, 0, 2, 2]]]], [4]]],
    "axis of size 1": [["Input", [0, "real"], [], [1]], ["Exp", [], [[0, [0]]], [3]]],
    "fraction not lowest": [INPUT, ["Power", ["2/4"], [[0, [0]]], [3]]], "fraction no text": [INPUT, ["Power", [0.5], [[0, [0]]], [3]]],
    "fraction by zero": [INPUT, ["Power", ["1/0"], [[0, [0]]], [3]]], "fraction huge": [INPUT, ["Power", ["1e999"], [[0, [0]]], [3]]],
    "scalar": [["Contraction", [[["1.0", [], 0, []]]], [], []]], "spec short": [["Contraction", [[["1", [], 0]]], [], []]],
    "scalar not normal": [["Contraction", [[[["1", [[4, "1/2"]]], [], 0, []]]], [], []]],
    "factors missing": [["Contraction", [[["1", [], 1, []]]], [], []]], "bound 0": [["Contraction", [[["1", [0], 0, []]]], [], []]],
    "guard short": [["Contraction", [[["1", [], 0, [[True]]]]], [], []]],
    "guard int": [["Contraction", [[["1", [], 0, [[1, [0]]]]]], [], []]],
    "guard of nothing": [["Contraction", [[["1", [], 0, [[False, [0, 1, 0, 1, 3]]]]]], [], []]],
    "literal short": [["Literal", ["bool", blob(b"\x01")], [], [2]]], "literal of 2": [["Literal", ["bool", blob(b"\x02")], [], []]],
    "literal nan": [["Literal", ["float64", blob(np.float64("nan").tobytes())], [], []]],
    "literal object": [["Literal", ["object", blob(bytes(8))], [], []]],
    "literal declared less": [["Literal", ["bool", blob(b"\x01\x01", 1)], [], [1]]],
    "literal declared more": [["Literal", ["bool", blob(b"\x01", 2)], [], [2]]],
    "literal huge": [["Literal", ["bool", blob(b"\x01", 1 << 40)], [], []]],
    "literal no base64": [["Literal", ["bool", [1, "???"]], [], []]], "literal no zlib": [["Literal", ["bool", [1, "AAAA"]], [], []]],
    "literal no text": [["Literal", ["bool", [1, 2]], [], []]], "literal length": [["Literal", ["bool", [True, "AAAA"]], [], []]],
    "literal trailing": [["Literal", ["bool", [1, base64.b64encode(zlib.compress(b"\x01") + b"x").decode()]], [], []]],
    "opaque": [["Opaque", ["f", "", [[3]], [3], 0, "real"], [], [3]]], "opaque port": [["Opaque", ["f", "", [], [3], -1, "real"], [], [3]]],
    "opaque output": [["Opaque", ["f", "", [], [3], 0, "real"], [], [4]]], "deep": [[[[[[[[[[[[[[]]]]]]]]]]]]]],
}  # fmt: skip


@pytest.mark.parametrize("entries", BAD.values(), ids=BAD)
def test_what_is_malformed_is_refused(entries: Any) -> None:
    with pytest.raises(ValueError, match=r"^entry \d+ \(|^not a list"):
        decode(entries)


def test_errors_name_the_entry() -> None:
    with pytest.raises(ValueError, match=r"entry 1 \('Exp'\): exp reads axis 0 \(size 3\) of operand 0 .* runs from 1 to 3"):
        decode([INPUT, ["Exp", [], [[0, [[1, 1, 0, 1, 3]]]], [3]]])


def test_literals_share_a_budget() -> None:
    table = encode([literal(np.arange(10)).node, literal(np.arange(11)).node])
    assert len(decode(table, limit=168)) == 2
    with pytest.raises(ValueError, match=r"entry 1 \('Literal'\): literal tables are larger than the limit"):
        decode(table, limit=167)


def test_deep_data_is_refused() -> None:
    deep: list[Any] = []
    for _ in range(5000):
        deep = [deep]
    entries = (deep, [deep, [], [], []], ["Input", deep, [], []], ["Power", [deep], [], []], ["Input", [0, "real"], [], [deep]])
    for data in ([entry] for entry in entries):
        with pytest.raises(ValueError, match="entry 0"):
            decode(data)


def test_hostile_polynomials_cost_little() -> None:
    start = time.process_time()
    for size in ([[1, [["n", 1 << 30]]]], [[1, [[f"x{k}", 9] for k in range(30)]]], [[k, [[f"x{k}", 1]]] for k in range(1, 50_000)]):
        with pytest.raises(ValueError, match="not a size"):
            decode([["Input", [0, "real"], [], [size]]])
    assert time.process_time() - start < 4


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
            holder[key] = draw(st.sampled_from(JUNK))
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


# ---- graphs and files ---------------------------------------------------------------------------------------------


def sample() -> Graph:
    x = source(Input(0), (3, 4))
    y = add(Gelu()(x), x)
    dom = Array((Axis("q", 3), Axis("k", 4)), "float64", "hidden")
    return Graph((dom,), (Array(dom.axes, "float32", "out"),), (y,), (Exp()(x).node,), ((y.node, ("h.0", "mlp")),))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(dom=[]), "input 0 is read as real of sizes .3, 4., its type is not declared"),
        (lambda d: d["dom"][0].__setitem__(1, "int64"), "its type is int64"),
        (lambda d: d["dom"][0][0][0].__setitem__(1, 5), "its type is float64"),
        (lambda d: d.update(cod=[]), "outputs are declared as 0"),
        (lambda d: d["cod"][0][0][0].__setitem__(1, 5), "output 0 has sizes"),
        (lambda d: d["cod"][0].__setitem__(1, "float33"), "dtype 'float33'"),
        (lambda d: d["cod"][0].__setitem__(2, None), "not an array type"),
        (lambda d: d["cod"][0][0][0].__setitem__(0, 1), "not the name of an axis"),
        (lambda d: d["cod"][0][0][1].__setitem__(0, "q"), "axis 'q' appears twice"),
        (lambda d: d["outputs"][0].__setitem__(0, 99), "there is no entry 99"),
        (lambda d: d["outputs"][0].__setitem__(1, [[1, 1, 0, 1, 3], 1]), "may leave its axis"),
        (lambda d: d["outputs"][0].__setitem__(2, [4, 4]), "output 0 has sizes|is not one of axes"),
        (lambda d: d["dead"].append("x"), "not a natural number"),
        (lambda d: d["blocks"][0].__setitem__(1, "h"), "not a list"),
        (lambda d: d["blocks"][0].__setitem__(1, [1]), "not a module path"),
        (lambda d: d.update(more=1), "not a graph"),
        (lambda d: d.pop("dead"), "not a graph"),
    ],
)
def test_ill_typed_graphs_are_refused(change: Any, message: str) -> None:
    data = through_text(to_data(sample()))
    change(data["graph"])
    with pytest.raises(ValueError, match=message):
        from_data(data)


def test_two_graphs_share_a_table() -> None:
    table = Table()
    data = through_text([encode_graph(sample(), table), encode_graph(sample(), table)])
    assert len(table.entries) == len(sample().nodes())
    reader = Reader()
    reader.extend(through_text(table.entries))
    assert [decode_graph(d, reader) for d in data] == [sample(), sample()]


def test_files_read_back(tmp_path: Path) -> None:
    path = tmp_path / "model.ncd.json"
    save(sample(), path)
    assert load_graph(path) == sample()
    diagram = load(path)
    assert isinstance(diagram, Diagram) and diagram.graph == sample()
    save(diagram, str(path))
    assert load_graph(str(path)) == sample()
    assert [p.name for p in tmp_path.iterdir()] == ["model.ncd.json"]
    assert path.stat().st_mode & 0o444


def test_files_that_cannot_be_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "model.ncd.json"
    with pytest.raises(FileError, match=r"model.ncd.json cannot be read: No such file"):
        load(path)
    with pytest.raises(FileError, match="cannot be read: Is a directory"):
        load(tmp_path)
    save(sample(), path)
    text = path.read_text()
    cases = {
        text[: len(text) // 2]: "is not JSON", "": "truncated", "{}": "holds no ncd-cat diagram", "[" * 100_000: "nested too deeply",
        "NaN": "NaN is no JSON number", "[1, 2]": "holds no ncd-cat diagram", text.replace('"version":1', '"version":2'): "version 2",
        text.replace('"nodes"', '"node"'): "has the fields", text.replace('"Gelu"', '"Gelv"'): "there is no such op",
        "1" * 5000: "not JSON as it should",
    }  # fmt: skip
    for bad, message in cases.items():
        path.write_text(bad)
        with pytest.raises(FileError, match=message):
            load(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileError, match="is not text"):
        load(path)


def test_files_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="cannot be written: No such file"):
        save(sample(), tmp_path / "none" / "model.ncd.json")
    (tmp_path / "taken").mkdir()
    with pytest.raises(FileError, match="cannot be written: Is a directory"):
        write_text(tmp_path / "taken", "x")
    assert [p.name for p in tmp_path.iterdir()] == ["taken"]


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
