"""What the signs and functions of expressions in weights do to arrays and numbers: multilinear algebra over the rationals.

A number is a fraction, an array a value of the term graph; sizes that do not fit are a ValueError that names them.

>>> added(Fraction(1, 2), Fraction(1, 3), "+")
Fraction(5, 6)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction

from ncd_cat.axes import identity, scale, shift, whole
from ncd_cat.graph import Value
from ncd_cat.importers.rearrange import insert, reshape
from ncd_cat.ops.concatenation import concatenate
from ncd_cat.ops.contraction import einsum, linear_combination, multiply
from ncd_cat.ops.layout import permute
from ncd_cat.scalars import ONE, Scalar

Part = Value | Fraction


def whole_number(x: Part, what: str) -> int:
    """A number that is whole.  Raises ValueError."""
    if isinstance(x, Fraction) and x.denominator == 1:
        return int(x)
    raise ValueError(f"{what} takes a whole number")


def added(x: Part, y: Part, sign: str) -> Part:
    """x + y or x − y, of two numbers or two arrays of equal sizes.  Raises ValueError."""
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x + y if sign == "+" else x - y
    if isinstance(x, Fraction) or isinstance(y, Fraction) or x.sizes != y.sizes:
        raise ValueError(f"{sign} of {shown(x)} and {shown(y)}")
    return linear_combination([(ONE, x), (ONE if sign == "+" else -ONE, y)])


def multiplied(x: Part, y: Part, sign: str) -> Part:
    """A multiple, a product of two arrays of equal sizes, or a product of matrices.  Raises ValueError."""
    if isinstance(y, Fraction) and sign != "@":
        by = y if sign == "*" else 1 / y
        return x * by if isinstance(x, Fraction) else linear_combination([(Scalar.of(by), x)])
    if isinstance(x, Fraction) and not isinstance(y, Fraction) and sign == "*":
        return linear_combination([(Scalar.of(x), y)])
    if isinstance(x, Fraction) or isinstance(y, Fraction):
        raise ValueError(f"{sign} of {shown(x)} and {shown(y)}")
    if sign == "*" and x.sizes == y.sizes:
        return multiply(x, y)
    if sign == "@" and len(x.sizes) == 2 and len(y.sizes) in (1, 2) and x.sizes[1] == y.sizes[0]:
        return einsum("ij,jk->ik" if len(y.sizes) == 2 else "ij,j->i", x, y)
    raise ValueError(f"{sign} of {shown(x)} and {shown(y)}")


def shown(x: Part) -> str:
    """A number, or the sizes of an array."""
    return str(x) if isinstance(x, Fraction) else f"sizes ({', '.join(map(str, x.sizes))})"


def transposed(x: Value) -> Value:
    """The array with its last two axes exchanged.  Raises ValueError."""
    rank = len(x.sizes)
    if rank < 2:
        raise ValueError(f"an array of {shown(x)} has no transpose")
    return permute(x, (*range(rank - 2), rank - 1, rank - 2))


def entry(x: Value, axis: int, k: int) -> Value:
    """The array at one place of an axis, which goes.  Raises ValueError."""
    one = part_of(x, axis, slice(k, k + 1 if k != -1 else None))
    kept = one.sizes[:axis] + one.sizes[axis + 1 :]
    indices = identity(kept)
    return one.at((*indices[:axis], (0, ()), *indices[axis:]), kept)


def part_of(x: Value, axis: int, given: slice) -> Value:
    """The range of an axis of the array.  Raises ValueError."""
    size = x.sizes[axis]
    if not isinstance(size, int):
        raise ValueError(f"a range of an axis of size {size}, which is no number")
    chosen = range(*given.indices(size))
    if not chosen or chosen.step < 0 or (given.stop or 0) > size:
        raise ValueError(f"a range that is empty, backwards, or beyond the axis of size {size}")
    sizes = x.sizes[:axis] + (len(chosen),) + x.sizes[axis + 1 :]
    index = shift(scale(whole(axis, len(chosen)), chosen.step), chosen.start)
    return x.at(tuple([index if k == axis else whole(k, n) for k, n in enumerate(x.sizes)]), sizes)


def _concat(values: list[Value], numbers: list[int], axis: int = 0) -> Value:
    rank = len(values[0].sizes)
    place = axis % max(rank, 1)
    rests = {(len(v.sizes), v.sizes[:place] + v.sizes[place + 1 :]) for v in values}
    if numbers or len(rests) > 1 or not -rank <= axis < rank:
        raise ValueError(f"concat along axis {axis} does not fit weights of sizes {', '.join(shown(v)[6:] for v in values)}")
    return concatenate(values, place)


def _stack(values: list[Value], numbers: list[int], axis: int = 0) -> Value:
    if numbers or len({v.sizes for v in values}) > 1 or not 0 <= axis <= len(values[0].sizes):
        raise ValueError(f"stack along axis {axis} does not fit weights of sizes {', '.join(shown(v)[6:] for v in values)}")
    return concatenate([insert(v, axis) for v in values], axis)


def _transpose(values: list[Value], numbers: list[int]) -> Value:
    (x, *more) = values
    if more or (numbers and sorted(numbers) != [*range(len(x.sizes))]):
        raise ValueError(f"transpose of axes {numbers} does not fit weights of sizes {', '.join(shown(v)[6:] for v in values)}")
    return permute(x, numbers) if numbers else transposed(x)


def _reshape(values: list[Value], numbers: list[int]) -> Value:
    (x, *more) = values
    if more or not numbers or min(numbers) < 1:
        raise ValueError("reshape takes one weight, and its new sizes")
    return reshape(x, tuple(numbers))


FUNCTIONS: Mapping[str, Callable[..., Value]] = {"concat": _concat, "stack": _stack, "transpose": _transpose, "reshape": _reshape}
