"""The commands `ncd cost`, `ncd grad` and `ncd simplify`: what a diagram takes, beside what its gradient or a simpler one does."""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import click

from ncd_cat.console.mirroring import draw_mirrored
from ncd_cat.console.telling import as_json, check_writable, debugging, told
from ncd_cat.errors import InputError
from ncd_cat.graph import Graph, topological
from ncd_cat.sizes import symbols

if TYPE_CHECKING:
    from ncd_cat.cost import Cost
    from ncd_cat.targets import Target

inputs_option = click.option("--inputs", "spec", metavar="SPEC", help="Example inputs of a model, as in 'ids=2,16:int64 mask=2,16:bool'.")
sizes_option = click.option("--sizes", metavar="SIZES", default="", help="Values of size symbols, as in 'n=128,d=64'.")
output_option = click.option("-o", "--output", metavar="OUT.ncd.json", help="Write the result here.")


@click.command()
@click.argument("name", metavar="A")
@inputs_option
@sizes_option
@click.option("--depth", type=click.IntRange(min=0), default=2, show_default=True, help="How deep the nesting of blocks is shown.")
@as_json
@debugging
def cost(name: str, spec: str | None, sizes: str, depth: int, as_json: bool, debug: bool) -> None:
    """Show what A costs, block by block: operations, work, memory, the longest path.

    Work counts operations on numbers, a multiplication with an addition two; memory counts entries.
    """
    with told(as_json, debug):
        graph = read_target(name, spec)
        values = read_sizes(sizes, graph)
        found = cost_at(graph, values)
        from ncd_cat.console.tables import cost_data, cost_table, show, totals_table

        if as_json:
            click.echo(json.dumps({"diagram": name, "sizes": values, **cost_data(found)}))
            return
        show(*([cost_table(found, depth)] if len(found.rows) > 1 and depth else []), totals_table({name: found}))


@click.command()
@click.argument("name", metavar="A")
@click.option("--wrt", metavar="NAMES", default="0", show_default=True,
              help="Inputs, by name or position, and weights, by name, with commas between; 'weights' is all of them.")  # fmt: skip
@click.option("--vjp", is_flag=True, help="Take cotangents of the outputs as more inputs: for an A whose output is not one number.")
@click.option("--simplify", is_flag=True, help="Simplify the gradient, and prove that this changes nothing.")
@click.option("--mirror", is_flag=True, help="Draw A over its mirrored gradient, to a .svg, .tex, .pdf or .png that -o names.")
@click.option("--theme", type=click.Choice(["auto", "light", "dark"]), help="The colours of --mirror: auto, unless told.")
@inputs_option
@sizes_option
@output_option
@as_json
@debugging
def grad(
    name: str, wrt: str, vjp: bool, simplify: bool, mirror: bool, theme: str | None, spec: str | None, sizes: str, output: str | None,
    as_json: bool, debug: bool,
) -> None:  # fmt: skip
    """Derive the gradient of A as a diagram, and show what A and it cost.

    The gradient is of the one output of A, a real number, by the inputs and weights that --wrt names.  With --mirror it is drawn.
    """
    with told(as_json, debug):
        import ncd_cat

        if mirror:
            unused = {"--simplify": simplify, "--sizes": sizes, "--json": as_json}
            draw_mirrored(name, wrt, spec, output, vjp, theme, tuple([option for option, given in unused.items() if given]))
            return
        if theme is not None:
            raise InputError("--theme is of the picture that --mirror draws")
        if output is not None:
            check_output(output)
        primal = read_target(name, spec)
        derive = ncd_cat.vjp if vjp else ncd_cat.grad
        found = derive(primal, wrt=read_wrt(wrt, primal))
        values = read_sizes(sizes, found.graph, primal)
        costs = {name: cost_at(primal, values), "gradient": cost_at(found.graph, values)}
        if simplify:
            found = ncd_cat.simplify(found)
            costs["simplified"] = cost_at(found.graph, values)
        finish(found, costs, values, output, as_json)


@click.command()
@click.argument("name", metavar="A")
@click.option(
    "--cost", "measure", type=click.Choice(["work", "boxes", "memory"]), help="What is to be less; work, then boxes, if not given."
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Take no more than so many seconds.")
@click.option("--certificate", metavar="OUT.json", help="Write the proof that the result is equal to A here.")
@inputs_option
@sizes_option
@output_option
@as_json
@debugging
def simplify(
    name: str, measure: str | None, timeout: float | None, certificate: str | None, spec: str | None, sizes: str, output: str | None,
    as_json: bool, debug: bool,
) -> None:  # fmt: skip
    """Find a diagram that is equal to A, no dearer and simpler, and show what both cost.

    The result comes with a certificate that it is equal, for all inputs and weights, as `ncd check` reads it.
    """
    with told(as_json, debug):
        import ncd_cat

        if output is not None:
            check_output(output)
        if certificate is not None:
            check_writable(certificate)
        given = read_target(name, spec)
        values = read_sizes(sizes, given)
        found = ncd_cat.simplify(given, cost=measure, timeout=timeout)
        if certificate is not None:
            found.trace.certificate.save(certificate)
        finish(found, {name: cost_at(given, values), "simplified": cost_at(found.graph, values)}, values, output, as_json)
        if certificate is not None and not as_json:
            click.echo(f"certificate: {certificate}")


def finish(found: Any, costs: Mapping[str, Cost], values: Mapping[str, int], output: str | None, as_json: bool) -> None:
    """Write what was made, and tell what each costs."""
    from ncd_cat.console.tables import cost_data, show, totals_table

    if output is not None:
        from ncd_cat.exporters.json import save

        save(found, output)
    if as_json:
        click.echo(json.dumps({"sizes": values, "output": output, **{name: cost_data(c) for name, c in costs.items()}}))
        return
    show(totals_table(costs))
    if output is not None:
        click.echo(f"written: {output}")


# ---- what a person writes -----------------------------------------------------------------------------------------


def read_target(name: str, spec: str | None) -> Graph:
    """The graph of a target; what its code prints goes to standard error."""
    return load_graph(name, spec)[1]


def load_graph(name: str, spec: str | None) -> tuple[Target, Graph]:
    """A target and its graph."""
    from ncd_cat.programs import graph_of
    from ncd_cat.specs import example_inputs
    from ncd_cat.targets import load_targets

    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        (target,) = load_targets(name)
        return target, graph_of(target.program, example_inputs(target, target, spec), name)


def read_sizes(text: str, *graphs: Graph) -> dict[str, int]:
    """The sizes that `n=128,d=64` lists.  Raises InputError for a word that is no size, or a symbol that no graph has."""
    known = size_symbols(*graphs) if text else ()
    found: dict[str, int] = {}
    for word in filter(None, text.replace(",", " ").split()):
        name, equals, value = word.partition("=")
        if not (name and equals and value.isdecimal() and int(value) > 0):
            raise InputError(f"--sizes: {word!r} is not NAME=NUMBER, as in 'n=128,d=64'")
        if name not in known:
            raise InputError(f"--sizes: there is no size {name!r}; the symbolic sizes are {', '.join(known) or 'none'}")
        found[name] = int(value)
    return found


def size_symbols(*graphs: Graph) -> list[str]:
    """The symbols in the sizes of some graphs, sorted."""
    nodes = topological([v.node for g in graphs for v in g.outputs])
    sizes = [n for g in graphs for a in g.dom for n in a.sizes] + [size for n in nodes for size in n.sizes + n.op.inner]
    return sorted({name for size in sizes for name in symbols(size)})


def read_wrt(text: str, graph: Graph) -> list[int | str]:
    """The inputs and weights that a text names.  Raises InputError for a name that the graph has not."""
    places = {a.name: k for k, a in enumerate(graph.dom) if a.name}
    weights = graph.weights()
    found: list[int | str] = []
    for word in filter(None, [w.strip() for w in text.split(",")]):
        if word in places:
            found.append(places[word])
        elif word in weights or word == "weights":
            found.append(word)
        elif word.isdecimal():
            found.append(int(word))
        else:
            close = get_close_matches(word, [*places, *weights], n=3, cutoff=0.5)
            hint = (
                f"did you mean {', '.join(close)}?"
                if close
                else f"inputs: {', '.join(places) or 'by position'}; weights: {', '.join(weights) or 'none'}"
            )
            raise InputError(f"--wrt: there is no input or weight {word!r}; {hint}")
    if not found:
        raise InputError("--wrt names nothing: give inputs or weights, as in --wrt x,fc.weight")
    return found


def check_output(path: str) -> None:
    """Raise an NcdError unless a diagram can be written here: said before the work rather than after it."""
    if not path.endswith(".ncd.json"):
        raise InputError(f"{path}: the file of a diagram ends in .ncd.json")
    check_writable(path)


def cost_at(graph: Graph, values: Mapping[str, int]) -> Cost:
    """The cost at these sizes."""
    from ncd_cat.cost import cost as cost_of

    return cost_of(graph, sizes=values).at(**values)
