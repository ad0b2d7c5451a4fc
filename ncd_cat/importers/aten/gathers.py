"""Choosing by data and putting together: embeddings, indexing, one-hot; concatenation and padding.

Indices that are data give `Take`; indices that are constants give a reindexing where they are affine, and else `Take` of
a literal.  The claim holds for indices in range: 0 ≤ i < n.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from ncd_cat.axes import add, scale, whole
from ncd_cat.graph import Value, apply
from ncd_cat.importers import joins
from ncd_cat.importers.aten.arithmetic import times
from ncd_cat.importers.aten.call import Call, Handler, Number, dtype_name, exact, family, lift, position, table
from ncd_cat.importers.aten.losses import reduced
from ncd_cat.importers.rearrange import affine, broadcast, broadcast_sizes, expand, insert, reshape, select
from ncd_cat.ops import layout
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import contraction, linear_combination, mean, multiply, term, total
from ncd_cat.ops.indexing import Take
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Equal
from ncd_cat.ops.rolling import roll as rolled
from ncd_cat.ops.softmax import log_softmax
from ncd_cat.scalars import ONE, Scalar


def embedding(call: Call, rows: Value, index: Value, padding_idx: int = -1, *args: Any) -> Value:
    return take(rows, 0, index)


def take(x: Value, axis: int, index: Value) -> Value:
    """x with `axis` replaced by the axes of an index array: entry p of it reads the entry that index[p] names."""
    chosen = _affine(x, axis, index)
    if chosen is not None:
        return chosen
    before, after, n = x.sizes[:axis], x.sizes[axis + 1 :], x.sizes[axis]
    degree = (*before, *index.sizes, *after)
    rank, start = len(degree), axis + len(index.sizes)
    places = [*range(axis), rank, *range(start, rank)]
    read = layout.place(x, places, (*degree, n))
    return apply(Take(n), read, layout.place(index, range(axis, start), degree), degree=degree)


def _affine(x: Value, axis: int, index: Value) -> Value | None:
    """The choice by a constant index with evenly spaced entries, at most one axis: a reindexing."""
    found = table(index)
    if found is None or found.ndim > 1:
        return None
    entries = [int(i) % int(str(x.sizes[axis])) for i in np.atleast_1d(found)]
    step = entries[1] - entries[0] if len(entries) > 1 else 0
    if any(b - a != step for a, b in pairwise(entries)):
        return None
    return select(x, axis, entries[0]) if found.ndim == 0 else affine(x, axis, entries[0], len(entries), step)


def index_select(call: Call, x: Value, axis: int, index: Value) -> Value:
    if not index.sizes:
        index = insert(index, 0)
    return take(x, position(axis, len(x.sizes)), wrapped(index, x.sizes[position(axis, len(x.sizes))]))


def wrapped(index: Value, size: Any) -> Value:
    """A constant index with negative entries counted from the end."""
    found = table(index)
    return index if found is None or (found >= 0).all() else literal(np.where(found < 0, found + int(size), found))


def index_of(call: Call, x: Value, indices: Sequence[Value | None]) -> Value | None:
    """x[i, :, j]: the axes of the index arrays, which broadcast, stand where these are adjacent, else in front."""
    given = {k: wrapped(i, x.sizes[k]) for k, i in enumerate(indices) if i is not None}
    if any(dtype_name(call.node.args[1][k].meta["val"].dtype) in ("bool", "uint8") for k in given):
        return None  # a mask: the size of the result depends on its values
    axes = sorted(given)
    if len(axes) == 1:
        return take(x, axes[0], given[axes[0]])
    return _joint(x, axes, broadcast(*[given[k] for k in axes]))


def _joint(x: Value, axes: Sequence[int], indices: Sequence[Value]) -> Value:
    """Several index arrays of the same sizes: the axes are moved together, flattened, and taken by one flat index."""
    adjacent = axes[-1] - axes[0] == len(axes) - 1
    front = axes[0] if adjacent else 0
    rest = [k for k in range(len(x.sizes)) if k not in axes]
    moved = layout.permute(x, [*rest[:front], *axes, *rest[front:]])
    sizes = [int(str(x.sizes[k])) for k in axes]
    flat = reshape(moved, (*moved.sizes[:front], int(np.prod(sizes)), *moved.sizes[front + len(axes) :]))
    strides = [int(np.prod(sizes[k + 1 :])) for k in range(len(sizes))]
    known = [table(i) for i in indices]
    if all(i is not None for i in known):
        return take(flat, front, literal(sum(i.astype(np.int64) * s for i, s in zip(known, strides, strict=True))))
    return take(flat, front, linear_combination([(Scalar.of(s), i) for i, s in zip(indices, strides, strict=True)]))


def gather(call: Call, x: Value, axis: int, index: Value, **kwargs: object) -> Value:
    """out[…, i, …] = x[…, index[…, i, …], …], over the axes of the index."""
    if not x.sizes:
        return expand(x, index.sizes)
    k, rank = position(axis, len(x.sizes)), len(x.sizes)
    n = x.sizes[k]
    indices = [whole(j, m) for j, m in enumerate(index.sizes)]
    indices[k] = whole(rank, n)
    return apply(Take(n), x.at(tuple(indices), (*index.sizes, n)), index, degree=index.sizes)


def take_flat(call: Call, x: Value, index: Value) -> Value:
    flat = reshape(x, (int(np.prod([int(str(n)) for n in x.sizes])),))
    return take(flat, 0, wrapped(index, flat.sizes[0]))


def one_hot(call: Call, x: Value, classes: int = -1) -> Value:
    n = call.sizes[-1]
    assert isinstance(n, int)
    names = expand(literal(np.arange(n)), call.sizes)
    return Equal()(expand(insert(x, len(x.sizes)), call.sizes), names)


def cross_entropy(call: Call, x: Value, target: Value, weight: Value | None = None, reduction: int = 1, ignore_index: int = -100,
                  label_smoothing: Number = 0.0) -> Value | None:  # fmt: skip
    """−((1 − s)·l[target] + s·mean l) for l = log softmax(x), where targets name classes; −Σ t'·l for t' = (1 − s)·t + s/n else."""
    k = 1 if len(x.sizes) > 1 else 0
    logs, s = log_softmax(x, k), exact(label_smoothing)
    kept = ONE.plus(-s) or ONE
    if call.kind_of(1) == "real":
        losses = linear_combination([(-kept, total(multiply(target, logs), (k,))), (-s, mean(logs, (k,)))])
        return None if weight is not None else reduced(losses, reduction)
    if label_smoothing:
        logs = linear_combination([(kept, logs), (s, expand(insert(mean(logs, (k,)), k), logs.sizes))])
    return nll(call, logs, target, weight, reduction, ignore_index)


def nll(call: Call, x: Value, target: Value, weight: Value | None = None, reduction: int = 1, ignore_index: int = -100) -> Value | None:
    """−x[target]; a target to be ignored is out of range."""
    k = 1 if len(x.sizes) > 1 else 0
    if weight is not None or 0 <= ignore_index < int(str(x.sizes[k])):
        return None
    moved = layout.last(x, (k,))
    return reduced(times(apply(Take(x.sizes[k]), moved, target, degree=target.sizes), by=-ONE), reduction)


# ---- putting together ---------------------------------------------------------------------------------------------


def cat(call: Call, values: Sequence[Value], axis: int = 0) -> Value:
    rank = len(call.sizes)
    return concatenate([lift(v) for v in values], position(axis, rank)) if len(values) > 1 else values[0]


def stack(call: Call, values: Sequence[Value], axis: int = 0) -> Value:
    return joins.stack(values, position(axis, len(values[0].sizes) + 1))


def constant_pad(call: Call, x: Value, amounts: Sequence[int], value: Number = 0) -> Value:
    """`amounts` lists (before, after) from the last axis backwards."""
    pairs = [(amounts[2 * k], amounts[2 * k + 1]) for k in range(len(amounts) // 2)]
    return joins.pad(x, [(0, 0)] * (len(x.sizes) - len(pairs)) + pairs[::-1], float(value))


def pad(call: Call, x: Value, amounts: Sequence[int], mode: str = "constant", value: Number | None = None) -> Value | None:
    if mode == "constant":
        return constant_pad(call, x, amounts, value or 0)
    if mode not in ("reflect", "replicate", "circular") or min(amounts) < 0:
        return None
    for k in range(len(amounts) // 2):
        x = joins.extend(x, len(x.sizes) - 1 - k, amounts[2 * k], amounts[2 * k + 1], mode)
    return x


def padding(mode: str) -> Handler:
    """The handler of a padding op with the mode in its name."""
    return lambda call, x, amounts: pad(call, x, amounts, mode)


def roll(call: Call, x: Value, by: int | Sequence[int], over: int | Sequence[int] = ()) -> Value:
    places, axes = ([v] if isinstance(v, int) else list(v) for v in (by, over))
    if not axes:
        return reshape(roll(call, reshape(x, (int(np.prod([int(str(n)) for n in x.sizes])),)), places, [0]), x.sizes)
    over = [position(k, len(x.sizes)) for k in axes]
    if len(set(over)) == len(over):
        return rolled(x, over, places)
    for k, p in zip(over, places, strict=True):
        x = rolled(x, (k,), (p,))
    return x


def lower(call: Call, x: Value, diagonal: int = 0) -> Value:
    return joins.triangle(x, diagonal, lower=True)


def upper(call: Call, x: Value, diagonal: int = 0) -> Value:
    return joins.triangle(x, diagonal, lower=False)


def diagonal_matrix(call: Call, x: Value, offset: int = 0, first: int = -2, second: int = -1) -> Value | None:
    """The matrices with the last axis of x as their diagonal: x[…, i] · [i = j]."""
    rank = len(x.sizes) + 1
    if offset or (position(first, rank), position(second, rank)) != (rank - 2, rank - 1):
        return None
    n = x.sizes[-1]
    sizes = (*x.sizes, n)
    i, j = whole(rank - 2, n), whole(rank - 1, n)
    indices = tuple([whole(k, m) for k, m in enumerate(x.sizes)])
    guards = [] if n == 1 else [(True, add(i, scale(j, -1)))]
    return Value.of(contraction([term(ONE, (), [(x, indices)], guards, sizes=sizes)], sizes))


def meshgrid(call: Call, values: Sequence[Value], indexing: str = "ij") -> list[Value] | None:
    """Each vector repeated along the axes of the others."""
    if indexing != "ij":
        return None
    flat = [v if v.sizes else insert(v, 0) for v in values]
    sizes = tuple([v.sizes[0] for v in flat])
    return [layout.place(v, [k], sizes) for k, v in enumerate(flat)]


def broadcast_all(call: Call, values: Sequence[Value]) -> list[Value]:
    sizes = broadcast_sizes([v.sizes for v in values])
    return [expand(v, sizes) for v in values]


_TABLE: dict[str, Handler] = {
    "embedding.default": embedding, "index_select.default": index_select, "index.Tensor": index_of, "_unsafe_index.Tensor": index_of,
    "gather.default": gather, "take.default": take_flat, "one_hot.default": one_hot, "cross_entropy_loss.default": cross_entropy,
    "nll_loss_nd.default": nll, "nll_loss.default": nll, "cat.default": cat, "concat.default": cat, "concatenate.default": cat,
    "stack.default": stack, "pad.default": pad, "constant_pad_nd.default": constant_pad, "roll.default": roll, "tril.default": lower,
    "triu.default": upper, "diag_embed.default": diagonal_matrix, "meshgrid.indexing": meshgrid, "meshgrid.default": meshgrid,
    "broadcast_tensors.default": broadcast_all,
}  # fmt: skip
_MODES = {"reflection": padding("reflect"), "replication": padding("replicate")}
_TABLE |= {f"{name}_pad{d}d.default": handler for name, handler in _MODES.items() for d in (1, 2, 3)}
TABLE = family(_TABLE)
