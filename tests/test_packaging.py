"""What a wheel holds: all files of the three packages, the pages' scripts and styles and the marks for type checkers among them."""

from __future__ import annotations

import tomllib
from pathlib import Path

from ncd_cat.draw.web import __file__ as web

ROOT = Path(__file__).resolve().parent.parent
HATCH = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["hatch"]["build"]["targets"]
PACKAGES = {"ncd_cat", "rewrites", "proofs"}


def test_the_wheel_takes_whole_packages() -> None:
    assert HATCH["wheel"] == {"packages": ["ncd_cat", "rewrites", "proofs"]}  # nothing is left out, nothing is picked
    assert {f"/{name}" for name in PACKAGES} <= {*HATCH["sdist"]["include"]}


def test_no_file_of_a_package_is_ignored_by_the_build() -> None:
    ignored = (ROOT / ".gitignore").read_text("utf-8").split()  # hatchling leaves out what git ignores
    kinds = {p.suffix for name in PACKAGES for p in (ROOT / name).rglob("*") if p.is_file() and "__pycache__" not in p.parts}
    assert {".py", ".js", ".css", ".json", ".typed"} <= kinds
    assert not {f"*{kind}" for kind in (".py", ".js", ".css", ".json", ".typed")} & {*ignored}


def test_what_is_read_beside_the_code_is_there() -> None:
    assert all((ROOT / name / "py.typed").is_file() for name in PACKAGES)
    assert {p.suffix for p in Path(web).parent.iterdir()} >= {".js", ".css"}
