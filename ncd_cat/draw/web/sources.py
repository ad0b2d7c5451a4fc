"""Where the blocks of a program are written: for each module of a torch model its class and the line of its forward method.

>>> sources_of(sources_of)[""].split(":")[0]
'sources.py'
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

from ncd_cat.diagram import Diagram
from ncd_cat.graph import Graph


def sources_of(program: Any) -> dict[str, str]:
    """By dotted path, "" for the program itself: the file, the line and the name; nothing of data, or where Python does not know."""
    if isinstance(program, Graph | Diagram):
        return {}
    modules = dict(program.named_modules()) if hasattr(program, "named_modules") else {"": program}
    found = {path: _line(module) for path, module in modules.items()}
    return {path: text for path, text in found.items() if text}


def _line(thing: Any) -> str:
    """Where a function, or the class of a module, is written."""
    own = thing if inspect.isroutine(thing) else type(thing)
    written = getattr(own, "forward", own)
    try:
        return f"{Path(inspect.getsourcefile(own) or '').name}:{inspect.getsourcelines(written)[1]} {own.__name__}"
    except (OSError, TypeError):  # made without a file, or in C
        return ""
