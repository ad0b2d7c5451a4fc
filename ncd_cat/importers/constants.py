"""Constants of a program: what depends on no input and no weight is computed when the program is read.

A constant is kept twice.  `own` is what the program computes, in its own types; `exact` is the same computation with
every float in float64, nearer to the real numbers that the program means, for which casts between float types are the
identity.  Where floats are rounded, or turn into whole numbers or truth values, a jump, the program's own result holds in both.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from ncd_cat.errors import ImportFailed
from ncd_cat.graph import Value
from ncd_cat.importers.aten.call import dtype_name
from ncd_cat.ops.contraction import number
from ncd_cat.ops.literal import literal
from ncd_cat.scalars import Scalar

LARGEST_ROOT = 4096
JUMPS = tuple(f"aten.{name}" for name in "floor ceil round trunc fix frac sign sgn remainder fmod div.Tensor_mode div.Scalar_mode".split())


class Constant:
    """A torch tensor that is known: `own` in the program's types, `exact` in float64 if its numbers are floats."""

    def __init__(self, own: Any, exact: Any = None) -> None:
        self.own = own
        self.exact = exact if exact is not None else own.double() if own.is_floating_point() else own

    @cached_property
    def value(self) -> Value:
        """The constant as a value: one number repeated, or a table.  Raises ImportFailed for nan and for complex numbers."""
        if self.own.is_complex():
            raise ImportFailed(f"a constant of the model is complex ({dtype_name(self.own.dtype)}): write it with real and imaginary parts")
        table = self.exact.numpy()
        first = table.reshape(-1)[:1]
        if table.size == 0 or not (table == first).all():
            return self._literal(table)
        one = table.reshape(-1)[0]
        return _uniform(one, dtype_name(self.own.dtype)).at((), tuple(int(n) for n in table.shape))

    def _literal(self, table: Any) -> Value:
        try:
            return literal(table)
        except ValueError as refused:
            raise ImportFailed(f"a constant of the model, of sizes {tuple(table.shape)}, is empty or holds nan") from refused


def _uniform(one: Any, dtype: str) -> Value:
    if one.dtype.kind != "f" or math.isinf(one):
        return literal(one)
    return number(read(float(one), dtype))


def read(value: float, dtype: str) -> Scalar:
    """The real number that a float of a type denotes.

    Of a type shorter than float64, one with a short decimal form denotes that decimal, and one that is the rounded root
    of a whole number up to 4096, or one over that, denotes it.

    >>> str(read(float(np.float32(0.1)), "float32")), str(read(float(np.sqrt(np.float32(2))), "float32"))
    ('1/10', 'sqrt(2)')
    """
    if dtype == "float64" or value == 0 or dtype not in ("float32", "float16"):
        return Scalar.read(value)
    short = np.dtype(dtype).type(value)
    if float(short) != value:
        return Scalar.read(value)
    decimal = np.format_float_scientific(short)
    if len(decimal.split("e")[0].replace("-", "").replace(".", "").rstrip("0")) <= (5 if dtype == "float32" else 3):
        return Scalar.read(float(decimal))
    square = value * value
    whole = round(max(square, 1 / square))
    root = math.sqrt(whole) if square > 1 else 1 / math.sqrt(whole)
    if dtype == "float32" and whole <= LARGEST_ROOT and abs(root - abs(value)) <= float(np.spacing(np.float32(root))):
        return Scalar.read(math.copysign(root, value))
    return Scalar.read(value)


def fold(target: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
    """The result of a torch operator on constants and Python data: a constant, or a tuple of results."""
    import torch

    kwargs = {**kwargs, "device": torch.device("cpu")} if "device" in kwargs else dict(kwargs)
    with torch.no_grad():
        own = target(*_with(args, _own), **_with(kwargs, _own))
        if not _has_floats(own):
            return _constant(own, None)
        if str(target).startswith(JUMPS):
            return _constant(own, None)
        widen = _exactly(torch)
        try:
            exact = target(*_with(args, widen), **_with(kwargs, widen))
        except (RuntimeError, TypeError):  # an operator without a float64 form
            exact = None
    return _constant(own, exact)


def _own(x: Any) -> Any:
    return x.own if isinstance(x, Constant) else x


def _exactly(torch: Any) -> Callable[[Any], Any]:
    def widen(x: Any) -> Any:
        if isinstance(x, Constant):
            return x.exact
        return torch.float64 if isinstance(x, torch.dtype) and x.is_floating_point else x

    return widen


def _with(data: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(data, dict):
        return {k: _with(v, change) for k, v in data.items()}
    return [_with(x, change) for x in data] if isinstance(data, (list, tuple)) else change(data)


def _has_floats(result: Any) -> bool:
    return any(_has_floats(r) for r in result) if isinstance(result, (list, tuple)) else bool(getattr(result, "is_floating_point", bool)())


def _constant(own: Any, exact: Any) -> Any:
    if isinstance(own, (list, tuple)):
        return tuple([_constant(r, exact[k] if exact is not None else None) for k, r in enumerate(own)])
    if not hasattr(own, "dtype"):
        return own
    fits = exact is not None and exact.shape == own.shape and own.is_floating_point()
    return Constant(own, exact.double() if fits else None)
