"""The command `ncd draw`: the picture of a diagram, in a file, or in characters on the terminal."""

from __future__ import annotations

import shutil
from typing import Any

import click

from ncd_cat.console.costing import inputs_option, read_target
from ncd_cat.console.telling import check_writable, debugging, told
from ncd_cat.errors import InputError


@click.command()
@click.argument("name", metavar="A")
@click.option("-o", "--output", metavar="OUT", help="Write the picture here: .svg, .tex, .pdf, .png or .txt.")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Draw blocks that are nested deeper as boxes.")
@click.option("--names", "labels", type=click.Choice(["names", "sizes", "both"]), default="names", show_default=True,
              help="What is written over the axes.")  # fmt: skip
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True, help="The colours.")
@click.option("--width", type=click.IntRange(min=20), metavar="W", help="Break lines wider than this: pixels, or characters of text.")
@click.option("--discopy", is_flag=True, help="Draw a wire for each tensor, with DisCoPy.")
@inputs_option
@debugging
def draw(
    name: str, output: str | None, depth: int | None, labels: str, theme: str, width: int | None, discopy: bool, spec: str | None,
    debug: bool,
) -> None:  # fmt: skip
    """Draw A as a neural circuit diagram: a wire for each axis, a glyph for each operation.

    Without -o it is drawn in characters.
    """
    with told(False, debug):
        from ncd_cat.draw.outputs import drawn, kind_of, write

        if output is not None:
            check_writable(output)
            kind_of(output)
        elif discopy:
            raise InputError("--discopy draws to a file: say which with -o")
        diagram = read_diagram(name, spec)
        if output is None:
            wide = width or shutil.get_terminal_size((100, 24)).columns
            click.echo(drawn(diagram, "txt", depth=depth, names=labels, theme=theme, width=wide).decode().removesuffix("\n"))
            return
        if discopy:
            (diagram if depth is None else diagram.collapse(depth + 1)).draw(output)
        else:
            write(diagram, output, depth=depth, names=labels, theme=theme, width=width)
        click.echo(f"written: {output}")


def read_diagram(name: str, spec: str | None) -> Any:
    """The diagram of a target: as it was built where it is one, so that its boxes keep their order, else that of its graph."""
    from ncd_cat import architectures
    from ncd_cat.diagram import Diagram

    if name in architectures.names():
        return architectures.diagram(name)
    return Diagram.from_graph(read_target(name, spec))
