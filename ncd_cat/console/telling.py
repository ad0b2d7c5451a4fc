"""How a command ends: with a result, or with one line that says what is wrong and a status that says whose mistake it is."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from ncd_cat.errors import FileError, NcdError, UnsupportedOp

WRONG, MEANINGLESS, INTERRUPTED, BUG = 2, 4, 130, 70

as_json = click.option("--json", "as_json", is_flag=True, help="Print one JSON object and nothing else.")
debugging = click.option("--debug", is_flag=True, help="Show the traceback of an error that is ours.")


@contextmanager
def told(as_json: bool, debug: bool) -> Iterator[None]:
    """Tell an error in a line and exit with its status; with `debug`, let one that is ours through."""
    try:
        yield
    except UnsupportedOp as error:
        _fail(str(error), MEANINGLESS, as_json)
    except NcdError as error:
        _fail(str(error), WRONG, as_json)
    except KeyboardInterrupt:
        _fail("interrupted", INTERRUPTED, as_json)
    except Exception as error:
        if debug:
            raise
        _fail(f"a mistake of ours, {type(error).__name__}: {error}; --debug shows where", BUG, as_json)


def _fail(message: str, status: int, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps({"status": "error", "error": message, "exit": status}))
    else:
        click.echo(f"ncd: {message}", err=True)
    sys.exit(status)


def check_writable(path: str) -> None:
    """Raise FileError unless a file can be made here: said before the work rather than after it."""
    if not path:
        raise FileError("a file cannot be written whose name is empty")
    folder = Path(path).resolve().parent
    if not folder.is_dir():
        raise FileError(f"{path} cannot be written: there is no folder {folder}")
    if Path(path).is_dir() or not os.access(folder, os.W_OK):
        raise FileError(f"{path} cannot be written: {'it is a folder' if Path(path).is_dir() else f'{folder} is read-only'}")
