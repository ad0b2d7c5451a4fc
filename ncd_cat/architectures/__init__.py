"""Built-in architectures: diagrams to prove things about, by name.

Each is a function of its sizes; a name stands for it at fixed sizes, pairwise distinct, or (…-symbolic) at symbols, so
that what is proved holds for all sizes.

>>> print(*find("attention").dom)
float32[q:5 d:6] float32[k:7 d:6] float32[k:7 v:4]
"""

from __future__ import annotations

from collections.abc import Callable
from difflib import get_close_matches
from importlib import import_module

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph

FAMILIES = ("attention", "mlp", "multi_head")


def names() -> tuple[str, ...]:
    """The names of the built-in architectures, sorted."""
    return tuple(sorted([name for family in FAMILIES for name in _table(family)]))


def find(name: str) -> Graph:
    """The architecture of that name.  Raises InputError, with the names that are close, if there is none."""
    for family in FAMILIES:
        if name in _table(family):
            return _table(family)[name]()
    close = get_close_matches(name, names(), n=3, cutoff=0.5) or names()
    raise InputError(f"there is no built-in architecture {name!r}; did you mean {', '.join(close)}?")


def _table(family: str) -> dict[str, Callable[[], Graph]]:
    found: dict[str, Callable[[], Graph]] = import_module(f"ncd_cat.architectures.{family}").table()
    return found
