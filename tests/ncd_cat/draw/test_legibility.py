"""Pictures are said to be hard to read where they are, with the blocks to close; all figures of the paper are easy."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat import architectures, relu, ty
from ncd_cat.architectures.gpt2 import gpt2
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.draw import legibility
from ncd_cat.draw.composing import scene
from ncd_cat.draw.legibility import CROSSINGS, PAGES, SHEET, Burden, advice, burden
from ncd_cat.draw.view import View, viewed

FIGURES = ("attention", "multi-head-attention", "linear-attention", "transformer-encoder-layer", "visual-attention", "mixture-of-experts")
LIGHT = Burden(crossings=3, bends=4, length=900.0, words=9, glyphs=5, width=300.0, height=150.0, clean=True)


def chain(count: int) -> Diagram:
    """So many functions after each other."""
    found = Diagram.id(ty("a:4 b:2"))
    for _ in range(count):
        found = found >> relu.at(found.cod)
    return found


@pytest.mark.parametrize("name", FIGURES)
def test_figures_of_the_paper_are_easy(name: str) -> None:
    diagram = architectures.diagram(name)
    found = burden(scene(diagram, width=SHEET[0]))
    assert not found.hard and found.crossings <= CROSSINGS / 2 and found.pages <= 0.6
    assert found.clean and found.length > 0 and found.words > 3
    assert advice(diagram) == ""


@given(st.integers(0, 1000), st.floats(100, 1e5), st.floats(100, 1e5))
def test_a_burden_grows_with_crossings_and_paper(crossings: int, width: float, height: float) -> None:
    found = replace(LIGHT, crossings=crossings, width=width, height=height)
    assert found.hard == (crossings > CROSSINGS or found.pages > PAGES)
    assert replace(found, crossings=crossings + 1).weight >= found.weight
    assert replace(found, height=2 * height).pages == pytest.approx(2 * found.pages)


def test_a_sheet_of_paper_is_one_page() -> None:
    assert replace(LIGHT, width=SHEET[0], height=SHEET[1]).pages == 1
    assert replace(LIGHT, width=2 * SHEET[0], height=SHEET[1]).pages == 2


def test_the_advice_is_true() -> None:
    diagram = architectures.diagram("transformer")
    before, after = (burden(scene(diagram, View(width=SHEET[0], collapse=shut))) for shut in ((), ("decoder.layers.*",)))
    assert before.hard and not after.hard
    said = advice(diagram)
    assert said == f"It is hard to read: {before}, where 100 and 1.25 are easy. --collapse 'decoder.layers.*' makes that {after}."
    assert advice(diagram, viewed(collapse="decoder")) == advice(diagram, viewed(depth=0)) == ""


def test_operations_are_drawn_as_glyphs_before_blocks_are_closed() -> None:
    said = advice(architectures.diagram("gpt2"), viewed(detail="mathematician"))
    assert "--layers glyphs --fold 3 makes that" in said and "--collapse" not in said


def test_blocks_in_a_row_are_named_at_once() -> None:
    layers = gpt2(Axis("t", 7), Axis("words", 11), Axis("p", 9), Axis("m", 12), 3, Axis("n", 24), layers=12)
    assert advice(layers) == ""
    assert " --fold 3 makes that" in advice(layers, viewed(fold=0))
    assert "--collapse 'h.*' makes that" in advice(layers, viewed(fold=40))


def test_where_no_block_is_open_names_are_asked_for() -> None:
    assert "give names to its parts" in advice(architectures.diagram("latent-attention"))
    assert "give names to its parts" in advice(chain(500))


def test_nothing_is_drawn_of_what_is_very_large(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("it was drawn")

    monkeypatch.setattr(legibility, "scene", never)
    said = advice(chain(500).block("body"))
    assert said == "It is hard to read: it shows 500 boxes. --depth 1 shows the outermost blocks."
    monkeypatch.undo()
    assert advice(chain(500).block("body"), viewed(depth=0)) == ""
