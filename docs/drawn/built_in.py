"""The built-in architectures, a section for each of their files, each with a picture at a depth that fits a page."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from docs.drawn.pictures import Picture
from ncd_cat import architectures
from ncd_cat.draw import scene

PAGE, LINES = 1100.0, 900.0  # the width that lines are broken at, and the height beyond which blocks are boxes


@dataclass(frozen=True)
class Group:
    """A file of architectures: what it says of itself, and the names that it gives, without those that differ in sizes only."""

    name: str
    says: str
    names: tuple[str, ...]


def groups() -> Iterator[Group]:
    """All files, in the order of their names."""
    for found in iter_modules(architectures.__path__):
        module: Any = import_module(f"{architectures.__name__}.{found.name}")
        names = tuple([name for name in module.table() if not fixed(name)])
        yield Group(found.name.replace("_", " "), (module.__doc__ or "").split("\n")[0], names)


def fixed(name: str) -> bool:
    """Whether an architecture is another at other sizes, so that its picture is the same."""
    return name.endswith("-symbolic") and name.removesuffix("-symbolic") in architectures.names()


def drawn(name: str, most: int | None = None) -> Picture:
    """The picture of an architecture, and as many of its blocks open as fit a page, to a depth at most."""
    diagram = architectures.diagram(name)
    depths = (None, 2, 1, 0)
    for depth in depths[depths.index(most) :]:
        page = scene(diagram, depth=depth, width=PAGE)
        if page.height <= LINES:
            break
    seen = "" if depth is None else f", blocks open to depth {depth}"
    file = name if most is None else f"{name}-{most}"
    return Picture(file, f"{name}{seen}: {diagram.dom} → {diagram.cod}", page)


def written(build: Any) -> str:
    """The function that builds a diagram, as it is written, without what is said to other programs."""
    while isinstance(build, partial):
        build = next((a for a in build.args if callable(a)), build.func)
    return re.sub(r"  # (type|noqa).*", "", inspect.getsource(build)).rstrip()
