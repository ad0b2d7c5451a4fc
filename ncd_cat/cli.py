"""The command `ncd`: a question about programs in, a verdict and an exit status out.

`ncd prove` exits with 0 proved, 1 refuted, 2 the command or the input is wrong, 3 unknown, 4 an op has no meaning here;
`ncd check` with 0 accepted, 1 rejected, 2 cannot be read.  Results go to standard output, progress and logs to standard
error.  A person's mistake is told in a line; a mistake of ours ends with status 70, and `--debug` shows its traceback.
"""

from __future__ import annotations

import json
import sys
import warnings
from contextlib import redirect_stdout
from difflib import get_close_matches
from typing import Any

import click
from rich.console import Console

from ncd_cat import __version__
from ncd_cat.console.costing import cost, grad, simplify
from ncd_cat.console.drawing import draw
from ncd_cat.console.telling import as_json, check_writable, debugging, told
from ncd_cat.errors import InputError, ProofError

STATUS = {"proved": 0, "refuted": 1, "unknown": 3}
BY_VALUE = "by value"
REJECTED = 1


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="ncd")
def main() -> None:
    """Neural circuit diagrams: prove that two architectures are equal, and check why.

    A target is file.py:NAME, package.module:NAME, file.ncd.json, or a built-in architecture (`ncd show` lists them).
    """


main.add_command(cost)
main.add_command(grad)
main.add_command(simplify)
main.add_command(draw)


@main.command()
@click.argument("lhs", metavar="A")
@click.argument("rhs", metavar="B")
@click.option("--inputs", "spec", metavar="SPEC", help="Example inputs, as in 'ids=2,16:int64 mask=2,16:bool'.")
@click.option("--params", metavar="MAP.toml", help="For each weight of B, an expression in those of A; or 'by value'.")
@click.option("--assume", multiple=True, metavar="TEXT", help="A condition, as in 'x > 0', 'mask in {0, 1}', 'eps = 0' or 'n == 2*m'.")
@click.option("--certificate", metavar="OUT.json", help="Write the proof here.")
@click.option("--player", metavar="OUT.html", help="Write the proof here as a page that steps through it.")
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), metavar="S", help="Give up after so many seconds.")
@as_json
@debugging
def prove(
    lhs: str, rhs: str, spec: str | None, params: str | None, assume: tuple[str, ...], certificate: str | None, player: str | None,
    timeout: float | None, as_json: bool, debug: bool,
) -> None:  # fmt: skip
    """Prove that A and B compute the same function of their inputs and weights, or refute it.

    Exit status: 0 proved, 1 refuted, 2 the command or the input is wrong, 3 unknown, 4 an op has no meaning here.
    """
    with told(as_json, debug):
        for path in (certificate, player):
            if path is not None:
                check_writable(path)
        if player is not None and not player.lower().endswith(".html"):
            raise InputError(f"a proof is played in a page: --player is to end in .html, not {player!r}")
        verdict = _verdict(lhs, rhs, spec, params, assume, timeout, debug)
        written = certificate if certificate is not None and verdict.certificate is not None else None
        if written is not None:
            verdict.certificate.save(written)
        if player is not None and verdict.certificate is not None:
            _play(verdict.certificate, player, " = ".join(name.rpartition("/")[2] for name in (lhs, rhs)))
        _print_verdict(verdict, lhs, rhs, written, as_json)
        if verdict.certificate is None and (unwritten := [path for path in (certificate, player) if path is not None]):
            click.echo(f"not written, as there is no proof: {', '.join(unwritten)}", err=True)
        sys.exit(STATUS[verdict.status])


def _verdict(lhs: str, rhs: str, spec: str | None, params: str | None, assume: tuple[str, ...], timeout: float | None, debug: bool) -> Any:
    """Load the two targets and prove; what their code prints goes to standard error, as progress does."""
    from ncd_cat.console.progress import progress
    from ncd_cat.specs import example_inputs, read_params
    from ncd_cat.targets import load_targets
    from proofs.prove import prove

    with redirect_stdout(sys.stderr), warnings.catch_warnings(), progress(Console(stderr=True)) as report:
        if not debug:
            warnings.simplefilter("ignore")
        renamed = params if params is None or params == BY_VALUE else read_params(params)
        left, right = load_targets(lhs, rhs)
        inputs = example_inputs(left, right, spec)
        sides = left.program, right.program
        verdict = prove(*sides, inputs, params=renamed, assume=assume, timeout=timeout, progress=report, names=(lhs, rhs))
        report("comparing in float32", 1.0)
        str(verdict)  # evaluates both sides once, and keeps the result
        return verdict


def _play(certificate: Any, path: str, title: str) -> None:
    from proofs.player import play

    play(certificate, path, title)
    click.echo(f"player: {path}", err=True)


def _print_verdict(verdict: Any, lhs: str, rhs: str, written: str | None, as_json: bool) -> None:
    from ncd_cat.console.report import print_verdict, verdict_data

    if as_json:
        click.echo(json.dumps(verdict_data(verdict, lhs, rhs, written)))
        return
    print_verdict(Console(), verdict)
    if written is not None:
        click.echo(f"certificate: {written}")


@main.command()
@click.argument("certificate", metavar="CERTIFICATE.json")
@as_json
@debugging
def check(certificate: str, as_json: bool, debug: bool) -> None:
    """Check a certificate with the kernel alone: no search, and no model code runs.

    Exit status: 0 accepted, 1 rejected, 2 the file cannot be read.
    """
    from ncd_cat.console.report import statement_data, statement_lines
    from ncd_cat.exporters.json import read_json

    with told(as_json, debug):
        statement = _checked(certificate, read_json(certificate), as_json)
        if as_json:
            click.echo(json.dumps({"status": "accepted", "certificate": certificate, **statement_data(statement)}))
        else:
            click.echo("\n".join([f"accepted: {certificate}", *statement_lines(statement)]))


def _checked(path: str, data: Any, as_json: bool) -> Any:
    """What the certificate proves; if the kernel rejects it, say so and exit."""
    from proofs.check import statement_of

    try:
        return statement_of(data)
    except ProofError as error:
        reason = str(error)
        click.echo(json.dumps({"status": "rejected", "certificate": path, "reason": reason}) if as_json else f"rejected: {path}: {reason}")
        sys.exit(REJECTED)


@main.command()
@click.argument("name", required=False)
@debugging
def show(name: str | None, debug: bool) -> None:
    """List the built-in architectures, rules and theorems; or show one of them, a diagram's file, or a certificate."""
    with told(False, debug):
        click.echo("\n".join(_contents() if name is None else _shown(name)))


def _contents() -> list[str]:
    """Everything that is built in, one line each, under its heading."""
    from ncd_cat.architectures import describe, names
    from ncd_cat.console.report import by_theory, columns
    from proofs import theorems
    from rewrites import rules

    built = columns({name: describe(name) for name in names()})
    listed = by_theory({theory.__name__: {r.name: r.statement for r in theory.RULES} for theory in rules.THEORIES})
    proved = by_theory({theory.__name__: {t.name: t.says for t in theory.TABLE} for theory in theorems.THEORIES})
    return ["Architectures", *(f"  {line}" for line in built), "", "Rules", *listed, "", "Theorems", *proved]


def _shown(name: str) -> list[str]:
    """One built-in thing, or what a file holds."""
    from ncd_cat.console.report import columns, describe
    from rewrites.rules import RULES

    if name.endswith(".ncd.json"):
        from ncd_cat.exporters.json import load_graph

        return describe(load_graph(name))
    if name.endswith(".json"):
        return _certificate(name)
    if name in RULES:
        rule = RULES[name]
        return columns({"rule": rule.name, "says": rule.statement, "if": rule.condition, "in": rule.structure, "source": rule.source})
    from ncd_cat.architectures import find, names

    if name in names():
        return describe(find(name))
    from proofs.theorems import THEOREMS

    if name in THEOREMS:
        return _theorem(THEOREMS[name])
    close = get_close_matches(name, [*names(), *RULES, *THEOREMS], n=3, cutoff=0.5)
    if ":" in name:
        raise InputError(f"`ncd show` shows what is built in, diagrams' files and certificates: `ncd draw {name}` draws a model")
    hint = f"; did you mean {', '.join(close)}?" if close else ": `ncd show` lists them"
    raise InputError(f"there is no architecture, rule or theorem {name!r}{hint}")


def _theorem(theorem: Any) -> list[str]:
    """What a theorem says, and what its certificate, which the kernel checks, rests on."""
    from ncd_cat.console.report import statement_lines

    said = {"theorem": theorem.name, "says": theorem.says, "source": theorem.source, "file": str(theorem.path)}
    return [*statement_lines(theorem.check(), said), *_rules(theorem.data())]


def _certificate(path: str) -> list[str]:
    """What a certificate proves, and the rules that it rests on."""
    from ncd_cat.console.report import statement_lines
    from ncd_cat.exporters.json import read_json

    data = read_json(path)
    return [*statement_lines(_checked(path, data, False)), *_rules(data)]


def _rules(data: Any) -> list[str]:
    """The rules that a certificate rests on, with how often each is used."""
    from ncd_cat.console.report import columns, rules_used
    from rewrites.rules import RULES

    used = columns({f"{count} × {name}": RULES[name].statement for name, count in rules_used(data) if name in RULES})
    return ["rules", *(f"  {line}" for line in used)]
