"""An opaque box is a function without a meaning here: equal to itself on equal operands, and to nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ncd_cat.axes import Sizes
from ncd_cat.graph import Node, Value, apply
from ncd_cat.signature import Kind, Op
from ncd_cat.sizes import product


@dataclass(frozen=True)
class Opaque(Op):
    """Output `port` of a box `name` with the given attributes (readable text); every axis is a root axis."""

    name: str
    attributes: str
    inputs: tuple[Sizes, ...]
    output: Sizes
    port: int = 0
    type: Kind = "real"
    glyph = "box"

    def roots(self, k: int) -> Sizes:
        return self.inputs[k]

    @property
    def out(self) -> Sizes:
        return self.output

    def check(self, n: Node) -> None:
        if len(n.operands) != len(self.inputs) or self.port < 0:
            raise TypeError(f"{self.name} takes {len(self.inputs)} operands, not {len(n.operands)}")

    @property
    def joint(self) -> Opaque:
        """What the ports of one box share."""
        return replace(self, output=(), port=0, type="real")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return self.type

    def defined(self, operands: Sequence[Node]) -> bool:
        return False

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Reshape(Op):
    """The row-major reshape of one array, where it has no form as digits: (6, 4) to (8, 3)."""

    source: Sizes
    target: Sizes
    glyph = "reshape"
    arity = 1

    def roots(self, k: int) -> Sizes:
        return self.source

    @property
    def out(self) -> Sizes:
        return self.target

    def check(self, n: Node) -> None:
        if product(self.source) != product(self.target):
            raise TypeError(f"an array of sizes {self.source} cannot be reshaped to {self.target}")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        return kinds[0]

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> tuple[Value | None, ...]:
        degree = cotangent.sizes[: len(cotangent.sizes) - len(self.target)]
        return (apply(Reshape(self.target, self.source), cotangent, degree=degree),)

    def array(self, xp: object, *arrays: object) -> object:
        x = arrays[0]
        shape = x.shape[: len(x.shape) - len(self.source)] + self.target  # type: ignore[attr-defined]
        return xp.reshape(x, shape)  # type: ignore[attr-defined]
