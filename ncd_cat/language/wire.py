"""Wires: values whose axes have names, as a person writes with them; `x + y`, `x * 2` and `x < y` act entry by entry.

Types are strict: two wires add up where their axes agree in name, order and size, and nothing is broadcast in silence
(`align` does that when it is asked to).  A wire remembers the walk that it belongs to, so that blocks and names of axes are
kept.  Source: arrays with named axes, the objects of Br, arXiv 2604.07242.

>>> from ncd_cat.graph import Input, source
>>> q, k = Axis("q", 2), Axis("k", 3)
>>> x, y = (Wire(source(Input(j), (2, 3)), Array(a)) for j, a in enumerate([(q, k), (k, Axis("q"))]))
>>> print((x + x).type, (x < 1).type)
float32[q:2 k:3] bool[q:2 k:3]
>>> x + y
Traceback (most recent call last):
    ...
ncd_cat.errors.TypeMismatch: +: float32[q:2 k:3] and float32[k:3 q] have different axes: align(x, y) broadcasts by name
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.ops import contraction, pointwise
from ncd_cat.scalars import Scalar, ratio
from ncd_cat.sizes import Poly, Size
from ncd_cat.types import Array
from ncd_cat.wiring import Run, is_bare

Number = int | float | Fraction | Scalar | Poly


@dataclass(frozen=True)
class Wire:
    """A value with a type: named axes and a dtype."""

    value: Value
    type: Array
    run: Run | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.run is not None and is_bare(self.value):
            self.run.labels.setdefault(self.value.node, self.type)

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes, in order."""
        return self.type.axes

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the axes."""
        return tuple([a.name for a in self.axes])

    def size(self, name: str) -> Size:
        """The size of the axis of that name.  Raises TypeMismatch if there is none."""
        return self.axes[place(self, name, "size")].size

    def like(self, value: Value, axes: tuple[Axis, ...] | None = None) -> Wire:
        """A wire of the same walk that carries `value`, along `axes` (those of this wire by default)."""
        return wired(value, self.axes if axes is None else axes, self)

    def __add__(self, other: Any) -> Any:
        return _binary("+", contraction.add, self, other)

    def __sub__(self, other: Any) -> Any:
        return _binary("-", contraction.subtract, self, other)

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if isinstance(other, Number):
            return self.like(contraction.scale(self.value, scalar(other)))
        return _binary("*", contraction.multiply, self, other)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, Number):
            return self * scalar(other).power(Fraction(-1))
        return _binary("/", pointwise.divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self**-1 * other

    def __pow__(self, exponent: int | float | Fraction) -> Wire:
        return self.like(pointwise.power(self.value, ratio(exponent)))

    def __neg__(self) -> Wire:
        return self.like(contraction.scale(self.value, -1))

    def __lt__(self, other: Any) -> Any:
        return _binary("<", pointwise.Less(), self, other)

    def __gt__(self, other: Any) -> Any:
        return _binary(">", lambda x, y: pointwise.Less()(y, x), self, other)

    __radd__, __rmul__ = __add__, __mul__

    def __str__(self) -> str:
        return str(self.type)


def wired(value: Value, axes: tuple[Axis, ...], *of: Wire) -> Wire:
    """A wire with these axes, of the walk of the given wires; reals have the dtype of the first real one."""
    dtype = {"int": "int64", "bool": "bool"}.get(value.kind)
    if dtype is None:
        dtype = next((w.type.dtype for w in of if w.type.kind == "real"), "float32")
    return Wire(value, Array(axes, dtype), next((w.run for w in of if w.run is not None), None))


def place(x: Wire, name: str | int | Axis, verb: str) -> int:
    """The number of an axis.  Raises TypeMismatch, with the axes that there are."""
    if isinstance(name, int):
        if -len(x.axes) <= name < len(x.axes):
            return name % len(x.axes)
    elif str(getattr(name, "name", name)) in x.names:
        return x.names.index(str(getattr(name, "name", name)))
    raise TypeMismatch(f"{verb}: {x.type} has no axis {name}; its axes are {' '.join(x.names) or 'none'}")


def places(x: Wire, spec: str | int | Axis, verb: str) -> list[int]:
    """The numbers of the axes that a list of names means; a bundle x means its members x.0, x.1, …"""
    if isinstance(spec, int | Axis):
        return [place(x, spec, verb)]
    found: list[int] = []
    for name in spec.replace("...", " ").replace("̄", "").split():
        members = [k for k, a in enumerate(x.names) if a.rpartition(".")[0] == name]
        found += members if members and name not in x.names else [place(x, name, verb)]
    return found


def scalar(number: Number) -> Scalar:
    """The exact real number that a person means by a number in a program."""
    return Scalar.read(number) if isinstance(number, float) else Scalar.of(number)


def _binary(sign: str, build: Callable[[Value, Value], Value], x: Wire, other: Any) -> Any:
    y = _operand(x, other)
    if y is None:
        return NotImplemented
    if x.axes != y.axes:
        raise TypeMismatch(f"{sign}: {x.type} and {y.type} have different axes{_advice(x, y)}")
    return wired(build(x.value, y.value), x.axes, x, y)


def _advice(x: Wire, y: Wire) -> str:
    sizes = {a.name: a.size for a in x.axes}
    for a in y.axes:
        if a.name in sizes and a.size != sizes[a.name] and not (isinstance(a.size, Poly) or isinstance(sizes[a.name], Poly)):
            return f": axis {a.name} has sizes {sizes[a.name]} and {a.size}"
    return ": align(x, y) broadcasts by name"


def _operand(x: Wire, other: Any) -> Wire | None:
    """The wire that stands for a number, an array or a state beside x."""
    if isinstance(other, Number):
        return x.like(contraction.number(scalar(other), x.value.sizes))
    if isinstance(other, Wire):
        return other
    wire = getattr(other, "wire", None)  # a state, such as a weight
    return replace(wire(), run=x.run) if wire is not None else None
