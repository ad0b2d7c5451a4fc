"""Equal projections in one column, glyphs that do not slide past what they depend on, and names that are not written again."""

import pytest

from ncd_cat import architectures
from ncd_cat.architectures.unet import unet
from ncd_cat.draw.columns import forked, projections
from ncd_cat.draw.copies import late
from ncd_cat.draw.labels import Naming
from ncd_cat.draw.layout import Layout
from ncd_cat.draw.marks import Glyph, Picture
from ncd_cat.draw.sliding import is_linear
from ncd_cat.draw.story import Element, Enter, Fork, Step
from ncd_cat.draw.telling import tell
from ncd_cat.language import Wire, bias, cup, diagram, einsum, relu, ty


def picture(made) -> Picture:
    story = tell(made)
    return Layout(story, Naming(story.names, story.sizes, double=story.double)).done()


def glyphs(found: Picture, kind: str) -> list[Glyph]:
    return [g for g in found.glyphs if g.element.kind == kind]


@pytest.mark.parametrize("name", ["cross-attention", "self-attention", "transformer-encoder-layer", "visual-attention-symbolic"])
def test_queries_keys_and_values_stand_in_one_column(name):
    found = glyphs(picture(architectures.diagram(name)), "learned")
    places = {g.element.sup: g.x0 for g in found if g.element.sup in ("Q", "K", "V")}
    assert len(places) == 3
    assert len({*places.values()}) == 1


@pytest.mark.parametrize("name", ["attention", "cross-attention", "visual-attention", "transformer-decoder-layer", "vit", "llama-block"])
def test_a_softmax_stands_after_the_sums_that_it_takes(name):
    found = picture(architectures.diagram(name))
    for k, g in enumerate(found.glyphs):
        if g.element.kind == "softmax":
            sums = [before for before in found.glyphs[:k] if before.element.kind == "cup"]
            assert sums[-1].x1 <= g.x0


def test_what_is_not_linear_stands_after_a_cup_of_other_axes_and_before_the_next():
    @diagram("a b, b c, c d -> a d", a=2, b=3, c=4, d=5)
    def chain(x: Wire, y: Wire, z: Wire) -> Wire:
        return einsum("a c, c d -> a d", relu(einsum("a b, b c -> a c", x, y)), z)

    found = picture(chain)
    (first, last), (dart,) = glyphs(found, "cup"), glyphs(found, "darts")
    assert first.x1 <= dart.x0 < dart.x1 <= last.x0


@pytest.mark.parametrize(
    ("element", "linear"),
    [
        (Element("cup"), True),
        (Element("softmax"), False),
        (Element("learned", text="L"), True),
        (Element("learned", text="L", sub="÷2+"), False),
        (Element("reduce", text="𝔼"), True),
        (Element("reduce", text="Max"), False),
        (Element("plus", text="−"), True),
        (Element("plus", text="?"), False),
        (Element("darts", text="∗d^−1/2"), True),
        (Element("darts", text="R"), False),
        (Element("block", text="attn"), False),
    ],
)
def test_which_glyphs_slide(element, linear):
    assert is_linear(element) is linear


def test_copies_come_before_the_projections_beside_them():
    story = late(tell(architectures.diagram("cross-attention")))
    found = forked(story)
    assert sorted(map(repr, found.events)) == sorted(map(repr, story.events))
    made = [type(e) for e in found.events if isinstance(e, Fork) or (isinstance(e, Step) and e.elements)]
    assert made[:2] == [Fork, Step]
    assert set(projections(found).values()) == {"learned"}


@pytest.mark.parametrize("name", ["transformer", "unet", "gpt2", "mixture-of-experts", "visual-attention"])
def test_a_tensor_is_made_before_it_is_taken(name):
    story = forked(late(tell(architectures.diagram(name))))
    born = {t.number for t in story.ins}
    for event in story.events:
        if isinstance(event, Fork):
            assert event.takes.number in born
        elif isinstance(event, Step | Enter):
            assert {t.number for t in event.takes} <= born
        born |= {t.number for t in getattr(event, "gives", ())}
    assert {t.number for t in story.outs} <= born


def test_a_name_that_an_axis_has_for_a_while_is_not_written():
    found = picture(architectures.diagram("scores-stepwise"))
    assert "j" not in [label.text for label in found.labels]
    assert [label.text for label in found.labels].count("x") == 2


@pytest.mark.parametrize("size", [16, 32])
def test_an_image_is_one_double_wire_down_to_a_single_place(size):
    story = tell(unet(ty("b c:1 x...", x=[size, 2 * size]), (2, 3, 4, 5), 6, 2))
    assert not any(name in ("x.0", "x.1") for t in (*story.ins, *story.outs) for name in t.names)
    assert all(len([s for s in e.ins if s in story.double]) == 1 for e in story.elements if e.kind == "conv")


def test_an_affine_map_does_not_slide_past_a_cup():
    made = (cup("a", "b") >> bias("c", name="c")).at(ty("a:3 b:3 c:2"))
    found = picture(made)
    assert glyphs(found, "cup")[0].x1 <= glyphs(found, "darts")[0].x0
