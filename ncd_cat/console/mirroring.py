"""A diagram drawn over its mirrored gradient: what `ncd grad A --mirror` does."""

from __future__ import annotations

import click

from ncd_cat.console.telling import check_writable
from ncd_cat.errors import InputError


def draw_mirrored(name: str, wrt: str, spec: str | None, output: str | None, vjp: bool, theme: str | None, unused: tuple[str, ...]) -> None:
    """Draw a target over the mirror image of its derivative; `unused` are options that a picture has not.

    Raises an NcdError for what has no derivative, or cannot be written.
    """
    from ncd_cat.console.costing import read_target, read_wrt
    from ncd_cat.draw.mirrored import mirrored
    from ncd_cat.draw.outputs import kind_of, of_scene
    from ncd_cat.exporters.files import Together

    if unused:
        raise InputError(f"--mirror draws the gradient as it is derived, so {unused[0]} cannot be given with it")
    if output is None or kind_of(output) in ("txt", "html"):
        raise InputError("--mirror draws to a file: say which with -o, ending in .svg, .tex, .pdf or .png")
    check_writable(output)
    primal = read_target(name, spec)
    data = of_scene(mirrored(primal, read_wrt(wrt, primal), cotangents=vjp), kind_of(output), theme or "auto")
    with Together() as files:
        files.write(output, lambda stream: stream.write(data))
    click.echo(f"written: {output}")
