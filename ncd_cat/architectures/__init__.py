"""Built-in architectures: diagrams to prove things about, by name.

Each file here is one architecture; its `table()` says which names stand for what: a diagram at fixed sizes, pairwise
distinct, or (…-symbolic) at symbols, so that what is proved holds for all sizes.

>>> print(*find("attention").dom)
float32[q:5 d:6] float32[k:7 d:6] float32[k:7 v:4]
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from difflib import get_close_matches
from functools import partial
from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from ncd_cat.errors import InputError
from ncd_cat.graph import Graph
from ncd_cat.sizes import Size


def names() -> tuple[str, ...]:
    """The names of the built-in architectures, sorted."""
    return tuple(sorted(_tables()))


def find(name: str) -> Graph:
    """The graph of the architecture of that name.  Raises InputError, with the names that are close, if there is none."""
    return as_graph(_entry(name)())


def diagram(name: str) -> Any:
    """The architecture of that name as a Diagram.  Raises InputError, with the names that are close, if there is none."""
    from ncd_cat.diagram import Diagram

    found = _entry(name)()
    return Diagram.from_graph(found) if isinstance(found, Graph) else found


def describe(name: str) -> str:
    """The first sentence of what the architecture of that name says of itself."""
    entry: Any = _entry(name)
    while isinstance(entry, partial):
        entry = next((a for a in entry.args if callable(a)), entry.func)
    text = inspect.getdoc(entry) or ""
    return text.split("\n\n")[0].replace("\n", " ")


def at(build: Callable[[], Any], **sizes: Size) -> Any:
    """The diagram that `build` gives, with values for its size symbols: `partial(at, build, t=5)` is an entry of a table."""
    return build().resize(**sizes)


def as_graph(found: Any) -> Graph:
    """The graph of a Diagram, or a Graph as it is."""
    graph: Graph = found if isinstance(found, Graph) else found.graph
    return graph


def _entry(name: str) -> Callable[[], Any]:
    tables = _tables()
    if name not in tables:
        close = get_close_matches(name, sorted(tables), n=3, cutoff=0.5)
        advice = f"did you mean {', '.join(close)}?" if close else "`ncd show` lists them"
        raise InputError(f"there is no built-in architecture {name!r}; {advice}")
    return tables[name]


def _tables() -> dict[str, Callable[[], Any]]:
    modules = [import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__)]
    return {name: build for m in modules for name, build in m.table().items()}
