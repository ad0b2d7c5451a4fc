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

BROKEN = (zipfile.BadZipFile, zlib.error, ValueError, TypeError, LookupError, ArithmeticError, RuntimeError, EOFError, OSError, SyntaxError,
          MemoryError, AttributeError)  # fmt: skip
LARGEST_NAME = 1 << 15


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
    stream = BytesIO(data)
    header = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}[npy.read_magic(stream)]
    shape, fortran, dtype = header(stream)
    if dtype.name not in KINDS:
        raise ValueError(f"it holds {dtype}")
    flat = np.frombuffer(data, dtype, offset=stream.tell())
    return flat.reshape(shape, order="F" if fortran else "C").astype(dtype.newbyteorder("="), order="C")
