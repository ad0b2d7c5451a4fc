"""What happens to each axis: strands that pass, end, meet and begin, on the figures of the paper."""

import xml.etree.ElementTree as ET

import pytest
from hypothesis import given, settings

import ncd_cat as ncd
from ncd_cat import architectures
from ncd_cat.diagram import Diagram
from ncd_cat.diagram.structure import Discard
from ncd_cat.draw import draw
from ncd_cat.draw.story import Element, Enter, Fork, Leave, Step, Story
from ncd_cat.draw.telling import tell
from ncd_cat.testing import diagrams


def told(name: str, depth: int | None = None) -> Story:
    return tell(architectures.diagram(name), depth)


def kinds(story: Story) -> list[str]:
    return [e.kind for e in story.elements]


def only(story: Story, kind: str) -> list[Element]:
    return [e for e in story.elements if e.kind == kind]


def test_attention_is_two_cups_and_a_triangle_and_its_queries_pass():
    story = told("attention")
    (q, d), (k, d2), (k2, v) = [t.strands for t in story.ins]
    first, triangle, second = story.elements
    assert (first.kind, first.ins, first.text) == ("cup", (d, d2), "∗d^−1/2")
    assert (triangle.kind, triangle.ins, triangle.outs) == ("softmax", (k,), (k,))
    assert (second.kind, second.ins, second.text) == ("cup", (k, k2), "")
    assert story.outs[0].strands == (q, v)


@pytest.mark.parametrize("name", ["attention-fused", "attention-symbolic"])
def test_fused_and_symbolic_attention_look_the_same(name):
    assert kinds(told(name)) == kinds(told("attention"))


def test_multi_head_attention_merges_its_heads_twice():
    story = told("cross-attention")
    assert [e.sup for e in only(story, "learned")] == ["Q", "K", "V", "O"]
    assert not any(e.sub for e in only(story, "learned"))  # no bias, no plus
    names = [[story.names[s] for s in e.ins] for e in only(story, "merge")]
    assert names == [["h", "h"], ["h", "h"]]
    assert [story.names[s] for s in only(story, "learned")[3].ins] == ["k", "h"]
    (fork,) = [e for e in story.events if isinstance(e, Fork)]
    assert [story.names[s] for s in fork.takes.strands] == ["x", "m"]
    assert fork.gives[0].strands == fork.takes.strands


def test_the_recogniser_is_a_bar_three_layers_with_bias_and_a_triangle():
    story = told("classifier")
    assert kinds(story) == ["bar", "learned", "darts", "learned", "darts", "learned", "softmax"]
    assert [e.sub for e in only(story, "learned")] == ["+"] * 3
    assert story.names[story.ins[0].strands[0]] == "x"
    assert len(story.ins[0].strands) == 1  # an image is one double wire
    assert story.double


def test_an_index_is_a_pentagon_and_a_number_is_an_axis_of_size_one():
    story = told("subtensor")
    assert [(e.kind, e.text) for e in story.elements][:2] == [("index", "2"), ("index", "1")]
    assert story.sizes[story.outs[0].strands[0]] == "1"


def test_addition_is_one_dot_an_axis():
    story = told("sum-of-tuples")
    assert [(e.kind, e.text) for e in story.elements] == [("plus", "+"), ("plus", "+")]
    assert story.outs[0].strands == story.ins[0].strands


def test_elementwise_floats_and_changes_no_strand():
    story = told("elementwise")
    assert [(e.kind, e.text, e.ins) for e in story.elements] == [("darts", "R", ())]
    assert story.outs[0].strands == story.ins[0].strands


def products(*cuts: tuple[int, int]) -> Story:
    """The outer product of two stretches of one axis of six, each given by where it starts and how long it is."""

    @ncd.diagram("b n t", n=6)
    def product(x):
        return ncd.einsum("b p t, b q t -> b t p q", *[ncd.cut(x, "n", *cut) for cut in cuts])

    return tell(product)


def test_stretches_that_cover_an_axis_are_its_pieces_whichever_is_used_first():
    story = products((2, 4), (0, 2))
    (fork,) = [e for e in story.events if isinstance(e, Fork)]
    assert fork.cut == fork.takes.strands[1]
    assert [story.sizes[t.strands[1]] for t in fork.gives] == ["2", "4"]
    assert [story.sizes[s] for s in story.outs[0].strands[2:]] == ["4", "2"] and not only(story, "hexagon")
    check(story)


@pytest.mark.parametrize("cuts", [((2, 4), (0, 3)), ((0, 3), (0, 3)), ((0, 2), (3, 3)), ((0, 2), (2, 3))])
def test_stretches_that_overlap_or_leave_something_are_read_from_copies(cuts):
    story = products(*cuts)
    assert [e.cut for e in story.events if isinstance(e, Fork)] == [-1]
    assert [e.text for e in only(story, "hexagon")] == [f"+{start}" for start, _ in cuts]
    check(story)


def test_queries_keys_and_values_of_one_projection_leave_a_bar_in_their_order():
    story = told("gpt2-block")
    (fork,) = [e for e in story.events if isinstance(e, Fork) and e.cut >= 0]
    assert fork.cut == fork.takes.strands[2] and story.sizes[fork.cut] == "36"
    pieces = [t.strands[2] for t in fork.gives]
    assert [story.sizes[s] for s in pieces] == ["12", "12", "12"] and [story.names[s] for s in pieces] == ["", "", ""]
    bars = [e for e in only(story, "bar") if e.ins[0] in pieces]
    assert [e.ins for e in bars] == [(s,) for s in pieces] and not only(story, "hexagon")
    assert [story.sizes[s] for e in bars for s in e.outs] == ["3", "4"] * 3


def test_a_snake_is_a_cap_and_a_cup():
    assert kinds(told("snake-left")) == ["cap", "cup"]


def test_a_convolution_is_a_window_and_a_learned_box_or_a_starred_box():
    window = told("convolution-windowed")
    assert kinds(window) == ["window", "learned"]
    assert window.sizes[window.elements[0].outs[1]] == "3^2"
    assert kinds(told("convolution")) == ["window", "learned"]
    (star,) = only(told("convolution-1x1"), "conv")
    assert star.text == "1"
    assert star.bold


def test_visual_attention_has_a_triangle_on_a_double_wire():
    story = told("visual-attention")
    (triangle,) = only(story, "softmax")
    assert triangle.ins[0] in story.double
    assert [(e.sup, e.sub) for e in only(story, "window")] == [("", "3"), ("", "3"), ("", "3"), ("T", "3")]


def test_pooling_is_a_window_and_a_fold_of_a_bundle():
    story = told("unet")
    (fold, *_), (window, *_) = only(story, "reduce"), only(story, "window")
    assert fold.text == "Max"
    assert fold.ins == window.outs[1:]
    assert not [e for e in only(story, "bar") if len(e.outs) > 1]


def test_a_mean_over_space_is_an_expectation():
    assert [e.text for e in only(told("resnet"), "reduce")] == ["𝔼"]


@pytest.mark.parametrize("name", ["gpt2", "resnet", "unet", "vit", "transformer-encoder-layer", "mixture-of-experts"])
def test_blocks_are_entered_and_left_in_order(name):
    stack: list[int] = []
    for event in told(name).events:
        if isinstance(event, Enter):
            assert event.path == tuple(stack)
            stack.append(event.block)
        elif isinstance(event, Leave):
            assert stack.pop() == event.block
    assert not stack


def test_blocks_below_the_depth_are_boxes():
    story = told("vit", depth=1)
    assert [e.text for e in only(story, "block")] == ["layers.0", "layers.1"]
    assert not any(isinstance(e, Enter) for e in told("vit", depth=0).events)


def check(story: Story) -> None:
    """Every strand that a glyph takes is there, and what is left at the end are the outputs."""
    alive = [s for t in story.ins for s in t.strands]
    for event in story.events:
        if isinstance(event, Fork):
            alive = [s for s in alive if s not in event.takes.strands] + [s for t in event.gives for s in t.strands]
        for element in event.elements if isinstance(event, Step) else ():
            assert {*element.ins} <= {*alive}, (event, element)
            alive = [s for s in alive if s not in element.ins] + list(element.outs)
        assert len(alive) == len({*alive}), event
    assert {s for t in story.outs for s in t.strands} == {*alive}


@pytest.mark.parametrize("name", architectures.names())
def test_every_strand_begins_once_and_ends_at_most_once(name):
    check(told(name))


@settings(max_examples=60, deadline=None)
@given(diagrams())
def test_random_diagrams_have_stories_and_pictures(f):
    check(tell(f))
    assert ET.fromstring(draw(f)).tag.endswith("svg")


def test_default_names_give_way_to_names():
    f = ncd.linear("m", "d:4", name="up").at(ncd.ty("t:3 m:2"))
    story = tell(f)
    assert [story.names[s] for s in story.outs[0].strands] == ["t", "d"]


def test_what_nothing_uses_ends():
    x = ncd.ty("a:2")
    story = tell(Diagram.id(x) @ Discard(ncd.ty("b:3")))
    assert kinds(story) == ["end"]


@pytest.mark.parametrize(("by", "text"), [(2, "↻2"), (-1, "↺1")])
def test_a_rotation_is_a_hexagon_on_its_axis(by, text):
    story = tell(ncd.roll("k", by).at(ncd.ty("q:2 k:5")))
    (turned,) = story.elements
    assert (turned.kind, turned.text) == ("hexagon", text) and turned.ins == turned.outs == story.outs[0].strands[1:]


@pytest.mark.parametrize(("by", "bundles"), [(1, 1), ((1, 2), 0)])
def test_an_image_that_is_rotated_alike_is_one_double_wire(by, bundles):
    story = tell(ncd.roll("x...", by).at(ncd.ty("x...:5 c")))
    assert [e.text for e in only(story, "hexagon")] == (["↻1"] if bundles else ["↻1", "↻2"])
    assert len(story.double) == bundles
