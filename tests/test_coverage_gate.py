"""The gate opens exactly when the trusted files are covered in full and the others above nine tenths."""

from __future__ import annotations

from pathlib import Path

from tests.coverage_gate import failures

KERNEL, RULES, REST = Path("proofs/kernel.py"), Path("rewrites/rules/linear.py"), Path("ncd_cat/cli.py")


def test_covered_files_pass() -> None:
    assert list(failures({KERNEL: (90, []), RULES: (30, []), REST: (100, list(range(9)))})) == []


def test_one_line_of_the_kernel_is_missed() -> None:
    assert list(failures({KERNEL: (90, [12]), RULES: (30, [])})) == ["proofs/kernel.py: trusted, but no test runs lines 12"]


def test_the_rest_is_not_above_nine_tenths() -> None:
    (line,) = failures({KERNEL: (90, []), RULES: (30, []), REST: (100, list(range(10)))})
    assert line == "outside the trusted files 90.0% of the lines are run, not more than 90%"


def test_a_trusted_file_that_is_not_measured() -> None:
    assert list(failures({KERNEL: (90, [])})) == ["rewrites/rules/*.py: not measured"]
