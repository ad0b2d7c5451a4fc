"""An axis that is split in pieces, R^{3n} → R^n × R^n × R^n: a bar, where each copy of a tensor is read through a part of its own.

Copies of which each takes the next stretch of one axis, until nothing is left, hold together what the tensor held: the other axes
are copied in dots, the axis itself ends at a bar, from which its pieces go on.  It is what concatenation is, read from right to
left, and how the queries, keys and values of one projection part.  Source: the bars of arXiv 2402.05424, figure 19.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ncd_cat.draw.story import Element, Enter, Event, Fork, Leave, Step, Tensor
from ncd_cat.draw.teller import Sheet
from ncd_cat.sizes import Size, product


@dataclass(frozen=True)
class _Slice:
    """A hexagon that reads a stretch of a copy's axis: where it is in the story, and the copy."""

    event: int
    glyph: int
    element: Element
    copy: Tensor


def divide_forks(sheet: Sheet) -> None:
    """Let copies that are read piece by piece be pieces from their beginning.

    >>> sheet = Sheet(["n", "n", "", ""], [6, 6, 2, 4])
    >>> whole, x, y = Tensor(1, (0,)), Tensor(2, (0,)), Tensor(3, (1,))
    >>> slices = [Element("hexagon", (0,), (2,), "+0"), Element("hexagon", (1,), (3,), "+2")]
    >>> sheet.events = [Fork(whole, (x, y), ()), Step((x, y), (*slices, Element("cup", (2, 3))), (), "", ())]
    >>> divide_forks(sheet)
    >>> fork, step = sheet.events
    >>> fork.cut, [t.strands for t in fork.gives], [e.kind for e in step.elements]
    (0, [(2,), (3,)], ['cup'])
    """
    forks = [k for k, event in enumerate(sheet.events) if isinstance(event, Fork)]
    readers = _readers(sheet.events) if forks else {}
    for k in forks:
        fork = sheet.events[k]
        if isinstance(fork, Fork):
            for place in range(len(fork.takes.strands)):
                slices = _slices(sheet, fork, k, place, readers)
                if slices:
                    _divide(sheet, k, place, slices)
                    break


def _readers(events: list[Event]) -> dict[int, list[tuple[int, int]]]:
    """The glyphs that take each strand."""
    found: dict[int, list[tuple[int, int]]] = {}
    for k, event in enumerate(events):
        for j, element in enumerate(event.elements if isinstance(event, Step) else ()):
            for strand in element.ins:
                found.setdefault(strand, []).append((k, j))
        if isinstance(event, Fork):
            for strand in event.takes.strands:
                found.setdefault(strand, []).append((k, -1))
    return found


def _slices(sheet: Sheet, fork: Fork, at: int, place: int, readers: dict[int, list[tuple[int, int]]]) -> list[_Slice]:
    """The hexagons that cut the axis at a place in pieces that follow one another and leave nothing; none if it is not so."""
    found = []
    for copy in fork.gives:
        read = readers.get(copy.strands[place], [])
        after = bisect_left(read, (at + 1, -1))
        event, glyph = read[after] if after < len(read) else (-1, -1)
        step = sheet.events[event]
        if glyph < 0 or not isinstance(step, Step) or step.elements[glyph].kind != "hexagon":
            return []
        found.append(_Slice(event, glyph, step.elements[glyph], copy))
    starts = _ordered(sheet, found)
    return starts if len(starts) == len(found) else []


def _ordered(sheet: Sheet, slices: list[_Slice]) -> list[_Slice]:
    """The slices in the order of their pieces, as far as each begins where the one before ends, and if the last one ends the axis."""
    total = sheet.sizes[slices[0].element.ins[0]]
    waiting = {s.element.text: s for s in slices if len(s.element.ins) == 1}
    found: list[_Slice] = []
    start: Size = 0
    while (piece := waiting.pop(f"+{start}", None)) is not None:
        found.append(piece)
        start = start + _length(sheet, piece)
    return found if start == total else []


def _length(sheet: Sheet, piece: _Slice) -> Size:
    return product(sheet.sizes[s] for s in piece.element.outs)


def _divide(sheet: Sheet, at: int, place: int, slices: list[_Slice]) -> None:
    """Put the bar at the fork, and in the place of each hexagon a bar, or nothing where the piece stays one axis."""
    fork = sheet.events[at]
    assert isinstance(fork, Fork)
    cut = fork.takes.strands[place]
    pieces: dict[int, int] = {}
    for s in slices:
        (old,) = s.element.ins
        pieces[old] = s.element.outs[0] if len(s.element.outs) == 1 else sheet.strand(_length(sheet, s))
    gone: dict[int, set[int]] = {}
    for s in slices:
        gone.setdefault(s.event, set()).add(s.glyph)
    gives = tuple([_pieced(s.copy, pieces) for s in slices])
    sheet.events[at] = replace(fork, gives=gives, cut=cut)
    for k in range(at + 1, max(gone) + 1):
        sheet.events[k] = _rewritten(sheet.events[k], pieces, gone.get(k, set()))


def _pieced(tensor: Tensor, pieces: dict[int, int]) -> Tensor:
    """A tensor with the piece instead of the copy, which is called nothing: its name was that of the whole."""
    names = tuple(["" if s in pieces else name for s, name in zip(tensor.strands, tensor.names, strict=False)])
    return Tensor(tensor.number, tuple([pieces.get(s, s) for s in tensor.strands]), names)


def _rewritten(event: Event, pieces: dict[int, int], gone: set[int]) -> Event:
    """An event after the fork; `gone`: which of its glyphs are the hexagons."""
    if isinstance(event, Leave):
        return replace(event, gives=tuple([_pieced(t, pieces) for t in event.gives]))
    if isinstance(event, Enter):
        return replace(event, takes=tuple([_pieced(t, pieces) for t in event.takes]))
    if isinstance(event, Fork):
        return replace(event, takes=_pieced(event.takes, pieces), gives=tuple([_pieced(t, pieces) for t in event.gives]))
    takes, gives = (tuple([_pieced(t, pieces) for t in ts]) for ts in (event.takes, event.gives))
    return replace(event, takes=takes, elements=tuple(_elements(event, pieces, gone)), gives=gives)


def _elements(step: Step, pieces: dict[int, int], gone: set[int]) -> Iterator[Element]:
    for j, e in enumerate(step.elements):
        if j not in gone:
            yield replace(e, ins=tuple([pieces.get(s, s) for s in e.ins]), outs=tuple([pieces.get(s, s) for s in e.outs]))
        elif len(e.outs) > 1:
            yield Element("bar", (pieces[e.ins[0]],), e.outs)


__all__ = ["divide_forks"]
