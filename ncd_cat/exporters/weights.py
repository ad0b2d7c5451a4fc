"""Weights by name beside a diagram: arrays that are checked against the diagram when they are written and when they are read.

The diagram's file names the file of the weights, its size and its SHA-256, so that the two are known to belong together.

>>> from ncd_cat.graph import Graph, Weight, source
>>> from ncd_cat.types import Array
>>> w = Array.of((2, 3))
>>> fit(Graph((), (w,), (source(Weight("w"), (2, 3)),)), {"w": np.zeros((3, 2), np.float32)}, {"w": "float32"})
Traceback (most recent call last):
    ...
ncd_cat.errors.InputError: weight 'w' has shape (3, 2), but its axis 0 has size 2, not 3
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ncd_cat.errors import FileError, InputError
from ncd_cat.evaluation.binding import bind, check_weights, shape_of, weight_slot
from ncd_cat.exporters import npz, safetensors
from ncd_cat.exporters.files import Together, read_bytes
from ncd_cat.graph import Graph, Node, Weight
from ncd_cat.types import KINDS

FORMATS = ("safetensors", "npz")
Arrays = dict[str, NDArray[Any]]


class Record(NamedTuple):
    """What the file of a diagram says about the file of its weights."""

    file: str
    bytes: int
    sha256: str


def write_weights(graph: Graph, given: Mapping[str, Any], kind: str, path: Path, files: Together) -> dict[str, Any]:
    """Write the weights of a graph beside `path`, and what to say about their file.  Raises InputError and FileError."""
    if kind not in FORMATS:
        raise InputError(f"there is no format {kind!r} of weights: weights_format is one of {', '.join(FORMATS)}")
    target = path.with_name(f"{path.name.removesuffix('.json').removesuffix('.ncd') or path.name}.{kind}")
    arrays, dtypes = _as_arrays(given)
    names = fit(graph, arrays, dtypes)
    arrays = {name: arrays[name] for name in names}

    def fill(stream: BinaryIO) -> None:
        if kind == "npz":
            npz.write(arrays, stream)
        else:
            safetensors.write(arrays, dtypes, stream)

    beside = files.write(target, fill)
    with open(beside, "rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    return Record(target.name, beside.stat().st_size, digest)._asdict()


def read_weights(graph: Graph, data: Any, path: Path) -> Arrays:
    """The weights that the file at `path` names in its record `data`.  Raises FileError."""
    try:
        record = _record(data)
    except ValueError as problem:
        raise FileError(f"{path} does not say where its weights are: {problem}") from None
    place = path.with_name(record.file)
    content = read_bytes(place, record.bytes)
    if len(content) != record.bytes or hashlib.sha256(content).hexdigest() != record.sha256:
        raise FileError(f"{place} is not the file that {path.name} was saved with: its {len(content)} bytes are others")
    try:
        arrays = (npz if place.suffix == ".npz" else safetensors).read(content)
        return {name: arrays[name] for name in fit(graph, arrays, {name: a.dtype.name for name, a in arrays.items()})}
    except (FileError, InputError) as problem:
        raise FileError(f"{place} does not hold the weights of {path.name}: {problem}") from None
    except MemoryError:
        raise FileError(f"{place} cannot be read: it does not fit into memory") from None


def _record(data: Any) -> Record:
    """The record in a file.  Raises ValueError unless it names a file beside it."""
    if type(data) is not dict or list(data) != list(Record._fields):
        raise ValueError(f"due are {', '.join(Record._fields)}")
    found = Record(**data)
    name = found.file
    if type(name) is not str or not name.endswith(tuple(f".{kind}" for kind in FORMATS)) or not name.isprintable():
        raise ValueError(f"{name!r:.80} is no file of weights")
    if any(c in name for c in "/\\:") or name.startswith("."):
        raise ValueError(f"{name!r:.80} is not the name of a file beside it")
    if type(found.bytes) is not int or found.bytes < 0 or type(found.sha256) is not str:
        raise ValueError("the size or the digest of the file is missing")
    return found


# ---- what fits a diagram ------------------------------------------------------------------------------------------


def fit(graph: Graph, arrays: Mapping[str, NDArray[Any]], dtypes: Mapping[str, str]) -> list[str]:
    """The names of the weights of a graph, in order.

    Raises InputError, naming the weight and both shapes, unless there is one array of the right shape and kind for each.
    """
    nodes = weight_nodes(graph)
    slots = {name: weight_slot(n) for name, n in nodes.items()}
    check_weights(slots, arrays)
    for name in arrays:
        if name not in nodes:
            close = get_close_matches(name, list(nodes), 1)
            raise InputError(f"the diagram has no weight {name!r:.80}" + (f": did you mean {close[0]!r}?" if close else ""))
    bind([(slots[name], arrays[name]) for name in nodes])
    for name, n in nodes.items():
        if KINDS[dtypes[name]] != n.kind:
            raise InputError(f"weight {name!r:.80} is {n.kind} in the diagram, the array that is given holds {dtypes[name]}")
    return list(nodes)


def weight_nodes(graph: Graph) -> dict[str, Node]:
    """The weights of a graph by name, those that nothing uses too.  Raises InputError where one has two shapes."""
    found: dict[str, Node] = {}
    for n in graph.nodes():
        if isinstance(n.op, Weight) and found.setdefault(n.op.key, n) is not n:
            one, other = (f"{x.kind} of shape {shape_of(weight_slot(x))}" for x in (found[n.op.key], n))
            raise InputError(f"weight {n.op.key!r:.80} is used as {one} and as {other}: two weights need two names")
    return found


def _as_arrays(given: Mapping[str, Any]) -> tuple[Arrays, dict[str, str]]:
    """The arrays in memory, and their dtypes: a bfloat16 one is the float32 array of the same numbers."""
    arrays: Arrays = {}
    dtypes: dict[str, str] = {}
    for name, value in given.items():
        if type(name) is not str:
            raise InputError(f"the name of a weight is text, not {name!r:.80}")
        arrays[name], dtypes[name] = as_array(name, value)
    return arrays, dtypes


def as_array(name: str, value: Any) -> tuple[NDArray[Any], str]:
    """An array of any library on the host, and its dtype.  Raises InputError where it holds no numbers that we know."""
    try:
        for method in ("detach", "cpu", "get"):  # of torch: without its gradient, on the host; of CuPy: on the host
            if hasattr(value, method) and hasattr(value, "shape"):
                value = getattr(value, method)()
        dtype = str(getattr(value, "dtype", "")).removeprefix("torch.")
        if dtype == "bfloat16":
            value = value.float() if hasattr(value, "float") else np.asarray(value).astype(np.float32)
        array = np.asarray(value)
    except (TypeError, ValueError, RuntimeError, AttributeError) as problem:
        raise InputError(f"weight {name!r:.80} is no array: {problem}") from None
    dtype = dtype if dtype == "bfloat16" else array.dtype.name
    if dtype not in KINDS:
        raise InputError(f"weight {name!r:.80} holds {dtype or type(value).__name__}, a file of weights holds {', '.join(KINDS)}")
    return np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape(array.shape), dtype
