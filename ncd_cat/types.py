"""An array type is a dtype and an ordered list of named axes: an object of Br, the array-broadcasted category.

>>> print(Array((Axis("q", 3), Axis("k")), "float64"))
float64[q:3 k]
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ncd_cat.axes import Axis, Sizes
from ncd_cat.sizes import Size

KINDS = {"bool": "bool", "uint8": "int", "int8": "int", "int16": "int", "int32": "int", "int64": "int",
         "float16": "real", "bfloat16": "real", "float32": "real", "float64": "real"}  # fmt: skip


@dataclass(frozen=True)
class Array:
    """The type of one tensor: named axes and a dtype.  Raises ValueError on an unknown dtype or a repeated axis name."""

    axes: tuple[Axis, ...]
    dtype: str = "float32"
    name: str = field(default="", compare=False)  # what the person calls the wire; no part of its type

    def __post_init__(self) -> None:
        if self.dtype not in KINDS:
            raise ValueError(f"dtype {self.dtype!r} is not one of {', '.join(KINDS)}")
        names = [a.name for a in self.axes]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"axis {name!r} appears twice in {self}")

    @staticmethod
    def of(sizes: Sequence[Size], dtype: str = "float32", name: str = "") -> Array:
        """An array whose axes are called a, b, c, … (the paper's letters for axes without a name)."""
        return Array(tuple(Axis(_letter(k), n) for k, n in enumerate(sizes)), dtype, name)

    @property
    def sizes(self) -> Sizes:
        """The axis sizes."""
        return tuple(a.size for a in self.axes)

    @property
    def kind(self) -> str:
        """"real", "int" or "bool"."""
        return KINDS[self.dtype]

    def __str__(self) -> str:
        return f"{self.dtype}[{' '.join(map(str, self.axes))}]"


def _letter(k: int) -> str:
    return "abcdefghijklmnopqrstuvwxyz"[k] if k < 26 else f"a{k}"
