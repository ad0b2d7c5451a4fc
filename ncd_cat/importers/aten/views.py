"""Views: operators that only rearrange, repeat or choose entries, each a reindexing of its argument.

>>> sorted(TABLE)[:3]
['aten._reshape_alias.default', 'aten._reshape_copy.default', 'aten._unsafe_view.default']
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from ncd_cat.graph import Value
from ncd_cat.importers import rearrange as view
from ncd_cat.importers.aten.call import Call, Handler, family, position
from ncd_cat.importers.joins import section
from ncd_cat.ops import layout


def same(call: Call, x: Value, *args: object, **kwargs: object) -> Value:
    """Copies and changes of memory layout."""
    return x


def resized(call: Call, x: Value, *args: object, **kwargs: object) -> Value:
    """Reshapes, to the sizes that the program says."""
    return view.reshape(x, call.sizes)


def expanded(call: Call, x: Value, *args: object, **kwargs: object) -> Value:
    return view.expand(x, call.sizes)


def transpose(call: Call, x: Value, first: int = 0, second: int = 1) -> Value:
    rank = len(x.sizes)
    order = list(range(rank))
    if rank:
        a, b = position(first, rank), position(second, rank)
        order[a], order[b] = b, a
    return layout.permute(x, order)


def t(call: Call, x: Value) -> Value:
    return transpose(call, x, 0, 1) if len(x.sizes) == 2 else x


def swap_last(call: Call, x: Value) -> Value:
    return transpose(call, x, -2, -1)


def permute(call: Call, x: Value, order: Sequence[int]) -> Value:
    return layout.permute(x, [position(k, len(x.sizes)) for k in order])


def reverse_axes(call: Call, x: Value) -> Value:
    return layout.permute(x, range(len(x.sizes))[::-1])


def movedim(call: Call, x: Value, source: int | Sequence[int], target: int | Sequence[int]) -> Value:
    rank = len(x.sizes)
    sources, targets = ([position(k, rank) for k in ([e] if isinstance(e, int) else e)] for e in (source, target))
    order = [k for k in range(rank) if k not in sources]
    for place, axis in sorted(zip(targets, sources, strict=True)):
        order.insert(place, axis)
    return layout.permute(x, order)


def unsqueeze(call: Call, x: Value, axis: int) -> Value:
    return view.insert(x, position(axis, len(x.sizes) + 1))


def squeeze(call: Call, x: Value, over: int | Sequence[int] | None = None) -> Value:
    rank = len(x.sizes)
    named = range(rank) if over is None else [position(k, rank) for k in ([over] if isinstance(over, int) else over)]
    return view.drop(x, [k for k in named if rank and x.sizes[k] == 1])


def select(call: Call, x: Value, axis: int, index: int) -> Value:
    k = position(axis, len(x.sizes))
    return view.select(section(x, k, _from_end(index, x.sizes[k]), 1), k, 0)


def _from_end(index: int, size: object) -> int:
    assert isinstance(size, int)
    return index + size if index < 0 else index


def slice_of(call: Call, x: Value, axis: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Value:
    k = position(axis, len(x.sizes))
    n = x.sizes[k]
    assert isinstance(n, int)
    chosen = range(n)[slice(start, end, step)]
    return section(x, k, chosen.start, len(chosen)) if step == 1 else view.affine(x, k, chosen.start, len(chosen), step)


def narrow(call: Call, x: Value, axis: int, start: int, length: int) -> Value:
    k = position(axis, len(x.sizes))
    return section(x, k, _from_end(start, x.sizes[k]), length)


def split(call: Call, x: Value, lengths: int | Sequence[int], axis: int = 0) -> list[Value]:
    k = position(axis, len(x.sizes))
    n, start, parts = x.sizes[k], 0, []
    assert isinstance(n, int)
    if isinstance(lengths, int):
        lengths = [min(lengths, n - s) for s in range(0, n, lengths)]
    for length in lengths:
        parts.append(section(x, k, start, length))
        start += length
    return parts


def chunk(call: Call, x: Value, count: int, axis: int = 0) -> list[Value]:
    n = x.sizes[position(axis, len(x.sizes))]
    assert isinstance(n, int)
    return split(call, x, -(-n // count), axis)


def tensor_split(call: Call, x: Value, sections: int | Sequence[int], axis: int = 0) -> list[Value]:
    n = x.sizes[position(axis, len(x.sizes))]
    assert isinstance(n, int)
    if isinstance(sections, int):
        lengths = [n // sections + (k < n % sections) for k in range(sections)]
    else:
        cuts = [0, *sections, n]
        lengths = [b - a for a, b in pairwise(cuts)]
    return split(call, x, lengths, axis)


def unbind(call: Call, x: Value, axis: int = 0) -> list[Value]:
    k = position(axis, len(x.sizes))
    n = x.sizes[k]
    assert isinstance(n, int)
    return [view.select(section(x, k, place, 1), k, 0) for place in range(n)]


def repeat(call: Call, x: Value, counts: Sequence[int]) -> Value:
    return view.tile(x, [1] * (len(x.sizes) - len(counts)) + list(counts))


def repeat_interleave(call: Call, x: Value, count: int, axis: int | None = None, **kwargs: object) -> Value:
    if axis is None:
        x, axis = view.reshape(x, (call.sizes[0] // count,)), 0  # type: ignore[operator]  # integers
    return view.repeat_each(x, position(axis, len(x.sizes)), count)


def flip(call: Call, x: Value, over: Sequence[int]) -> Value:
    return view.flip(x, [position(k, len(x.sizes)) for k in over])


def diagonal(call: Call, x: Value, offset: int = 0, first: int = 0, second: int = 1) -> Value:
    rank = len(x.sizes)
    return view.diagonal(x, offset, position(first, rank), position(second, rank))


def unfold(call: Call, x: Value, axis: int, size: int, step: int) -> Value:
    if not x.sizes:
        return view.insert(x, 0)
    return view.windows(x, position(axis, len(x.sizes)), size, step)


def pixel_shuffle(call: Call, x: Value, factor: int) -> Value:
    *lead, c, h, w = x.sizes
    k = len(lead)
    parts = view.reshape(x, (*lead, c // factor**2, factor, factor, h, w))  # type: ignore[operator]  # integers
    order = [*range(k), k, k + 3, k + 1, k + 4, k + 2]
    return view.reshape(layout.permute(parts, order), call.sizes)


def pixel_unshuffle(call: Call, x: Value, factor: int) -> Value:
    *lead, c, h, w = x.sizes
    k = len(lead)
    parts = view.reshape(x, (*lead, c, h // factor, factor, w // factor, factor))  # type: ignore[operator]  # integers
    order = [*range(k), k, k + 2, k + 4, k + 1, k + 3]
    return view.reshape(layout.permute(parts, order), call.sizes)


def channel_shuffle(call: Call, x: Value, groups: int) -> Value:
    b, c, *rest = x.sizes
    parts = view.reshape(x, (b, groups, c // groups, *rest))  # type: ignore[operator]  # integers
    return view.reshape(layout.permute(parts, [0, 2, 1, *range(3, 3 + len(rest))]), x.sizes)


_SAME = """alias.default alias_copy.default clone.default contiguous.default detach.default detach_copy.default detach_.default
    lift_fresh_copy.default lift_fresh.default positive.default resolve_conj.default resolve_neg.default
    requires_grad_.default pin_memory.default""".split()
_RESIZED = """view.default _unsafe_view.default reshape.default view_copy.default flatten.using_ints unflatten.int view_as.default
    reshape_as.default _reshape_alias.default _reshape_copy.default ravel.default""".split()
_EXPANDED = "expand.default expand_copy.default expand_as.default broadcast_to.default".split()
_TABLE: dict[str, Handler] = {
    "transpose.int": transpose, "transpose_copy.int": transpose, "swapaxes.default": transpose, "swapdims.default": transpose,
    "t.default": t, "t_copy.default": t, "numpy_T.default": reverse_axes, "mT.default": swap_last, "matrix_H.default": swap_last,
    "adjoint.default": swap_last, "permute.default": permute, "permute_copy.default": permute, "movedim.int": movedim,
    "movedim.intlist": movedim, "moveaxis.int": movedim, "moveaxis.intlist": movedim, "unsqueeze.default": unsqueeze,
    "unsqueeze_copy.default": unsqueeze, "squeeze.default": squeeze, "squeeze.dim": squeeze, "squeeze.dims": squeeze,
    "squeeze_copy.default": squeeze, "squeeze_copy.dim": squeeze, "squeeze_copy.dims": squeeze, "select.int": select,
    "select_copy.int": select, "slice.Tensor": slice_of, "slice_copy.Tensor": slice_of, "narrow.default": narrow,
    "narrow_copy.default": narrow, "split.Tensor": split, "split.sizes": split, "split_copy.Tensor": split,
    "split_with_sizes.default": split, "split_with_sizes_copy.default": split, "chunk.default": chunk,
    "tensor_split.sections": tensor_split, "tensor_split.indices": tensor_split, "unsafe_split.Tensor": split,
    "unsafe_chunk.default": chunk, "unbind.int": unbind, "unbind_copy.int": unbind, "repeat.default": repeat, "tile.default": repeat,
    "repeat_interleave.self_int": repeat_interleave, "flip.default": flip, "diagonal.default": diagonal,
    "diagonal_copy.default": diagonal, "unfold.default": unfold, "unfold_copy.default": unfold, "pixel_shuffle.default": pixel_shuffle,
    "pixel_unshuffle.default": pixel_unshuffle, "channel_shuffle.default": channel_shuffle,
    "native_channel_shuffle.default": channel_shuffle,
}  # fmt: skip
_TABLE |= dict.fromkeys(_SAME, same) | dict.fromkeys(_RESIZED, resized) | dict.fromkeys(_EXPANDED, expanded)
TABLE = family(_TABLE)
