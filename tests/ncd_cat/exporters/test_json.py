"""Graphs and diagrams in files: what is written reads back, and a file that does not is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from ncd_cat.axes import Axis
from ncd_cat.codec import Reader, Table, decode_graph, encode_graph
from ncd_cat.diagram import Diagram
from ncd_cat.errors import FileError
from ncd_cat.exporters.json import from_data, load, load_graph, save, to_data, write_text
from ncd_cat.graph import Graph, Input, source
from ncd_cat.ops.activation import Gelu
from ncd_cat.ops.contraction import add
from ncd_cat.ops.pointwise import Exp
from ncd_cat.types import Array


def through_text(data: Any) -> Any:
    return json.loads(json.dumps(data))


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
        "NaN": "NaN is no JSON number",
        "[1, 2]": "holds no ncd-cat diagram", text.replace('"version":2', '"version":3'): "version 3, it was made by a newer version",
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
