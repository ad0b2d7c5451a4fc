"""Numbers, index maps and the fields of ops as JSON data, each in exactly one form.

An index c + Σ s·((i div t) mod n) is `[c, s, i, t, n, …]`; in an access, the plain number i stands for the axis i as it is,
read over the whole of the axis in question.  How an op is written follows from the annotations of its dataclass.

>>> encode_access(((0, ((1, 2, 1, 5),)), (1, ((2, 0, 1, 3),))), (5, 7))
[2, [1, 2, 0, 1, 3]]
"""

from __future__ import annotations

import base64
import importlib
import pkgutil
import reprlib
import types
import zlib
from binascii import Error as Base64Error
from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from fractions import Fraction
from functools import cache, lru_cache
from inspect import isabstract
from typing import Any, NamedTuple, Union, cast, get_args, get_origin, get_type_hints

from ncd_cat.axes import Access, Index, Sizes, add
from ncd_cat.graph import Graph
from ncd_cat.scalars import Scalar, read_fraction
from ncd_cat.signature import Op
from ncd_cat.sizes import Size, from_json, to_json


class Field(NamedTuple):
    """How values of one type are written and read; `read` raises ValueError on anything that `write` does not give."""

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def as_list(data: Any) -> list[Any]:
    """The data, a list.  Raises ValueError on anything else."""
    if type(data) is not list:
        raise ValueError(f"not a list: {reprlib.repr(data)}")
    return data


def natural(data: Any) -> int:
    """The data, an integer of at least 0.  Raises ValueError on anything else."""
    if type(data) is not int or data < 0:
        raise ValueError(f"not a natural number: {reprlib.repr(data)}")
    return data


# ---- sizes, indices and accesses ----------------------------------------------------------------------------------


def encode_sizes(values: Sizes) -> list[Any]:
    """The sizes as numbers; a polynomial as `sizes.to_json` writes it."""
    return [n if type(n) is int else to_json(n) for n in values]


def decode_sizes(data: Any) -> Sizes:
    """The inverse of `encode_sizes`.  Raises ValueError."""
    return tuple([n if type(n) is int else from_json(n) for n in as_list(data)])


def encode_index(e: Index) -> list[Any]:
    """The index as [c, s, i, t, n, …]."""
    flat: list[Any] = [e[0] if type(e[0]) is int else to_json(e[0])]
    for digit in e[1]:
        flat += [n if type(n) is int else to_json(n) for n in digit]
    return flat


def decode_index(data: Any) -> Index:
    """The inverse of `encode_index`.  Raises ValueError unless the index is in normal form."""
    if len(as_list(data)) % 4 != 1:
        raise ValueError(f"not an index: {reprlib.repr(data)}")
    flat = decode_sizes(data)
    digits = tuple([(flat[k], natural(flat[k + 1]), flat[k + 2], flat[k + 3]) for k in range(1, len(flat), 4)])
    e: Index = (flat[0], digits)
    if add(e) != e:
        raise ValueError(f"index {reprlib.repr(data)} is not in normal form")
    return e


def encode_access(access: Access, read: Sizes) -> list[Any]:
    """The access to an array of sizes `read`, one index per axis; a whole axis is its number."""
    found: list[Any] = []
    for e, size in zip(access, read, strict=True):
        digits = e[1]
        if len(digits) == 1 and e[0] == 0 and digits[0][0] == 1 == digits[0][2] and digits[0][3] == size:
            found.append(digits[0][1])
        else:
            found.append(encode_index(e))
    return found


def decode_access(data: Any, read: Sizes) -> Access:
    """The inverse of `encode_access`.  Raises ValueError; whether the indices lie within `read` is not checked here."""
    if len(as_list(data)) != len(read):
        raise ValueError(f"an access to {len(read)} axes has {len(data)} indices")
    found: list[Index] = []
    for item, size in zip(data, read, strict=True):
        if type(item) is int:
            if item < 0 or size == 1:
                raise ValueError(f"{item} is no axis of size {size}")
            found.append((0, ((1, item, 1, size),)))
        else:
            found.append(decode_index(item))
            if type(encode_access(found[-1:], (size,))[0]) is int:  # type: ignore[arg-type]
                raise ValueError(f"index {reprlib.repr(item)} is a whole axis: it is written as a number")
    return tuple(found)


# ---- the fields of ops --------------------------------------------------------------------------------------------


def _exactly(kind: type) -> Field:
    def read(data: Any) -> Any:
        if type(data) is not kind:
            raise ValueError(f"{reprlib.repr(data)} is not of type {kind.__name__}")
        return data

    return Field(lambda value: value, read)


@lru_cache(maxsize=1024)
def _rational(text: str) -> Scalar:
    return Scalar.from_json(text)


def _read_scalar(data: Any) -> Scalar:
    return _rational(data) if type(data) is str else Scalar.from_json(data)


def _write_bytes(value: bytes) -> list[Any]:
    return [len(value), base64.b64encode(zlib.compress(value, 6)).decode("ascii")]


def _read_bytes(data: Any) -> bytes:
    length, text = as_list(data)
    inflate = zlib.decompressobj()
    try:
        value = inflate.decompress(base64.b64decode(text, validate=True), natural(length) + 1)
    except (zlib.error, Base64Error) as problem:
        raise ValueError(f"bytes that cannot be read: {problem}") from None
    if len(value) != length or not inflate.eof or inflate.unused_data:
        raise ValueError(f"bytes of another length than the declared {length}")
    return value


def _size_field() -> Field:
    return Field(to_json, lambda data: data if type(data) is int else from_json(data))


BASIC: tuple[tuple[Any, Callable[[], Field]], ...] = (
    (int, lambda: _exactly(int)),
    (str, lambda: _exactly(str)),
    (bool, lambda: _exactly(bool)),
    (bytes, lambda: Field(_write_bytes, _read_bytes)),
    (Fraction, lambda: Field(str, read_fraction)),
    (Scalar, lambda: Field(Scalar.to_json, _read_scalar)),
    (Size, _size_field),
    (Graph, lambda: _exactly(Graph)),
    (Sizes, lambda: Field(encode_sizes, decode_sizes)),
    (Index, lambda: Field(encode_index, decode_index)),
)


def field(hint: Any) -> Field:
    """How values of the annotated type are written.  Raises TypeError where the type has no form as data."""
    for kind, make in BASIC:
        if hint == kind:
            return make()
    if get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint):
        inner = field(Union[tuple(a for a in get_args(hint) if a is not type(None))])  # noqa: UP007
        return Field(lambda v: None if v is None else inner.write(v), lambda d: None if d is None else inner.read(d))
    if get_origin(hint) is tuple and get_args(hint)[1:] == (...,):
        item = field(get_args(hint)[0])
        return Field(lambda v: [item.write(x) for x in v], lambda d: tuple([item.read(x) for x in as_list(d)]))
    if get_origin(hint) is tuple:
        return _record(tuple, get_args(hint))
    if isinstance(hint, type) and issubclass(hint, tuple) and hasattr(hint, "_make"):
        return _record(hint._make, tuple(get_type_hints(hint).values()))
    raise TypeError(f"{hint} has no form as data")


def _record(make: Callable[[Iterable[Any]], Any], hints: Sequence[Any]) -> Field:
    parts = [field(h) for h in hints]
    writes, reads = [p.write for p in parts], [p.read for p in parts]

    def read(data: Any) -> Any:
        if len(as_list(data)) != len(reads):
            raise ValueError(f"{len(reads)} entries are due, not {len(data)}")
        return make([r(d) for r, d in zip(reads, data, strict=True)])

    return Field(lambda value: [w(v) for w, v in zip(writes, value, strict=True)], read)


class Form(NamedTuple):
    """How one op class is written: its name, the names of its fields, their forms, and which of them hold bytes, or a graph.

    A graph shares the table of the node whose op holds it, so `codec` writes and reads it: here it stays as it is.
    """

    name: str
    names: tuple[str, ...]
    record: Field
    blobs: tuple[int, ...]
    graphs: tuple[int, ...]


@cache
def form(cls: type[Op]) -> Form:
    """The form of an op class, from its annotations."""
    hints = get_type_hints(cls)
    names = tuple(f.name for f in fields(cls))
    make = cast(Callable[[Iterable[Any]], Op], lambda values: cls(*values))
    blobs, graphs = (tuple(k for k, name in enumerate(names) if hints[name] is kind) for kind in (bytes, Graph))
    return Form(cls.__name__, names, _record(make, [hints[name] for name in names]), blobs, graphs)


@cache
def op_classes() -> dict[str, type[Op]]:
    """The op classes of this package by name: those of `ncd_cat.graph` and `ncd_cat.ops` that are not abstract."""
    package = importlib.import_module("ncd_cat.ops")
    for module in pkgutil.iter_modules(package.__path__, "ncd_cat.ops."):
        importlib.import_module(module.name)
    found: dict[str, type[Op]] = {}
    stack: list[type[Op]] = [Op]
    while stack:
        cls = stack.pop()
        below = [c for c in cls.__subclasses__() if c.__module__.startswith("ncd_cat.")]
        stack += below
        if not below and not isabstract(cls):
            assert cls.__name__ not in found, f"two ops are called {cls.__name__}"
            found[cls.__name__] = cls
    return found
