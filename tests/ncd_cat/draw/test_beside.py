"""Two diagrams over each other: what is marked is tinted, equal values carry the same number, and nothing lies over anything."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

import ncd_cat as ncd
from ncd_cat.architectures import find
from ncd_cat.cli import main
from ncd_cat.draw.beside import Mark, beside
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.outputs import of_scene
from ncd_cat.draw.scene import Words
from ncd_cat.errors import InputError
from ncd_cat.graph import Node

HOSTILE = '</text><script>alert("x")</script>&amp;\x07'


def marked(graph, kind: str = "equal") -> dict[Node, Mark]:
    return {n: Mark(kind, k, True) for k, n in enumerate(graph.nodes(), 1) if n.operands}


def flags(page) -> list[str]:
    return [p.text for p in page.layer("words") if isinstance(p, Words) and p.source == "flag"]


@pytest.mark.parametrize("name", ["mlp", "attention", "gpt2-block", "transformer-encoder-layer", "visual-attention"])
def test_equal_values_carry_the_same_numbers_on_both_sides(name):
    graph = find(name)
    page = beside((graph, graph), (marked(graph), marked(graph)), ("one", "two"), ("proved equal",))
    found = flags(page)
    assert found[: len(found) // 2] == found[len(found) // 2 :] and found
    assert sorted({*map(int, found)}) == list(range(1, len(found) // 2 + 1))
    assert not measure(page).words_on_words


def test_a_value_of_one_side_only_has_no_number():
    one, other = find("mlp"), find("mlp-split")
    page = beside((one, other), (marked(one), {}), ("one", "two"), ("unknown",))
    assert flags(page) == []
    assert {p.style for p in page.layer("regions")} == {"equal"}


def test_each_kind_has_its_style_and_its_line_in_the_legend():
    graph = find("mlp")
    gelu = next(n for n in graph.nodes() if "gelu" in str(n.op))
    for kind, said in (("agree", "agree at random points, not proved"), ("apart", "here they part")):
        page = beside((graph, graph), ({gelu: Mark(kind)}, {}), ("one", "two"), ("unknown",))
        assert [p.style for p in page.layer("regions")] == [kind]
        assert [p.text for p in page.layer("words") if p.source == "legend"] == [said]
        assert flags(page) == (["≠ parts here"] if kind == "apart" else [])


def test_a_closed_block_is_marked_by_what_is_in_it():
    f = ncd.diagram("x", x=4)(lambda x: ncd.diagram("x", x=4)(lambda y: ncd.exp(ncd.tanh(ncd.relu(ncd.exp(y))))).block("inner")(x) * 2)
    relu = next(n for n in f.graph.nodes() if "relu" in str(n.op))
    page = beside((f.graph, f.graph), ({relu: Mark("apart")}, {}), ("one", "two"), ("refuted",), depth=0)
    assert flags(page) == ["≠ parts here"]
    assert len([p for p in page.layer("glyphs") if p.source == "block"]) == 2


def test_hostile_names_are_text_and_the_text_is_the_same_every_time():
    graph = find("mlp")
    page = beside((graph, graph), (marked(graph), marked(graph)), (HOSTILE, HOSTILE), (HOSTILE,))
    for kind, start in (("svg", b"<svg"), ("tex", b"\\documentclass"), ("pdf", b"%PDF"), ("png", b"\x89PNG")):
        data = of_scene(page, kind)
        assert data.startswith(start) and b"<script>" not in data
        assert data == of_scene(page, kind)


def test_options_are_those_of_a_drawing():
    graph = find("mlp")
    with pytest.raises(InputError, match="axes are labelled by"):
        beside((graph, graph), ({}, {}), ("one", "two"), ("unknown",), names="letters")
    page = beside((graph, graph), ({}, {}), ("one", "two"), ("unknown",), names="sizes")
    assert "6" in [p.text for p in page.layer("words") if isinstance(p, Words)]


@pytest.mark.parametrize(("name", "width"), [("transformer-encoder-layer", 700.0), ("gpt2", "page")])
def test_lines_are_broken_and_the_marks_stay_with_their_glyphs(name, width):
    graph = find(name)
    whole, lines = (
        beside((graph, graph), (marked(graph), marked(graph)), ("one", "two"), ("proved equal",), width=w) for w in (None, width)
    )
    assert lines.width < 0.7 * whole.width and lines.height > whole.height
    assert len(flags(lines)) == len(flags(whole))
    tints = [[p.box[2] - p.box[0] for p in page.layer("regions") if p.source == "equal"] for page in (whole, lines)]
    assert len(tints[1]) >= len(tints[0]) and max(tints[1]) <= max(tints[0])
    assert not measure(lines).words_on_words


def test_the_command(tmp_path: Path):
    out = tmp_path / "both.svg"
    said = CliRunner().invoke(main, ["draw", "mlp", "mlp-gelu-tanh", "-o", str(out)])
    assert said.exit_code == 0, said.output
    assert said.stdout == f"refuted; written: {out}\n" and 'class="apart"' in out.read_text("utf-8")
    for words, due in ((["mlp"], "drawn to a file"), (["mlp", "-o", str(tmp_path / "x.txt")], "drawn to a file"),
                       (["attention", "-o", str(tmp_path / "x.svg")], "cannot be equal")):  # fmt: skip
        said = CliRunner().invoke(main, ["draw", "mlp", *words])
        assert said.exit_code == 2 and due in said.stderr
    assert list(tmp_path.iterdir()) == [out]
    page = tmp_path / "both.html"
    said = CliRunner().invoke(main, ["draw", "mlp", "mlp-gelu-tanh", "-o", str(page), "--depth", "1"])
    assert said.stdout == f"refuted; written: {page}\n" and page.read_text("utf-8").startswith("<!doctype html>")
