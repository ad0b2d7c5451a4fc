"""What constants say: entries that are picked, masks, conditions, zeros, and which part of a packed weight is read.

A basis covector ⟨i| is a pentagon; a table of truth values that hides what is later, or a condition j ≤ i, is a square split on its
diagonal.  Source: figures 8 and 9 of arXiv 2402.05424; the masks of arXiv 2604.07242.
"""

from __future__ import annotations

import numpy as np

from ncd_cat.axes import axes_of
from ncd_cat.draw.factors import brackets
from ncd_cat.draw.reading import Reading, Roles
from ncd_cat.draw.story import Element, Strands, Tensor
from ncd_cat.draw.teller import Source, known, plain
from ncd_cat.ops.contraction import Spec
from ncd_cat.ops.literal import Literal
from ncd_cat.sizes import product


def entry(r: Reading, axis: int) -> str:
    """The number of the entry that a constant picks along an axis, if it is a basis covector, 1 there and 0 elsewhere."""
    found = [x.op for k in r.sources if r.axes(k) == {axis} and isinstance(x := r.operands[k], Source)]
    literals = [op for op in found if isinstance(op, Literal)]
    if len(found) != 1 or not literals:
        return ""
    table = literals[0].numpy((-1,))
    return str(int(table.argmax())) if np.count_nonzero(table) == 1 and table.max() == 1 else ""


def packed(r: Reading) -> str:
    """Which of queries, keys and values a part of `in_proj_weight` makes, in which torch's attention has all three, one under another."""
    found = [k for k in r.sources if isinstance(x := r.operands[k], Source) and str(getattr(x.op, "key", "")).endswith("in_proj_weight")]
    if len(found) != 1:
        return ""
    offset, digits = r.accesses[found[0]][0]
    rows = product(d[3] for d in digits)
    return next((letter for k, letter in enumerate("QKV") if rows * k == offset), "")


def hidden(r: Reading, roles: Roles) -> Strands:
    """The strands of queries and keys of which a table hides what is later: entry (t, u) is kept if u ≤ t, or replaced if not."""
    table = r.operands[0]
    if plain(r.op) != "where" or not isinstance(table, Source) or not isinstance(table.op, Literal):
        return ()
    axes = [i for e in r.accesses[0] for i in axes_of(e)]
    if len(axes) != 2 or not all(len(roles.get(i, [])) == 1 and isinstance(r.cod.sizes[i], int) for i in axes):
        return ()
    sizes = [n for i in axes if isinstance(n := r.cod.sizes[i], int)]
    lower = np.tri(sizes[0], sizes[1], dtype=np.bool_)
    wanted = lower if r.drawn == [1] else ~lower
    return tuple([roles[i][0] for i in axes]) if wanted.tobytes() == table.op.data else ()


def pattern(r: Reading, spec: Spec) -> Tensor:
    """A contraction of nothing but brackets: the identity is a cap, [j ≤ i] the square of a mask."""
    (first, *_) = spec.guards
    axes = sorted({i for _, e in spec.guards for i in axes_of(e)})
    made = {i: r.born(i) for i in axes}
    kind = "cap" if first[0] and len(axes) == 2 and len(spec.guards) == 1 else "mask" if len(axes) == 2 else "state"
    outs = tuple(made.values()) or (r.sheet.strand(1),)
    r.elements.append(Element(kind, (), outs, "" if kind != "state" else conditions(r, spec, made)))
    return r.give(made)


def nothing(r: Reading) -> Tensor:
    """A sum of no terms: 0 at every entry."""
    made = {i: r.born(i) for i in range(r.rank)}
    outs = tuple(made.values()) or (r.sheet.strand(1),)
    r.elements.append(Element("state", (), outs, "0"))
    return r.give(made)


def conditions(r: Reading, spec: Spec, strands: dict[int, int]) -> str:
    """The conditions under which the term counts."""
    own = (*known(r.cod)[: r.rank], *[""] * len(spec.bounds))
    return brackets(spec.guards, [n or (r.sheet.names[strands[i]] if i in strands else "") or f"i{i}" for i, n in enumerate(own)])
