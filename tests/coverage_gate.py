"""A pytest plugin: what is trusted is covered to the last line, the rest above nine tenths.

    python -m pytest --cov -p tests.coverage_gate
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRUSTED = ("proofs/kernel.py", "rewrites/rules/*.py")
REST = 0.90


def missing_lines(coverage: Any) -> dict[Path, tuple[int, list[int]]]:
    """For each measured file, its number of statements and the lines that no test ran."""
    found = {}
    for name in coverage.get_data().measured_files():
        _, statements, _, missing, _ = coverage.analysis2(name)
        found[Path(name).resolve().relative_to(ROOT)] = (len(statements), missing)
    return found


def failures(files: dict[Path, tuple[int, list[int]]]) -> Iterator[str]:
    """What the gate has against these files, one line each."""
    trusted = {path for path in files if any(path.match(pattern) for pattern in TRUSTED)}
    for pattern in TRUSTED:
        if not any(path.match(pattern) for path in trusted):
            yield f"{pattern}: not measured"
    for path in sorted(trusted):
        if files[path][1]:
            yield f"{path}: trusted, but no test runs lines {', '.join(map(str, files[path][1]))}"
    rest = [files[path] for path in files if path not in trusted]
    total, missed = sum(n for n, _ in rest), sum(len(lines) for _, lines in rest)
    if total and (total - missed) / total <= REST:
        yield f"outside the trusted files {(total - missed) / total:.1%} of the lines are run, not more than {REST:.0%}"


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that passed its tests but not the gate."""
    plugin = session.config.pluginmanager.getplugin("_cov")
    worker = hasattr(session.config, "workerinput")  # of several that share the tests: the gate stands at the end of all
    if session.exitstatus or worker or plugin is None or plugin.cov_controller is None:
        return
    session.config.stash[KEY] = lines = list(failures(missing_lines(plugin.cov_controller.cov)))
    if lines:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Say why the gate failed."""
    for line in config.stash.get(KEY, []):
        terminalreporter.write_line(f"coverage gate: {line}", red=True)


KEY = pytest.StashKey[list[str]]()
