"""The figures of images and loops, 23 to 28: the glyphs in the order of the author's, on the same wires."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ncd_cat import architectures
from ncd_cat.architectures.resnet import resnet
from ncd_cat.architectures.unet import unet
from ncd_cat.diagram.diagram import Diagram
from ncd_cat.draw import draw, scene
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.story import Element, Enter, Fork, Story
from ncd_cat.draw.telling import tell
from ncd_cat.draw.view import viewed
from ncd_cat.errors import InputError
from ncd_cat.language import avg_pool, batch_norm, conv, index, max_pool, relu, rms_norm, ty
from ncd_cat.language.pooling import adaptive_avg_pool
from ncd_cat.loops import iterate

IMAGE = ty("b:2 c:16 x...", x=[9, 9])
DOTS = ("copy", "merge", "join", "plus")


def told(diagram: Diagram, **options: int) -> Story:
    return tell(diagram, viewed(**options))  # type: ignore[arg-type]


def words(story: Story, *without: str) -> list[str]:
    """Each glyph as its kind and what stands in it."""
    return [" ".join(filter(None, (e.kind, e.text if e.kind not in ("window", "norm") else "", e.sup, e.sub)))
            for e in story.elements if e.kind not in without]  # fmt: skip


def named(story: Story, strands: tuple[int, ...]) -> list[str]:
    return [story.names[s] or story.sizes[s] for s in strands]


def only(story: Story, kind: str) -> list[Element]:
    return [e for e in story.elements if e.kind == kind]


# ---- figures 23 to 25: convolution --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["convolution", "convolution-windowed"])
def test_a_strided_convolution_is_a_window_with_its_stride_and_a_learned_map_of_kernel_and_channels(name: str) -> None:
    story = tell(architectures.diagram(name))
    window, learned = story.elements
    assert (window.kind, window.sub, window.sup) == ("window", "2", "")
    assert {window.ins[0], *window.outs} <= story.double
    assert story.sizes[window.outs[1]] == "3^2"
    assert learned.bold and learned.sub == "+"
    assert {*learned.ins} == {window.outs[1], story.ins[0].strands[1]}


def test_at_stride_1_where_the_image_keeps_its_size_the_two_are_a_starred_box() -> None:
    same = told(conv("x", "c", "o:8", kernel=3, padding="same", name="conv").at(IMAGE))
    assert words(same) == ["conv 3"]
    assert named(same, same.elements[0].ins) == ["x", "c"] and named(same, same.elements[0].outs) == ["x", "o"]
    shrinks = told(conv("x", "c", "o:8", kernel=3, name="conv").at(IMAGE))
    assert [e.kind for e in shrinks.elements] == ["window", "learned"]


def test_groups_are_told_at_the_learned_map() -> None:
    story = told(conv("x", "c", "o:8", kernel=3, stride=2, groups=4, name="conv").at(IMAGE))
    assert story.elements[-1].sub == "÷4+"


def test_convolution_as_moving_first_or_after_is_the_same_window() -> None:
    assert [w for w in words(tell(architectures.diagram("convolution-moved-first"))) if "window" in w or "learned" in w] == [
        w for w in words(tell(architectures.diagram("convolution-moved-after"))) if "window" in w or "learned" in w
    ]


# ---- pools --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool, fold", [(max_pool("x", 3), "Max"), (max_pool("x", 3, 2, 1), "Max"), (avg_pool("x", 3), "E")])
def test_a_pool_is_a_window_and_a_fold_of_what_it_sees(pool: Callable[..., Diagram], fold: str) -> None:
    story = told(pool.at(IMAGE))  # type: ignore[attr-defined]
    window, folded = story.elements
    assert window.kind == "window" and window.ins[0] in story.double
    assert folded.kind == "reduce" and folded.ins == window.outs[1:]
    assert folded.text in (fold, "𝔼" if fold == "E" else fold)
    assert story.sizes[window.outs[1]] == "3^2"


def test_a_pool_of_the_whole_image_sees_all_of_it_from_one_place() -> None:
    story = told((adaptive_avg_pool("x", 1) >> index("x.0", 0) >> index("x.1", 0)).at(IMAGE))
    window, folded, end = story.elements
    assert [story.sizes[s] for s in window.outs] == ["1^2", "9^2"]
    assert folded.ins == window.outs[1:] and end.ins == window.outs[:1]


# ---- norms --------------------------------------------------------------------------------------------------------


def test_the_batch_bends_into_the_circle_of_a_batch_norm_from_below() -> None:
    story = told((batch_norm("c", name="n") >> relu).at(IMAGE))
    circle = story.elements[0]
    assert (circle.kind, circle.bold, named(story, circle.ins)) == ("norm", True, ["c", "b"])
    assert named(story, story.ins[0].strands) == ["x", "c", "b"]
    made = scene(batch_norm("c", name="n").at(IMAGE)).primitives
    (disc,) = [p for p in made if p.source == "norm"]
    bends = [p for p in made if p.source == "batch"]
    assert len(bends) == 2
    assert all(p.box[1] > (disc.box[1] + disc.box[3]) / 2 and p.box[3] > disc.box[3] for p in bends)


def test_a_norm_by_the_mean_square_has_a_v() -> None:
    assert ">V</text>" in draw(rms_norm("c", name="n").at(ty("b:2 c:3")))


# ---- figure 26: the identity ResNet -------------------------------------------------------------------------------


def test_figure_26_overall() -> None:
    story = told(resnet(ty("b:2 n:3 x...", x=[32, 32])), depth=0)
    glyphs = [e.kind for e in story.elements if e.kind not in ("darts", "reduce")]
    assert glyphs == ["conv", "block", "block", "block", "norm", "learned", "softmax"]
    assert [(e.kind, e.text) for e in story.elements if e.kind in ("conv", "darts")] == [("conv", "3"), ("darts", "R")]
    assert named(story, story.ins[0].strands) == ["x", "n", "b"]
    assert [named(story, e.outs) for e in only(story, "block")] == [["x", "n", "b"], ["x/2", "n", "b"], ["x/4", "n", "b"]]
    assert [story.sizes[e.outs[0]] for e in only(story, "block")] == ["32^2", "16^2", "8^2"]


def test_figure_26_block() -> None:
    story = told(resnet(ty("b:2 n:3 x...", x=[32, 32])), fold=2)
    first = words(story, "darts", *DOTS)
    at = first.index("window 2")
    assert first[at - 1 : at + 8] == ["norm", "window 2", "learned L +", "norm", "conv 3", "norm", "conv 1", "window 2", "learned L +"]
    assert first[at + 8 : at + 14] == ["norm", "conv 1", "norm", "conv 3", "norm", "conv 1"]
    assert story.sizes[only(story, "window")[0].outs[1]] == "1^2"
    rest = [e for e in story.events if isinstance(e, Enter) and e.title == "rest"]
    assert [e.bracket for e in rest] == [("λ = 1", "2")] * 3
    assert {e.tint for e in rest} == {"residual"}


# ---- figure 27: the U-Net -----------------------------------------------------------------------------------------


def test_figure_27() -> None:
    story = told(unet(ty("b:1 c:1 x...", x=[32, 32])))
    double = ["conv 3", "conv 3"]
    down, up = [*double, "window 2", "reduce Max"], ["window T 2", "learned L +", "bar", *double]
    assert words(story, "darts", *DOTS) == [*(4 * down), *double, *(4 * up), "conv 1"]
    forks = [e for e in story.events if isinstance(e, Fork)]
    assert len(forks) == 4 and all(len(f.gives) == 2 for f in forks)
    bar = only(story, "bar")[0]
    assert (len(bar.ins), len(bar.outs)) == (2, 1)
    assert any(e.kind == "join" and e.outs[0] in story.double for e in story.elements)  # the dot of x̄ over the bar
    tints = {e.title: e.tint for e in story.events if isinstance(e, Enter)}
    assert (tints["down.0"], tints["middle"], tints["up.0"]) == ("active", "active", "image")


# ---- figure 28: visual attention ----------------------------------------------------------------------------------


def test_figure_28() -> None:
    story = tell(architectures.diagram("visual-attention-symbolic"))
    found = [w for w in words(story, *DOTS) if not w.startswith("cup")]
    q, k, v = (["window 3", f"learned L {name} +"] for name in "QKV")
    assert found == [*q, *k, "softmax", *v, "window T 3", "learned L O +"]
    *heads, values, out = only(story, "learned")
    assert [named(story, e.outs)[-1] for e in (*heads, values)] == ["h"] * 3
    assert named(story, out.ins) == ["3^2", *named(story, values.outs)]
    (triangle,) = only(story, "softmax")
    assert triangle.ins[0] in story.double
    assert [named(story, t.strands) for t in story.ins] == [["y", "c", "b"], ["x", "c", "b"]]
    assert len(only(story, "cup")) == 2 and only(story, "cup")[0].text


# ---- loops --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["state-space-symbolic", "state-space-selective", "linear-attention-causal-steps-symbolic"])
def test_a_loop_is_one_step_in_brackets(name: str) -> None:
    story = tell(architectures.diagram(name))
    (loop,) = [e for e in story.events if isinstance(e, Enter) and e.bracket]
    assert loop.bracket is not None and loop.bracket[0] == "λ = 1"
    pentagons = [e for e in story.elements if e.text == "λ"]
    assert {e.kind for e in pentagons} == {"index", "stack"}
    assert [named(story, e.outs) for e in pentagons if e.kind == "stack"] == [["t"]] or loop.bracket[1] == "5"
    assert measure(scene(architectures.diagram(name))).wires_through_glyphs == ()
    assert 'class="bracket"' in draw(architectures.diagram(name))


def test_repeated_blocks_are_drawn_once_where_there_are_enough() -> None:
    diagram = resnet(ty("b:2 n:3 x...", x=[32, 32]), steps=5)
    count = len(told(diagram, fold=0).elements)
    assert len(told(diagram, fold=5).elements) == count  # runs of 4 blocks
    folded = told(diagram)
    assert len(folded.elements) < count / 2
    assert [e.bracket for e in folded.events if isinstance(e, Enter) and e.bracket] == [("λ = 1", "4")] * 3
    with pytest.raises(InputError, match="2 or more"):
        viewed(fold=1)


# ---- the order of axes --------------------------------------------------------------------------------------------


@settings(max_examples=20, deadline=None)
@given(kernel=st.integers(1, 3), stride=st.integers(1, 2), pool=st.integers(1, 3), batched=st.booleans())
def test_images_are_drawn_over_their_channels_and_those_over_the_batch(kernel: int, stride: int, pool: int, batched: bool) -> None:
    body = conv("x", "c", "c:4", kernel=kernel, stride=stride, name="a") >> relu >> max_pool("x", pool)
    diagram = body.at(ty("b:2 c:3 x..." if batched else "c:3 x...", x=[12, 12]))
    story = told(diagram)
    wanted = ["x", "c", "b"] if batched else ["x", "c"]
    assert [[n.partition("/")[0] for n in named(story, t.strands)] for t in (*story.ins, *story.outs)] == [wanted, wanted]
    (last,) = {story.names[s] for s in story.outs[0].strands if s in story.double}
    share = Fraction(12) / int(story.sizes[story.outs[0].strands[0]].removesuffix("^2"))
    assert last == (f"x/{share}" if share > 1 and share.denominator == 1 else "x")
    assert measure(scene(diagram)).crossings == 0


def test_what_is_no_image_keeps_the_order_of_its_type() -> None:
    story = tell(architectures.diagram("multi-head-attention"))
    assert [s for t in story.ins for s in t.strands] == sorted(s for t in story.ins for s in t.strands)


@pytest.mark.parametrize("depth", [1, 2])
@pytest.mark.parametrize("name", ["resnet-symbolic", "unet-symbolic", "visual-attention-symbolic"])
def test_the_figures_are_clean_at_depth_1_and_2(name: str, depth: int) -> None:
    assert measure(scene(architectures.diagram(name), depth=depth)).clean


def test_brackets_in_brackets_stand_apart() -> None:
    body = (conv("x", "c", "c:16", kernel=3, padding="same", name="a") >> relu).at(IMAGE)
    nested = iterate(iterate(body, 4, name="h").block("stage"), 3, name="s")
    story = told(nested)
    assert [(e.title, e.bracket) for e in story.events if isinstance(e, Enter)] == [
        ("s", ("λ = 1", "3")),
        ("stage", None),
        ("h", ("λ = 1", "4")),
    ]
    found = measure(scene(nested))
    assert found.clean and len([p for p in scene(nested).primitives if p.style == "bracket"]) == 4
