"""What holds of the project as a whole: imports are cheap and go where they may, files are small, versions agree."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

import ncd_cat

ROOT = Path(__file__).resolve().parent.parent
SOURCES = sorted(p for package in ("ncd_cat", "rewrites", "proofs") for p in (ROOT / package).rglob("*.py"))
KERNEL = ROOT / "proofs" / "kernel.py"
KERNEL_MAY_IMPORT = ("__future__", "collections", "contextlib", "dataclasses", "typing", "ncd_cat.axes", "ncd_cat.codec", "ncd_cat.errors",
                     "ncd_cat.fields", "ncd_cat.graph", "ncd_cat.ops", "ncd_cat.scalars", "ncd_cat.sizes", "ncd_cat.welltyped",
                     "rewrites.rule", "rewrites.rules")  # fmt: skip


def imports(path: Path) -> Iterator[str]:
    """The modules that a file imports, anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import"
            yield node.module or ""


def run(code: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    return done.stdout.strip()


def test_import_is_cheap() -> None:
    code = "import numpy, sympy, time; t = time.perf_counter(); import ncd_cat; ncd_cat.Axis, ncd_cat.Array; print(time.perf_counter() - t)"
    assert min(float(run(code)) for _ in range(3)) < 0.3


@pytest.mark.parametrize("use", ["ncd_cat", "ncd_cat.cli", "ncd_cat.targets", "ncd_cat.exporters.json", "proofs.prove", "proofs.check"])
def test_heavy_libraries_wait_until_they_are_used(use: str) -> None:
    code = f"import sys, {use}; print(*sorted({{'discopy', 'matplotlib', 'torch', 'onnx', 'jax', 'cupy'}} & set(sys.modules)))"
    assert run(code) == ""


def test_every_public_name_has_a_home() -> None:
    for name in ncd_cat.__all__:
        assert callable(getattr(ncd_cat, name))
    with pytest.raises(AttributeError, match="ncd_cat has no 'nothing'"):
        ncd_cat.nothing  # noqa: B018
    assert set(ncd_cat.__all__) <= set(dir(ncd_cat))


def test_a_function_wins_over_the_module_of_its_name() -> None:
    assert run("import ncd_cat.evaluate, ncd_cat; print(ncd_cat.evaluate.__name__)") == "evaluate"


def test_the_kernel_is_small_and_stands_on_little() -> None:
    assert len(KERNEL.read_text("utf-8").splitlines()) <= 150
    for module in imports(KERNEL):
        assert module.startswith(KERNEL_MAY_IMPORT), f"the kernel imports {module}"
    assert "type: ignore" not in KERNEL.read_text("utf-8")


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_file_can_be_read_at_a_sitting(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 400
    assert not re.search(r"\b(TODO|FIXME|XXX)\b", text)
    assert ast.get_docstring(ast.parse(text)) or not text.strip(), "the docstring is missing"


def test_every_folder_of_code_is_a_package() -> None:
    assert [p.parent for p in SOURCES if not (p.parent / "__init__.py").exists()] == []


def test_versions_agree() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == ncd_cat.__version__
    assert f"version: {ncd_cat.__version__}" in (ROOT / "CITATION.cff").read_text("utf-8")
    assert f"## {ncd_cat.__version__}" in (ROOT / "CHANGELOG.md").read_text("utf-8")


def test_the_readme_fits_a_screen_or_three() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) <= 120
