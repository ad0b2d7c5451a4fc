"""Arrays by name as `.safetensors`: the length of a header, the header in JSON, and the entries of all arrays, without a gap.

Read and written here in full, so that no other package is needed, and that bfloat16, which NumPy has not, is exact: such an
array is held as the float32 array of the same numbers.  Source: the format of huggingface/safetensors, version 0.4.

>>> from io import BytesIO
>>> stream = BytesIO()
>>> write({"w": np.arange(3.0)}, {}, stream)
>>> read(stream.getvalue())
{'w': array([0., 1., 2.])}
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Iterable, Mapping
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ncd_cat.errors import FileError, InputError

CODES = {"float64": "F64", "float32": "F32", "float16": "F16", "bfloat16": "BF16", "int64": "I64", "int32": "I32", "int16": "I16",
         "int8": "I8", "uint8": "U8", "bool": "BOOL"}  # fmt: skip
DTYPES = {code: "uint16" if name == "bfloat16" else name for name, code in CODES.items()}
LARGEST_HEADER, LARGEST_RANK, LARGEST_SIZE = 100_000_000, 64, 1 << 48
METADATA = "__metadata__"


def write(arrays: Mapping[str, NDArray[Any]], dtypes: Mapping[str, str], stream: BinaryIO) -> None:
    """Write the arrays, those with `dtypes[name] == "bfloat16"` as such; equal ones give equal files.

    Raises InputError for the one name that the format keeps for itself.
    """
    if METADATA in arrays:
        raise InputError(f"weight {METADATA!r} has the one name that .safetensors cannot hold: rename it, or write .npz")
    header, at, blocks = {}, 0, []
    for name in sorted(arrays, key=lambda name: (-arrays[name].itemsize, name)):
        array, dtype = arrays[name], dtypes.get(name, arrays[name].dtype.name)
        if dtype == "bfloat16":
            array = (np.ascontiguousarray(array).view(np.uint32) >> 16).astype(np.uint16)
        header[name] = {"dtype": CODES[dtype], "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
        blocks.append(array)
    text = json.dumps(header, separators=(",", ":")).encode("ascii")
    text += b" " * (-len(text) % 8)
    stream.write(struct.pack("<Q", len(text)) + text)
    for array in blocks:
        stream.write(np.ascontiguousarray(array, array.dtype.newbyteorder("<")).data)


def read(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a file.  Raises FileError, naming the array, unless they fill it exactly."""
    (length,) = struct.unpack_from("<Q", data.ljust(8, b"\xff"))
    if length > min(LARGEST_HEADER, len(data) - 8):
        raise FileError("it is no .safetensors file, or it is truncated")
    try:
        header = json.loads(data[8 : 8 + length].decode("utf-8"), object_pairs_hook=_object)
    except (ValueError, RecursionError) as problem:
        raise FileError(f"it is no .safetensors file: its header cannot be read: {problem}") from None
    if type(header) is not dict:
        raise FileError("it is no .safetensors file: its header is no object")
    body = memoryview(data)[8 + length :]
    found, parts = {}, []
    for name, entry in header.items():
        if name != METADATA:
            try:
                begin, end, found[name] = _array(entry, body)
            except (ValueError, TypeError, LookupError) as problem:
                raise FileError(f"array {name!r:.80} cannot be read: {problem}") from None
            parts.append((begin, end))
    if _gaps(parts, len(body)):
        raise FileError("it is no .safetensors file: its arrays overlap, or there are bytes between or after them")
    return found


def _array(entry: Any, body: memoryview) -> tuple[int, int, NDArray[Any]]:
    """Where an array lies in the body, and the array.  Raises ValueError, TypeError or LookupError."""
    if type(entry) is not dict or set(entry) != {"dtype", "shape", "data_offsets"}:
        raise ValueError("its entry is not {dtype, shape, data_offsets}")
    (begin, end), shape, code = entry["data_offsets"], entry["shape"], entry["dtype"]
    if code not in DTYPES:
        raise ValueError(f"it holds {code!r:.20}, which is none of {', '.join(DTYPES)}")
    dtype = np.dtype(DTYPES[code]).newbyteorder("<")
    known = all(type(n) is int and 0 <= n <= LARGEST_SIZE for n in (begin, end, *shape))
    if len(shape) > LARGEST_RANK or not known or not begin <= end <= len(body):
        raise ValueError("its sizes and its place are not natural numbers within the file")
    if math.prod(shape) * dtype.itemsize != end - begin:
        raise ValueError(f"it has shape {tuple(shape)} and {end - begin} bytes")
    array = np.frombuffer(body[begin:end], dtype).reshape(shape)
    if code == "BF16":
        return begin, end, (array.astype(np.uint32) << 16).view(np.float32)
    if code == "BOOL" and bool((array.view(np.uint8) > 1).any()):
        raise ValueError("a truth value is 0 or 1")
    return begin, end, array.astype(dtype.newbyteorder("="))


def _gaps(parts: Iterable[tuple[int, int]], size: int) -> bool:
    at = 0
    for begin, end in sorted(parts):
        if begin != at:
            return True
        at = end
    return at != size


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands in it twice")
    return found
