"""Boxes as data: each generator of the free category is its class, by name, and the arguments that make it.

The list of classes here is closed: a file names a class of it, or is refused.  `Sheet` and `Pages` of `ncd_cat.exporters.layers`
number the types, diagrams and nodes that boxes share.
"""

from __future__ import annotations

import reprlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from ncd_cat.axes import Axis, Sizes
from ncd_cat.codec import encode_op
from ncd_cat.diagram import Block, Box, Broadcast, Copy, Diagram, Discard, Operation, Permutation, Reindex, Swap
from ncd_cat.diagram.repeats import Repeat
from ncd_cat.errors import UnsupportedOp
from ncd_cat.exporters.bounds import inhabited
from ncd_cat.fields import as_list, decode_access, encode_access, natural
from ncd_cat.sizes import from_json, to_json

if TYPE_CHECKING:
    from ncd_cat.exporters.layers import Pages, Sheet


LONGEST_NAME = 256  # of a step of a loop: its number is looked for


class Form(NamedTuple):
    """How the boxes of one class are written: what its entries are called, the entries of a box, and a box from entries."""

    cls: type[Box]
    names: tuple[str, ...]
    write: Callable[[Sheet, Any], list[Any]]
    read: Callable[..., Diagram]


def write_box(sheet: Sheet, box: Box) -> list[Any]:
    """The box as [class, entries …]; the diagram inside has been added.  Raises UnsupportedOp for a class that is not listed."""
    form = FORMS.get(type(box).__name__)
    if form is None or form.cls is not type(box):
        raise UnsupportedOp(f"{box} is a box of class {type(box).__name__}, which cannot be written: make it a block of boxes that can")
    return [form.cls.__name__, *form.write(sheet, box)]


def read_box(pages: Pages, data: list[Any]) -> Diagram:
    """The inverse of `write_box`.  Raises ValueError or TypeError unless the box is well typed."""
    form = FORMS.get(data[0])
    if form is None:
        raise ValueError("there is no such box")
    if len(data) != 1 + len(form.names):
        raise ValueError(f"it has {len(data) - 1} entries, due are {', '.join(form.names)}")
    return form.read(pages, *data[1:])


def _copies(pages: Pages, wires: Any, count: Any) -> Diagram:
    pages.bounds.wires(natural(count))
    return Copy(pages.wires(wires), count)


def _read_reindex(pages: Pages, dom: Any, cod: Any, access: Any) -> Diagram:
    x, y = pages.wires(dom), pages.wires(cod)
    return Reindex(x, y, decode_access(access, _sizes(x, 0)))


def _write_operation(sheet: Sheet, box: Operation) -> list[Any]:
    ops, accesses = box.data
    read = [encode_access(e, a.sizes) for e, a in zip(accesses, box.dom.inside, strict=True)]
    return [[encode_op(op, sheet.table) for op in ops], sheet.wires(box.dom), sheet.wires(box.cod), read]


def _read_operation(pages: Pages, ops: Any, dom: Any, cod: Any, accesses: Any) -> Diagram:
    x, y = pages.wires(dom), pages.wires(cod)
    read = [decode_access(e, _sizes(x, k)) for k, e in enumerate(as_list(accesses))]
    found = [pages.reader.op(*_pair(data)) for data in as_list(ops)]
    if not found:
        raise ValueError("there is no op in it")
    return Operation(found, x, y, read)


def _sizes(x: Any, k: int) -> Sizes:
    if k >= len(x):
        raise ValueError(f"there is no wire {k}")
    found: Sizes = x.inside[k].sizes
    return found


def _pair(data: Any) -> tuple[Any, Any]:
    first, second = as_list(data)
    return first, second


def _write_axes(axes: tuple[Axis, ...]) -> list[Any]:
    inhabited(axes)
    return [[a.name, to_json(a.size)] for a in axes]


def _read_axes(data: Any) -> list[Axis]:
    pairs = [_pair(item) for item in as_list(data)]
    found = [Axis(_text(name), from_json(size)) for name, size in pairs]
    inhabited(found)
    return found


def _text(data: Any) -> str:
    if type(data) is not str:
        raise ValueError(f"not a name: {reprlib.repr(data)}")
    return data


def _truth(data: Any) -> bool:
    if type(data) is not bool:
        raise ValueError(f"neither true nor false: {reprlib.repr(data)}")
    return data


def _names(data: Any) -> list[str]:
    found = [_text(name) for name in as_list(data)]
    if max(map(len, found), default=0) > LONGEST_NAME:
        raise ValueError(f"a name of more than {LONGEST_NAME} letters stands in it")
    return found


def _write_repeat(sheet: Sheet, box: Repeat) -> list[Any]:
    return [sheet.number(box.arg), _names([*box.names]), _names([*box.prefixes]), list(box.carried), box.closed]


def _read_repeat(pages: Pages, diagram: Any, names: Any, prefixes: Any, carried: Any, closed: Any) -> Diagram:
    if not as_list(names):
        raise ValueError("there is no step in it")
    return Repeat(pages.part(diagram), _names(names), _names(prefixes), _numbers(carried), _truth(closed))


def _numbers(data: Any) -> list[int]:
    return [natural(k) for k in as_list(data)]


def _write_data(box: Box) -> Any:
    if box.data is not None and type(box.data) not in (bool, int, str):
        raise UnsupportedOp(f"{box} holds data of type {type(box.data).__name__}, which cannot be written: numbers and text can")
    return box.data


def _read_data(data: Any) -> Any:
    if data is not None and type(data) not in (bool, int, str):
        raise ValueError(f"not the data of a box: {reprlib.repr(data)}")
    return data


ROWS: tuple[Form, ...] = (
    Form(Copy, ("wire", "copies"), lambda s, b: [s.wires(b.dom), len(b.cod)], _copies),
    Form(Discard, ("wire",), lambda s, b: [s.wires(b.dom)], lambda p, x: Discard(p.wires(x))),
    Form(Swap, ("left", "right"), lambda s, b: [s.wires(b.left), s.wires(b.right)], lambda p, x, y: Swap(p.wires(x), p.wires(y))),
    Form(Permutation, ("order", "wires"), lambda s, b: [list(b.data), s.wires(b.dom)],
         lambda p, order, x: Permutation(_numbers(order), p.wires(x))),
    Form(Reindex, ("dom", "cod", "access"),
         lambda s, b: [s.wires(b.dom), s.wires(b.cod), encode_access(b.data, b.dom.inside[0].sizes)], _read_reindex),
    Form(Operation, ("ops", "dom", "cod", "accesses"), _write_operation, _read_operation),
    Form(Block, ("name", "diagram", "closed"), lambda s, b: [b.name, s.number(b.arg), b.closed],
         lambda p, name, k, closed: Block(_text(name), p.part(k), _truth(closed))),
    Form(Repeat, ("diagram", "names", "prefixes", "carried", "closed"), _write_repeat, _read_repeat),
    Form(Broadcast, ("diagram", "axes"), lambda s, b: [s.number(b.arg), _write_axes(b.axes)],
         lambda p, k, axes: Broadcast(p.part(k), _read_axes(axes))),
    Form(Box, ("name", "dom", "cod", "data"), lambda s, b: [b.name, s.wires(b.dom), s.wires(b.cod), _write_data(b)],
         lambda p, name, x, y, data: Box(_text(name), p.wires(x), p.wires(y), _read_data(data))),
)  # fmt: skip
FORMS = {form.cls.__name__: form for form in ROWS}
