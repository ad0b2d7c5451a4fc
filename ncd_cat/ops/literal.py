"""A literal is a constant array: a table of numbers that the program fixes, such as a mask or a rotary table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from ncd_cat.axes import Access, Sizes
from ncd_cat.graph import Node, Value, source
from ncd_cat.signature import HUGE, Kind, Op

DTYPES = ("bool", "int64", "float64")


@dataclass(frozen=True)
class Literal(Op):
    """The table `data`, little-endian and in row-major order, of numpy dtype `dtype`, one of `DTYPES`."""

    dtype: str
    data: bytes
    glyph = "literal"
    arity = 0

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return {"bool": "bool", "int64": "int"}.get(self.dtype, "real")

    def check(self, n: Node) -> None:
        super().check(n)
        if self.dtype not in DTYPES:
            raise TypeError(f"a literal holds one of {', '.join(DTYPES)}, not {self.dtype!r}")
        if not all(isinstance(s, int) for s in n.sizes):
            raise TypeError(f"a literal has numbers as sizes, not {n.sizes}")
        if math.prod([s for s in n.sizes if isinstance(s, int)]) * np.dtype(self.dtype).itemsize != len(self.data):
            raise TypeError(f"a literal of {self.dtype} and sizes {n.sizes} has not {len(self.data)} bytes")
        if self.dtype == "float64" and bool(np.isnan(self.numpy((-1,))).any()):
            raise TypeError("a literal holds no nan")
        if self.dtype == "bool" and max(self.data) > 1:
            raise TypeError("a truth value is 0 or 1")

    def finite(self, operands: Sequence[Node]) -> bool:
        return bool((np.abs(self.numpy((-1,)).astype(np.float64)) < HUGE).all())

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        return bool((self.numpy((-1,)) > 0).all())

    def defined(self, operands: Sequence[Node]) -> bool:
        return bool(np.isfinite(self.numpy((-1,))).all())

    def table(self, sizes: Sizes) -> NDArray[Any]:
        return self.numpy([n for n in sizes if isinstance(n, int)])

    def numpy(self, shape: Sequence[int]) -> NDArray[Any]:
        """The table as a read-only array.  Raises ValueError unless the shape fits the data."""
        return np.frombuffer(self.data, dtype=np.dtype(self.dtype).newbyteorder("<")).reshape(tuple(shape))

    @property
    def order(self) -> int:
        return hash((self.tag, crc32(self.dtype.encode()), crc32(self.data)))

    def __str__(self) -> str:
        return f"literal<{crc32(self.data):08x}>"

    __repr__ = __str__


def literal(array: Any) -> Value:
    """A constant array (of numbers or truth values) as a value; a single number is a literal without axes."""
    table = np.asarray(array)
    dtype = "bool" if table.dtype == np.bool_ else "int64" if table.dtype.kind in "iu" else "float64"
    data = np.ascontiguousarray(table.astype(np.dtype(dtype).newbyteorder("<")))
    if table.size == 0 or (dtype == "float64" and bool(np.isnan(data).any())):
        raise ValueError("a literal is not empty and holds no nan")
    return source(Literal(dtype, data.tobytes()), tuple(int(n) for n in table.shape))


def entries(op: Literal) -> int:
    """How many entries the table has."""
    return len(op.data) // math.prod([np.dtype(op.dtype).itemsize])
