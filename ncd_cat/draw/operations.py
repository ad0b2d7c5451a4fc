"""What each operation looks like: a reader for each glyph that ops declare, from strands of operands to glyphs and a tensor."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Any

from ncd_cat.axes import axes_of
from ncd_cat.draw.contractions import contraction
from ncd_cat.draw.factors import written
from ncd_cat.draw.images import convolution, norm
from ncd_cat.draw.reading import Reading
from ncd_cat.draw.story import Element, Tensor
from ncd_cat.draw.tables import hidden
from ncd_cat.draw.teller import Source, plain
from ncd_cat.draw.terms import root_of, superscript
from ncd_cat.scalars import ONE
from ncd_cat.signature import Op

SHORT = {"relu": "R", "greater": ">", "gelutanh": "gelu tanh"}

DOTTED = {"where": "?"}  # at a dot in which operands meet


def called(op: Op) -> str:
    """What is written in the box or between the darts of an op: its name, a letter, or a power of x.

    >>> from ncd_cat.ops.pointwise import Power
    >>> [called(Power(Fraction(p))) for p in ("2", "-1", "1/2", "-3/2")]
    ['x^2', 'x^−1', '√x', 'x^−3/2']
    """
    exponent = getattr(op, "exponent", None)
    if not isinstance(exponent, Fraction):
        return SHORT.get(plain(op), plain(op))
    return "√x" if exponent == Fraction(1, 2) else f"x^{exponent}".replace("-", "−")


def box(r: Reading) -> Tensor:
    """A box across the axes that the op consumes, with those that it makes; degree axes pass by, and meet in dots."""
    all_roles = [r.roles(k) for k in r.drawn]
    rank = r.rank
    consumed = tuple([s for roles in all_roles for i, found in roles.items() if i >= rank for s in found])
    fresh = [i for i in range(rank) if not any(i in roles for roles in all_roles) and any(i in r.axes(k) for k in r.sources)]
    made = {i: r.born(i) for i in [*fresh, *range(rank, len(r.cod.axes))]}
    text = called(r.op)
    if consumed or made:
        found = r.united(all_roles, list(range(rank)))
        r.elements.append(Element("box", consumed, tuple(made.values()), text, bold=r.learned))
        return r.give(found | made)
    several = len(r.drawn) > 1
    seen = hidden(r, all_roles[0]) if r.drawn in ([1], [2]) else ()
    if seen:
        r.elements.append(Element("causal", seen, seen))
        return r.give(r.united(all_roles, list(range(rank))))
    dots = DOTTED.get(text, text)
    found = r.united(all_roles, list(range(rank)), "plus", dots, upper=True) if several else r.united(all_roles, list(range(rank)))
    if several and not r.sources and not any(e.kind == "plus" for e in r.elements):
        r.elements.append(Element("outer", text=dots))
    elif not any(e.kind == "plus" for e in r.elements):
        r.elements.append(Element("darts", text=text, bold=r.learned))
    return r.give(found)


def softmax(r: Reading) -> Tensor:
    """A triangle on the axis that is normalised."""
    roles = r.roles(0)
    rank = r.rank
    roots = tuple([s for i, found in sorted(roles.items()) if i >= rank for s in found])
    if len(roots) != len(r.cod.axes) - rank:
        return _again_as_box(r)
    text = "" if plain(r.op) == "softmax" else plain(r.op)
    r.elements.append(Element("softmax", roots, roots, text))
    return r.give(r.united([roles], list(range(rank))) | dict(zip(range(rank, len(r.cod.axes)), roots, strict=True)))


def _again_as_box(r: Reading) -> Tensor:
    """A box, where an index leaves no strand for the glyph."""
    r.elements.clear()
    return box(r)


def roll(r: Reading) -> Tensor:
    """A hexagon on each axis whose entries move on, or back."""
    op: Any = r.op
    roles = r.roles(0)
    axes = range(r.rank, len(r.cod.axes))
    if any(len(roles.get(i, ())) != 1 for i in axes):
        return _again_as_box(r)
    for i, by in zip(axes, op.by, strict=True):
        r.elements.append(Element("hexagon", tuple(roles[i]), tuple(roles[i]), f"{'↻' if by > 0 else '↺'}{abs(by)}"))
    return r.give(r.united([roles], list(range(len(r.cod.axes)))))


def reduction(r: Reading) -> Tensor:
    """Axes that end in a fold, such as the greatest entry."""
    roles = r.roles(0)
    roots = tuple([s for i, found in sorted(roles.items()) if i >= r.rank for s in found])
    if not roots:
        return _again_as_box(r)
    r.elements.append(Element("reduce", roots, (), plain(r.op).capitalize()))
    return r.give(r.united([roles], list(range(r.rank))))


def lookup(r: Reading) -> Tensor:
    """Rows of a learned table: a bold E begins an axis for the rows, which ends at the pentagon of an index, and those of a row."""
    table = r.operands[0]
    roots = [k for k, e in enumerate(r.accesses[0]) if any(i >= r.rank for i in axes_of(e))]
    if not isinstance(table, Source) or not table.learned or r.drawn != [1] or len(roots) != 1 or len(r.op.roots(0)) != 1:
        return box(r)
    passing = r.roles(1)
    found = r.united([passing], list(range(r.rank)))
    row = {i: r.born(i) for e in r.accesses[0] for i in axes_of(e) if i < r.rank and i not in found}
    rows = r.sheet.strand(r.op.roots(0)[0])
    r.elements.append(Element("learned", (), (rows, *row.values()), "E", superscript(table.name), bold=True))
    r.add("index", (rows,), (), "i")
    return r.give(found | row)


def attention(r: Reading) -> Tensor:
    """Scaled dot-product attention, as its figure has it: a cup, a mask, a triangle and, where there are values, another cup."""
    op: Any = r.op
    operands = 3 if hasattr(op, "value_width") else 2
    if any(isinstance(x, Source) for x in r.operands[:operands]):
        return box(r)
    n = r.rank
    roles = [r.roles(k) for k in r.drawn]
    degree = list(range(n))
    first = r.united(roles[:2], degree)
    (q,), (k,) = roles[0][n + 1], roles[1][n + 1]
    r.elements.append(Element("cup", (q, k), (), "" if op.scale == ONE else written(op.scale, root_of(r, (q, k), op.scale))))
    queries, keys = roles[0][n][0], roles[1][n][0]
    for mask in roles[operands:]:
        shared = {i: [s] for i, s in first.items()} | {n: [queries], n + 1: [keys]}
        r.united([shared, mask], [*degree, n, n + 1], "plus", "+", upper=True)
    if op.causal:
        r.elements.append(Element("causal", (queries, keys), (queries, keys)))
    if any(k >= operands for k in r.sources):
        r.elements.append(Element("darts", text="mask"))
    r.elements.append(Element("softmax", (keys,), (keys,)))
    if operands == 2:
        return r.give(first | {n: queries, n + 1: keys})
    last = r.united([{i: [s] for i, s in first.items()}, roles[2]], degree)
    r.elements.append(Element("cup", (keys, roles[2][n][0]), ()))
    return r.give(last | {n: queries, n + 1: roles[2][n + 1][0]})


READERS: dict[str, Callable[[Reading], Tensor]] = {
    "contraction": contraction,
    "softmax": softmax,
    "roll": roll,
    "norm": norm,
    "reduction": reduction,
    "convolution": convolution,
    "attention": attention,
    "index": lookup,
}


def read(r: Reading) -> Tensor:
    """The tensor that an operation gives, its glyphs in `r.elements`."""
    reader = READERS.get(r.op.glyph, box)
    return (box if r.sources and reader not in (contraction, attention, lookup) and 0 not in r.drawn else reader)(r)
