"""Random objects of the category, and their points: axes, tuples of arrays, and arrays of numbers that have a type.

>>> from hypothesis import find
>>> print(find(types(min_wires=1, min_axes=1), lambda t: True))
float64[q:2]
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from hypothesis import strategies as st

from ncd_cat.axes import Axis
from ncd_cat.diagram import Ty
from ncd_cat.testing.indices import Draw, numbers
from ncd_cat.types import Array

NAMES = ("q", "k", "d", "v", "h", "m")
HALVES = st.integers(-6, 6).map(lambda n: n / 4)  # exact in every dtype, and small: rounding errors stay small


@st.composite
def axes(draw: Draw, min_axes: int = 0, max_axes: int = 3, max_size: int = 4) -> tuple[Axis, ...]:
    """Axes with different names; size 1 is as likely as any, and shrinks away last."""
    size = st.sampled_from([*range(2, max_size + 1), 1])
    names = draw(st.lists(st.sampled_from(NAMES), min_size=min_axes, max_size=max_axes, unique=True))
    return tuple([Axis(name, draw(size)) for name in names])


@st.composite
def types(draw: Draw, min_wires: int = 0, max_wires: int = 3, min_axes: int = 0, max_axes: int = 3, max_size: int = 4,
          dtypes: Sequence[str] = ("float64",)) -> Ty:  # fmt: skip
    """A tuple of arrays with up to so many axes, of sizes that are numbers; an axis of one name has one size in all of them."""
    found: list[Array] = []
    known: dict[str, Axis] = {}
    for _ in range(draw(st.integers(min_wires, max_wires))):
        own = tuple([known.setdefault(a.name, a) for a in draw(axes(min_axes, max_axes, max_size))])
        found.append(Array(own, draw(st.sampled_from(list(dtypes)))))
    return Ty(*found)


@st.composite
def arrays(draw: Draw, type: Array | Ty) -> Any:
    """An array of small numbers that has the type; a list of them for a tuple of arrays.  All zeros is the simplest."""
    if isinstance(type, Ty):
        return [draw(arrays(a)) for a in type.inside]
    count = prod(numbers(type.sizes))
    entry = {"real": HALVES, "int": st.integers(0, 3), "bool": st.booleans()}[type.kind]
    entries = draw(st.lists(entry, min_size=count, max_size=count)) if count <= 6 else draw(_many(count, type.kind))
    dtype = {"bfloat16": "float32"}.get(type.dtype, type.dtype)
    return np.asarray(entries, dtype=dtype).reshape(numbers(type.sizes))


@st.composite
def _many(draw: Draw, count: int, kind: str) -> Any:
    """As many numbers, from a seed: all zeros for seed 0."""
    random = np.random.default_rng(seed := draw(st.integers(0, 9)))
    found = random.integers(-6, 7, count) / 4 if kind == "real" else random.integers(0, 2 if kind == "bool" else 4, count)
    return found * (seed > 0)
