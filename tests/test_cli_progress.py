"""A bar shows itself on a terminal, for work that lasts, and nowhere else."""

from __future__ import annotations

import time
from io import StringIO

from rich.console import Console

from ncd_cat.console.progress import progress


def shown(delay: float, *, terminal: bool) -> str:
    """What lands on the console while work of a twentieth of a second goes on."""
    file = StringIO()
    with progress(Console(file=file, force_terminal=terminal, width=80), delay) as report:
        time.sleep(0.05)
        report("normal forms", 0.5)
    return file.getvalue()


def test_long_work_on_a_terminal() -> None:
    assert "normal forms" in shown(0.0, terminal=True)


def test_short_work() -> None:
    assert shown(60.0, terminal=True) == ""


def test_no_terminal() -> None:
    assert shown(0.0, terminal=False) == ""
