"""Square matrices on wires, given by the names of two axes: inverse, determinant, its logarithm, linear systems.

>>> from ncd_cat.language.types import ty
>>> print(inverse("i j").at(ty("b i:3 j:3")).cod, logdet("i j").at(ty("b i:3 j:3")).cod)
float32[b i:3 j:3] float32[b]
>>> print(solve("i j").at(ty("b i:3 j:3, b i:3 k")).cod)
float32[b k j:3]
"""

from __future__ import annotations

from ncd_cat.axes import Axis, identity, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.language.verbs import verb
from ncd_cat.language.wire import Wire, places, wired
from ncd_cat.ops import layout, linear_algebra
from ncd_cat.ops.layout import last, unlast


@verb()
def inverse(x: Wire, axes: str) -> Wire:
    """The inverse of the matrices with rows i and columns j, `inverse(x, "i j")`; axes as x.

    Raises TypeMismatch if they are not square.
    """
    rows, columns = _matrix(x, axes, "inverse")
    return x.like(unlast(linear_algebra.inverse(last(x.value, (rows, columns))), (rows, columns)))


@verb()
def determinant(x: Wire, axes: str) -> Wire:
    """The determinant of the matrices with rows and columns along two axes, which disappear."""
    over = _matrix(x, axes, "determinant")
    return x.like(linear_algebra.determinant(last(x.value, over)), _without(x, over))


@verb()
def logdet(x: Wire, axes: str) -> Wire:
    """log|det| of the matrices with rows and columns along two axes, which disappear."""
    over = _matrix(x, axes, "logdet")
    return x.like(linear_algebra.log_abs_det(last(x.value, over)), _without(x, over))


@verb(2)
def solve(a: Wire, b: Wire, axes: str) -> Wire:
    """The x with Σ_j a[…, i, j] x[…, k, j] = b[…, i, k], `solve(a, b, "i j")`: axes shared with a, then k if b has it, then j.

    Raises TypeMismatch, with both types, unless b has the axes of a but j, and at most one more.
    """
    rows, columns = _matrix(a, axes, "solve")
    shared = _without(a, (rows, columns))
    names = [*(x.name for x in shared), a.axes[rows].name]
    more = [k for k, x in enumerate(b.axes) if x.name not in names]
    order = [b.names.index(name) for name in names if name in b.names]
    if len(order) != len(names) or len(more) > 1 or [b.axes[k] for k in order] != [*shared, a.axes[rows]]:
        raise TypeMismatch(f"solve: {b.type} does not have the axes {' '.join(names)} of {a.type}, and at most one more")
    right = layout.permute(b.value, [*order, *more])
    if not more:
        right = right.at(identity(right.sizes), (*right.sizes, 1))
    found = linear_algebra.transposed(linear_algebra.solve(last(a.value, (rows, columns)), right))
    if not more:
        *lead, _, n = found.sizes
        found = found.at((*identity(lead), (0, ()), whole(len(lead), n)), (*lead, n))
    return wired(found, (*shared, *[b.axes[k] for k in more], a.axes[columns]), a, b)


def _matrix(x: Wire, axes: str, name: str) -> tuple[int, int]:
    over = places(x, axes, name)
    if len(over) != 2 or over[0] == over[1] or x.axes[over[0]].size != x.axes[over[1]].size:
        raise TypeMismatch(f"{name}: {axes!r} does not name the rows and the columns of a square matrix among the axes of {x.type}")
    return over[0], over[1]


def _without(x: Wire, over: tuple[int, int]) -> tuple[Axis, ...]:
    return tuple([a for k, a in enumerate(x.axes) if k not in over])
