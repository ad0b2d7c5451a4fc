"""Broadcasting a ⊗ G is defined by its entries: (a ⊗ G) ⨾ ⟨i| = ⟨i| ⨾ G for each i < a.

It needs nothing of G, not that it is linear.  Inner broadcasting gives the axis to one of several wires, and repeats the others;
an elementwise function is one of numbers, broadcast over all axes.  Source: figures 10 to 12 of arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram
from ncd_cat.language import add, identity, index, linear, relu, repeat, tanh, ty


def one_wire() -> Diagram:
    """G : c → d, a map of vectors that is not linear."""
    return (linear("c", "d", name="G") >> tanh).at(ty("c")).block("G")  # type: ignore[no-any-return]


def two_wires() -> Diagram:
    """H : (c), (e) → d, a map of two vectors that is not linear."""
    left, right = (linear(a, "d", name=f"H.{a}").at(ty(a)) for a in "ce")
    return (left @ right >> add() >> tanh).block("H")  # type: ignore[no-any-return]


def broadcast() -> Diagram:
    """(a c) → (a d): a ⊗ G, which is G of each row."""
    return one_wire().over("a")


def entry_of_broadcast(i: int = 0) -> Diagram:
    """(a c) → (d): (a ⊗ G) ⨾ ⟨i|."""
    return broadcast() >> index("a", i)


def map_of_entry(i: int = 0) -> Diagram:
    """(a c) → (d): ⟨i| ⨾ G."""
    return identity("a c") >> index("a", i) >> one_wire()  # type: ignore[no-any-return]


def inner() -> Diagram:
    """(a c), (e) → (a d): H broadcast over an axis of its first wire."""
    return two_wires().over("a", wires=(0,))


def repeated() -> Diagram:
    """(a c), (e) → (a d): what inner broadcasting is, the second wire repeated and then a ⊗ H."""
    return identity("a c") @ repeat("a").at(ty("e")) >> two_wires().over("a")  # type: ignore[no-any-return]


def entry_of_inner(i: int = 0) -> Diagram:
    """(a c), (e) → (d): the inner broadcast of H, then ⟨i|."""
    return inner() >> index("a", i)


def map_of_inner_entry(i: int = 0) -> Diagram:
    """(a c), (e) → (d): ⟨i| × id, then H."""
    return index("a", i).at(ty("a c")) @ identity("e") >> two_wires()  # type: ignore[no-any-return]


def elementwise() -> Diagram:
    """(a c) → (a c): relu, a function of numbers, of every entry."""
    return relu.at(ty("float32[]")).over("a c")  # type: ignore[no-any-return]


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    builders: dict[str, Callable[[], Diagram]] = {
        "broadcast": broadcast,
        "broadcast-entry": entry_of_broadcast,
        "broadcast-entry-first": map_of_entry,
        "elementwise": elementwise,
        "inner-broadcast": inner,
        "inner-broadcast-entry": entry_of_inner,
        "inner-broadcast-entry-first": map_of_inner_entry,
        "inner-broadcast-repeated": repeated,
    }
    sized = {name: partial(at, build, a=5, c=3, d=2, e=4) for name, build in builders.items()}
    return sized | {f"{name}-symbolic": build for name, build in builders.items()}
