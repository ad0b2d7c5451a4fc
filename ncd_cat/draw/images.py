"""Readers of maps of images: windows and the learned maps of what they see, starred boxes, and the norms of channels.

A convolution is a window, which splits each axis of the image into places and what is seen from there, and L over kernel and
channels; at stride 1, where the image keeps its size, it is a starred box for short.  Source: figures 26 to 28 of arXiv 2402.05424.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.draw.reading import Reading
from ncd_cat.draw.story import Element, Strands, Tensor
from ncd_cat.draw.teller import plain
from ncd_cat.draw.terms import superscript

BATCH_NORM = "batchnorm"


def norm(r: Reading) -> Tensor:
    """A circle on the axes that are normalised, or on those of the running statistics, with the batch below it."""
    roles = r.roles(r.drawn[0])
    rank = r.rank
    roots = tuple([s for i, found in sorted(roles.items()) if i >= rank for s in found])
    held = {i for k in r.sources for i in r.axes(k)}
    on = roots or tuple([s for i in sorted(held) for s in roles.get(i, [])]) or tuple([s for found in roles.values() for s in found][-1:])
    kind = plain(r.op)
    on += _batch(r, on) if kind == BATCH_NORM else ()
    r.elements.append(Element("norm", on, on, text=kind, bold=r.learned))
    found = r.united([roles], list(range(rank)))
    return r.give(found | dict(zip(range(rank, len(r.cod.axes)), roots, strict=True)))


def _batch(r: Reading, channels: Strands) -> Strands:
    """The axis before the channels, over which statistics are taken."""
    tensor = r.operands[r.drawn[0]]
    assert isinstance(tensor, Tensor)
    at = min((tensor.strands.index(s) for s in channels if s in tensor.strands), default=0)
    return tensor.strands[at - 1 : at] if at else ()


def convolution(r: Reading) -> Tensor:
    """A window and a bold L, or a starred box with the size of the kernel."""
    op: Any = r.op
    roles, rank = r.roles(0), r.rank
    space, channels = [roles.get(rank + 1 + k, []) for k in range(len(op.geometry))], tuple(roles.get(rank, []))
    found = r.united([roles], list(range(rank)))
    made = {i: r.born(i) for i in range(rank, len(r.cod.axes))}
    (out, *outs), images = made.values(), tuple([s for strands in space for s in strands])
    kept = [r.sheet.sizes[s] for s in images] == [r.sheet.sizes[s] for s in outs]
    weight = r.operands[1]
    if isinstance(weight, Tensor) or len(images) != len(outs) or (kept and all(g[2] == 1 for g in op.geometry)):
        others = weight.strands if isinstance(weight, Tensor) else ()
        r.elements.append(Element("conv", (*images, *channels, *others), (*outs, out), _kernel(op), _turned(op), _stride(op), bold=True))
        return r.give(found | made)
    channels = tuple([s for c in channels for s in _apart(r, c)])
    seen = tuple([r.sheet.strand(g[1]) for g in op.geometry])
    for x, y, w, g in zip(images, outs, seen, op.geometry, strict=True):
        r.elements.append(Element("window", (x,), (y, w), sup=_turned(op), sub=str(g[2]) if g[2] != 1 else ""))
    r.elements.append(Element("learned", (*seen, *channels), (out,), "L", superscript(weight.name), _groups(op), weight.learned))
    return r.give(found | made)


def _apart(r: Reading, channel: int) -> Strands:
    """The axes that are put together into one only to be read here: L takes them as they are."""
    bar = next((e for e in r.elements if e.kind == "bar" and e.outs == (channel,)), None)
    if bar is None:
        return (channel,)
    r.elements.remove(bar)
    return bar.ins


def _kernel(op: Any) -> str:
    kernels = [g[1] for g in op.geometry]
    return str(kernels[0]) if len({*kernels}) == 1 else "×".join(map(str, kernels))


def _stride(op: Any) -> str:
    strides = [g[2] for g in op.geometry]
    return "" if {*strides} == {1} else str(strides[0]) if len({*strides}) == 1 else "×".join(map(str, strides))


def _turned(op: Any) -> str:
    """T for the transpose of windows."""
    return "T" if plain(op).startswith("transposed") else ""


def _groups(op: Any) -> str:
    """Into how many groups the channels are cut, where there are several."""
    return f"÷{op.groups}" if op.groups != 1 else ""
