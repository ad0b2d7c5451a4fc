"""Graphical linear algebra: equations of linear maps that hold because their wires may be bent and slid.

An axis bends down by a cup, Σ_a x[a] y[a], and up by a cap, [a = a'].  Each equation is a pair of diagrams that are equal for all
sizes and all maps.  Sources: figure 18 of arXiv 2402.05424; Coecke and Kissinger, Picturing Quantum Processes.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.language import Wire, cap, cup, diagram, einsum, identity, linear, order, rename, transpose, ty, weight
from ncd_cat.language.family import Family
from ncd_cat.sizes import symbol

Equation = tuple[Callable[[], Diagram], Callable[[], Diagram]]


def linear_map(name: str, into: str, out: str) -> Family:
    """The linear map of that name, of the axes `into` of any array; it has one weight, `name.weight` (out, into)."""
    return linear(into, out, name=name, bias=False)  # type: ignore[no-any-return]


def two_outputs() -> Diagram:
    """F : a → b c."""
    return linear_map("F", "a", "b c").at(ty("a"))  # type: ignore[no-any-return]


def bent() -> Diagram:
    """The associated transpose of F : a → b c, which is b a → c: b ⊗ F, then a cup of b."""
    return identity("b a") >> rename(b="b'") >> two_outputs().over("b':b") >> cup("b")  # type: ignore[no-any-return]


def reread() -> Diagram:
    """b a → c: the weight of F : a → b c, its axes read in another order."""
    n = Axis("n", symbol("b") * symbol("c"))

    @diagram("b a -> c")
    def reread(x: Wire) -> Wire:
        return einsum("b a, (b c) a -> c", x, weight("F.weight", (n, Axis("a"))))  # type: ignore[no-any-return]

    return reread


def bent_twice() -> Diagram:
    """The transpose along b of the transpose along b of F : a → b c."""
    return transpose(transpose(two_outputs(), "b"), "b")


def snake() -> Diagram:
    """a → a: a cap beside the wire, and a cup of the wire with the nearer end of the cap."""
    a = symbol("a")
    ends = identity("a").tensor(cap("b", "c", size=a))
    return ends >> einsum("a, b c -> a b c", b=a, c=a) >> cup("a", "b") >> rename(c="a")  # type: ignore[no-any-return]


def straight() -> Diagram:
    """a → a: the wire."""
    return identity("a")  # type: ignore[no-any-return]


def composite() -> Diagram:
    """a → c: G : a → b, then H : b → c."""
    return (linear_map("G", "a", "b") >> linear_map("H", "b", "c")).at(ty("a"))  # type: ignore[no-any-return]


def joined_by_a_cup() -> Diagram:
    """a → c: a snake between G and H, slid through H: G beside the transpose of H, then a cup of b."""
    beside = identity("a").tensor(cap("d", "c", size=symbol("c"))) >> einsum("a, d c -> d c a", d=symbol("c"))
    transposed = transpose(linear_map("H", "b", "c").at(ty("b"))) >> rename(b="b'")
    maps = linear_map("G", "a", "b") >> order("d b c") >> transposed.over("d:c b")
    return beside >> maps >> cup("b") >> rename(d="c")  # type: ignore[no-any-return]


def maps_then_product() -> Diagram:
    """(a), (c) → (e): G : a → b beside H : c → d, their outer product, then K : b d → e."""
    maps = linear_map("G", "a", "b").at(ty("a")) @ linear_map("H", "c", "d").at(ty("c"))
    return maps >> einsum("b, d -> b d") >> linear_map("K", "b d", "e")  # type: ignore[no-any-return]


def product_then_maps() -> Diagram:
    """(a), (c) → (e): the outer product, G along a and H along c, then K: the end of the dashed line has slid to the left."""
    return einsum("a, c -> a c") >> linear_map("G", "a", "b") >> linear_map("H", "c", "d") >> linear_map("K", "b d", "e")  # type: ignore[no-any-return]


def first_then_second() -> Diagram:
    """a c → b d: G : a → b along the first axis, then H : c → d along the second."""
    return (linear_map("G", "a", "b") >> linear_map("H", "c", "d")).at(ty("a c"))  # type: ignore[no-any-return]


def second_then_first() -> Diagram:
    """a c → b d: H : c → d along the second axis, then G : a → b along the first."""
    return (linear_map("H", "c", "d") >> linear_map("G", "a", "b") >> order("b d")).at(ty("a c"))  # type: ignore[no-any-return]


def equations() -> dict[str, Equation]:
    """The equations, left side and right side."""
    return {
        "interchange": (first_then_second, second_then_first),
        "slide": (maps_then_product, product_then_maps),
        "snake": (snake, straight),
        "snake-between": (composite, joined_by_a_cup),
        "transpose": (bent, reread),
        "transpose-twice": (bent_twice, two_outputs),
    }


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    sides = {f"{name}-{side}": build for name, pair in equations().items() for side, build in zip(("left", "right"), pair, strict=True)}
    sized = {name: partial(at, build, a=2, b=3, c=4, d=5, e=6) for name, build in sides.items()}
    return sized | {f"{name}-symbolic": build for name, build in sides.items()}
