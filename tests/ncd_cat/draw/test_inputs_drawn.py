"""Names of inputs and marks of their datatypes: before and under the wires of their tensor, and only where there is one."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat import architectures
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.draw import scene
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.scene import Path, Scene, Words
from ncd_cat.types import Array


def written(page: Scene, source: str) -> list[Words]:
    return [p for p in page.layer("words") if isinstance(p, Words) and p.source == source]


@ncd.diagram("q d, k d, k v -> q v", q=5, d=6, k=7, v=4)
def attention(Q, K, V):
    return ncd.einsum("q k, k v -> q v")(ncd.softmax(ncd.einsum("q d, k d -> q k")(Q, K), "k"), V)


def test_each_name_stands_before_the_wires_of_its_tensor():
    page = scene(attention)
    letters = written(page, "input")
    assert [p.text for p in letters] == ["Q", "K", "V"]
    wires = [p for p in page.layer("wires") if isinstance(p, Path)]
    left = min(p.box[0] for p in wires)
    heights = sorted(p.box[1] for p in wires if p.box[0] == left)
    for letter, pair in zip(letters, (heights[0:2], heights[2:4], heights[4:6]), strict=True):
        assert letter.box[2] <= left
        assert pair[0] < (letter.box[1] + letter.box[3]) / 2 < pair[1]
    assert measure(page).clean


def test_what_nobody_named_has_no_letter():
    assert written(scene(architectures.diagram("attention")), "input") == []
    assert written(scene(architectures.diagram("attention")), "datatype") == []


@pytest.mark.parametrize(("dtype", "letter"), [("int64", "N"), ("bool", "B"), ("float32", None)])
def test_numbers_that_are_not_real_are_told_under_their_axes(dtype, letter):
    array = Array((Axis("b", 2), Axis("t", 5)), dtype, "tokens")
    page = scene(Diagram.id(array))
    marks = written(page, "datatype")
    assert [p.text for p in marks] == ([letter] if letter else [])
    lowest = max(p.box[3] for p in page.layer("wires") if p.source.startswith("strand"))
    assert all(mark.box[1] > lowest for mark in marks)
    assert measure(page).clean


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.text(max_size=30), st.sampled_from(["bool", "int8", "float64"]), st.integers(0, 3)), min_size=1, max_size=4))
def test_nothing_lies_over_anything_whatever_the_inputs_are(kinds):
    arrays = [Array(tuple(Axis(c, 2) for c in "btd"[:rank]), dtype, name) for name, dtype, rank in kinds]
    page = scene(Diagram.id(arrays[0]).tensor(*[Diagram.id(a) for a in arrays[1:]]))
    assert measure(page).clean
    assert len(written(page, "input")) == sum(bool(name) for name, _, _ in kinds)
    assert len(written(page, "datatype")) == sum(dtype != "float64" for _, dtype, _ in kinds)


def test_names_stay_on_the_first_line_of_a_page():
    page = scene(architectures.diagram("gpt2"), depth=1, width=600)
    (tokens,) = written(page, "input")
    (mark,) = written(page, "datatype")
    assert tokens.text == "tokens"
    assert mark.text == "N"
    assert max(tokens.y, mark.y) < page.height / 2
    assert measure(page).clean
