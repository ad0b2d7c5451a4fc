"""Layout, scenes and SVG: nothing lies over anything, the same text every time, and no name gets out of its quotes."""

import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import ncd_cat as ncd
from ncd_cat import architectures
from ncd_cat.axes import Axis
from ncd_cat.diagram import Diagram
from ncd_cat.diagram.box import Box
from ncd_cat.draw import draw, scene
from ncd_cat.draw.labels import width
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.scene import Arc, Curve, Disc, Scene, Words
from ncd_cat.draw.scene import Path as Lines
from ncd_cat.draw.tracks import OVER, UNDER, Tracks
from ncd_cat.draw.view import is_layer
from ncd_cat.errors import FileError, InputError
from ncd_cat.types import Array

FIGURES = ["index", "subtensor", "broadcast", "inner-broadcast", "elementwise", "scores", "scores-stepwise", "transpose-left", "snake-left",
           "classifier", "attention", "attention-causal", "multi-head-attention", "cross-attention", "convolution", "convolution-windowed",
           "visual-attention", "resnet", "unet", "addition", "copying", "sum-of-tuples", "gpt2", "gpt2-block", "mlp"]  # fmt: skip
HOSTILE = '</text><script>alert("x")</script>&amp;\x07'


def count(text: str) -> dict[str, int]:
    found: dict[str, int] = {}
    for element in ET.fromstring(text).iter():
        found[element.get("class", "")] = found.get(element.get("class", ""), 0) + 1
    return found


# ---- what the figures have ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIGURES)
def test_nothing_lies_over_anything_else(name):
    assert measure(scene(architectures.diagram(name))).clean


@pytest.mark.parametrize("name", ["gpt2", "resnet", "unet", "vit"])
@pytest.mark.parametrize("depth", [0, 1])
def test_models_are_clean_at_small_depth(name, depth):
    assert measure(scene(architectures.diagram(name), depth=depth)).clean


@pytest.mark.parametrize("name", architectures.names())
def test_no_wire_of_any_architecture_passes_a_glyph_or_a_word(name):
    found = measure(scene(architectures.diagram(name)))
    assert not found.words_on_wires
    assert not found.wires_through_glyphs
    assert not found.words_on_words


def test_the_figure_of_attention():
    found = scene(architectures.diagram("attention"))
    cups = [p for p in found.primitives if isinstance(p, Arc)]
    assert len(cups) == 2
    assert all(p.reach > 0 for p in cups)  # they close to the right
    assert len(found.layer("dashes")) == 2
    assert [p.text for p in found.layer("words") if isinstance(p, Words)].count("q") == 2  # in and out
    reading = measure(found)
    assert (reading.crossings, reading.bends) == (1, 3)  # x crosses k; q swoops down to v
    for dash, cup in zip(found.layer("dashes"), cups, strict=True):
        assert dash.box[2] <= cup.x  # a dashed line ends where its tensors meet


def test_the_figure_of_multi_head_attention():
    classes = count(draw(architectures.diagram("cross-attention"), theme="light"))
    assert classes["learned"] == 4
    found = scene(architectures.diagram("cross-attention"))
    dots = [p.source for p in found.primitives if isinstance(p, Disc)]
    assert dots.count("copy") == 2
    assert dots.count("merge") == 2
    assert [p.source for p in found.layer("glyphs")].count("softmax") == 1


def test_queries_run_straight_until_they_swoop():
    found = scene(architectures.diagram("attention"))
    q = [p for p in found.layer("wires") if p.source == "strand 0"]
    assert len([p for p in q if isinstance(p, Lines)]) == 2
    assert len([p for p in q if isinstance(p, Curve)]) == 1


def test_a_bundle_is_two_lines():
    found = scene(architectures.diagram("convolution"))
    lines = [p for p in found.layer("wires") if p.title == "x" and isinstance(p, Lines)]
    assert lines
    assert len(lines) % 2 == 0


# ---- heights --------------------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(st.integers(0, 30), st.booleans()), max_size=12), st.data())
def test_tracks_keep_every_distance(inserts, data):
    tracks, order = Tracks(), []
    for place, falls in inserts:
        at = place % (len(order) + 1)
        order.insert(at, tracks.new(order[at - 1] if at else None, falls))
    pairs = [(a, b) for k, a in enumerate(order) for b in order[k + 1 :]]
    demanded = data.draw(st.lists(st.tuples(st.sampled_from(pairs), st.integers(0, 40)), max_size=20)) if pairs else []
    for (a, b), gap in demanded:
        tracks.apart(a, b, gap)
    y = tracks.heights()
    assert tracks.order() == order
    for (a, b), gap in demanded:
        assert y[b] - y[a] >= gap + OVER + UNDER - 1e-9


# ---- measures -------------------------------------------------------------------------------------------------------


def words(x: float, y: float) -> Words:
    return Words("words", "math", "", "", x, y, "abc", 14)


def line(x0: float, y0: float, x1: float, y1: float) -> Lines:
    return Lines("wires", "wire", "", "", ((x0, y0), (x1, y1)))


def test_measures_see_faults():
    box = Lines("glyphs", "paper", "f", "box", ((40, 40), (60, 40), (60, 60), (40, 60)), True)
    assert measure(Scene((line(0, 50, 100, 50), box), 100, 100)).wires_through_glyphs == ("box",)
    assert measure(Scene((line(0, 50, 100, 50), words(50, 54)), 100, 100)).words_on_wires == ("abc",)
    assert measure(Scene((words(50, 50), words(55, 52)), 100, 100)).words_on_words == (("abc", "abc"),)
    dash = Lines("dashes", "dash", "", "", ((0, 50), (100, 50)))
    assert measure(Scene((dash, words(50, 54)), 100, 100)).dashes_on_words == ("abc",)


def test_measures_see_none_where_there_are_none():
    beside = Scene((line(0, 50, 100, 50), words(50, 46), words(90, 46)), 100, 100)
    assert measure(beside).clean
    assert measure(beside).words == 2


def test_crossings_and_lengths():
    cross = Scene((line(0, 0, 30, 40), line(0, 40, 30, 0), line(0, 90, 60, 90)), 100, 100)
    assert measure(cross).crossings == 1
    assert measure(cross).length == pytest.approx(160)
    curve = Curve("wires", "wire", "", "", (0, 0), (50, 40))
    assert measure(Scene((curve, line(0, 20, 50, 20)), 60, 60)).crossings == 1


# ---- SVG ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["attention", "cross-attention", "resnet", "gpt2-block"])
def test_drawings_are_the_same_every_time(name):
    assert draw(architectures.diagram(name)) == draw(architectures.diagram(name))


@pytest.mark.parametrize("theme", ["auto", "light", "dark"])
def test_themes(theme):
    text = draw(architectures.diagram("mlp"), theme=theme)
    ET.fromstring(text)
    assert ("prefers-color-scheme" in text) == (theme == "auto")
    assert ("#16181c" in text) == (theme != "light")


def test_hostile_names_stay_text():
    x = Array((Axis(HOSTILE, 3), Axis("é" * 40 + "\u202e", 2)))
    f = Box(HOSTILE, Diagram.id(x).dom, Diagram.id(x).dom).block(HOSTILE) >> ncd.linear("é" * 40 + "\u202e", "m:4", name=HOSTILE)
    text = draw(f, theme="auto")
    tags = {element.tag.rpartition("}")[2] for element in ET.fromstring(text).iter()}
    assert tags <= {"svg", "title", "style", "path", "circle", "g", "text", "tspan"}
    assert "<script>" not in text
    assert "\x07" not in text


def test_labels_are_names_sizes_or_both():
    f = architectures.diagram("attention")
    assert ">q<" in draw(f)
    assert ">5<" in draw(f, names="sizes")
    assert ">q = 5<" in draw(f, names="both")
    with pytest.raises(InputError, match="names, sizes, both"):
        draw(f, names="letters")
    with pytest.raises(InputError, match="auto, light, dark"):
        draw(f, theme="pink")


@pytest.mark.parametrize("option", ["depth", "fold", "expand", "collapse"])
def test_options_of_another_kind_are_told(option: str):
    wrong = {"depth": "2", "fold": 1.5, "expand": 3, "collapse": ["h", 4]}
    with pytest.raises(InputError, match=f"{option} is a (whole number|pattern)"):
        draw(architectures.diagram("attention"), **{option: wrong[option]})


def test_a_drawing_is_written_whole(tmp_path: Path):
    path = tmp_path / "a.svg"
    assert draw(architectures.diagram("mlp"), path) == path.read_text("utf-8")
    with pytest.raises(FileError):
        draw(architectures.diagram("mlp"), tmp_path / "no" / "a.svg")


@pytest.mark.parametrize("name", ["resnet", "unet", "gpt2", "attention"])
def test_lines_are_broken_where_only_wires_pass(name):
    wide = scene(architectures.diagram(name))
    folded = scene(architectures.diagram(name), width=700)
    for kind in (Disc, Arc):
        assert sum(isinstance(p, kind) for p in folded.primitives) == sum(isinstance(p, kind) for p in wide.primitives)
    words, again = (Counter([p.text for p in found.primitives if isinstance(p, Words)]) for found in (wide, folded))
    assert words <= again
    if wide.width > 1400:
        assert folded.width < wide.width
        assert folded.height > wide.height


def test_a_narrow_picture_is_left_alone():
    f = architectures.diagram("attention")
    assert scene(f, width=5000) == scene(f)


def test_size_grows_with_the_number_of_boxes_only():
    f = architectures.diagram("gpt2-block")
    counts = [len(scene(f.then(*[f] * (n - 1))).primitives) for n in (2, 4, 8)]
    assert counts[2] - counts[1] == pytest.approx(2 * (counts[1] - counts[0]), rel=0.05)


def test_raised_letters_are_small():
    assert width("d^2", 14) < width("d2", 14)
    assert width("", 14) == 0


def test_powers_have_their_exponents():
    @ncd.diagram("x -> x")
    def powers(x):
        return ncd.language.power(ncd.language.power(ncd.language.power(x, -1), 0.5), -0.5)

    words = [p.text for p in scene(powers).layer("words") if isinstance(p, Words)]
    assert [w for w in ("x^−1", "√x", "x^−1/2") if w in words] == ["x^−1", "√x", "x^−1/2"]


def test_a_block_of_many_boxes_without_a_meaning_is_no_layer():
    a = Array((Axis("k", 3),))
    f = Box("f", a, a)
    assert [is_layer(d.block("b").boxes[0]) for d in (f, f >> f >> f)] == [True, False]
