"""Readers of maps of images: convolutions, and the norms of their channels.

Source: figures 26 to 28 of arXiv 2402.05424.
"""

from __future__ import annotations

from typing import Any

from ncd_cat.draw.reading import Reading
from ncd_cat.draw.story import Element, Tensor
from ncd_cat.draw.teller import plain


def norm(r: Reading) -> Tensor:
    """A circle on the axes that are normalised, or on those of the running statistics."""
    roles = r.roles(r.drawn[0])
    rank = r.rank
    roots = tuple([s for i, found in sorted(roles.items()) if i >= rank for s in found])
    held = {i for k in r.sources for i in r.axes(k)}
    on = roots or tuple([s for i in sorted(held) for s in roles.get(i, [])]) or tuple([s for found in roles.values() for s in found][-1:])
    r.elements.append(Element("norm", on, on, text=plain(r.op), bold=r.learned))
    found = r.united([roles], list(range(rank)))
    return r.give(found | dict(zip(range(rank, len(r.cod.axes)), roots, strict=True)))


def convolution(r: Reading) -> Tensor:
    """A starred box with the size of its kernel, across the image and its channels."""
    op: Any = r.op
    roles = _batch(r)
    consumed = tuple([s for s in r.operands[0].strands if s not in roles.values()])  # type: ignore[union-attr]
    made = {i: r.born(i) for i in range(len(r.cod.axes)) if i not in roles}
    kernels = [g[1] for g in op.geometry]
    strides = [g[2] for g in op.geometry]
    text = str(kernels[0]) if len({*kernels}) == 1 else "×".join(map(str, kernels))
    stride = "" if {*strides} == {1} else str(strides[0]) if len({*strides}) == 1 else "×".join(map(str, strides))
    transposed = "T" if plain(op).startswith("transposed") else ""
    r.elements.append(Element("conv", consumed, tuple(made.values()), text, transposed, stride, bold=True))
    return r.give(roles | made)


def _batch(r: Reading) -> dict[int, int]:
    """The batch axes of the image, which pass a convolution; channels and space it takes whole."""
    found = dict[int, int]()
    tensor = r.operands[0]
    assert isinstance(tensor, Tensor)
    for strand, (offset, digits) in zip(tensor.strands, r.accesses[0], strict=False):
        if offset == 0 and len(digits) == 1 and digits[0][1] < r.rank and digits[0][1] not in r.axes(1):
            found[digits[0][1]] = strand
    return found
