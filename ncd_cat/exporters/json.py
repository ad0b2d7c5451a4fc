"""A diagram as a file: the functor into versioned JSON that has an inverse, `.ncd.json`.

>>> import tempfile, pathlib
>>> from ncd_cat.graph import Graph, Input, source
>>> from ncd_cat.types import Array
>>> x = Array.of((2, 3))
>>> path = pathlib.Path(tempfile.mkdtemp()) / "identity.ncd.json"
>>> save(Graph((x,), (x,), (source(Input(0), (2, 3)),)), path)
>>> load_graph(path).dom
(Array(axes=(Axis(name='a', size=2), Axis(name='b', size=3)), dtype='float32', name=''),)
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ncd_cat.codec import Reader, Table, decode_graph, encode_graph
from ncd_cat.errors import FileError
from ncd_cat.graph import Graph

if TYPE_CHECKING:
    from ncd_cat.diagram import Diagram

FORMAT, VERSION = "ncd-cat diagram", 1


def to_data(graph: Graph) -> dict[str, Any]:
    """The graph as a JSON object with format, version, the table of its nodes, and the graph over it."""
    table = Table()
    encoded = encode_graph(graph, table)
    return {"format": FORMAT, "version": VERSION, "nodes": table.entries, "graph": encoded}


def from_data(data: Any) -> Graph:
    """The inverse of `to_data`.  Raises ValueError on anything that it does not give."""
    if type(data) is not dict or data.get("format") != FORMAT:
        raise ValueError(f"it holds no {FORMAT}")
    if data.get("version") != VERSION:
        raise ValueError(f"it has version {data.get('version')!r:.20}, this program reads version {VERSION}")
    if list(data) != ["format", "version", "nodes", "graph"]:
        raise ValueError(f"it has the fields {', '.join(data):.80}")
    reader = Reader()
    reader.extend(data["nodes"])
    return decode_graph(data["graph"], reader)


def save(diagram: Diagram | Graph, path: str | Path) -> None:
    """Write a diagram, or its graph, to a `.ncd.json` file, all of it or nothing.  Raises FileError."""
    graph = diagram if isinstance(diagram, Graph) else diagram.to_graph()
    write_text(path, json.dumps(to_data(graph), separators=(",", ":")))


def load(path: str | Path) -> Diagram:
    """The diagram in a `.ncd.json` file.  Raises FileError, saying what is wrong with the file."""
    from ncd_cat.diagram import Diagram

    return Diagram.from_graph(load_graph(path))


def load_graph(path: str | Path) -> Graph:
    """The graph of the diagram in a `.ncd.json` file.  Raises FileError."""
    data = read_json(path)
    try:
        return from_data(data)
    except ValueError as problem:
        raise FileError(f"{path} is not a diagram that can be read: {problem}") from None


def read_json(path: str | Path) -> Any:
    """The JSON value in a file.  Raises FileError where it is missing, unreadable, truncated, or no JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"), parse_constant=_refuse)
    except OSError as problem:
        raise FileError(f"{path} cannot be read: {problem.strerror}") from None
    except UnicodeDecodeError:
        raise FileError(f"{path} is not text: a JSON file is due") from None
    except RecursionError:
        raise FileError(f"{path} is nested too deeply to be one of ours") from None
    except json.JSONDecodeError as problem:
        cut = " (it ends too early: is it truncated?)" if not problem.doc[problem.pos :].strip() else ""
        raise FileError(f"{path} is not JSON: {problem.msg} at line {problem.lineno}, column {problem.colno}{cut}") from None
    except ValueError as problem:
        raise FileError(f"{path} is not JSON as it should be: {problem}") from None


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, all of it or nothing: to a temporary file beside it, which then takes its place.  Raises FileError."""
    target = Path(path)
    name = ""
    try:
        with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=target.parent, prefix=f".{target.name}.", delete=False) as file:
            name = file.name
            file.write(text)
        os.chmod(name, 0o666 & ~_umask())
        os.replace(name, target)
    except OSError as problem:
        if name:
            with contextlib.suppress(OSError):
                os.unlink(name)
        raise FileError(f"{path} cannot be written: {problem.strerror}") from None


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask


def _refuse(text: str) -> Any:
    raise ValueError(f"{text} is no JSON number")
