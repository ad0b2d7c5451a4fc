"""A progress bar, the fraction in [0, 1] of a piece of work, that shows itself only for work of more than a second."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock, Timer

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

DELAY = 1.0  # seconds

Report = Callable[[str, float], None]


@contextmanager
def progress(console: Console, delay: float = DELAY) -> Iterator[Report]:
    """A function report(stage, fraction) that moves the bar; on a console that is no terminal it does nothing.

    >>> with progress(Console(quiet=True)) as report:
    ...     report("reading the models", 0.0)
    """
    if not console.is_terminal:
        yield lambda stage, fraction: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    bar = Progress(*columns, console=console, transient=True, redirect_stdout=False, redirect_stderr=False)
    task, lock = bar.add_task("reading the models", total=1.0), Lock()
    done = False

    def start() -> None:
        with lock:
            if not done:
                bar.start()

    def report(stage: str, fraction: float) -> None:
        bar.update(task, description=stage, completed=fraction)

    timer = Timer(delay, start)
    timer.daemon = True
    timer.start()
    try:
        yield report
    finally:
        with lock:
            done = True
        timer.cancel()
        bar.stop()
