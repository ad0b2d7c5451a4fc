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

import reprlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from math import isfinite
from numbers import Integral, Real
from typing import Any

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.graph import Value
from ncd_cat.ops import activation, contraction, pointwise
from ncd_cat.scalars import Scalar, ratio
from ncd_cat.sizes import Poly, Size
from ncd_cat.types import Array
from ncd_cat.wiring import Run, is_bare

Number = int | float | Fraction | Scalar | Poly | Axis  # an axis stands for its size
NUMBERS = (Real, Scalar, Poly, Axis)  # those of numpy are real too


@dataclass(frozen=True, eq=False)
class Wire:
    """A value with a type: named axes and a dtype.  It has no truth value, and `==` compares entry by entry, as `<` does."""

    __array_ufunc__ = None  # so that numpy leaves arithmetic with wires to them

    value: Value
    type: Array
    run: Run | None = field(default=None, repr=False)

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
        if isinstance(other, NUMBERS):
            return self.like(contraction.scale(self.value, scalar(other)))
        return _binary("*", contraction.multiply, self, other)

    def __truediv__(self, other: Any) -> Any:
        if isinstance(other, NUMBERS):
            return self * _power(scalar(other), -1)
        return _binary("/", pointwise.divide, self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self**-1 * other

    def __pow__(self, exponent: int | float | Fraction) -> Wire:
        return self.like(pointwise.power(self.value, _exponent(exponent)))

    def __neg__(self) -> Wire:
        return self.like(contraction.scale(self.value, -1))

    def __abs__(self) -> Wire:
        return self.like(activation.Absolute()(self.value))

    def __lt__(self, other: Any) -> Any:
        return _binary("<", pointwise.Less(), self, other)

    def __gt__(self, other: Any) -> Any:
        return _binary(">", lambda x, y: pointwise.Less()(y, x), self, other)

    def __le__(self, other: Any) -> Any:
        return _binary("<=", pointwise.LessEqual(), self, other)

    def __ge__(self, other: Any) -> Any:
        return _binary(">=", lambda x, y: pointwise.LessEqual()(y, x), self, other)

    def __eq__(self, other: Any) -> Any:
        return _binary("==", pointwise.Equal(), self, other)

    def __bool__(self) -> bool:
        raise TypeMismatch(f"{self.type} has no truth value while a diagram is drawn: `where` chooses entry by entry")

    def __hash__(self) -> int:
        return id(self)

    __radd__, __rmul__ = __add__, __mul__

    def __str__(self) -> str:
        return str(self.type)


def wired(value: Value, axes: tuple[Axis, ...], *of: Wire) -> Wire:
    """A wire with these axes, of the walk of the given wires; reals have the dtype of the first real one.

    Raises TypeMismatch if two axes have one name, or if the wires belong to two diagrams.
    """
    dtype = {"int": "int64", "bool": "bool"}.get(value.kind)
    if dtype is None:
        dtype = next((w.type.dtype for w in of if w.type.kind == "real"), "float32")
    return Wire(value, typed(axes, dtype, "the result"), walk(of))


def typed(axes: Sequence[Axis], dtype: str, what: str) -> Array:
    """The type with these axes.  Raises TypeMismatch if two have one name."""
    names = [a.name for a in axes]
    for a in names:
        if names.count(a) > 1:
            raise TypeMismatch(f"{what} would have two axes called {a}, {' '.join(map(str, axes))}: rename one of them before")
    return Array(tuple(axes), dtype)


def walk(wires: Iterable[Wire]) -> Run | None:
    """The walk that the wires belong to; that of states is any.  Raises TypeMismatch if they belong to two diagrams."""
    found: Run | None = None
    for w in wires:
        if found is not None and w.run is not None and w.run.made is not found.made:
            raise TypeMismatch(f"a wire {w.type} of another diagram is used: give it to this one as an input of its own")
        found = found or w.run
    return found


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
    if not isinstance(spec, str):
        raise TypeMismatch(f"{verb}: axes are named by text, such as 'h d', not by {spec!r}")
    found: list[int] = []
    for item in spec.replace("...", " ").replace("̄", "").split():
        name, _, size = item.partition(":")
        members = [k for k, a in enumerate(x.names) if a.rpartition(".")[0] == name]
        own = members if members and name not in x.names else [place(x, name, verb)]
        for k in own:
            if size and size != str(x.axes[k].size):
                raise TypeMismatch(f"{verb}: axis {x.names[k]} of {x.type} has size {x.axes[k].size}, not {size}")
        found += own
    if len(set(found)) < len(found):
        raise TypeMismatch(f"{verb}: {spec!r} names an axis of {x.type} twice")
    return found


def scalar(number: Any) -> Scalar:
    """The exact real number that a person means by a number in a program.  Raises TypeMismatch on infinities and nan."""
    if isinstance(number, Real) and not isfinite(number):
        raise TypeMismatch(f"{number} is no real number; a mask is made by masked(x, seen)")
    if isinstance(number, Integral):
        return Scalar.of(int(number))
    if isinstance(number, Real) and not isinstance(number, Fraction):
        return Scalar.read(float(str(number)))  # of a float of numpy, the number that it is written as
    if not isinstance(number, NUMBERS):
        raise TypeMismatch(f"{number!r} is no number; write 2, 0.5 or d**-0.5, where d is an axis")
    given: Any = number.size if isinstance(number, Axis) else number
    return Scalar.of(given)


def _exponent(number: Any) -> Fraction:
    try:
        return ratio(number)
    except (TypeError, ValueError) as problem:
        raise TypeMismatch(f"**: an exponent is a number, such as 2 or -0.5, not {number!r} ({problem})") from None


def _power(number: Scalar, exponent: int) -> Scalar:
    try:
        return number.power(Fraction(exponent))
    except ValueError:
        raise TypeMismatch(f"/: a wire cannot be divided by {number}") from None


def _binary(sign: str, build: Callable[[Value, Value], Value], x: Wire, other: Any) -> Any:
    y = x.like(contraction.number(scalar(other), x.value.sizes)) if isinstance(other, NUMBERS) else as_wire(other, x.run, sign)
    if x.axes != y.axes:
        raise TypeMismatch(f"{sign}: {x.type} and {y.type} have different axes{_advice(x, y)}")
    return wired(build(x.value, y.value), x.axes, x, y)


def as_wire(given: Any, run: Run | None, verb: str) -> Wire:
    """A wire, or that of a state, such as a weight.  Raises TypeMismatch, with advice, on anything else."""
    if isinstance(given, Wire):
        return given
    if hasattr(given, "wire") and not getattr(given, "arity", len(getattr(given, "dom", ()))):
        state: Wire = given.wire()
        return replace(state, run=run)
    shown = reprlib.repr(given)
    if hasattr(given, "wire"):
        raise TypeMismatch(f"{verb}: {shown} is a function of wires that was not applied, where a wire is needed")
    array = "; literal(array, axes) makes a constant array one" * hasattr(given, "shape")
    raise TypeMismatch(f"{verb}: {shown} is no wire{array}")


def _advice(x: Wire, y: Wire) -> str:
    sizes = {a.name: a.size for a in x.axes}
    for a in y.axes:
        if a.name in sizes and a.size != sizes[a.name] and not (isinstance(a.size, Poly) or isinstance(sizes[a.name], Poly)):
            return f": axis {a.name} has sizes {sizes[a.name]} and {a.size}"
    return ": align(x, y) broadcasts by name"
