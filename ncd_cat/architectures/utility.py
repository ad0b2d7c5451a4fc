"""Adding and copying, in three ways each: of numbers over all axes, of tuples wire by wire, and of one axis along another.

All are one addition (1), (1) → (1) and one copy (1) → (1), (1), broadcast: over axes that both wires have, or that one of them has.
Source: the utility morphisms that accompany arXiv 2402.05424.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ncd_cat.architectures import at
from ncd_cat.diagram import Diagram
from ncd_cat.language import add, copy, identity, repeat, swap, ty

NUMBER = "float32[]"


def addition() -> Diagram:
    """(), () → (): the sum of two numbers."""
    return add().at(ty(f"{NUMBER}, {NUMBER}"))  # type: ignore[no-any-return]


def copying() -> Diagram:
    """() → (), (): a number twice."""
    return copy(NUMBER)  # type: ignore[no-any-return]


def sum_of_arrays() -> Diagram:
    """(i), (i) → (i): addition, broadcast over an axis of both wires."""
    return addition().over("i")


def outer_sum() -> Diagram:
    """(i), (j) → (i j): addition, broadcast over an axis of each wire alone; the entries are x[i] + y[j]."""
    return addition().over("j", wires=(1,)).over("i", wires=(0,))


def sum_to_rows() -> Diagram:
    """(i), (i j) → (i j): addition over j of the second wire alone, then over i of both; a number is added to each row."""
    return addition().over("j", wires=(1,)).over("i")


def sum_of_tuples() -> Diagram:
    """((i), (j)), ((i), (j)) → (i), (j): wires that meet are added, so the middle ones cross."""
    return identity("i") @ swap("j", "i") @ identity("j") >> addition().over("i") @ addition().over("j")  # type: ignore[no-any-return]


def copy_of_arrays() -> Diagram:
    """(i) → (i), (i): copying, broadcast over an axis."""
    return copying().over("i")


def copy_of_tuples() -> Diagram:
    """(i), (j) → (i), (j), (i), (j): the copy of a tuple."""
    return copy("i, j")  # type: ignore[no-any-return]


def distribution() -> Diagram:
    """(i) → (j i): one array for each entry of a new axis."""
    return repeat("j").at(ty("i"))  # type: ignore[no-any-return]


def table() -> dict[str, Callable[[], Diagram]]:
    """The architectures of this file by name."""
    builders: dict[str, Callable[[], Diagram]] = {
        "copy-of-arrays": copy_of_arrays,
        "copy-of-tuples": copy_of_tuples,
        "distribution": distribution,
        "outer-sum": outer_sum,
        "sum-of-arrays": sum_of_arrays,
        "sum-of-tuples": sum_of_tuples,
        "sum-to-rows": sum_to_rows,
    }
    sized = {name: partial(at, build, i=3, j=4) for name, build in builders.items()}
    numbers: dict[str, Callable[[], Diagram]] = {"addition": addition, "copying": copying}
    return numbers | sized | {f"{name}-symbolic": build for name, build in builders.items()}
