"""Two targets drawn over each other: what `ncd draw A B` does."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Mapping
from contextlib import redirect_stdout
from typing import Any

import click

from ncd_cat.errors import InputError

KINDS = ("svg", "tex", "pdf", "png", "html")
TIME = 60.0  # seconds for the proof and the comparison


def compare(lhs: str, rhs: str, output: str | None, spec: str | None, discopy: bool, options: Mapping[str, Any]) -> None:
    """Draw two targets over each other to a file, and tell the verdict.  Raises an NcdError for what cannot be drawn so."""
    import ncd_cat
    from ncd_cat.draw.outputs import kind_of, of_scene
    from ncd_cat.draw.web import sources_of
    from ncd_cat.exporters.files import Together
    from ncd_cat.specs import example_inputs
    from ncd_cat.targets import load_targets

    if output is None or kind_of(output) not in KINDS or discopy:
        endings = f"{', '.join(f'.{k}' for k in KINDS[:-1])} or .{KINDS[-1]}"
        raise InputError(f"two models are drawn to a file: say which with -o, ending in {endings}, and without --discopy")
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        left, right = load_targets(lhs, rhs)
        inputs = example_inputs(left, right, spec)
        found = ncd_cat.compared(left.program, right.program, inputs, timeout=TIME, names=(lhs, rhs))
    kind = kind_of(output)
    if kind == "html":
        data = found.page((sources_of(left.program), sources_of(right.program)), **options).encode()
    else:
        wide = options.get("width") or ("page" if kind in ("pdf", "png") else None)
        data = of_scene(found.scene(**{**options, "width": wide}), kind, str(options.get("theme") or "auto"))
    with Together() as files:
        files.write(output, lambda stream: stream.write(data))
    click.echo(f"{found.verdict.status}; written: {output}")
