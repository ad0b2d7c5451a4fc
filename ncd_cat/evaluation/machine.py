"""A machine is a choice of arrays: a namespace, the floating type that stands for the reals, and a device.

Plans are made once from sizes alone and are pure; they meet arrays only through a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ncd_cat.signature import Kind

Shape = tuple[int, ...]
Concrete = tuple[int, tuple[tuple[int, int, int, int], ...]]  # an index without symbols


def ints(sizes: Sequence[Any]) -> Shape:
    """Sizes that have their values: a plan is made for those."""
    assert all(isinstance(n, int) for n in sizes), f"{sizes} have symbols"
    return tuple(sizes)


def concrete(e: Any) -> Concrete:
    """An index without symbols."""
    assert isinstance(e[0], int)
    return e  # type: ignore[no-any-return]


@dataclass(frozen=True, eq=False)
class Constant:
    """A table that a plan holds: a literal, a mask, a list of positions.  Compared by identity."""

    array: NDArray[Any]
    kind: Kind


@dataclass(frozen=True, eq=False)
class Machine:
    """The namespace `xp` (Array API, by array_api_compat), the dtype of the reals, and a device or None.

    `overwrites`: a result that nobody else holds may be written to, as numpy's may and a recorded or immutable one may not.
    """

    xp: Any
    real: Any
    device: Any
    overwrites: bool = False
    kept: dict[Constant, Any] = field(default_factory=dict)

    def constant(self, c: Constant) -> Any:
        """The table as an array here; made once."""
        if c not in self.kept:
            table = c.array if c.array.flags.writeable else c.array.copy()  # torch warns about read-only memory
            self.kept[c] = self.cast(self.xp.asarray(table, device=self.device), c.kind)
        return self.kept[c]

    def dtype(self, kind: Kind) -> Any:
        """The dtype of a kind: all integers are 64 bits wide here, so that their arithmetic is that of the integers."""
        return self.real if kind == "real" else self.xp.int64 if kind == "int" else self.xp.bool

    def cast(self, x: Any, kind: Kind) -> Any:
        """The array as one of the kind; the same array where it is one already."""
        dtype = self.dtype(kind)
        return x if x.dtype == dtype else self.xp.astype(x, dtype)

    def full(self, shape: Shape, value: float, kind: Kind) -> Any:
        """An array with one value everywhere."""
        return self.xp.full(shape, value, dtype=self.dtype(kind), device=self.device)


Move = Callable[[Machine, Any], Any]  # one array to one array
Step = Callable[[Machine, Sequence[Any]], Any]  # the operands' arrays to the node's array


def permute(order: Sequence[int]) -> list[Move]:
    """Axis k of the result is axis order[k] of the array; no move for the identity."""
    axes = tuple(order)
    return [] if axes == tuple(range(len(axes))) else [lambda m, x: m.xp.permute_dims(x, axes)]


def reshape(old: Shape, new: Shape) -> list[Move]:
    """The row-major reshape; no move where the shapes are the same."""
    return [] if old == new else [lambda m, x: m.xp.reshape(x, new)]


def broadcast(old: Shape, new: Shape) -> list[Move]:
    """Axes of extent 1 repeated; no move where the shapes are the same."""
    return [] if old == new else [lambda m, x: m.xp.broadcast_to(x, new)]


def follow(moves: Sequence[Move], m: Machine, x: Any) -> Any:
    """The array after the moves, one after another."""
    for move in moves:
        x = move(m, x)
    return x


def composed(moves: Sequence[Move]) -> Move:
    """The moves as one."""
    if len(moves) < 2:
        return moves[0] if moves else lambda m, x: x
    return lambda m, x: follow(moves, m, x)


def plus(m: Machine, x: Any, y: Any, into: bool) -> Any:
    """x + y, in the array of x if `into`: it has the result's shape and dtype, and nobody else holds it."""
    if not into or not m.overwrites:
        return x + y
    x += y
    return x


def minus(m: Machine, x: Any, y: Any, into: bool) -> Any:
    """x − y, as `plus`."""
    if not into or not m.overwrites:
        return x - y
    x -= y
    return x


def times(m: Machine, x: Any, y: Any, into: bool) -> Any:
    """x · y, as `plus`."""
    if not into or not m.overwrites:
        return x * y
    x *= y
    return x
