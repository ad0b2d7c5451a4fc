"""Types as people write them: "q d, k:7 d" is a tuple of two arrays; an axis without a size has its name as its size.

`x...` (or x̄) is a bundle: the axes x.0 and x.1 of an image, which are broadcast and windowed together.  Sources: axis
patterns of einops; bundles, drawn as double wires, of figures 26 to 28 of arXiv 2402.05424.

>>> print(*arrays_of("q d, int64[t:5], x... c:3"))
float32[q d] int64[t:5] float32[x.0:x_0 x.1:x_1 c:3]
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from ncd_cat.axes import Axis
from ncd_cat.errors import TypeMismatch
from ncd_cat.sizes import Size
from ncd_cat.types import KINDS, Array

if TYPE_CHECKING:
    from ncd_cat.diagram import Ty

AXIS = re.compile(r"(\w[\w']*(?:\.\d+)?)(\.\.\.|̄)?(?::(\d+|[^\W\d]\w*))?$")
ARRAY = re.compile(r"\s*(?:(\w+)\[([^\]]*)\]|([^\[\]]*))\s*$")

AxesLike = str | Axis | Sequence[Axis]


def axes_of(spec: AxesLike, sizes: Mapping[str, Size] | None = None) -> tuple[Axis, ...]:
    """The axes that a text lists, such as "b h:4"; sizes that it does not give are looked up, or are symbols.

    Raises TypeMismatch, with the text, where it is malformed.
    """
    if isinstance(spec, Axis):
        return (spec,)
    if not isinstance(spec, str):
        return tuple(spec)
    return tuple([a for item in spec.split() for a in _axes(item, spec, sizes or {})])


def arrays_of(text: str, sizes: Mapping[str, Size] | None = None) -> tuple[Array, ...]:
    """The arrays that a text lists, separated by commas; none for an empty text.  Raises TypeMismatch where it is malformed."""
    if not text.strip():
        return ()
    found = []
    for part in text.split(","):
        match = ARRAY.match(part)
        if match is None or (match[1] is not None and match[1] not in KINDS):
            raise TypeMismatch(f"type {text!r}: {part.strip()!r} is no array, such as 'q d:8' or 'int64[t]'")
        found.append(_array(axes_of(match[2] or match[3] or "", sizes), match[1] or "float32", text))
    return tuple(found)


def ty(text: str | Iterable[Array], /, **sizes: Size) -> Ty:
    """The type that a text says: a tuple of arrays, one a wire.  Raises TypeMismatch where it is malformed.

    >>> ty("q d, k:7 d", d=4) == ty("q d:4, k:7 d:4")
    True
    """
    from ncd_cat.diagram import Ty

    return Ty(*(arrays_of(text, sizes) if isinstance(text, str) else text))


def symbols(text: str, /, **sizes: Size) -> tuple[Axis, ...] | Axis:
    """The axes that a text lists, whose sizes are their names unless given; the one axis if it lists one.

    >>> q, d = symbols("q:5 d")
    >>> print(d**-0.5, q**-0.5)
    (d)**(-1/2) 1/5*sqrt(5)
    """
    found = axes_of(text, sizes)
    return found[0] if len(found) == 1 else found


def members(text: str, count: int = 2) -> str:
    """The text with the members of bundles written out: "x... c" is "x.0 x.1 c"."""
    return re.sub(r"(\w[\w']*)(?:\.\.\.|̄)", lambda m: " ".join([f"{m[1]}.{k}" for k in range(count)]), text)


def _axes(item: str, text: str, sizes: Mapping[str, Size]) -> list[Axis]:
    match = AXIS.match(item)
    if match is None:
        raise TypeMismatch(f"axes {text!r}: {item!r} is no axis: write names, such as 'q', with a size, 'd:8', or bundles, 'x...'")
    name, bundle, given = match.groups()
    size: Size | None = None
    if given is not None:
        size = int(given) if given.isdigit() else Axis(given, sizes.get(given)).size
    names = [f"{name}.{k}" for k in range(2)] if bundle else [name]
    return [Axis(n, size if size is not None else sizes.get(n, sizes.get(name))) for n in names]


def _array(found: tuple[Axis, ...], dtype: str, text: str) -> Array:
    try:
        return Array(found, dtype)
    except ValueError as problem:
        raise TypeMismatch(f"type {text!r}: {problem}") from None
