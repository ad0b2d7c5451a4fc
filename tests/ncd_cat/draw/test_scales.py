"""Steps whose sizes differ, in brackets: the U-Net as figure 27 has it, and stories that stay as they are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.architectures.unet import unet
from ncd_cat.draw import scene
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.painting import indexed
from ncd_cat.draw.runs import found
from ncd_cat.draw.scene import Words
from ncd_cat.draw.story import Enter, Fork, Leave, Step, Story
from ncd_cat.draw.telling import tell
from ncd_cat.draw.text import text
from ncd_cat.draw.view import View
from ncd_cat.language import Wire, conv, diagram, relu, ty
from ncd_cat.sizes import symbol

FOLDED = View(scales=True)


def taken_before_made(story: Story) -> set[int]:
    """The tensors that are taken before they are there."""
    born, wrong = {t.number for t in story.ins}, set[int]()
    for event in story.events:
        takes = () if isinstance(event, Leave) else (event.takes,) if isinstance(event, Fork) else event.takes
        wrong |= {t.number for t in takes} - born
        born |= {t.number for t in getattr(event, "gives", ())}
    return wrong | {t.number for t in story.outs} - born


@pytest.mark.parametrize("name", ["unet", "unet-symbolic"])
def test_the_unet_has_two_brackets_as_its_figure(name):
    story = tell(architectures.diagram(name), FOLDED)
    brackets = [e.bracket for e in story.events if isinstance(e, Enter) and e.bracket]
    assert brackets == [("λ = 1", "4"), ("λ = 1", "4")]
    assert not taken_before_made(story)
    kinds = [e.kind for e in story.elements if e.kind in ("conv", "window", "reduce", "save", "load", "bar", "learned")]
    assert kinds == "conv conv save window reduce conv conv window learned load bar conv conv conv".split()
    assert [(e.text, e.sub) for e in story.elements if e.kind in ("save", "load")] == [("C", "λ"), ("C", "5−λ")]


def test_the_labels_are_those_of_the_figure():
    page = scene(architectures.diagram("unet-symbolic"), scales=True)
    labels = [(p.text, p.sub) for p in page.layer("words") if isinstance(p, Words) and p.source.startswith("strand")]
    down = [("x", "λ"), ("x", "λ+1"), ("c", "λ−1"), ("c", "λ")]
    up = [("x", "6−λ"), ("x", "5−λ"), ("c", "6−λ"), ("c", "5−λ"), ("2c", "5−λ")]
    outside = [("x", "1"), ("c", "0"), ("x", "5"), ("c", "4"), ("c", "5"), ("c", "1"), ("y", "")]
    assert {*down, *up, *outside} <= {*labels}
    assert measure(page).clean


def test_the_sizes_of_the_steps_are_in_the_legend():
    story = tell(architectures.diagram("unet"), FOLDED)
    told = {name: text for name, text, _ in story.legend}
    assert {f"x_{k}": f"{2 ** (5 - k)}×{2 ** (6 - k)}" for k in range(1, 6)}.items() <= told.items()
    assert [told[f"c_{k}"] for k in range(6)] == ["1", "2", "3", "4", "3", "5"]
    assert ("c_0", "c", False) in tell(architectures.diagram("unet-symbolic"), FOLDED).legend
    page = scene(architectures.diagram("unet"), scales=True, heading="UNet", width=1100)
    assert measure(page).clean
    written = [(p.text, p.sub) for p in page.layer("words") if isinstance(p, Words)]
    assert {("UNet", ""), ("=", ""), ("Legend", ""), ("= 16×32", "")} <= {*written}
    assert written.count(("x", "1")) >= 4  # into and out of the box, in the legend, and in the figure
    assert not tell(architectures.diagram("resnet"), FOLDED).legend


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(2, 60), min_size=3, max_size=5, unique=True), st.integers(2, 60))
def test_every_unet_of_three_steps_or_more_is_folded(widths, bottom):
    steps = len(widths)
    story = tell(unet(ty("b:2 c:1 x...", x=[2**steps, 2 ** (steps + 1)]), widths, bottom, 2, steps), FOLDED)
    assert not taken_before_made(story)
    assert [e.bracket for e in story.events if isinstance(e, Enter) and e.bracket] == [("λ = 1", str(steps))] * 2


def test_closed_blocks_are_folded_too():
    story = tell(architectures.diagram("unet-symbolic"), View(depth=0, layers="boxes", scales=True))
    assert [e.text for e in story.elements if e.kind == "block"] == ["down", "middle", "up", "join", "last"]


@pytest.mark.parametrize("name", ["resnet", "attention", "gpt2", "transformer", "mlp"])
def test_what_has_no_such_steps_is_as_it_was(name):
    made = architectures.diagram(name)
    assert tell(made, FOLDED) == tell(made, View())


def test_steps_that_save_nothing_are_no_steps_of_scales():
    @diagram("b c x...", c=symbol("c"), x=[8, 8])
    def plain(x: Wire) -> Wire:
        for k in range(4):
            x = relu(conv(x, "x", "c", "c", kernel=3, padding="same", name=f"step.{k}"))
        return x

    assert tell(plain, FOLDED) == tell(plain, View())
    assert found([e for e in tell(plain).events if isinstance(e, Step) and e.elements], tell(plain))


def test_the_brackets_are_drawn_in_characters():
    assert "C" in text(architectures.diagram("unet"), scales=True)


def test_which_labels_have_an_index():
    assert indexed("x_5−λ") == ("x", "5−λ")
    assert indexed("n_heads") == ("n_heads", "")
    assert indexed("c_1") == ("c", "1")


@pytest.mark.parametrize("names", ["sizes", "both"])
def test_no_size_of_a_single_step_is_written_in_brackets(names):
    page = scene(unet(ty("b:2 c:1 x...", x=[256, 256])), scales=True, names=names)
    labels = [(p.text, p.sub) for p in page.layer("words") if isinstance(p, Words) and p.source.startswith("strand")]
    assert not [text for text, _ in labels if text.endswith("512") or "32^2" in text or "128^2" in text]
    assert {("2c", "5−λ"), ("x", "λ+1")} <= {*labels}
    assert measure(page).clean
