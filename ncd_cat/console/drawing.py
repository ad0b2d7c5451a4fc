"""The command `ncd draw`: the picture of a diagram, in a file, or in characters on the terminal."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import click

from ncd_cat.console.comparing import compare
from ncd_cat.console.costing import inputs_option, load_graph
from ncd_cat.console.telling import check_writable, debugging, told
from ncd_cat.errors import InputError

LEAST = 20  # pixels or characters of a line
PICTURES = ("svg", "tex", "pdf", "png")  # an .html page opens and closes blocks itself


def width(ctx: click.Context, param: click.Parameter, value: str | None) -> int | str | None:
    """A number of pixels or characters, or the word page."""
    if value is None or value == "page":
        return value
    if not value.isdecimal() or int(value) < LEAST:
        raise click.BadParameter(f"{value!r} is neither a number from {LEAST} on nor the word page")
    return int(value)


@click.command()
@click.argument("name", metavar="A")
@click.argument("other", metavar="[B]", required=False)
@click.option("-o", "--output", metavar="OUT", help="Write it here: .svg, .tex, .pdf, .png, .txt, or .html to explore.")
@click.option("--detail", type=click.Choice(["newcomer", "practitioner", "mathematician"]), help="How much to show, for whom.")
@click.option("--depth", type=click.IntRange(min=0), metavar="N", help="Draw blocks that are nested deeper as boxes.")
@click.option("--expand", multiple=True, metavar="P", help="Open the blocks whose dotted path matches P, such as 'h.0.*'.")
@click.option("--collapse", multiple=True, metavar="P", help="Draw the blocks whose dotted path matches P as boxes.")
@click.option("--names", type=click.Choice(["names", "sizes", "both"]), help="What is written over the axes: names, unless told.")
@click.option("--layers", type=click.Choice(["boxes", "glyphs", "operations"]), help="How a layer and its weights are drawn: glyphs.")
@click.option("--fold", type=click.IntRange(min=0), metavar="N", help="Draw N or more equal blocks in a row as one in brackets: 3.")
@click.option("--scales", is_flag=True, help="Draw steps that are equal but for sizes, as of a U-Net, as one in brackets.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), default="auto", show_default=True, help="The colours.")
@click.option("--width", callback=width, metavar="W", help="Break lines wider than this: pixels, characters of text, or 'page'.")
@click.option("--heading", is_flag=True, help="Over the figure, the whole as one box with a name, and the sizes of its axes.")
@click.option("--discopy", is_flag=True, help="Draw a wire for each tensor, with DisCoPy.")
@inputs_option
@debugging
def draw(name: str, other: str | None, output: str | None, discopy: bool, spec: str | None, debug: bool, **options: Any) -> None:
    """Draw A as a neural circuit diagram: a wire for each axis, a glyph for each operation.

    With B, both are drawn over each other, with what is proved equal and where they part.
    Without -o it is drawn in characters.  A certificate is drawn as a page that steps through the proof, with -o OUT.html.
    """
    with told(False, debug):
        from ncd_cat.console.hints import hint
        from ncd_cat.draw.outputs import drawn, kind_of, write
        from ncd_cat.draw.web import explore

        given = {key: value for key, value in options.items() if value != ()}
        if output is not None:
            check_writable(output)
            kind_of(output)
        elif discopy:
            raise InputError("--discopy draws to a file: say which with -o")
        if other is not None:
            compare(name, other, output, spec, discopy, given)
            return
        if is_proof(name):
            play(name, output)
            return
        diagram, sources = read_program(name, spec)
        if given.pop("heading"):
            given["heading"] = diagram.title or called(name)
        if output is None:
            given["width"] = given["width"] or shutil.get_terminal_size((100, 24)).columns
            click.echo(drawn(diagram, "txt", **given).decode().removesuffix("\n"))
            hint(diagram, given, False)
            return
        if discopy:
            depth = given["depth"]
            (diagram if depth is None else diagram.collapse(depth + 1)).draw_discopy(output)
        elif kind_of(output) == "html":
            explore(diagram, output, title=Path(name).name, sources=sources, **given)
        else:
            write(diagram, output, **given)
        click.echo(f"written: {output}")
        if not discopy:
            hint(diagram, given, kind_of(output) in PICTURES)


def called(name: str) -> str:
    """What a target is called in its file, or what its file is.

    >>> called("models/talk.py:net"), called("out/f.ncd.json")
    ('net', 'f')
    """
    return Path(name.rpartition(":")[2] or name).name.removesuffix(".ncd.json")


def read_diagram(name: str, spec: str | None) -> Any:
    """The diagram of a target: as it was built where it is one, so that its boxes keep their order, else that of its graph."""
    return read_program(name, spec)[0]


def read_program(name: str, spec: str | None) -> tuple[Any, dict[str, str]]:
    """The diagram of a target, and where its blocks are written, as far as Python knows."""
    from ncd_cat import architectures
    from ncd_cat.diagram import Diagram
    from ncd_cat.draw.web import sources_of

    if name in architectures.names():
        return architectures.diagram(name), {}
    target, graph = load_graph(name, spec)
    return Diagram.from_graph(graph), sources_of(target.program)


def is_proof(name: str) -> bool:
    """Whether a target is the file of a certificate."""
    from ncd_cat.exporters.json import read_json

    if not name.endswith(".json") or name.endswith(".ncd.json"):
        return False
    data = read_json(name)
    return isinstance(data, dict) and data.get("format") == "ncd-certificate"


def play(name: str, output: str | None) -> None:
    """Write the page of a certificate."""
    import ncd_cat
    from ncd_cat.draw.outputs import kind_of

    if output is None or kind_of(output) != "html":
        raise InputError(f"{name} is a proof, which is drawn as a page: say where with -o, as in -o {Path(name).stem}.html")
    ncd_cat.play(name, output)
    click.echo(f"written: {output}")
