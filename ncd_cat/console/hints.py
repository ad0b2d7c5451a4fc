"""What `ncd draw` says beside the picture, on standard error: what would make it easier to read, and which options did nothing.

>>> from ncd_cat import architectures
>>> unmatched(architectures.diagram("gpt2"), viewed(collapse=("decoder", "h.*.ln_1")))
["--collapse 'decoder' matches no block: there are wte, h.0, h.0.ln_1, h.0.ln_2, h.1, h.1.ln_1, …"]
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from fnmatch import fnmatchcase
from typing import Any

import click

from ncd_cat.diagram.diagram import Diagram
from ncd_cat.diagram.inner import Inner
from ncd_cat.draw.view import View, viewed
from ncd_cat.errors import NcdError

SHOWN = 6  # the blocks that are told of many


def hint(diagram: Diagram, options: Mapping[str, Any], picture: bool) -> None:
    """Say which patterns match nothing and, of a picture in a file, what would make it easier to read if it is hard."""
    with suppress(NcdError):
        view = viewed(**options)
        said = unmatched(diagram, view)
        if picture:
            from ncd_cat.draw.legibility import advice

            said.append(advice(diagram, view))
        for line in filter(None, said):
            click.echo(line, err=True)


def unmatched(diagram: Diagram, view: View) -> list[str]:
    """A line for each pattern of a view that matches the dotted path of no block."""
    given = [(option, p) for option, patterns in (("expand", view.expand), ("collapse", view.collapse)) for p in patterns]
    if not given:
        return []
    found = list(dict.fromkeys(paths(diagram)))
    there = ", ".join(found[:SHOWN]) + ", …" * (len(found) > SHOWN)
    return [
        f"--{option} {p!r} matches no block: there {f'are {there}' if found else 'is none'}"
        for option, p in given
        if not any(fnmatchcase(path, p) for path in found)
    ]


def paths(diagram: Diagram, above: str = "") -> Iterator[str]:
    """The dotted paths of the blocks of a diagram, with those inside of others."""
    for box in diagram.boxes:
        if isinstance(box, Inner):
            inside = [f"{above}{name}" for name in box.names] or [above.removesuffix(".")]
            yield from filter(None, inside)
            yield from paths(box.arg, f"{inside[0]}." if inside[0] else "")


__all__ = ["hint", "paths", "unmatched"]
