"""A signature: what an operation declares of itself, before it is applied to anything.

An op has a type (the root axes that it consumes and makes, the kind of its entries, the guards under which it reads), a
meaning on arrays, a definition in simpler ops unless it is primitive, a reverse derivative, and a glyph.  Term graphs over
the signature are in `ncd_cat.graph`.  Source: broadcast operations, the root morphisms of Br, of arXiv 2604.07242.

>>> from ncd_cat.ops.contraction import Contraction
>>> print(Contraction(()).glyph)
contraction
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, ClassVar
from zlib import crc32

from ncd_cat.axes import Access, Index, Sizes, identity, renumber, substitute

if TYPE_CHECKING:
    from ncd_cat.graph import Node, Value
    from ncd_cat.ops.contraction import Term

Guard = tuple[bool, Index]  # (True, e) is [e = 0], (False, e) is [e >= 0]
KINDS = ("real", "int", "bool")
HUGE = 1e30  # a constant of this size is infinite, or a float minimum that stands for −∞ in a mask
Kind = str  # "real", "int" or "bool": casts between float types are the identity over the reals


@dataclass(frozen=True)
class Op(ABC):
    """An operation, declared once: its type, array meaning, definition, reverse derivative and glyph.

    Subclasses are frozen dataclasses and final or abstract.  An op either has a `definition` in terms of simpler ops
    or is primitive; it has an `array` meaning unless its definition is to be evaluated instead.
    """

    glyph: ClassVar[str] = "box"
    tag: ClassVar[int]
    arity: ClassVar[int | None] = None  # None: any number of operands
    selectors: ClassVar[tuple[int, ...]] = ()  # operands that `array` takes as truth values, where they are such

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls.tag = crc32(cls.__name__.encode())

    def roots(self, k: int) -> Sizes:
        """The sizes of the axes of operand k that the op itself consumes, besides the degree axes."""
        return ()

    @property
    def out(self) -> Sizes:
        """The sizes of the root axes of the output; they come last among a node's own axes."""
        return ()

    @property
    def inner(self) -> Sizes:
        """Sizes that matter to the op besides those of axes, such as how often a loop runs."""
        return ()

    def guards(self, k: int) -> tuple[Guard, ...]:
        """The guards under which operand k is read, over the degree axes and its root axes."""
        return ()

    def reindexed(self, inner: Access, degree: Sizes, new: Sizes) -> Op:
        """The op when its degree axes are read through `inner`: an op that holds indices of them composes these."""
        return self

    def check(self, n: Node) -> None:
        """Raise TypeError unless the fields fit the node, as far as `validate` does not see: counts, guards, data."""
        if self.arity is not None and len(n.operands) != self.arity:
            raise TypeError(f"{self} takes {self.arity} operands, not {len(n.operands)}")

    def kind(self, kinds: Sequence[Kind]) -> Kind:
        """The kind of the output."""
        return "real"

    def finite(self, operands: Sequence[Node]) -> bool:
        """Whether no entry comes from a constant that is, or stands for, an infinity.  Sound: False means "not seen"."""
        return all(x.finite for x in operands)

    def positive(self, operands: Sequence[tuple[Node, Access]], sizes: Sizes) -> bool:
        """Whether every entry is > 0 where it is defined.  Sound: False means "not seen"."""
        return False

    def table(self, sizes: Sizes) -> Any:
        """The entries, where the program fixes them; else None."""
        return None

    @property
    def rows(self) -> str:
        """"sum" if the sum over the last root axis is positive everywhere, "entries" if besides no entry is negative; else ""."""
        return ""

    def defined(self, operands: Sequence[Node]) -> bool:
        """Whether every entry is a real number wherever inputs and weights are.  Sound: False means "not seen"."""
        return all(x.defined for x in operands)

    def definition(self, *operands: Value) -> Value | None:
        """The op in simpler terms, given operands whose axes are (degree axes, roots of the operand); None: primitive.

        The result has axes (degree axes, root axes of the output).
        """
        return None

    def reverse(self, operands: Sequence[Value], output: Value, cotangent: Value) -> Sequence[Value | None] | None:
        """The cotangents of the operands, given them as `definition` is, the output and its cotangent, axes (degree, out).

        Each has the axes of its operand; None in the place of one that has no cotangent, or where the derivative is 0.  None as
        a whole: the derivative is that of the definition.  At kinks it is the selection that `docs/reference/kinks.md` lists.
        """
        return None

    def pullback(self, n: Node, cotangent: Value, lead: Sizes, needed: Container[int]) -> Iterator[tuple[Value, Term]]:
        """What a node n of this op sends back to the operands that need it: a reading of one, and a term over (lead, its axes)."""
        from ncd_cat.reverse import pulled

        return pulled(n, cotangent, lead, needed)

    def array(self, xp: Any, *arrays: Any) -> Any:
        """The meaning on arrays of namespace xp whose axes are (degree axes, roots); NotImplemented: use the definition."""
        return NotImplemented

    @property
    def order(self) -> int:
        """A number for canonical orders, the same in every process."""
        return hash((self.tag, *(_stable(getattr(self, f.name)) for f in fields(self))))

    def __str__(self) -> str:
        values = [f"{getattr(self, f.name)}" for f in fields(self)]
        return type(self).__name__.lower() + (f"({', '.join(values)})" if values else "")


def _stable(value: Any) -> Any:
    if isinstance(value, str):
        return crc32(value.encode(errors="surrogatepass"))
    if isinstance(value, tuple):
        return tuple([_stable(v) for v in value])
    return 0 if value is None else value


def guards_reindexed(guards: tuple[Guard, ...], inner: Access, degree: Sizes, new: Sizes, bounds: Sizes) -> tuple[Guard, ...]:
    """Guards over (degree, bounds) as guards over (new, bounds), degree axes read through `inner`."""
    shift = len(new) - len(degree)
    if shift >= 0 and inner == identity(degree, shift):  # more axes in front: digits stay digits, also those that do not compose
        return tuple([(equal, renumber(e, shift)) for equal, e in guards])
    extended = inner + identity(bounds, len(new))
    return tuple([(equal, substitute(e, extended, degree + bounds)) for equal, e in guards])
