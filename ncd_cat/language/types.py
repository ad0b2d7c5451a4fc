"""Types as people write them: "q d, k:7 d" is a tuple of two arrays; an axis without a size has its name as its size.

`x...` (or x̄) is a bundle: the axes x.0 and x.1 of an image, which are broadcast and windowed together; `x...3` has three
members, and `x.0 x.1` are written out where their sizes differ.  Sources: axis patterns of einops; bundles, drawn as double
wires, of figures 26 to 28 of arXiv 2402.05424.

>>> print(*arrays_of("q d, int64[t:5], x... c:3"))
float32[q d] int64[t:5] float32[x.0:x_0 x.1:x_1 c:3]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import cycle
from numbers import Integral
from typing import TYPE_CHECKING, Any

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.pattern import BUNDLE, MOST, NAME, brief, is_name
from ncd_cat.sizes import Poly, Size, provably_nonnegative
from ncd_cat.types import KINDS, Array

if TYPE_CHECKING:
    from ncd_cat.diagram import Ty

AXIS = re.compile(rf"({NAME})((?:\.\.\.|̄)[0-9]?)?(?::([0-9]{{1,18}}|[^\W\d]\w*))?$")
ARRAY = re.compile(r"(?:(\w+)\[([^\]]*)\]|([^\[\]]*))$")

AxesLike = str | Axis | Sequence[Axis]


def axes_of(spec: AxesLike, sizes: Mapping[str, Any] | None = None) -> tuple[Axis, ...]:
    """The axes that a text lists, such as "b h:4"; sizes that it does not give are looked up, or are symbols.

    Raises TypeMismatch, with the text, where it is malformed.
    """
    if isinstance(spec, Axis):
        return (spec,)
    if isinstance(spec, str):
        return _distinct([a for item in spec.split() for a in _axes(item, spec, sizes or {})], f"axes {brief(spec)!r}")
    found: tuple[Any, ...] = tuple(spec) if isinstance(spec, Sequence) else ()
    if not isinstance(spec, Sequence) or not all(isinstance(a, Axis) for a in found):
        raise TypeMismatch(f"axes are written as text, such as 'b h:4', or as Axis objects, not as {spec!r}")
    return found


def one_axis(spec: AxesLike, what: str) -> Axis:
    """The axis that a text names.  Raises TypeMismatch if it lists none, or several."""
    found = axes_of(spec)
    if len(found) != 1:
        raise TypeMismatch(f"{what}: one axis is needed here, {spec!r} lists {len(found)}")
    return found[0]


def arrays_of(text: str, sizes: Mapping[str, Any] | None = None) -> tuple[Array, ...]:
    """The arrays that a text lists, separated by commas; none for an empty text.  A number is "float32[]".

    Raises TypeMismatch where it is malformed.
    """
    if not isinstance(text, str):
        raise TypeMismatch(f"a type is written as text, such as 'q d, k d', not as {text!r}")
    if not text.strip():
        return ()
    found = []
    for part in [p.strip() for p in text.split(",")]:
        match = ARRAY.match(part)
        if match is None or (match[1] is not None and match[1] not in KINDS):
            raise TypeMismatch(f"type {brief(text)!r}: {brief(part)!r} is no array, such as 'q d:8' or 'int64[t]'")
        found.append(Array(axes_of(match[2] or match[3] or "", sizes), match[1] or "float32"))
    return tuple(found)


def ty(text: str | Iterable[Array], /, **sizes: Any) -> Ty:
    """The type that a text says: a tuple of arrays, one a wire.  Raises TypeMismatch where it is malformed.

    >>> ty("q d, k:7 d", d=4) == ty("q d:4, k:7 d:4")
    True
    >>> print(ty("x... c", x=(28, 32)))
    float32[x.0:28 x.1:32 c]
    """
    from ncd_cat.diagram import Ty

    if not isinstance(text, str) and isinstance(text, Iterable):
        return Ty(*text)
    found = Ty(*arrays_of(text, sizes))
    check_names(sizes, text, f"type {text!r}")
    return found


def symbols(text: str, /, **sizes: Any) -> tuple[Axis, ...] | Axis:
    """The axes that a text lists, whose sizes are their names unless given; the one axis if it lists one.

    >>> q, d = symbols("q:5 d")
    >>> print(d**-0.5, q**-0.5)
    (d)**(-1/2) 1/5*sqrt(5)
    """
    found = axes_of(text, sizes)
    check_names(sizes, text, f"symbols {text!r}")
    return found[0] if len(found) == 1 else found


def members(text: str, counts: Mapping[str, int] | None = None, most: int = 2) -> str:
    """The text with the members of bundles written out: "x... c" is "x.0 x.1 c"."""
    count = counts or {}
    return BUNDLE.sub(lambda m: " ".join([f"{m[1]}.{k}" for k in range(int(m[2] or count.get(m[1], most)))]), text)


def a_size(n: Any, of: str) -> Size:
    """The size that a person gives to an axis: a positive number, a symbol, or the size of another axis.

    Raises TypeMismatch, naming the axis, on anything else.
    """
    size = n.size if isinstance(n, Axis) else int(n) if isinstance(n, Integral) else n
    if not isinstance(size, int | Poly) or n is True or n is False:
        raise TypeMismatch(f"the size of axis {of} is a number or a symbol, not {n!r}")
    if not provably_nonnegative(size - 1):
        raise TypeMismatch(f"axis {of} cannot have size {size}: a size is at least 1")
    return size


def check_names(sizes: Mapping[str, Any], text: str, what: str) -> None:
    """Raise TypeMismatch, naming it, on a size that is given to a name that the text does not mention."""
    mentioned = set(re.findall(NAME, text)) if sizes else set()
    for name in sizes:
        if name not in mentioned and name.partition(".")[0] not in mentioned:
            raise TypeMismatch(f"{what}: the size {name} = {sizes[name]} is given, but there is no axis of that name")


def _axes(item: str, text: str, sizes: Mapping[str, Any]) -> list[Axis]:
    match = AXIS.match(item)
    if match is None or not is_name(match[1]):
        problem = f"{brief(item)!r} is no axis: write names, such as 'q', with a size, 'd:8', or bundles, 'x...'"
        raise TypeMismatch(f"axes {brief(text)!r}: {problem}")
    name, bundle, given = match.groups()
    names = members(name + bundle).split() if bundle else [name]
    if given is None:
        return [Axis(n, None if s is None else a_size(s, n)) for n, s in zip(names, looked_up(names, name, sizes), strict=True)]
    if not given.isdecimal() and not given.isidentifier():
        raise TypeMismatch(f"axes {brief(text)!r}: {given!r} is no size: write a number or a name")
    size = int(given) if given.isdecimal() else a_size(sizes[given], given) if given in sizes else Axis(given).size
    return [Axis(n, a_size(size, n)) for n in names]


def looked_up(names: Sequence[str], name: str, sizes: Mapping[str, Any]) -> list[Any]:
    """The sizes of the members of a bundle, or of one axis."""
    given = sizes.get(name)
    if isinstance(given, tuple | list) and len(given) != len(names):
        raise TypeMismatch(f"{len(names)} axes are called {name}, {len(given)} sizes are given for them")
    each = given if isinstance(given, tuple | list) else cycle([given])
    return [sizes.get(n, s) for n, s in zip(names, each, strict=False)]


def _distinct(found: Sequence[Axis], what: str) -> tuple[Axis, ...]:
    names = [a.name for a in found]
    if len(names) > MOST:
        raise TypeMismatch(f"{what}: {len(names)} axes; an array has at most {MOST}")
    for a in names:
        if names.count(a) > 1:
            raise TypeMismatch(f"{what}: axis {a} appears twice; the axes of an array have different names")
    return tuple(found)
