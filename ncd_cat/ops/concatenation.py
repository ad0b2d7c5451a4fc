"""Direct sums of axes: arrays placed one after another along an axis, as sums of readings under the brackets of their ranges.

An array placed at `start` in a longer axis is [start <= i < start + n] x[i − start]; a concatenation is the sum of its
parts placed, and a pad is one part placed alone.  Source: biproducts of finite-dimensional spaces; brackets after Iverson.

>>> from ncd_cat.graph import Input, source
>>> from ncd_cat.ops.contraction import show_contraction
>>> print(show_contraction(pad(source(Input(0), (3,)), 0, 2, 0).node))
input(0, real)[i0 - 2] [i0 - 2 >= 0]
"""

from __future__ import annotations

from collections.abc import Sequence

from ncd_cat.axes import Index, Sizes, add, bounds, scale, shift, whole
from ncd_cat.graph import Value
from ncd_cat.ops.contraction import Term, contraction, term
from ncd_cat.scalars import ONE
from ncd_cat.signature import Guard
from ncd_cat.sizes import Size, provably_nonnegative


def concatenate(values: Sequence[Value], axis: int) -> Value:
    """The values one after another along an axis: a sum of guarded readings [start <= i < stop] x[i − start]."""
    length: Size = 0
    for v in values:
        length = length + v.sizes[axis]
    sizes = values[0].sizes[:axis] + (length,) + values[0].sizes[axis + 1 :]
    terms, start = [], 0 * length
    for v in values:
        terms.append(_placed(v, axis, start, sizes))
        start = start + v.sizes[axis]
    return Value.of(contraction(terms, sizes))


def pad(x: Value, axis: int, before: Size, after: Size) -> Value:
    """Zeros before and after, along an axis; negative amounts cut."""
    sizes = x.sizes[:axis] + (x.sizes[axis] + before + after,) + x.sizes[axis + 1 :]
    return Value.of(contraction([_placed(x, axis, before, sizes)], sizes))


def _placed(x: Value, axis: int, start: Size, sizes: Sizes) -> Term:
    position = shift(whole(axis, sizes[axis]), -start)
    indices = tuple(position if k == axis else whole(k, n) for k, n in enumerate(sizes))
    return term(ONE, (), [(x, indices)], range_guards(position, x.sizes[axis]), sizes=sizes)


def range_guards(e: Index, size: Size) -> list[Guard]:
    """The guards 0 <= e < size, without those that interval arithmetic implies."""
    below = (False, e)
    above = (False, add((size - 1, ()), scale(e, -1)))
    return [g for g in (below, above) if not implied(g)]


def implied(guard: Guard) -> bool:
    """Whether interval arithmetic shows that the guard [e >= 0] holds at every index."""
    return provably_nonnegative(bounds(guard[1])[0])
