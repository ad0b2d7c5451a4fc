"""A diagram as a file: the functor into versioned JSON that has an inverse, `.ncd.json`, and its weights in a file beside it.

>>> import pathlib, tempfile
>>> from ncd_cat.diagram import Array, Diagram, Ty
>>> f = Diagram.copy(Ty(Array.of((2, 3), name="x")))
>>> path = pathlib.Path(tempfile.mkdtemp()) / "copy.ncd.json"
>>> save(f, path)
>>> load(path) == f, load(path).dom.inside[0].name
(True, 'x')
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncd_cat.codec import MALFORMED, Reader, Table, decode_graph, encode_graph
from ncd_cat.errors import FileError, InputError, NcdError, UnsupportedOp
from ncd_cat.exporters.files import Together, encoded
from ncd_cat.exporters.files import read_json as read_json
from ncd_cat.exporters.files import write_text as write_text
from ncd_cat.graph import Graph

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ncd_cat.diagram import Diagram

FORMAT, VERSION = "ncd-cat diagram", 2
FIRST = ("format", "version", "nodes")
GRAPH, DIAGRAM = (*FIRST, "graph"), (*FIRST, "types", "parts")


def to_data(program: Diagram | Graph) -> dict[str, Any]:
    """A graph, or a diagram with its layers, as a JSON object.  Raises UnsupportedOp, and ValueError where it is too large."""
    head = {"format": FORMAT, "version": VERSION}
    if isinstance(program, Graph):
        table = Table()
        encoded_graph = encode_graph(program, table)
        return {**head, "nodes": table.entries, "graph": encoded_graph}
    from ncd_cat.exporters.layers import Sheet

    sheet = Sheet()
    last = sheet.add(program)
    assert last == len(sheet.parts) - 1
    return {**head, "nodes": sheet.table.entries, "types": sheet.types, "parts": sheet.parts}


def from_data(data: Any) -> Diagram | Graph:
    """The inverse of `to_data`.  Raises ValueError on anything that it does not give."""
    if type(data) is not dict or data.get("format") != FORMAT:
        raise ValueError(f"it holds no {FORMAT}")
    version = data.get("version")
    if type(version) is not int or not 1 <= version <= VERSION:
        newer = ", it was made by a newer version of this program" if type(version) is int and version > VERSION else ""
        raise ValueError(f"it has version {version!r:.20}{newer}; this program reads versions 1 to {VERSION}")
    reader = Reader()
    if tuple(data) in (GRAPH, (*GRAPH, "weights")):
        reader.extend(data["nodes"])
        return decode_graph(data["graph"], reader)
    if version > 1 and tuple(data) in (DIAGRAM, (*DIAGRAM, "weights")):
        from ncd_cat.exporters.layers import Pages

        reader.extend(data["nodes"])
        parts = Pages(reader, data["types"]).extend(data["parts"])
        if not parts:
            raise ValueError("there is no diagram in it")
        return parts[-1]
    raise ValueError(f"it has the fields {', '.join(data):.80}")


def save(
    diagram: Diagram | Graph, path: str | Path, *, weights: Mapping[str, Any] | None = None, weights_format: str | None = None
) -> None:
    """Write a diagram to a `.ncd.json` file and, if `weights` are given, those to a file beside it: all of it or nothing.

    weights: name -> array, one for each weight of the diagram, as in a state dict; arrays of NumPy, torch, JAX or CuPy.
    weights_format: "safetensors" (if None) or "npz".  The file has the name of `path` with this ending.

    Raises FileError where nothing can be written there, InputError where the weights do not fit the diagram, and UnsupportedOp
    where a box of the diagram is of a class of your own.
    """
    if not isinstance(diagram, Graph) and not hasattr(type(diagram), "to_graph"):
        raise InputError(f"save takes a diagram, not a {type(diagram).__name__}; ncd_cat.from_torch reads a torch model as one")
    if weights is None and weights_format is not None:
        raise InputError(f"weights_format={weights_format!r} is of no use without weights={{name: array}}")
    try:
        data = to_data(diagram)
    except (ValueError, UnsupportedOp) as problem:
        raise (problem if isinstance(problem, NcdError) else FileError(f"{path} cannot be written: {problem}")) from None
    with Together() as files:
        if weights is not None:
            from ncd_cat.exporters.weights import write_weights

            data["weights"] = write_weights(_graph(diagram), weights, weights_format or "safetensors", Path(path), files)
        text = encoded(path, json.dumps(data, separators=(",", ":"), ensure_ascii=False))
        files.write(path, lambda stream: stream.write(text))


def load(path: str | Path) -> Diagram:
    """The diagram in a `.ncd.json` file.  Raises FileError, saying what is wrong with the file."""
    from ncd_cat.diagram import Diagram

    program = _program(path, read_json(path))
    return Diagram.from_graph(program) if isinstance(program, Graph) else program


def load_graph(path: str | Path) -> Graph:
    """The graph of the diagram in a `.ncd.json` file.  Raises FileError."""
    return _checked_graph(path, _program(path, read_json(path)))


def load_weights(path: str | Path) -> dict[str, NDArray[Any]]:
    """The weights that were saved with the diagram in a `.ncd.json` file, by name; bfloat16 ones as the same float32 numbers.

    Raises FileError where it names no weights, or they are not those that were saved, or do not fit the diagram.
    """
    from ncd_cat.exporters.weights import read_weights

    data = read_json(path)
    graph = _checked_graph(path, _program(path, data))
    if "weights" not in data:
        raise FileError(f"{path} names no weights: save them with it, as save(diagram, path, weights={{name: array}})")
    return read_weights(graph, data["weights"], Path(path))


def _program(path: str | Path, data: Any) -> Diagram | Graph:
    try:
        return from_data(data)
    except ValueError as problem:
        raise FileError(f"{path} is not a diagram that can be read: {problem}") from None


def _checked_graph(path: str | Path, program: Diagram | Graph) -> Graph:
    try:
        return _graph(program)
    except (*MALFORMED, NcdError) as problem:
        raise FileError(f"{path} is not a diagram that can be walked through: {problem}") from None


def _graph(program: Diagram | Graph) -> Graph:
    return program if isinstance(program, Graph) else program.graph

