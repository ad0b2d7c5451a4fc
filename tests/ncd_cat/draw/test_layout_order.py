"""What stands where: copies born late, what is carried past fewer wires, lines of a page."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.draw import scene
from ncd_cat.draw.copies import late, taken, uses
from ncd_cat.draw.cutting import cut, cuts
from ncd_cat.draw.dashes import cleared
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.marks import Picture
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.ordering import planned
from ncd_cat.draw.scene import Path, Scene, Words
from ncd_cat.draw.story import Fork, Step, Story, Tensor
from ncd_cat.draw.telling import tell
from ncd_cat.draw.tracks import Tracks
from ncd_cat.errors import InputError

TANGLED = {"llama-block": 489, "latent-attention": 318, "transformer-decoder-layer": 85, "transformer": 267, "mixture-of-experts": 42,
           "linear-attention-causal": 24}  # fmt: skip
FIGURES = {"attention": 1, "classifier": 0, "subtensor": 0, "index": 0, "elementwise": 0, "inner-broadcast": 1, "broadcast": 0,
           "multi-head-attention": 22, "convolution": 0, "snake-left": 0}  # fmt: skip


def picture(name: str) -> Picture:
    story = tell(architectures.diagram(name))
    return Layout(story, Naming(story.names, story.sizes)).done()


# ---- copies ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["llama-block", "transformer", "self-attention", "unet", "multi-head-attention-per-head"])
def test_late_copies_are_the_same_tensors(name):
    story = tell(architectures.diagram(name))
    found = late(story)
    born = {t.number for t in story.ins}
    for event in found.events:
        assert {t.number for t in taken(event)} <= born | {t.number for e in found.events if isinstance(e, Step) for t in e.gives}
        if isinstance(event, Fork):
            assert event.gives[0].strands == event.takes.strands
            born |= {t.number for t in event.gives}
    used = uses(story)
    copies = {t.number for e in story.events if isinstance(e, Fork) for t in e.gives}
    assert copies <= {t.number for e in found.events if isinstance(e, Fork) for t in e.gives} | used.keys() & copies
    assert [e for e in found.events if not isinstance(e, Fork)] == [e for e in story.events if not isinstance(e, Fork)]


def test_a_copy_that_is_used_late_is_born_late():
    x, a, b, c, p, q, r = (Tensor(k, (k,)) for k in range(7))
    joins = [Step((copy, other), (), (other,), "", ()) for copy, other in ((a, p), (b, q), (c, r))]
    found = late(Story((), (), (x, p, q, r), (Fork(x, (a, b, c), ()), *joins), ()))
    assert [len(e.gives) for e in found.events] == [2, 2, 1, 1, 1]


def test_what_meets_a_lighter_tensor_stays():
    heavy, between, light = Tensor(1, (1, 2, 3)), Tensor(2, (4,)), Tensor(3, (5,))
    met = Step((heavy, light), (), (Tensor(4, (1, 2, 3, 5)),), "", ())
    (choice,) = planned(Story((), (), (heavy, between, light), (met,), (Tensor(4, (1, 2, 3, 5)), between))).values()
    assert choice.host == heavy.number


# ---- crossings ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TANGLED)
def test_fewer_wires_cross_than_with_copies_below_and_joins_above(name):
    assert measure(scene(architectures.diagram(name))).crossings <= 0.95 * TANGLED[name]


@pytest.mark.parametrize("name", FIGURES)
def test_figures_have_the_crossings_of_the_author(name):
    assert measure(scene(architectures.diagram(name))).crossings <= FIGURES[name]


# ---- lines ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["gpt2", "unet", "resnet", "vit"])
@pytest.mark.parametrize("width", ["page", 900])
def test_lines_are_clean(name, width):
    found = measure(scene(architectures.diagram(name), width=width))
    assert found.clean


@pytest.mark.parametrize("name", ["gpt2", "unet", "resnet", "transformer"])
def test_a_page_is_in_landscape(name):
    found = scene(architectures.diagram(name), width="page")
    assert 0.8 < found.width / found.height < 2.6


@pytest.mark.parametrize("name", ["unet", "gpt2", "latent-attention"])
def test_every_mark_is_in_one_line(name):
    whole = picture(name)
    places = cuts(whole, 900)
    lines = cut(whole, places)
    assert len(lines) == len(places) + 1 > 1
    for kind in ("glyphs", "bends", "labels"):
        assert sum(len(getattr(line.picture, kind)) for line in lines) == len(getattr(whole, kind))
    for before, after in pairwise(lines):
        assert {(s, t) for s, t, _ in before.leaving} == {(s, t) for s, t, _ in after.coming}


def test_lines_say_again_what_comes_in():
    found = scene(architectures.diagram("resnet"), width=900)
    wide = scene(architectures.diagram("resnet"))
    assert sum(isinstance(p, Words) for p in found.primitives) > sum(isinstance(p, Words) for p in wide.primitives)


def test_lines_have_no_empty_bands():
    whole, lines = picture("unet"), cut(picture("unet"), cuts(picture("unet"), 1500))
    for line in lines:
        heights = line.picture.tracks.heights()
        assert max(heights.values()) - min(heights.values()) <= max(whole.heights.values())


@pytest.mark.parametrize("width", [0, -3, "wide"])
def test_widths_that_are_none(width):
    with pytest.raises(InputError, match="pixels, or page"):
        scene(architectures.diagram("attention"), width=width)


# ---- dashed lines ---------------------------------------------------------------------------------------------------


def dash(*points: tuple[float, float]) -> Path:
    return Path("dashes", "dash", "", "", points)


@given(st.lists(st.tuples(st.integers(0, 280), st.integers(0, 40)), max_size=6))
def test_dashed_lines_keep_clear(places):
    words = tuple([Words("words", "math", "", "", x, y, "abc", 14) for x, y in places])
    found = cleared(Scene((dash((0, 20), (300, 20)), *words), 300, 60))
    assert not measure(found).dashes_on_words
    assert all(p.box[2] <= 300 for p in found.layer("dashes"))


def test_dashed_lines_that_meet_nothing_are_as_they_were():
    line = dash((0, 20), (50, 20), (60, 30), (90, 30))
    assert cleared(Scene((line,), 100, 60)).primitives == (line,)
    word = Words("words", "math", "", "", 55, 27, "x", 14)
    assert [p.points for p in cleared(Scene((line, word), 100, 60)).layer("dashes")] == [((0, 20), (48.08, 20)), ((61.92, 30), (90, 30))]


def test_a_track_over_another_one_stays_there():
    tracks = Tracks()
    a = tracks.new(None)
    b = tracks.new(a)
    c = tracks.over(b)
    for upper, lower, gap in ((a, b, 80), (a, c, 0), (c, b, 0)):
        tracks.apart(upper, lower, gap)
    y = tracks.heights()
    assert tracks.order() == [a, c, b]
    assert y[b] - y[c] == 20
