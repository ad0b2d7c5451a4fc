"""Drawings as files: every kind, the same bytes each time, nothing half-written, and what a notebook shows."""

from __future__ import annotations

import struct
import xml.etree.ElementTree as ET
from importlib import import_module
from pathlib import Path

import pytest

from ncd_cat import architectures
from ncd_cat.axes import Axis
from ncd_cat.diagram import Box, Diagram
from ncd_cat.draw import scene
from ncd_cat.draw.canvas import rendered
from ncd_cat.draw.outputs import KINDS, drawn, mimebundle, write
from ncd_cat.draw.scene import Scene
from ncd_cat.errors import FileError, InputError
from ncd_cat.types import Array

STARTS = {"svg": b"<svg", "tex": b"\\documentclass", "pdf": b"%PDF", "png": b"\x89PNG", "txt": b"b", "html": b"<!doctype html>"}
HOSTILE = ("<b>&", "$x$ \\frac", "日本語" * 20, "a\nb\x00\x1b[31m", "\u202eevil", "\u0301")
NAMED = {name: architectures.diagram(name) for name in ("multi-head-attention", "convolution-windowed", "sum-of-tuples", "snake-left")}


def named(name: str) -> Diagram:
    a = Array((Axis(name, 3), Axis("d", 2)))
    found: Diagram = Box(name, a, a).block(name) >> Box(name, a, a)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_files_of_every_kind_are_the_same_every_time(kind: str, tmp_path: Path) -> None:
    for name in "ab":
        write(NAMED["multi-head-attention"], tmp_path / f"{name}.{kind}", depth=1)
    data = (tmp_path / f"a.{kind}").read_bytes()
    assert data.startswith(STARTS[kind]) and data == (tmp_path / f"b.{kind}").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"a.{kind}", f"b.{kind}"]


@pytest.mark.parametrize("d", NAMED.values(), ids=NAMED)
def test_every_kind_draws_every_notation(d: Diagram) -> None:
    for kind in KINDS:
        for theme in ("light", "dark"):
            assert len(drawn(d, kind, depth=None, names="both", theme=theme, width=None)) > 15


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_names_are_drawn(name: str) -> None:
    for kind in KINDS:
        assert drawn(named(name), kind, depth=None, names="both", theme="auto", width=300)


def test_a_picture_is_as_large_as_its_scene() -> None:
    made = scene(NAMED["multi-head-attention"])
    width, height = struct.unpack(">II", rendered(made, "png")[16:24])
    assert abs(width - 2 * made.width) <= 2 and abs(height - 2 * made.height) <= 2
    assert rendered(made, "png", "dark") != rendered(made, "png")
    wide = Scene((), 50_000, 100)
    assert struct.unpack(">II", rendered(wide, "png")[16:24])[0] <= 60_000
    with pytest.raises(InputError, match="dots is too large"):
        rendered(Scene((), 200_000, 100), "png")


def test_what_cannot_be_written_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    d = NAMED["snake-left"]
    for name in ("d.gif", "d", "svg"):
        with pytest.raises(InputError, match="names no kind of drawing"):
            write(d, tmp_path / name)
    with pytest.raises(InputError, match="a drawing is"):
        write(d, tmp_path / "d.png", theme="pink")
    for kind in ("txt", "pdf"):
        with pytest.raises(InputError, match="axes are labelled by"):
            write(d, tmp_path / f"d.{kind}", names="colours")
    with pytest.raises(FileError, match="cannot be written"):
        write(d, tmp_path / "no" / "d.svg")
    assert list(tmp_path.iterdir()) == []


def test_a_notebook_shows_a_picture_that_is_not_clipped() -> None:
    for name in ("attention", "gpt2"):
        found = architectures.diagram(name)._repr_mimebundle_()
        assert sorted(found) == ["image/svg+xml", "text/plain"]
        root = ET.fromstring(found["image/svg+xml"])
        assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
        assert "max-width:100%" in root.get("style", "")
        assert "─" in found["text/plain"]


def test_a_notebook_shows_the_expression_of_what_has_no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> Scene:
        raise InputError("no")

    monkeypatch.setattr(import_module("ncd_cat.draw.outputs"), "scene", refuse)
    d = NAMED["snake-left"]
    assert mimebundle(d) == {"text/plain": str(d)}


@pytest.mark.parametrize("name", architectures.names())
def test_every_architecture_is_shown_in_a_notebook(name: str) -> None:
    assert "image/svg+xml" in architectures.diagram(name)._repr_mimebundle_()
