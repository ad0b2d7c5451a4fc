"""The figures of tensors, 8 to 12 and 17 to 21, and the transformer: the glyphs in the order of the author's, on the same wires."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import ncd_cat.language as ncd
from ncd_cat import architectures
from ncd_cat.diagram import Diagram
from ncd_cat.draw import scene
from ncd_cat.draw.metrics import measure
from ncd_cat.draw.scene import Disc
from ncd_cat.draw.story import Element, Fork, Story
from ncd_cat.draw.telling import tell
from ncd_cat.graph import Input, source
from ncd_cat.language import Wire
from ncd_cat.ops.literal import literal
from ncd_cat.ops.pointwise import Where
from ncd_cat.types import Array
from tests.by_hand import graph


def told(name: str) -> Story:
    return tell(architectures.diagram(name))


def words(story: Story) -> list[str]:
    """Each glyph as its kind and what stands in it."""
    return [" ".join(filter(None, (e.kind, e.text, e.sup, e.sub))) for e in story.elements]


def on(story: Story, element: Element) -> list[str]:
    """What the axes are called that a glyph takes."""
    return [story.names[s] for s in element.ins]


def outputs(story: Story) -> list[tuple[str, ...]]:
    return [tuple([n or story.names[s] for s, n in zip(t.strands, t.names, strict=True)]) for t in story.outs]


ATTENTION = ["cup ∗d^−1/2", "softmax", "cup"]
MASKED = ["cup ∗d^−1/2", "causal", "softmax", "cup"]
HEADS = ["learned L Q", "learned L K", "merge", "cup ∗k^−1/2", "softmax", "learned L V", "merge", "cup", "learned L O"]
FIGURES = {
    "index": ["index 2"],
    "subtensor": ["index 2", "index 1", "repeat"],
    "subtensor-reversed": ["index 1", "index 2", "repeat"],
    "subtensor-at-once": ["index 2", "index 1", "repeat"],
    "broadcast": ["learned L G +", "darts tanh"],
    "broadcast-entry": ["learned L G +", "darts tanh", "index 0"],
    "broadcast-entry-first": ["index 0", "learned L G +", "darts tanh"],
    "inner-broadcast": ["learned L c +", "learned L e +", "repeat", "plus +", "plus +", "darts tanh"],
    "elementwise": ["darts R"],
    "addition": ["plus +"],
    "sum-of-arrays": ["plus +"],
    "sum-of-tuples": ["plus +", "plus +"],
    "sum-to-rows": ["plus +"],
    "distribution": ["repeat"],
    "scores-stepwise": ["merge", "cup ∗k^−1/2"],
    "scores": ["merge", "cup ∗k^−1/2"],
    "transpose-left": ["learned L F", "cup"],
    "transpose-right": ["learned L F"],
    "snake-left": ["cap", "cup"],
    "snake-right": [],
    "snake-between-left": ["learned L G", "learned L H"],
    "slide-left": ["learned L G", "learned L H", "learned L K"],
    "slide-right": ["learned L G", "learned L H", "learned L K"],
    "classifier": ["bar", "learned L +", "darts R", "learned L +", "darts R", "learned L +", "softmax"],
    "attention": ATTENTION,
    "attention-bent": ATTENTION,
    "attention-causal": MASKED,
    "attention-causal-fused": MASKED,
    "cross-attention": HEADS,
    "self-attention": HEADS,
}


@pytest.mark.parametrize("name", FIGURES)
def test_the_glyphs_of_a_figure_in_order(name: str) -> None:
    assert words(told(name)) == FIGURES[name]


# ---- 8 and 9: indexes; 10 to 12: broadcasting ---------------------------------------------------------------------


def test_an_index_ends_its_own_axis_and_the_other_passes() -> None:
    story = told("index")
    assert on(story, story.elements[0]) == ["a"]
    assert outputs(story) == [("b",)]
    assert story.outs[0].strands == story.ins[0].strands[1:]


def test_the_orders_of_two_indexes_differ_in_order_only() -> None:
    one, other = told("subtensor"), told("subtensor-reversed")
    first, second = ([(on(s, e), e.text) for e in s.elements[:2]] for s in (one, other))
    assert first == [(["a"], "2"), (["b"], "1")] == second[::-1]


@pytest.mark.parametrize("name", ["broadcast", "elementwise"])
def test_an_axis_that_is_broadcast_is_one_line_through_the_picture(name: str) -> None:
    story = told(name)
    assert story.outs[0].strands[0] == story.ins[0].strands[0]
    assert all(story.ins[0].strands[0] not in e.ins for e in story.elements)


def test_the_inner_broadcast_axis_begins_at_an_arrow_in_the_other_tensor() -> None:
    story = told("inner-broadcast")
    (begun,) = [e for e in story.elements if e.kind == "repeat"]
    assert [story.names[s] for s in begun.outs] == ["a"]


# ---- adding and copying -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "axes"), [("copying", [1]), ("copy-of-arrays", [1]), ("copy-of-tuples", [1, 1])])
def test_a_copy_has_a_dot_on_every_axis(name: str, axes: list[int]) -> None:
    story = told(name)
    assert [len(e.takes.strands) for e in story.events if isinstance(e, Fork)] == axes
    assert not story.elements


def test_a_number_is_added_to_rows_on_the_axis_that_both_have() -> None:
    story = told("sum-to-rows")
    assert on(story, story.elements[0]) == ["i", "i"]
    assert outputs(story) == [("i", "j")]


# ---- 17 and 18: linear algebra ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["scores", "scores-stepwise"])
def test_scores_join_the_heads_in_a_dot_and_end_k_in_a_cup(name: str) -> None:
    story = told(name)
    merge, cup = story.elements
    assert on(story, merge) == ["h", "h"]
    assert {*cup.ins} == {story.ins[0].strands[1], story.ins[1].strands[1]}
    assert outputs(story) == [("y", "x", "h")]


def test_the_transpose_bends_an_output_of_f_against_the_input() -> None:
    story = told("transpose-left")
    learned, cup = story.elements
    assert {*cup.ins} == {story.ins[0].strands[0], learned.outs[0]}
    assert story.outs[0].strands == learned.outs[1:]


def test_a_snake_is_a_cap_and_a_cup_that_share_an_end() -> None:
    cap, cup = told("snake-left").elements
    assert len({*cap.outs} & {*cup.ins}) == 1


# ---- 19 to 21: models ---------------------------------------------------------------------------------------------


def test_the_image_is_one_double_wire_up_to_the_bar() -> None:
    story = told("classifier")
    bar = story.elements[0]
    assert {*bar.ins} <= story.double
    assert [story.sizes[s] for s in (*bar.ins, *bar.outs)] == ["28^2", "784"]


def test_attention_ends_d_then_k_and_the_queries_join_the_values() -> None:
    story = told("attention")
    (q, d), (k, e), (u, v) = [t.strands for t in story.ins]
    scores, triangle, average = story.elements
    assert {*scores.ins} == {d, e}
    assert triangle.ins == triangle.outs == (k,)
    assert {*average.ins} == {k, u}
    assert story.outs[0].strands == (q, v)


@pytest.mark.parametrize("name", ["attention-causal", "attention-causal-fused"])
def test_a_causal_mask_is_a_square_on_queries_and_keys(name: str) -> None:
    story = told(name)
    (mask,) = [e for e in story.elements if e.kind == "causal"]
    assert on(story, mask) == ["q", "k"]
    assert mask.outs == mask.ins


def test_a_table_that_hides_something_else_is_no_causal_mask() -> None:
    @ncd.diagram("q k -> q k", q=3, k=3)
    def shifted(x: Wire) -> Wire:
        return ncd.masked(x, ncd.literal(np.tri(3, 3, 1, dtype=bool), "q:3 k:3"))  # type: ignore[no-any-return]

    assert words(tell(shifted)) == ["darts where"]


@pytest.mark.parametrize(("table", "said"), [(~np.tri(3, 3, dtype=bool), "causal"), (np.tri(3, 3, dtype=bool), "darts where")])
def test_what_is_later_may_be_replaced_instead(table: np.ndarray, said: str) -> None:
    """As by masked_fill in torch, whose mask says what is hidden."""
    x, hidden = source(Input(0), (3, 3)), literal(table)
    nothing = literal(float("-inf")).at((), (3, 3))
    filled = graph([Where()(hidden, nothing, x)], Array.of((3, 3), "float64"))
    assert words(tell(Diagram.from_graph(filled))) == [said]


@pytest.mark.parametrize(("verb", "said"), [(ncd.add, "+"), (ncd.subtract, "−"), (ncd.maximum, "maximum")])
def test_what_shares_no_axis_meets_where_the_dashed_line_ends(verb: Callable[[Wire, Wire], Wire], said: str) -> None:
    @ncd.diagram("i, j", i=3, j=4)
    def outer(x: Wire, y: Wire) -> Wire:
        return verb(ncd.order(ncd.repeat(x, "j:4"), "i j"), ncd.repeat(y, "i:3"))

    story = tell(outer)
    assert words(story) == [f"outer {said}"]
    assert story.outs[0].strands == (story.ins[0].strands[0], story.ins[1].strands[0])
    page = scene(outer)
    (dot,) = [p for p in page.layer("glyphs") if isinstance(p, Disc)]
    (dash,) = page.layer("dashes")
    assert dash.box[2] <= dot.x and dash.box[1] <= dot.y <= dash.box[3]
    assert measure(page).clean


def test_an_embedding_is_a_learned_table_whose_rows_end_at_a_pentagon() -> None:
    @ncd.diagram("int64[b t] -> b t m", b=2, t=3, m=4)
    def embedded(x: Wire) -> Wire:
        return ncd.embedding(x, "words:7", "m:4", name="wte")  # type: ignore[no-any-return]

    story = tell(embedded)
    assert words(story) == ["learned E wte", "index i"]
    table, row = story.elements
    assert (table.ins, [story.sizes[s] for s in table.outs], row.ins) == ((), ["7", "4"], table.outs[:1])
    assert story.outs[0].strands == (*story.ins[0].strands, table.outs[1])
    assert measure(scene(embedded)).clean


def test_a_choice_is_a_question_mark_where_its_branches_meet() -> None:
    @ncd.diagram("i, i, i", i=3)
    def gate(c: Wire, x: Wire, y: Wire) -> Wire:
        return ncd.where(c > 0, x, y)  # type: ignore[no-any-return]

    assert words(tell(gate))[-1:] == ["plus ?"]


@pytest.mark.parametrize(("name", "copies"), [("cross-attention", [2]), ("self-attention", [3])])
def test_multi_head_attention_copies_what_is_attended_to_and_joins_the_heads_twice(name: str, copies: list[int]) -> None:
    story = told(name)
    assert [len(e.gives) for e in story.events if isinstance(e, Fork)] == copies
    assert [on(story, e) for e in story.elements if e.kind == "merge"] == [["h", "h"]] * 2


def test_a_transformer_layer_adds_what_was_copied_and_normalises_it_twice() -> None:
    story = told("transformer-encoder-layer")
    pluses = [e for e in story.elements if e.kind == "plus"]
    norms = [e for e in story.elements if e.kind == "norm"]
    assert len(pluses) == 2 * len(story.ins[0].strands)
    assert len(norms) == 2
    assert all(e.bold for e in norms)


@pytest.mark.parametrize("name", ["transformer-encoder-layer", "transformer-encoder-layer-symbolic"])
def test_the_parts_of_a_packed_weight_are_told_apart(name: str) -> None:
    assert [e.sup for e in told(name).elements if e.kind == "learned"] == ["Q", "K", "V", "O", "", ""]
