"""Loops in brackets: what is scanned is read at λ, one step is drawn, and what it gives is fed back or stacked along λ.

A pentagon that points right takes entry λ of an axis, one that points left puts the entries of all steps along an axis.  Blocks
that are repeated are one block in brackets.  Source: the loops of figures 26 and 27 of arXiv 2402.05424; the elements of
arXiv 2604.07242.

>>> from ncd_cat import architectures
>>> from ncd_cat.draw.telling import tell
>>> story = tell(architectures.diagram("state-space-symbolic"))
>>> [e.text for e in story.elements if e.kind in ("index", "stack")]
['λ', 'λ']
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ncd_cat.axes import Sizes, identity
from ncd_cat.diagram.boxes import Operation
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.repeats import Repeat, folded, unfolded
from ncd_cat.diagram.wires import Ty
from ncd_cat.draw.story import Element, Enter, Leave, Step, Tensor
from ncd_cat.draw.teller import Sheet, Source, known
from ncd_cat.ops.contraction import Contraction, Spec
from ncd_cat.ops.scan import Scan, instance
from ncd_cat.scalars import ONE
from ncd_cat.types import Array

FIRST = "λ = 1"
Held = Tensor | Source
Tell = Callable[[Diagram, list[Held], tuple[int, ...]], list[Held]]  # what a diagram gives, told in some blocks


def bracketed(diagram: Diagram, least: int) -> Diagram:
    """The diagram with one bracket for each run of at least `least` blocks that are equal but for their weights; 0: for none."""
    return unfolded(folded(diagram), least) if least else diagram


def range_of(box: object) -> tuple[str, str] | None:
    """What is written at the brackets of repeated blocks; None for another box."""
    return (FIRST, str(len(box.names))) if isinstance(box, Repeat) else None


def loop(sheet: Sheet, box: Operation, taken: Sequence[Held], path: tuple[int, ...], tell: Tell) -> list[Held]:
    """Tell a loop: what the outputs of the box carry."""
    ops = box.data[0]
    op: Scan = ops[0]
    degree = box.cod.inside[0].sizes[: len(box.cod.inside[0].sizes) - len(op.out)]
    read = [_read(sheet, box, k, held, degree, path, tell) for k, held in enumerate(taken)]
    sheet.blocks += 1
    inside = (*path, sheet.blocks)
    sheet.events.append(Enter(inside[-1], "", _tensors(read), path, "outer", (FIRST, str(op.length)), box))
    starts = [_slice(sheet, x, len(degree), inside) if isinstance(x, Tensor) and op.sliced(k) else x for k, x in enumerate(read)]
    made = tell(_step(op, degree), starts, inside)
    ports = {each.port: a for each, a in zip(ops, box.cod.inside, strict=True)}
    made = [_stacked(sheet, x, ports[k], len(degree), inside) if k >= op.carried and k in ports else x for k, x in enumerate(made)]
    sheet.events.append(Leave(inside[-1], _tensors(made)))
    for k, held in enumerate(made):
        if k not in ports and isinstance(held, Tensor):
            sheet.events.append(Step((held,), tuple([Element("end", (s,)) for s in held.strands]), (), "discard", path))
    return [made[each.port] for each in ops]


def _tensors(held: Sequence[Held]) -> tuple[Tensor, ...]:
    return tuple([x for x in held if isinstance(x, Tensor)])


def _step(op: Scan, degree: Sizes) -> Diagram:
    """One step of a loop, over the axes that the loop is broadcast over."""
    dom, cod = (Ty(*[Array.of(degree + a.sizes, a.dtype) for a in arrays]) for arrays in (op.body.dom, op.body.cod))
    return Diagram.from_callable(dom, cod)(lambda *values: tuple(instance(op.body, values, degree)))


def _read(sheet: Sheet, box: Operation, k: int, held: Held, degree: Sizes, path: tuple[int, ...], tell: Tell) -> Held:
    """What a loop reads as operand k, with its axes in order; a constant that it changes or scans is drawn."""
    ops, accesses = box.data
    op: Scan = ops[0]
    read = Array.of(degree + op.roots(k), box.dom.inside[k].dtype)
    if isinstance(held, Tensor):
        copied = Contraction((Spec(ONE, (), 1, ()),))
        moved = Operation.of((copied,), (accesses[k],), Ty(box.dom.inside[k]), Ty(read))
        return held if accesses[k] == identity(read.sizes) else tell(moved, [held], path)[0]
    if k >= op.carried + op.scanned:
        return held
    found = sheet.fresh(read)
    sheet.events.append(Step((), (Element("state", (), found.strands, held.name, bold=held.learned),), (found,), str(held.op), path, box))
    return found


def _slice(sheet: Sheet, tensor: Tensor, at: int, path: tuple[int, ...]) -> Tensor:
    """Entry λ of a tensor along an axis."""
    found = sheet.tensor((*tensor.strands[:at], *tensor.strands[at + 1 :]))
    sheet.events.append(Step((tensor,), (Element("index", (tensor.strands[at],), (), "λ"),), (found,), "entry λ", path))
    return found


def _stacked(sheet: Sheet, held: Held, a: Array, at: int, path: tuple[int, ...]) -> Held:
    """What all steps give, along an axis."""
    if not isinstance(held, Tensor):
        return held
    strand = sheet.strand(a.sizes[at], known(a)[at])
    own = held.strands if len(a.sizes) > 1 else ()
    found = sheet.tensor((*own[:at], strand, *own[at:]), known(a))
    ends = () if own else tuple([Element("end", (s,)) for s in held.strands])
    sheet.events.append(Step((held,), (*ends, Element("stack", (), (strand,), "λ")), (found,), "all steps", path))
    return found


__all__ = ["bracketed", "loop", "range_of"]
