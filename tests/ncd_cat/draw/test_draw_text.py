"""Drawings in characters: a line for each axis, bars that join lines, no line wider than the terminal."""

from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.axes import Axis
from ncd_cat.diagram import Box, Diagram
from ncd_cat.draw.grid import LONGEST, Grid, Line, clean, places
from ncd_cat.draw.text import text
from ncd_cat.testing import diagrams
from ncd_cat.types import Array


def wide(row: str) -> int:
    """How many places of a terminal a row takes."""
    marks = [c for c in row if unicodedata.category(c)[0] != "M"]
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in marks)


def test_attention_at_a_glance() -> None:
    shown = text(architectures.diagram("attention")).splitlines()
    assert [row[0] for row in shown if row[0] in "qdkv"] == list("qdkdkv")
    assert shown[0].startswith("q─") and shown[0].endswith("─q") and shown[-1].endswith("─v")
    assert sum("◁" in row for row in shown) == 1 and "d^−1/2" in "".join(shown)


def test_copies_hang_on_one_bar_and_sums_join_axis_by_axis() -> None:
    shown = text(architectures.diagram("multi-head-attention")).splitlines()
    assert "".join(row.ljust(40)[2] for row in shown if row.ljust(40)[2] in "●├╰") == "●●●├├├├├╰"
    assert text(architectures.diagram("sum-of-tuples")).count("⊕") == 2
    for word in ("[L^Q_+]", "[L^K_+]", "[L^V_+]", "[L^O_+]"):
        assert word in "\n".join(shown)


def test_sizes_and_depth() -> None:
    d = architectures.diagram("attention")
    assert text(d, names="sizes") != text(d) and "q = " in text(d, names="both")
    deep, shallow = text(architectures.diagram("gpt2")), text(architectures.diagram("gpt2"), depth=0)
    assert "┌h.0─" in deep and "╡h.0╞" in shallow and len(shallow) < len(deep)


@pytest.mark.parametrize("name", architectures.names())
def test_no_line_is_wider_than_the_terminal(name: str) -> None:
    d = architectures.diagram(name)
    for width in (60, 100):
        shown = text(d, width)
        assert shown and max(map(wide, shown.splitlines())) <= width
        assert shown == text(d, width) and all(row.strip() == row.rstrip().lstrip() and row == row.rstrip() for row in shown.splitlines())


def check_bars(d: Diagram) -> None:
    """Every corner has a bar or a glyph where it points to."""
    rows = text(d, 10_000).splitlines()
    grid = [row.ljust(max(map(len, rows))) for row in rows]
    for above, below in pairwise(grid):
        for a, b in zip(above, below, strict=True):
            assert a not in "╭┬╮" or b in "│┼├┤╰╯⊕●", (a, b)
            assert b not in "╰╯" or a not in " ─╌", (a, b)


@pytest.mark.parametrize("name", architectures.names())
def test_every_bar_ends_at_glyphs(name: str) -> None:
    check_bars(architectures.diagram(name))


@given(diagrams())
@settings(max_examples=50, deadline=None)
def test_random_diagrams_are_drawn_in_characters(d: Diagram) -> None:
    check_bars(d)


@given(st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_any_name_stays_in_its_places(name: str) -> None:
    shown = clean(name)
    assert len(places(shown)) <= LONGEST and shown.isprintable() and "\n" not in shown
    assert wide(shown) == len(places(shown))


@pytest.mark.parametrize("name", ["a\nb\x1b[31m", "\u202eevil", "日本語" * 9, "\u0301", "x̄ȳ", "\u200b", "<b>"])
def test_hostile_names_break_no_line(name: str) -> None:
    a = Array((Axis(name, 3), Axis("d", 2)))
    f = Box(name, a, a)
    d: Diagram = f.block(name) >> f
    rows = text(d, 300).splitlines()
    assert "\x1b" not in "".join(rows) and "\u202e" not in "".join(rows)
    assert len({wide(row) for row in rows if row[-1:] != "┐"}) <= 3


def test_a_page_is_cut_where_glyphs_end() -> None:
    line = Line(tensor=1)
    line.names.append((0, "q"))
    grid = Grid([line])
    for _ in range(6):
        line.put(len(line.cells), "[ab]")
        grid.cuts.append(len(line.cells))
    pieces = grid.wrapped(10).split("\n\n")
    assert pieces == ["[ab][ab]", "q[ab][ab]", "q[ab][ab]"]
