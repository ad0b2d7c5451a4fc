"""The inverse of a square matrix, its determinant and its logarithm, and solutions of linear systems: A⁻¹, det A, log|det A|, A⁻¹ b.

They are partial, as 1/x is: a singular matrix has no inverse, and no logarithm of its determinant.  The last two axes are the
matrix, all others are broadcast over.  Source of the derivatives: Petersen and Pedersen, The Matrix Cookbook, section 2;
Giles 2008, Collected matrix derivative results.

>>> from ncd_cat.graph import Input, source
>>> x = source(Input(0), (5, 3, 3))
>>> print(inverse(x), "and", determinant(x))
inverse[i0, i1, i2] : 5 3 3 and determinant[i0] : 5
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ncd_cat.axes import Sizes, identity, whole
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Node, Value, apply
from ncd_cat.ops.contraction import einsum, multiply, repeat
from ncd_cat.scalars import ONE
from ncd_cat.signature import Op
from ncd_cat.sizes import Size


@dataclass(frozen=True)
class OfMatrix(Op):
    """A function of a square matrix with `size` rows."""

    size: Size
    glyph = "box"
    arity = 1

    def roots(self, k: int) -> Sizes:
        return (self.size, self.size)

    @abstractmethod
    def array(self, xp: Any, *arrays: Any) -> Any:
        """The function of the matrices in the last two axes of an array."""

    def __str__(self) -> str:
        return type(self).__name__.lower()


@dataclass(frozen=True)
class Inverse(OfMatrix):
    """A⁻¹, where A is invertible."""

    @property
    def out(self) -> Sizes:
        return (self.size, self.size)

    def defined(self, operands: Sequence[Node]) -> bool:
        return False

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (einsum("...ki,...kl,...jl->...ij", output, cotangent, output, scalar=-ONE),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        a, singular = _regular(xp, arrays[0])
        return xp.where(singular, _nan(xp, a), xp.linalg.inv(a))


@dataclass(frozen=True)
class Determinant(OfMatrix):
    """det A.  Its derivative is (det A) A⁻ᵀ, where A is invertible; that of a number is 1."""

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        if self.size == 1:
            return (_as_matrix(cotangent, 1),)
        return (multiply(transposed(inverse(operands[0])), _as_matrix(multiply(output, cotangent), self.size)),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.linalg.det(arrays[0])


@dataclass(frozen=True)
class LogAbsDet(OfMatrix):
    """log|det A|, where A is invertible.  Its derivative is A⁻ᵀ."""

    def defined(self, operands: Sequence[Node]) -> bool:
        return False

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value]:
        return (multiply(transposed(inverse(operands[0])), _as_matrix(cotangent, self.size)),)

    def array(self, xp: Any, *arrays: Any) -> Any:
        return xp.linalg.slogdet(arrays[0])[1]


@dataclass(frozen=True)
class Solve(Op):
    """A⁻¹ B for a square matrix A of `size` rows and B of `columns` columns; on arrays A is not inverted."""

    size: Size
    columns: Size
    glyph = "box"
    arity = 2

    def roots(self, k: int) -> Sizes:
        return (self.size, self.columns if k else self.size)

    @property
    def out(self) -> Sizes:
        return (self.size, self.columns)

    def defined(self, operands: Sequence[Node]) -> bool:
        return False

    def definition(self, *operands: Value) -> Value:
        return einsum("...ij,...jk->...ik", inverse(operands[0]), operands[1])

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value, Value]:
        back = solve(transposed(operands[0]), cotangent)
        return einsum("...ik,...jk->...ij", back, output, scalar=-ONE), back

    def array(self, xp: Any, *arrays: Any) -> Any:
        a, singular = _regular(xp, arrays[0])
        return xp.where(singular, _nan(xp, a), xp.linalg.solve(a, arrays[1]))


# ---- on values ----------------------------------------------------------------------------------------------------


def inverse(x: Value) -> Value:
    """The inverse of the matrices in the last two axes; sizes as x.  Raises TypeMismatch unless they are square."""
    return apply(Inverse(_square(x, "inverse")), x, degree=x.sizes[:-2])


def determinant(x: Value) -> Value:
    """The determinant of the matrices in the last two axes, which disappear.  Raises TypeMismatch unless they are square."""
    return apply(Determinant(_square(x, "determinant")), x, degree=x.sizes[:-2])


def log_abs_det(x: Value) -> Value:
    """log|det| of the matrices in the last two axes, which disappear.  Raises TypeMismatch unless they are square."""
    return apply(LogAbsDet(_square(x, "log|det|")), x, degree=x.sizes[:-2])


def solve(a: Value, b: Value) -> Value:
    """The x with a x = b, for a (…, n, n) and b (…, n, k) with the same leading axes.  Raises TypeMismatch for other sizes."""
    n = _square(a, "solve")
    if b.sizes[:-1] != a.sizes[:-1]:
        raise TypeMismatch(f"solve: a matrix of sizes {a.sizes} needs a right side of sizes {(*a.sizes[:-1], 'k')}, not {b.sizes}")
    return apply(Solve(n, b.sizes[-1]), a, b, degree=a.sizes[:-2])


def transposed(x: Value) -> Value:
    """The last two axes exchanged."""
    *lead, n, m = x.sizes
    rank = len(lead)
    return x.at((*identity(lead), whole(rank + 1, n), whole(rank, m)), (*lead, m, n))


def _square(x: Value, name: str) -> Size:
    if len(x.sizes) < 2 or x.sizes[-1] != x.sizes[-2]:
        raise TypeMismatch(f"{name}: the last two axes must be a square matrix, the sizes are {x.sizes}")
    return x.sizes[-1]


def _as_matrix(x: Value, size: Size) -> Value:
    rank = len(x.sizes)
    return repeat(x, [(rank, size), (rank + 1, size)])


def _regular(xp: Any, a: Any) -> tuple[Any, Any]:
    """The matrices with the unit matrix in the place of singular ones, and where that is, axes (…, 1, 1): one does not stop all."""
    singular = (xp.linalg.slogdet(a)[0] == 0)[..., None, None]
    unit = xp.eye(a.shape[-1], dtype=a.dtype, device=a.device)
    return xp.where(singular, unit, a), singular


def _nan(xp: Any, a: Any) -> Any:
    return xp.asarray(float("nan"), dtype=a.dtype, device=a.device)
