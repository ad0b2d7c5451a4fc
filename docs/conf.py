"""Configuration of the documentation: pages in Markdown, the reference from docstrings."""

from __future__ import annotations

import re
import sys
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))  # the gallery shows what the tests are about
PACKAGES = ("ncd_cat", "rewrites", "proofs")

project = "ncd-cat"
author = "The ncd-cat authors"
copyright = author
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.viewcode"]
html_theme = "furo"
html_title = "ncd-cat"
html_static_path = ["_static"]
html_css_files = ["gallery.css"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["deflist", "dollarmath"]
myst_heading_anchors = 3
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# A name is described where it lives, not where else it can be imported from.
autodoc_default_options = {"members": True, "show-inheritance": True, "ignore-module-all": True}
toc_object_entries = False  # thousands of names in the table of contents of every page
suppress_warnings = ["ref.python"]  # a name of a type that two modules define


def read_as_text(app: Any, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    """Docstrings are plain text with `code` and doctests: keep their mathematics from being read as markup."""
    paragraphs = re.split(r"\n(?=\s*\n)", "\n".join(lines))
    lines[:] = "\n".join(p if ">>>" in p else _escaped(p) for p in paragraphs).split("\n")


def _escaped(text: str) -> str:
    """Code between backquotes, on one line and as it stands; nothing else is markup."""
    words = re.split(r"`([^`]+)`", text)
    for k, word in enumerate(words):
        words[k] = f"``{' '.join(word.split())}``" if k % 2 else re.sub(r"([*|_`])", r"\\\1", word)
    return "\\ ".join(words) if len(words) > 1 else words[0]


def write_reference(app: Any, config: Any) -> None:
    """One page for each package: its modules in the order of their names, each from its docstrings."""
    folder = HERE / "reference" / "generated"
    folder.mkdir(exist_ok=True)
    for package in PACKAGES:
        root = HERE.parent / package
        found = [package, *sorted(m.name for m in walk_packages([str(root)], f"{package}.") if not m.name.endswith("__main__"))]
        sections = [f"## {name}\n\n```{{eval-rst}}\n{_described(name, found)}```\n" for name in found]
        (folder / f"{package}.md").write_text(f"# {package}\n\n" + "\n".join(sections), "utf-8")


def draw_gallery(app: Any, config: Any) -> None:
    """The pages of the gallery, and their pictures."""
    from docs.drawn.pages import write_all

    write_all(HERE / "gallery" / "_pages", HERE / "_static" / "gallery")


def _described(name: str, modules: list[str]) -> str:
    """A module with its members; a function that has the name of a module beside it is described, and indexed as the module."""
    here = import_module(name)
    twice = [m.rpartition(".")[2] for m in modules if m.rpartition(".")[0] == name]
    own = [f for f in twice if getattr(getattr(here, f, None), "__module__", "") == name]
    excluded = f"   :exclude-members: {', '.join(own)}\n" if own else ""
    return f".. automodule:: {name}\n{excluded}" + "".join(f"\n.. autofunction:: {name}.{f}\n   :no-index:\n" for f in own)


def setup(app: Any) -> None:
    """Called by Sphinx."""
    app.connect("config-inited", write_reference)
    app.connect("config-inited", draw_gallery)
    app.connect("autodoc-process-docstring", read_as_text)
