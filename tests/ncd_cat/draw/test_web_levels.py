"""The data of a page: every block's inside is drawn once, knows its wires and its seams, and large models stay small."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.diagram import Diagram
from ncd_cat.draw.svg import RULES
from ncd_cat.draw.view import View
from ncd_cat.draw.web import Book, explorer, sources_of
from ncd_cat.draw.web.facts import facts_of, relative
from ncd_cat.draw.web.seams import INSET, edges, seams
from ncd_cat.errors import InputError

NAMES = ("transformer", "unet", "resnet", "gpt2", "vit", "mixture-of-experts", "state-space", "llama-block")


def book_of(diagram: Diagram) -> tuple[Book, dict[str, Any]]:
    book = Book(View(fold=0))
    return book, book.levels[book.add(diagram)]


@pytest.mark.parametrize("name", NAMES)
def test_every_block_has_wires_for_its_inside_and_seams_of_its_own(name: str) -> None:
    book, _ = book_of(architectures.diagram(name))
    for level in book.levels:
        for seam in ("across", "over", "under"):
            assert all(a < b for a, b in pairwise(level[seam]))
        for glyph in level["glyphs"]:
            if "child" not in glyph:
                continue
            inside = book.levels[glyph["child"]]
            ins, outs = glyph["bundles"]
            assert len(glyph["tracks"]) >= max(len(ins), len(outs))
            assert sum(map(bool, inside["ins"])) >= 1 and inside["outs"]
            x, over, under = glyph["seams"]
            assert glyph["x"][0] < level["across"][x] < glyph["x"][1]
            assert level["over"][over] < glyph["tracks"][0] < level["under"][under]


@pytest.mark.parametrize("name", NAMES)
def test_every_style_has_a_rule(name: str) -> None:
    book, _ = book_of(architectures.diagram(name))
    pieces = [p for level in book.levels for row in (level["free"], *(g["pieces"] for g in level["glyphs"])) for p in row]
    styles = {p[0] for p in pieces} | {level["tint"] or "outer" for level in book.levels} | {"inner", "wire", "sans"}
    assert {style for style in styles if f".{style}{{" not in RULES} == set()


@pytest.mark.parametrize("name", NAMES)
def test_the_facts_of_a_model_are_those_of_its_cost(name: str) -> None:
    diagram = architectures.diagram(name)
    found = diagram.cost()
    assert facts_of(diagram)["work"].replace(" ", "") == str(found.work)


def test_layers_that_look_the_same_are_drawn_once() -> None:
    book, first = book_of(architectures.diagram("gpt2"))
    blocks = [g for g in first["glyphs"] if "child" in g]
    assert len(blocks) == 2 and blocks[0]["child"] == blocks[1]["child"] and blocks[0]["module"] != blocks[1]["module"]
    weights = [key for g in book.levels[blocks[0]["child"]]["glyphs"] for key in g.get("weights", ())]
    assert ".attn.c_attn.weight" in weights or all(key.startswith(".") for key in weights)


def test_a_page_is_the_same_every_time_and_small() -> None:
    diagram = architectures.diagram("unet")
    first = explorer(diagram)
    assert first == explorer(architectures.diagram("unet")) and len(first) < 300_000


def test_depth_and_patterns_say_what_is_open_at_first() -> None:
    diagram = architectures.diagram("transformer")

    def opened(**options: Any) -> int:
        text = explorer(diagram, **options)
        return len(json.loads(text.split('id="data">')[1].split("</script>")[0])["open"])

    assert [opened(depth=k) for k in (0, 1, 2)] == [0, 2, 6]
    assert opened(depth=0, expand="encoder") == 1 and opened(depth=2, collapse="decoder.*") == 4
    with pytest.raises(InputError):
        explorer(diagram, names="letters")


def test_keys_are_told_without_the_path_that_they_share() -> None:
    assert relative(("h.0.attn.weight", "wte"), ("h.0",)) == [".attn.weight", "wte"]


def test_what_has_no_source_says_nothing() -> None:
    assert sources_of(len) == sources_of(architectures.find("mlp")) == {} and sources_of(book_of)[""].endswith(" book_of")


SPANS = st.lists(st.tuples(st.integers(0, 300), st.integers(10, 60)), max_size=8)


@given(SPANS, SPANS)
def test_a_seam_is_in_each_span(spans: list[tuple[int, int]], others: list[tuple[int, int]]) -> None:
    closed = [(float(a), float(a + n)) for a, n in spans]
    points, chosen = seams(closed, [(float(a), float(a + n)) for a, n in others])
    assert points == sorted(points)
    assert all(low + INSET / 2 <= points[k] <= high - INSET / 2 for (low, high), k in zip(closed, chosen, strict=True))


@given(st.lists(st.floats(0, 100), max_size=10))
def test_an_edge_is_over_all_that_share_it(heights: list[float]) -> None:
    points, chosen = edges(heights)
    assert all(0 <= y - points[k] <= 6 for y, k in zip(heights, chosen, strict=True))
