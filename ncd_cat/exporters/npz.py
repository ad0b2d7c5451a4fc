"""Arrays by name as `.npz`: a ZIP archive of `.npy` members, stored as they are, each of exactly the bytes that it declares.

Nothing is unpickled or decompressed, so no member is larger than its part of the file.  Source: numpy.lib.format, versions 1.0
and 2.0; APPNOTE.TXT 6.3 (ZIP).

>>> from io import BytesIO
>>> stream = BytesIO()
>>> write({"w": np.arange(3.0)}, stream)
>>> read(stream.getvalue())
{'w': array([0., 1., 2.])}
"""

from __future__ import annotations

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Mapping
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from ncd_cat.errors import FileError, InputError
from ncd_cat.types import KINDS

BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, EOFError,
          OSError)  # fmt: skip
HEADER = re.compile(rb"\{'descr': '(?P<descr>[<>=|]?[a-zA-Z]\d{1,3})', 'fortran_order': (?P<fortran>True|False), "
                    rb"'shape': \((?P<shape>(?:\d{1,15}, ?)*(?:\d{1,15})?)\),? ?\}\s*")  # fmt: skip
LARGEST_NAME, LARGEST_RANK = 1 << 15, 64


def write(arrays: Mapping[str, NDArray[Any]], stream: BinaryIO) -> None:
    """Write the arrays; equal ones give equal files.  Raises InputError for a name that a ZIP archive cannot hold."""
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for name, array in arrays.items():
            member = zipfile.ZipInfo(f"{name}.npy")
            if member.filename != f"{name}.npy" or "\\" in name or len(name.encode("utf-8", "replace")) > LARGEST_NAME:
                raise InputError(f"weight {name!r:.80} has a name that .npz cannot hold: rename it, or write .safetensors")
            with archive.open(member, "w", force_zip64=True) as inner:
                npy.write_array(inner, array, allow_pickle=False)


def read(data: bytes) -> dict[str, NDArray[Any]]:
    """The arrays of a file.  Raises FileError, naming the array, on anything but plain numbers that are stored as they are."""
    try:
        archive = zipfile.ZipFile(BytesIO(data))
        members = archive.infolist()
    except BROKEN as problem:
        raise FileError(f"it is no .npz file: {problem}") from None
    if sum(m.file_size for m in members) > len(data):
        raise FileError("it declares more bytes than it has")
    found: dict[str, NDArray[Any]] = {}
    for member in members:
        name = member.filename.removesuffix(".npy")
        try:
            if name in found or name == member.filename:
                raise ValueError("it stands there twice, or is no array")
            if member.compress_type != zipfile.ZIP_STORED or member.flag_bits & 1:
                raise ValueError("it is compressed or encrypted: numpy.savez writes it as it is")
            found[name] = _array(archive.read(member))
        except BROKEN as problem:
            raise FileError(f"array {name!r:.80} cannot be read: {problem}") from None
    return found


def _array(data: bytes) -> NDArray[Any]:
    """The array of a `.npy` member: its header is matched letter by letter, for it is no program.  Raises ValueError or struct.error."""
    start, count = {b"\x01\x00": (10, "<H"), b"\x02\x00": (12, "<I")}.get(data[6:8], (0, ""))
    if not start or data[:6] != npy.MAGIC_PREFIX:
        raise ValueError("it is no .npy array of version 1 or 2")
    start += struct.unpack_from(count, data, 8)[0]
    header = HEADER.fullmatch(data[8 + struct.calcsize(count) : start])
    if header is None:
        raise ValueError("its header describes no plain array of numbers")
    dtype = np.dtype(header["descr"].decode("ascii"))
    if dtype.name not in KINDS:
        raise ValueError(f"it holds {dtype}")
    shape = tuple([int(n) for n in header["shape"].replace(b",", b" ").split()])
    if len(shape) > LARGEST_RANK or math.prod(shape) * dtype.itemsize != len(data) - start:
        raise ValueError(f"it has {len(shape)} axes of sizes {shape!s:.80} and {len(data) - start} bytes")
    flat = np.frombuffer(data, dtype, offset=start)
    if dtype.name == "bool" and bool((flat.view(np.uint8) > 1).any()):
        raise ValueError("a truth value is 0 or 1")
    return flat.reshape(shape, order="F" if header["fortran"] == b"True" else "C").astype(dtype.newbyteorder("="), order="C")
